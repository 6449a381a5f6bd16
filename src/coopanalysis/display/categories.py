"""Words and colours of the values of a column, and how far each value reaches."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from coopanalysis.clean.law_status import LawStatus
from coopanalysis.display.figures.style import STATUS_COLOURS
from coopanalysis.display.sentences import format_millions, format_share, pluralise


@dataclass(frozen=True)
class Category:
    """One value of a column, as tables, sentences and figures show it.

    Attributes
    ----------
    label : str
        Short name, for legends and tables.
    phrase : str
        What completes "Counties ..." or "residents ...".
    colour : str
        Colour as `#rrggbb`, the same in every figure.
    """

    label: str
    phrase: str
    colour: str


LAW_STATUS: dict[LawStatus, Category] = {
    "requires": Category(
        "Requires cooperation", "in states whose laws require cooperation", "#5B2A86"
    ),
    "restricts": Category(
        "Restricts cooperation",
        "in states whose laws restrict cooperation",
        STATUS_COLOURS["limits"],
    ),
    "both": Category(
        "Requires and restricts",
        "in states whose laws require and restrict cooperation",
        "#D9A521",
    ),
    "neither": Category("Neither", "in states with no law counted", STATUS_COLOURS["none"]),
}
"""Status of a state's laws: colours in the family of the agreements, none of a party."""


def describe_extent(table: pd.DataFrame) -> pd.Series:
    """Say how far each group reaches: "2 states with 9 counties and 1.6 million residents (32%)".

    Parameters
    ----------
    table : DataFrame, one row per group
        `states_count`, `counties_count`, `population_count` (persons) and `population_share`
        (0 to 1).

    Returns
    -------
    Series of str, with the index of `table`
    """
    return pd.Series(
        {
            group: f"{pluralise(row['states_count'], 'state')} with "
            f"{pluralise(row['counties_count'], 'county', 'counties')} and "
            f"{format_millions(row['population_count'])} residents "
            f"({format_share(row['population_share'])})"
            for group, row in table.iterrows()
        },
        dtype="object",
    )
