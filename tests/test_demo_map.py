"""The fictional map is a sound topology: every border is shared, nothing overlaps."""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from typing import Any

import numpy as np
import pytest
import shapely

from coopanalysis.catalog.sources import release_dir
from tools.demo.world import make_world

FILE = "boundaries/counties.json"


@pytest.fixture(scope="module")
def topology() -> dict[str, Any]:
    return json.loads((release_dir("demo") / FILE).read_text(encoding="utf-8"))


def polygons(topology: dict[str, Any], layer: str) -> list[shapely.Geometry]:
    scale = topology["transform"]["scale"]
    arcs = [np.cumsum(arc, axis=0) * scale for arc in topology["arcs"]]

    def ring(numbers: list[int]) -> np.ndarray:
        return np.vstack([arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers])

    found = []
    for item in topology["objects"][layer]["geometries"]:
        parts = [item["arcs"]] if item["type"] == "Polygon" else item["arcs"]
        found.append(
            shapely.MultiPolygon(
                [(ring(outline), [ring(hole) for hole in holes]) for outline, *holes in parts]
            )
        )
    return found


def test_layers_are_those_of_us_atlas(topology: dict[str, Any]) -> None:
    objects = topology["objects"]
    assert list(objects) == ["counties", "states", "nation"]
    assert topology["crs_note"] == "planar"
    counties = {
        item["id"]: item["properties"]["name"] for item in objects["counties"]["geometries"]
    }
    expected = make_world().counties.set_index("county_fips")["short"].to_dict()
    assert counties == expected
    assert len(objects["states"]["geometries"]) == 25
    assert (release_dir("demo") / FILE).stat().st_size < 1_000_000


def test_every_arc_is_used_once_or_by_two_neighbours(topology: dict[str, Any]) -> None:
    used: Counter[int] = Counter()
    turned: Counter[int] = Counter()
    for item in topology["objects"]["counties"]["geometries"]:
        for number in chain.from_iterable(item["arcs"]):
            used[number if number >= 0 else ~number] += 1
            turned[~number if number < 0 else -1] += number < 0
    assert set(used) == set(range(len(topology["arcs"])))
    assert set(used.values()) == {1, 2}
    assert all(turned[arc] == 1 for arc, count in used.items() if count == 2)


def test_counties_are_valid_and_fill_states_and_nation(topology: dict[str, Any]) -> None:
    counties, states = polygons(topology, "counties"), polygons(topology, "states")
    (nation,) = polygons(topology, "nation")
    assert all(shape.is_valid and shape.area > 0 for shape in [*counties, *states, nation])
    total = sum(shape.area for shape in counties)
    assert sum(shape.area for shape in states) == pytest.approx(total, rel=1e-9)
    assert nation.area == pytest.approx(total, rel=1e-9)
    assert shapely.union_all(counties).area == pytest.approx(total, rel=1e-9)
    assert len(nation.geoms) == 2
    assert sum(len(part.interiors) for part in nation.geoms) == 3
