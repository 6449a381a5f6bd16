"""County polygons in one flat map plane, ready to draw.

Real boundaries come in longitude and latitude. The lower 48 states go through an equal-area
projection; Alaska, scaled down, and Hawaii go through their own and are moved below the south
west, as readers of US maps expect. Unit of the plane: kilometre; y points up. Boundaries that
come in a plane of their own are used as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer

Geometries = npt.NDArray[np.object_]

TOLERANCE_KM = 2.5
"""Detail kept: a map 1,000 pixels wide has one pixel for about 4.6 km."""


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
        geometries = _only_areas(_simplified(geometries))
    return frame.assign(geometry=geometries)


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


def _simplified(geometries: Geometries) -> Geometries:
    """Simplify shared borders alike, so that neighbours neither part nor overlap."""
    return np.asarray(shapely.coverage_simplify(geometries, TOLERANCE_KM))


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
