"""Whether compared counties are comparable: balance, propensity of treatment, overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Bools, Floats
from coopanalysis.models.design import Factor, Part, column_parts, read_column
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.glm import fit_glm
from coopanalysis.models.row_selection import check_columns, check_finite
from coopanalysis.models.sample import build_sample, used_columns
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import bare_name, columns_of

N_BINS = 10


def read_treated(frame: pd.DataFrame, treatment: str) -> Bools:
    """Treatment as true and false; an error if it is anything but two groups of zeros and ones."""
    if not pd.api.types.is_numeric_dtype(frame[treatment]):
        raise ModelError(f"treatment {treatment!r} is {frame[treatment].dtype}; give 0 and 1.")
    values = frame[treatment].to_numpy(dtype=float)
    if not np.isin(values, (0.0, 1.0)).all():
        raise ModelError(f"treatment {treatment!r} must hold 0 and 1 only to compare two groups.")
    if values.min() == values.max():
        raise ModelError(
            f"treatment {treatment!r} is {values[0]:g} in every row: nobody to compare."
        )
    return np.asarray(values == 1)


def read_balancing_weights(frame: pd.DataFrame, weights: str, treated: Bools) -> Floats:
    """Weights; an error if one is negative or a group has none above zero."""
    values = frame[weights].to_numpy(dtype=float)
    if (values < 0).any():
        raise ModelError(f"weights {weights!r} are negative in {int((values < 0).sum())} rows.")
    if not (values[treated].any() and values[~treated].any()):
        raise ModelError(f"weights {weights!r} are zero throughout one of the two groups.")
    return values


def covariate_columns(
    frame: pd.DataFrame, covariates: Sequence[str], *, all_levels: bool = True
) -> tuple[list[str], Floats]:
    """Names and numeric columns of covariates, one indicator per level of a category."""
    if not covariates:
        raise ModelError("no covariate was given.")
    names, blocks = [], []
    for covariate in covariates:
        name, values = bare_name(covariate), read_column(frame, covariate)
        columns = {name: values}
        parts = column_parts(covariate, columns)
        if isinstance(values, Factor) and all_levels:
            parts = [Part(name, level) for level in values.levels]
        names += [part.name for part in parts]
        blocks += [part.values(columns) for part in parts]
    return names, np.column_stack(blocks)


def complete_cases(frame: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """Rows without a missing value in the columns of terms, and how many were left out."""
    columns = columns_of(names)
    check_columns(frame, columns)
    kept = frame[columns].dropna()
    if kept.empty:
        raise ModelError(f"no row has values in all of {', '.join(columns)}.")
    check_finite(kept, columns)
    return kept, len(frame) - len(kept)


def balance_table(
    frame: pd.DataFrame, treatment: str, covariates: Sequence[str], weights: str | None = None
) -> pd.DataFrame:
    """Means of covariates in both groups and their standardized differences.

    The difference of means over the root of the mean of the two groups' unweighted variances,
    before and after, so that weights cannot shrink it by widening the groups. Stuart (2010),
    Statistical Science.

    Parameters
    ----------
    frame : DataFrame, one row per unit
    treatment : str
        Column of zeros and ones.
    covariates : sequence of str
        Numeric columns or terms such as `log2(x)`, or categories (one row per level).
    weights : str, optional
        Column of balancing weights, for the columns whose name ends in `_weighted`.

    Returns
    -------
    DataFrame, one row per covariate or level
        `covariate, mean_treated, mean_control, std_difference` (infinite where the groups differ
        and neither varies), the last three also weighted; `n_treated, n_control, n_missing` (rows
        left out because a value was missing).
    """
    names = [treatment, *covariates, *([weights] if weights else [])]
    kept, n_missing = complete_cases(frame, names)
    treated = read_treated(kept, treatment)
    labels, columns = covariate_columns(kept, covariates)
    spread = np.sqrt((_variance(columns[treated]) + _variance(columns[~treated])) / 2)
    table = pd.DataFrame({"covariate": labels})
    sets = {"": np.ones(len(kept))}
    if weights is not None:
        sets["_weighted"] = read_balancing_weights(kept, weights, treated)
    for suffix, weight in sets.items():
        mean_treated = np.average(columns[treated], axis=0, weights=weight[treated])
        mean_control = np.average(columns[~treated], axis=0, weights=weight[~treated])
        table[f"mean_treated{suffix}"] = mean_treated
        table[f"mean_control{suffix}"] = mean_control
        with np.errstate(divide="ignore", invalid="ignore"):
            difference = (mean_treated - mean_control) / spread
        # Groups that differ without any spread within them could not be farther apart.
        same = np.isclose(mean_treated, mean_control, rtol=1e-12, atol=0)
        apart = np.where(same, 0.0, np.copysign(np.inf, mean_treated - mean_control))
        size = np.maximum(np.abs(mean_treated), np.abs(mean_control))
        table[f"std_difference{suffix}"] = np.where(spread > 1e-12 * size, difference, apart)
    return table.assign(
        n_treated=int(treated.sum()), n_control=int((~treated).sum()), n_missing=n_missing
    )


def _variance(columns: Floats) -> Floats:
    return np.asarray(columns.var(axis=0, ddof=1) if len(columns) > 1 else columns.var(axis=0))


def effective_sample_size(weights: Floats) -> float:
    """Rows of equal weight that would carry as much: (sum w) squared over sum (w squared)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def propensity_scores(
    frame: pd.DataFrame, treatment: str, covariates: Sequence[str], *, groups: Sequence[str] = ()
) -> pd.Series:
    """Probability of treatment given covariates, by logit; missing for incomplete rows.

    Parameters
    ----------
    frame, treatment, covariates
        As for `balance_table`.
    groups : sequence of str
        Columns whose every value has its own level, states for example. Where all of a group are
        alike in the treatment, that is their probability.
    """
    numbered = frame.reset_index(drop=True)
    return scores_of(fit_propensity(numbered, treatment, covariates, groups), numbered).set_axis(
        frame.index
    )


