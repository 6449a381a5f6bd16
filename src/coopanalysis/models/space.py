"""Whether neighbouring places resemble each other, and what that does to an estimate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from coopanalysis.models.fitting import fit
from coopanalysis.models.inference import result_row
from coopanalysis.models.moran import Moran, morans_i
from coopanalysis.models.neighbours import Neighbours, border_pairs
from coopanalysis.models.spatial import fit_spatial, spatial_impacts
from coopanalysis.models.spec import ModelSpec

PLAIN = "Least squares, independent errors"


@dataclass(frozen=True)
class Space:
    """Moran's I, and an estimate in models that let neighbours resemble each other.

    Attributes
    ----------
    outcome, residual : Moran
        Of the outcome and of the residuals of the model.
    estimates : DataFrame, one row per model
        `label` and result columns of the treatment.
    dependence : DataFrame, one row per spatial model
        `label` and result columns of its rho or lambda.
    n_pairs, n_pair_places, n_unmapped : int
        Pairs across a border, places in them, places used that the map does not have.
    """

    outcome: Moran
    residual: Moran
    estimates: pd.DataFrame
    dependence: pd.DataFrame
    n_pairs: int
    n_pair_places: int
    n_unmapped: int


def compare_in_space(
    spec: ModelSpec, frame: pd.DataFrame, neighbours: Neighbours, *, place: str, border: str
) -> Space:
    """Moran's I of outcome and residuals, spatial error and lag, and pairs across a border.

    Parameters
    ----------
    spec : ModelSpec
        Least squares without weights.
    frame : DataFrame, one row per place
        The data, its index unique.
    neighbours : Neighbours
        Who borders whom, by the ids in `place`.
    place, border : str
        Columns with the id of the place, and with what a border divides, the state for example.

    Returns
    -------
    Space
        Spatial models hold indicators in the place of fixed effects, with errors of the
        likelihood; pairs across a border have an effect each in their place, with the errors of
        the spec.

    Raises
    ------
    ModelError
        If a model cannot be fitted, or no pair crosses a border.
    """
    main = fit(spec, frame)
    used = frame.loc[main.sample.rows]
    used = used.assign(_outcome=main.sample.outcome, _residual=main.sample.outcome - main.index)
    known = used[used[place].isin(neighbours.ids)]
    near = neighbours.subset(pd.Index(known[place]))
    estimates, dependence = _spatial_models(spec, known, near, place)
    pairs = border_pairs(known, near, place=place, group=border)
    across = fit(replace(spec, fixed_effects=("pair",)), pairs)
    # A place stands in as many rows as it has neighbours across the border.
    n_places = int(pairs.loc[across.sample.rows, place].nunique())
    label = f"Neighbours across a {border.removesuffix('_fips')} border"
    paired = {**result_row(across.row, label=label), "n_obs": n_places}
    return Space(
        outcome=morans_i(known["_outcome"], near),
        residual=morans_i(known["_residual"], near),
        estimates=pd.DataFrame([*estimates, paired]),
        dependence=pd.DataFrame(dependence),
        n_pairs=int(pairs["pair"].nunique()),
        n_pair_places=int(pairs[place].nunique()),
        n_unmapped=len(used) - len(known),
    )


def _spatial_models(
    spec: ModelSpec, known: pd.DataFrame, near: Neighbours, place: str
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Least squares, error and lag with indicators, and errors of the likelihood."""
    indicators = [f"C({one})" for one in spec.fixed_effects]
    flat = replace(
        spec, vcov="iid", cluster=None, fixed_effects=(), controls=(*spec.controls, *indicators)
    )
    plain = fit(flat, known)
    error = fit_spatial(flat, known, near, kind="error", place=place)
    lag = fit_spatial(flat, known, near, kind="lag", place=place)
    impacts = spatial_impacts(lag, near)
    by_impact = impacts[impacts["term"] == spec.treatment].set_index("impact").to_dict("index")
    estimates = [
        result_row(plain.row, label=PLAIN),
        result_row(error.row, label="Spatial error"),
        result_row(by_impact["direct"], label="Spatial lag, on the county itself"),
        result_row(by_impact["total"], label="Spatial lag, with its neighbours"),
    ]
    dependence = [
        result_row(each.table.iloc[-1], label=label)
        for each, label in ((error, "Spatial error (lambda)"), (lag, "Spatial lag (rho)"))
    ]
    return estimates, dependence
