"""Name lists are read whole, and a damaged row costs that row only."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from coopanalysis.errors import DataError
from coopanalysis.paths import reference_dir
from coopanalysis.sources import READERS, read_county_names, read_fbi_states, read_state_list


def test_county_names(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text(
        "fips,name,name2\n"
        '91001,"Ash County, Northmark","Ash County, Northmark"\n'
        '91003,"Doña\u00a0 Elm County, Northmark","Doña Elm County, Northmark"\n'
        '910,"Fir County, Northmark",x\n'
        '91007,"Birch County",x\n'
        '91001,"Ash County, Northmark",x\n',
        encoding="utf-8",
    )
    reading = read_county_names(path, "names")
    assert reading.frame.to_dict("list") == {
        "county_fips": ["91001", "91003"],
        "county": ["Ash County", "Doña Elm County"],
        "state": ["Northmark", "Northmark"],
        "source_file": ["names.csv"] * 2,
        "source_sheet": [""] * 2,
        "source_row": [2, 3],
    }
    assert reading.rejects[["row", "reason"]].to_dict("list") == {
        "row": [4, 5, 6],
        "reason": [
            "county code is not five digits",
            "name is not 'County, State'",
            "county code repeats an earlier row",
        ],
    }
    assert reading.source == "names"


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("fips,label\n91001,x\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"lacks the columns \['name'\]; it has \['fips', 'label'"):
        read_county_names(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="lacks the columns"):
        read_state_list(path)


def test_state_list_rejects_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "states.csv"
    path.write_text(
        "state_fips,state_abbr,state,kind\n91,NK,Northmark,state\n9x,SV,South Vale,state\n"
        "93,s,A,state\n94,AA,,state\n95,AB,B,county\n91,AC,C,state\n",
        encoding="utf-8",
    )
    reading = read_state_list(path)
    assert reading.frame["state"].tolist() == ["Northmark"]
    assert reading.rejects["row"].tolist() == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "name", ['North\\"mark', "North-mark", "NorthMark", "northmark", "North  mark"]
)
def test_a_state_is_spelled_as_pages_show_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / "states.csv"
    path.write_text(f"state_fips,state_abbr,state,kind\n91,NK,{name},state\n", encoding="utf-8")
    assert read_state_list(path).rejects["reason"].tolist() == ["state is not named in words"]


def test_the_states_of_the_country() -> None:
    reading = READERS["state-list"](reference_dir() / "states.csv", "")
    assert reading.rows_rejected == 0
    kinds = reading.frame["kind"].value_counts().to_dict()
    assert kinds == {"state": 50, "territory": 5, "district": 1}
    assert reading.frame["state_fips"].str.fullmatch(r"\d{2}").all()
    assert reading.frame["state"].is_unique


@pytest.mark.mirror
def test_real_county_names(mirror: Path) -> None:
    reading = read_county_names(mirror / "urban-county-names" / "names-to-fips_county.csv")
    counties = reading.frame
    assert (reading.rows_in, reading.rows_kept) == (3143, 3143)
    assert counties["county"].str.endswith(" city").sum() == 40
    assert counties["state"].nunique() == 51
    states = read_state_list(reference_dir() / "states.csv").frame
    named = counties.assign(state_fips=counties["county_fips"].str[:2]).merge(
        states, on=["state_fips", "state"], validate="m:1"
    )
    assert len(named) == len(counties)


def test_ucr_states(tmp_path: Path) -> None:
    path = tmp_path / "ucr.csv"
    path.write_text(
        "ucr_state,ori_prefix,state_fips,state\n71,QA,91,Northmark\n72,CZ,,Canal\n"
        "7x,QB,92,South Vale\n71,QC,93,Again\n73,Q1,94,Odd\n"
        "74,QD,91,Twice\n75,QA,95,Twice\n76,QE,96,\n78,QG,,Blank\n77,QF,9\n"
    )
    reading = read_fbi_states(path, "ucr")
    assert reading.frame["ucr_state"].tolist() == ["71", "72"]
    assert reading.frame["state_fips"].isna().tolist() == [False, True]
    assert reading.rejects["reason"].tolist() == [
        "code of the FBI is not two digits",
        "code of the FBI repeats an earlier row",
        "prefix is not two letters",
        *["prefix or state code repeats an earlier row"] * 2,
        "state is not named in words",
        "state code is not two digits",
        "wrong number of fields",
    ]
    real = READERS["ucr-states"](reference_dir() / "ucr_states.csv", "ucr-states")
    assert (real.rows_in, real.rows_kept) == (56, 56)


def test_a_wanted_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "states.csv"
    path.write_text("state_fips,state_abbr,State,kind, state \n91,NK,Northmark,state,Elsewhere\n")
    with pytest.raises(DataError, match="names columns twice: \\['state'\\]"):
        read_state_list(path)


def test_a_table_on_two_sheets_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    for sheet in (book.active, book.create_sheet("more")):
        sheet.append(["fips", "name"])
        sheet.append(["91001", "Ash County, Northmark"])
    book.save(tmp_path / "names.xlsx")
    with pytest.raises(DataError, match="on each of 2 sheets: 'Sheet', 'more'"):
        read_county_names(tmp_path / "names.xlsx")
