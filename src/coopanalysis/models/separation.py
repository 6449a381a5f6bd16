"""Separation, looked for before a likelihood is climbed.

Where a combination of regressors tells some outcomes without error, the likelihood has no
maximum: software then reports a large coefficient, a huge error, and "converged".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import optimize, sparse, special

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Bools, Floats, Ints

_TOLERANCE = 1e-6
"""Ten times what the solver lets a row move by."""
_STEPS, _FAR = 12, 1e3
"""Newton's steps towards the maximum of a logit, and slopes beyond which there may be none."""


def find_separation(design: Floats, lower: Bools, upper: Bools) -> Bools:
    """Columns of a full-rank design along which the likelihood rises for ever (Konis 2007).

    `lower` and `upper` are the rows at the lowest and at the highest outcome there can be (0 and 1
    of a logit; 0 of a count: Correia, Guimaraes and Zylkin 2019); all other rows must not move at
    all.
    """
    scaled = _scaled(design)
    fixed = scaled[~(lower | upper)]
    none = np.zeros(design.shape[1], dtype=bool)
    if len(fixed) and np.linalg.matrix_rank(fixed) == design.shape[1]:
        return none
    moving = np.vstack([scaled[upper], -scaled[lower]])
    return np.abs(_direction(moving, fixed)) > _TOLERANCE


def find_falling(design: Floats, is_zero: Bools, codes: Sequence[Ints]) -> tuple[Bools, Bools]:
    """Rows of zeros that columns and effects lower without end, and the columns with a part in it.

    `design` holds the regressors about their means, `codes` the fixed effects.
    """
    n_rows, k = design.shape
    blocks = [sparse.csr_array(_scaled(design))]
    for code in codes:
        shape = (n_rows, int(code.max()) + 1)
        blocks.append(sparse.csr_array((np.ones(n_rows), (np.arange(n_rows), code)), shape=shape))
    joined = sparse.csr_array(sparse.hstack(blocks))
    rows, columns = np.zeros(n_rows, dtype=bool), np.zeros(k, dtype=bool)
    while True:
        held = np.flatnonzero(is_zero & ~rows)
        direction = _direction(-joined[held], joined[~is_zero])
        falls = held[-(joined[held] @ direction) > _TOLERANCE]
        if not len(falls):
            return rows, columns
        rows[falls] = True
        columns |= np.abs(direction[:k]) > _TOLERANCE


def _scaled(design: Floats) -> Floats:
    """Columns whose largest entry is one."""
    unit = np.abs(design).max(axis=0, initial=0.0)
    return np.asarray(design / np.where(unit > 0, unit, 1.0))


def _direction(
    moving: Floats | sparse.csr_array,
    fixed: Floats | sparse.csr_array,
    limits: Floats | None = None,
) -> Floats:
    """Direction with moving @ b >= 0, fixed @ b = 0, that lifts most; zeros if nothing lifts."""
    n_columns = moving.shape[1]
    bound = np.ones(n_columns) if limits is None else limits
    if not moving.shape[0]:
        return np.zeros(n_columns)
    if isinstance(moving, np.ndarray) and not fixed.shape[0] and _is_balanced(moving, bound):
        return np.zeros(n_columns)
    solution = optimize.linprog(
        -moving.sum(axis=0),
        A_ub=-moving,
        b_ub=np.zeros(moving.shape[0]),
        A_eq=fixed if fixed.shape[0] else None,
        b_eq=np.zeros(fixed.shape[0]) if fixed.shape[0] else None,
        bounds=np.column_stack([-bound, bound]),
        method="highs",
    )
    if solution.status != 0:
        raise ModelError(
            f"whether the outcome is separated could not be told ({solution.message}). Use fewer "
            "columns or effects."
        )
    direction = np.asarray(solution.x)
    # What the solver's tolerance lets a row move by is not a lift.
    lifts = float((moving @ direction).max()) > _TOLERANCE
    return direction if lifts else np.zeros(n_columns)


def _is_balanced(moving: Floats, bound: Floats) -> bool:
    """Whether positive weights of the rows add up to nothing, so that no direction lifts a row.

    A logit has them at its maximum: what each row lacks of certainty. What is left of their sum
    bounds the lift of any row by a direction within the limits. A few of Newton's steps find them
    much faster than a linear program does; that these find none says nothing.
    """
    slopes = np.zeros(len(bound))
    for _ in range(_STEPS):
        lack = special.expit(-(moving @ slopes))
        rest = moving.T @ lack
        if float(np.abs(rest) @ bound) <= _TOLERANCE * float(lack.min()) / 2:
            return True
        information = moving.T @ (moving * (lack * (1 - lack))[:, None])
        try:
            slopes += np.linalg.solve(information, rest)
        except np.linalg.LinAlgError:
            return False
        if not np.abs(slopes).max() < _FAR:
            return False
    return False


def find_ordered_separation(design: Floats, level: Ints, n_levels: int) -> Bools:
    """Columns, without an intercept, along which an ordered logit's likelihood rises for ever."""
    scaled = _scaled(design)
    cuts = np.eye(n_levels - 1)
    below, above = level < n_levels - 1, level > 0
    moving = np.vstack(
        [
            np.hstack([-scaled[below], cuts[level[below]]]),
            np.hstack([scaled[above], -cuts[level[above] - 1]]),
        ]
    )
    k = design.shape[1]
    limits = np.concatenate([np.ones(k), np.full(n_levels - 1, k + 1.0)])
    return np.abs(_direction(moving, np.empty((0, moving.shape[1])), limits)[:k]) > _TOLERANCE


def refuse_separation(found: Bools, names: Sequence[str], n_hit: str) -> None:
    """Raise a `ModelError` that names the columns which separate the outcome."""
    guilty = [name for name, is_part in zip(names, found, strict=True) if is_part]
    guilty = [name for name in guilty if name != "(Intercept)"] or guilty
    if guilty:
        raise ModelError(
            f"separation: {', '.join(guilty)} tell {n_hit} without error for some rows, so that "
            "the coefficient has no finite estimate. Leave the column out, join rare categories, "
            "or use ols (a linear probability model)."
        )
