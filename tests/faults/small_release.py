"""Two states of the demo release as a project folder of its own, a small file of every layout."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import struct
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from small_places import VINTAGES, WRITERS, write_places

from coopanalysis.sources import READERS
from coopanalysis.sources.workbook import read_sheets

STATES = {"62": ("EM", "Elmarra"), "98": ("YV", "Yarrovia")}
"""Code, abbreviation and name of the states that are kept."""
CODES = {"62": "50", "98": "54"}
"""Codes that they get: no list is known of fictional counties, and those here are to have one."""
UCR_STATES = ("75", "94")
RECORD = 7385
"""Characters of a record of Return A."""
WORDS = {word.upper() for names in STATES.items() for word in (names[0], *names[1])}


def write_small_release(home: Path) -> Path:
    """Write the project folder, with a manifest that fits; return the folder of raw files."""
    (home / "notebooks").mkdir(parents=True)
    (home / "notebooks" / "reports.toml").write_text("")
    raw = Path(__file__).parents[2] / "data" / "raw"
    shutil.copytree(raw / "reference", home / "data" / "raw" / "reference")
    reference = home / "data" / "raw" / "reference"
    (reference / "corrections.toml").write_text("")
    manifest = (raw / "demo" / "sources.toml").read_text(encoding="utf-8")
    blocks = [_known_effects(manifest)]
    demo = home / "data" / "raw" / "demo"
    entries = tomllib.loads(manifest)["source"]
    counties = _counties(raw / "demo", entries)
    _write_county_list(reference, counties["county_fips"].tolist())
    for entry in entries:
        file, whole = demo / entry["path"], (raw / "demo" / entry["path"]).read_bytes()
        file.parent.mkdir(parents=True)
        if entry["layout"] in WRITERS:
            file.write_bytes(write_places(entry["layout"], counties))
        else:
            file.write_bytes(CUTS[file.suffix](whole, file))
        reading = READERS[entry["layout"]](file, entry["id"])
        if reading.rows_in:
            vintage = VINTAGES.get(entry["layout"], entry["vintage"])
            found = {**entry, "vintage": vintage, "rows": reading.rows_in}
            blocks.append(declare(found, file.read_bytes()))
    (demo / "sources.toml").write_text("\n".join(blocks), encoding="utf-8")
    return demo


def declare(entry: dict[str, object], data: bytes) -> str:
    """Lay out the entry of a source whose bytes are these."""
    found = {**entry, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    return "[[source]]\n" + "".join(
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in found.items()
    )


def _counties(folder: Path, entries: list[dict[str, Any]]) -> pd.DataFrame:
    """List the counties that are kept, with the code that each has here and names of its state."""
    entry = next(one for one in entries if one["layout"] == "county-names")
    listed = READERS["county-names"](folder / entry["path"], "").frame
    kept = listed[listed["county_fips"].str[:2].isin(STATES)].reset_index(drop=True)
    return kept.assign(
        county_fips=kept["county_fips"].map(_coded),
        state_abbr=kept["county_fips"].str[:2].map({code: STATES[code][0] for code in STATES}),
    )


def _write_county_list(reference: Path, codes: list[str]) -> None:
    """Make these counties the list of every year."""
    for name in ("county_acs_2019.csv", "county_changes.csv"):
        head = (reference / name).read_text(encoding="utf-8").splitlines()[0]
        (reference / name).write_text(f"{head}\n", encoding="utf-8")
    with (reference / "county_acs_2019.csv").open("a", encoding="utf-8") as stream:
        for code in codes:
            stream.write(f"{code},{code[:2]},Some County,Some,1000,900,90,10.0,50000,500,25,5.0\n")


def _known_effects(manifest: str) -> str:
    return manifest[: manifest.index("[[source]]")]


def _cut_csv(data: bytes, _: Path) -> bytes:
    """Keep the header and the lines with a cell that names one of the states."""
    lines = re.findall(".+\n", data.decode("latin-1"))
    header = next(csv.reader(lines[:1]))
    names = [name.lower().removeprefix(_BYTE_ORDER_MARK) for name in header]
    places = [at for at, name in enumerate(names) if name in STATE_COLUMNS]
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator=end)
    for cells in csv.reader(lines[1:]):
        if _is_kept(cells, places):
            writer.writerow(
                [_coded(cell) if at in places else cell for at, cell in enumerate(cells)]
            )
    return (lines[0] + buffer.getvalue()).encode("latin-1")


def _coded(cell: str) -> str:
    """The code that a state or county has here."""
    if re.fullmatch(r"\d{2}|\d{5}", cell):
        return CODES.get(cell[:2], cell[:2]) + cell[2:]
    return cell


STATE_COLUMNS = (
    "fips", "geoid fips", "countyid", "county_fips", "state_fips", "state", "state_abbr",
    "state_name", "id", "geoid",
)  # fmt: skip
_BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf"
"""As it looks where bytes are taken for Latin-1, so that every byte is kept."""


def _is_kept(cells: list[str], places: list[int]) -> bool:
    found = {cells[at].strip().upper() for at in places}
    codes = {cell[:2] for cell in found if re.fullmatch(r"\d{5}", cell)}
    return bool(WORDS & (found | codes))


def _cut_workbook(data: bytes, file: Path) -> bytes:
    """Take the other states' rows out of the sheet, and number those that stay anew."""
    file.write_bytes(data)
    rows = read_sheets(file)[0].rows
    kept = [number for number, cells in rows[1:] if cells[0].strip().upper() in WORDS]
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = _cut_rows(content.decode(), [rows[0][0], *kept]).encode()
            elif name.endswith("sheet1.xml.rels"):
                continue
            new.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def _cut_rows(xml: str, kept: list[int]) -> str:
    rows = dict(re.findall(r'(?s)<row r="(\d+)">(.*?)</row>', xml))
    body = "".join(
        f'<row r="{at}">' + re.sub(r'r="([A-Z]+)\d+"', rf'r="\g<1>{at}"', rows[str(number)])
        + "</row>"
        for at, number in enumerate(kept, 1)
    )  # fmt: skip
    xml = re.sub(r"(?s)<sheetData>.*</sheetData>", f"<sheetData>{body}</sheetData>", xml)
    return re.sub(r"(?s)<autoFilter[^>]*/>|<hyperlinks>.*</hyperlinks>|<dimension[^>]*/>", "", xml)


