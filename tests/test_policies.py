"""Policies as they were on a day."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import coopanalysis
from coopanalysis import fit
from coopanalysis.display.words import result_words
from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel, load_release
from coopanalysis.panel.county import listed_counties
from coopanalysis.panel.policies import (
    Policy,
    find_policy,
    known_before,
    list_days,
    list_policies,
    policy_by_day,
)
from coopanalysis.paths import notebooks_dir
from coopanalysis.vocabulary import PRACTICES

COUNTY = pd.DataFrame(
    {"county_fips": list("abcdefgh"), "listed": pd.array([1, 1, 1, 0, None, 0, 1, 1], "Int8")}
)
LISTED = Policy("listed", "On the list", "are on the list", "2026-05-18", "signed")
LISTS = [pd.Timestamp(day) for day in ("2021-03-31", "2022-12-30", "2023-03-30", "2026-05-18")]
STRETCHES = pd.DataFrame(
    [
        ("a", "warrant-service", "2020-01-01", "2021-03-31", "2026-05-18"),
        ("b", "task-force", "2025-06-01", "2025-06-17", "2026-05-18"),
        # Renewed later, and listed before: it began when it was first listed.
        ("c", "jail-enforcement", "2025-02-24", "2021-03-31", "2026-05-18"),
        # Left after the day, and before it.
        ("f", "jail-enforcement", "2020-06-09", "2021-03-31", "2022-12-30"),
        ("g", "jail-enforcement", "2020-06-09", "2021-03-31", "2022-03-29"),
        ("g", "task-force", "2025-06-01", "2025-06-17", "2026-05-18"),
    ],
    columns=["county_fips", "support_type", "signed_date", "first_listed", "last_listed"],
)
STRETCHES[["signed_date", "first_listed", "last_listed"]] = STRETCHES[
    ["signed_date", "first_listed", "last_listed"]
].apply(pd.to_datetime)
EVER = {*"abcfgh"}


def on(day: str, policy: Policy = LISTED, *, is_later: bool = False) -> tuple[Policy, list[float]]:
    dated, values = policy_by_day(policy, day, COUNTY, STRETCHES, EVER, LISTS, is_later=is_later)
    return dated, values.fillna(-1).tolist()


def test_an_agreement_is_in_force_whether_or_not_it_ended_since() -> None:
    """What became of it later must not choose who had it: f left the lists after the day."""
    dated, values = on("2022-12-31")
    # b signed later, g had left, of e nothing is known, and of h no day.
    assert values == [1, -1, 1, 0, -1, 1, -1, -1]
    assert (dated.name, dated.as_of) == ("listed_by_2022_12_31", "2022-12-31")
    words = "287(g) agreement in force on 31 December 2022"
    assert (dated.label, dated.plural) == (words, f"have a county agency with a {words}")
    assert dated.note.startswith("3 counties had an agreement in force on 31 December 2022; 3 ")


def test_before_the_first_list_the_day_of_signing_tells() -> None:
    assert on("2020-01-01")[1] == [1, -1, -1, 0, -1, -1, -1, -1]
    assert on("2020-08-01")[1] == [1, -1, -1, 0, -1, 1, 1, -1], "what left later was in force"


def test_a_county_with_an_agreement_of_another_kind_is_no_county_without_any() -> None:
    only = Policy("task_force_latest_list", "Task force", "have one", "2026-05-18", "signed")
    county = COUNTY.rename(columns={"listed": only.name})
    dated, values = policy_by_day(only, "2026-01-01", county, STRETCHES, EVER, LISTS)
    assert values.fillna(-1).tolist() == [-1, 1, -1, 0, -1, -1, 1, -1]
    assert dated.plural.endswith("in force on 1 January 2026 (task force model)")


@pytest.mark.parametrize(
    ("day", "words"),
    [("2019-01-01", "the first began on 2020-01-01"), ("2023", "is not a day such as")],
)
def test_a_day_that_tells_nothing_is_refused(day: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        on(day)


def test_later_signers_stand_against_counties_without_any() -> None:
    """Of them none has an agreement that began by the day, as g has."""
    dated, values = on("2023-12-31", is_later=True)
    assert values == [-1, 1, -1, 0, -1, -1, -1, -1]
    assert (dated.name, dated.of) == ("listed_after_2023_12_31", "listed")
    with pytest.raises(UsageError, match="No county of 'listed' signed after 1 June 2025"):
        on("2025-06-01", is_later=True)


def test_a_policy_without_days_is_said_to_be_what_it_is(demo: Panel) -> None:
    practice = demo.policy("holds_on_detainer", in_force_by="2022-12-31")
    assert practice.name == "holds_on_detainer"
    assert practice.note.startswith("The policy is as of 2016; since when a county has it is not")
    counties = demo.counties()
    assert demo.with_policy(counties, practice) is counties
    with pytest.raises(UsageError, match="is as of 2016 and has no days of signing"):
        demo.policy("holds_on_detainer", in_force_by="2015-12-31")
    with pytest.raises(UsageError, match="has no days of signing.*There are days for: agreement"):
        demo.policy("holds_on_detainer", signed_after="2022-12-31")
    same = known_before(Policy("mine", "Mine", "do so", "2022-12-31"), "2022-12-31")
    assert same.note.startswith("The policy is as of 2022-12-31")
    own = known_before(Policy("mine", "Mine", "do so"), "2022-12-31")
    assert own.note == "Since when a county has the policy is not known."


BUILD = {
    "inputs": [
        {"id": "p1", "layout": "ice-287g", "vintage": "2025-07-15"},
        {"id": "p2", "layout": "ice-287g", "vintage": "2026-05-18"},
        {"id": "s", "layout": "ice-287g-series", "vintage": "2026-01-05"},
    ],
    "agreement_lists": [
        {"source": "p2", "list_date": "2026-05-18", "list_kind": "participating"},
        {"source": "q", "list_date": "2026-05-20", "list_kind": "pending"},
        {"source": "p1", "list_date": "2025-07-15", "list_kind": "participating"},
    ],
}


def test_without_a_rubric_a_practice_has_no_day_and_lists_have_theirs() -> None:
    policies = {one.name: one for one in list_policies(BUILD)}
    for practice in PRACTICES:
        own = policies[practice.name]
        assert (own.as_of, own.signed, own.sources) == ("", "", ())
        assert (own.label, own.plural) == (practice.label, practice.plural)
    latest = policies["agreement_latest_list"]
    assert (latest.as_of, latest.signed) == ("2026-05-18", "agreement_signed_date")
    assert policies["agreement_first_list"].sources == ("p1",)
    days = [f"{day:%Y-%m-%d}" for day in list_days(BUILD)]
    assert days == ["2025-07-15", "2026-01-05", "2026-05-18"]


def test_the_words_of_every_practice_name_the_edition_of_the_rubric() -> None:
    rubric = {"id": "r", "layout": "ilrc-rubric", "vintage": "2019"}
    build = BUILD | {"inputs": [*BUILD["inputs"], rubric]}
    policies = {one.name: one for one in list_policies(build)}
    for practice in PRACTICES:
        own = policies[practice.name]
        assert own.label == f"{practice.label}, rubric of 2019"
        assert own.plural == f"{practice.plural} (the rubric of 2019)"
        assert (own.as_of, own.sources) == ("2019", ("r",))
    lists = [one for one in list_policies(BUILD) if one.signed]
    assert lists == [one for one in list_policies(build) if one.signed]


def test_a_policy_that_is_known_of_no_county_is_said_to_be() -> None:
    county = pd.DataFrame({"one": [pd.NA, pd.NA], "other": [1, 0]})
    policies = [Policy("one", "One", "do one"), Policy("other", "Other", "do the other")]
    with pytest.raises(UsageError, match="does not know 'one' for any county. It knows: other"):
        find_policy("one", policies, county, "own")
    assert find_policy("main", policies, county, "own").name == "other"


def test_every_policy_of_a_list_has_days_whatever_its_name(demo: Panel) -> None:
    demo = load_release(demo.release)
    listed = [one for one in demo.policies.values() if one.name.endswith("_list")]
    assert len(listed) > 3 and all(one.signed for one in listed)
    days = sorted(demo.agreements.query("list_kind == 'participating'")["list_date"].unique())
    first, *latest = listed
    assert (first.name, first.as_of) == ("agreement_first_list", f"{days[0]:%Y-%m-%d}")
    assert {one.as_of for one in latest} == {f"{days[-1]:%Y-%m-%d}"}
    last = f"{demo.county['agreement_signed_date'].max():%Y-%m-%d}"
    dated = demo.policy("task_force_latest_list", in_force_by=last)
    assert demo.policy(dated, in_force_by=last) == dated


def test_the_counties_have_the_column_from_then_on(demo: Panel) -> None:
    demo = load_release(demo.release)  # its own, since what is asked of it stays
    first = demo.county["agreement_signed_date"].dropna().sort_values()
    middle = f"{first.iloc[len(first) // 2]:%Y-%m-%d}"
    dated = demo.policy("agreement_latest_list", in_force_by=middle)
    counties = demo.counties()
    # With those that left the lists after the day.
    assert counties[dated.name].eq(1).sum() > first.le(middle).sum()
    without = counties.drop(columns=dated.name)
    kept = demo.with_policy(without, dated)
    assert kept[dated.name].tolist() == counties[dated.name].dropna().tolist()
    assert 0 < len(kept) < len(without)
    assert demo.policy(dated.name) == dated
    assert demo.column(dated.name).phrase == dated.plural
    main = fit(f"poverty_pct ~ {dated}", kept)
    newest = f"{demo.agreements['list_date'].max():%Y}"
    others = result_words(main, demo).comparison
    assert re.fullmatch(rf"counties without one on any list to \d+ \w+ {newest}", others), others


def test_no_module_asks_how_the_name_of_a_policy_begins() -> None:
    package = Path(coopanalysis.__file__).parent
    names = "agreement|jail_enforcement|task_force|warrant_service"
    asks = re.compile(rf"startswith\(\(?[\"'](?:{names})|[\"'](?:{names})_?[\"'] in ")
    files = {file: asks.findall(file.read_text("utf-8")) for file in package.rglob("*.py")}
    notebooks = {file: asks.findall(file.read_text("utf-8")) for file in notebooks_dir().glob("*")}
    assert not {file.name: found for file, found in (files | notebooks).items() if found}


def test_counties_of_agreements_that_left_early_are_known_by_the_name_of_the_agency() -> None:
    lists = pd.DataFrame(
        {"agency_type": ["county"], "list_kind": ["participating"], "county_fips": ["91001"]}
    )
    spells = pd.DataFrame(
        [
            ("91", "Be County Sheriff's Office", None, None),
            ("91", "Bees County Sheriff's Office", None, None),  # no county has that name
            ("92", "Be County Sheriff's Office", None, None),  # nor in that state
            ("91", "Ce County Attorney", "state-agency", None),
            ("91", "De Jail", "county", "91007"),
        ],
        columns=["state_fips", "agency", "agency_type", "county_fips"],
    )
    names = ["Ab County", "Be County", "Ce County", "De County"]
    county = pd.DataFrame(
        {"state_fips": "91", "county": names, "county_fips": ["91001", "91003", "91005", "91007"]}
    )
    assert listed_counties(lists, spells, county) == {"91001", "91003", "91007"}
