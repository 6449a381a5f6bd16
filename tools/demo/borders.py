"""The fictional map as TopoJSON: crooked borders, shared arcs, whole numbers.

Every edge between two cells becomes one arc, bent at random but kept inside the triangles
that the edge spans with its two cell centres. Those triangles never overlap, so no two arcs
can cross.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np

from tools.demo.draws import Floats, Ints, normal, smooth_field
from tools.demo.landscape import Landscape

QUANTUM = 0.0005
_DETAIL = 0.07


def topology(
    land: Landscape,
    county_ids: Sequence[str],
    county_names: Sequence[str],
    states: Mapping[int, tuple[str, str]],
) -> str:
    """Write the map as TopoJSON, laid out as the us-atlas files are.

    Codes and names of counties are in the order of the cells; the layer `states` is told by number.
    """
    arcs = _arcs(land)
    numbers = {edge: number for number, edge in enumerate(arcs)}
    county = np.arange(len(county_ids))
    counties = [
        _feature(land, numbers, arcs, county, cell, code, name)
        for cell, (code, name) in enumerate(zip(county_ids, county_names, strict=True))
    ]
    layer = [
        _feature(land, numbers, arcs, land.state, number, code, name)
        for number, (code, name) in sorted(states.items(), key=lambda item: item[1])
    ]
    whole = np.zeros(len(county), dtype="int64")
    nation = _feature(land, numbers, arcs, whole, 0, "", "")
    document = {
        "type": "Topology",
        "crs_note": "planar",
        "bbox": _extent(arcs),
        "transform": {"scale": [QUANTUM, QUANTUM], "translate": [0.0, 0.0]},
        "objects": {
            "counties": {"type": "GeometryCollection", "geometries": counties},
            "states": {"type": "GeometryCollection", "geometries": layer},
            "nation": {
                "type": "GeometryCollection",
                "geometries": [{"type": nation["type"], "arcs": nation["arcs"]}],
            },
        },
        "arcs": [_delta(arc) for arc in arcs.values()],
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _arcs(land: Landscape) -> dict[int, Ints]:
    """Quantised points of each edge that is longer than nothing, by edge number."""
    start, end = land.vertices[land.edges[:, 2]], land.vertices[land.edges[:, 3]]
    middle = (start + end) / 2
    coast = np.asarray((land.edges[:, :2] < 0).any(axis=1))
    rugged = np.clip(
        0.11 + 0.07 * smooth_field("rugged", middle[:, 0], middle[:, 1], 1.3), 0.02, 0.24
    )
    rugged = np.where(coast, 0.22, rugged)
    bends = normal("bends", len(start), 15)
    bound = _slopes(land, start, end)
    length = np.hypot(*(end - start).T)
    arcs = {}
    for edge in range(len(start)):
        detail = _DETAIL / (2 if coast[edge] else 1)
        depth = int(np.clip(np.ceil(np.log2(max(length[edge] / detail, 1.0))), 0, 4))
        offsets = _bend(depth, rugged[edge], bends[edge])
        step = np.linspace(0, 1, len(offsets))
        limit = 0.6 * np.minimum(step * bound[edge, 0], (1 - step) * bound[edge, 1])
        offsets = np.clip(offsets, -limit, limit)
        along = end[edge] - start[edge]
        points = start[edge] + np.outer(step, along)
        points = points + np.outer(offsets, np.array([-along[1], along[0]]))
        whole = np.round(points / QUANTUM).astype("int64")
        keep = np.concatenate([[True], (np.diff(whole, axis=0) != 0).any(axis=1)])
        if keep.sum() > 1:
            arcs[edge] = whole[keep]
    return arcs


def _bend(depth: int, rough: float, bends: Floats) -> Floats:
    """Midpoint displacement: offsets, as shares of the edge, of 2**depth + 1 points."""
    offsets, used = np.zeros(2), 0
    for level in range(depth):
        middle = (offsets[:-1] + offsets[1:]) / 2
        count = len(middle)
        middle = middle + rough * 0.55**level * bends[used : used + count]
        used += count
        offsets = np.insert(offsets, np.arange(1, len(offsets)), middle)
    return offsets


def _slopes(land: Landscape, start: Floats, end: Floats) -> Floats:
    """How steeply an arc may leave the first and the last corner of its edge."""
    slopes = np.full((len(start), 2), 9.0)
    for side in (0, 1):
        site = land.sites[land.edge_sites[:, side]]
        for place, (corner, other) in enumerate(((start, end), (end, start))):
            along, towards = other - corner, site - corner
            dot = (along * towards).sum(axis=1)
            cross = np.abs(along[:, 0] * towards[:, 1] - along[:, 1] * towards[:, 0])
            slope = np.where(dot > 0, cross / np.where(dot > 0, dot, 1.0), 9.0)
            slopes[:, place] = np.minimum(slopes[:, place], slope)
    return slopes


def _extent(arcs: Mapping[int, Ints]) -> list[float]:
    points = np.vstack(list(arcs.values()))
    corners = [*points.min(axis=0), *points.max(axis=0)]
    return [round(float(corner) * QUANTUM, 6) for corner in corners]


def _delta(points: Ints) -> list[list[int]]:
    steps = np.vstack([points[:1], np.diff(points, axis=0)])
    return [[int(across), int(up)] for across, up in steps]


def _feature(
    land: Landscape,
    numbers: Mapping[int, int],
    arcs: Mapping[int, Ints],
    label: Ints,
    value: int,
    code: str,
    name: str,
) -> dict[str, object]:
    rings = _rings(land.edges, label, value)
    outer: list[tuple[list[int], Ints]] = []
    holes: list[tuple[list[int], Ints]] = []
    for ring in rings:
        refs = [
            numbers[edge] if forward else ~numbers[edge] for edge, forward in ring if edge in arcs
        ]
        corners = np.vstack(
            [arcs[edge] if fwd else arcs[edge][::-1] for edge, fwd in ring if edge in arcs]
        )
        (outer if _signed_area(corners) > 0 else holes).append((refs, corners))
    polygons = [[refs] for refs, _ in outer]
    for refs, corners in holes:
        inside = [_contains(shell, corners[0]) for _, shell in outer]
        polygons[inside.index(True)].append(refs)
    single = len(polygons) == 1
    return {
        "type": "Polygon" if single else "MultiPolygon",
        "arcs": polygons[0] if single else polygons,
        "id": code,
        "properties": {"name": name},
    }


def _rings(edges: Ints, label: Ints, value: int) -> list[list[tuple[int, bool]]]:
    """Edges around the cells with a label, chained into rings; the region lies on the left."""
    left = (edges[:, 0] >= 0) & (label[edges[:, 0]] == value)
    right = (edges[:, 1] >= 0) & (label[edges[:, 1]] == value)
    leaving: dict[int, tuple[int, bool, int]] = {}
    for edge in np.flatnonzero(left != right):
        forward = bool(left[edge])
        first, last = (2, 3) if forward else (3, 2)
        leaving[int(edges[edge, first])] = (int(edge), forward, int(edges[edge, last]))
    rings: list[list[tuple[int, bool]]] = []
    while leaving:
        corner = next(iter(leaving))
        ring = []
        while corner in leaving:
            number, forward, corner = leaving.pop(corner)
            ring.append((number, forward))
        rings.append(ring)
    return rings


def _signed_area(corners: Ints) -> float:
    x, y = corners[:, 0].astype("float64"), corners[:, 1].astype("float64")
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def _contains(shell: Ints, point: Ints) -> bool:
    x, y = shell[:, 0].astype("float64"), shell[:, 1].astype("float64")
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    spans = (y > point[1]) != (next_y > point[1])
    rise = np.where(spans, next_y - y, 1.0)
    at = x + (point[1] - y) * (next_x - x) / rise
    return bool((spans & (point[0] < at)).sum() % 2)
