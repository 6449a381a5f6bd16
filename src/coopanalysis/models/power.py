"""What a null result can say: the least difference a design could tell, and what it rules out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.inference import CONFIDENCE, t_quantile
from coopanalysis.models.results import difference_row
from coopanalysis.models.spec import Estimates

LEVEL = 1 - CONFIDENCE


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests that a difference is smaller than a margin, either way.

    Attributes
    ----------
    term : str
        The term asked about.
    estimate : float
        Its estimate.
    margin : float
        Largest difference, either way, that counts as none.
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

    It follows from the error and its degrees of freedom alone, not from the estimate.

    Parameters
    ----------
    estimates : Estimates
        A fit of any family.
    term : str, optional
        A term of its table; the treatment if not given.
    power : float
        Chance of telling it, 0.5 to 1, exclusive.

    Returns
    -------
    float
        In the unit of `difference_row`: that of the outcome, of a count model a log ratio.

    Raises
    ------
    ModelError
        If the power is not between 0.5 and 1, the term is not in the fit, or it has no error.

    References
    ----------
    Bloom (1995), Evaluation Review, on minimum detectable effects.
    """
    if not 0.5 <= power < 1:
        raise ModelError(f"power is at least 0.5 and below 1, not {power}.")
    _, _, error, df = _figures(estimates, term)
    return float((t_quantile(1 - LEVEL / 2, df) + t_quantile(power, df)) * error)


def equivalence(estimates: Estimates, margin: float, term: str | None = None) -> Equivalence:
    """Test whether a difference is smaller than a margin, either way.

    A difference that cannot be told from zero is not thereby shown to be small; this asks that.

    Parameters
    ----------
    estimates : Estimates
        A fit of any family.
    margin : float
        Largest difference, either way, that counts as none, in the unit of `difference_row`: that
        of the outcome, of a count model a log ratio. It should be chosen before the estimate is
        seen.
    term : str, optional
        A term of its table; the treatment if not given.

    Raises
    ------
    ModelError
        If the margin is not positive, the term is not in the fit, or it has no error.

    References
    ----------
    Schuirmann (1987), J. Pharmacokinetics and Biopharmaceutics; Hartman and Hidalgo (2018),
    American J. Political Science.
    """
    if not (np.isfinite(margin) and margin > 0):
        raise ModelError(f"an equivalence margin is a positive number, not {margin}.")
    name, estimate, error, df = _figures(estimates, term)
    reach = float(t_quantile(1 - LEVEL, df)) * error
    return Equivalence(
        term=name,
        estimate=estimate,
        margin=float(margin),
        p_value=_above((margin - abs(estimate)) / error, df),
        conf_low=estimate - reach,
        conf_high=estimate + reach,
        least_margin=abs(estimate) + reach,
        is_equivalent=abs(estimate) + reach < margin,
    )


def _figures(estimates: Estimates, term: str | None) -> tuple[str, float, float, float]:
    """Name, estimate, error and degrees of freedom of a term."""
    row = difference_row(estimates, term)
    name, error = str(row["term"]), float(row["std_error"])
    if not error > 0:
        raise ModelError(f"the error of {name!r} is {error}: nothing can be tested with it.")
    return name, float(row["estimate"]), error, float(estimates.df[name])


def _above(statistic: float, df: float) -> float:
    """Chance that t exceeds a statistic."""
    return float(special.ndtr(-statistic) if np.isinf(df) else special.stdtr(df, -statistic))
