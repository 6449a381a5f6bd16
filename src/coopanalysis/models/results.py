"""What fits say of their treatment: one row, one table, and what a null can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.effects import average_marginal_effects
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.inference import CONFIDENCE, ESTIMATE_COLUMNS, t_quantile, t_tail
from coopanalysis.models.linear.bootstrap import wild_interval

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
        Result columns, in the unit of the outcome; of a count model the logarithm of a ratio.
    """
    row = estimates.row if term is None else estimates.row_of(term)
    if estimates.spec.family not in LOGITS:
        return row
    name = str(row["term"])
    effects = average_marginal_effects(estimates, [name.partition("[")[0]])
    return effects[effects["term"] == name].iloc[0]


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
        Whether interval and p value are the bootstrap's (least squares with clusters), as where few
        clusters have what is the same in all their rows, so that CR2 claims too much.

    Returns
    -------
    DataFrame, in the order of `results`
        `names`, `outcome`, result columns, and `df` of the fit's own errors; with `wild` their p
        value too, as in `p_value_cr2`. A treatment of several terms is an error.
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


LEVEL = 1 - CONFIDENCE


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests that a difference is smaller than a margin, either way.

    Attributes
    ----------
    p_value : float
        Larger p value of the two tests, of `estimate <= -margin` and of `estimate >= margin`.
    conf_low, conf_high : float
        90 % interval: values outside are ruled out, each by a one-sided test at 5 %.
    least_margin : float
        Least margin within which equivalence could have been stated at 5 %.
    is_equivalent : bool
        Whether the interval lies within the margin, which is where `p_value` is below 5 %.
    """

    term: str
    estimate: float
    margin: float
    p_value: float
    conf_low: float
    conf_high: float
    least_margin: float
    is_equivalent: bool


def smallest_difference(
    estimates: Estimates, term: str | None = None, *, power: float = 0.8
) -> float:
    """Smallest true difference that the design would have told from zero, at 5 %.

    It follows from the error and its degrees of freedom alone, not from the estimate. Bloom (1995),
    Evaluation Review, on minimum detectable effects.

    Parameters
    ----------
    estimates, term
        As for `difference_row`, in whose unit the answer is.
    power : float
        Chance of telling it, from 0.5 to below 1.
    """
    if not 0.5 <= power < 1:
        raise ModelError(f"power is at least 0.5 and below 1, not {power}.")
    _, _, error, df = _figures(estimates, term)
    return float((t_quantile(1 - LEVEL / 2, df) + t_quantile(power, df)) * error)


def equivalence(estimates: Estimates, margin: float, term: str | None = None) -> Equivalence:
    """Test whether a difference is smaller than a margin, either way.

    A difference that cannot be told from zero is not thereby shown to be small; this asks that.
    Schuirmann (1987), J. Pharmacokinetics and Biopharmaceutics; Hartman and Hidalgo (2018),
    American J. Political Science.

    Parameters
    ----------
    estimates, term
        As for `difference_row`, in whose unit the margin is.
    margin : float
        Largest difference, either way, that counts as none, chosen before the estimate is seen.
    """
    if not (np.isfinite(margin) and margin > 0):
        raise ModelError(f"an equivalence margin is a positive number, not {margin}.")
    name, estimate, error, df = _figures(estimates, term)
    half_width = float(t_quantile(1 - LEVEL, df)) * error
    return Equivalence(
        term=name,
        estimate=estimate,
        margin=float(margin),
        p_value=float(t_tail((margin - abs(estimate)) / error, df)),
        conf_low=estimate - half_width,
        conf_high=estimate + half_width,
        least_margin=abs(estimate) + half_width,
        is_equivalent=abs(estimate) + half_width < margin,
    )


def _figures(estimates: Estimates, term: str | None) -> tuple[str, float, float, float]:
    """Name, estimate, error and degrees of freedom of a term."""
    row = difference_row(estimates, term)
    name, error = str(row["term"]), float(row["std_error"])
    if not error > 0:
        raise ModelError(f"the error of {name!r} is {error}: nothing can be tested with it.")
    return name, float(row["estimate"]), error, float(estimates.df[name])
