"""Dated rows added up over time, and shares of a whole over time."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.figures import cumulate, plot_share_timeline, plot_timeline, show_chart
from coopanalysis.display.figures.style import SERIES_COLOURS, STATUS_COLOURS, STATUS_LABELS
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.states import Category
from coopanalysis.errors import UsageError


def show_timeline(
    events: pd.DataFrame,
    *,
    date: str,
    by: str,
    finding: str,
    subtitle: str,
    y_label: str,
    source: str,
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
        What is counted ("Agreements signed up to then").
    """
    undated = int(events[date].isna().sum())
    if undated == len(events):
        return left_out(f"no row has a date: {say.lower_first(subtitle)}")
    table = cumulate(events, date=date, by=by)
    groups = [str(one) for one in table[by].unique()]
    names = {one: STATUS_LABELS.get(one, one) for one in groups}
    own = dict(zip(groups, SERIES_COLOURS, strict=False))
    colours = {one: STATUS_COLOURS.get(one) or own[one] for one in groups}
    missing = f" {say.pluralise(undated, 'row')} without a usable date: not drawn." * bool(undated)
    return show_chart(
        plot_timeline(table, by=by, y_label=y_label, colours=colours, labels=names),
        finding,
        finding=finding,
        subtitle=subtitle,
        chart="Stepped line chart",
        x="month",
        y=f"{say.lower_first(y_label)}, one line for each of {len(groups)} groups",
        note=f"{note}{missing}".strip(),
        source=source,
        data=table.assign(**{by: table[by].map(names)}),
    )


def show_shares_over_time(
    amounts: pd.DataFrame,
    categories: Mapping[str, Category],
    *,
    what: str,
    source: str,
    note: str = "",
) -> Output:
    """Show how a whole was divided, from each day on which that changed to the last day.

    Parameters
    ----------
    amounts : DataFrame, one row per day, in order; one column per category
        Amounts that hold from the day of the index to the next; the last row ends the figure.
    categories : mapping of str to Category
        Words and colour of each column, from the bottom; one that is zero throughout is left out.
    what, source, note : str
        What is divided ("residents"); below the figure.

    Raises
    ------
    UsageError
        If there are fewer than two days, a column has no category, or a day has no amount.
    """
    unknown = sorted({str(name) for name in amounts} - set(categories))
    if unknown or len(amounts) < 2:
        raise UsageError(
            f"Shares over time need two days (there are {len(amounts)}) and a category for every "
            f"column (missing: {', '.join(unknown) or 'none'})."
        )
    kept = [name for name in categories if name in amounts and amounts[name].gt(0).any()]
    labels = {name: categories[name].label for name in kept}
    shares = amounts[kept].div(amounts[kept].sum(axis=1), axis=0)
    first, last = shares.index[0], shares.index[-1]
    lead, on_first = f" of {what} are", f" on {say.format_date(first)}"
    told = [
        f"{say.format_share(shares[name].iloc[-1])}{lead * (name == kept[0])} "
        f"{categories[name].phrase} ({say.format_share(shares[name].iloc[0])}"
        f"{on_first * (name == kept[0])})"
        for name in kept
    ]
    changed = int(amounts[kept].diff().iloc[1:].ne(0).any(axis=1).sum())
    named = shares.rename(columns=labels).add_suffix("_share")
    both = amounts[kept].rename(columns=labels).join(named)
    return show_chart(
        plot_share_timeline(
            shares,
            colours={name: categories[name].colour for name in kept},
            labels=labels,
            y_label=f"Share of {what}",
        ),
        f"On {say.format_date(last)}, {say.join_words(told)}",
        subtitle=f"{say.upper_first(what)}, {first.year} to {last.year}; "
        f"shares changed on {say.pluralise(changed, 'day')} after the first",
        chart="Stacked area chart",
        x=f"days from {say.format_date(first)} to {say.format_date(last)}",
        y=f"share of {what} from 0 to 100 percent; from the bottom "
        + say.join_words([say.lower_first(label) for label in labels.values()]),
        note=note,
        source=source,
        data=both.rename_axis("on_date").reset_index(),
    )
