"""A point that cannot be costs the file, naming the county; it never moves the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coopanalysis.errors import DataError
from coopanalysis.sources import read_topojson

Damage = Callable[[dict[str, Any]], None]


def document(scale: float = 0.1, *, quantised: bool) -> dict[str, Any]:
    """A row of 120 squares, of five points each, from 100 degrees west."""
    arcs, squares = [], []
    for at in range(120):
        steps = [[at, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]
        corners = [[at, 0], [at + 1, 0], [at + 1, 1], [at, 1], [at, 0]]
        places = [[x * scale - 100, y * scale] for x, y in corners]
        arcs.append(steps if quantised else places)
        squares.append({"type": "Polygon", "id": f"91{at:03d}", "arcs": [[at]]})
    made: dict[str, Any] = {
        "type": "Topology",
        "objects": {"counties": {"type": "GeometryCollection", "geometries": squares}},
        "arcs": arcs,
    }
    if quantised:
        made["transform"] = {"scale": [scale, scale], "translate": [-100.0, 0.0]}
    return made


def three_numbers(made: dict[str, Any]) -> None:
    made["arcs"][7][2].append(0)


def three_and_one(made: dict[str, Any]) -> None:
    made["arcs"][7][2].append(0)
    made["arcs"][7][3].pop()


def huge(made: dict[str, Any]) -> None:
    made["arcs"][7][2][0] = 1e30


def off_the_map(made: dict[str, Any]) -> None:
    made["arcs"][7][2][0] = 50_000


@pytest.mark.parametrize("damage", [three_numbers, three_and_one, huge, off_the_map])
@pytest.mark.parametrize("quantised", [True, False])
@pytest.mark.parametrize("scale", [0.1, 10.0], ids=["degrees", "a plane"])
def test_one_wrong_point_is_refused_by_name(
    tmp_path: Path, damage: Damage, quantised: bool, scale: float
) -> None:
    made = document(scale, quantised=quantised)
    file = tmp_path / "shapes.json"
    file.write_text(json.dumps(made))
    assert read_topojson(file).rows_kept == 120
    damage(made)
    file.write_text(json.dumps(made))
    with pytest.raises(DataError, match=r"shapes\.json: 1 features \(91007\) have a"):
        read_topojson(file)


def test_a_scale_that_cannot_be_is_refused(tmp_path: Path) -> None:
    made = document(quantised=True)
    file = tmp_path / "shapes.json"
    for scale in ("1e30", "1e400"):
        text = json.dumps(made).replace('"scale": [0.1', f'"scale": [{scale}')
        file.write_text(text)
        with pytest.raises(DataError, match="120 features|the scale of its grid"):
            read_topojson(file)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"91007"', '"91007", "id": "91009"', "an object has id twice"),
        ("[7, 0]", "[NaN, 0]", "NaN is no number"),
        ('"type"', '"deep": ' + "[" * 100_000 + "]" * 100_000 + ', "type"', "nested too deeply"),
    ],
    ids=["twice", "no number", "deep"],
)
def test_json_that_says_two_things_or_nothing(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    text = json.dumps(document(quantised=True))
    assert old in text
    file = tmp_path / "shapes.json"
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(DataError, match=problem):
        read_topojson(file)
