"""Points of a map, decoded, and whether they can be: two numbers each, and none far off the others.

All points of a file are decoded as one array, so one point too long would move every county.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from coopanalysis.catalog.raw_columns import COORDINATES, LATITUDES, LONGITUDES
from coopanalysis.errors import DataError

Points = npt.NDArray[np.float64]
FAR_OFF = 10.0
"""Extents of the map, without its outermost hundredth, that a point may lie beyond it."""
_SHOWN = 5


def read_points(
    document: dict[str, Any], records: Sequence[dict[str, Any]], where: str
) -> tuple[Points, npt.NDArray[np.int64]]:
    """Points of all arcs of a TopoJSON document; arc i is `points[starts[i]:starts[i + 1]]`.

    `DataError` names the features of `records` drawn with a point that is not two finite numbers
    of a sensible size; `ValueError` if the grid's scale is no number.
    """
    arcs = document["arcs"]
    if not set(map(len, chain.from_iterable(arcs))) <= {2}:
        bad = [number for number, arc in enumerate(arcs) if any(len(point) != 2 for point in arc)]
        raise _error(where, bad, records, "have a point that is not two numbers")
    lengths = np.fromiter(map(len, arcs), dtype="int64", count=len(arcs))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    flat = chain.from_iterable(chain.from_iterable(arcs))
    points = np.fromiter(flat, dtype="float64", count=2 * int(starts[-1])).reshape(-1, 2)
    within = (points >= COORDINATES.minimum) & (points <= COORDINATES.maximum)
    wrong = np.asarray(~within.all(axis=1))
    if wrong.any():
        bad = _arcs_with(wrong, starts)
        raise _error(where, bad, records, f"have a coordinate beyond {COORDINATES.maximum:g}")
    transform = document.get("transform")
    if transform:
        if not np.isfinite([*transform["scale"], *transform["translate"]]).all():
            raise ValueError("the scale of its grid is no number")
        # Steps become positions by a running sum, less the sum before each arc's start.
        sums = np.cumsum(points, axis=0)
        before = np.vstack([np.zeros(2), sums])[starts[:-1]]
        points = sums - np.repeat(before, lengths, axis=0)
        points = points * transform["scale"] + transform["translate"]
    return points, starts


def check_positions(
    points: Points,
    starts: npt.NDArray[np.int64],
    plane: str,
    records: Sequence[dict[str, Any]],
    where: str,
) -> None:
    """Raise if a point lies outside the degrees of the country, or far off all others.

    A map in a plane (`planar`, not `lonlat`) that lost the note of it has degrees of another
    part of the world, if any.
    """
    if not len(points):
        return
    if plane == "lonlat":
        wrong = is_beyond_degrees(points)
        what = "have a point beyond 180 or 90 degrees"
        if not wrong.any():
            wrong = ~_is_in_country(points)
            what = (
                "have a point, in degrees, outside of the United States and its territories; a "
                'map in a plane says so by "crs_note": "planar"'
            )
    else:
        low, high = np.quantile(points, [0.005, 0.995], axis=0)
        room = FAR_OFF * (high - low).max()
        wrong = ((points < low - room) | (points > high + room)).any(axis=1)
        what = "have a point far off the map"
    wrong |= ~(np.abs(points) <= COORDINATES.maximum).all(axis=1)
    if wrong.any():
        raise _error(where, _arcs_with(wrong, starts), records, what)


def is_beyond_degrees(points: Points) -> npt.NDArray[np.bool_]:
    """Whether each point is none on the earth."""
    return np.asarray((np.abs(points) > (180, 90)).any(axis=1))


def _is_in_country(points: Points) -> npt.NDArray[np.bool_]:
    """Whether each point, in degrees, lies within the bounds of the states and territories."""
    longitude, latitude = points.T
    within = [(longitude >= one.minimum) & (longitude <= one.maximum) for one in LONGITUDES]
    is_between = (latitude >= LATITUDES.minimum) & (latitude <= LATITUDES.maximum)
    return np.asarray(np.any(within, axis=0) & is_between)


def _arcs_with(marked: npt.NDArray[np.bool_], starts: npt.NDArray[np.int64]) -> list[int]:
    arcs = np.searchsorted(starts, np.flatnonzero(marked), side="right") - 1
    return [int(number) for number in np.unique(arcs)]


def _error(
    where: str, arcs: Iterable[int], records: Sequence[dict[str, Any]], what: str
) -> DataError:
    """Failure that names the features drawn with some arcs, or the arcs if none is."""
    bad = set(arcs)
    features = [str(item.get("id", "?")) for item in records if bad & _arcs_of(item.get("arcs"))]
    names = features or [f"arc {number}" for number in sorted(bad)]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    shown = ", ".join(names[:_SHOWN]) + more
    return DataError(where, f"{len(names)} features ({shown}) {what}", "Fetch or restore the file.")


def _arcs_of(arcs: Any) -> set[int]:
    if isinstance(arcs, list):
        return set().union(*map(_arcs_of, arcs))
    return {arcs if arcs >= 0 else ~arcs} if isinstance(arcs, int) else set()
