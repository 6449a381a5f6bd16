"""Several coefficients tested together: Wald, Hotelling, and the wild cluster bootstrap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, symmetric_inverse
from coopanalysis.models.design import INTERCEPT, matrix
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.glm import maximize
from coopanalysis.models.inference import t_p_value
from coopanalysis.models.linear.bootstrap import Multiplier, p_value_of_draws, wild_multipliers
from coopanalysis.models.linear.cluster_products import (
    ClusterGrams,
    clustered_columns,
    cross_products,
    sum_by,
)
from coopanalysis.models.linear.covariance import counted_params, cr1_factor, wald_df
from coopanalysis.models.linear.degenerate import why_vanishing
from coopanalysis.models.linear.least_squares import about_means, least_squares

_SINGULAR = 1e-10
BOOTSTRAPPED = ("ols", "logit", "fractional_logit")
"""Families that the wild cluster bootstrap, or that of their scores, can test."""


def joint_test(estimates: Estimates, terms: Sequence[str]) -> dict[str, float | str]:
    """Wald test that several coefficients are all zero.

    With CR2 it is approximate Hotelling's T squared (HTZ of clubSandwich), whose size holds where
    clusters are few or unlike; with the other clustered errors F by their degrees of freedom, which
    rejects too often there. Pustejovsky and Tipton (2018), J. Business & Economic Statistics.

    Parameters
    ----------
    estimates : Estimates
        A fit of any family.
    terms : sequence of str
        Terms of its table, for example all products with a moderator.

    Returns
    -------
    dict
        `terms`, `statistic` (F), `df_num`, `df_denom` (infinite for the chi-squared), `p_value`.

    Raises
    ------
    ModelError
        If the covariance of the terms is singular (more terms than clusters less one), or CR2 has
        too few degrees of freedom for so many.
    """
    chosen = _chosen(estimates, terms)
    value = estimates.params[chosen].to_numpy()
    covariance = estimates.covariance.loc[chosen, chosen].to_numpy()
    # In standard errors, so that the units of the columns do not decide what is singular.
    error = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        value, covariance = value / error, covariance / np.outer(error, error)
    is_known = bool(np.isfinite(covariance).all())
    # Products of scores leave more of a covariance without rank than the last digits.
    if not is_known or np.linalg.eigvalsh(covariance)[0] <= _SINGULAR:
        raise ModelError(
            f"{len(chosen)} terms cannot be tested together: their covariance is singular, as it "
            "is with fewer clusters than terms. Test fewer."
        )
    statistic = float(value @ np.linalg.solve(covariance, value)) / len(chosen)
    df = float(estimates.df[chosen].min())
    if len(chosen) > 1 and estimates.spec.vcov == "CR2":
        eta = wald_df(*_grams(estimates, chosen))
        df = eta - len(chosen) + 1
        if df <= 0:
            raise ModelError(
                f"{len(chosen)} terms cannot be tested together by CR2: it has {eta:.1f} degrees "
                "of freedom for them. Test fewer, or use wild_joint_test."
            )
        statistic *= df / eta
    if len(chosen) == 1:
        p_value = float(t_p_value(np.sqrt(statistic), df))
    elif np.isfinite(df):
        p_value = float(special.fdtrc(len(chosen), df, statistic))
    else:
        p_value = float(special.chdtrc(len(chosen), statistic * len(chosen)))
    return {
        "terms": ", ".join(chosen),
        "statistic": statistic,
        "df_num": float(len(chosen)),
        "df_denom": df,
        "p_value": p_value,
    }


def suited_joint_test(
    estimates: Estimates, terms: Sequence[str]
) -> tuple[dict[str, float | str], str]:
    """Test several coefficients by what suits their errors, and name the test.

    With CR2 "HTZ", where it has degrees of freedom for so many terms; with other clustered errors
    of least squares or a logit, and where it has not, "Bonferroni"; else "Wald test".
    """
    spec = estimates.spec
    if spec.vcov == "CR2":
        try:
            return joint_test(estimates, terms), "HTZ"
        except ModelError:
            return bonferroni_joint_test(estimates, terms), "Bonferroni"
    if spec.cluster is not None and spec.family in BOOTSTRAPPED:
        return bonferroni_joint_test(estimates, terms), "Bonferroni"
    return joint_test(estimates, terms), "Wald test"


def bonferroni_joint_test(estimates: Estimates, terms: Sequence[str]) -> dict[str, float | str]:
    """Test that several coefficients are all zero by `wild_joint_test` of each.

    Where clusters are few and unlike, Hotelling's T squared hardly ever rejects, and a bootstrap of
    the joint statistic rejects too often (docs/coverage.md); this holds its size if that of each
    does. `p_value` is the smallest of the terms' p values times their number, `statistic` the one
    that belongs to it.
    """
    each = [wild_joint_test(estimates, [term]) for term in terms]
    smallest = min(each, key=lambda test: float(test["p_value"]))
    return {
        **smallest,
        "terms": ", ".join(terms),
        "df_num": float(len(terms)),
        "p_value": min(1.0, len(terms) * float(smallest["p_value"])),
    }


def wild_joint_test(
    estimates: Estimates,
    terms: Sequence[str],
    *,
    n_draws: int = 9_999,
    multiplier: Multiplier = "rademacher",
    seed: int = 20160,
) -> dict[str, float | str]:
    """Test that several coefficients are all zero by the wild cluster bootstrap.

    A logit is fitted without the terms, and its first-order conditions are taken for linear from
    there: the statistic is that of one step, of the sample and of each draw. Roodman, Nielsen,
    MacKinnon and Webb (2019), Stata Journal; MacKinnon, Nielsen and Webb (2025), Econometric
    Reviews, on logistic models.

    Parameters
    ----------
    estimates : Estimates
        A fit by least squares or logit with clustered errors.
    terms : sequence of str
        Terms of its table; one is enough.
    n_draws, multiplier, seed
        As for `wild_cluster_bootstrap`, as is the p value.

    Returns
    -------
    dict
        As of `joint_test`; `statistic` has the CR1 covariance, `df_denom` is missing, and `n_draws`
        is the number of draws used.
    """
    chosen = _chosen(estimates, terms)
    spec, sample = estimates.spec, estimates.sample
    if spec.family not in BOOTSTRAPPED or sample.clusters is None:
        raise ModelError("wild_joint_test needs least squares or a logit with clustered errors.")
    unknown = np.isnan(np.diag(estimates.covariance.loc[chosen, chosen]))
    if unknown.any():
        raise ModelError(f"{', '.join(np.array(chosen)[unknown])}: {why_vanishing(spec)}")
    grams, positions = (_grams if spec.family == "ols" else _steps)(estimates, chosen)
    statistic, p_value, n_used = wild_wald(grams, positions, n_draws, multiplier, seed)
    n_slopes = sum(term != INTERCEPT for term in estimates.shown)
    n_params = counted_params(sample, n_slopes) + (not sample.effects)
    factor = cr1_factor(sample.n_rows, len(grams.gram), n_params)
    return {
        "terms": ", ".join(chosen),
        "statistic": statistic / factor / len(chosen),
        "df_num": float(len(chosen)),
        "df_denom": float("nan"),
        "p_value": p_value,
        "n_draws": float(n_used),
    }


def _chosen(estimates: Estimates, terms: Sequence[str]) -> list[str]:
    chosen = list(terms)
    absent = [term for term in chosen if term not in estimates.params.index]
    if absent or not chosen:
        raise ModelError(
            f"terms {absent or chosen} are not in the fit. There are: {', '.join(estimates.shown)}."
        )
    return chosen


def _grams(estimates: Estimates, chosen: list[str]) -> tuple[ClusterGrams, list[int]]:
    """Cross products of a least-squares fit by cluster, and the positions of terms in them."""
    fit, _ = least_squares(estimates.spec, estimates.sample)
    names = fit.names
    columns = fit.columns if INTERCEPT in chosen else fit.centred
    grams = clustered_columns(estimates.sample, columns)
    return grams, [names.index(term) for term in chosen]


def _steps(estimates: Estimates, chosen: list[str]) -> tuple[ClusterGrams, list[int]]:
    """Information and scores of a logit by cluster, at its coefficients without some terms."""
    sample = estimates.sample
    assert sample.clusters is not None
    names = [term.name for term in sample.terms]
    positions = [names.index(term) for term in chosen]
    design = matrix(sample.terms, sample.columns, sample.n_rows)
    if INTERCEPT not in chosen:
        design = about_means(sample.terms, design, sample.weights)[0]
    restricted = maximize(estimates.spec, np.delete(design, positions, axis=1), sample)
    mean = special.expit(restricted.index)
    weights = sample.weights_or_ones
    root = np.sqrt(weights * mean * (1 - mean))
    gram = cross_products(design * root[:, None], sample.clusters)
    moment = sum_by(sample.clusters, design * (weights * (sample.outcome - mean))[:, None])
    return ClusterGrams(gram, moment), positions


_CHUNK = 2_000


def wild_wald(
    grams: ClusterGrams, positions: list[int], n_draws: int, multiplier: Multiplier, seed: int
) -> tuple[float, float, int]:
    """Wald statistic of coefficients that are zero under the null, bootstrap p value, and draws.

    `grams` are of all columns, `positions` those of the coefficients. The statistic has the
    clusters' sums of scores, without the factor of CR1.
    """
    total, moment = grams.gram.sum(axis=0), grams.moment.sum(axis=0)
    bread = symmetric_inverse(total)
    free = np.delete(np.arange(len(total)), positions)
    scores = grams.moment
    if len(free):
        restricted = symmetric_inverse(total[np.ix_(free, free)]) @ moment[free]
        scores = grams.moment - grams.gram[:, :, free] @ restricted
    shown = bread[positions]
    own, reach = scores @ shown.T, shown @ grams.gram

    def statistics(signs: Floats) -> Floats:
        """Wald statistic of each column of multipliers."""
        moved = bread @ (scores.T @ signs)
        value = moved[positions].T
        # Score sums of each draw's residuals, along the coefficients: draw, cluster, coefficient.
        sums = signs.T[:, :, None] * own - (reach @ moved).transpose(2, 0, 1)
        meat = sums.transpose(0, 2, 1) @ sums
        solved = np.linalg.solve(meat, value[:, :, None])[:, :, 0]
        return np.asarray((value * solved).sum(axis=1))

    signs, is_enumerated = wild_multipliers(len(scores), n_draws, multiplier, seed)
    seen = float(statistics(np.ones((len(scores), 1)))[0])
    n_used = signs.shape[1]
    draws = [statistics(signs[:, k : k + _CHUNK]) for k in range(0, n_used, _CHUNK)]
    return seen, p_value_of_draws(np.concatenate(draws), seen, is_enumerated=is_enumerated), n_used
