"""Whether the points of a map can be: two numbers each, and none far off the others.

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

FAR_OFF = 10.0
"""Extents of the map, without its outermost hundredth, that a point may lie beyond it."""
_SHOWN = 5
_REMEDY = "Fetch or restore the file."


def check_points(
    arcs: Sequence[Sequence[Sequence[float]]], records: Sequence[dict[str, Any]], where: str
) -> None:
    """Raise unless each point is two finite numbers of a sensible size.

    Parameters
    ----------
    arcs : sequence of arcs
        As they stand in the file, as positions or as steps.
    records : sequence of dict
        Geometries that use them.
    where : str
        Name of the file.

    Raises
    ------
    DataError
        Naming the features drawn with a wrong arc.
    """
    if not set(map(len, chain.from_iterable(arcs))) <= {2}:
        bad = [number for number, arc in enumerate(arcs) if any(len(point) != 2 for point in arc)]
        raise _error(where, bad, records, "have a point that is not two numbers")
    count = sum(map(len, arcs))
    flat = chain.from_iterable(chain.from_iterable(arcs))
    values = np.fromiter(flat, dtype="float64", count=2 * count).reshape(-1, 2)
    sound = ((values >= COORDINATES.minimum) & (values <= COORDINATES.maximum)).all(axis=1)
    if not sound.all():
        owners = np.repeat(np.arange(len(arcs)), [len(arc) for arc in arcs])
        bad = np.unique(owners[~sound]).tolist()
        raise _error(where, bad, records, f"have a coordinate beyond {COORDINATES.maximum:g}")


def check_positions(
    points: npt.NDArray[np.float64],
    starts: npt.NDArray[np.int64],
    plane: str,
    records: Sequence[dict[str, Any]],
    where: str,
) -> None:
    """Raise if a point lies outside the degrees of the country, or far off all others.

    A map in a plane that lost the note of it has degrees of another part of the world, if any.

    Parameters
    ----------
    points : array of float, shape (n, 2)
        Positions of all arcs.
    starts : array of int
        Arc i is `points[starts[i]:starts[i + 1]]`.
    plane : str
        `lonlat` or `planar`.

    Raises
    ------
    DataError
        Naming the features.
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
        arcs = np.searchsorted(starts, np.flatnonzero(wrong), side="right") - 1
        raise _error(where, np.unique(arcs).tolist(), records, what)


def is_beyond_degrees(points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether each point is none on the earth, shape (n,)."""
    return np.asarray((np.abs(points) > (180, 90)).any(axis=1))


def _is_in_country(points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether each point, in degrees, lies within the bounds of the states and territories."""
    longitude, latitude = points.T
    within = [(longitude >= one.minimum) & (longitude <= one.maximum) for one in LONGITUDES]
    is_between = (latitude >= LATITUDES.minimum) & (latitude <= LATITUDES.maximum)
    return np.asarray(np.any(within, axis=0) & is_between)


def _error(
    where: str, arcs: Iterable[int], records: Sequence[dict[str, Any]], what: str
) -> DataError:
    """Failure that names the features drawn with some arcs, or the arcs if none is."""
    bad = set(arcs)
    features = [str(item.get("id", "?")) for item in records if bad & _arcs_of(item.get("arcs"))]
    names = features or [f"arc {number}" for number in sorted(bad)]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    shown = ", ".join(names[:_SHOWN]) + more
    return DataError(where, f"{len(names)} features ({shown}) {what}", _REMEDY)


def _arcs_of(arcs: Any) -> set[int]:
    if isinstance(arcs, list):
        return set().union(*map(_arcs_of, arcs))
    return {arcs if arcs >= 0 else ~arcs} if isinstance(arcs, int) else set()
