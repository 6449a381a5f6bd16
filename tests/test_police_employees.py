"""The directory of police agencies."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.clean.municipal import agencies_by_county, officers_by_county
from coopanalysis.errors import DataError
from coopanalysis.panel import Panel
from coopanalysis.panel.trace import trace_cell
from coopanalysis.sources import READERS

HEADER = (
    "ori,data_year,pub_agency_name,state_abbr,county_name,agency_type_name,population,"
    "officer_ct,civilian_ct,total_pe_ct,pe_ct_per_1000\n"
)


def read(folder: Path, *lines: str):
    path = folder / "lee.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return READERS["police-employees"](path)


def test_rows_are_typed(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        'QA0010000,2024,Ash,QA,"ASH, BIRCH",County,4000,10,5,15,3.75',
        "QA0010100,2019,Ashton,QA,NOT SPECIFIED,City,0,0,0,0,NULL",
    )
    frame = reading.frame
    assert frame["ori7"].tolist() == ["QA00100", "QA00101"]
    assert frame["employees_count"].tolist() == [15, 0]
    assert frame.loc[0, "county_text"] == "ASH, BIRCH"
    assert frame["source_row"].tolist() == [2, 3]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("QA001,2024,Ash,QA,ASH,County,4000,10,5,15,3.75", "nine characters"),
        ("QA0010000,2024,Ash,QA,ASH,County,many,10,5,15,3.75", "not a number: population"),
        ("QA0010000,2024,Ash,QA,ASH,County,4000,10,5,15,some", "pe_ct_per_1000"),
        ("QA0010000,2024,,QA,ASH,County,4000,10,5,15,3.75", "not a name: pub_agency_name"),
        ("QA0010000,2024,Ash,QA,,County,4000,10,5,15,3.75", "not a name: county_name"),
        ("QA0010000,2024,Ash,QA,ASH,Countie,4000,10,5,15,3.75", "agency_type_name"),
        ("QA0010000,24,Ash,QA,ASH,County,4000,10,5,15,3.75", "data_year"),
    ],
)
def test_bad_rows_are_rejected(tmp_path: Path, line: str, reason: str) -> None:
    reading = read(tmp_path, line)
    assert (reading.rows_in, reading.rows_kept) == (1, 0)
    assert reason in reading.rejects.loc[0, "reason"]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lee.csv"
    path.write_text("ori,data_year\nQA0010000,2024\n")
    with pytest.raises(DataError, match="county_name"):
        READERS["police-employees"](path)


@pytest.mark.mirror
def test_the_real_directory(mirror: Path) -> None:
    reading = READERS["police-employees"](mirror / "fbi-lee-latest" / "fbi_lee_latest.csv")
    frame = reading.frame
    assert (reading.rows_in, reading.rows_rejected) == (18_330, 0)
    assert frame["year"].eq(2025).sum() == 15_885
    assert frame["year"].eq(2018).sum() == 141
    assert frame["agency_type"].value_counts().to_dict() == {
        "City": 11_638,
        "County": 2_992,
        "Other": 1_148,
        "University or College": 937,
        "Other State Agency": 918,
        "State Police": 419,
        "Tribal": 220,
        "Federal": 58,
    }
    assert frame["county_text"].str.contains(",").sum() == 639
    assert frame["county_text"].eq("NOT SPECIFIED").sum() == 468
    assert frame["population_count"].eq(0).sum() == 3_809
    assert frame["officers_count"].eq(0).sum() == 1_095


def test_officers_are_those_of_the_agencies_at_work_in_a_county() -> None:
    counties = pd.DataFrame(
        {
            "county_fips": ["91001", "91003", "91005"],
            "county": ["Ab County", "Be County", "Ce County"],
        }
    )
    states = pd.DataFrame({"state_fips": ["91"], "state_abbr": ["NM"], "state": ["Northmark"]})
    rows = [
        ("NM0010000", "County", "AB", 2025, 3000, 6),
        ("NM0010100", "City", "AB, BE", 2021, 1000, 4),
        ("NM0010200", "State Police", "AB", 2025, 0, 90),
        ("NM0010300", "City", "NOT SPECIFIED", 2025, 500, 5),
        ("NM0030000", "County", "CE", 2024, 0, 2),
    ]
    names = ["ori9", "agency_type", "county_text", "year", "population_count", "officers_count"]
    police = pd.DataFrame(rows, columns=names).assign(state_text="NM")
    placed = agencies_by_county(police, counties, states)
    assert placed.groupby("county_fips").size().to_dict() == {"91001": 2, "91003": 1, "91005": 1}
    found = officers_by_county(placed).set_index("county_fips")
    assert found["officers_per_1000_served"].iloc[:2].tolist() == [2.5, 4.0]
    assert found["officers_earliest_year"].tolist() == [2021, 2021, 2024]
    assert found["officers_per_1000_served"].isna().tolist() == [False, False, True]


def test_a_county_leads_to_its_agencies(demo: Panel) -> None:
    row = demo.county.dropna(subset=["officers_per_1000_served"]).iloc[0]
    trace = trace_cell("demo", row["county_fips"], "officers_per_1000_served")
    cells = [one.cells for one in trace.origins]
    officers, served = (
        sum(int(one[name]) for one in cells) for name in ("officer_ct", "population")
    )
    assert trace.value == pytest.approx(1000 * officers / served)
    assert row["officers_earliest_year"] == min(int(one["data_year"]) for one in cells)


def test_the_public_county_has_officers(public_release: Panel) -> None:
    county = public_release.county
    known = county["officers_per_1000_served"].dropna()
    assert len(known) > 3_000
    assert 1.5 < known.median() < 3.5
    assert county["officers_earliest_year"].dropna().between(2018, 2025).all()
