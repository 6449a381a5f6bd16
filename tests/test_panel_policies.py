"""Which 0/1 columns are policies: those of the release, and a user's own with their words."""

from __future__ import annotations

import pytest

from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel, load_release


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
