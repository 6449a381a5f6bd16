"""The estimates that models were fitted for: one as a row, several in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.effects import average_marginal_effects
from coopanalysis.models.inference import ESTIMATE_COLUMNS
from coopanalysis.models.linear.bootstrap import wild_interval
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
    results: Mapping[tuple[str, ...], Estimates], names: Sequence[str], *, wild: bool = False
) -> pd.DataFrame:
    """One row per result: the estimate of its treatment.

    Parameters
    ----------
    results : mapping of tuple of str to Estimates
        What was fitted, by the names of the choices that tell one result from another.
    names : sequence of str
        What each place of these keys is: a column of the table.
    wild : bool
        Whether interval and p value are those of the wild cluster bootstrap, as where a column is
        the same in every row of a cluster and few clusters have it, so that CR2 claims too much
        (docs/coverage.md).

    Returns
    -------
    DataFrame, in the order of `results`
        The columns of `names`, `outcome`, those of every estimates table, and `df`, the degrees of
        freedom of the fit's own errors; with `wild` the p value by those too, under their name as
        in `p_value_cr2`. Without rows if there is no result.

    Raises
    ------
    ModelError
        If a treatment has no single coefficient, as one taken as categories, or `wild` is asked of
        a fit that is not least squares with clusters.
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
        drawn = _wild(result, row.iloc[0]["p_value"]) if wild else {}
        rows.append({**choices, "outcome": outcome, **row.iloc[0], "df": df, **drawn})
    columns = [*names, "outcome", *ESTIMATE_COLUMNS, "df", *(name for row in rows for name in row)]
    return pd.DataFrame(rows, columns=list(dict.fromkeys(columns)))


def _wild(result: Estimates, own: float) -> dict[str, object]:
    """Interval and p value of the bootstrap in the place of the fit's own."""
    drawn = wild_interval(result)
    ends = {name: getattr(drawn, name) for name in ("conf_low", "conf_high", "p_value")}
    return {**ends, f"p_value_{result.spec.vcov.lower()}": own}
