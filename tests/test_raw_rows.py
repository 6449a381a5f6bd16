"""Single rows of raw files, as a person sees them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from agreement_samples import row, write_list
from coopanalysis.sources.raw_rows import raw_rows


def test_lines_of_text_by_their_number(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes('\ufefffips,name,\n91001," Ash, North ",x\n\n91003,"Do\xf1a",\n'.encode())
    found = raw_rows(file, "county-names", [("", 2), ("", 4), ("", 9)])
    assert found == {
        ("", 2): {"fips": "91001", "name": "Ash, North", "column 3": "x"},
        ("", 4): {"fips": "91003", "name": "Doña"},
    }
    assert raw_rows(file, "county-names", []) == {}
    assert raw_rows(file, "county-names", [("Sheet1", 2)]) == {}


def test_mixed_encodings_are_read_as_the_readers_read_them(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"fips,name\n91001,Do\xf1a\n91003,Do\xc3\xb1a\n")
    found = raw_rows(file, "county-names", [("", 2), ("", 3)])
    assert [cells["name"] for cells in found.values()] == ["Doña", "Doña"]


def test_rows_of_a_sheet(tmp_path: Path) -> None:
    file = tmp_path / "participatingAgencies06302030.xlsx"
    write_list(file, [row(), row(COUNTY="Birch County")])
    sheet = next(iter(pd.ExcelFile(file).sheet_names))
    found = raw_rows(file, "ice-287g", [(str(sheet), 3)])
    assert found[(str(sheet), 3)]["COUNTY"] == "Birch County"
    assert list(found) == [(str(sheet), 3)]


def test_no_mailbox_of_a_cell_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    wrapped = "https://x.safelinks.protection.outlook.com/?data=05%7Ca.person%40example.org"
    file.write_text(f"STATE,MOA\nNORTHMARK,{wrapped}\n")
    (cells,) = raw_rows(file, "ice-287g", [("", 2)]).values()
    assert cells["STATE"] == "NORTHMARK"
    assert "person" not in cells["MOA"]


def test_records_of_a_stata_file_count_from_1(tmp_path: Path) -> None:
    file = tmp_path / "a.dta"
    frame = pd.DataFrame({"countyname": ["ASH", ""], "countyfips": [91001.0, 91003.5]})
    frame.to_stata(file, write_index=False, version=118)
    assert raw_rows(file, "secure-communities", [("", 1), ("", 2)]) == {
        ("", 1): {"countyname": "ASH", "countyfips": "91001"},
        ("", 2): {"countyfips": "91003.5"},
    }


@pytest.mark.mirror
def test_records_of_a_dbase_table(mirror: Path) -> None:
    file = next(mirror.glob("census-counties-2019/*.dbf"))
    cells = raw_rows(file, "census-counties", [("", 1)])[("", 1)]
    assert cells["GEOID"] == cells["STATEFP"] + cells["COUNTYFP"]
    assert int(cells["ALAND"]) > 0
