"""The demo release: same bytes every time, exact margins, fictional, and with its faults."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from dataclasses import asdict
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from coopanalysis.catalog.sources import (
    manifest_path,
    read_known_effects,
    read_manifest,
    release_dir,
)
from coopanalysis.paths import reference_dir
from coopanalysis.vocabulary import PRACTICES
from tools.demo import DEMO_FILES, TRUTH, write_demo
from tools.demo.agreement_faults import MAILBOX
from tools.demo.files_agreements import demo_corrections
from tools.demo.names import STATES, TERRITORIES
from tools.demo.planted_faults import EXTREME_RATE, great_city, no_votes_county
from tools.demo.release import MANIFEST
from tools.demo.world import make_world

DEMO_STATES = {
    *("57", "58", "59", "61", "62", "63", "65", "73", "75", "77", "80", "82", "83"),
    *("85", "87", "88", "90", "91", "92", "93", "94", "96", "97", "98", "99"),
}
REAL_STATES = {
    f"{n:02d}" for n in (*range(1, 57), 60, 66, 69, 72, 78) if n not in (3, 7, 14, 43, 52)
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return folder


def demo_file(source: str) -> Path:
    return release_dir("demo") / next(file.path for file in DEMO_FILES if file.id == source)


def lines(source: str) -> list[bytes]:
    return demo_file(source).read_bytes().splitlines(keepends=True)


@pytest.mark.slow
def test_the_committed_files_are_what_the_generator_writes(written: Path) -> None:
    made = {path.relative_to(written) for path in written.rglob("*") if path.is_file()}
    committed = release_dir("demo")
    kept = {p.relative_to(committed) for p in committed.rglob("*") if p.is_file()}
    assert made == kept - {Path(".gitattributes")}
    different = [n for n in made if contents(written / n) != contents(committed / n)]
    assert different == []


def contents(file: Path) -> object:
    """What a file says: bytes; the members of a zip packed with LZMA; what a manifest declares.

    Versions of liblzma may pack the same bytes in other ways, so the packed size and hash that a
    manifest gives may differ as well.
    """
    if file.name == MANIFEST:
        packed = {"sha256", "bytes"}
        sources = [
            {
                k: v
                for k, v in asdict(source).items()
                if source.path[-4:] != ".zip" or k not in packed
            }
            for source in read_manifest(file)
        ]
        return sources, read_known_effects(file)
    if file.suffix != ".zip":
        return file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        return {member.filename: archive.read(member) for member in archive.infolist()}


def test_manifest_fits_the_files_and_they_are_small() -> None:
    sources = read_manifest(manifest_path("demo"))
    assert [source.id for source in sources] == [file.id for file in DEMO_FILES]
    for source in sources:
        content = (release_dir("demo") / source.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == source.sha256
        assert len(content) == source.bytes
        assert source.rows > 0
        assert source.url == ""
        assert "imulated" in source.title or "fictional" in source.title
    assert sum(source.bytes for source in sources) < 8_000_000


def test_there_are_2556_counties_and_no_real_code() -> None:
    counties = make_world().counties
    assert len(counties) == 2556
    assert counties["county_fips"].is_unique
    assert set(counties["state_fips"]) == DEMO_STATES == {state.fips for state in STATES}
    codes = DEMO_STATES | {territory.fips for territory in TERRITORIES}
    assert not codes & REAL_STATES
    assert counties["county_fips"].str.fullmatch(r"\d{5}").all()
    assert not counties.duplicated(["state_fips", "county"]).any()


@pytest.mark.mirror
def test_no_name_is_real(mirror: Path) -> None:
    real = pd.read_csv(mirror / "urban-county-names" / "names-to-fips_county.csv", dtype="str")
    county, state = real["name"].str.rsplit(", ", n=1).str[0], real["name"].str.split(", ").str[-1]
    suffix = r" (County|Parish|city|City|Borough|Census Area|Municipality|City and Borough)$"

    def letters(names: pd.Series) -> set[str]:
        bare = names.str.replace(suffix, "", regex=True).str.casefold()
        return set(bare.str.replace(r"[^a-zñ]", "", regex=True))

    world = make_world()
    invented = [*world.counties["county"], *world.regions["county"], world.recode.old_name]
    names = pd.Series(invented, dtype="str").str.replace(" Planning Region", "")
    assert not letters(names) & letters(county)
    states = {state.name for state in (*STATES, *TERRITORIES)}
    assert not states & set(state)
    public = pd.read_csv(reference_dir() / "states.csv", dtype="str")
    assert not {s.abbr for s in (*STATES, *TERRITORIES)} & set(public["state_abbr"])


def test_rubric_margins_are_the_published_ones() -> None:
    rubric = pd.read_csv(demo_file("demo-ilrc-rubric"), dtype={"GEOID FIPS": "str"})
    base = rubric[rubric["GEOID FIPS"].isin(make_world().counties["county_fips"])]
    base = base.drop_duplicates("GEOID FIPS")
    limits = base[[practice.ilrc_column for practice in PRACTICES]].sum().to_numpy()
    counts = [2556 - int(limit) for limit in limits]
    assert len(base) == 2556
    assert counts[:2] == [25, 147]
    assert limits[2:].tolist() == [635, 142, 72, 25, 53]
    assert counts == [TRUTH.practices[practice.name].count for practice in PRACTICES]


def test_rubric_has_repeats_impossible_totals_and_territories() -> None:
    rubric = pd.read_csv(demo_file("demo-ilrc-rubric"), dtype={"GEOID FIPS": "str"})
    columns = [practice.ilrc_column for practice in PRACTICES]
    assert rubric["GEOID FIPS"].duplicated().sum() == 6
    assert rubric.duplicated().sum() == 4
    wrong = rubric[rubric[columns].sum(axis=1) != rubric["ILRC Total"]]
    assert {0, 8, 31} < set(wrong["ILRC Total"])
    assert len(wrong) == 4
    assert (rubric["GEOID FIPS"].str.len() == 4).sum() == 3


def test_population_mixes_encodings_and_spaces() -> None:
    body = lines("demo-urban-population")[1:]
    odd = [line for line in body if any(byte > 127 for byte in line)]
    latin = [line for line in odd if b"\xc3\xb1" not in line]
    assert len(odd) == 10
    assert len(latin) == 3
    assert any(b",NA," in line and b'"' in line for line in latin)
    first_year = [line for line in body if line.startswith(b"2014,")]
    assert (
        sum(line.split(b",")[4].startswith(b" ") for line in first_year if b'"' not in line) == 2555
    )
    by_year = pd.Series([int(line[:4]) for line in body]).value_counts()
    assert by_year[2021] == 2556
    assert by_year[2022] == by_year[2023] < 2556


def test_counties_change_code_between_years() -> None:
    body = [line.decode("latin-1").split(",") for line in lines("demo-urban-population")[1:]]
    codes = {year: {c[1] + c[2] for c in body if c[0] == year} for year in ("2014", "2021", "2022")}
    recode, regions = make_world().recode, set(make_world().regions["county_fips"])
    assert codes["2014"] - codes["2021"] == {recode.old}
    assert codes["2021"] - codes["2014"] == {recode.new}
    assert codes["2022"] - codes["2021"] == regions
    assert {code[:2] for code in codes["2021"] - codes["2022"]} == {"82"}


def test_votes_have_crlf_districts_and_a_gap() -> None:
    raw = demo_file("demo-votes-president-2020").read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n")
    rows = list(csv.DictReader(io.StringIO(raw.decode())))
    districts = [row for row in rows if row["county_fips"].startswith("75")]
    assert len(districts) == 20
    codes = {row["county_fips"] for row in rows}
    base = set(make_world().counties["county_fips"])
    assert codes - base == {row["county_fips"] for row in districts}
    assert no_votes_county() in base - codes
    assert all(int(r["diff"]) == int(r["votes_gop"]) - int(r["votes_dem"]) for r in rows)


def test_crime_has_its_planted_faults() -> None:
    crime = pd.read_csv(demo_file("demo-urban-crime"), dtype={"state": "str", "county": "str"})
    code = crime["state"] + crime["county"]
    counties = make_world().counties["county_fips"]
    main, sisters = great_city()
    booked = crime[code == counties[main]].set_index("year")
    assert booked.loc[2023, "rate_crime_property"] > 3_600
    assert booked.loc[2021, "rate_crime_property"] < 100
    assert crime.loc[code.isin(counties[list(sisters)]), "rate_crime_violent"].isna().all()
    zero = crime[crime["rate_crime_violent"] == 0]
    assert (zero["rate_crime_violent_quality"] == 1).sum() == 11
    assert crime["rate_crime_violent"].max() == EXTREME_RATE
    regions = code.isin(make_world().regions["county_fips"])
    assert crime.loc[regions & (crime["year"] == 2022), "rate_crime_violent"].isna().all()
    assert crime.loc[regions & (crime["year"] == 2023), "rate_crime_violent"].notna().all()
    flags = crime[["rate_crime_violent_quality", "rate_crime_property_quality"]]
    assert flags.iloc[:, 0].equals(flags.iloc[:, 1])
    assert set(flags.iloc[:, 0].dropna()) == {1, 2, 3}


def test_other_files_have_theirs() -> None:
    acs = lines("demo-acs-wide")
    assert all(line.endswith(b"\r\n") for line in acs)
    assert acs[0].count(b",") == 36
    assert sum(line.startswith((b"03", b"07")) for line in acs) == 6
    assert sum(b",," in line for line in acs) == 1
    assert any(re.search(rb",\d\.?\d*e-\d", line) for line in lines("demo-urban-race-ethnicity"))
    names = b"".join(lines("demo-county-names")).decode()
    for text in ("St. ", "Parish,", " city,", "O'Marrick", "LaSorrel", "La Sorrel", "Peñavor"):
        assert text in names
    with demo_file("demo-secure-communities").open("rb") as file:
        assert b"<release>118</release>" in file.read(60)
    dates = pd.read_stata(demo_file("demo-secure-communities"))
    assert dates["activation_year"].min() == 2008
    assert set(dates.loc[dates["activation_year"] == 2013, "activation_month"]) == {1}
    assert 20 < dates["activation_year"].isna().sum() < 60


def sheet(source: str) -> list[tuple[openpyxl.cell.Cell, ...]]:
    return list(openpyxl.load_workbook(demo_file(source)).worksheets[0].iter_rows())


def test_participating_lists_are_ugly_as_real_ones() -> None:
    first = sheet("demo-ice-287g-participating-2025-07-15")
    latest = sheet("demo-ice-287g-participating-2026-05-18")
    for rows, empty_rows, empty_columns, size in ((first, 73, 1, 206), (latest, 10, 5, 489)):
        assert len(rows) == 1 + size + empty_rows
        assert len(rows[0]) == 8 + empty_columns
        assert all(cell.value is None for row in rows[-empty_rows:] for cell in row)
        assert any(cell.data_type == "e" for row in rows for cell in row)
        agencies = [str(row[1].value) for row in rows[1 : size + 1]]
        assert any("’" in name for name in agencies)
        assert any(name.endswith(" ") for name in agencies)
        addresses = [cell.hyperlink.target for row in rows for cell in row if cell.hyperlink]
        wrapped = [address for address in addresses if MAILBOX.replace("@", "%40") in address]
        assert 0 < len(wrapped) < len(addresses)
    texts = {str(row[5].value) for row in first}
    assert sum(bool(re.fullmatch(r"\d{1,2}/\d{6}", text)) for text in texts) == 2
    assert sum(text.startswith("50") for text in texts) == 1
    assert "N/A" in {row[3].value for row in first}
    assert {"County ", "Municipality ", "Muncipality"} < {row[2].value for row in latest}
    assert "#NA" in {row[3].value for row in latest}
    assert any(str(row[3].value).startswith("\n") for row in latest)
    targets = [row[6].hyperlink.target for row in latest if row[6].hyperlink]
    assert any(target.startswith("chrome-extension:") for target in targets)
    assert any(target.startswith("https:/www") for target in targets)
    assert sum(str(row[0].value).endswith(" ") for row in latest) == 6


def test_pending_lists_are_short() -> None:
    first = sheet("demo-ice-287g-pending-2025-07-14")
    assert [cell.value for cell in first[0]][-1] == "SUPPORT TYPE"
    assert len(first) == 13
    path = demo_file("demo-ice-287g-pending-2026-02-27")
    latest = openpyxl.load_workbook(path)["Sheet 1"]
    assert latest.max_row == 72
    assert [row[0].value is None for row in latest.iter_rows(min_row=2)] == [False] * 2 + [
        True
    ] * 69
    granted = {(row[0].value, row[1].value, row[4].value.strip()) for row in first[1:]}
    listed = {
        (row[0].value, str(row[1].value).strip().replace("’", "'"), str(row[4].value).strip())
        for row in sheet("demo-ice-287g-participating-2025-07-15")
    }
    assert len(granted & listed) == 1


def test_workbooks_carry_no_clock_and_no_person() -> None:
    for file in DEMO_FILES:
        if file.layout == "ice-287g":
            with zipfile.ZipFile(release_dir("demo") / file.path) as archive:
                assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
                core = archive.read("docProps/core.xml").decode()
            assert "<dc:creator>coopanalysis</dc:creator>" in core


def test_corrections_table_has_what_the_demo_needs() -> None:
    table = (reference_dir() / "corrections.toml").read_text(encoding="utf-8")
    assert demo_corrections().strip() in table
