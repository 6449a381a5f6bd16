"""Counts of the second description of the sources that no other test repeats, from the bytes.

Where the description is wrong, the test pins what the bytes give and its docstring says by which
row or rule. Files that no reader has are read here by pandas.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coopanalysis.catalog.sources import release_sources
from coopanalysis.clean.county_names import match_counties, match_states
from coopanalysis.clean.detention_places import named_county, stated_county
from coopanalysis.clean.vintages import county_codes, load_vintages
from coopanalysis.panel import Panel
from coopanalysis.paths import reference_dir
from coopanalysis.sources import READERS, read_state_list
from coopanalysis.sources.detention_lists import held_in
from coopanalysis.sources.reference import read_federal_list
from coopanalysis.sources.workbook import read_sheets

pytestmark = pytest.mark.mirror

LISTED, EARLIER = "ice-facility-list-2017-11-06", "ice-facility-list-2015"
CODES, PANEL = "ddp-facilities-county", "ice-facilities-panel-fy2010-fy2026"
DECLINED, BY_FACILITY = "npr-detainers-declined-2007-2015", "npr-detainer-outcomes-by-facility"
AGREEMENT = ("IGSA", "DIGSA", "USMS IGA")


def file_of(mirror: Path, source: str) -> Path:
    return next((mirror / source).iterdir())


@cache
def read(mirror: Path, source: str) -> pd.DataFrame:
    layout = {entry.id: entry.layout for entry in release_sources("public")}[source]
    return READERS[layout](file_of(mirror, source), source).frame


@cache
def raw(mirror: Path, source: str, **options: object) -> pd.DataFrame:
    return pd.read_csv(file_of(mirror, source), dtype=str, keep_default_na=False, **options)


@cache
def sheet(mirror: Path, source: str, name: str, title: str) -> tuple[int, pd.DataFrame]:
    """Row of the header of a sheet, the first with a title, and the cells below as text."""
    (found,) = [one for one in read_sheets(file_of(mirror, source)) if one.name.startswith(name)]
    at = next(k for k, (_, cells) in enumerate(found.rows) if title in cells)
    number, header = found.rows[at]
    body = [(list(cells) + [""] * len(header))[: len(header)] for _, cells in found.rows[at + 1 :]]
    frame = pd.DataFrame(body, columns=[cell.strip() for cell in header], dtype="str")
    return number, frame


def states_of(text: pd.Series) -> pd.Series:
    return match_states(text, read_state_list(reference_dir() / "states.csv").frame)


def counties_of(mirror: Path, county: pd.Series, state: pd.Series) -> pd.Series:
    return stated_county(county, states_of(state), read(mirror, "urban-county-names"))


def test_columns_of_the_list_of_2017(mirror: Path) -> None:
    assert len(read_sheets(file_of(mirror, LISTED))) == 12
    at, rows = sheet(mirror, LISTED, "Facility List - Main", "DETLOC")
    assert (at, rows.shape) == (9, (1685, 135))
    kinds = rows["Type Detailed"].value_counts().to_dict()
    assert kinds == {
        "IGSA": 784, "USMS IGA": 210, "ORR": 207, "HOLD": 159, "BOP": 95, "HOSPITAL": 83,
        "JUVENILE": 67, "Other": 34, "DIGSA": 15, "STAGING": 9, "CDF": 7, "SPC": 7, "FAMILY": 5,
        "MIRP": 2, "USMS CDF": 1,
    }  # fmt: skip
    redacted = rows["DETLOC"] == "Redacted"
    assert (redacted == (rows["Type Detailed"] == "ORR")).all()
    hidden = rows.loc[redacted, ["Name", "Address", "County", "State"]]
    assert (hidden == "Redacted").all(axis=None)
    assert (rows[["County", "State"]] != "").all(axis=None)
    assert (rows["County"] == "COUNTY").sum() == 20
    assert rows["Facility Operator"].str.startswith("COUNTY").sum() == 787
    filled = rows.ne("").sum()
    wanted = {"Facility Owner": 306, "Contract Initiation Date": 331,
              "Contract Expiration Date": 44, "Per Diem Rate Detailed": 591,
              "Guaranteed Minimum": 35}  # fmt: skip
    named = {name: [column for column in filled.index if name in column] for name in wanted}
    assert {name: int(filled[found[0]]) for name, found in named.items()} == wanted


def test_list_of_2017_against_the_codes(mirror: Path) -> None:
    """About a dozen real conflicts: 15, of which two are Baltimore and Connecticut, as described.

    All 100 that lack a code there are hold rooms.
    """
    listed, codes = read(mirror, LISTED), read(mirror, CODES)
    coded = codes.dropna(subset=["facility_code"])[["facility_code", "place_fips"]]
    both = listed.merge(coded, on="facility_code", validate="1:1")
    stated = counties_of(mirror, both["county_text"], both["state_text"])
    differ = stated.notna() & stated.ne(both["place_fips"])
    assert (stated.notna().sum(), differ.sum()) == (477, 115)
    lacking = both[differ & both["place_fips"].isna()]
    assert lacking["facility_type"].value_counts().to_dict() == {"HOLD": 100}
    conflicts = both.loc[differ & both["place_fips"].notna(), "facility"]
    named = {"CALHOUN COUNTY CORRECTIONAL CENTER", "CATAHOULA CORRECTIONAL CENTER",
             "DENVER CONTRACT DETENTION FACILITY", "BALTIMORE DD&P",
             "HARTFORD CORRECTIONAL CENTER"}  # fmt: skip
    assert len(conflicts) == 15
    assert named <= set(conflicts)


def test_list_of_2015_adds_nothing_to_the_list_of_2017(mirror: Path) -> None:
    """Every facility and mean is in the other list, but for those of the unfinished year 2016.

    So the list has no reader. Its 180 counties are 191 by code: names without their state are 175,
    with what no county matches 178.
    """
    at, rows = sheet(mirror, EARLIER, "Facility List - Main", "DETLOC")
    assert (at, len(rows), rows["DETLOC"].nunique()) == (7, 209, 209)
    assert rows["Type Detailed"].value_counts().to_dict() == {
        "USMS IGA": 99, "IGSA": 90, "DIGSA": 8, "CDF": 7, "SPC": 5,
    }  # fmt: skip
    codes = counties_of(mirror, rows["County"], rows["State"])
    assert (codes.notna().sum(), codes.nunique(), rows["County"].nunique()) == (206, 191, 178)
    assert set(rows.loc[codes.isna(), "County"]) == {"NEWARK", "COUNTY", "FLOYD"}
    later = read(mirror, LISTED).set_index("facility_code").loc[rows["DETLOC"]]
    for year in range(2010, 2017):
        here = pd.to_numeric(rows[f"FY{year % 100} ADP"]).to_numpy()
        differing = np.abs(here - later[held_in(year)].to_numpy()) > 0.5
        assert differing.sum() == (127 if year == 2016 else 0), year


def test_codes_of_places(mirror: Path) -> None:
    rows = raw(mirror, CODES)
    named = rows[rows["county_fips_code"] != ""].set_index("detention_facility_code")
    assert named["county_fips_code"].str.fullmatch("[0-9]{5}").all()
    assert {"24510", "51760", "09110"} <= set(named["county_fips_code"])
    hartford = named[named["county_fips_code"] == "09110"]
    assert set(hartford["state"]) == {"CT"}
    assert {"PR", "GU"} <= set(rows["state"])


HEADERS = {2019: 7, 2020: 7, 2021: 7, 2022: 7, 2023: 6, 2024: 7, 2025: 7, 2026: 10}


@pytest.mark.parametrize("year", HEADERS)
def test_detention_statistics_add_nothing_to_the_yearly_statistics(mirror: Path, year: int) -> None:
    """They have the facilities and means of the yearly statistics, so they have no reader.

    But for 2026, of which the yearly statistics were compiled from another issue.
    """
    at, rows = sheet(mirror, f"ice-detention-stats-fy{year}", "Facilities", "Name")
    assert at == HEADERS[year]
    assert not {"DETLOC", "County"} & set(rows.columns)
    rows = rows[rows["State"] != ""]
    levels = [f"Level {level}" for level in "ABCD"]
    held = np.sort(rows[levels].apply(number).sum(axis=1).to_numpy())
    panel = read(mirror, PANEL)
    means = panel.loc[panel["fiscal_year"] == year, "held_mean"].sort_values().to_numpy()
    if year == 2026:
        assert (len(held), len(means)) == (202, 220)
        return
    assert len(held) == len(means)
    assert np.abs(held - means).max() < 0.35
    assert held.sum() == pytest.approx(means.sum(), abs=2)


def test_rows_of_the_yearly_statistics_that_no_code_places(mirror: Path) -> None:
    """The codes of both files leave 49 rows without a county, not 3, and facilities of 32,364
    in FY2010 are those of the list with its shelters."""
    listed, codes, panel = read(mirror, LISTED), read(mirror, CODES), read(mirror, PANEL)
    by_code = codes.dropna(subset=["facility_code"]).set_index("facility_code")["place_fips"]
    stated = counties_of(mirror, listed["county_text"], listed["state_text"])
    found = panel["facility_code"].map(by_code)
    found = found.fillna(panel["facility_code"].map(stated.set_axis(listed["facility_code"])))
    assert found.isna().sum() == 49
    _, rows = sheet(mirror, LISTED, "Facility List - Main", "DETLOC")
    assert round(pd.to_numeric(rows["FY10 ADP"]).sum()) == 32_364
    twice = panel[panel.duplicated(["fiscal_year", "panel_id"])]
    assert set(twice["state_text"]) == {"KY", "AZ", "TX"}


def test_field_offices(mirror: Path) -> None:
    """Of the 79 codes of territories one is 02261, a county of Alaska that was divided in 2019."""
    rows = raw(mirror, "ice-aor-counties")
    assert (len(rows), rows["geoid"].is_unique) == (3223, True)
    assert (rows != "").all(axis=None)
    offices = rows["aor"].value_counts()
    assert (len(offices), offices["CHI"], offices["SND"]) == (24, 606, 2)
    present = county_codes(2023, load_vintages())
    assert present <= set(rows["geoid"])
    beyond = set(rows["geoid"]) - present
    assert (len(beyond), {code for code in beyond if code < "60"}) == (79, {"02261"})


def test_declined_detainers_placed_as_described(mirror: Path) -> None:
    """Three steps: the name in ICE's list, a county in the name, the city in the FBI's directory.

    The description has 382, 547 and 295 rows so placed, 146 with 4,971 detainers not, and 483
    counties, 408 of them in 2014-2015; all else is as there. Between Ventura and Denver its largest
    lack Queens, to which the list's `RIKERS ISLAND, QUEENS, NY` leads (row 643, 504 detainers in
    two years). The release places more: it uses the file of codes, and New York City by hand.
    """
    rows, listed = read(mirror, DECLINED), read(mirror, LISTED)
    counties = read(mirror, "urban-county-names")
    directory = read(mirror, "fbi-lee-latest")
    state = states_of(rows["state_text"])
    of_list = counties_of(mirror, listed["county_text"], listed["state_text"])
    of_city, _ = match_counties(
        states_of(directory["state_text"]), directory["county_text"], counties
    )

    def only(state_: pd.Series, name: pd.Series, codes: pd.Series, wanted: pd.Series) -> pd.Series:
        key = [state_, name.str.upper().str.strip()]
        found = codes.groupby(key).agg(["nunique", "first"])
        ones = found.loc[found["nunique"] == 1, "first"]
        asked = pd.MultiIndex.from_arrays([state, wanted.str.upper().str.strip()])
        return pd.Series(ones.reindex(asked).to_numpy(), index=rows.index)

    steps = (
        only(states_of(listed["state_text"]), listed["facility"], of_list, rows["facility"]),
        named_county(rows["facility"], state, counties),
        only(states_of(directory["state_text"]), directory["agency"], of_city, rows["city"]),
    )
    placed, hits = pd.Series(np.nan, index=rows.index, dtype=object), []
    for step in steps:
        hits.append(int((placed.isna() & step.notna()).sum()))
        placed = placed.fillna(step)
    nowhere = placed.isna()
    assert (hits, nowhere.sum(), rows.loc[nowhere, "declined_count"].sum()) == (
        [382, 553, 285], 150, 4979)  # fmt: skip
    recent = rows[rows["year"].isin([2014, 2015])]
    sums = recent.groupby(placed)[["declined_count", "other_outcomes_count"]].sum()
    many = sums[sums["declined_count"] >= 5]
    assert (placed.nunique(), len(sums), len(many)) == (483, 407, 123)
    largest = sums["declined_count"].nlargest(9)
    assert largest.tolist() == [1181, 814, 769, 746, 691, 678, 504, 446, 445]
    share = many["declined_count"] / many.sum(axis=1)
    assert [int((share >= least).sum()) for least in (0.1, 0.25, 0.5)] == [104, 79, 34]
    federal = read_federal_list()
    of_county = federal.loc[federal["heading"] == "county", "county_fips"].dropna()
    assert many.index.isin(of_county).sum() == 73


def test_names_of_facilities_without_a_state(mirror: Path) -> None:
    """The description has 1,566 names of one county (997,892 detainers, 1,325 counties), and 578
    like a county's that are of none, and does not say by which rule. By that of this test, ICE's
    list, then the only county of the nation with that name, then the file of declined detainers,
    which has states, they are 1,521, 991,893, 1,282 and 597; `ORANGE COUNTY JAIL` is of several by
    both."""
    rows, listed, declined = (read(mirror, one) for one in (BY_FACILITY, LISTED, DECLINED))
    counties = read(mirror, "urban-county-names")
    detainers = rows.groupby("facility")["detainers_count"].sum()
    detainers = detainers[detainers.index != ""]
    names = pd.Series(detainers.index, index=detainers.index)

    def only(names: pd.Series, codes: pd.Series) -> pd.Series:
        found = codes.groupby(names.str.upper().str.strip()).agg(["nunique", "first"])
        return found.loc[found["nunique"] == 1, "first"]

    of_list = counties_of(mirror, listed["county_text"], listed["state_text"])
    codes = sorted(counties["county_fips"].str[:2].unique())
    like = pd.concat([named_county(names, pd.Series(one, names.index), counties) for one in codes])
    like = like.dropna()
    key = [states_of(listed["state_text"]), listed["facility"].str.upper().str.strip()]
    of_state = of_list.groupby(key).agg(["nunique", "first"])
    state, called = states_of(declined["state_text"]), declined["facility"].str.upper().str.strip()
    asked = pd.MultiIndex.from_arrays([state, called])
    ones = of_state.loc[of_state["nunique"] == 1, "first"].reindex(asked)
    placed = pd.Series(ones.to_numpy(), index=declined.index, dtype="str")
    placed = placed.fillna(named_county(declined["facility"], state, counties))
    steps = (
        only(listed["facility"], of_list),
        only(pd.Series(like.index, like.index), like),
        only(declined["facility"], placed),
    )
    found = pd.Series(np.nan, index=names.index, dtype=object)
    for step in steps:
        found = found.fillna(names.map(step))
    settled = found.notna()
    assert len(names) == 3961
    assert (settled.sum(), detainers[settled].sum(), found.nunique()) == (1521, 991_893, 1282)
    unsettled = set(like.index) - set(names[settled])
    assert len(unsettled) == 597
    assert {"ORANGE COUNTY JAIL", "DALLAS COUNTY JAIL"} <= unsettled
    assert detainers["ORANGE COUNTY JAIL"] == 27_766


def test_detainers_by_reason(mirror: Path) -> None:
    """The tables of the nation are those of the facilities; one leaves out blank reasons."""
    facilities = read(mirror, BY_FACILITY)
    company = READERS["npr-outcomes"](file_of(mirror, "npr-detainer-outcomes-private"), "").frame
    assert len(company) == 217
    both = pd.concat([facilities, company])
    stated = both.loc[both["lift_reason"] != "", "detainers_count"].sum()
    reasons = raw(mirror, "npr-detainers-by-reason-year")
    assert reasons["count"].astype(int).sum() == stated == 986_905
    of_jail = facilities[facilities["facility"] == "ORANGE COUNTY JAIL"]
    assert of_jail["detainers_count"].sum() == 27_766


def test_days_in_detention(mirror: Path) -> None:
    """Counties in use by year are 193 to 314 by code, not 195, 242, 248, 379, 325: names of the
    list counted beside codes give 204, 260, 263, 414, 337, a county then standing twice."""
    rows = pd.read_parquet(file_of(mirror, "ddp-facility-daily-2022-2026"))
    code, days = "detention_facility_code", rows["date"]
    assert len(rows) == rows[code].nunique() * days.nunique() == 707 * 1257
    assert (str(days.min()), str(days.max())) == ("2022-10-01", "2026-03-10")
    assert not rows.duplicated([code, "date"]).any()
    numbers = rows.select_dtypes("number")
    assert numbers.notna().all(axis=None)
    assert (numbers >= 0).all(axis=None)
    assert (rows["n_detained"] >= rows["n_detained_at_midnight"]).all()
    codes, listed = read(mirror, CODES), read(mirror, LISTED)
    by_code = codes.dropna(subset=["facility_code"]).set_index("facility_code")["place_fips"]
    stated = counties_of(mirror, listed["county_text"], listed["state_text"])
    by_list = stated.set_axis(listed["facility_code"])
    known = pd.Series(rows[code].unique())
    first = known.map(by_code)
    found = first.fillna(known.map(by_list))
    assert (first.notna().sum(), found.notna().sum()) == (506, 645)
    county = rows[code].map(dict(zip(known, found, strict=True)))
    used = rows["n_detained_at_midnight"] > 0
    year = pd.to_datetime(days[used]).dt.year
    assert county[used].groupby(year).nunique().tolist() == [193, 235, 237, 367, 314]


def test_days_in_early_records(mirror: Path) -> None:
    days = read(mirror, "uwchr-facility-headcount-2011-2024")["date"]
    assert [str(day.date()) for day in (days.min(), days.max())] == ["2005-09-23", "2024-01-04"]


def test_no_list_of_the_mirror_misspells_a_state(public_release: Panel) -> None:
    """`PENNSLYVANIA` stands on no list at hand: every row of the 54 has a state and is kept."""
    of_lists = [one for one in public_release.build["inputs"] if "287g" in one["layout"]]
    assert len(of_lists) == 54
    assert sum(one["rows_rejected"] for one in of_lists) == 0


def test_agreements_of_counties_on_the_federal_list(public_release: Panel) -> None:
    listed = read_federal_list()
    named = listed.loc[listed["heading"] == "county", "county_fips"].dropna()
    rows = public_release.agreements
    july = rows[rows["source"] == "ice-287g-participating-2025-07-15"]
    of_county = july.loc[july["agency_type"] == "county", "county_fips"]
    # Scott KY, Ramsey ND, Montour PA, and Richmond County VA, not the city.
    assert set(named) & set(of_county) == {"21209", "38071", "42093", "51159"}


def test_offences_of_2012(mirror: Path) -> None:
    rows = pd.read_csv(file_of(mirror, "ucr-county-2012"))
    state, county = rows["FIPS_ST"].astype(str), rows["FIPS_CTY"].astype(str)
    codes = state.str.zfill(2) + county.str.zfill(3)
    assert (len(rows), codes.is_unique) == (3136, True)
    present = county_codes(2012, load_vintages())
    assert set(codes) <= present
    assert round((rows["COVIND"] == 100).mean(), 2) == 0.81
    assert (rows["COVIND"] < 50).sum() == 29
    assert (rows["population"].sum(), rows["MURDER"].sum()) == (315_898_412, 14_691)
    violent = rows[["MURDER", "RAPE", "ROBBERY", "AGASSLT"]].sum(axis=1)
    rate = violent / rows["population"] * 100_000
    assert ((rate - rows["crime_rate_per_100000"]).abs() > 0.01).sum() == 205


def test_residents(mirror: Path) -> None:
    context = raw(mirror, "medsl-county-context-2018")
    codes, residents = context["fips"].str.zfill(5), number(context["total_population"])
    assert len(context) == 3114
    assert not codes.str.startswith("02").any()
    assert "15005" not in set(codes)
    assert set(codes[residents.isna()]) == {"36000", "46113", "51515"}
    assert mean(context["foreignborn_pct"], residents) == pytest.approx(13.26, abs=0.005)
    assert mean(context["hispanic_pct"], residents) == pytest.approx(17.35, abs=0.005)
    assert (number(context["clf_unemploy_pct"]) == 0).sum() == 7
    quick = raw(mirror, "quickfacts-counties-2019")
    assert len(quick) == 3139
    assert sum("\t" in title for title in quick.columns) == 1
    assert "Income.Median Houseold Income" in quick
    born, residents = (
        quick["Miscellaneous.Foreign Born"],
        number(quick["Population.2020 Population"]),
    )
    assert mean(born, residents) == pytest.approx(13.57, abs=0.005)
    assert number(born).max() == 53.7
    rural = raw(mirror, "usda-rural-urban-2023", encoding="latin-1")
    assert (len(rural), (rural["FIPS"] > "57").sum()) == (3235, 91)
    assert (rural["RUCC_2023"] == "").sum() == 2
    assert county_codes(2023, load_vintages()) <= set(rural["FIPS"])


def test_poverty_and_language(mirror: Path) -> None:
    for year, size, list_year in ((2020, 3143, 2021), (2022, 3144, 2023)):
        rows = raw(mirror, f"cdc-svi-{year}", encoding="utf-8-sig")
        assert len(rows) == size
        assert set(rows["FIPS"].str.zfill(5)) == county_codes(list_year, load_vintages())
        assert {"E_POV150", "E_HISP", "E_LIMENG", "MP_POV150"} <= set(rows.columns)
    hispanic = number(rows["E_HISP"]).sum() / number(rows["E_TOTPOP"]).sum()
    assert round(100 * hispanic, 2) == 18.65


def number(text: pd.Series) -> pd.Series:
    return pd.to_numeric(text, errors="coerce")


def mean(text: pd.Series, residents: pd.Series) -> float:
    known = number(text).notna() & residents.notna()
    return float(np.average(number(text)[known], weights=residents[known]))
