"""Contradictions among published figures are found, and only those."""

from __future__ import annotations

import pandas as pd

from coopanalysis.clean.published import CONTRADICTION_COLUMNS, contradictions, two_sided
from coopanalysis.sources.reference import read_published_figures


def figures(**values: float) -> pd.DataFrame:
    names = [name.replace("__", ".") for name in values]
    return pd.DataFrame({"figure_id": names, "value": list(values.values()), "source": "a page"})


def test_the_two_contradictions_of_2016_are_found():
    found = contradictions(read_published_figures()).set_index("practice")
    assert list(found.index) == ["holds_on_detainer", "asks_status"]
    assert found.loc["holds_on_detainer", "sum_of_sides"] == 1922 + 635 == 2557
    assert found.loc["asks_status", "sum_of_sides"] == 2331 + 25 == 2356
    assert found["published_total"].eq(2556).all()
    assert found["difference"].tolist() == [1, -200]


def test_three_practices_of_2016_add_up():
    tested = two_sided(read_published_figures())
    assert tested.loc[tested["difference"].eq(0), "practice"].tolist() == [
        "notifies_ice",
        "unlimited_jail_access",
        "uses_local_resources",
    ]


def test_sides_that_add_up_are_no_contradiction():
    assert contradictions(figures(g__counties=10, g__p__with=4, g__p__without=6)).empty


def test_a_practice_with_one_side_is_not_tested():
    lonely = figures(g__counties=10, g__p__with=4)
    assert contradictions(lonely).empty
    assert tuple(contradictions(lonely).columns) == CONTRADICTION_COLUMNS


def test_groups_are_held_against_their_own_total():
    both = figures(
        g__counties=10, g__p__with=4, g__p__without=5, h__counties=9, h__p__with=4, h__p__without=5
    )
    found = contradictions(both)
    assert found[["published_total", "difference"]].to_numpy().tolist() == [[10, -1]]
