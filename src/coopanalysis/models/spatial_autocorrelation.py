"""Spatial autocorrelation: Moran's I, and an estimate in models that allow for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import centre
from coopanalysis.models.dyadic import dyadic_errors
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.fitting import fit
from coopanalysis.models.inference import SHORT_COLUMNS, result_row
from coopanalysis.models.neighbours import Neighbours, border_pairs
from coopanalysis.models.spatial_models import fit_spatial, spatial_impacts
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import only_variable


@dataclass(frozen=True)
class Moran:
    """Moran's I with a permutation test.

    Attributes
    ----------
    statistic, expectation : float
        Slope of the mean of the neighbours on the place, and its mean if values were dealt out at
        random: -1 / (n - 1).
    p_value : float
        Two-sided share of permutations at least as far from the expectation.
    """

    statistic: float
    expectation: float
    p_value: float
    n_obs: int
    n_islands: int
    n_permutations: int


def morans_i(
    values: ArrayLike, neighbours: Neighbours, *, n_permutations: int = 999, seed: int = 20160
) -> Moran:
    """Moran's I of values under row-standardized contiguity. Moran (1950); Cliff and Ord (1981).

    Of residuals the permutation test is approximate, since residuals are not exchangeable.

    Parameters
    ----------
    values, neighbours : array-like, shape (n,), Neighbours
        One value per place, none missing, in the order of `neighbours.ids`; a Series whose index
        holds these ids in another order is put in order.
    n_permutations, seed : int
        Permutations of values over places, and their seed.
    """
    if isinstance(values, pd.Series) and values.index.is_unique:
        position = values.index.get_indexer(neighbours.ids)
        if len(values) == len(position) and (position >= 0).all():
            values = values.iloc[position]
    numbers = np.asarray(values, dtype=float)
    unknown = int((~np.isfinite(numbers)).sum())
    if len(numbers) != neighbours.n_places or unknown:
        raise ModelError(
            f"{len(numbers)} values, {unknown} of them missing or infinite, for "
            f"{neighbours.n_places} places. Take a subset of the neighbours."
        )
    if neighbours.n_islands == neighbours.n_places:
        raise ModelError("no place has a neighbour: Moran's I is not defined.")
    gap = centre(numbers[:, None])[:, 0]
    if not gap.any():
        raise ModelError("all values are alike: Moran's I is not defined.")
    weights = neighbours.weights
    scale = len(gap) / float(weights.sum()) / float(gap @ gap)
    expectation = -1 / (len(gap) - 1)
    seen = scale * float(gap @ (weights @ gap))
    random, count = np.random.default_rng(seed), 0
    for start in range(0, n_permutations, 100):
        size = min(100, n_permutations - start)
        dealt = random.permuted(np.tile(gap, (size, 1)), axis=1).T
        drawn = scale * np.einsum("ij,ij->j", dealt, weights @ dealt)
        count += int((np.abs(drawn - expectation) >= abs(seen - expectation)).sum())
    return Moran(
        statistic=seen,
        expectation=expectation,
        p_value=(1 + count) / (1 + n_permutations),
        n_obs=len(gap),
        n_islands=neighbours.n_islands,
        n_permutations=n_permutations,
    )


PLAIN, ERROR = "Least squares, independent errors", "Spatial error"
IMPACTS = {
    "Spatial lag, on the county itself": "direct",
    "Spatial lag, with its neighbours": "total",
}


@dataclass(frozen=True)
class SpatialComparison:
    """Moran's I, and an estimate in models that let neighbours resemble each other.

    Attributes
    ----------
    outcome, residual : Moran
        Of the outcome and of the residuals of the model.
    estimates : DataFrame, one row per model
        `label`, result columns of the treatment, and `note`: why a model could not be fitted.
    dependence : DataFrame, one row per spatial model that could be fitted
        `label` and result columns of its rho or lambda.
    fits : mapping of label to Estimates
        What the estimates are of; those of a lag are impacts of one.
    pairs : DataFrame
        Rows of the pairs across a border: one per place and pair.
    n_pairs, n_pairs_differing, n_pair_places, n_unmapped : int
        Pairs across a border, those whose two places differ in the treatment, places in them, and
        places used that the map does not have.
    """

    outcome: Moran
    residual: Moran
    estimates: pd.DataFrame
    dependence: pd.DataFrame
    fits: Mapping[str, Estimates]
    pairs: pd.DataFrame
    n_pairs: int
    n_pairs_differing: int
    n_pair_places: int
    n_unmapped: int


def compare_in_space(
    spec: ModelSpec, frame: pd.DataFrame, neighbours: Neighbours, *, place: str, border: str
) -> SpatialComparison:
    """Moran's I of outcome and residuals, spatial error and lag, and pairs across a border.

    Spatial models hold indicators in the place of fixed effects, with errors of the likelihood;
    pairs across a border have an effect each in their place, with `dyadic_errors`. What cannot be
    fitted beside the spec itself has a reason in `estimates`.

    Parameters
    ----------
    spec : ModelSpec
        Least squares without weights.
    frame, neighbours : DataFrame, Neighbours
        One row per place, its index unique, and who borders whom, by the ids in `place`.
    place, border : str
        Columns with the id of the place, and with what a border divides, the state for example.
    """
    main = fit(spec, frame)
    used = frame.loc[main.sample.rows]
    used = used.assign(_outcome=main.sample.outcome, _residual=main.sample.outcome - main.index)
    known = used[used[place].isin(neighbours.ids)]
    near = neighbours.subset(pd.Index(known[place]))
    flat = _flat(spec)
    error = _attempt(lambda: fit_spatial(flat, known, near, kind="error", place=place))
    lag = _attempt(lambda: fit_spatial(flat, known, near, kind="lag", place=place))
    label = f"Neighbours across a {border.removesuffix('_fips')} border"
    pairs, across = _across(spec, known, near, place, border)
    tried = {PLAIN: _attempt(lambda: fit(flat, known)), ERROR: error, label: across}
    tried |= dict.fromkeys(IMPACTS, lag)
    fits = {name: one for name, one in tried.items() if isinstance(one, Estimates)}
    rows = {name: _row(name, one, near) for name, one in tried.items()}
    if isinstance(across, Estimates):
        # A place stands in as many rows as it has neighbours across the border.
        rows[label]["n_obs"] = int(pairs.loc[across.sample.rows, place].nunique())
    dependence = [
        result_row(one.table.iloc[-1], label=name)
        for name, one in {"Spatial error (lambda)": error, "Spatial lag (rho)": lag}.items()
        if isinstance(one, Estimates)
    ]
    return SpatialComparison(
        outcome=morans_i(known["_outcome"], near),
        residual=morans_i(known["_residual"], near),
        estimates=pd.DataFrame([rows[name] for name in (PLAIN, ERROR, *IMPACTS, label)]),
        dependence=pd.DataFrame(dependence, columns=["label", *SHORT_COLUMNS]),
        fits=fits,
        pairs=pairs,
        n_pairs=int(pairs["pair"].nunique()),
        n_pairs_differing=_differing(pairs, spec.treatment),
        n_pair_places=int(pairs[place].nunique()),
        n_unmapped=len(used) - len(known),
    )


def _flat(spec: ModelSpec) -> ModelSpec:
    """Model with indicators in the place of fixed effects, and errors of the likelihood."""
    indicators = [f"C({one})" for one in spec.fixed_effects]
    controls = (*spec.controls, *indicators)
    return replace(spec, vcov="iid", cluster=None, fixed_effects=(), controls=controls)


def _attempt(estimate: Callable[[], Estimates]) -> Estimates | ModelError:
    """Fit a model, or return the reason why it cannot be fitted."""
    try:
        return estimate()
    except ModelError as error:
        return error


def _across(
    spec: ModelSpec, known: pd.DataFrame, near: Neighbours, place: str, border: str
) -> tuple[pd.DataFrame, Estimates | ModelError]:
    """Pairs of neighbours across a border, and the model with an effect for each pair."""
    pairs = known.iloc[:0].assign(pair="")
    try:
        pairs = border_pairs(known, near, place=place, group=border)
        plain = replace(spec, fixed_effects=("pair",), vcov="CR1", cluster=border)
        return pairs, dyadic_errors(fit(plain, pairs), pairs, group=border)
    except ModelError as error:
        return pairs, error


def _differing(pairs: pd.DataFrame, treatment: str) -> int:
    """Pairs that tell of the treatment: with an effect for each, no other does."""
    sides = pairs.groupby("pair")[only_variable(treatment).column]
    return int((sides.max() > sides.min()).sum())


def _row(label: str, found: Estimates | ModelError, near: Neighbours) -> dict[str, object]:
    """Result row of the treatment, that of a lag as an impact, or why there is none."""
    if isinstance(found, ModelError):
        return {"label": label, **dict.fromkeys(SHORT_COLUMNS[:5], np.nan), "note": str(found)}
    row = found.row
    if label in IMPACTS:
        impacts = spatial_impacts(found, near)
        is_asked = (impacts["term"] == row["term"]) & (impacts["impact"] == IMPACTS[label])
        row = impacts[is_asked].iloc[0]
    return {**result_row(row, label=label), "note": ""}
