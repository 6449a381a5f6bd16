"""County boundaries in TopoJSON, decoded to polygons.

In TopoJSON each border line (an arc) is stored once and shared by its neighbours, as steps on
a grid of whole numbers. All arcs are decoded in one pass over one array.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coopanalysis.catalog.raw_columns import MOST_OFF_PLANE
from coopanalysis.catalog.reject_reasons import (
    DUPLICATE_KEY,
    NOT_A_COUNTY_CODE,
    NULL_GEOMETRY,
)
from coopanalysis.errors import DataError
from coopanalysis.sources.codes import COUNTY_WIDTH, restore_zeros
from coopanalysis.sources.coordinates import check_points, check_positions, is_beyond_degrees
from coopanalysis.sources.raw_text import read_bytes, visible
from coopanalysis.sources.reading import Reading, empty_rejects

Points = npt.NDArray[np.float64]
_OBJECTS = ("counties", "county")
_RING_POINTS = 4
_REMEDY = "Fetch or restore the file; expected is TopoJSON with an object 'counties'."


def read_topojson(path: Path, source: str = "") -> Reading:
    """Read county polygons from TopoJSON.

    Returns
    -------
    Reading
        `id` (county code), `name` (empty where the file has none), `plane` (`lonlat`:
        longitude and latitude in degrees; `planar`: a map plane, x right, y as in the file,
        which in one made for a screen points down), `geometry` (shapely polygons in that
        plane). `source_row` numbers the geometries from 1. A county without geometry, or whose
        outline has no area, is a reject.

    Raises
    ------
    DataError
        If the file is no TopoJSON of counties.
    """
    document = _document(path)
    try:
        records = _county_objects(document)
        check_points(document["arcs"], records, path.name)
        arcs = _Arcs.of(document)
        plane = _plane(document, arcs.points)
        check_positions(arcs.points, arcs.starts, plane, records, path.name)
        polygons = _decode(records, arcs)
    except (KeyError, IndexError, TypeError, ValueError, shapely.GEOSException) as error:
        raise DataError(path.name, f"is no sound TopoJSON ({error!r})", _REMEDY) from error
    written = pd.Series([visible(str(item.get("id", ""))) for item in records], dtype="str")
    codes, mended = restore_zeros(written, COUNTY_WIDTH)
    frame = pd.DataFrame(
        {
            "id": codes,
            "name": pd.Series(
                [visible(str((item.get("properties") or {}).get("name", ""))) for item in records],
                dtype="str",
            ),
            "plane": plane,
            "geometry": polygons,
            "source_file": path.name,
            "source_sheet": "",
            "source_row": range(1, len(records) + 1),
        }
    ).astype({"plane": "str", "source_file": "str", "source_sheet": "str"})
    reasons = pd.Series(None, index=frame.index, dtype="str")
    reasons = reasons.mask(frame["geometry"].isna(), f"{NULL_GEOMETRY}: the outline has no area")
    is_null = pd.Series([item["type"] is None for item in records], dtype="bool")
    reasons = reasons.mask(is_null, NULL_GEOMETRY)
    reasons = reasons.mask(frame["id"].duplicated(), f"{DUPLICATE_KEY}: id")
    is_code = frame["id"].str.fullmatch(r"[0-9]{5}").astype(bool)
    reasons = reasons.mask(~is_code, NOT_A_COUNTY_CODE)
    count = int((mended & reasons.isna()).sum())
    reading = Reading(source or path.name, frame, empty_rejects(), len(frame), count)
    return reading.reject(reasons, ["id", "name"])


@dataclass(frozen=True)
class _Arcs:
    """Points of all arcs in one array; arc i is `points[starts[i]:starts[i + 1]]`."""

    points: Points
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, document: dict[str, Any]) -> _Arcs:
        arcs = document["arcs"]
        lengths = np.fromiter(map(len, arcs), dtype="int64", count=len(arcs))
        starts = np.concatenate([[0], np.cumsum(lengths)])
        flat = chain.from_iterable(chain.from_iterable(arcs))
        points = np.fromiter(flat, dtype="float64", count=2 * int(starts[-1])).reshape(-1, 2)
        transform = document.get("transform")
        if transform:
            if not np.isfinite([*transform["scale"], *transform["translate"]]).all():
                raise ValueError("the scale of its grid is no number")
            # Steps become positions by a running sum, less the sum before each arc's start.
            sums = np.cumsum(points, axis=0)
            before = np.vstack([np.zeros(2), sums])[starts[:-1]]
            points = sums - np.repeat(before, lengths, axis=0)
            points = points * transform["scale"] + transform["translate"]
        return cls(points, starts)

    def rings(self, rings: list[list[int]]) -> tuple[Points, npt.NDArray[np.int64]]:
        """Points of all rings in one array, and the number of points of each ring.

        A ring is a list of arcs; a negative number ~i is arc i from its end to its start. Each
        arc is taken without its last point, which the next one starts with, but the last arc.

        Raises
        ------
        IndexError, ValueError
            If there is no such arc, or one does not start where the one before it ends.
        """
        arcs_of_ring = np.fromiter(map(len, rings), dtype="int64", count=len(rings))
        numbers = np.fromiter(chain.from_iterable(rings), dtype="int64", count=arcs_of_ring.sum())
        backwards = numbers < 0
        arcs = np.where(backwards, ~numbers, numbers)
        if len(arcs) and arcs.max() >= len(self.starts) - 1:
            raise IndexError(f"there is no arc {arcs.max()}")
        first, end = self.starts[arcs], self.starts[arcs + 1]
        is_last = np.zeros(len(arcs), dtype=bool)
        is_last[np.cumsum(arcs_of_ring) - 1] = True
        self._check_joins(arcs, backwards, np.repeat(np.cumsum(arcs_of_ring), arcs_of_ring))
        taken = np.maximum(end - first - ~is_last, 0)
        origin = np.where(backwards, end - 1, first)
        before = np.cumsum(taken) - taken
        steps = np.arange(taken.sum()) - np.repeat(before, taken)
        steps *= np.repeat(np.where(backwards, -1, 1), taken)
        points = self.points[np.repeat(origin, taken) + steps]
        return points, np.add.reduceat(taken, np.cumsum(arcs_of_ring) - arcs_of_ring)

    def _check_joins(
        self,
        arcs: npt.NDArray[np.int64],
        backwards: npt.NDArray[np.bool_],
        ring_end: npt.NDArray[np.int64],
    ) -> None:
        """Raise unless each arc ends where the next one starts, and the last where the first does.

        `ring_end` has, for each arc of a ring, the place after the last arc of that ring.
        """
        first, last = self.starts[arcs], self.starts[arcs + 1] - 1
        if (last < first).any():
            raise ValueError(f"arc {arcs[last < first][0]} has no point")
        begin = np.searchsorted(ring_end, ring_end)
        following = np.arange(1, len(arcs) + 1)
        following = np.where(following == ring_end, begin, following)
        ends = self.points[np.where(backwards, first, last)]
        starts = self.points[np.where(backwards, last, first)]
        apart = (ends != starts[following]).any(axis=1)
        if apart.any():
            raise ValueError(
                f"{apart.sum()} arcs do not end where the next of their ring starts, "
                f"first arc {arcs[apart][0]}"
            )


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(
            read_bytes(path), object_pairs_hook=_once_each, parse_constant=_no_number
        )
    except RecursionError as error:
        raise DataError(path.name, "is JSON nested too deeply to be a map", _REMEDY) from error
    except ValueError as error:
        raise DataError(path.name, f"is not JSON ({error})", _REMEDY) from error
    if not isinstance(document, dict) or document.get("type") != "Topology":
        raise DataError(path.name, "is JSON, but no TopoJSON topology", _REMEDY)
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"an object has {', '.join(repeated)} twice")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _county_objects(document: dict[str, Any]) -> list[dict[str, Any]]:
    for name in _OBJECTS:
        if name in document["objects"]:
            return list(document["objects"][name]["geometries"])
    raise KeyError(f"objects are {', '.join(document['objects'])}, none of {', '.join(_OBJECTS)}")


def _plane(document: dict[str, Any], points: Points) -> str:
    """Tell degrees from a map plane: by the file's own note, else by the range of its points."""
    if document.get("crs_note") == "planar":
        return "planar"
    beyond = is_beyond_degrees(points)
    return "lonlat" if not len(beyond) or beyond.mean() <= MOST_OFF_PLANE else "planar"


