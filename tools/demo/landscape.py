"""The fictional map: where counties lie, which neighbour which, and which form a state.

Counties are Voronoi cells of relaxed random points, denser in the east. A smooth random
surface says what is land: the 2,556 highest cells are counties, the rest is sea or lake, so
no cell is ever clipped and neighbours share their borders exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi

from tools.demo.draws import Floats, Ints, normal, smooth_field, uniform

COUNTY_COUNT = 2556
STATE_COUNT = 25
WIDTH, HEIGHT = 16.0, 10.0
ISLAND = (2.55, 3.6)
_SITES = 4700
_RELAXATIONS = 3


@dataclass(frozen=True)
class Landscape:
    """Cells of the map; land cells are numbered 0 to 2,555, and come before those of the sea.

    Centres and areas are in map units, y up. State 24 of 0 to 24 is the island. `edges` has the
    left cell, the right cell (sea cells are -1), and the first and the second corner, a row of
    `vertices`; `edge_sites` has the same two cells as rows of `sites`. Edges between two sea cells
    are left out.
    """

    x: Floats
    y: Floats
    area: Floats
    state: Ints
    sites: Floats
    vertices: Floats
    edges: Ints
    edge_sites: Ints


def make_landscape() -> Landscape:
    """Draw the map of the demo release."""
    sites = _relaxed_sites()
    score = _land_score(sites[:, 0], sites[:, 1])
    order = np.argsort(-score, kind="stable")
    sites = sites[order]
    diagram = Voronoi(_with_frame(sites))
    edges, edge_sites = _edges(diagram)
    area = _areas(diagram, COUNTY_COUNT)
    x, y = sites[:COUNTY_COUNT, 0], sites[:COUNTY_COUNT, 1]
    neighbours = edges[(edges[:, :2] >= 0).all(axis=1), :2]
    state = _states(x, y, neighbours)
    return Landscape(
        x, y, area, state, diagram.points, np.round(diagram.vertices, 9), edges, edge_sites
    )


def _land_score(x: Floats, y: Floats) -> Floats:
    u, v = (x - WIDTH / 2 - 0.2) / 7.3, (y - HEIGHT / 2) / 4.3
    score = 1.15 - np.abs(u) ** 2.6 - np.abs(v) ** 2.6
    score += 0.28 * smooth_field("coast", x, y, 2.1) + 0.17 * smooth_field("capes", x, y, 0.5)
    score -= _bump(x, y, 9.6, 7.3, 0.62, 0.42, 2.2) + _bump(x, y, 10.9, 6.7, 0.34, 0.55, 2.0)
    score -= _bump(x, y, 4.4, 4.9, 0.22, 0.30, 2.4)
    channel = _bump(x, y, ISLAND[0] + 0.35, ISLAND[1] + 0.25, 1.9, 1.6, 2.4)
    island = _bump(x, y, *ISLAND, 0.95, 0.62, 4.6)
    off_map = np.maximum(0.35 - np.minimum.reduce([x, y, WIDTH - x, HEIGHT - y]), 0.0)
    return np.asarray(score - channel + island - 40 * off_map, dtype="float64")


def _bump(
    x: Floats, y: Floats, at_x: float, at_y: float, wide: float, high: float, by: float
) -> Floats:
    distance = ((x - at_x) / wide) ** 2 + ((y - at_y) / high) ** 2
    return np.asarray(by * np.exp(-distance), dtype="float64")


def _density(x: Floats, y: Floats) -> Floats:
    east = 1 / (1 + np.exp(-(x - 8.2) / 0.9))
    return np.asarray(
        np.clip(0.34 + 0.5 * east + 0.13 * smooth_field("density", x, y, 1.6), 0.16, 1.0),
        dtype="float64",
    )


def _relaxed_sites() -> Floats:
    candidates = uniform("sites", 6 * _SITES, 2) * np.array([WIDTH, HEIGHT])
    keep = uniform("sites-keep", len(candidates)) < _density(candidates[:, 0], candidates[:, 1])
    sites: Floats = np.round(candidates[keep][:_SITES], 9)
    for _ in range(_RELAXATIONS):
        diagram = Voronoi(_with_frame(sites))
        # Rounding keeps the last bits of one machine from spreading through the relaxation.
        sites = np.round(_centroids(diagram, len(sites)), 9)
    return sites


def _with_frame(sites: Floats) -> Floats:
    """Mirror the points at the frame, so that every cell inside it is finite."""
    x, y = sites[:, 0], sites[:, 1]
    return np.vstack(
        [
            sites,
            np.column_stack([-x, y])[x < 2],
            np.column_stack([2 * WIDTH - x, y])[x > WIDTH - 2],
            np.column_stack([x, -y])[y < 2],
            np.column_stack([x, 2 * HEIGHT - y])[y > HEIGHT - 2],
        ]
    )


def _cell_corners(diagram: Voronoi, cell: int) -> Floats:
    return np.asarray(diagram.vertices[diagram.regions[diagram.point_region[cell]]])


def _shoelace(corners: Floats) -> tuple[float, Floats]:
    after = np.roll(corners, -1, axis=0)
    cross = corners[:, 0] * after[:, 1] - after[:, 0] * corners[:, 1]
    twice = float(cross.sum())
    centroid = ((corners + after) * cross[:, None]).sum(axis=0) / (3 * twice)
    return abs(twice) / 2, centroid


def _centroids(diagram: Voronoi, count: int) -> Floats:
    centres = [_shoelace(_cell_corners(diagram, cell))[1] for cell in range(count)]
    return np.array(centres, dtype="float64")


def _areas(diagram: Voronoi, count: int) -> Floats:
    return np.array([_shoelace(_cell_corners(diagram, cell))[0] for cell in range(count)])


def _edges(diagram: Voronoi) -> tuple[Ints, Ints]:
    """Edges with at least one county, left cell first, and the two sites of each."""
    pairs, corners = diagram.ridge_points.astype("int64"), np.array(diagram.ridge_vertices)
    land = (pairs < COUNTY_COUNT).any(axis=1)
    pairs, corners = pairs[land], corners[land].astype("int64")
    swap = pairs[:, 0] > pairs[:, 1]
    pairs[swap] = pairs[swap][:, ::-1]
    start, end = diagram.vertices[corners[:, 0]], diagram.vertices[corners[:, 1]]
    to_left = diagram.points[pairs[:, 0]] - start
    along = end - start
    right = along[:, 0] * to_left[:, 1] - along[:, 1] * to_left[:, 0] < 0
    corners[right] = corners[right][:, ::-1]
    order = np.lexsort([pairs[:, 1], pairs[:, 0]])
    pairs, corners = pairs[order], corners[order]
    cells = np.where(pairs < COUNTY_COUNT, pairs, -1)
    return np.hstack([cells, corners]), pairs


def _states(x: Floats, y: Floats, neighbours: Ints) -> Ints:
    component = _components(np.arange(COUNTY_COUNT), neighbours)
    mainland = int(np.bincount(component).argmax())
    island = (component != mainland) & (x < ISLAND[0] + 2.2)
    state = np.full(COUNTY_COUNT, STATE_COUNT - 1, dtype="int64")
    state[~island] = _grow_states(x[~island], y[~island])
    return _join_exclaves(state, neighbours, x, y, island)


def _grow_states(x: Floats, y: Floats) -> Ints:
    """Divide the mainland among 24 centres of unlike reach, with uneven borders."""
    count = STATE_COUNT - 1
    wobble_x = x + 0.28 * smooth_field("border-x", x, y, 0.8)
    wobble_y = y + 0.28 * smooth_field("border-y", x, y, 0.8)
    places = np.column_stack([wobble_x, wobble_y])
    centres = places[np.argsort(uniform("state-centres", len(x)), kind="stable")[:1]]
    for _ in range(count - 1):
        gap = ((places[:, None] - centres) ** 2).sum(axis=2).min(axis=1)
        centres = np.vstack([centres, places[int(np.argmax(gap))]])
    reach = 0.4 * normal("state-reach", count)
    reach[int(np.argmax(centres[:, 0] - 0.6 * np.abs(centres[:, 1] - 5.5)))] = -1.15
    for _ in range(14):
        nearest = _nearest(places, centres, reach)
        reach = reach - 0.08 * (np.bincount(nearest, minlength=count) > 215)
        centres = np.array([places[nearest == number].mean(axis=0) for number in range(count)])
    return _nearest(places, centres, reach)


def _nearest(places: Floats, centres: Floats, reach: Floats) -> Ints:
    gap = ((places[:, None] - centres) ** 2).sum(axis=2) - reach
    return np.asarray(gap.argmin(axis=1), dtype="int64")


def _components(cells: Ints, pairs: Ints) -> Ints:
    size = int(cells.max()) + 1
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1], dtype="int64")


def _join_exclaves(state: Ints, neighbours: Ints, x: Floats, y: Floats, island: Ints) -> Ints:
    """Give parts cut off from their state to the state around them; islets to the nearest."""
    state = state.copy()
    for _ in range(6):
        same = neighbours[state[neighbours[:, 0]] == state[neighbours[:, 1]]]
        part = _components(np.arange(COUNTY_COUNT), same)
        sizes = np.bincount(part)
        largest = {s: int(np.argmax(np.where(_has(part, state, s), sizes, 0))) for s in range(25)}
        cut_off = np.array([part[cell] != largest[state[cell]] for cell in range(COUNTY_COUNT)])
        if not cut_off.any():
            break
        both = np.vstack([neighbours, neighbours[:, ::-1]])
        before = state.copy()
        for number in np.unique(part[cut_off]):
            around = both[(part[both[:, 0]] == number) & (part[both[:, 1]] != number), 1]
            around = around[~cut_off[around]]
            if len(around):
                state[part == number] = np.bincount(before[around]).argmax()
    return state


def _has(part: Ints, state: Ints, number: int) -> Ints:
    return np.asarray(np.bincount(part, weights=state == number) > 0)