def _cut_stata(data: bytes, file: Path) -> bytes:
    frame = pd.read_stata(io.BytesIO(data))
    frame = frame[frame["state"].isin(WORDS)].reset_index(drop=True)
    for name in ("countyfips", "statefips"):
        frame[name] = frame[name].astype("str").map(_coded).astype("int32")
    frame.to_stata(file, write_index=False, version=118)
    return file.read_bytes()


def _cut_dbase(data: bytes, _: Path) -> bytes:
    count, start, length = struct.unpack_from("<4xIHH", data)
    records = [data[start + at * length :][:length] for at in range(count)]
    kept = [
        record[:1] + CODES[state].encode() + record[3:6] + CODES[state].encode() + record[8:]
        for record in records
        if (state := record[1:3].decode()) in STATES
    ]
    return data[:4] + struct.pack("<I", len(kept)) + data[8:start] + b"".join(kept) + b"\x1a"


def _cut_map(data: bytes, _: Path) -> bytes:
    """Keep the counties of the states, and of the arcs those that they use."""
    document = json.loads(data)
    counties = document["objects"]["counties"]["geometries"]
    counties = [one for one in counties if one["id"][:2] in STATES]
    used: dict[int, int] = {}
    for one in counties:
        one["id"] = _coded(one["id"])
        one["arcs"] = _renumbered(one["arcs"], used)
    document["objects"] = {"counties": {"type": "GeometryCollection", "geometries": counties}}
    document["arcs"] = [document["arcs"][at] for at in used]
    return json.dumps(document, separators=(",", ":")).encode()


def _renumbered(arcs: object, used: dict[int, int]) -> object:
    if isinstance(arcs, list):
        return [_renumbered(one, used) for one in arcs]
    assert isinstance(arcs, int)
    number = used.setdefault(arcs if arcs >= 0 else ~arcs, len(used))
    return number if arcs >= 0 else ~number


def _cut_return_a(data: bytes, _: Path) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (name,) = archive.namelist()
        text = archive.read(name)
    lines = [line for line in text.splitlines(keepends=True) if line[1:3].decode() in UCR_STATES]
    return packed(name, b"".join(lines))


def packed(name: str, content: bytes) -> bytes:
    """One member in a zip file, compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


CUTS: dict[str, Callable[[bytes, Path], bytes]] = {
    ".csv": _cut_csv,
    ".xlsx": _cut_workbook,
    ".dta": _cut_stata,
    ".dbf": _cut_dbase,
    ".json": _cut_map,
    ".zip": _cut_return_a,
}