def fit_propensity(
    frame: pd.DataFrame, treatment: str, covariates: Sequence[str], groups: Sequence[str] = ()
) -> Estimates:
    """Logit behind `propensity_scores`, on a frame with unique labels."""
    first, *rest = covariates
    spec = ModelSpec(
        treatment,
        first,
        controls=tuple(rest),
        fixed_effects=tuple(groups),
        family="logit",
        vcov="iid",
    )
    return fit_glm(spec, build_sample(spec, frame, asks_errors=False))


def scores_of(logit: Estimates, frame: pd.DataFrame) -> pd.Series:
    """Probabilities of a logit from `fit_propensity`, by row of its frame."""
    scores = pd.Series(np.nan, index=frame.index, name="propensity")
    if logit.spec.fixed_effects:
        # Complete rows that were not used are of groups that are all alike.
        complete = frame[used_columns(logit.spec)].notna().all(axis=1)
        scores[complete] = frame.loc[complete, logit.spec.outcome].astype("float64")
    scores.loc[logit.sample.rows] = special.expit(logit.index)
    return scores


def overlap_table(scores: pd.Series, treated: pd.Series) -> pd.DataFrame:
    """Rows of both groups by bins of the propensity score: where there is nobody to compare.

    Parameters
    ----------
    scores, treated : Series
        Scores, 0 to 1, and zeros and ones, of one index. Rows where either is missing are left out.

    Returns
    -------
    DataFrame, one row per tenth of 0 to 1
        `low, high, n_treated, n_control`.
    """
    if not treated.index.equals(scores.index):
        found = treated.index.is_unique and scores.index.isin(treated.index).all()
        if not found:
            raise ModelError("scores and treated do not have the same index.")
        treated = treated.reindex(scores.index)
    known = (scores.notna() & treated.notna().to_numpy()).to_numpy()
    edges = np.linspace(0, 1, N_BINS + 1)
    values = scores.to_numpy(dtype=float)[known]
    is_treated = treated.to_numpy(dtype=float, na_value=np.nan)[known] == 1
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "n_treated": np.histogram(values[is_treated], edges)[0],
            "n_control": np.histogram(values[~is_treated], edges)[0],
        }
    )