def _decode(records: list[dict[str, Any]], arcs: _Arcs) -> npt.NDArray[np.object_]:
    """Stitch arcs to polygons: all rings of all counties in three calls.

    Simplification upstream shrank some outlines to a line or a point. They have no area: a
    polygon with such an outline is left out, and so is such a hole.
    """
    geometries = np.full(len(records), None, dtype=object)
    parts = [
        (county, polygon) for county, item in enumerate(records) for polygon in _polygons(item)
    ]
    if not parts:
        return geometries
    if not all(polygon and all(polygon) for _, polygon in parts):
        raise ValueError("a polygon or one of its rings has no arc")
    points, lengths = arcs.rings([ring for _, polygon in parts for ring in polygon])
    rings_of_part = np.array([len(polygon) for _, polygon in parts])
    part_of_ring = np.repeat(np.arange(len(parts)), rings_of_part)
    has_area = lengths >= _RING_POINTS
    outline = np.cumsum(rings_of_part) - rings_of_part
    drawn = has_area & has_area[outline][part_of_ring]
    if not drawn.any():
        return geometries
    ring_of_point = np.repeat(np.arange(len(lengths)), lengths)
    ring_of_point, kept = _renumbered(ring_of_point, drawn)
    outlines = shapely.linearrings(points[kept], indices=ring_of_point)
    part_numbers = np.unique(part_of_ring[drawn])
    polygons = shapely.polygons(
        outlines, indices=np.searchsorted(part_numbers, part_of_ring[drawn])
    )
    owners = np.array([county for county, _ in parts])[part_numbers]
    alone = np.bincount(owners, minlength=len(records))[owners] == 1
    geometries[owners[alone]] = polygons[alone]
    several = np.unique(owners[~alone])
    if len(several):
        places = np.searchsorted(several, owners[~alone])
        geometries[several] = shapely.multipolygons(polygons[~alone], indices=places)
    return geometries


def _renumbered(
    ring_of_point: npt.NDArray[np.int64], drawn: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Number the rings drawn from 0 without gaps; and which points are in one."""
    kept = drawn[ring_of_point]
    numbers = np.cumsum(drawn) - 1
    return numbers[ring_of_point[kept]], kept


def _polygons(record: dict[str, Any]) -> list[list[list[int]]]:
    code = record.get("id")
    if record["type"] is None:
        if record.get("arcs"):
            raise ValueError(f"county {code} has arcs and no type")
        return []
    if record["type"] == "Polygon":
        return [record["arcs"]]
    if record["type"] == "MultiPolygon":
        if not record["arcs"]:
            raise ValueError(f"county {code} is a MultiPolygon without a polygon")
        return list(record["arcs"])
    raise ValueError(f"county {code} is a {record['type']}, not a polygon")
