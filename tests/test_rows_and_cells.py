"""Every row of every file is kept or rejected; every cell of the later columns is in its raw row.

Rows are counted, and cells read, by other programs than those that the package reads with.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from coopanalysis.catalog.sources import release_sources, source_path
from coopanalysis.catalog.tables import COUNTY
from coopanalysis.clean.agreements import SUPPORT_SPELLINGS
from coopanalysis.clean.detention import DAILY, HEADCOUNT, LIST, PANEL
from coopanalysis.panel import Panel
from coopanalysis.panel.release_tables import read_table
from coopanalysis.panel.trace import trace_cell
from coopanalysis.sources.return_a.archive import open_archive

RELEASES = ["demo", pytest.param("public_release", marks=[pytest.mark.mirror, pytest.mark.slow])]


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> Panel:
    panel: Panel = request.getfixturevalue(request.param)
    return panel


@cache
def lines(file: Path) -> tuple[list[str], dict[int, list[str]]]:
    """Header and records of delimited text, by their number, the header being 1."""
    data = file.read_bytes()
    text = data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else _encoding(data))
    records = dict(enumerate(csv.reader(io.StringIO(text, newline="")), 1))
    header = records.pop(1)
    return header, {number: record for number, record in records.items() if any(record)}


def _encoding(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


@cache
def sheet(file: Path, title: str) -> dict[int, tuple[object, ...]]:
    """Row of titles, and rows with anything in them below it, by their number.

    Of the sheets with the title the longest one counts.
    """
    found: dict[int, tuple[object, ...]] = {}
    for page in load_workbook(file, read_only=True).worksheets:
        page.reset_dimensions()
        rows = dict(enumerate(page.iter_rows(values_only=True), 1))
        first = next((at for at, row in rows.items() if title in map(tidied, row)), len(rows))
        own = {at: row for at, row in rows.items() if at >= first and any(map(tidied, row))}
        found = max(found, own, key=len)
    return found


def tidied(cell: object) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def rows_of(file: Path, layout: str) -> int:  # noqa: PLR0911  (one line for each format)
    """Rows of a file, counted from its bytes."""
    if file.suffix == ".xlsx":
        return len(sheet(file, "DETLOC" if layout == LIST else "SUPPORT TYPE")) - 1
    if file.suffix == ".parquet":
        return pq.read_metadata(file).num_rows
    if file.suffix == ".gz":
        return gzip.decompress(file.read_bytes()).count(b"\n") - 1
    if file.suffix == ".dta":
        return len(pd.read_stata(file, convert_categoricals=False))
    if file.suffix == ".dbf":
        return int.from_bytes(file.read_bytes()[4:8], "little")
    if file.suffix == ".rds":  # the length of the row names, behind their kind
        after = gzip.decompress(file.read_bytes()).partition(b"row.names")[2]
        return int.from_bytes(after[4:8], "big")
    if file.suffix in (".json", ".topojson"):
        layers = json.loads(file.read_bytes())["objects"]
        return max(len(layer["geometries"]) for layer in layers.values())
    if file.suffix in (".zip", ".zipx"):
        with open_archive(file) as stream:
            text = b"".join(iter(lambda: stream.read(1 << 22), b""))
        return sum(len(line) > 1 for line in re.split(rb"\r?\n", text))
    return len(lines(file)[1])


def test_no_row_is_lost(release: Panel) -> None:
    files = {one.id: source_path(one, release.release) for one in release_sources(release.release)}
    rejected = release.rejects.groupby("source").size()
    lost = {
        one["id"]: (counted, one["rows_kept"], one["rows_rejected"])
        for one in release.build["inputs"]
        if (counted := rows_of(files[one["id"]], one["layout"]))
        != one["rows_kept"] + one["rows_rejected"]
        or one["rows_rejected"] != rejected.get(one["id"], 0)
        or one["rows_in"] != counted
    }
    assert lost == {}


def cells(file: Path, rows: pd.Series, title: str) -> pd.Series:
    """Cells of a column of delimited text in rows given by their number."""
    header, records = lines(file)
    at = header.index(title)
    return rows.map(lambda number: records[number][at].strip())


SVI = {
    "limited_english_share": ("EP_LIMENG", 100),
    "limited_english_margin_share": ("MP_LIMENG", 100),
    "hispanic_share": ("EP_HISP", 100),
    "hispanic_margin_share": ("MP_HISP", 100),
    "below_150_poverty_pct": ("EP_POV150", 1),
    "below_150_poverty_margin_pct": ("MP_POV150", 1),
}
PEOPLE = {
    "foreign_born_share": ("quickfacts", "", "Miscellaneous.Foreign Born", 100),
    "rural_urban_code_2023": ("rural-urban", "", "RUCC_2023", 1),
    "ice_field_office": ("ice-field-offices", "", "aor", 0),
    **{
        f"{name}_{year}": ("cdc-svi", str(year), *raw)
        for year in (2020, 2022)
        for name, raw in SVI.items()
    },
}
"""Layout, year in the name of the source, title in the file, and what the value there is over."""


@cache
def provenance(folder: Path) -> pd.DataFrame:
    return read_table(folder, "provenance")


def behind(release: Panel, layout: str, year: str = "") -> tuple[Path, pd.Series]:
    """File of a layout, and the number of the row about each county."""
    sources = release_sources(release.release)
    (one,) = [one for one in sources if one.layout == layout and year in one.id]
    rows = provenance(release.folder)
    rows = rows[rows["source"] == one.id].set_index("place_fips")["row"]
    return source_path(one, release.release), rows


def test_all_columns_of_people_are_held() -> None:
    layouts = {layout for layout, *_ in PEOPLE.values()}
    declared = {one.name for one in COUNTY.columns if one.source in layouts}
    assert declared == set(PEOPLE)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_cell_of_people_is_in_its_row(release: Panel, name: str) -> None:
    layout, year, title, over = PEOPLE[name]
    file, rows = behind(release, layout, year)
    known = release.county.set_index("county_fips")[name].dropna()
    raw = cells(file, rows[known.index], title)
    if over:
        assert np.allclose(raw.astype(float) / over, known.astype(float), atol=1e-12)
    else:
        assert (raw == known).all()
    county = known.index[len(known) // 2]
    (origin,) = trace_cell(release.release, county, name).origins
    assert (origin.row, origin.cells[title]) == (rows[county], raw[county])


def test_a_share_of_noncitizens_is_in_its_two_rows(release: Panel) -> None:
    known = release.county.set_index("county_fips")["noncitizen_share"].dropna()
    numbers = [
        cells(file, rows[known.index], title).astype(float)
        for title, (file, rows) in {
            "rate": behind(release, "acs-noncitizens"),
            "total_population": behind(release, "medsl-context"),
        }.items()
    ]
    assert np.allclose(numbers[0] / numbers[1], known.astype(float), atol=1e-12)


def test_detainers_are_in_their_rows(release: Panel) -> None:
    table = release.detainers_declined
    (one,) = [one for one in release_sources(release.release) if one.layout == "npr-declined"]
    _, records = lines(source_path(one, release.release))
    raw = pd.DataFrame([records[row][:5] for row in table["source_row"]], index=table.index)
    assert (raw[1].map(tidied) == table["facility"]).all()
    assert (raw[[0, 4]].astype(int) == table[["year", "declined_count"]].to_numpy()).all(axis=None)
    recent = raw[raw[0].isin(["2014", "2015"]) & (table["is_federal"] == 0)]
    sums = recent[4].astype(int).groupby(table["county_fips"]).sum()
    known = release.county.set_index("county_fips")["detainers_declined_count"].dropna()
    assert known.astype(int).to_dict() == sums.to_dict()


def test_people_held_are_in_their_rows(release: Panel) -> None:
    table = release.detention_facility
    sources = {one.layout: source_path(one, release.release) for one in
               release_sources(release.release)}  # fmt: skip
    panel = table[(table["record"] == PANEL) & (table["rows_count"] == 1)]
    raw = cells(sources[PANEL], panel["source_row"], "adp")
    assert np.allclose(raw.astype(float), panel["held_mean"])
    listed = table[table["record"] == LIST]
    of_list = sheet(sources[LIST], "DETLOC")
    titles = list(map(tidied, next(iter(of_list.values()))))
    raw_mean = [
        float(str(of_list[row][titles.index(f"FY{year % 100:02} ADP")]))
        for row, year in zip(listed["source_row"], listed["fiscal_year"], strict=True)
    ]
    assert np.allclose(raw_mean, listed["held_mean"])
    for record in (HEADCOUNT, DAILY):
        rows = table[table["record"] == record].set_index(["facility_code", "fiscal_year"])
        found = days_of(sources[record])
        assert np.allclose(found.reindex(rows.index)["sum"] / rows["days_recorded_count"],
                           rows["held_mean"])  # fmt: skip
        assert (found.reindex(rows.index)["size"] == rows["days_in_use_count"]).all()


def days_of(file: Path) -> pd.DataFrame:
    """People-days and days in use by facility and fiscal year, of a record of days."""
    if file.suffix == ".parquet":
        rows = pd.read_parquet(file)
        rows = rows.rename(columns={"n_detained_at_midnight": "n"})
    else:
        rows = pd.read_csv(file, sep="|", quoting=csv.QUOTE_NONE)
    rows = rows[rows["n"] > 0]
    dates = pd.to_datetime(rows["date"])
    years = (dates.dt.year + (dates.dt.month > 9)).rename("fiscal_year")
    return rows.groupby([rows["detention_facility_code"], years])["n"].agg(["sum", "size"])


def test_sums_of_a_county_are_those_of_its_facilities(release: Panel) -> None:
    key = ["county_fips", "fiscal_year", "record"]
    facilities = release.detention_facility.dropna(subset=["county_fips"])
    table = release.detention.set_index(key)
    assert set(table.index) == set(facilities.set_index(key).index)
    for group, rows in facilities.groupby("type_group"):
        sums = rows.groupby(key)["held_mean"].sum().reindex(table.index, fill_value=0)
        assert np.allclose(sums, table[f"{group}_held_mean"])


def test_a_county_has_the_same_agencies_on_the_latest_list_and_among_the_spells(
    release: Panel,
) -> None:
    """Municipal agencies, too, of which ICE states no county and which are looked up.

    A county that only an earlier list states is kept among the spells.
    """
    key = ["county_fips", "agency", "support_type"]
    of_list = release.agreements[release.agreements["list_kind"] == "participating"]
    latest = of_list[of_list["list_date"] == of_list["list_date"].max()]
    spells = release.agreement_spells
    listed = spells[spells["last_listed"] == of_list["list_date"].max()]
    listed = listed.assign(
        county_fips=listed["county_fips"].fillna(listed["looked_up_county_fips"])
    )
    municipal = [rows[rows["agency_type"] == "municipality"] for rows in (latest, listed)]
    on_list, on_spells = (
        set(rows[key].fillna("").itertuples(index=False, name=None)) for rows in municipal
    )
    assert {one for one in on_list if one[0]} <= on_spells
    assert len(on_spells) == len(on_list)
    assert listed["looked_up_county_fips"].notna().any()


def test_a_spell_is_in_its_first_and_last_rows(release: Panel) -> None:
    spells = release.agreement_spells
    files = {one.id: source_path(one, release.release) for one in release_sources(release.release)}
    for side in ("first", "last"):
        for _, spell in spells.iterrows():
            row = sheet(files[spell[f"{side}_source"]], "SUPPORT TYPE")[spell[f"{side}_row"]]
            texts = list(map(tidied, row))
            names = [spell["agency"], *str(spell["other_names"]).split("; ")]
            assert set(names) & set(texts), (spell["agency"], texts)
            models = {SUPPORT_SPELLINGS.get(text.casefold()) for text in texts}
            assert spell["support_type"] in models
