"""One difference and every other estimate of it: in one figure, and in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import describe_agreement, describe_known, told_apart
from coopanalysis.display.html import Output
from coopanalysis.display.result_words import result_words
from coopanalysis.display.results import ENDS, INTERVALS, scaled, show_coefficients
from coopanalysis.display.tables import show_table
from coopanalysis.errors import UsageError
from coopanalysis.models import Estimates
from coopanalysis.panel import Panel


def collect_checks(
    rows: Mapping[str, Mapping[str, object] | pd.Series],
    asks: Mapping[str, Sequence[str]],
    errors_only: Sequence[str] = (),
) -> pd.DataFrame:
    """Put estimates of one difference below each other, the main one first.

    Parameters
    ----------
    rows : mapping of label to row
        Each with `estimate, conf_low, conf_high, n_obs`, or `estimate_low` for the estimate.
    asks : mapping of estimand to labels
        Whom an estimate is about, in words, and which of them are.
    errors_only : sequence of str
        Labels of those that are the main model with other errors.

    Returns
    -------
    DataFrame, one row per estimate
        `term` (label), `estimand`, the result columns, `is_main` and `is_error_only`. Rows without
        an estimate are left out.

    Raises
    ------
    UsageError
        If nobody said whom one of them is about.
    """
    about = {label: estimand for estimand, labels in asks.items() for label in labels}
    unsaid = [label for label in rows if label not in about]
    if unsaid:
        raise UsageError(
            f"Nobody said whom {', '.join(unsaid)} is about: name it in `asks`, under its estimand."
        )
    found = []
    for label, row in rows.items():
        estimate = row["estimate"] if "estimate" in row else row["estimate_low"]
        values = {name: row[name] for name in ("conf_low", "conf_high", "n_obs")}
        found.append({"term": label, "estimand": about[label], "estimate": estimate, **values})
    table = pd.DataFrame(found).dropna(subset=["estimate"], ignore_index=True)
    numbers = {name: table[name].astype("float64") for name in ENDS}
    first, only = np.arange(len(table)) == 0, table["term"].isin(list(errors_only))
    return table.assign(**numbers, is_main=first, is_error_only=only)


def describe_checks(checks: pd.DataFrame) -> str:
    """Say how other estimates lie, those that are the same one with other errors apart."""
    main = checks[checks["is_main"]].iloc[0]
    others = checks[~checks["is_main"]]
    same = others[others["is_error_only"]]
    said = describe_agreement(others[~others["is_error_only"]], main)
    if same.empty:
        return said
    held = say.format_count(len(same) - len(told_apart(same)))
    return f"{said}; with other errors, {held} of {say.format_count(len(same))} intervals hold zero"


def show_checks(
    checks: pd.DataFrame,
    estimates: Estimates,
    *,
    known: float | None = None,
    data: Panel | None = None,
) -> Output:
    """Show one difference and every other estimate of it, in a figure and by whom each is about.

    Parameters
    ----------
    checks : DataFrame
        From `collect_checks`.
    known : float, optional
        The true value, where the data were simulated with one.
    """
    words = result_words(estimates, data)
    table = scaled(checks, words.scale)
    reading = f"the main design gives {say.with_interval(table.iloc[0])}; {describe_checks(checks)}"
    figure = show_coefficients(
        table,
        "term",
        f"Estimates run {say.describe_range(table['estimate'])}; {reading}",
        x_label=words.axis,
        unit=words.table_unit,
        finding=f"{say.upper_first(reading)}.",
        subtitle=f"{words.subtitle}; {INTERVALS}",
        y=f"the main design and {len(table) - 1} checks of it",
        note="Of an interval that is not symmetric, such as the bootstrap's, the thick line is "
        f"drawn in proportion. {describe_known(known, table) or 'Associations, not effects.'}",
        source=words.source,
    )
    by_estimand = table.groupby("estimand", sort=False)["term"].agg(list)
    written = pd.DataFrame(
        {"estimand": by_estimand.index, "estimates": [say.join_words(one) for one in by_estimand]}
    )
    listed = show_table(
        written,
        caption="Whom each estimate is about",
        note="All take the same policy, outcome and covariates, and mostly the same counties: "
        "what none of them measures is in all, and that they agree is no further evidence.",
        source=words.source,
        columns={"estimand": "About", "estimates": "Estimates"},
    )
    return figure + listed
