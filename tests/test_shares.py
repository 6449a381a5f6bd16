"""Shares, companions and scores of 0/1 columns, against numbers worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.display import (
    show_cooccurrence,
    show_crosstab,
    show_score,
    show_shares,
    show_timeline,
)
from coopanalysis.display.coverage import count_flags
from coopanalysis.display.figures.style import STATUS_LABELS
from coopanalysis.display.page import LEFT_OUT
from coopanalysis.errors import ModelError, UsageError
from coopanalysis.panel import Panel

COUNTIES = pd.DataFrame(
    {
        "common": [1.0, 1.0, 1.0, 0.0, None],
        "rare": [1.0, 0.0, 0.0, 0.0, 0.0],
        "nobody_knows": [None] * 5,
        "score": [2.0, 1.0, 1.0, 0.0, None],
    }
)


def test_counts_keep_the_unknown_apart() -> None:
    table = count_flags(COUNTIES, ["common", "nobody_knows"]).set_index("column")
    counts = ["with_count", "without_count", "unknown_count", "total_count"]
    assert table.loc["common", counts].tolist() == [3, 1, 1, 5]
    assert table.loc["common", "with_share"] == pytest.approx(0.75)
    assert table.loc["nobody_knows", counts].tolist() == [0, 0, 5, 5]
    assert pd.isna(table.loc["nobody_knows", "with_share"])


def test_what_is_no_flag_is_refused() -> None:
    with pytest.raises(UsageError, match="'score' holds .* values other than 0 and 1"):
        count_flags(COUNTIES, ["score"])
    with pytest.raises(ModelError, match="no column 'other'"):
        count_flags(COUNTIES, ["other"])


def test_shares_name_the_most_and_the_least_common(demo: Panel) -> None:
    text = show_shares(COUNTIES, ["rare", "common", "nobody_knows"], data=demo).text
    assert "Common: 75.0% of counties; Rare: 20.0%" in text
    assert "Nobody knows" not in text


def test_companions_are_counted_among_the_counties_that_are_known(demo: Panel) -> None:
    text = show_cooccurrence(COUNTIES, ["common", "rare", "nobody_knows"], data=demo).text
    assert "of the 3 counties with 'Common', 33.3% also have 'Rare'" in text


def test_a_score_has_a_bar_for_every_value_it_can_have(demo: Panel) -> None:
    shown = show_score(COUNTIES, "score", most=3, data=demo)
    assert "The mean score is 1.00; 2 of 4 counties (50.0%) have 1." in shown.text
    assert shown.html.count('scope="row"') == 4
    people = COUNTIES.assign(population_count=[10.0, 20.0, 30.0, 40.0, 50.0])
    assert "<td class=num>50<" in show_score(people, "score", most=3, data=demo).html
    with pytest.raises(UsageError, match=r"other than 0, 1, ... 1"):
        show_score(COUNTIES, "score", most=1, data=demo)


def test_what_a_release_does_not_know_is_left_out(demo: Panel) -> None:
    undated = pd.DataFrame({"day": pd.to_datetime([None]), "group": ["a"]})
    words = {"finding": "f", "subtitle": "Days", "y_label": "Count", "source": "s"}
    for shown in (
        show_shares(COUNTIES, ["nobody_knows"], data=demo),
        show_cooccurrence(COUNTIES, ["rare", "nobody_knows"], data=demo),
        show_score(COUNTIES, "nobody_knows", most=2, data=demo),
        show_crosstab(pd.DataFrame(), caption="Who", rows="Kind", counted="counties"),
        show_timeline(undated, date="day", by="group", **words),
    ):
        assert shown.slot == LEFT_OUT, shown.text


def test_a_crosstab_gives_each_count_its_share_of_the_column() -> None:
    counts = pd.DataFrame({"2022": [3, 1], "2023": [0, 0]}, index=["sent", "silent"])
    shown = show_crosstab(
        counts, caption="Who", rows="Agencies", counted="agencies", labels={"sent": "Sent"}
    )
    assert shown.text.split("\n")[3].split() == ["Sent", "3", "75.0%", "0", "0.0%"]


def test_a_timeline_counts_the_rows_that_it_cannot_draw() -> None:
    days = ["2025-01-03", "2025-03-04", "2025-03-05", None]
    events = pd.DataFrame({"day": pd.to_datetime(days), "group": ["limits", *"bbb"]})
    shown = show_timeline(
        events,
        date="day",
        by="group",
        finding="All were in 2025.",
        subtitle="Events by month, added up",
        y_label="Events up to then",
        source="Made for this test",
    )
    assert "1 row without a usable date: not drawn." in shown.html
    assert STATUS_LABELS["limits"] in shown.html
