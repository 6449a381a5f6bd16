"""The directory of police agencies."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopanalysis.errors import DataError
from coopanalysis.sources.police_employees import read_police_employees

HEADER = (
    "ori,data_year,pub_agency_name,state_abbr,county_name,agency_type_name,population,"
    "officer_ct,civilian_ct,total_pe_ct,pe_ct_per_1000\n"
)


def read(folder: Path, *lines: str):
    path = folder / "lee.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return read_police_employees(path)


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
        read_police_employees(path)


@pytest.mark.mirror
def test_the_real_directory(mirror: Path) -> None:
    reading = read_police_employees(mirror / "fbi-lee-latest" / "fbi_lee_latest.csv")
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
