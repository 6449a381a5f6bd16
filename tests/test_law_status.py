"""Law status on a day: overlaps, ends, uncertain and undated laws, and the people under them."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.clean.law_status import law_status, law_timeline, laws_in_force
from coopanalysis.errors import DataError, UsageError
from coopanalysis.paths import reference_dir
from coopanalysis.sources.reference import read_local_actions, read_state_laws

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


def test_the_first_day_of_a_law_is_the_day_since_when_it_holds():
    table = laws(("91", "requires", "2010-05-01", None, "high"))
    since = law_status(table, STATES, "2010-05-01").set_index("state_fips")["since_date"]
    assert since["91"] == pd.Timestamp("2010-05-01")
    timeline = law_timeline(table, STATES, "2010-05-01")
    assert timeline["status"].tolist() == ["requires", "neither", "neither"]


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


TWO = laws(
    ("91", "requires", "2010-01-01", None, "high"),
    ("92", "restricts", "2016-01-01", None, "high"),
    ("93", "restricts", "2017-01-01", None, "verify"),
)


def test_the_possible_status_counts_laws_without_a_date_too():
    table = laws(
        ("91", "requires", "2010-01-01", None, "high"), ("91", "restricts", None, None, "verify")
    )
    row = law_status(table, STATES, "2020-01-01").iloc[0]
    statuses = row[["status", "status_if_verified", "possible_status"]]
    assert statuses.tolist() == ["requires", "requires", "both"]
    assert row["is_uncertain"]


def test_timeline_has_every_state_on_every_day_of_change_and_on_the_last():
    table = law_timeline(TWO, STATES, "2020-01-01")
    by_day = table.pivot(index="on_date", columns="state", values="status")  # noqa: PD010
    assert [f"{day:%Y-%m-%d}" for day in by_day.index] == ["2010-01-01", "2016-01-01", "2020-01-01"]
    assert by_day["Bel"].tolist() == ["neither", "restricts", "restricts"]
    asked = law_timeline(TWO, STATES, "2020-01-01", include_verify=True)
    assert asked["on_date"].nunique() == 4
    assert asked.iloc[-1]["status"] == "restricts"


@pytest.mark.parametrize("until", ["2016-01-01", "2011-07-01"])
def test_timeline_ends_on_the_day_with_the_status_of_that_day(until):
    table = law_timeline(TWO, STATES, until)
    last = table[table["on_date"] == pd.Timestamp(until)]
    assert last["status"].tolist() == status_of(TWO, until)
    assert table["on_date"].max() == pd.Timestamp(until)


def test_a_timeline_before_the_first_law_is_refused():
    with pytest.raises(UsageError, match="by 2009-12-31; the first begins on 2010-01-01"):
        law_timeline(TWO, STATES, "2009-12-31")


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


def test_local_actions_name_the_places_asked_for():
    places = set(read_local_actions()["place"])
    assert places == {"Harrisburg", "Escondido", "Alameda County", "Pima County"}


def test_an_action_of_high_confidence_has_a_day_and_what_was_not_found_stays_to_verify():
    table = read_local_actions()
    high = table["confidence"].eq("high")
    assert table.loc[high, ["effective_date", "citation"]].notna().all(axis=None)
    assert set(table.loc[~high, "place"]) == {
        "Pima County",
        "Alameda County",
        "Escondido",
        "Harrisburg",
    }
