from __future__ import annotations

from itertools import combinations

import pytest

from colour_difference import MACHADO, difference, lightness_step
from coopanalysis.display.figures.style import STATUS_COLOURS, STATUS_LABELS

FILLED = {name: colour for name, colour in STATUS_COLOURS.items() if name != "unknown"}


@pytest.mark.parametrize("vision", MACHADO)
def test_statuses_are_told_apart_by_every_kind_of_sight(vision: str) -> None:
    for (one, first), (other, second) in combinations(FILLED.items(), 2):
        assert difference(first, second, vision) >= 15, (one, other, vision)


def test_statuses_are_told_apart_on_a_grey_print() -> None:
    for (one, first), (other, second) in combinations(FILLED.items(), 2):
        assert lightness_step(first, second) >= 5, (one, other)


def test_the_difference_is_that_of_the_reference_implementation() -> None:
    # Values of colorspacious 1.1.2 for the same colours and conditions.
    assert difference("#4B1D6B", "#9E6FBF") == pytest.approx(33.3872, abs=1e-3)
    assert difference("#9E6FBF", "#1B7F79", "deutan") == pytest.approx(17.0265, abs=1e-3)


def test_every_status_has_a_name() -> None:
    assert set(STATUS_LABELS) == set(STATUS_COLOURS)
