"""Outlines of the counties of one state, with north up at the middle of the state."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer

from coopanalysis.panel import Panel
from coopanalysis.panel.map_plane import INSETS, LOWER_48

_METRES = 1000.0
_STEP_DEGREES = 0.01


def state_shapes(panel: Panel, state_fips: str, year: int | None = None) -> pd.DataFrame:
    """Outlines of the counties of one state, in the list of a year or in the base list.

    The plane of the release has its middle meridian far from most states, so that a state alone
    would lean. In a conic projection another middle meridian turns the plane and does nothing
    else: turning a state until north is up at its middle is the projection centred on it.

    Alaska and Hawaii have projections of their own, and fictional states no north.

    Returns
    -------
    DataFrame
        As `Panel.boundaries_of`.
    """
    every = panel.boundaries_of(panel.build["base_list"] if year is None else year)
    shapes = every[every["state_fips"] == state_fips].reset_index(drop=True)
    if panel.release == "demo" or state_fips in INSETS or shapes.empty:
        return shapes
    west, south, east, north = shapely.total_bounds(shapes["geometry"].to_numpy())
    middle = np.array([(west + east) / 2, (south + north) / 2])
    right, up = _north(middle)
    turn = np.array([[up, right], [-right, up]])
    turned = shapely.transform(
        shapes["geometry"].to_numpy(), lambda points: (points - middle) @ turn + middle
    )
    return shapes.assign(geometry=turned)


def _north(place: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Direction of north at a place of the plane, of length 1."""
    to_plane = Transformer.from_crs("EPSG:4269", LOWER_48.projection, always_xy=True)
    east, north = (float(one) * _METRES for one in place)
    longitude, latitude = to_plane.transform(east, north, direction="INVERSE")
    further = np.array(to_plane.transform(longitude, latitude + _STEP_DEGREES))
    step: npt.NDArray[np.float64] = further - np.array([east, north])
    return np.asarray(step / np.linalg.norm(step))
