"""What becomes of an estimate when groups are left out, states for example."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.effects import average_marginal_effects
from coopanalysis.models.fitting import as_spec, fit
from coopanalysis.models.formula import Options
from coopanalysis.models.frame import check_columns
from coopanalysis.models.inference import ESTIMATE_COLUMNS
from coopanalysis.models.spec import Estimates, ModelSpec


def leave_out(
    model: str | ModelSpec,
    frame: pd.DataFrame,
    by: str,
    groups: Iterable[object] | None = None,
    **options: Unpack[Options],
) -> pd.DataFrame:
    """Fit a model without each group in turn.

    Parameters
    ----------
    model : str or ModelSpec
        Formula or spec, whose treatment is one term.
    frame : DataFrame
        The data.
    by : str
        Column of groups, the state for example.
    groups : iterable, optional
        Groups to leave out, each in turn; a tuple is left out together, such as `("TX", "FL")`.
        Every group of which a row is used, if not given.
    **options
        With a formula, as for `fit`.

    Returns
    -------
    DataFrame, one row per group, the largest change first
        `group` (as text, joined by " and "), the result columns of the treatment, `change` (less
        the estimate from all rows), `left_out_count` (rows of the fit from all that are gone), and
        `note`: why the model could not be fitted without it. For least squares the estimate is
        the coefficient; for other families the average marginal effect.

    Raises
    ------
    ModelError
        If the model cannot be fitted to all rows, or a group is not there.
    """
    spec = as_spec(model, **options)
    check_columns(frame, [by])
    whole = fit(spec, frame)
    used, main = frame.loc[whole.sample.rows, by], _row(whole)
    known = sorted(used.dropna().unique(), key=str)
    asked = [one if isinstance(one, tuple) else (one,) for one in groups or known]
    absent = sorted({str(one) for each in asked for one in each if one not in known})
    if absent:
        raise ModelError(
            f"no row used has {', '.join(absent)} in {by!r}. There are: "
            f"{', '.join(map(str, known))}."
        )
    rows = []
    for each in asked:
        row = {"group": " and ".join(map(str, each)), "left_out_count": int(used.isin(each).sum())}
        try:
            found = _row(fit(spec, frame[~frame[by].isin(each)]))
            row |= {**found.drop("term"), "change": found["estimate"] - main["estimate"]}
            rows.append({**row, "note": ""})
        except ModelError as error:
            rows.append({**row, "note": str(error)})
    columns = ["group", *ESTIMATE_COLUMNS[1:], "change", "left_out_count", "note"]
    table = pd.DataFrame(rows).reindex(columns=columns)
    order = table["change"].astype("float64").abs().sort_values(ascending=False, kind="stable")
    return table.loc[order.index].reset_index(drop=True)


def _row(estimates: Estimates) -> pd.Series:
    if estimates.spec.family == "ols":
        return estimates.row
    return average_marginal_effects(estimates, [estimates.spec.treatment]).iloc[0]
