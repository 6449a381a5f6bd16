"""County boundaries in TopoJSON, decoded to polygons.

In TopoJSON each border line (an arc) is stored once and shared by its neighbours, as steps on
a grid of whole numbers.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coopanalysis.catalog.raw_columns import MOST_OFF_PLANE
from coopanalysis.catalog.reject_reasons import DUPLICATE_KEY, NULL_GEOMETRY
from coopanalysis.errors import DataError
from coopanalysis.sources.coordinates import (
    Points,
    check_positions,
    is_beyond_degrees,
    read_points,
)
from coopanalysis.sources.raw_text import read_bytes, visible
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import TextTable

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
    """
    document = _document(path)
    try:
        records = _county_objects(document)
        points, starts = read_points(document, records, path.name)
        plane = _plane(document, points)
        check_positions(points, starts, plane, records, path.name)
        shapes = _shapes(records, points, starts)
    except (KeyError, IndexError, TypeError, ValueError, shapely.GEOSException) as error:
        raise DataError(path.name, f"is no sound TopoJSON ({error!r})", _REMEDY) from error
    labels = [
        (item.get("id", ""), (item.get("properties") or {}).get("name", "")) for item in records
    ]
    texts = [[visible(str(label)) for label in pair] for pair in labels]
    cells = pd.DataFrame(texts, columns=["id", "name"], dtype="str")
    table = TextTable(path, source, cells, range(1, len(records) + 1))
    codes = table.county_fips("id")
    table.reject(codes.duplicated(), f"{DUPLICATE_KEY}: id")
    is_null = pd.Series([item["type"] is None for item in records], dtype="bool")
    table.reject(is_null, NULL_GEOMETRY)
    geometry = pd.Series(shapes, index=cells.index, dtype="object")
    table.reject(geometry.isna(), f"{NULL_GEOMETRY}: the outline has no area")
    typed = {
        "id": codes,
        "name": cells["name"],
        "plane": pd.Series(plane, index=cells.index, dtype="str"),
        "geometry": geometry,
    }
    return table.reading(typed)


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


def _shapes(
    records: list[dict[str, Any]], points: Points, starts: npt.NDArray[np.int64]
) -> list[shapely.Geometry | None]:
    """Polygon or polygons of each county.

    Simplification upstream shrank some outlines to a line or a point. They have no area: a
    polygon with such an outline is left out, and so is such a hole.
    """
    arcs = [points[start:end] for start, end in pairwise(starts)]
    apart: list[int] = []
    shapes: list[shapely.Geometry | None] = []
    for record in records:
        polygons = []
        for rings in _polygons(record):
            if not rings:
                raise ValueError("a polygon or one of its rings has no arc")
            outline, *holes = [_ring(numbers, arcs, apart) for numbers in rings]
            if len(outline) >= _RING_POINTS:
                holes = [hole for hole in holes if len(hole) >= _RING_POINTS]
                polygons.append(shapely.Polygon(outline, holes))
        several = shapely.MultiPolygon(polygons) if len(polygons) > 1 else None
        shapes.append(several or next(iter(polygons), None))
    if apart:
        first = apart[0] if apart[0] >= 0 else ~apart[0]
        raise ValueError(
            f"{len(apart)} arcs do not end where the next of their ring starts, first arc {first}"
        )
    return shapes


def _ring(numbers: list[int], arcs: list[Points], apart: list[int]) -> Points:
    """Points of a ring of arcs; a negative number ~i is arc i from its end to its start.

    Each arc but the last is taken without its last point, which the next one starts with. Arcs
    that do not end where the next one starts, or the last where the first does, join `apart`.
    """
    if not numbers:
        raise ValueError("a polygon or one of its rings has no arc")
    lines = []
    for number in numbers:
        place = number if number >= 0 else ~number
        if place >= len(arcs):
            raise IndexError(f"there is no arc {place}")
        if not len(arcs[place]):
            raise ValueError(f"arc {place} has no point")
        lines.append(arcs[place] if number >= 0 else arcs[place][::-1])
    for number, line, following in zip(numbers, lines, [*lines[1:], lines[0]], strict=True):
        if line[-1].tolist() != following[0].tolist():
            apart.append(number)
    return np.concatenate([*(line[:-1] for line in lines[:-1]), lines[-1]])


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
