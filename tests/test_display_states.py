"""States by category, extents and shares over time: words follow the numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.display import (
    LAW_STATUS,
    PRACTICE_LAW,
    Category,
    describe_extent,
    show_shares_over_time,
    show_state_tiles,
)
from coopanalysis.display.states import KIND_LABELS
from coopanalysis.errors import UsageError

STATES = pd.DataFrame(
    {
        "state_abbr": ["QA", "QB", "QC", "QD"],
        "tile_row": [1, 1, 2, 2],
        "tile_column": [1, 2, 1, 2],
        "population_count": [1_000_000, 2_000_000, 500_000, 600_000],
        "status": ["requires", "restricts", "neither", "neither"],
        "since_date": pd.to_datetime(["2017-01-01", "2019-05-01", None, None]),
        "is_uncertain": [False, False, True, False],
    }
)


def show(states: pd.DataFrame = STATES, **options: str):
    return show_state_tiles(
        states, "status", LAW_STATUS, what="Laws on 1 May 2020", source="S.", **options
    )


def test_tiles_say_how_many_states_and_residents_and_which_are_not_certain():
    shown = show(since="since_date", uncertain="is_uncertain")
    assert "in 1 state, restricts cooperation in 1 state and neither in 2 states" in shown.text
    assert "The status of 1 state is not certain." in shown.text
    assert "Requires cooperation or bars limits on it: QA. Restricts cooperation: QB" in shown.text
    assert "2 states, 1.1 million residents" in shown.html
    assert "Both kinds" not in shown.html


def test_tiles_without_days_and_doubts_say_nothing_of_them():
    shown = show()
    assert "not certain" not in shown.html
    assert "has held" not in shown.html


def test_tiles_take_categories_of_ones_own():
    own = {"big": Category("Big", "in big states", "#112233"),
           "small": Category("Small", "in small states", "#ddeeff")}  # fmt: skip
    sized = STATES.assign(size=["big", "big", "small", "small"])
    shown = show_state_tiles(sized, "size", own, what="Sizes of the states", source="S.")
    assert "Sizes of the states: big in 2 states and small in 2 states." in shown.text


def test_no_word_for_laws_says_a_duty_where_only_limits_may_be_barred():
    own = LAW_STATUS["requires"]
    for words in (own.label, own.phrase, PRACTICE_LAW["required"], KIND_LABELS["requires"]):
        assert "limits on" in words


def test_a_value_without_a_category_is_named():
    with pytest.raises(UsageError, match="unheard"):
        show(STATES.assign(status="unheard"))


def test_extent_says_states_counties_and_residents():
    table = pd.DataFrame(
        {
            "states_count": [1, 3],
            "counties_count": [1, 20],
            "population_count": [1_500_000.0, 3_000_000.0],
            "population_share": [1 / 3, 2 / 3],
        },
        index=["a", "b"],
    )
    said = describe_extent(table)
    assert said["a"] == "1 state with 1 county and 1.5 million residents (33.3%)"
    assert said["b"].startswith("3 states with 20 counties")


AMOUNTS = pd.DataFrame(
    {"requires": [0, 40], "neither": [100, 60], "both": [0, 0]},
    index=pd.to_datetime(["2001-01-01", "2004-01-01"]),
)


def test_shares_over_time_say_last_and_first_and_leave_out_what_never_was():
    shown = show_shares_over_time(AMOUNTS, LAW_STATUS, what="residents", source="S.")
    assert (
        "On 1 January 2004, 40.0% of residents are in states whose laws require cooperation or bar "
        "limits on it (0.0% on 1 January 2001) and 60.0% in states with no law counted (100.0%)."
        in shown.text
    )
    assert "shares changed on 1 day after the first" in shown.text
    assert "both kinds" not in shown.html


def test_shares_over_time_need_two_days_and_known_columns():
    with pytest.raises(UsageError, match="there are 1"):
        show_shares_over_time(AMOUNTS.iloc[:1], LAW_STATUS, what="residents", source="S.")
    with pytest.raises(UsageError, match="missing: other"):
        show_shares_over_time(AMOUNTS.assign(other=1), LAW_STATUS, what="residents", source="S.")
