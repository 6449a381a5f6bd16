"""Policies as they were on a day."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel, load_release
from coopanalysis.panel.policies import Policy, policy_in_force_by

COUNTY = pd.DataFrame(
    {"county_fips": list("abcde"), "listed": pd.array([1, 1, 1, 0, None], dtype="Int8")}
)
SIGNED = pd.Series(pd.to_datetime(["2020-01-01", "2025-06-01"]), index=["a", "b"])
LISTED = Policy("listed", "On the list", "are on the list", "2026-05-18", "signed")


def test_a_county_that_signed_later_is_neither_with_nor_without() -> None:
    dated, values = policy_in_force_by(LISTED, "2023-01-01", COUNTY, SIGNED)
    # b signed later, of c no day is known, and of e nothing is.
    assert values.fillna(-1).tolist() == [1, -1, -1, 0, -1]
    assert (dated.name, dated.as_of) == ("listed_by_2023_01_01", "2023-01-01")
    assert dated.plural == "are on the list, signed by 1 January 2023"
    assert dated.note.startswith("1 counties had signed by 1 January 2023; 2 that signed later")


def test_agreements_signed_on_the_day_are_in_force() -> None:
    values = policy_in_force_by(LISTED, "2020-01-01", COUNTY, SIGNED)[1]
    assert values[0] == 1


@pytest.mark.parametrize(
    ("day", "words"),
    [("2019-01-01", "the first signed on 2020-01-01"), ("2023", "is not a day such as")],
)
def test_a_day_that_tells_nothing_is_refused(day: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        policy_in_force_by(LISTED, day, COUNTY, SIGNED)


def test_a_policy_without_days_is_refused(demo: Panel) -> None:
    with pytest.raises(UsageError, match="has no days of signing.*There are days for: agreement"):
        demo.policy("holds_on_detainer", in_force_by="2023-01-01")


def test_the_counties_have_the_column_from_then_on(demo: Panel) -> None:
    demo = load_release(demo.release)  # its own, since what is asked of it stays
    first = demo.county["agreement_signed_date"].dropna().sort_values()
    middle = f"{first.iloc[len(first) // 2]:%Y-%m-%d}"
    dated = demo.policy("agreement_latest_list", in_force_by=middle)
    assert demo.counties()[dated.name].eq(1).sum() == first.le(middle).sum()
    assert demo.policy(dated.name) == dated
    assert demo.column(dated.name).phrase == dated.plural
