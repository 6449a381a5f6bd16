"""Places of detention: readers, the county of each, tables by fiscal year, and the real counts."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coopanalysis.catalog.raw_columns import LIMITS
from coopanalysis.catalog.reject_reasons import is_expected
from coopanalysis.clean.county_names import match_states
from coopanalysis.clean.detention import (
    DAILY,
    HEADCOUNT,
    LIST,
    PANEL,
    county_detention,
    daily_years,
    listed_years,
    panel_code,
    panel_years,
    type_group,
)
from coopanalysis.clean.detention_places import place_facilities, stated_county
from coopanalysis.errors import DataError
from coopanalysis.panel import Panel
from coopanalysis.panel import detention as panel_detention
from coopanalysis.panel.trace import trace_cell
from coopanalysis.paths import reference_dir
from coopanalysis.sources import (
    READERS,
    Reading,
    detention_days,
    read_county_names,
    read_state_list,
)
from coopanalysis.sources.detention_lists import LIST_YEARS, MAIN_SHEET, held_in
from tools.demo.files_detention import SELDOM_DAYS, SHELTERS, places
from tools.demo.workbook_writer import workbook

COUNTIES = pd.DataFrame(
    {
        "county_fips": ["91001", "91003", "91005", "91510"],
        "county": ["Ab County", "Be County", "Fair County", "Fair city"],
    }
)
AGREEMENT = ("IGSA", "DIGSA", "USMS IGA")
FILES = {
    LIST: "ice-facility-list-2017-11-06",
    PANEL: "ice-facilities-panel-fy2010-fy2026",
    HEADCOUNT: "uwchr-facility-headcount-2011-2024",
    DAILY: "ddp-facility-daily-2022-2026",
    "facility-codes": "ddp-facilities-county",
}


@cache
def real(folder: Path, layout: str) -> Reading:
    source = FILES[layout]
    return READERS[layout](next((folder / source).iterdir()), source)


def listing(tmp_path: Path, *rows: list[str]) -> Path:
    header = ["DETLOC", "Name", "City", "County", "State", "Type Detailed", "Authorization Status",
              "Facility Operator"]  # fmt: skip
    header += [f"FY{year % 100:02} ADP" for year in LIST_YEARS]
    file = tmp_path / "list.xlsx"
    title: list[str | None] = ["Facility List Report", *[None] * (len(header) - 1)]
    file.write_bytes(workbook(MAIN_SHEET, [title, header, *rows], {}))
    return file


def test_the_list_is_read_below_its_titles(tmp_path: Path) -> None:
    means = ["0"] * (len(LIST_YEARS) - 1)
    rows = (
        [
            "ABCONM",
            " AB  COUNTY JAIL",
            "TOWN",
            "AB ",
            "NM",
            "IGSA",
            "AUTHORIZED",
            "COUNTY ",
            "1.5",
            *means,
        ],
        ["Redacted", *["Redacted"] * 4, "ORR", "NOT INSPECTED", "ORR", "12", *means],
        [
            "BECONM",
            "BE COUNTY JAIL",
            "TOWN",
            "BE",
            "NM",
            "IGSA",
            "NOT INSPECTED",
            "GEO",
            "-1",
            *means,
        ],
    )
    reading = READERS[LIST](listing(tmp_path, *rows), "")
    assert reading.rows_in == 3
    kept = reading.frame.iloc[0]
    assert (kept["facility"], kept["county_text"]) == ("AB COUNTY JAIL", "AB")
    assert (kept[held_in(2009)], kept["source_row"]) == (1.5, 3)
    assert [is_expected(reason) for reason in reading.rejects["reason"]] == [True, False]
    years = listed_years(reading.frame)[["facility_code", "fiscal_year"]]
    assert years.to_numpy().tolist() == [["ABCONM", 2009]], "nobody was held in other years"
    with pytest.raises(DataError, match="no sheet"):
        file = tmp_path / "other.xlsx"
        file.write_bytes(workbook("Other", [["DETLOC"]], {}))
        READERS[LIST](file, "")


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        (0, "NULL"),
        (1, ""),
        (2, "12"),
        (3, ""),
        (3, 'A"BC'),
        (4, "Northmark"),
        (5, "IGSB"),
        (6, "#REF!"),
        (8, "30000"),
    ],
)
def test_a_cell_of_the_list_that_its_column_cannot_have_costs_the_row(
    tmp_path: Path, column: int, cell: str
) -> None:
    row = ["ABCONM", "AB COUNTY JAIL", "TOWN", "AB", "NM", "IGSA", "AUTHORIZED", "COUNTY"]
    row += ["1"] * len(LIST_YEARS)
    assert READERS[LIST](listing(tmp_path, row), "").rows_rejected == 0
    row[column] = cell
    (reason,) = READERS[LIST](listing(tmp_path, row), "").rejects["reason"]
    assert not is_expected(reason)


@pytest.mark.parametrize(
    ("layout", "line"),
    [
        ("facility-codes", "TRUE,AB JAIL,TOWN,91001,NM"),
        ("facility-codes", "ABCONM,AB JAIL,12,91001,NM"),
        ("facility-codes", "ABCONM,AB JAIL,TOWN,9100 1,NM"),
        ("facility-codes", "ABCONM,AB JAIL,91001,TOWN,NM"),
        ("facility-codes", "ABCONM,AB JAIL,TOWN,91001,"),
        (PANEL, "FY16,1,AB JAIL,,NM,ABCONM,IGSA,2"),
        (PANEL, "FY16,1,AB JAIL,TOWN,,ABCONM,IGSA,2"),
        (PANEL, "FY16,1,AB JAIL,TOWN,NM,NULL,IGSA,2"),
        (PANEL, "FY16,1,AB JAIL,TOWN,NM,ABCONM,,2"),
        (PANEL, "FY16,1,AB JAIL,TOWN,NM,ABCONM,IGSA,1e-400"),
    ],
)
def test_a_facility_that_cannot_be_costs_its_row(tmp_path: Path, layout: str, line: str) -> None:
    heads = {
        "facility-codes": "detention_facility_code,name,city,county_fips_code,state",
        PANEL: "fiscal_year,canonical_id,facility_name,facility_city,facility_state,detloc,"
        "facility_type_detailed,adp",
    }
    file = tmp_path / "made.csv"
    file.write_text(f"{heads[layout]}\n{line}\n")
    reading = READERS[layout](file, "")
    assert reading.rows_rejected == 1
    assert not is_expected(reading.rejects["reason"][0])


def test_yearly_statistics_are_of_fiscal_years_and_a_number_may_have_two_sites(
    tmp_path: Path,
) -> None:
    head = "fiscal_year,canonical_id,facility_name,facility_city,facility_state,detloc,"
    rows = ("FY19,1,AB JAIL,TOWN,NM,AAA,IGSA,3.5", "FY19,1,AB ANNEX,TOWN,NM,NA,IGSA,1",
            "2019,2,BE JAIL,TOWN,NM,BBB,IGSA,1")  # fmt: skip
    file = tmp_path / "panel.csv"
    file.write_text("\n".join([f"{head}facility_type_detailed,adp", *rows, ""]))
    reading = READERS[PANEL](file, "")
    frame = reading.frame
    assert frame[["fiscal_year", "site"]].to_numpy().tolist() == [[2019, 0], [2019, 1]]
    assert frame["facility_code"].isna().tolist() == [False, True]
    assert reading.rejects["row"].tolist() == [4]


def test_days_are_read_by_the_column_and_refused_by_the_row(tmp_path: Path) -> None:
    rows = ["AAA|3|2021-10-01", "AAA|3|2021-10-01", "AAA|0|2021-10-02", "AAA|x|2021-10-03"]
    rows += ["a-b|1|2021-10-03", "AAA|1|20211003", "AAA|04|2021-10-04"]
    rows += [f"AAA|{LIMITS['held'].maximum:.0f}|2021-10-05"]
    lines = ["detention_facility_code|n|date", *rows, ""]
    file = tmp_path / "days.csv.gz"
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    reading = READERS[HEADCOUNT](file, "")
    assert (reading.rows_kept, reading.rows_rejected) == (2, 6)
    assert not any(map(is_expected, reading.rejects["reason"]))
    assert reading.rejects["row"].tolist() == [3, 4, 5, 6, 7, 8]
    for data in (b"no gzip", gzip.compress(f"d\xe9|{lines[0]}\n".encode("latin-1"))):
        file.write_bytes(data)
        with pytest.raises(DataError, match="gzip"):
            READERS[HEADCOUNT](file, "")


def test_a_quote_in_a_record_of_days_takes_no_other_row_with_it(tmp_path: Path) -> None:
    rows = ['"AAA|3|2021-10-01', "AAA|3|2021-10-02", 'AAA"|3|2021-10-03', "AAA|3|2021-10-04"]
    file = tmp_path / "days.csv.gz"
    lines = ["detention_facility_code|n|date", *rows, ""]
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    reading = READERS[HEADCOUNT](file, "")
    assert reading.rows_in == len(rows)
    assert reading.rejects["row"].tolist() == [2, 4]
    assert reading.frame["source_row"].tolist() == [3, 5]


def write_days(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "days.csv.gz"
    lines = ["detention_facility_code|n|date", *rows, ""]
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    return file


def test_a_blank_line_in_a_record_of_days_is_no_row_and_keeps_the_numbers_of_the_others(
    tmp_path: Path,
) -> None:
    rows = ["AAA|3|2021-10-01", "", "AAA|4|2021-10-02", "AAA|none|2021-10-03", "", ""]
    reading = READERS[HEADCOUNT](write_days(tmp_path, *rows), "")
    assert reading.rows_in == 3
    assert reading.frame["source_row"].tolist() == [2, 4]
    assert reading.rejects["row"].tolist() == [5]


def test_a_record_of_days_that_the_parser_shortens_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_days(tmp_path, *(f"AAA|3|2021-10-{day:02}" for day in range(1, 31)))
    assert READERS[HEADCOUNT](file, "").rows_in == 30
    parse = detention_days.pacsv.read_csv
    monkeypatch.setattr(
        detention_days.pacsv, "read_csv", lambda *given, **options: parse(*given, **options)[:-1]
    )
    with pytest.raises(DataError, match="has 31 records, of which 30 could be told apart"):
        READERS[HEADCOUNT](file, "")


def test_parquet_is_read_with_its_zeros(tmp_path: Path) -> None:
    file = tmp_path / "daily.parquet"
    days = pa.array(pd.to_datetime(["2022-10-01", "2022-10-02", "2022-10-02"]).date)
    table = {"detention_facility_code": ["AAA", "AAA", None], "detention_facility": ["A JAIL"] * 3,
             "date": days, "n_detained_at_midnight": [0, 2, 5]}  # fmt: skip
    pq.write_table(pa.table(table), file)
    reading = READERS[DAILY](file, "")
    assert reading.frame["held"].tolist() == [0, 2]
    assert reading.frame["source_row"].tolist() == [1, 2]
    assert reading.rejects["row"].tolist() == [3], "without a code"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataError, match="Parquet"):
        READERS[DAILY](file, "")


DAYS: dict[str, list[object]] = {
    "detention_facility_code": ["AAA", "AAA", "BBB", "BBB"],
    "detention_facility": ["A JAIL", "A JAIL", "B JAIL", "B JAIL"],
    "date": [date(2022, 10, 1), date(2022, 10, 2)] * 2,
    "n_detained": [3, 3, 3, 3],
    "n_detained_at_midnight": [0, 2, 1, 1],
}


@pytest.mark.parametrize(
    ("column", "cells", "said"),
    [
        ("n_detained_at_midnight", [0, 2, 1.5, 1], "not a number"),
        ("n_detained_at_midnight", [0, 2, None, 1], "not a number"),
        ("n_detained_at_midnight", [0, 2, 4, 1], "columns contradict"),
        ("n_detained_at_midnight", [True, True, False, True], "not numbers"),
        ("detention_facility_code", [None] * 4, "not a name"),
        ("detention_facility_code", ["AAA", "AAA", "BBB", "BBC"], "not the 6 of each facility"),
        ("detention_facility", ["A JAIL", "A JAIL", "", "B JAIL"], "not a name"),
        ("date", [datetime(2022, 10, day, 7) for day in (1, 2)] * 2, "not a date"),
        ("date", [date(2022, 10, day) for day in (1, 2, 1, 3)], "not the 6 of each facility"),
    ],
)
def test_a_day_that_cannot_be_costs_its_row_or_the_file(
    tmp_path: Path, column: str, cells: list[object], said: str
) -> None:
    file = tmp_path / "daily.parquet"
    pq.write_table(pa.table(DAYS), file)
    assert READERS[DAILY](file, "").rows_rejected == 0
    pq.write_table(pa.table({**DAYS, column: cells}), file)
    try:
        reasons = READERS[DAILY](file, "").rejects["reason"].tolist()
    except DataError as error:
        reasons = [str(error)]
    assert reasons and all(said in reason for reason in reasons)


@pytest.mark.parametrize(
    ("facility", "city", "county_text", "code", "expected"),
    [
        ("AB COUNTY JAIL", "TOWN", "BE", "91003", ("91003", "facility-code")),
        ("AB COUNTY JAIL", "TOWN", "BE", None, ("91001", "facility-name")),
        ("AB CO. JAIL", "TOWN", "BE", "09110", ("91001", "facility-name")),
        ("OLD AB COUNTY JAIL", "TOWN", "BE", None, ("91001", "facility-name")),
        ("FAIR CITY JAIL", "TOWN", "FAIR", None, ("91510", "facility-name")),
        ("FAIR CITY COUNTY JAIL", "TOWN", "BE", None, ("91003", "facility-list")),
        ("SOME JAIL", "TOWN", "FAIR", None, ("91005", "facility-list")),
        ("SOME JAIL", "OAKS", "COUNTY", None, ("91001", "city")),
        ("SOME JAIL", "DIVIDED", "COUNTY", None, (None, "unmatched")),
        ("CO-OP JAIL", "ELSEWHERE", "COUNTY", None, (None, "unmatched")),
    ],
)
def test_the_county_of_a_place(
    facility: str, city: str, county_text: str, code: str | None, expected: tuple[str | None, str]
) -> None:
    known = [
        ("AB COUNTY HOME", "OAKS", "AB", None),
        ("AB COUNTY HOME", "DIVIDED", "AB", None),
        ("BE COUNTY HOME", "DIVIDED", "BE", None),
    ]
    rows = pd.DataFrame(
        [(facility, city, county_text, code), *known],
        columns=["facility", "city", "county_text", "place_fips"],
        dtype="str",
    ).assign(state_fips="91")
    placed = place_facilities(rows, COUNTIES).iloc[0]
    found = placed["county_fips"]
    assert (None if pd.isna(found) else found, placed["county_match"]) == expected


def test_a_place_in_a_territory_is_in_no_county_of_the_list() -> None:
    rows = (
        pd.DataFrame(
            [("AB COUNTY JAIL", "91"), ("AB COUNTY JAIL", "93"), ("SOME JAIL", "94")],
            columns=["facility", "state_fips"],
        )
        .assign(city="TOWN", county_text=pd.NA, place_fips=pd.NA)
        .astype("str")
    )
    placed = place_facilities(rows, COUNTIES, ["93"])
    assert placed["county_match"].tolist() == ["facility-name", "territory", "unmatched"]


def test_a_fiscal_year_begins_in_october_and_its_mean_counts_empty_days() -> None:
    dates = ["2011-09-30", "2011-10-01", "2021-09-30", "2021-10-01", "2021-10-02", "2021-10-04"]
    frame = pd.DataFrame(
        {
            "facility_code": "AAA", "date": pd.to_datetime(dates),
            "held": [9, 7, 5, 4, 0, 4], "source_row": range(2, 8),
        }
    )  # fmt: skip
    years = daily_years(frame, HEADCOUNT).set_index("fiscal_year")
    assert years.index.tolist() == [2012, 2021, 2022], "full from 2012 on"
    assert years.loc[2022, "held_mean"] == 2.0
    assert years.loc[2022, ["days_in_use_count", "days_recorded_count"]].tolist() == [2, 4]
    assert years["recorded_to_date"].astype("str").tolist() == [
        "2011-10-01", "2021-09-30", "2021-10-04",
    ]  # fmt: skip


def test_sites_of_one_code_are_summed_and_a_missing_code_is_numbered() -> None:
    frame = pd.DataFrame(
        {
            "facility_code": ["AAA", "AAA", None, "BBB"], "panel_id": [1, 1, 7, 8],
            "fiscal_year": [2019] * 4, "held_mean": [1.0, 2.0, 3.0, 0.0],
            "source_sheet": "", "source_row": [2, 3, 4, 5],
        }
    ).astype({"facility_code": "str", "panel_id": "Int64"})  # fmt: skip
    rows = panel_years(frame).set_index("facility_code")
    assert rows["held_mean"].to_dict() == {"AAA": 3.0, "panel-7": 3.0}
    assert rows["rows_count"].to_dict() == {"AAA": 2, "panel-7": 1}


def test_a_missing_code_is_the_only_one_of_its_number_in_other_years() -> None:
    rows = [
        ("AAA", 1, 2019), (None, 1, 2020), (None, 1, 2021), ("BBB", 2, 2019), ("CCC", 2, 2020),
        (None, 2, 2021), ("DDD", 3, 2019), (None, 3, 2019), (None, 7, 2019), (None, 7, 2020),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["facility_code", "panel_id", "fiscal_year"]).astype(
        {"facility_code": "str", "panel_id": "Int64"}
    )
    expected = ["AAA", "AAA", "AAA", "BBB", "CCC", "panel-2", "DDD", "panel-3", "panel-7"]
    assert panel_code(frame).tolist() == [*expected, "panel-7"]
    shuffled = frame.iloc[::-1]
    assert panel_code(shuffled).tolist() == [*expected, "panel-7"][::-1]


def test_only_an_agreement_is_an_act_of_the_county() -> None:
    kinds = ["IGSA", "SPC", "CDF", "HOSPITAL", "STATE", None]
    rows = pd.DataFrame(
        {
            "county_fips": "91001", "fiscal_year": 2020, "record": HEADCOUNT,
            "type_group": type_group(pd.Series(kinds, dtype="str")), "held_mean": 0.5,
            "days_in_use_count": [40, 300, 300, 300, 300, 300], "is_authorised": pd.NA,
            "is_county_run": [0, 1, 1, 1, 1, pd.NA],
        }
    )  # fmt: skip
    row = county_detention(rows).iloc[0]
    groups = ("agreement", "federal", "company", "other", "state", "unknown")
    assert [row[f"{group}_facilities_count"] for group in groups] == [1] * 6
    definitions = ["used", "held_one_or_more", "used_30_days", "used_90_days"]
    assert [int(row[f"agreement_{name}"]) for name in definitions] == [1, 0, 1, 0]
    assert pd.isna(row["agreement_authorised_used"])
    assert row["county_run_used"] == 1, "a hospital of the county's own"
    others = rows["type_group"].isin(["federal", "company", "state"])
    federal = county_detention(rows[others]).iloc[0]
    assert federal["county_run_used"] == 0, "no act of the county, whoever is said to run it"


def test_days_and_the_least_held_are_those_of_one_facility_and_days_of_records_with_days() -> None:
    rows = pd.DataFrame(
        {
            "county_fips": "91001", "fiscal_year": 2016, "record": [HEADCOUNT, HEADCOUNT, LIST],
            "type_group": "agreement", "held_mean": [0.6, 0.7, 2.0],
            "days_in_use_count": [20, 15, pd.NA], "is_authorised": [pd.NA, pd.NA, 1],
            "is_county_run": pd.NA,
        }
    ).astype({"days_in_use_count": "Int64"})  # fmt: skip
    table = county_detention(rows).set_index("record")
    days = table["agreement_days_in_use_count"]
    assert (days[HEADCOUNT], pd.isna(days[LIST])) == (20, True)
    assert table.loc[HEADCOUNT, "agreement_held_mean"] == pytest.approx(1.3)
    assert table["agreement_held_one_or_more"].to_dict() == {HEADCOUNT: False, LIST: True}


def test_a_definition_begins_at_its_least_value() -> None:
    rows = pd.DataFrame(
        {
            "county_fips": ["91001", "91003"], "fiscal_year": 2020, "record": HEADCOUNT,
            "type_group": "agreement", "held_mean": [1.0, 0.9], "days_in_use_count": [30, 90],
            "is_authorised": pd.NA, "is_county_run": pd.NA,
        }
    )  # fmt: skip
    table = county_detention(rows)
    assert table["agreement_held_one_or_more"].tolist() == [True, False]
    assert table["agreement_used_30_days"].tolist() == [1, 1]
    assert table["agreement_used_90_days"].tolist() == [0, 1]


def test_the_type_of_a_facility_is_that_of_its_record_or_of_the_nearest_year_with_one() -> None:
    listed = {
        "facility_code": ["AAA", "CCC"], "facility_type": ["FAMILY", "IGSA"],
        "authorization": ["AUTHORIZED", ""],
    }  # fmt: skip
    yearly = {
        "facility_code": ["AAA", "AAA", "AAA", "BBB", "BBB", "BBB", "BBB"],
        "panel_id": [1, 1, 1, 2, 2, 2, 2],
        "fiscal_year": [2022, 2023, 2025, 2025, 2020, 2020, 2022],
        "facility_type": ["DIGSA", "DIGSA", "FAMILY", "CDF", "BOP", "IGSA", None],
        "source_row": [2, 3, 4, 5, 6, 7, 8],
    }  # fmt: skip
    known = {LIST: listed, PANEL: yearly}
    readings = {name: SimpleNamespace(frame=pd.DataFrame(known[name])) for name in known}
    inputs: Any = SimpleNamespace(find=readings.get)
    # The list of November 2017 is of fiscal year 2018; of two years as near the earlier counts.
    expected = {
        ("AAA", 2012, HEADCOUNT): "FAMILY", ("AAA", 2020, HEADCOUNT): "FAMILY",
        ("AAA", 2021, HEADCOUNT): "DIGSA", ("AAA", 2024, DAILY): "DIGSA",
        ("AAA", 2025, DAILY): "FAMILY", ("AAA", 2026, DAILY): "FAMILY",
        ("AAA", 2018, LIST): "FAMILY", ("BBB", 2022, DAILY): "IGSA", ("BBB", 2023, DAILY): "CDF",
        ("CCC", 2026, DAILY): "IGSA", ("DDD", 2026, DAILY): None,
    }  # fmt: skip
    rows = pd.DataFrame(list(expected), columns=["facility_code", "fiscal_year", "record"])
    types = panel_detention._types(rows.sample(frac=1, random_state=1), inputs).sort_index()
    assert types.astype("object").where(types.notna(), None).tolist() == list(expected.values())
    for name in known:
        only: Any = SimpleNamespace(find={name: readings[name]}.get)
        assert panel_detention._types(rows, only).notna().sum() == {LIST: 8, PANEL: 9}[name]


def test_the_demo_detains_where_its_rubric_says_so(demo: Panel) -> None:
    known = demo.detention_facility.groupby("record")["is_authorised"].count()
    assert known.index[known > 0].tolist() == [LIST], "other records do not say"
    table, rubric = demo.detention, demo.county.set_index("county_fips")["detention_contract"]
    contract = set(rubric.index[rubric == 1])
    for record, year in ((LIST, 2016), (PANEL, 2019), (HEADCOUNT, 2022), (DAILY, 2023)):
        rows = table[(table["record"] == record) & (table["fiscal_year"] == year)]
        assert set(rows.loc[rows["agreement_used"] == 1, "county_fips"]) == contract, record
    own = table[(table["record"] == LIST) & (table["fiscal_year"] == 2016)]
    assert 0 < own["county_run_used"].sum() < len(contract)
    assert (own["county_run_used"] <= own["agreement_used"]).all()
    true = places().set_index("code")
    facilities = demo.detention_facility
    assert (facilities["county_match"] != "unmatched").all()
    # One place lacks its code in one year of the yearly statistics.
    assert set(facilities["facility_code"]) <= set(true.index)
    placed = facilities.drop_duplicates("facility_code").set_index("facility_code")
    coded = placed[placed.index.isin(true.index)]
    assert (coded["county_fips"] == true.loc[coded.index, "county_fips"]).all()
    seldom = facilities[(facilities["record"] == HEADCOUNT) & (facilities["fiscal_year"] == 2022)]
    days = seldom.set_index("facility_code")["days_in_use_count"]
    assert set(days[true.loc[days.index, "days"] == SELDOM_DAYS]) == {SELDOM_DAYS}
    aside = demo.rejects[demo.rejects["source"] == "demo-facility-list"]
    assert len(aside) == SHELTERS


def test_a_county_leads_to_the_rows_of_its_facilities(demo: Panel) -> None:
    table = demo.detention
    for record in (LIST, PANEL, HEADCOUNT, DAILY):
        row = table[(table["record"] == record) & (table["agreement_used"] == 1)].iloc[0]
        where = {"record": record, "fiscal_year": str(row["fiscal_year"])}
        trace = trace_cell(
            "demo", row["county_fips"], "agreement_held_mean", table="detention", where=where
        )
        assert trace.value == pytest.approx(row["agreement_held_mean"])
        (origin,) = trace.origins
        assert origin.cells and "county found by" in origin.how


def test_counts_of_the_list_of_2017(mirror: Path) -> None:
    reading = real(mirror, LIST)
    assert (reading.rows_in, reading.rows_rejected) == (1685, 207)
    frame = reading.frame
    assert not frame["facility_code"].duplicated().any()
    run = frame["operator"].str.upper().str.startswith("COUNTY").sum()
    redacted = pd.Series(reading.rejects["raw"]).str.contains('"Facility Operator": "COUNTY').sum()
    assert (run, redacted) == (768, 19)  # 787 with those whose names are blacked out
    kinds = frame["facility_type"].value_counts()
    assert kinds[["IGSA", "USMS IGA", "HOLD", "BOP", "CDF", "SPC"]].tolist() == [
        784, 210, 159, 95, 7, 7,
    ]  # fmt: skip
    assert frame["authorization"].value_counts().to_dict() == {
        "NOT INSPECTED": 1445 - 207, "AUTHORIZED": 228, "USE PROHIBITED": 12,
    }  # fmt: skip
    raw = [pd.Series(reading.rejects["raw"]).str.extract(rf'"FY{y} ADP": "([^"]+)"')[0]
           for y in (17, 16, 15, 12, "09")]  # fmt: skip
    sums = [
        frame[held_in(year)].sum() + redacted.astype("float64").sum()
        for year, redacted in zip((2017, 2016, 2015, 2012, 2009), raw, strict=True)
    ]
    assert np.round(sums).tolist() == [44442, 40778, 32020, 36438, 33124]
    counties, states = _lists(mirror)
    codes = stated_county(frame["county_text"], match_states(frame["state_text"], states), counties)
    assert codes.notna().sum() == 1407
    of_agreement = frame["facility_type"].isin(AGREEMENT)
    for year, expected in ((2016, [202, 137, 170, 79]), (2017, [229, 154, 183, 78])):
        held = frame[held_in(year)]
        definitions = (
            of_agreement & (held > 0),
            of_agreement & (held >= 1),
            of_agreement & (held > 0) & (frame["authorization"] == "AUTHORIZED"),
            frame["facility_type"].isin(["IGSA", "DIGSA"]) & (held >= 1),
        )
        assert [codes[one].nunique() for one in definitions] == expected


def test_counts_of_the_records_of_days(mirror: Path) -> None:
    daily, early = real(mirror, DAILY), real(mirror, HEADCOUNT)
    assert (daily.rows_in, early.rows_in) == (888_699, 928_231)
    assert daily.rows_rejected == early.rows_rejected == 0
    assert daily.frame["facility_code"].nunique() == 707
    assert early.frame["facility_code"].nunique() == 977
    used = daily.frame[daily.frame["held"] > 0]
    by_year = used.groupby(used["date"].dt.year)["facility_code"].nunique()
    assert by_year.tolist() == [231, 306, 312, 512, 402]
    means = early.frame.groupby(early.frame["date"].dt.year)["held"].sum()
    expected = {2010: 629, 2012: 33_394, 2016: 35_086, 2018: 42_466, 2019: 48_837, 2021: 20_346}
    for year, mean in expected.items():
        assert round(means[year] / (366 if year % 4 == 0 else 365)) == mean


def test_the_two_records_of_days_agree_where_they_overlap(mirror: Path) -> None:
    """October 2022 to 4 January 2024, 461 days: correlation 0.9987, means 30,045 and 29,850."""
    daily, early = real(mirror, DAILY).frame, real(mirror, HEADCOUNT).frame
    key = ["facility_code", "date"]
    first = early[early["date"] >= "2022-10-01"][[*key, "held"]].astype({"facility_code": "str"})
    second = daily[daily["date"] <= "2024-01-04"][[*key, "held"]].astype({"facility_code": "str"})
    both = first.merge(second, on=key, how="outer", validate="1:1").fillna(
        {"held_x": 0, "held_y": 0}
    )
    days = both["date"].nunique()
    assert days == 461
    assert both["held_x"].corr(both["held_y"]) == pytest.approx(0.9987, abs=0.0001)
    means = [round(both[name].sum() / days) for name in ("held_x", "held_y")]
    assert means == [30_045, 29_850]


def test_counties_by_fiscal_year_of_the_public_release(public_release: Panel) -> None:
    table, facilities = public_release.detention, public_release.detention_facility

    def used(record: str, column: str) -> dict[int, int]:
        rows = table[table["record"] == record]
        return rows.groupby("fiscal_year")[column].sum().astype(int).to_dict()

    # As described to 2017; then 164 124 90 96 82 78 146, with Guam and the Northern Marianas as two
    # counties (`GUDOCHG`, `MPSIPAN`), which from 2019 on have codes; then 168, which would be 170.
    panel = used(PANEL, "agreement_used")
    assert [panel[year] for year in range(2010, 2018)] == [145, 152, 156, 158, 160, 147, 148, 153]
    assert [panel[year] for year in range(2019, 2027)] == [162, 122, 88, 94, 80, 76, 144, 168]
    # Frio TX in 2026: of the two rows of Dilley, `STFRCTX`, one is FAMILY and one DIGSA.
    frio = table[(table["county_fips"] == "48163") & (table["record"] == PANEL)]
    assert frio.set_index("fiscal_year").loc[2026, "agreement_used"] == 1
    # Against 202, 229; 137, 154; 170, 183: jails that their names place, where the list cannot.
    assert [used(LIST, "agreement_used")[year] for year in (2016, 2017)] == [204, 231]
    assert [used(LIST, "agreement_held_one_or_more")[year] for year in (2016, 2017)] == [137, 155]
    assert [used(LIST, "agreement_authorised_used")[year] for year in (2016, 2017)] == [171, 184]
    assert [used(LIST, "county_run_used")[year] for year in (2016, 2017)] == [165, 185]
    days = used(HEADCOUNT, "agreement_used_90_days")
    assert [days[year] for year in (2012, 2016, 2019, 2023)] == [177, 152, 180, 104]
    days = used(DAILY, "agreement_used_30_days")
    assert list(days.values()) == [130, 130, 182, 196]
    # Without a row in the statistics of 2024, Dilley has its type of 2023 and not of 2017.
    days = table[table["record"] == DAILY].groupby("fiscal_year")
    assert days["agreement_held_mean"].sum().round().tolist() == [17_797, 24_047, 29_697, 36_056]
    assert days["other_held_mean"].sum().round().tolist() == [0, 0, 175, 617]
    of_2017 = facilities[facilities["fiscal_year"] == 2017].pivot_table(
        index="facility_code", columns="record", values="held_mean"
    )
    both = of_2017[[LIST, HEADCOUNT]].dropna()
    assert both.corr().iloc[0, 1] == pytest.approx(0.9998, abs=0.0002)
    assert round(of_2017[HEADCOUNT].sum()) == 36_707
    assert facilities["held_mean"].where(facilities["county_fips"].isna()).sum() < 0.01 * (
        facilities["held_mean"].sum()
    )


def test_counties_by_calendar_year_come_near_to_the_description(
    public_release: Panel, mirror: Path
) -> None:
    """The description counts calendar years, and does not say how it placed and typed facilities.

    It has 100 129 123 193 170 on 30 days or more at midnight from 2022 to 2026, and 181 171 160 143
    154 173 181 183 155 115 110 105 on 90 days or more from 2012 to 2023.
    """
    facilities = public_release.detention_facility
    county = facilities.drop_duplicates("facility_code").set_index("facility_code")["county_fips"]
    listed, panel = real(mirror, LIST).frame, real(mirror, PANEL).frame
    types = [frame.drop_duplicates("facility_code").dropna(subset=["facility_code"])
             .set_index("facility_code")["facility_type"] for frame in (listed, panel)]  # fmt: skip
    kind = types[0].combine_first(types[1])
    found = {}
    for record, least in ((DAILY, 30), (HEADCOUNT, 90)):
        frame = real(mirror, record).frame
        frame = frame[frame["held"] > 0]
        days = frame.groupby(["facility_code", frame["date"].dt.year], observed=True).size()
        rows = days[days >= least].reset_index().astype({"facility_code": "str"})
        rows = rows[rows["facility_code"].map(kind).isin(AGREEMENT)]
        counted = rows["facility_code"].map(county).groupby(rows["date"]).nunique()
        found[record] = counted[counted.index >= 2012].tolist()
    assert found[DAILY] == [99, 129, 123, 203, 181]
    assert found[HEADCOUNT] == [178, 166, 159, 142, 153, 171, 179, 182, 151, 112, 107, 103]


def test_codes_and_statistics_as_described(mirror: Path) -> None:
    codes = real(mirror, "facility-codes").frame
    assert (len(codes), codes["place_fips"].isna().sum()) == (844, 136)
    assert codes["facility_code"].isna().sum() == 2
    panel = real(mirror, PANEL).frame
    without = panel["facility_code"].isna()
    assert (len(panel), without.sum(), panel.loc[without, "panel_id"].nunique()) == (2662, 23, 10)
    # Mesa Verde, Kern County CA, is the one of the ten that has a code in other years.
    found = panel[without & ~panel_code(panel).str.startswith("panel-")]
    assert found["panel_id"].unique().tolist() == [231]
    assert found["fiscal_year"].tolist() == [*range(2019, 2027)]
    assert set(panel_code(panel)[found.index]) == {"CACFMES"}
    assert set(found["facility_type"]) == {"CDF"}
    assert panel.duplicated(["fiscal_year", "panel_id"]).sum() == 9
    assert round(panel.loc[panel["fiscal_year"] == 2010, "held_mean"].sum()) == 23_841
    assert 2018 not in set(panel["fiscal_year"])


def _lists(mirror: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    counties = read_county_names(mirror / "urban-county-names" / "names-to-fips_county.csv").frame
    return counties, read_state_list(reference_dir() / "states.csv").frame
