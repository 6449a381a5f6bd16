"""The estimates that models were fitted for: one as a row, several in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.effects import average_marginal_effects
from coopanalysis.models.inference import ESTIMATE_COLUMNS
from coopanalysis.models.spec import Estimates

LOGITS = ("logit", "fractional_logit", "ordered_logit")


def difference_row(estimates: Estimates, term: str | None = None) -> pd.Series:
    """Row of one term as a difference: the coefficient, or of logits the average marginal effect.

    Parameters
    ----------
    estimates : Estimates
        A fit of any family.
    term : str, optional
        A term of its table; the treatment if not given.

    Returns
    -------
    Series
        Result columns. In the unit of the outcome for least squares and logits; of a count model
        the coefficient, which is the logarithm of a ratio.

    Raises
    ------
    ModelError
        If the term is not in the fit, or a treatment of several terms is meant.
    """
    name = str(estimates.row["term"]) if term is None else term
    if name not in estimates.shown:
        raise ModelError(f"term {name!r} is not in the fit. There are: {list(estimates.shown)}.")
    table = estimates.table
    if estimates.spec.family in LOGITS:
        table = average_marginal_effects(estimates, [name.partition("[")[0]])
    return table[table["term"] == name].iloc[0]


def main_estimates(
    results: Mapping[tuple[str, ...], Estimates], names: Sequence[str]
) -> pd.DataFrame:
    """One row per result: the estimate of its treatment.

    Parameters
    ----------
    results : mapping of tuple of str to Estimates
        What was fitted, by the names of the choices that tell one result from another.
    names : sequence of str
        What each place of these keys is: a column of the table.

    Returns
    -------
    DataFrame, in the order of `results`
        The columns of `names`, `outcome`, those of every estimates table, and `df`, the degrees of
        freedom of the interval. Without rows if there is no result.

    Raises
    ------
    ModelError
        If a treatment has no single coefficient, as one taken as categories.
    """
    rows = []
    for key, result in results.items():
        table = result.table
        row = table[table["term"].eq(result.spec.treatment)]
        if len(row) != 1:
            raise ModelError(
                f"{result.spec.treatment} has {len(row)} coefficients in the model "
                f"{', '.join(key)}: one table row shows one number."
            )
        outcome, df = result.spec.outcome, float(result.df[result.spec.treatment])
        choices = dict(zip(names, key, strict=True))
        rows.append({**choices, "outcome": outcome, **row.iloc[0], "df": df})
    columns = list(dict.fromkeys([*names, "outcome", *ESTIMATE_COLUMNS, "df"]))
    return pd.DataFrame(rows, columns=columns)
