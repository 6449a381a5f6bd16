"""Outlines of units that only a later county list has, laid into the plane of the map.

A second file of boundaries may come in a plane of its own. The counties that both files have say
how one plane is turned into the other, so its projection need not be known.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coopanalysis.errors import DataError
from coopanalysis.panel.boundaries import TOLERANCE_KM

NEAREST = 40
FARTHEST_KM = 5.0
"""How far the middle of a county known to both files may come to lie from its place."""


def add_later_units(
    boundaries: pd.DataFrame, later: pd.DataFrame | None, changes: pd.DataFrame | None
) -> pd.DataFrame:
    """Add the units of a later list, in any plane, and say of which years' lists each outline is.

    `first_year` and `last_year` are missing where there is no limit. The outlines of any one year
    do not overlap. Raises `DataError` if the counties common to both files do not lie alike.
    """
    years = pd.Series(pd.NA, index=boundaries.index, dtype="Int64")
    dated = boundaries.assign(first_year=years, last_year=years)
    if later is None or changes is None:
        return dated
    redrawn = changes[changes["new_fips"].isin(set(later["id"]) - set(boundaries["county_fips"]))]
    if redrawn.empty:
        return dated
    since = redrawn.drop_duplicates("new_fips").set_index("new_fips")["list_year"]
    until = redrawn.drop_duplicates("old_fips").set_index("old_fips")["list_year"] - 1
    units = later[later["id"].isin(since.index)]
    shapes = _moved(units["geometry"].to_numpy(), later, boundaries)
    added = pd.DataFrame(
        {
            "county_fips": units["id"].to_numpy(),
            "state_fips": units["id"].str[:2].to_numpy(),
            "geometry": shapely.coverage_simplify(shapes, TOLERANCE_KM),
            "first_year": units["id"].map(since).to_numpy(),
        }
    )
    dated["last_year"] = dated["county_fips"].map(until).astype("Int64")
    both = pd.concat([dated, added.astype({"first_year": "Int64"})], ignore_index=True)
    both["last_year"] = both["last_year"].astype("Int64")
    return both.sort_values("county_fips", ignore_index=True)


def _moved(
    shapes: npt.NDArray[np.object_], later: pd.DataFrame, boundaries: pd.DataFrame
) -> npt.NDArray[np.object_]:
    """Move shapes by the linear map that takes the nearest common counties to their places."""
    known = boundaries.set_index("county_fips")["geometry"]
    common = later[later["id"].isin(known.index)]
    there = _middles(common["geometry"].to_numpy())
    here = _middles(known.loc[common["id"]].to_numpy())
    middle = _middles(shapes).mean(axis=0)
    near = np.argsort(np.linalg.norm(there - middle, axis=1))[:NEAREST]
    from_points = np.column_stack([there[near], np.ones(len(near))])
    matrix, *_ = np.linalg.lstsq(from_points, here[near], rcond=None)
    off = np.linalg.norm(from_points @ matrix - here[near], axis=1)
    if off.max() > FARTHEST_KM:
        raise DataError(
            "boundaries of the later list",
            f"do not lie alike: after the best shift and turn, a county that both files have is "
            f"{off.max():.1f} km from its place (at most {FARTHEST_KM:g})",
            "Check that both files are of the same country, or leave the later one out.",
        )
    moved = shapely.transform(
        shapes, lambda points: np.column_stack([points, np.ones(len(points))]) @ matrix
    )
    return np.asarray(moved)


def _middles(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    return np.asarray(shapely.get_coordinates(shapely.centroid(shapes)))
