"""Residents by birthplace, citizenship, language and poverty: readers, columns, and their traps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coopanalysis.catalog.reject_reasons import is_expected
from coopanalysis.catalog.tables import COUNTY
from coopanalysis.clean.people import known_margins, place_by_name, set_aside_unknown
from coopanalysis.panel import Panel
from coopanalysis.panel.trace import trace_cell
from coopanalysis.sources import READERS, Reading
from tools.demo.files_people import (
    FULL_MARGINS,
    LIMITED_OF_HISPANIC,
    NONCITIZEN_OF_FOREIGN_BORN,
    shares,
)
from tools.demo.names import ISLAND_STATE, RECODED_STATE

STATES = pd.DataFrame({"state_fips": ["91"], "state_abbr": ["NM"], "state": ["Northmark"]})
COUNTIES = pd.DataFrame({"county_fips": ["91001", "91003"], "county": ["Ab County", "Be County"]})
SVI = "FIPS,STATE,COUNTY,EP_LIMENG,MP_LIMENG,EP_HISP,MP_HISP,EP_POV150,MP_POV150"
NEW = [
    column.name
    for column in COUNTY.columns
    if column.source in ("quickfacts", "cdc-svi", "rural-urban", "ice-field-offices")
    or column.source.startswith("acs-noncitizens")
]


def read(folder: Path, layout: str, *lines: str) -> Reading:
    file = folder / "made.csv"
    file.write_text("\n".join([*lines, ""]))
    return READERS[layout](file, "made")


def test_the_rate_of_noncitizens_is_a_number(tmp_path: Path) -> None:
    reading = read(tmp_path, "acs-noncitizens", "id,name,rate", '1001,"Ab County, Northmark",474')
    row = reading.frame.iloc[0]
    assert (row["county_fips"], row["county"], row["state"]) == ("01001", "Ab County", "Northmark")
    assert row["noncitizens_count"] == 474
    assert reading.codes_mended == 1


def test_a_count_in_exponents_was_rounded_and_costs_its_row(tmp_path: Path) -> None:
    rows = [f'1001,"Ab County, Northmark",{count}' for count in ("1.235e+04", "12346")]
    reading = read(tmp_path, "acs-noncitizens", "id,name,rate", *rows)
    assert reading.frame["noncitizens_count"].tolist() == [12346]
    assert reading.rejects["reason"].tolist() == ["not a number: rate is in exponents"]


def test_a_row_without_residents_is_set_aside_unless_it_is_of_a_county(tmp_path: Path) -> None:
    head = '"state","county","fips","total_population"'
    rows = ('"Northmark","Ab",91001,50', '"Northmark","Some City",36000,NA')
    lost = '"Northmark","Be",91003,NA'
    reading = read(tmp_path, "medsl-context", head, *rows, lost)
    found = set_aside_unknown(reading, "population_count", COUNTIES)
    assert found.frame["population_count"].tolist() == [50]
    assert list(map(is_expected, found.rejects["reason"])) == [True, False]
    assert json.loads(found.rejects["raw"][0])["county"] == "Some City"


@pytest.mark.parametrize(
    ("layout", "lines", "said"),
    [
        ("cdc-svi", (SVI, "91001,Northmark,Ab,-999,1,5,0,20,1"), "columns contradict each other"),
        ("ice-field-offices", ("geoid,name,aor", *(f'9100{at},"ab, northmark",{office}' for at,
         office in ((1, "NMO"), (3, "NMO"), (5, "NMP")))), "not a name: aor is of no other"),
    ],
)  # fmt: skip
def test_a_row_that_contradicts_others_costs_itself(
    tmp_path: Path, layout: str, lines: tuple[str, ...], said: str
) -> None:
    reading = read(tmp_path, layout, *lines)
    (reason,) = reading.rejects["reason"]
    assert reason.startswith(said)


def test_what_svi_does_not_know_is_missing(tmp_path: Path) -> None:
    rows = ("1001,Northmark,Ab,-999,-999,5,0,20.5,1.5", "01003,Northmark,Be,2.1,100,5,0,-999,-999")
    reading = read(tmp_path, "cdc-svi", SVI, *rows)
    assert reading.rows_rejected == 0
    assert reading.frame["county_fips"].tolist() == ["01001", "01003"]
    assert reading.frame["limited_english_pct"].isna().tolist() == [True, False]
    known = known_margins(reading.frame)
    assert known["limited_english_margin_pct"].isna().all()
    assert known["hispanic_margin_pct"].tolist() == [0, 0]
    assert known["limited_english_pct"].tolist()[1] == 2.1


@pytest.mark.parametrize(
    ("layout", "lines"),
    [
        ("cdc-svi", (SVI, "91001,Northmark,Ab,-5,1,5,0,20,1")),
        ("cdc-svi", (SVI, "91001,Northmark,Ab,101,1,5,0,20,1")),
        ("rural-urban", ("FIPS,State,County_Name,RUCC_2023", "91001,NM,Ab,10")),
        ("ice-field-offices", ("geoid,name,aor", '91001,"ab, northmark",')),
        ("quickfacts", ("County,State,Miscellaneous.Foreign Born", "Ab County,NM,-1")),
        ("acs-noncitizens", ("id,name,rate", '91001,"Ab, Northmark",0.5')),
        ("acs-noncitizens", ("id,name,rate", '91001, "Ab, Northmark",5')),
        ("ice-field-offices", ("geoid,name,aor", '91001, "ab, northmark",NMO')),
        ("cdc-svi", (SVI, "91001,Northmark,Ab,5,1e-400,5,0,20,1")),
    ],
)
def test_a_value_that_cannot_be_costs_its_row(
    tmp_path: Path, layout: str, lines: tuple[str, ...]
) -> None:
    reading = read(tmp_path, layout, *lines)
    assert (reading.rows_kept, reading.rows_rejected) == (0, 1)
    assert not is_expected(reading.rejects["reason"][0])


def test_names_are_placed_within_their_state(tmp_path: Path) -> None:
    head = '"County","State","Miscellaneous.Foreign Born"'
    rows = ('"Be County","NM","1.8"', '"Ce County","NM","2"', '"BE county ","NM","3"',
            '"De County","NM","2"')  # fmt: skip
    reading = place_by_name(read(tmp_path, "quickfacts", head, *rows), COUNTIES, STATES)
    assert reading.frame["county_fips"].tolist() == ["91003"]
    assert reading.rows_in == 4
    reasons = [reason.split(":")[0] for reason in reading.rejects["reason"]]
    nowhere = "no county of this name in the county list"
    assert reasons == [nowhere, "key repeats an earlier row", nowhere]


def test_each_column_says_its_years() -> None:
    assert len(NEW) == 16
    for name in NEW:
        column = COUNTY.column(name)
        assert column.optional and column.nullable
        assert any(year in f"{column.description} {name}" for year in ("2016", "2019", "2020",
                   "2022", "2023", "2024")), name  # fmt: skip


def test_the_demo_has_its_truth_and_its_faults(demo: Panel) -> None:
    county, true = demo.county, shares()
    born, noncitizen = county["foreign_born_share"], county["noncitizen_share"]
    assert np.allclose(born.dropna(), true["foreign_born"][born.notna()], atol=0.0006)
    ratio = (noncitizen / true["foreign_born"]).median()
    assert ratio == pytest.approx(NONCITIZEN_OF_FOREIGN_BORN, abs=0.002)
    limited = (county["limited_english_share_2020"] / county["hispanic_share_2020"]).median()
    assert limited == pytest.approx(LIMITED_OF_HISPANIC, abs=0.003)
    assert noncitizen.isna().equals(county["state_fips"] == ISLAND_STATE)
    assert born.isna().sum() == 4
    recoded = county["state_fips"] == RECODED_STATE
    for name in ("hispanic_share_2022", "rural_urban_code_2023", "ice_field_office"):
        assert county.loc[recoded, name].isna().all()
    unknown = county["limited_english_margin_share_2022"].isna()
    assert (unknown & county["limited_english_share_2022"].notna()).sum() == FULL_MARGINS
    assert 0 < county["limited_english_share_2020"].isna().sum() < 10


def test_a_share_leads_to_both_of_its_files(demo: Panel) -> None:
    trace = trace_cell("demo", demo.county["county_fips"].iloc[0], "noncitizen_share")
    assert [one.source for one in trace.origins] == ["demo-acs-noncitizens", "demo-medsl-context"]
    number, residents = (one.cells for one in trace.origins)
    share = int(number["rate"]) / int(residents["total_population"])
    assert trace.value == pytest.approx(share)
    (of_2022,) = trace_cell("demo", "57001", "hispanic_margin_share_2022").origins
    assert of_2022.source == "demo-cdc-svi-2022"


def test_the_public_files_are_as_described(public_release: Panel) -> None:
    county = public_release.county
    build = {entry["id"]: entry for entry in public_release.build["inputs"]}
    assert build["medsl-county-context-2018"]["rows_rejected"] == 3
    assert build["usda-rural-urban-2023"]["rows_rejected"] == 2  # uninhabited, in American Samoa
    residents = county["population_count"].astype("float64")
    for name, expected in {"foreign_born_share": 0.136, "hispanic_share_2022": 0.187}.items():
        known = county[name].notna()
        mean = np.average(county.loc[known, name], weights=residents[known])
        assert mean == pytest.approx(expected, abs=0.002), name
    assert county["foreign_born_share"].max() == 0.537
    prisons = county.set_index("county_fips")["noncitizen_share"][["48169", "48095", "13259"]]
    assert prisons.round(2).tolist() == [0.36, 0.33, 0.26]
    assert county["noncitizen_share"].notna().sum() == 3111
    missing = county.loc[county["foreign_born_share"].isna(), "county_fips"].tolist()
    assert missing == ["02063", "02066", "02158", "46102"]
    assert county["limited_english_margin_share_2022"].isna().sum() == 8 + 112
    for name in ("hispanic_share_2022", "rural_urban_code_2023", "ice_field_office"):
        assert county.loc[county[name].isna(), "state_abbr"].eq("CT").sum() == 8
    assert county["ice_field_office"].nunique() == 24


def test_sums_and_shares_of_the_public_files(mirror: Path) -> None:
    path = mirror / "acs-noncitizens-2012-2016" / "data.csv"
    numbers = READERS["acs-noncitizens"](path, "").frame
    states = numbers[numbers["county_fips"] < "60"]
    assert states["noncitizens_count"].sum() == 22_269_193
    assert len(numbers) - len(states) == 78
    context = READERS["medsl-context"](
        mirror / "medsl-county-context-2018" / "election-context-2018.csv", ""
    ).frame.dropna(subset=["population_count"])
    assert not context["county_fips"].isin(["36000", "46113", "51515"]).any()
    index = READERS["cdc-svi"](mirror / "cdc-svi-2022" / "SVI_2022_US_county.csv", "").frame
    assert index["limited_english_margin_pct"].eq(100).sum() == 113
