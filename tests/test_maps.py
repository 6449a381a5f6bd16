from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.collections import LineCollection, PathCollection

from coopanalysis.display.maps import plot_county_map, quantile_breaks
from coopanalysis.errors import UsageError


@pytest.fixture
def boundaries() -> pd.DataFrame:
    rows = [
        (f"6{x // 3}{x:02d}{y}", f"6{x // 3}", shapely.box(x, y, x + 1, y + 1))
        for x in range(6)
        for y in range(4)
    ]
    frame = pd.DataFrame(rows, columns=["county_fips", "state_fips", "geometry"])
    hole = shapely.box(0.3, 0.3, 0.6, 0.6)
    frame.loc[0, "geometry"] = shapely.difference(frame.loc[0, "geometry"], hole)
    return frame


def values(boundaries: pd.DataFrame, drawn: list[object]) -> pd.Series:
    return pd.Series(drawn, index=boundaries["county_fips"])


def collections(figure: object) -> tuple[list[PathCollection], list[LineCollection]]:
    found = figure.axes[0].collections  # type: ignore[attr-defined]
    return (
        [c for c in found if isinstance(c, PathCollection)],
        [c for c in found if isinstance(c, LineCollection)],
    )


def test_statuses_are_counted_and_missing_is_hatched(boundaries: pd.DataFrame) -> None:
    drawn = values(boundaries, ["task-force"] * 5 + ["limits"] * 3 + [None] * 16)
    county_map = plot_county_map(boundaries, drawn, legend_title="Agreement")
    counts = county_map.classes.set_index("label")["counties_count"]
    assert counts.to_dict() == {"Task force model": 5, "Limits cooperation": 3, "Not known": 16}
    counties, states = collections(county_map.figure)
    assert [len(c.get_paths()) for c in counties] == [8, 16]
    assert [c.get_hatch() for c in counties] == [None, "////"]
    assert len(states) == 1
    assert "(16)" in county_map.legend
    assert "style=" not in county_map.legend


def test_a_county_absent_from_the_values_is_missing_not_zero(boundaries: pd.DataFrame) -> None:
    drawn = values(boundaries, list(np.arange(24.0))).iloc[:20]
    county_map = plot_county_map(boundaries, drawn, "classes", legend_title="Rate")
    assert county_map.classes["counties_count"].tolist()[-1] == 4
    assert county_map.classes["counties_count"].sum() == 24


def test_classes_keep_the_breaks_they_are_given(boundaries: pd.DataFrame) -> None:
    drawn = values(boundaries, list(np.arange(24.0)))
    county_map = plot_county_map(
        boundaries, drawn, "classes", legend_title="Rate", breaks=[5, 10, 30]
    )
    assert county_map.classes["counties_count"].tolist() == [6, 5, 13, 0]
    assert county_map.classes["label"].tolist()[:3] == ["up to 5", "over 5 to 10", "over 10 to 30"]
    with pytest.raises(UsageError, match="above the last break"):
        plot_county_map(boundaries, drawn, "classes", legend_title="Rate", breaks=[5, 10])
    with pytest.raises(UsageError, match="at most 5"):
        plot_county_map(
            boundaries, drawn, "classes", legend_title="Rate", breaks=[1, 2, 3, 4, 5, 99]
        )


def test_scores_are_joined_down_to_five_classes(boundaries: pd.DataFrame) -> None:
    drawn = values(boundaries, [0, 1, 2] + [3] * 6 + [4] * 6 + [5] * 6 + [6, 7, 7]).astype("Int8")
    county_map = plot_county_map(boundaries, drawn, "score", legend_title="Score")
    assert len(county_map.classes) == 6
    assert county_map.classes["counties_count"].sum() == 24
    assert {"3", "4", "5"} <= set(county_map.classes["label"])


def test_the_map_is_quick_to_draw_again_with_the_same_lines(boundaries: pd.DataFrame) -> None:
    drawn = values(boundaries, ["none"] * 24)
    first = collections(plot_county_map(boundaries, drawn, legend_title="x").figure)[1][0]
    second = collections(plot_county_map(boundaries, drawn, legend_title="x").figure)[1][0]
    assert len(first.get_segments()) == len(second.get_segments()) >= 2


def test_wrong_values_are_named(boundaries: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="No colour for statuses \\['red'\\]"):
        plot_county_map(boundaries, values(boundaries, ["red"] * 24), legend_title="x")
    with pytest.raises(UsageError, match="No value belongs"):
        plot_county_map(boundaries, pd.Series(["none"], index=[6001]), legend_title="x")
    with pytest.raises(UsageError, match="more than one row"):
        twice = values(boundaries, ["none"] * 24)
        plot_county_map(boundaries, pd.concat([twice, twice]), legend_title="x")


def test_quantiles_need_enough_values() -> None:
    assert quantile_breaks(pd.Series(np.arange(1, 101.0))) == [20.8, 40.6, 60.4, 80.2, 100.0]
    with pytest.raises(UsageError, match="distinct values"):
        quantile_breaks(pd.Series([1.0, 1.0, 2.0]))
