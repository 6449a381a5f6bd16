"""Weights that make compared counties alike: entropy balancing, coarsened matching, propensity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import (
    DIGITS,
    Floats,
    Ints,
    find_collinear,
    is_constant,
    spread_about_mean,
)
from coopanalysis.models.comparability import (
    balance_table,
    complete_cases,
    covariate_columns,
    effective_sample_size,
    read_treated,
)
from coopanalysis.models.design import Factor, read_column

MAX_STEPS = 200


@dataclass(frozen=True)
class Balancing:
    """Weights for an average effect on the treated.

    Attributes
    ----------
    weights : Series, index of the frame given
        1 for treated rows that are used, positive for controls, 0 for rows left out.
    balance : DataFrame
        `balance_table` before and after.
    n_treated, n_control, effective_controls : int, int, float
        Rows with a positive weight, and controls of equal weight that would carry as much.
    notes : tuple of str
        Rows left out and why.
    """

    weights: pd.Series
    balance: pd.DataFrame
    n_treated: int
    n_control: int
    effective_controls: float
    notes: tuple[str, ...]


def entropy_balance(
    frame: pd.DataFrame, treatment: str, covariates: Sequence[str], *, moments: int = 1
) -> Balancing:
    """Weight controls so that their covariate means equal those of the treated, exactly.

    Among all weights that do so, those nearest to equal in relative entropy; they sum to the number
    of treated rows. If no mix of controls reaches the means, the error names the covariates
    farthest from balance. Hainmueller (2012), Political Analysis.

    Parameters
    ----------
    frame, treatment, covariates
        As for `balance_table`.
    moments : int
        1 balances means; 2 also squares of columns with more than two values, so variances.
    """
    kept, dropped = complete_cases(frame, [treatment, *covariates])
    treated = read_treated(kept, treatment)
    names, columns = covariate_columns(kept, covariates, all_levels=False)
    if moments > 1:
        many = [k for k in range(columns.shape[1]) if len(np.unique(columns[:, k])) > 2]
        centred = columns[:, many] - columns[treated][:, many].mean(axis=0)
        columns = np.column_stack([columns, centred**2])
        names += [f"{names[k]} squared" for k in many]
    target = columns[treated].mean(axis=0)
    # A gap of the size of the digits of a mean is none.
    controls = columns[~treated] - target
    controls[np.abs(controls) <= DIGITS * np.abs(columns).max(axis=0)] = 0.0
    weights = np.ones(len(kept))
    weights[~treated] = float(treated.sum()) * _tilt(controls, names)
    return _balancing(frame, kept, treatment, covariates, weights, _dropped(dropped))


def _tilt(gap: Floats, names: Sequence[str]) -> Floats:
    """Weights that sum to one, proportional to exp(gap @ slopes), with mean gap zero."""
    unit = np.sqrt(spread_about_mean(gap) / len(gap))
    scaled = gap / np.where(unit > 0, unit, 1.0)
    stuck = [names[k] for k in range(len(names)) if unit[k] == 0 and abs(gap[0, k]) > 0]
    if stuck:
        raise ModelError(
            f"{', '.join(stuck)} takes one value among the controls, not the treated's: no weights "
            "can balance it. Leave it out, or compare within its values."
        )
    centred = scaled - scaled.mean(axis=0)
    lost = set(find_collinear(centred.T @ centred, (scaled**2).sum(axis=0) + (unit == 0)))
    columns = scaled[:, [k for k in range(len(names)) if k not in lost]]
    slopes, value = np.zeros(columns.shape[1]), float(np.log(len(columns)))
    for _ in range(MAX_STEPS):
        weights = special.softmax(columns @ slopes)
        mean = weights @ columns
        if np.abs(weights @ scaled).max() < 1e-10:
            return np.asarray(weights)
        spread = (columns * weights[:, None]).T @ columns - np.outer(mean, mean)
        step = np.linalg.lstsq(spread, -mean, rcond=1e-13)[0]
        length = 1.0
        while length > 1e-8:
            trial = float(special.logsumexp(columns @ (slopes + length * step)))
            if trial <= value + 1e-4 * length * float(mean @ step) + 1e-14:
                break
            length /= 2
        slopes, value = slopes + length * step, trial
    left = np.abs(weights @ scaled)
    worst = [names[k] for k in np.argsort(-left)[:3] if left[k] > 1e-6]
    raise ModelError(
        f"no weights on the controls reach the treated's means (farthest: {', '.join(worst)}). "
        "Use fewer covariates, or coarsened_exact_match, which leaves treated rows out."
    )


def coarsened_exact_match(
    frame: pd.DataFrame,
    treatment: str,
    covariates: Sequence[str],
    cutpoints: Mapping[str, int | Sequence[float]] | None = None,
) -> Balancing:
    """Compare only rows that share a cell of coarsened covariates.

    Iacus, King and Porro (2012), Political Analysis.

    Parameters
    ----------
    frame, treatment, covariates
        As for `balance_table`; categories are taken as they are.
    cutpoints : mapping of str to int or sequence of float, optional
        Number of bins of equal width, or the cut points. Columns not named are cut by Sturges'
        rule, as MatchIt does.

    Returns
    -------
    Balancing
        Controls of a cell share the weight of its treated rows, scaled so that control weights sum
        to the number of matched controls, as MatchIt's do. Unmatched rows have weight 0.
    """
    kept, dropped = complete_cases(frame, [treatment, *covariates])
    treated = read_treated(kept, treatment)
    cuts = dict(cutpoints or {})
    strangers = sorted(set(cuts) - set(covariates))
    if strangers:
        raise ModelError(f"cutpoints name {', '.join(strangers)}, which are not covariates.")
    cells = pd.DataFrame({name: _coarsen(kept, name, cuts.get(name)) for name in covariates})
    cell = cells.groupby(list(covariates)).ngroup().to_numpy()
    in_treated = np.bincount(cell[treated], minlength=cell.max() + 1)
    in_control = np.bincount(cell[~treated], minlength=cell.max() + 1)
    matched = ((in_treated > 0) & (in_control > 0))[cell]
    if not matched.any():
        raise ModelError(
            "no cell holds both treated and controls. Use wider cuts or fewer columns."
        )
    n_treated, n_control = int((matched & treated).sum()), int((matched & ~treated).sum())
    share = in_treated[cell] / np.maximum(in_control[cell], 1) * n_control / n_treated
    weights = np.where(matched, np.where(treated, 1.0, share), 0.0)
    note = (
        f"{int((treated & ~matched).sum()):,} of {int(treated.sum()):,} treated and "
        f"{int((~treated & ~matched).sum()):,} of {int((~treated).sum()):,} control rows share no "
        "cell with the other group and are left out: the comparison is about the rest."
    )
    return _balancing(frame, kept, treatment, covariates, weights, [*_dropped(dropped), note])


def _coarsen(kept: pd.DataFrame, name: str, cuts: int | Sequence[float] | None) -> Ints:
    values = read_column(kept, name)
    if isinstance(values, Factor):
        return values.codes
    if not isinstance(cuts, Sequence) and is_constant(values):
        return np.zeros(len(values), dtype=np.int64)  # bins of equal width would part its digits
    if cuts is None:
        cuts = int(np.ceil(np.log2(len(values)) + 1))
    if isinstance(cuts, Integral):
        if cuts < 1:
            raise ModelError(f"{name!r} cannot be cut into {cuts} bins.")
        edges = np.linspace(values.min(), values.max(), int(cuts) + 1)[1:-1]
    else:
        edges = np.sort(np.asarray(cuts, dtype=float))
    return np.asarray(np.searchsorted(edges, values, side="right"), dtype=np.int64)


def _dropped(count: int) -> list[str]:
    return [f"{count} rows left out for missing values."] if count else []


def _balancing(
    frame: pd.DataFrame,
    kept: pd.DataFrame,
    treatment: str,
    covariates: Sequence[str],
    weights: Floats,
    notes: list[str],
) -> Balancing:
    positive = weights > 0
    treated = read_treated(kept, treatment)
    weighed = kept.assign(_weight=weights)
    full = np.zeros(len(frame))
    full[frame[list(kept.columns)].notna().all(axis=1).to_numpy()] = weights
    controls = weights[positive & ~treated]
    return Balancing(
        weights=pd.Series(full, index=frame.index, name="weight"),
        balance=balance_table(weighed, treatment, covariates, weights="_weight"),
        n_treated=int((positive & treated).sum()),
        n_control=len(controls),
        effective_controls=effective_sample_size(controls),
        notes=tuple(notes),
    )
