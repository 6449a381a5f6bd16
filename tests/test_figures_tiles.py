"""Tile map and share timeline: what is drawn, its colours, and what is refused."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from colour_difference import difference, lightness_step
from coopanalysis.clean.law_status import LAW_STATUSES
from coopanalysis.display.figures import plot_share_timeline, plot_tile_map
from coopanalysis.display.figures.style import STATUS_COLOURS
from coopanalysis.display.states import LAW_STATUS
from coopanalysis.errors import DataError, UsageError
from coopanalysis.paths import reference_dir
from coopanalysis.sources.reference import read_state_tiles

LAW_COLOURS = {status: one.colour for status, one in LAW_STATUS.items()}
TILES = pd.DataFrame(
    {
        "state_abbr": ["QA", "QB", "QC"],
        "tile_row": [1, 2, 2],
        "tile_column": [2, 1, 3],
        "status": ["requires", "restricts", "neither"],
        "since": ["2017", "2019", ""],
        "is_uncertain": [False, False, True],
    }
)


def rectangles(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]


def test_each_state_is_a_square_of_its_colour_in_its_place():
    drawn = rectangles(plot_tile_map(TILES, LAW_COLOURS))
    assert [to_hex(one.get_facecolor()).upper() for one in drawn] == [
        LAW_COLOURS[status].upper() for status in TILES["status"]
    ]
    assert [(int(one.get_x()), int(one.get_y())) for one in drawn] == [(2, 1), (1, 2), (3, 2)]
    assert len({round(one.get_width(), 6) for one in drawn}) == 1


def test_names_years_and_hatch():
    figure = plot_tile_map(TILES, LAW_COLOURS, second_line="since", hatched="is_uncertain")
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["QA", "2017", "QB", "2019", "QC"]
    hatched = [one for one in rectangles(figure) if one.get_hatch()]
    assert [(int(one.get_x()), int(one.get_y())) for one in hatched] == [(3, 2)]
    assert not hatched[0].get_fill()


def test_text_stays_readable_on_a_phone():
    for text in plot_tile_map(TILES, LAW_COLOURS, second_line="since").axes[0].texts:
        assert text.get_fontsize() * 339 / (6.4 * 72) >= 9


def test_two_states_on_one_square_are_named():
    with pytest.raises(UsageError, match="QB, QC share a square"):
        plot_tile_map(TILES.assign(tile_column=[2, 1, 1]), LAW_COLOURS)


def test_a_status_without_a_colour_is_named():
    with pytest.raises(UsageError, match="forbids"):
        plot_tile_map(TILES.assign(status=["requires", "forbids", "neither"]), LAW_COLOURS)
    with pytest.raises(UsageError, match="no state"):
        plot_tile_map(TILES.iloc[:0], LAW_COLOURS)


@pytest.mark.parametrize("vision", ["none", "protan", "deutan", "tritan"])
def test_colours_are_told_apart_in_every_vision(vision):
    for first, second in combinations(LAW_COLOURS.values(), 2):
        assert difference(first, second, vision) >= 15, (first, second)


def test_colours_are_told_apart_on_grey_paper_and_are_those_of_the_house():
    for first, second in combinations(LAW_COLOURS.values(), 2):
        assert lightness_step(first, second) >= 5, (first, second)
    assert set(LAW_COLOURS) == set(LAW_STATUSES)
    assert LAW_COLOURS["restricts"] == STATUS_COLOURS["limits"]


def test_every_state_has_one_place_on_the_map():
    tiles = read_state_tiles()
    assert len(tiles) == 52
    assert not tiles.duplicated(["tile_row", "tile_column"]).any()
    codes = pd.read_csv(reference_dir() / "states.csv", dtype="str")
    wanted = codes[codes["kind"].isin(["state", "district"]) | codes["state_abbr"].eq("PR")]
    placed = dict(zip(tiles["state_fips"], tiles["state_abbr"], strict=True))
    assert placed == dict(zip(wanted["state_fips"], wanted["state_abbr"], strict=True))


def test_a_state_with_two_squares_is_refused(tmp_path):
    file = tmp_path / "state_tiles.csv"
    file.write_text(
        "state_fips,state_abbr,tile_row,tile_column\n91,QA,1,1\n91,QA,1,2\n", encoding="utf-8"
    )
    with pytest.raises(DataError, match=r"stand twice \(row 3\)"):
        read_state_tiles(file)


SHARES = pd.DataFrame(
    {"requires": [0.1, 0.25], "neither": [0.9, 0.75]},
    index=pd.to_datetime(["2001-01-01", "2004-01-01"]),
)
NAMES = {"requires": "Requires", "neither": "Neither"}


def draw(frame):
    return plot_share_timeline(frame, colours=LAW_COLOURS, labels=NAMES, y_label="Share")


def test_areas_are_stacked_and_named_with_their_last_share():
    axes = draw(SHARES).axes[0]
    assert [text.get_text() for text in axes.texts] == ["Requires 25%", "Neither 75%"]
    lower, upper = (part.get_paths()[0].vertices[:, 1] for part in axes.collections)
    assert (lower.max(), upper.max()) == (0.25, 1.0)


def test_shares_that_do_not_add_up_are_refused():
    with pytest.raises(UsageError, match="On 1 dates .first: 2004-01-01. the shares"):
        draw(SHARES.assign(neither=[0.9, 0.7]))
