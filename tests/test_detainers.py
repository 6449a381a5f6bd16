"""Detainers that local agencies declined: reader, the county of each facility, and real counts."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.catalog.corrections import Corrections, CountyAlias
from coopanalysis.catalog.reject_reasons import is_expected
from coopanalysis.clean.detainers import SUMMED_YEARS, declined_by_county, place_detainers
from coopanalysis.errors import DataError
from coopanalysis.panel import Panel
from coopanalysis.panel.trace import trace_cell
from coopanalysis.sources import READERS, Reading
from notebook_cells import code_of
from tools.demo.files_detainers import FEDERAL, NOWHERE, SHARED_NAME, declined

HEADER = "year,det_facility,city,state,count,det_facility,year,count"
STATES = pd.DataFrame(
    {"state_fips": ["91", "92"], "state_abbr": ["NM", "SM"], "state": ["Northmark", "Southmark"]}
)
COUNTIES = pd.DataFrame(
    {
        "county_fips": ["91001", "91003", "92001"],
        "county": ["Ab County", "Be County", "Ab County"],
    }
)
LISTED = pd.DataFrame(
    {
        "facility": ["OAK JAIL", "ELM JAIL", "ASH JAIL", "ASH JAIL"],
        "city": ["OAKS", "ELMS", "ASHES", "ASHES"],
        "state_fips": ["91", "91", "91", "91"],
        "county_fips": ["91003", "91001", "91001", "91003"],
        "facility_type": ["IGSA", None, "HOLD", "IGSA"],
    }
)
POLICE = pd.DataFrame(
    {
        "agency": ["Pine"], "agency_type": ["City"], "state_text": ["NM"], "county_text": ["BE"],
    }
)  # fmt: skip


def read(folder: Path, *lines: str, header: str = HEADER) -> Reading:
    file = folder / "made.csv"
    file.write_text("\n".join([header, *lines, ""]))
    return READERS["npr-declined"](file, "made")


def test_columns_are_told_by_their_place(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "2014,AB COUNTY JAIL,OAKS,NORTHMARK,3,AB COUNTY JAIL,2014,40",
        "2014,BE COUNTY JAIL,OAKS,NORTHMARK,1,,,",
        "2014,BE COUNTY JAIL,ELMS,NORTHMARK,1,OTHER JAIL,2014,5",
        "2014,CE COUNTY JAIL,OAKS,NORTHMARK,x,,,",
        "2014,CE COUNTY JAIL,OAKS",
        "2014,DE COUNTY JAIL,OAKS,NORTHMARK,3",
    )
    assert reading.rows_in == 6
    assert reading.frame["declined_count"].tolist() == [3, 1]
    assert reading.frame["other_outcomes_count"].isna().tolist() == [False, True]
    assert reading.rejects["row"].tolist() == [4, 5, 6, 7]
    assert not any(map(is_expected, reading.rejects["reason"]))
    with pytest.raises(DataError, match="begins with"):
        read(tmp_path, header=HEADER.replace("city,", ""))


@pytest.mark.parametrize("place", ["OAKS,", ",NORTHMARK", "OAKS,NORTH'MARK", "OA\x1cKS,NORTHMARK"])
def test_a_place_is_stated_wholly_in_words_or_not_at_all(tmp_path: Path, place: str) -> None:
    assert read(tmp_path, "2014,AB JAIL,,,3,AB JAIL,2014,40").rows_rejected == 0
    (reason,) = read(tmp_path, f"2014,AB JAIL,{place},3,AB JAIL,2014,40").rejects["reason"]
    assert not is_expected(reason)


def test_outcomes_keep_the_blank_reason(tmp_path: Path) -> None:
    file = tmp_path / "outcomes.csv"
    head = '"","det_facility","lift_reason","count","count_all","freq"'
    rows = ['"1","A JAIL","",5,7,71', '"2","A JAIL","Lifted",2,7,29', '"3","B JAIL","",9,7,1']
    rows += ['"4","B JAIL","Liftet",1,7,14', '"5","C JAIL","",3,3,9']
    file.write_text("\n".join([head, *rows, ""]))
    reading = READERS["npr-outcomes"](file, "")
    assert reading.frame["lift_reason"].tolist() == ["", "Lifted", ""]
    assert reading.rows_rejected == 2


def test_a_facility_is_placed_by_the_first_rule_that_finds_one_county(tmp_path: Path) -> None:
    cases = {
        "OAK JAIL,ELMS,NORTHMARK": ("91003", "facility-list"),
        "OAK-JAIL,ELMS,NORTHMARK": ("91003", "facility-list"),
        "JAIL OF AB COUNTY,OAKS,NORTHMARK": ("91001", "facility-name"),
        "BOOKING,BOROUGH,NORTHMARK": ("91001", "correction"),
        "CITY JAIL,OAKS,NORTHMARK": ("91003", "city"),
        "PINE POLICE,PINE,NORTHMARK": ("91003", "police-list"),
        "CITY JAIL,NOWHERE,NORTHMARK": (None, "unmatched"),
        "ASH JAIL,NOWHERE,NORTHMARK": (None, "unmatched"),
        "OAK JAIL,OAKS,SOUTHMARK": (None, "unmatched"),
        "OTHER FACILITY,,": (None, "not-stated"),
    }
    reading = read(tmp_path, *(f"2014,{case},1,,," for case in cases))
    alias = CountyAlias("Northmark", "BOROUGH", "91001", "The borough is the county.", ("made",))
    corrections = Corrections(aliases=(alias,))
    placed = place_detainers(reading, LISTED, POLICE, COUNTIES, STATES, corrections)
    found = [
        (None if pd.isna(code) else code, match)
        for code, match in zip(placed["county_fips"], placed["county_match"], strict=True)
    ]
    assert found == list(cases.values())
    alone = place_detainers(reading, LISTED, None, COUNTIES, STATES, corrections)
    assert alone.loc[placed["county_match"] == "police-list", "county_match"].tolist() == [
        "unmatched"
    ]
    shared = placed["is_name_shared"] == 1
    assert set(placed.loc[shared, "facility"]) == {"OAK JAIL"}


def test_a_name_is_shared_in_any_year_and_by_places_that_declined_none(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "2013,FIR JAIL,OAKS,NORTHMARK,1,FIR JAIL,2013,9",
        "2014,FIR JAIL,NOWHERE,SOUTHMARK,1,,,",
        "2014,ELM JAIL,NOWHERE,SOUTHMARK,1,ELM JAIL,2014,7",  # the list has one in Northmark
        "2014,YEW JAIL,OAKS,NORTHMARK,1,,,",
    )
    placed = place_detainers(reading, LISTED, None, COUNTIES, STATES, Corrections())
    assert placed["is_name_shared"].tolist() == [1, 1, 1, 0]


def test_a_facility_is_federal_by_its_name_or_its_type_on_the_list(tmp_path: Path) -> None:
    is_federal = {
        "US MARSHALS, S.DIST, NM": True, "US MARSHAL - OAKS": True, "U.S.P. OAKS": True,
        "OAKS CUST CASE": True,
        "OAKS F.C.I.": True, "OAKS FED.CORR.INST.": True, "OAKS SPC": True, "OAK CELL": True,
        "OAK JAIL": False, "ASH JAIL": False, "CURRAN FROMHOLD JAIL": False, "MARSHALL JAIL": False,
    }  # fmt: skip
    cell = {"facility": ["OAK CELL"], "city": ["OAKS"], "state_fips": ["91"],
            "county_fips": ["91003"], "facility_type": ["HOLD"]}  # fmt: skip
    listed = pd.concat([LISTED, pd.DataFrame(cell)])
    names = [name.replace(",", "") for name in is_federal]
    reading = read(tmp_path, *(f"2014,{name},OAKS,NORTHMARK,1,,," for name in names))
    placed = place_detainers(reading, listed, None, COUNTIES, STATES, Corrections())
    assert placed["is_federal"].eq(1).tolist() == list(is_federal.values())
    assert placed["county_fips"].eq("91003").all()
    assert declined_by_county(placed).to_numpy().tolist() == [["91003", 4]]


def test_the_notebook_says_that_prisons_of_states_and_companies_count_as_local() -> None:
    said = re.sub(r'"\s+f?"', "", " ".join(code_of("16_detainers")))
    assert "count as local, prisons of states and of companies among them" in said
    assert "a county can be in the count through these alone" in said


def test_only_years_with_the_code_in_use_throughout_are_summed() -> None:
    years = [2013, *SUMMED_YEARS, 2014]
    placed = pd.DataFrame(
        {
            "year": years,
            "county_fips": ["91001", "91001", "91001", None],
            "declined_count": [1, 2, 4, 8],
            "is_federal": 0,
        }
    )
    assert declined_by_county(placed).to_numpy().tolist() == [["91001", 6]]


def test_the_demo_declines_where_its_rubric_says_so(demo: Panel) -> None:
    table, county = demo.detainers_declined, demo.county.set_index("county_fips")
    assert set(table["year"]) == set(SUMMED_YEARS)
    known = county["detainers_declined_count"].dropna()
    assert (county.loc[known.index, "holds_on_detainer"] == 0).all()
    true = declined().groupby("county_fips")["declined"].sum()
    named = declined().loc[declined()["facility"] != SHARED_NAME, "county_fips"].unique()
    assert (known[named] == true[named]).all()
    names = pd.concat([table, demo.detention_facility])[["facility", "state_fips"]]
    states = table["facility"].map(names.groupby("facility")["state_fips"].nunique())
    assert ((table["is_name_shared"] == 1) == (states > 1)).all()
    assert (table["facility"] == SHARED_NAME).sum() == 2 * len(SUMMED_YEARS)
    nowhere = table[table["county_match"] == "not-stated"]
    assert nowhere["declined_count"].tolist() == [NOWHERE] * 2
    federal = table[table["is_federal"] == 1]
    assert federal["declined_count"].tolist() == [FEDERAL] * 2
    assert federal["county_fips"].isin(known.index).all()  # and in no sum
    assert table["declined_count"].sum() == true.sum() + 2 * (NOWHERE + FEDERAL)


def test_a_sum_leads_to_the_rows_of_the_facilities(demo: Panel) -> None:
    known = demo.county[demo.county["detainers_declined_count"].notna()]["county_fips"]
    table = demo.detainers_declined
    federal = table.loc[table["is_federal"] == 1, "county_fips"].iloc[0]
    for county in (known.iloc[-1], federal):
        trace = trace_cell("demo", county, "detainers_declined_count")
        assert len(trace.origins) == 2
        assert trace.value == sum(int(origin.cells["count"]) for origin in trace.origins)
    row = demo.detainers_declined.iloc[0]
    where = {name: str(row[name]) for name in ("facility", "city")}
    cell = trace_cell(
        "demo", row["county_fips"], "declined_count", int(row["year"]),
        table="detainers_declined", where=where,
    )  # fmt: skip
    assert cell.value == row["declined_count"]


def test_counts_of_the_public_release(public_release: Panel) -> None:
    table = public_release.detainers_declined
    assert len(table) == 1370
    assert table.groupby(["facility", "state"]).ngroups == 740
    by_year = table.groupby("year")["declined_count"].sum().tolist()
    assert by_year == [11, 64, 66, 121, 279, 942, 2378, 13594, 2785]
    assert table["other_outcomes_count"].isna().sum() == 79
    nowhere = table[table["county_match"] == "not-stated"]
    assert (len(nowhere), nowhere["declined_count"].sum()) == (9, 2913)
    # Against 382 by the list, 547 by name, 295 by city and 146 not, before New York City was
    # settled by hand and cities were looked up in the FBI's directory.
    assert table["county_match"].value_counts().to_dict() == {
        "facility-name": 531, "facility-list": 415, "city": 236, "police-list": 103,
        "unmatched": 49, "correction": 27, "not-stated": 9,
    }  # fmt: skip
    unmatched = table.loc[table["county_match"] == "unmatched", "declined_count"].sum()
    assert unmatched == 87
    federal = table[table["is_federal"].astype(bool)]
    assert (len(federal), federal["declined_count"].sum()) == (113, 227)
    recent = declined_by_county(table).set_index("county_fips")["detainers_declined_count"]
    # Against 483, 408 and 123. What federal facilities declined is no county's: with it, 420
    # counties, 129 with five or more, and 1,181, 746, 691, 678, 446 and 445 in the largest.
    counties = (table["county_fips"].nunique(), len(recent), int((recent >= 5).sum()))
    assert counties == (499, 407, 125)
    # As described but for San Diego, 814 there.
    largest = recent.sort_values(ascending=False)
    assert largest[["06037", "06085", "12086", "06111", "08031", "17031"]].tolist() == [
        1134, 746, 688, 666, 442, 445,
    ]  # fmt: skip
    known = public_release.county["detainers_declined_count"].dropna()
    assert known.sum() == recent.sum()


def test_counts_of_the_outcomes(mirror: Path) -> None:
    frames = {}
    for name in ("by-facility", "private"):
        (path,) = (mirror / f"npr-detainer-outcomes-{name}").iterdir()
        frames[name] = READERS["npr-outcomes"](path, "")
    assert all(reading.rows_rejected == 0 for reading in frames.values())
    public = frames["by-facility"].frame
    named = public.loc[public["facility"] != "", "facility"]
    assert (len(public), named.nunique()) == (16_113, 3961)
    sums = public.groupby("lift_reason")["detainers_count"].sum()
    assert sums.sum() == 1_789_251
    assert sums[""] == 817_638
    assert sums["Booked into Detention"] == 646_672
    assert sums[["Lifted", "Case Closed"]].tolist() == [166_338, 104_183]
    assert sums["Detainer Declined by LEA"] == 20_219
    private = frames["private"].frame["detainers_count"].sum()
    assert private == 25_577
    national = pd.read_csv(mirror / "npr-detainers-by-year" / "detainers_by_year.csv")
    assert sums.sum() + private == 1_814_828 == national["count"].sum()
