"""Law status on a day: overlaps, ends, uncertain and undated laws, and the people under them."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.clean.laws import (
    LAW_STATUSES,
    county_law_status,
    law_exposure,
    law_status,
    law_timeline,
    laws_in_force,
    practices_of,
)
from coopanalysis.errors import DataError, UsageError
from coopanalysis.paths import reference_dir
from coopanalysis.sources.reference import (
    read_county_acs_2019,
    read_local_actions,
    read_state_laws,
)
from coopanalysis.vocabulary import PRACTICE_NAMES

STATES = pd.DataFrame({"state_fips": ["91", "92", "93"], "state": ["Ard", "Bel", "Cor"]})


def laws(*rows: tuple[str, str, str | None, str | None, str]) -> pd.DataFrame:
    table = pd.DataFrame(
        rows, columns=["state_fips", "kind", "effective_date", "ended_date", "confidence"]
    )
    for column in ("effective_date", "ended_date"):
        table[column] = pd.to_datetime(table[column])
    return table.assign(practices="asks_status;notifies_ice", source_row=range(2, len(table) + 2))


def status_of(table: pd.DataFrame, on: str, **options: bool) -> list[str]:
    return law_status(table, STATES, on, **options)["status"].tolist()


def test_a_law_counts_from_its_first_day_to_the_day_before_it_ends():
    table = laws(("91", "requires", "2010-05-01", "2012-05-01", "high"))
    days = ["2010-04-30", "2010-05-01", "2012-04-30", "2012-05-01"]
    assert [status_of(table, day)[0] for day in days] == [
        "neither",
        "requires",
        "requires",
        "neither",
    ]


def test_requiring_and_restricting_laws_together_are_both():
    table = laws(
        ("91", "requires", "2010-01-01", None, "high"),
        ("91", "restricts", "2015-01-01", None, "high"),
        ("92", "both", "2011-01-01", None, "high"),
    )
    assert status_of(table, "2014-12-31") == ["requires", "both", "neither"]
    assert status_of(table, "2015-01-01") == ["both", "both", "neither"]


def test_uncertain_laws_count_only_when_asked_and_are_flagged():
    table = laws(("91", "requires", "2010-01-01", None, "verify"))
    without = law_status(table, STATES, "2020-01-01").set_index("state_fips")
    assert without.loc["91", "status"] == "neither"
    assert without.loc["91", "status_if_verified"] == "requires"
    assert without["is_uncertain"].tolist() == [True, False, False]
    assert without.loc["91", ["laws_count", "verify_laws_count"]].tolist() == [0, 1]
    asked = law_status(table, STATES, "2020-01-01", include_verify=True).set_index("state_fips")
    assert asked.loc["91", "status"] == "requires"
    assert asked.loc["91", "is_uncertain"]


def test_an_uncertain_law_that_changes_nothing_leaves_the_status_certain():
    table = laws(
        ("91", "requires", "2010-01-01", None, "high"),
        ("91", "requires", "2012-01-01", None, "verify"),
    )
    assert not law_status(table, STATES, "2020-01-01")["is_uncertain"].any()


def test_an_undated_law_is_never_in_force_but_is_told():
    table = laws(("92", "restricts", None, None, "verify"))
    status = law_status(table, STATES, "2020-01-01", include_verify=True).set_index("state_fips")
    assert status.loc["92", "status"] == "neither"
    assert status.loc["92", "undated_laws_count"] == 1
    assert status.loc["92", "is_uncertain"]


def test_since_is_the_start_of_the_unbroken_status():
    table = laws(
        ("91", "requires", "2010-01-01", "2012-01-01", "high"),
        ("91", "requires", "2014-01-01", None, "high"),
        ("91", "requires", "2018-01-01", None, "high"),
        ("92", "restricts", "2016-01-01", None, "high"),
    )
    since = law_status(table, STATES, "2020-01-01")["since_date"]
    assert since.iloc[0] == pd.Timestamp("2014-01-01")
    assert since.iloc[1] == pd.Timestamp("2016-01-01")
    assert pd.isna(since.iloc[2])


def test_a_law_of_an_unknown_state_is_refused():
    with pytest.raises(DataError, match=r"lacks: 99.*\(row 2\)"):
        law_status(laws(("99", "requires", "2010-01-01", None, "high")), STATES, "2020-01-01")


@pytest.mark.parametrize("day", ["next week", "2020-13-01", None])
def test_a_day_that_is_no_date_is_refused(day):
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        laws_in_force(laws(("91", "requires", "2010-01-01", None, "high")), day)


COUNTIES = pd.DataFrame(
    {
        "county_fips": ["91001", "91003", "92001", "93001"],
        "state_fips": ["91", "91", "92", "93"],
        "population_count": [100, 300, 400, 200],
        "poverty_universe_count": [100, 300, 400, 200],
        "poverty_count": [50, 30, 40, 20],
        "labor_force_count": [50, 150, 200, 100],
        "unemployed_count": [5, 5, 10, 10],
        "median_household_income_usd": [30000.0, 50000.0, 60000.0, 70000.0],
    }
)
TWO = laws(
    ("91", "requires", "2010-01-01", None, "high"),
    ("92", "restricts", "2016-01-01", None, "high"),
    ("93", "restricts", "2017-01-01", None, "verify"),
)


def test_exposure_counts_everybody_once_and_pools_rates():
    status = law_status(TWO, STATES, "2020-01-01")
    table = law_exposure(county_law_status(status, COUNTIES)).set_index("status")
    assert tuple(table.index) == LAW_STATUSES
    assert table["population_count"].sum() == COUNTIES["population_count"].sum()
    assert table["counties_count"].tolist() == [2, 1, 0, 1]
    assert table.loc["requires", "poverty_pct"] == 100 * 80 / 400
    assert table.loc["requires", "median_county_income_usd"] == 40000
    assert table.loc["neither", "uncertain_population_count"] == 200
    assert table["population_share"].sum() == pytest.approx(1)


def test_timeline_has_every_status_at_every_change():
    table = law_timeline(TWO, STATES, COUNTIES)
    assert table["on_date"].nunique() == 2
    assert table.groupby("on_date")["population_count"].sum().eq(1000).all()
    asked = law_timeline(TWO, STATES, COUNTIES, include_verify=True)
    assert asked["on_date"].nunique() == 3


def test_a_county_without_a_state_status_is_refused():
    status = law_status(TWO, STATES, "2020-01-01").iloc[:1]
    with pytest.raises(DataError, match="92, 93"):
        county_law_status(status, COUNTIES)


def test_practices_are_true_where_named():
    flags = practices_of(laws(("91", "requires", "2010-01-01", None, "high")))
    assert list(flags.columns) == list(PRACTICE_NAMES)
    assert flags.columns[flags.iloc[0]].tolist() == ["notifies_ice", "asks_status"]


# The table of facts itself.

ASKED_FOR = set(
    "CA CT IL MA NJ NY OR VT WA CO NV TX FL GA TN IA NC AL AZ MS IN SC AR LA".split()  # noqa: SIM905
)


def test_the_states_asked_for_have_a_law_each_and_codes_agree():
    table = read_state_laws()
    assert set(table["state_abbr"]) >= ASKED_FOR
    states = pd.read_csv(reference_dir() / "states.csv", dtype="str")
    joined = table.merge(states, on=["state_fips", "state_abbr", "state"], validate="m:1")
    assert len(joined) == len(table)


def test_a_law_of_high_confidence_has_a_date_and_a_citation():
    table = read_state_laws()
    high = table.loc[table["confidence"].eq("high")]
    assert len(high) > 25
    assert high[["effective_date", "citation", "practices"]].notna().all().all()
    assert table.loc[table["effective_date"].isna(), "confidence"].eq("verify").all()


def test_some_well_known_dates_stand():
    dates = read_state_laws().set_index(["state_abbr", "name"])["effective_date"].astype("str")
    assert dates["CA", "California Values Act"] == "2018-01-01"
    assert dates["IL", "TRUST Act"] == "2017-08-28"
    assert dates["MA", "Lunn v. Commonwealth"] == "2017-07-24"
    assert dates["WA", "Keep Washington Working Act"] == "2019-05-21"
    assert dates["IA", "Enforcement of immigration laws"] == "2018-07-01"


def test_status_of_the_real_states_on_the_real_counties():
    counties = read_county_acs_2019()
    states = pd.read_csv(reference_dir() / "states.csv", dtype="str")
    status = law_status(read_state_laws(), states, "2020-07-01")
    by_state = status.set_index("state_abbr")["status"]
    assert by_state[["CA", "TX", "FL", "WA", "WY"]].tolist() == [
        "restricts",
        "requires",
        "requires",
        "restricts",
        "neither",
    ]
    exposure = law_exposure(county_law_status(status, counties))
    assert exposure["population_count"].sum() == counties["population_count"].sum()
    assert exposure["counties_count"].sum() == 3220


def test_local_actions_name_the_places_asked_for():
    places = set(read_local_actions()["place"])
    assert places == {"Harrisburg", "Escondido", "Alameda County", "Pima County"}
