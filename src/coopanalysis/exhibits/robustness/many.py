"""Exhibits of inference: few clusters, and many tests."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks import Checks
from coopanalysis.checks.clusters import LABELS, WILD
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    format_number,
    format_p_value,
    format_share,
    is_distinguishable,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.crime import outcome_label
from coopanalysis.exhibits.robustness.words import (
    RESULT_COLUMNS,
    row_where,
    source_of,
    unit_of,
    with_interval,
)

LEVEL = 0.05


def errors_in_words(errors: pd.DataFrame) -> str:
    """Say what few clusters do to an interval."""
    first, second, wild = (
        row_where(errors, "label", one) for one in (LABELS["CR1"], LABELS["CR2"], WILD)
    )
    wider = _width(second) / _width(first) - 1
    told = [is_distinguishable(row) for _, row in errors.iterrows()]
    agree = (
        f"All {len(told)} intervals {'leave out' if told[0] else 'hold'} zero."
        if len(set(told)) == 1
        else f"{sum(told)} of {len(told)} intervals leave out zero: the type of error decides."
    )
    return (
        f"{pluralise(int(first['n_clusters']), 'state')} carry as much as "
        f"{format_number(second['df'], 1)} degrees of freedom by CR2, whose interval is "
        f"{format_share(abs(wider), 0)} {'wider' if wider >= 0 else 'narrower'} than CR1's. The "
        f"wild cluster bootstrap gives p {format_p_value(wild['p_value'])} beside "
        f"{format_p_value(first['p_value'])}. {agree}"
    )


def _width(row: pd.Series) -> float:
    return float(row["conf_high"] - row["conf_low"])


def show_errors(checks: Checks) -> Output:
    """Main estimate under five types of error."""
    return errors_table(
        checks.errors,
        caption=f"One estimate, five errors: {unit_of(checks.question)}",
        source=source_of(checks.question),
    )


def errors_table(errors: pd.DataFrame, *, caption: str, source: str) -> Output:
    """Show types of error side by side with a sentence on few clusters."""
    return show_table(
        errors,
        caption=caption,
        note=f"{errors_in_words(errors)} CR1 and CR3 use clusters less one degrees of freedom, CR2 "
        "Satterthwaite's, the bootstrap (null imposed, 9,999 draws of signs) none.",
        source=source,
        columns={
            "label": "Error",
            "std_error": ColumnFormat("Standard error", digits=1),
            "df": ColumnFormat("Degrees of freedom", kind="number", digits=1),
            **{name: fmt for name, fmt in RESULT_COLUMNS.items() if name != "n_obs"},
        },
    )


def _estimate(row: pd.Series) -> str:
    """Write an estimate of the family with its interval; of reporting in percentage points."""
    figures = ["estimate", "conf_low", "conf_high"]
    if row["outcome"] != "most_agencies_reported":
        return with_interval(row)
    points = row[figures].astype("float64") * 100
    return f"{with_interval(points)} points"


def show_family(checks: Checks) -> Output:
    """Every outcome and year of the declared family with adjusted p values."""
    table = checks.family
    scaled = table.assign(
        what=[outcome_label(name) for name in table["outcome"]],
        shown=[_estimate(row) for _, row in table.iterrows()],
    )
    counts = {
        words: int((table[column] < LEVEL).sum())
        for column, words in (
            ("p_value", "alone"),
            ("p_value_bh", "by Benjamini and Hochberg"),
            ("p_value_holm", "by Holm"),
            ("p_value_romano_wolf", "by Romano and Wolf"),
        )
    }
    told = ", ".join(f"{count} {words}" for words, count in counts.items())
    return show_table(
        scaled,
        caption="The family of hypotheses: each outcome in each year, by the main design",
        note=f"Of {len(table)} hypotheses, those with p below {format_share(LEVEL, 0)}: {told}. "
        "Benjamini and Hochberg hold the expected share of false ones among the findings, the "
        "other two the chance of any; Romano and Wolf use how the estimates go together. "
        "The family is fixed: both rates and reporting in every year with crime data, whatever "
        "they show.",
        source=source_of(checks.question),
        columns={
            "what": "Outcome",
            "year": ColumnFormat("Year", kind="year"),
            "shown": "Estimate (95%)",
            "p_value": ColumnFormat("p", digits=3),
            "p_value_bh": ColumnFormat("Benjamini-Hochberg", kind="number", digits=3),
            "p_value_holm": ColumnFormat("Holm", kind="number", digits=3),
            "p_value_romano_wolf": ColumnFormat("Romano-Wolf", kind="number", digits=3),
            "n_obs": ColumnFormat("Counties", kind="count"),
        },
    )
