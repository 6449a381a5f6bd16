"""What is seen of each practice and what the law says of it, held against other tables."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from coopanalysis.display import describe_known_practices
from coopanalysis.panel import Panel, StateLaws, load_laws
from coopanalysis.panel.policies import in_words, list_days
from coopanalysis.panel.practice_status import (
    held_where_barred,
    known_of,
    listed_where_barred,
    name_fiscal_year,
    practice_status,
    practices_known,
)
from coopanalysis.vocabulary import PRACTICE_NAMES
from panel_samples import with_tables


@pytest.fixture(scope="module")
def laws(demo: Panel) -> StateLaws:
    """Laws of fictional states: they require, restrict, or both, and one is not certain."""
    states = sorted(demo.county["state_fips"].unique())[:4]
    row = load_laws().laws.iloc[0].to_dict() | {"confidence": "high", "ended_date": pd.NaT}
    rows = [
        row | {"state_fips": states[0], "kind": "requires", "practices": "agreement_287g"},
        row | {"state_fips": states[1], "kind": "restricts",
               "practices": "agreement_287g;notifies_ice"},
        row | {"state_fips": states[2], "kind": "requires", "practices": "notifies_ice"},
        row | {"state_fips": states[2], "kind": "restricts", "practices": "notifies_ice"},
        row | {"state_fips": states[3], "kind": "both", "practices": "asks_status"},
        row | {"state_fips": states[3], "kind": "requires", "practices": "notifies_ice",
               "confidence": "verify"},
    ]  # fmt: skip
    made = pd.DataFrame(rows).assign(effective_date=pd.Timestamp("2020-01-01"))
    return replace(load_laws(), laws=made)


def test_agreements_are_those_of_the_list_of_the_day(demo: Panel, laws: StateLaws) -> None:
    lists = demo.agreements[demo.agreements["list_kind"] == "participating"]
    for day, column in zip(
        sorted(lists["list_date"].unique())[:: lists["list_date"].nunique() - 1],
        ("agreement_first_list", "agreement_latest_list"),
        strict=True,
    ):
        table = practice_status(demo, laws, day)
        own = table[table["practice"] == "agreement_287g"].set_index("county_fips")["seen"]
        expected = demo.county.set_index("county_fips")[column].astype("float64")
        pd.testing.assert_series_equal(own, expected, check_names=False)


def test_a_list_on_which_no_stretch_begins_or_ends_is_a_list(demo: Panel, laws: StateLaws) -> None:
    days = list_days(demo.build)
    one = demo.agreement_spells[demo.agreement_spells["county_fips"].notna()].iloc[:2]
    lasted = one.assign(first_listed=days[0], last_listed=[days[1], days[-1]])
    places = demo.county["county_fips"].drop_duplicates().iloc[:2].to_list()
    lasted = lasted.assign(county_fips=places, agency_type="county")
    table = practice_status(with_tables(demo, agreement_spells=lasted), laws, days[2])
    seen = table[(table["practice"] == "agreement_287g") & (table["seen"] == 1)]
    assert seen["county_fips"].tolist() == places[1:]
    assert set(seen["as_of"]) == {in_words(f"{days[2]:%Y-%m-%d}")}


def test_an_agency_that_no_list_types_is_of_the_county_it_is_named_after(
    demo: Panel, laws: StateLaws
) -> None:
    own = demo.county.iloc[0]
    gone = demo.agreement_spells.iloc[:2].assign(
        state_fips=own["state_fips"], county_fips=None, agency_type=None,
        agency=[f"{own['county']} Sheriff's Office", "Sheriff of nowhere"],
        first_listed=list_days(demo.build)[0], last_listed=list_days(demo.build)[-1],
    )  # fmt: skip
    table = practice_status(with_tables(demo, agreement_spells=gone), laws, "2026-05-18")
    seen = table[(table["practice"] == "agreement_287g") & (table["seen"] == 1)]
    assert seen["county_fips"].tolist() == [own["county_fips"]]


def test_the_law_is_that_of_state_practice_and_day(demo: Panel, laws: StateLaws) -> None:
    first, second, third, fourth = sorted(demo.county["state_fips"].unique())[:4]
    table = practice_status(demo, laws, "2026-06-01")
    said = table.groupby(["state_fips", "practice"])["law"].unique().map(list)
    assert said[first, "agreement_287g"] == ["required"]
    assert said[second, "agreement_287g"] == ["restricted"]
    assert said[second, "notifies_ice"] == ["restricted"]
    assert said[third, "notifies_ice"] == ["both"]
    assert said[fourth, "asks_status"] == ["both"]
    assert said[first, "notifies_ice"] == said[fourth, "notifies_ice"] == ["none"]
    with_uncertain = practice_status(demo, laws, "2026-06-01", include_verify=True)
    of_fourth = with_uncertain[with_uncertain["state_fips"] == fourth].set_index("practice")["law"]
    assert set(of_fourth["notifies_ice"]) == {"required"}
    assert set(practice_status(demo, laws, "2019-12-31")["law"]) == {"none"}


def test_where_they_differ_is_seen_though_restricted_or_not_seen_though_required(
    demo: Panel, laws: StateLaws
) -> None:
    table = practice_status(demo, laws, "2026-06-01")
    differing = table[table["differs"]]
    kinds = set(zip(differing["law"], differing["seen"], strict=True))
    assert kinds <= {("restricted", 1.0), ("required", 0.0)}
    of_law = table[table["law"].isin(["required", "restricted"])]
    expected = of_law["law"].map({"required": 0.0, "restricted": 1.0}) == of_law["seen"]
    assert table["differs"].sum() == expected.sum() > 0


def test_every_county_has_every_practice_once_and_nothing_is_known_before_the_lists(
    demo: Panel, laws: StateLaws
) -> None:
    table = practice_status(demo, laws, "1999-01-01")
    assert not table.duplicated(["county_fips", "practice"]).any()
    assert len(table) == len(demo.county) * len(PRACTICE_NAMES)
    own = table[table["practice"] == "agreement_287g"]
    assert own["seen"].isna().all()
    assert set(own["known_by"]) == {"unknown"}


def test_what_is_coded_is_one_thing_and_what_is_on_record_another(demo: Panel) -> None:
    recorded = ["agreement_287g", "detention_contract"]
    assert practices_known(demo) == (list(PRACTICE_NAMES), recorded, [])
    assert describe_known_practices(demo).startswith("7 of 7 practices are coded from written pol")
    without = demo.county.assign(**dict.fromkeys(PRACTICE_NAMES, pd.NA))
    uncoded = with_tables(demo, county=without)
    assert practices_known(uncoded)[:2] == ([], recorded)
    said = describe_known_practices(uncoded)
    assert said.startswith("0 of 7 practices are coded from written policy and 2 on record (287(g)")
    assert "; 5 are neither: holds on detainers, notice of releases, " in said
    known = known_of(without).notna().sum()
    assert known["agreement_287g"] == len(without)
    assert known.drop("agreement_287g").eq(0).all(), "use of detention says nothing of a contract"


def test_detention_is_recorded_by_use_and_by_the_definition_asked_for(demo: Panel) -> None:
    """True in the demo: the jails of counties with a contract are in use, some for few days."""
    contract = demo.county.set_index("county_fips")["detention_contract"] == 1
    for definition, day in (
        ("agreement_used_30_days", "2026-06-01"),
        ("agreement_used", "2016-09-30"),
        ("agreement_used_90_days", "2023-01-01"),
        ("county_run_used", "2016-09-30"),
    ):
        table = practice_status(demo, None, day, detention=definition)
        own = table[table["practice"] == "detention_contract"].set_index("county_fips")
        assert set(own["known_by"]) == {"recorded"}
        seen = own["seen"] == 1
        assert not (seen & ~contract).any(), "a type, a hold room or a company is no contract"
        assert seen.sum() == contract.sum() or definition in (
            "agreement_used_90_days", "county_run_used",
        )  # fmt: skip
    assert set(own["as_of"]) == {"fiscal year 2016"}


def test_a_fiscal_year_is_named_with_the_days_that_a_record_reaches_of_it() -> None:
    last = ["2022-09-30", "2023-03-01", "2020-09-30", None]
    places = pd.DataFrame(
        {
            "record": ["days", "days", "days", "means"],
            "fiscal_year": [2022, 2023, 2020, 2023],
            "recorded_to_date": pd.to_datetime(last),
            "days_recorded_count": pd.array([365, 152, 300, None], dtype="Int64"),
        }
    )
    named = {
        ("days", 2022): "fiscal year 2022",
        ("days", 2023): "fiscal year 2023 (1 October 2022 to 1 March 2023)",
        ("days", 2020): "fiscal year 2020 (6 December 2019 to 30 September 2020)",
        ("means", 2023): "fiscal year 2023",
    }
    assert {key: name_fiscal_year(places, *key) for key in named} == named


def test_before_the_first_record_of_detention_the_rubric_is_what_is_known(demo: Panel) -> None:
    table = practice_status(demo, None, "1999-01-01")
    own = table[table["practice"] == "detention_contract"]
    assert set(own["known_by"]) <= {"coded", "unknown"}
    assert own["seen"].sum() == demo.county["detention_contract"].sum()


def test_agreements_listed_where_barred_are_found_by_day(demo: Panel, laws: StateLaws) -> None:
    spells = demo.agreement_spells
    barred = laws.laws["kind"].eq("restricts") & laws.laws["practices"].str.contains("agreement")
    (state,) = laws.laws.loc[barred, "state_fips"]
    of_state = spells[spells["state_fips"] == state]
    found = listed_where_barred(demo, laws)
    assert len(found) == len(of_state) > 0
    when = (
        found["signed_date"]
        .map({pd.NaT: "on a day not known"})
        .fillna(
            (found["signed_date"] < found["law_date"]).map(
                {True: "before the law", False: "under the law"}
            )
        )
    )
    assert (found["signed"] == when).all()
    day = found["signed_date"].dropna().iloc[0]
    same = replace(laws, laws=laws.laws.assign(effective_date=day, kind="both"))
    of_day = listed_where_barred(demo, same).query("signed_date == @day")["signed"]
    assert set(of_day) == {"under the law"}
    late = of_state["last_listed"].max()
    later = replace(laws, laws=laws.laws.assign(effective_date=late))
    assert set(listed_where_barred(demo, later)["last_listed"]) == {late}
    first = of_state["first_listed"].min()
    over = replace(laws, laws=laws.laws.assign(ended_date=first + pd.Timedelta(days=1)))
    assert set(listed_where_barred(demo, over)["first_listed"]) == {first}
    never = replace(laws, laws=laws.laws.assign(ended_date=first))
    assert listed_where_barred(demo, never).empty


def test_detention_where_contracts_are_barred_names_its_places(
    demo: Panel, laws: StateLaws
) -> None:
    has = demo.county["detention_contract"] == 1
    state = demo.county.loc[has, "state_fips"].iloc[0]
    made = laws.laws.iloc[:1].assign(
        state_fips=state, kind="restricts", practices="notifies_ice;detention_contract"
    )
    barring = replace(laws, laws=made)
    status = practice_status(demo, barring, "2026-06-01")
    found = held_where_barred(demo, barring, status, "2026-06-01")
    assert set(found["county_fips"]) == set(
        demo.county.loc[has & (demo.county["state_fips"] == state), "county_fips"]
    )
    places = demo.detention_facility
    of_county = places[places["county_fips"] == found["county_fips"].iloc[0]]
    own = of_county[of_county["fiscal_year"] == places["fiscal_year"].max()].iloc[[0]]
    more = [
        own.assign(facility_code="A", facility="ANNEX", is_county_run=0),
        own.assign(facility_code="B", facility="HOUSE", type_group="federal", is_county_run=1),
        own.assign(facility_code="C", facility="OLD", fiscal_year=own["fiscal_year"] - 1),
        own.assign(facility_code="D", facility="OTHER", record="facility-headcount"),
        own.assign(facility_code="E", facility="SELDOM", days_in_use_count=29),
    ]
    with_more = with_tables(demo, detention_facility=pd.concat([places, *more]))
    row = held_where_barred(with_more, barring, status, "2026-06-01").iloc[0]
    assert row["facilities"] == f"{own['facility'].iloc[0]}; ANNEX"
    assert row["county_run_count"] == own["is_county_run"].fillna(0).iloc[0]
    assert held_where_barred(demo, barring, status, "2019-12-31").empty


@pytest.mark.parametrize(
    ("on", "definition", "record", "year"),
    [
        ("2016-09-30", "agreement_held_one_or_more", "facility-headcount", 2016),
        ("2016-09-30", "agreement_authorised_used", "ice-facility-list", 2016),
        ("2023-01-01", "agreement_used_90_days", "facility-daily", 2023),
        ("2019-09-30", "county_run_used", "facility-headcount", 2019),
        ("2026-06-01", "agreement_used_30_days", "facility-daily", 2026),
    ],
)
def test_the_places_named_are_those_of_the_day_the_record_and_the_use(
    public_release: Panel, on: str, definition: str, record: str, year: int
) -> None:
    """Of every county on record, as if every state barred it, and of no other."""
    status = practice_status(public_release, None, on, detention=definition)
    of_practice = status["practice"] == "detention_contract"
    status = status.assign(law="restricted", differs=of_practice & status["seen"].eq(1))
    one = load_laws().laws.iloc[:1].assign(
        kind="restricts", practices="detention_contract", confidence="high",
        effective_date=pd.Timestamp("2000-01-01"), ended_date=pd.NaT,
    )  # fmt: skip
    states = status["state_fips"].unique()
    everywhere = pd.concat([one.assign(state_fips=state) for state in states])
    laws = replace(load_laws(), laws=everywhere)
    found = held_where_barred(public_release, laws, status, on, detention=definition)
    assert set(found["county_fips"]) == set(status.loc[status["differs"], "county_fips"])
    assert found["facilities"].notna().all()
    places = public_release.detention_facility
    places = places[places["record"].eq(record) & places["fiscal_year"].eq(year)]
    agreed = places["type_group"] == "agreement"
    uses = {
        "agreement_held_one_or_more": agreed & places["held_mean"].ge(1),
        "agreement_authorised_used": agreed & places["is_authorised"].eq(1),
        "agreement_used_90_days": agreed & places["days_in_use_count"].ge(90),
        "agreement_used_30_days": agreed & places["days_in_use_count"].ge(30),
        "county_run_used": places["is_county_run"].eq(1)
        & ~places["type_group"].isin(["federal", "company"]),
    }
    expected = places[uses[definition]].groupby("county_fips")["facility"].agg("; ".join)
    named = found.set_index("county_fips")["facilities"]
    pd.testing.assert_series_equal(
        named.sort_index(), expected.loc[named.index].sort_index(), check_names=False
    )


def test_the_public_release_has_both(public_release: Panel) -> None:
    table = practice_status(public_release, load_laws(), "2026-05-18")
    own = table[table["practice"] == "detention_contract"]
    covered = "fiscal year 2026 (1 October 2025 to 10 March 2026)"
    assert (set(own["known_by"]), set(own["as_of"])) == ({"recorded"}, {covered})
    assert own["seen"].sum() == 196
    of_2016 = practice_status(
        public_release, None, "2016-09-30", detention="agreement_held_one_or_more"
    )
    assert of_2016.loc[of_2016["practice"] == "detention_contract", "seen"].sum() > 130
    found = listed_where_barred(public_release, load_laws())
    assert found["state_fips"].value_counts().to_dict() == {"24": 8, "34": 2}
    jersey = found[found["state_fips"] == "34"]
    assert set(jersey["law"]) == {"Immigrant Trust Directive"}
    assert (jersey["law_date"] < jersey["first_listed"]).all()
    assert set(found["signed"]) == {"before the law"}
    agreements = table[table["practice"] == "agreement_287g"]
    assert agreements["law"].value_counts()["restricted"] == 297
    assert found["last_listed"].max() < public_release.agreement_spells["last_listed"].max()
    status = practice_status(public_release, load_laws(), "2026-05-18")
    held = held_where_barred(public_release, load_laws(), status, "2026-05-18")
    assert held.empty, "Kern County CA has a company's facility since 2019"
