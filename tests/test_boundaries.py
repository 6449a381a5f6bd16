"""Decoding TopoJSON, and bringing counties into one flat plane."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from coopanalysis.errors import DataError
from coopanalysis.panel.map_plane import build_boundaries
from coopanalysis.sources.boundaries import read_topojson

STATES = pd.DataFrame(
    {"state_fips": ["90", "93", "02", "15"], "kind": ["state", "territory", "state", "state"]}
)


def topology(geometries: list[dict[str, Any]], arcs: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "Topology",
        "objects": {"counties": {"type": "GeometryCollection", "geometries": geometries}},
        "arcs": arcs,
        **more,
    }


def write(folder: Path, document: object) -> Path:
    file = folder / "shapes.json"
    file.write_text(json.dumps(document))
    return file


def two_neighbours() -> dict[str, Any]:
    """Two unit squares that share the arc 0, and a square hole in the first."""
    arcs = [
        [[2, 0], [0, 2]],
        [[2, 2], [-2, 0], [0, -2], [2, 0]],
        [[2, 0], [2, 0], [0, 2], [-2, 0]],
        [[1, 1], [0, 0], [0, 0], [0, 0]],
    ]
    geometries = [
        {"type": "Polygon", "id": "90001", "properties": {"name": "Left"}, "arcs": [[0, 1]]},
        {"type": "Polygon", "id": "90003", "arcs": [[2, -1]]},
    ]
    return topology(geometries, arcs, transform={"scale": [0.5, 0.5], "translate": [-100.0, 40.0]})


def test_shared_arcs_run_both_ways(tmp_path: Path) -> None:
    reading = read_topojson(write(tmp_path, two_neighbours()))
    left, right = reading.frame["geometry"]
    assert reading.frame["id"].tolist() == ["90001", "90003"]
    assert reading.frame["name"].tolist() == ["Left", ""]
    assert left.equals(shapely.box(-100, 40, -99, 41))
    assert right.equals(shapely.box(-99, 40, -98, 41))
    assert set(reading.frame["plane"]) == {"lonlat"}
    assert reading.frame["source_row"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("at", "arc", "problem"),
    [
        (1, [[2, 2], [-2, 0], [0, -2]], "1 arcs do not end where the next of their ring starts"),
        (1, [[1, 2], [-1, 0], [0, -2], [2, 0]], "1 arcs do not end"),
        (2, [[3, 0], [2, 0], [0, 2], [-2, 0]], "2 arcs do not end"),
        (0, [], "arc 0 has no point"),
    ],
)
def test_arcs_that_do_not_meet_are_refused(
    tmp_path: Path, at: int, arc: list[list[int]], problem: str
) -> None:
    document = two_neighbours()
    document["arcs"][at] = arc
    with pytest.raises(DataError, match=problem):
        read_topojson(write(tmp_path, document))


def test_arcs_without_a_grid_are_positions(tmp_path: Path) -> None:
    square = [[0, 0], [300, 0], [300, 300], [0, 300], [0, 0]]
    document = topology([{"type": "Polygon", "id": "90001", "arcs": [[0]]}], [square])
    reading = read_topojson(write(tmp_path, document))
    assert reading.frame["geometry"].iloc[0].area == 90_000
    assert set(reading.frame["plane"]) == {"planar"}


def test_a_note_makes_small_numbers_planar(tmp_path: Path) -> None:
    document = {**two_neighbours(), "crs_note": "planar"}
    assert set(read_topojson(write(tmp_path, document)).frame["plane"]) == {"planar"}


def test_a_map_in_a_plane_that_lost_its_note_is_refused(tmp_path: Path) -> None:
    document = two_neighbours()
    document["transform"]["translate"] = [1.5, 7.0]
    sound = write(tmp_path, {**document, "crs_note": "planar"})
    assert set(read_topojson(sound).frame["plane"]) == {"planar"}
    with pytest.raises(DataError, match=r"90001, 90003.*outside of the United States.*crs_note"):
        read_topojson(write(tmp_path, document))


def test_holes_parts_and_shapes_without_area(tmp_path: Path) -> None:
    arcs = [
        [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]],
        [[1, 1], [1, 2], [2, 2], [2, 1], [1, 1]],
        [[20, 0], [21, 0], [21, 1], [20, 1], [20, 0]],
        [[5, 5], [6, 6], [5, 5]],
    ]
    geometries = [
        {"type": "MultiPolygon", "id": "90001", "arcs": [[[0], [1], [3]], [[2]], [[3]]]},
        {"type": None, "id": "90003"},
        {"type": "Polygon", "id": "90005", "arcs": [[3]]},
        {"type": "Polygon", "id": "9x", "arcs": [[2]]},
        {"type": "Polygon", "id": "90001", "arcs": [[2]]},
    ]
    document = topology(geometries, arcs, crs_note="planar")
    reading = read_topojson(write(tmp_path, document))
    (shape,) = reading.frame["geometry"]
    assert shape.area == 81 - 1 + 1
    assert [len(part.interiors) for part in shape.geoms] == [1, 0]
    assert reading.rows_in == 5
    assert reading.rejects.set_index("row")["reason"].to_dict() == {
        2: "no geometry in the file",
        3: "no geometry in the file: the outline has no area",
        4: "not a county code",
        5: "key repeats an earlier row: id",
    }


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "no TopoJSON topology"),
        ({"type": "FeatureCollection"}, "no TopoJSON topology"),
        (topology([{"type": "Polygon", "id": "90001", "arcs": [[7]]}], []), "no sound TopoJSON"),
        (topology([{"type": "Point", "id": "90001"}], []), "no sound TopoJSON"),
        (topology([{"type": None, "id": "90001", "arcs": [[0]]}], []), "has arcs and no type"),
        (topology([{"type": "MultiPolygon", "id": "90001", "arcs": []}], []), "without a polygon"),
        (topology([{"type": "MultiPolygon", "id": "90001", "arcs": {}}], []), "without a polygon"),
        ({"type": "Topology", "arcs": [], "objects": {"lakes": {}}}, "objects are lakes"),
    ],
)
def test_what_is_no_county_topology_is_an_error(
    tmp_path: Path, document: object, problem: str
) -> None:
    with pytest.raises(DataError, match=problem):
        read_topojson(write(tmp_path, document))


def test_a_plane_is_left_as_it_is_and_territories_are_left_out() -> None:
    polygons = pd.DataFrame(
        {
            "id": ["93001", "90003", "90001"],
            "plane": "planar",
            "geometry": [shapely.box(at, 0, at + 1, 1) for at in range(3)],
        }
    )
    drawn = build_boundaries(polygons, STATES)
    assert drawn["county_fips"].tolist() == ["90001", "90003"]
    assert drawn["geometry"].iloc[0].bounds == (2.0, 0.0, 3.0, 1.0)


def test_a_shape_that_crosses_itself_becomes_valid() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)])
    polygons = pd.DataFrame({"id": ["90001"], "plane": "planar", "geometry": [bow]})
    (shape,) = build_boundaries(polygons, STATES)["geometry"]
    assert shape.is_valid
    assert shape.area == pytest.approx(2.0)


def test_far_states_are_moved_below_the_others() -> None:
    islands = [shapely.box(-156, 19, -155, 20), shapely.box(-178, 28, -177, 29)]
    polygons = pd.DataFrame(
        {
            "id": ["90001", "02999", "15999"],
            "plane": "lonlat",
            "geometry": [
                shapely.box(-100, 38, -99, 39),
                shapely.box(-155, 62, -150, 64),
                shapely.MultiPolygon(islands),
            ],
        }
    )
    drawn = build_boundaries(polygons, STATES).set_index("county_fips")["geometry"]
    assert drawn["90001"].area == pytest.approx(111.0 * 111.0 * np.cos(np.radians(38.5)), rel=0.01)
    for code in ("02999", "15999"):
        assert drawn[code].bounds[3] < drawn["90001"].bounds[1]
    true_area = 111.3**2 * 10 * np.cos(np.radians(63))
    assert drawn["02999"].area == pytest.approx(true_area * 0.35**2, rel=0.02)
    assert len(shapely.get_parts(drawn["15999"])) == 1


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("source", "rows", "without"),
    [
        ("boundaries-us-atlas-10m", 3231, ["51610"]),
        ("boundaries-us-atlas-albers-10m", 3142, ["51610", "51678", "51685"]),
        ("boundaries-albers-2023", 3113, ["51570", "51580", "51610", "51678", "51685"]),
    ],
)
def test_real_boundaries(mirror: Path, source: str, rows: int, without: list[str]) -> None:
    reading = read_topojson(next((mirror / source).iterdir()))
    assert reading.rows_in == rows
    codes = [json.loads(raw)["id"] for raw in reading.rejects["raw"]]
    assert sorted(codes) == without
    null = reading.rejects.loc[reading.rejects["reason"] == "no geometry in the file", "raw"]
    has_null = source == "boundaries-albers-2023"
    assert [json.loads(raw)["id"] for raw in null] == (["51580", "51678"] if has_null else [])
    planes = {"boundaries-us-atlas-10m": "lonlat"}
    assert set(reading.frame["plane"]) == {planes.get(source, "planar")}


@pytest.mark.mirror
def test_real_boundaries_in_the_plane(mirror: Path) -> None:
    reading = read_topojson(mirror / "boundaries-us-atlas-10m" / "counties-10m.json")
    states = pd.read_csv(
        Path(__file__).parents[1] / "data/raw/reference/states.csv", dtype={"state_fips": "str"}
    )
    drawn = build_boundaries(reading.frame, states)
    shapes = drawn["geometry"].to_numpy()
    assert len(drawn) == 3141
    assert shapely.is_valid(shapes).all()
    assert not shapely.is_empty(shapes).any()
    united = shapely.union_all(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(united.area, rel=1e-6)
    far = drawn["state_fips"].isin(["02", "15"]).to_numpy()
    north, islands = (
        shapely.union_all(shapes[(drawn["state_fips"] == code).to_numpy()]) for code in ("02", "15")
    )
    mainland = shapely.union_all(shapes[~far])
    # Land of the 48 states and DC by the Census Bureau is 7.66 million km2; lakes add some.
    assert mainland.area == pytest.approx(7.75e6, rel=0.02)
    assert min(north.distance(mainland), islands.distance(mainland), north.distance(islands)) > 20
