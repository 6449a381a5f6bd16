"""Separation, looked for before a likelihood is climbed.

Where a combination of regressors tells some outcomes without error, the likelihood has no
maximum: software then reports a large coefficient, a huge error, and "converged".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from coopanalysis.errors import ModelError

_TOLERANCE = 1e-7


def find_separation(
    design: NDArray[np.float64], lower: NDArray[np.bool_], upper: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Columns along which the likelihood rises for ever.

    Parameters
    ----------
    design : array, shape (n, k)
        Regressors, full rank.
    lower, upper : array of bool, shape (n,)
        Rows at the lowest and at the highest outcome there can be (0 and 1 of a logit; 0 of a
        count, which has no highest). All other rows must not move at all.

    Returns
    -------
    array of bool, shape (k,)
        True for columns with a part in the direction of separation; none if there is none.

    References
    ----------
    Konis (2007); Correia, Guimaraes and Zylkin (2019) for counts.
    """
    unit = np.abs(design).max(axis=0)
    scaled = design / np.where(unit > 0, unit, 1.0)
    fixed = scaled[~(lower | upper)]
    none = np.zeros(design.shape[1], dtype=bool)
    if len(fixed) and np.linalg.matrix_rank(fixed) == design.shape[1]:
        return none
    moving = np.vstack([scaled[upper], -scaled[lower]])
    return np.abs(_climb(moving, fixed)) > _TOLERANCE


def _climb(
    moving: NDArray[np.float64],
    fixed: NDArray[np.float64],
    reach: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Direction with moving @ b >= 0, fixed @ b = 0, that lifts most; zeros if nothing lifts."""
    n_columns = moving.shape[1]
    bound = np.ones(n_columns) if reach is None else reach
    solution = optimize.linprog(
        -moving.sum(axis=0),
        A_ub=-moving,
        b_ub=np.zeros(len(moving)),
        A_eq=fixed if len(fixed) else None,
        b_eq=np.zeros(len(fixed)) if len(fixed) else None,
        bounds=np.column_stack([-bound, bound]),
        method="highs",
    )
    if solution.status != 0 or -solution.fun <= _TOLERANCE * max(len(moving), 1):
        return np.zeros(n_columns)
    return np.asarray(solution.x)


def find_ordered_separation(
    design: NDArray[np.float64], level: NDArray[np.int64], n_levels: int
) -> NDArray[np.bool_]:
    """Columns along which an ordered logit's likelihood rises for ever.

    Parameters
    ----------
    design : array, shape (n, k)
        Regressors without an intercept.
    level : array of int, shape (n,)
        Outcome, 0 to n_levels - 1.
    n_levels : int
        Levels of the outcome.
    """
    unit = np.abs(design).max(axis=0)
    scaled = design / np.where(unit > 0, unit, 1.0)
    cuts = np.eye(n_levels - 1)
    below, above = level < n_levels - 1, level > 0
    moving = np.vstack(
        [
            np.hstack([-scaled[below], cuts[level[below]]]),
            np.hstack([scaled[above], -cuts[level[above] - 1]]),
        ]
    )
    k = design.shape[1]
    reach = np.concatenate([np.ones(k), np.full(n_levels - 1, k + 1.0)])
    return np.abs(_climb(moving, np.empty((0, moving.shape[1])), reach)[:k]) > _TOLERANCE


def refuse_separation(found: NDArray[np.bool_], names: Sequence[str], n_hit: str) -> None:
    """Raise a `ModelError` that names the columns which separate the outcome."""
    guilty = [name for name, is_part in zip(names, found, strict=True) if is_part]
    guilty = [name for name in guilty if name != "(Intercept)"] or guilty
    if guilty:
        raise ModelError(
            f"separation: {', '.join(guilty)} tell {n_hit} without error for some rows, so that "
            "the coefficient has no finite estimate. Leave the column out, join rare categories, "
            "or use ols (a linear probability model)."
        )
