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

from coopanalysis.catalog.reject_reasons import (
    DUPLICATE_KEY,
    NOT_A_COUNTY_CODE,
    NULL_GEOMETRY,
)
from coopanalysis.errors import DataError
from coopanalysis.sources.reading import Reading, empty_rejects
from coopanalysis.sources.table import read_bytes

Points = npt.NDArray[np.float64]
PLANES = ("lonlat", "planar")
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
        arcs = _Arcs.of(document)
        polygons = _decode(records, arcs)
    except (KeyError, IndexError, TypeError, ValueError, shapely.GEOSException) as error:
        raise DataError(path.name, f"is no sound TopoJSON ({error!r})", _REMEDY) from error
    frame = pd.DataFrame(
        {
            "id": pd.Series([str(item.get("id", "")) for item in records], dtype="str"),
            "name": pd.Series(
                [str((item.get("properties") or {}).get("name", "")) for item in records],
                dtype="str",
            ),
            "plane": _plane(document, arcs.points),
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
    return Reading(source or path.name, frame, empty_rejects(), len(frame)).reject(
        reasons, ["id", "name"]
    )


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
            # Steps become positions by a running sum, less the sum before each arc's start.
            sums = np.cumsum(points, axis=0)
            before = np.vstack([np.zeros(2), sums])[starts[:-1]]
            points = sums - np.repeat(before, lengths, axis=0)
            points = points * transform["scale"] + transform["translate"]
        return cls(points, starts)

    def line(self, number: int) -> Points:
        """Points of one arc; a negative number ~i is arc i from its end to its start."""
        index = number if number >= 0 else ~number
        points = self.points[self.starts[index] : self.starts[index + 1]]
        return points if number >= 0 else points[::-1]

    def ring(self, numbers: list[int]) -> Points:
        """Points of a ring of arcs, each without its last point but the last arc."""
        lines = [self.line(number) for number in numbers]
        return np.vstack([*(line[:-1] for line in lines[:-1]), lines[-1]])


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_bytes(path))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(path.name, f"is not JSON ({error})", _REMEDY) from error
    if not isinstance(document, dict) or document.get("type") != "Topology":
        raise DataError(path.name, "is JSON, but no TopoJSON topology", _REMEDY)
    return document


def _county_objects(document: dict[str, Any]) -> list[dict[str, Any]]:
    for name in _OBJECTS:
        if name in document["objects"]:
            return list(document["objects"][name]["geometries"])
    raise KeyError(f"objects are {', '.join(document['objects'])}, none of {', '.join(_OBJECTS)}")


def _plane(document: dict[str, Any], points: Points) -> str:
    """Tell degrees from a map plane: by the file's own note, else by the range of its points."""
    if document.get("crs_note") == "planar":
        return "planar"
    return "lonlat" if (np.abs(points) <= (180, 90)).all() else "planar"


def _decode(records: list[dict[str, Any]], arcs: _Arcs) -> npt.NDArray[np.object_]:
    """Stitch arcs to polygons: all rings of all counties in three calls."""
    rings, polygon_of_ring, county_of_polygon = _rings(records, arcs)
    geometries = np.full(len(records), None, dtype=object)
    if not rings:
        return geometries
    ring_of_point = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    outlines = shapely.linearrings(np.vstack(rings), indices=ring_of_point)
    parts = shapely.polygons(outlines, indices=np.asarray(polygon_of_ring))
    owners = np.asarray(county_of_polygon)
    alone = np.bincount(owners, minlength=len(records))[owners] == 1
    geometries[owners[alone]] = parts[alone]
    several = np.unique(owners[~alone])
    if len(several):
        places = np.searchsorted(several, owners[~alone])
        geometries[several] = shapely.multipolygons(parts[~alone], indices=places)
    return geometries


def _rings(records: list[dict[str, Any]], arcs: _Arcs) -> tuple[list[Points], list[int], list[int]]:
    """Points of every ring, the polygon of each ring, and the county of each polygon.

    Simplification upstream shrank some outlines to a line or a point. They have no area: a
    polygon with such an outline is left out, and so is such a hole.
    """
    rings: list[Points] = []
    polygon_of_ring: list[int] = []
    county_of_polygon: list[int] = []
    for county, record in enumerate(records):
        for polygon in _polygons(record):
            outline, *holes = [arcs.ring(numbers) for numbers in polygon]
            if len(outline) < _RING_POINTS:
                continue
            drawn = [outline, *(hole for hole in holes if len(hole) >= _RING_POINTS)]
            rings += drawn
            polygon_of_ring += [len(county_of_polygon)] * len(drawn)
            county_of_polygon.append(county)
    return rings, polygon_of_ring, county_of_polygon


def _polygons(record: dict[str, Any]) -> list[list[list[int]]]:
    if record["type"] is None:
        return []
    if record["type"] == "Polygon":
        return [record["arcs"]]
    if record["type"] == "MultiPolygon":
        return list(record["arcs"])
    raise ValueError(f"a county is a {record['type']}, not a polygon")
