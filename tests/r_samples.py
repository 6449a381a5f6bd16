"""Tables of R for the tests, written byte by byte, and a crosswalk of fictional agencies."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

Column = Sequence[str | None]
NAMES = (
    "ori", "ori9", "fips_state_code", "fips_county_code", "fips_state_county_code",
    "fips_place_code", "agency_type", "crosswalk_agency_name", "census_name", "address_state",
)  # fmt: skip
"""Columns of a crosswalk that are read or checked, and one that is not."""


def agency(ori: str, code: str, name: str | None = None, **cells: str | None) -> list[str | None]:
    """One row of a crosswalk, sound in itself."""
    row = {
        "ori": ori, "ori9": f"{ori}00", "fips_state_code": code[:2], "fips_county_code": code[2:],
        "fips_state_county_code": code, "fips_place_code": "99001",
        "agency_type": "local police department", "crosswalk_agency_name": name,
        "census_name": None, "address_state": ori[:2].lower(), **cells,
    }  # fmt: skip
    return [row[column] for column in NAMES]


AGENCIES = (
    agency("QA00100", "91001", "ash county sheriff's office", agency_type="sheriffs office"),
    agency("QA00101", "91003", "ashton police department"),
    agency("QA00200", "91003", "birch county sheriff's office", agency_type="sheriffs office"),
    agency("QA00201", "91003", "birchville police department"),
    agency("QADI001", "91005", "cedar nation police", address_state=None),
    agency("QASP000", "91001", "avalon state police", census_name="state of avalon",
           agency_type="state law enforcement agency"),
    agency("QA00109", "91999", "drug task force", census_name="_undetermined"),
)  # fmt: skip


def crosswalk(*rows: list[str | None]) -> bytes:
    """An RDS file with these rows, by default `AGENCIES`."""
    columns = zip(*(rows or AGENCIES), strict=True)
    return r_table(dict(zip(NAMES, columns, strict=True)))


def write_crosswalk(path: Path, *rows: list[str | None]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(crosswalk(*rows))
    return path


def r_table(
    columns: Mapping[str, Column],
    *,
    version: int = 3,
    rows: Sequence[int] | None = None,
    packed: bool = True,
) -> bytes:
    """A data frame of texts as `saveRDS` writes it; `rows` are its row names."""
    count = len(next(iter(columns.values()), ()))
    stream = b"X\n" + struct.pack(">iii", version, 0x040003, 0x020300)
    stream += struct.pack(">i", 5) + b"UTF-8" if version == 3 else b""
    stream += struct.pack(">ii", 0x313, len(columns))
    stream += b"".join(_texts(column) for column in columns.values())
    numbers = [-(2**31), -count] if rows is None else list(rows)
    row_names = struct.pack(f">ii{len(numbers)}i", 13, len(numbers), *numbers)
    for name, value in (
        ("names", _texts(list(columns))),
        ("row.names", row_names),
        ("class", _texts(["data.frame"])),
    ):
        stream += struct.pack(">ii", 0x402, 1) + _text(name) + value
    stream += struct.pack(">i", 254)
    return gzip.compress(stream, mtime=0) if packed else stream


def _texts(values: Column) -> bytes:
    return struct.pack(">ii", 16, len(values)) + b"".join(map(_text, values))


def _text(value: str | None) -> bytes:
    if value is None:
        return struct.pack(">ii", 9, -1)
    data = value.encode()
    return struct.pack(">ii", 0x40009 if value.isascii() else 0x8009, len(data)) + data
