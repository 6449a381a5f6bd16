"""Which 0/1 columns are policies: those of the release, and a user's own with their words."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel import Panel, load_release
from coopanalysis.panel.joins import JoinLog
from coopanalysis.vocabulary import PRACTICE_NAMES


@pytest.fixture
def demo() -> Panel:
    return load_release("demo")


def test_a_joined_column_is_a_policy_with_the_words_of_the_join(demo: Panel) -> None:
    counties = demo.counties()
    mine = counties[["county_fips"]].assign(
        elected=counties["population_count"] % 2 == 0, size=counties["population_count"]
    )
    demo.join(counties, mine, words={"elected": "elect their sheriff"})
    policy = demo.policy("elected")
    assert (policy.label, policy.subject) == ("Elected", "Counties that elect their sheriff")
    assert not policy.signed
    assert demo.policy(policy) == policy
    with pytest.raises(UsageError, match="No policy 'size'.*It knows: .*elected"):
        demo.policy("size")


def test_a_flag_without_words_is_said_by_its_label(demo: Panel) -> None:
    demo.name_column("elected", label="Elected sheriff", unit="0 or 1")
    assert demo.policy("elected").subject == "Counties that have 'Elected sheriff'"
    with pytest.raises(UsageError, match=r"Did you mean 'elected'\?"):
        demo.policy("electd")


def test_a_cell_that_joins_can_be_run_again(demo: Panel) -> None:
    counties = demo.counties()
    mine = counties[["county_fips"]].assign(elected=1)
    once = demo.join(counties, mine.assign(elected=0))
    again = demo.join(once, mine)
    assert (again["elected"] == 1).all()
    assert len(demo.joined) == 1
    with pytest.raises(UsageError, match="in the frame already"):
        demo.join(again, mine.rename(columns={"elected": "population_count"}))


def test_a_year_without_crime_names_those_with_it(demo: Panel) -> None:
    with pytest.raises(UsageError, match="2021, 2022, 2023"):
        demo.usable_rate(demo.counties(2015), "person_offenses_per_100k")


def test_what_a_release_cannot_answer_is_refused_with_what_it_can(demo: Panel) -> None:
    year = demo.crime_years[-1]
    counties = demo.counties(year)
    asked = {
        r"No year 1950 in this release. There are: .*2021": lambda: demo.counties(1950),
        "least_quality is 1, 2 or 3, not 4": lambda: demo.usable_rate(
            counties, "person_offenses_per_100k", 4
        ),
        r"No rate 'income'. There are: .*person_offenses_per_100k": lambda: demo.usable_rate(
            counties, "income"
        ),
        "in_force_by or for signed_after, not for both": lambda: demo.policy(
            "agreement_latest_list", in_force_by="2024-01-01", signed_after="2024-01-01"
        ),
        "Column 'income' needs a label": lambda: demo.name_column("income", label=" "),
    }
    for words, ask in asked.items():
        with pytest.raises(UsageError, match=words):
            ask()
    assert demo.column("of_my_own").label == "Of my own"
    assert [one.name for one in demo.practices] == list(PRACTICE_NAMES)


def test_a_key_that_repeats_is_named_with_both_sides_of_the_join() -> None:
    left, right = (pd.DataFrame({"county_fips": codes}) for codes in (["1", "2"], ["2", "2"]))
    with pytest.raises(DataError, match=r"join of a with b \(1:1 by county_fips\).*1 keys repeat"):
        JoinLog().left_join(left, right, ["county_fips"], ("a", "b"))
