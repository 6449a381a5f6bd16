"""A family of hypotheses with p values adjusted for their number."""

from __future__ import annotations

import pandas as pd

from coopanalysis.display.html import Output
from coopanalysis.display.sentences import format_share
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.tallies import scaled_row
from coopanalysis.display.words import (
    columns_of_model,
    outcome_words,
    release_of,
    source_line,
    with_interval,
)
from coopanalysis.models import Estimates, ModelSpec
from coopanalysis.panel import Panel

LEVEL = 0.05
ADJUSTED = {
    "p_value": "alone",
    "p_value_bh": "by Benjamini and Hochberg",
    "p_value_holm": "by Holm",
    "p_value_romano_wolf": "by Romano and Wolf",
}
ADJUSTED_COLUMNS = {
    "p_value_bh": ColumnFormat("Benjamini-Hochberg", kind="number", digits=3),
    "p_value_holm": ColumnFormat("Holm", kind="number", digits=3),
    "p_value_romano_wolf": ColumnFormat("Romano-Wolf", kind="number", digits=3),
}


def show_family(table: pd.DataFrame, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show every hypothesis of a family with its estimate and adjusted p values.

    Parameters
    ----------
    table : DataFrame
        From `models.adjust_family`.
    estimates : Estimates
        A fit of one of them, for what they share.
    data : Panel, optional
        The release, where several are loaded.
    """
    data = release_of(data)
    shown = [_estimate(row, estimates.spec, data) for _, row in table.iterrows()]
    return show_table(
        table.assign(shown=shown),
        caption="The family of hypotheses, each by the same design",
        note=describe_family(table),
        source=source_line(data, columns_of_model(estimates.spec)),
        columns={
            "hypothesis": "Outcome",
            "shown": "Estimate (95%)",
            "p_value": ColumnFormat("p", digits=3),
            **ADJUSTED_COLUMNS,
            "n_obs": ColumnFormat("Counties", kind="count"),
        },
    )


def describe_family(table: pd.DataFrame) -> str:
    """Say how many of a family of hypotheses are left once their number is allowed for.

    Parameters
    ----------
    table : DataFrame, one row per hypothesis
        `p_value` and those columns of `models.adjust_family` that are shown.
    """
    told = [
        f"{int((table[name] < LEVEL).sum())} {how}"
        for name, how in ADJUSTED.items()
        if name in table
    ]
    held = {
        "p_value_bh": "Benjamini and Hochberg hold the expected share of false ones among the "
        "findings, the others the chance of any.",
        "p_value_romano_wolf": "Romano and Wolf use how the estimates go together.",
    }
    return " ".join(
        [
            f"Of {len(table)} hypotheses taken as one family, those with p below "
            f"{format_share(LEVEL, 0)}: {', '.join(told)}.",
            *(text for name, text in held.items() if name in table),
        ]
    )


def _estimate(row: pd.Series, like: ModelSpec, data: Panel) -> str:
    """Write an estimate with its interval, in percentage points where the outcome is a share."""
    words = outcome_words(row["outcome"], like.family, data)
    points = " points" * (words.get("measure") == "points")
    return f"{with_interval(scaled_row(row, words.get('scale', 1.0)))}{points}"
