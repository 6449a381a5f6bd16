"""County polygons in one flat map plane, ready to draw.

Real boundaries come in longitude and latitude. The lower 48 states go through an equal-area
projection; Alaska, scaled down, and Hawaii go through their own and are moved below the south
west, as readers of US maps expect. Unit of the plane: kilometre; y points up. Boundaries that
come in a plane of their own are used as they are.

Units that only a later county list has may come from a second file, in another plane. Counties
that both files have say how one plane is turned into the other: no projection need be known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer

from coopanalysis.errors import DataError

Geometries = npt.NDArray[np.object_]

TOLERANCE_KM = 2.5
"""Detail kept: a map 1,000 pixels wide has one pixel for about 4.6 km."""
NEAREST = 40
FARTHEST_KM = 5.0
"""How far the middle of a county known to both files may come to lie from its place."""


@dataclass(frozen=True)
class Inset:
    """How the polygons of some states are brought into the plane.

    `projection` is in metres and is scaled by `scale`; `corner` is where the lower left corner
    goes, in km (None: where the projection puts it). Parts wholly west of `west_limit` are not
    drawn.
    """

    projection: str
    scale: float = 1.0
    corner: tuple[float, float] | None = None
    west_limit: float = -180.0


LOWER_48 = Inset("EPSG:5070")
INSETS: dict[str, Inset] = {
    "02": Inset("EPSG:3338", 0.35, (-2320.0, 290.0)),
    "15": Inset("ESRI:102007", 1.0, (-1010.0, 290.0), west_limit=-161.0),
}


def build_boundaries(polygons: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Bring county polygons of `read_topojson` into one flat plane, sorted by code.

    Those of territories are left out.
    """
    territories = set(states.loc[states["kind"] == "territory", "state_fips"])
    state_fips = polygons["id"].str[:2]
    drawn = ~state_fips.isin(territories)
    frame = pd.DataFrame(
        {
            "county_fips": polygons.loc[drawn, "id"],
            "state_fips": state_fips[drawn],
            "geometry": polygons.loc[drawn, "geometry"],
        }
    ).sort_values("county_fips", ignore_index=True)
    geometries = _only_areas(frame["geometry"].to_numpy())
    if (polygons["plane"] == "lonlat").any():
        geometries = _project_all(geometries, frame["state_fips"].to_numpy(dtype=object))
        # Shared borders are simplified alike, so that neighbours neither part nor overlap.
        geometries = _only_areas(np.asarray(shapely.coverage_simplify(geometries, TOLERANCE_KM)))
    return frame.assign(geometry=geometries)


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


def _project_all(geometries: Geometries, states: npt.NDArray[np.object_]) -> Geometries:
    projected = geometries.copy()
    lower = ~np.isin(states, list(INSETS))
    projected[lower] = _project(geometries[lower], LOWER_48)
    for state, inset in INSETS.items():
        here = states == state
        if here.any():
            projected[here] = _project(geometries[here], inset)
    return projected


def _project(geometries: Geometries, inset: Inset) -> Geometries:
    kept = np.array([_without_far_parts(shape, inset.west_limit) for shape in geometries])
    plane = shapely.transform(kept, _projector(inset))
    if inset.corner is None:
        return np.asarray(plane)
    left, bottom, _, _ = shapely.total_bounds(plane)
    offset = np.subtract(inset.corner, (left, bottom))
    return np.asarray(shapely.transform(plane, lambda points: points + offset))


def _projector(inset: Inset) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    transformer = Transformer.from_crs("EPSG:4269", inset.projection, always_xy=True)
    kilometres = inset.scale / 1000

    def project(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1])) * kilometres

    return project


def _without_far_parts(shape: shapely.Geometry, west_limit: float) -> shapely.Geometry:
    """Drop parts beyond a limit, unless nothing would be left."""
    if west_limit <= -180:
        return shape
    parts = shapely.get_parts(shape)
    near = parts[shapely.bounds(parts)[:, 2] > west_limit]
    return shape if len(near) in (0, len(parts)) else shapely.multipolygons(near)


def _only_areas(geometries: Geometries) -> Geometries:
    """Valid polygons without the points and lines that making them valid may leave."""
    valid = geometries.copy()
    crossed = ~shapely.is_valid(valid)
    valid[crossed] = shapely.make_valid(valid[crossed])
    mixed = np.flatnonzero(
        shapely.get_type_id(valid) == int(shapely.GeometryType.GEOMETRYCOLLECTION)
    )
    for place in mixed:
        parts = shapely.get_parts(valid[place])
        valid[place] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return np.asarray(valid)


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
