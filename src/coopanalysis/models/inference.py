"""From estimate, standard error and degrees of freedom to the rows every result shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from coopanalysis.models.arrays import Floats

CONFIDENCE = 0.95
ESTIMATE_COLUMNS = (
    "term",
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "n_obs",
    "n_clusters",
)
SHORT_COLUMNS = tuple(n for n in ESTIMATE_COLUMNS if n not in ("term", "statistic"))


def result_row(row: pd.Series | Mapping[Any, Any], **extra: object) -> dict[str, object]:
    """Result columns of a row as a dictionary, without term and statistic, others before them."""
    return {**extra, **{name: row[name] for name in SHORT_COLUMNS if name in row}}


def t_quantile(probability: float, df: ArrayLike) -> Floats:
    """Quantile of Student's t; infinite degrees of freedom give the normal's, missing ones none."""
    degrees = np.asarray(df, dtype=float)
    finite = np.where(np.isposinf(degrees), 1.0, degrees)
    student, normal = special.stdtrit(finite, probability), special.ndtri(probability)
    return np.asarray(np.where(np.isposinf(degrees), normal, student))


def t_tail(statistic: ArrayLike, df: ArrayLike) -> Floats:
    """Chance that t exceeds a statistic; infinite degrees of freedom mean the normal."""
    value, degrees = np.asarray(statistic, dtype=float), np.asarray(df, dtype=float)
    finite = np.where(np.isposinf(degrees), 1.0, degrees)
    student, normal = special.stdtr(finite, -value), special.ndtr(-value)
    return np.asarray(np.where(np.isposinf(degrees), normal, student))


def t_p_value(statistic: ArrayLike, df: ArrayLike) -> Floats:
    """Two-sided p value of t; infinite degrees of freedom give the normal's, missing ones none."""
    return 2 * t_tail(np.abs(statistic), df)


def inference_table(
    terms: Sequence[str],
    estimate: ArrayLike,
    std_error: ArrayLike,
    df: ArrayLike,
    *,
    n_obs: int,
    n_clusters: int | None,
) -> pd.DataFrame:
    """Rows of results, columns `ESTIMATE_COLUMNS`, with t statistics, p values and 95 % intervals.

    `estimate`, `std_error` and `df` have one value per term; infinite `df` means the normal.
    """
    value = np.asarray(estimate, dtype=float)
    error = np.asarray(std_error, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = value / error
    half_width = t_quantile(0.5 + CONFIDENCE / 2, df) * error
    clusters = pd.array([n_clusters] * len(terms), dtype="Int64")
    return pd.DataFrame(
        {
            "term": pd.Series(list(terms), dtype="str"),
            "estimate": value,
            "std_error": error,
            "statistic": statistic,
            "p_value": t_p_value(statistic, df),
            "conf_low": value - half_width,
            "conf_high": value + half_width,
            "n_obs": np.full(len(terms), n_obs, dtype=np.int64),
            "n_clusters": clusters,
        }
    )
