"""dBASE tables: written here by hand, read back, and damaged in every way."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopanalysis.errors import DataError
from coopanalysis.sources import READERS
from coopanalysis.sources.dbase import read_dbase

FIELDS = (("STATEFP", 2), ("COUNTYFP", 3), ("GEOID", 5), ("NAME", 12), ("NAMELSAD", 20),
          ("STUSPS", 2), ("LSAD", 2), ("ALAND", 14), ("AWATER", 14))  # fmt: skip
ALDER = ("90", "001", "90001", "Alder", "Alder County", "NM", "06", "2500000", "500000")
PENON = ("90", "003", "90003", "Peñón", "Peñón city", "NM", "25", "1000000", "0")


def dbase(rows: Sequence[Sequence[str]], fields: Sequence[tuple[str, int]] = FIELDS) -> bytes:
    """Bytes of a dBASE III table; numbers stand to the right, as everywhere."""
    width = 1 + sum(size for _, size in fields)
    head = struct.pack("<B3BIHH20x", 3, 120, 4, 27, len(rows), 33 + 32 * len(fields), width)
    for name, size in fields:
        kind = b"N" if name.startswith("A") else b"C"
        head += struct.pack("<11sc4xB15x", name.encode(), kind, size)
    body = b""
    for row in rows:
        body += b" "
        for (name, size), text in zip(fields, row, strict=True):
            cell = text.encode()
            body += cell.rjust(size) if name.startswith("A") else cell.ljust(size)
    return head + b"\r" + body + b"\x1a"


def write(folder: Path, data: bytes) -> Path:
    file = folder / "list.dbf"
    file.write_bytes(data)
    return file


def test_records_as_text(tmp_path: Path) -> None:
    table = read_dbase(write(tmp_path, dbase([ALDER, PENON])), "", ["NAME"])
    assert table.source == "list.dbf"
    assert table.lines["NAME"].tolist() == ["Alder", "Peñón"]
    assert table.lines["ALAND"].tolist() == ["2500000", "1000000"]
    assert table.lines["source_row"].tolist() == [1, 2]


def test_areas_are_square_kilometres(tmp_path: Path) -> None:
    reading = READERS["census-counties"](write(tmp_path, dbase([ALDER, PENON])))
    first, second = reading.frame.to_dict("records")
    assert (first["county_fips"], first["land_area_km2"], first["water_area_km2"]) == (
        "90001",
        2.5,
        0.5,
    )
    assert (second["county"], second["state_abbr"], second["legal_area_code"]) == (
        "Peñón city",
        "NM",
        "25",
    )


def test_an_older_list_has_no_full_names(tmp_path: Path) -> None:
    older = [field for field in FIELDS if field[0] not in ("NAMELSAD", "STUSPS")]
    rows = [[cell for field, cell in zip(FIELDS, ALDER, strict=True) if field in older]]
    frame = READERS["census-counties"](write(tmp_path, dbase(rows, older))).frame
    assert frame["short_name"].tolist() == ["Alder"]
    assert not {"county", "state_abbr"} & set(frame)


def test_bad_records_are_rejects(tmp_path: Path) -> None:
    other = ("91", *ALDER[1:])
    vague = (*PENON[:-2], "some", "0")
    shifted = tuple(
        "2" if name == "LSAD" else cell for (name, _), cell in zip(FIELDS, PENON, strict=True)
    )
    data = bytearray(dbase([ALDER, other, vague, shifted, PENON]))
    data[-1 - (1 + sum(size for _, size in FIELDS))] = ord("*")
    reading = READERS["census-counties"](write(tmp_path, bytes(data)))
    assert reading.rows_kept == 1
    assert reading.rejects.set_index("row")["reason"].to_dict() == {
        2: "not a county code: GEOID is not STATEFP and COUNTYFP",
        3: "not a number: ALAND",
        4: "not a name: LSAD",
        5: "record marked as deleted",
    }


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: b"PK\x03\x04" + data, "is no readable dBASE table"),
        (lambda data: data[:20], "is no readable dBASE table"),
        (lambda data: data[:-60], "it is cut short: 1 of 2 records"),
        (lambda data: b"", "is empty"),
        (lambda data: data.replace(b"GEOID\x00", b"GEO_ID"), "lacks the column GEOID; expected"),
        (lambda data: data.replace(b"2500000", b"\x00500000"), "1 bytes of its records are zero"),
    ],
)
def test_an_unusable_file_is_one_clear_error(
    tmp_path: Path, damage: Callable[[bytes], bytes], words: str
) -> None:
    with pytest.raises(DataError, match=r"list\.dbf") as caught:
        READERS["census-counties"](write(tmp_path, damage(dbase([ALDER, PENON]))))
    assert words in str(caught.value)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 520), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 60),
)
def test_no_record_of_a_damaged_table_is_lost(
    tmp_path: Path, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(dbase([ALDER, PENON, ALDER]))
    for place, value in changes:
        data[place % len(data)] = value
    try:
        reading = READERS["census-counties"](write(tmp_path, bytes(data[: len(data) - cut])))
    except DataError as error:
        assert "list.dbf" in str(error)
        return
    assert reading.rows_in == reading.rows_kept + reading.rows_rejected
    rows = [*reading.frame["source_row"], *reading.rejects["row"]]
    assert sorted(rows) == list(range(1, reading.rows_in + 1))


# ---- the real files


@pytest.mark.mirror
@pytest.mark.parametrize(("year", "rows", "listed"), [(2019, 3233, 3142), (2023, 3235, 3144)])
def test_real_county_lists(mirror: Path, year: int, rows: int, listed: int) -> None:
    file = next((mirror / f"census-counties-{year}").iterdir())
    reading = READERS["census-counties"](file)
    frame = reading.frame
    territory = frame["county_fips"].str[:2].isin(["60", "66", "69", "72", "78"])
    assert (reading.rows_in, reading.rows_rejected) == (rows, 0)
    assert (territory.sum(), (~territory).sum()) == (91, listed)
    codes = set(frame["county_fips"])
    assert ("02261" in codes, "09001" in codes, "09190" in codes) == (
        year == 2019,
        year == 2019,
        year == 2023,
    )
    by_code = frame.set_index("county_fips")
    assert by_code.loc[["51159", "51760"], "short_name"].tolist() == ["Richmond", "Richmond"]
    assert by_code.loc[["51159", "51760"], "legal_area_code"].tolist() == ["06", "25"]
    kinds = set(frame["legal_area_code"])
    assert {"06", "15", "25", "04", "05", "03", "12", "13", "00"} <= kinds
    assert ("PL" in kinds) == (year == 2023)
    assert ("Doña Ana" in set(frame["short_name"])) and (frame["land_area_km2"] > 0).all()
    if year == 2023:
        assert 9.14e6 < frame.loc[~territory, "land_area_km2"].sum() < 9.16e6
