"""Dated rows added up over time, one line per group."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.display.figures import cumulate, plot_timeline, show_figure
from coopanalysis.display.figures.style import SERIES_COLOURS, STATUS_COLOURS, STATUS_LABELS
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.sentences import describe_chart, lower_first, pluralise


def show_timeline(
    events: pd.DataFrame,
    *,
    date: str,
    by: str,
    finding: str,
    subtitle: str,
    y_label: str,
    source: str,
    labels: Mapping[str, str] | None = None,
    note: str = "",
) -> Output:
    """Show how many dated rows there were up to each month, one line per group.

    Parameters
    ----------
    events : DataFrame, one row per event
        Rows without a date are not drawn; the note says how many they are.
    date, by : str
        Column of the day, and of the group; up to four groups, or statuses of the house.
    finding, subtitle, note, source : str
        As for `show_figure`.
    y_label : str
        What is counted: "Agreements signed up to then".
    labels : mapping, optional
        Names of the groups; their own otherwise.
    """
    undated = int(events[date].isna().sum())
    if undated == len(events):
        return left_out(f"no row has a date: {lower_first(subtitle)}")
    table = cumulate(events, date=date, by=by)
    groups = [str(one) for one in table[by].unique()]
    names = {one: (labels or STATUS_LABELS).get(one, one) for one in groups}
    own = dict(zip(groups, SERIES_COLOURS, strict=False))
    colours = {one: STATUS_COLOURS.get(one) or own[one] for one in groups}
    rows = pluralise(undated, "row")
    missing = f" {rows} without a usable date: not drawn." if undated else ""
    return show_figure(
        plot_timeline(
            table,
            date="month",
            value="events_count",
            by=by,
            y_label=y_label,
            colours=colours,
            labels=names,
        ),
        finding=finding,
        subtitle=subtitle,
        alt=describe_chart(
            "Stepped line chart",
            x="month",
            y=f"{lower_first(y_label)}, one line for each of {len(groups)} groups",
            reading=finding,
        ),
        note=f"{note}{missing}".strip(),
        source=source,
        data=table.assign(**{by: table[by].map(names)}),
    )
