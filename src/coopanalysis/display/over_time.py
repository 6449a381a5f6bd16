"""Shares of a whole over time, by category."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.display.categories import Category
from coopanalysis.display.figures import show_figure
from coopanalysis.display.figures.areas import plot_share_timeline
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    describe_chart,
    format_date,
    format_share,
    join_words,
    lower_first,
    pluralise,
)
from coopanalysis.errors import UsageError


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
    what : str
        What is divided: "residents".
    source, note : str
        Below the figure.

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
    shares = amounts[kept].div(amounts[kept].sum(axis=1), axis=0)
    first, last = shares.index[0], shares.index[-1]
    lead, on_first = [f" of {what} are", *[""] * len(kept)], f" on {format_date(first)}"
    told = [
        f"{format_share(shares[name].iloc[-1])}{of} {categories[name].phrase} "
        f"({format_share(shares[name].iloc[0])}{on_first if of else ''})"
        for name, of in zip(kept, lead, strict=False)
    ]
    reading = f"On {format_date(last)}, {join_words(told)}"
    return show_figure(
        plot_share_timeline(
            shares,
            colours={name: categories[name].colour for name in kept},
            labels={name: categories[name].label for name in kept},
            y_label=f"Share of {what}",
        ),
        finding=f"{reading}.",
        subtitle=f"{what[:1].upper()}{what[1:]}, {first.year} to {last.year}; "
        f"{pluralise(len(shares) - 1, 'day')} on which something changed",
        alt=describe_chart(
            "Stacked area chart",
            x=f"days from {format_date(first)} to {format_date(last)}",
            y=f"share of {what} from 0 to 100 percent; from the bottom "
            + join_words([lower_first(categories[name].label) for name in kept]),
            reading=reading,
        ),
        note=note,
        source=source,
        data=_both(amounts[kept], shares, categories),
    )


def _both(
    amounts: pd.DataFrame, shares: pd.DataFrame, categories: Mapping[str, Category]
) -> pd.DataFrame:
    """Amounts and shares side by side, under the names that the figure shows."""
    labels = {name: categories[str(name)].label for name in amounts}
    both = amounts.rename(columns=labels).join(shares.rename(columns=labels).add_suffix("_share"))
    return both.rename_axis("on_date").reset_index()
