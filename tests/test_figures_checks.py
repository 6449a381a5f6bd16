"""Figures of the checks: what is drawn is what the frame holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh

from coopanalysis.display.figures import (
    plot_distribution,
    plot_love,
    plot_ranges,
    plot_specification_curve,
)
from coopanalysis.errors import UsageError


def test_a_love_plot_has_one_mark_per_covariate_and_method() -> None:
    frame = pd.DataFrame({"label": ["A", "B", "C"], "Before": [0.5, -0.2, 0.1], "After": [0.0] * 3})
    axes = plot_love(frame, label="label", methods=["Before", "After"]).axes[0]
    marks = [line for line in axes.lines if line.get_marker() in ("o", "s")]
    assert [list(line.get_xdata()) for line in marks] == [[0.5, -0.2, 0.1], [0.0, 0.0, 0.0]]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["A", "B", "C"]
    with pytest.raises(UsageError, match="0 methods"):
        plot_love(frame, label="label", methods=[])


def test_ranges_are_bars_and_single_numbers_points() -> None:
    frame = pd.DataFrame(
        {
            "rule": ["point", "range"],
            "estimate_low": [1.0, -2.0],
            "estimate_high": [1.0, 4.0],
            "conf_low": [0.0, -3.0],
            "conf_high": [2.0, 5.0],
        }
    )
    axes = plot_ranges(frame, label="rule", x_label="rate").axes[0]
    assert [(patch.get_x(), patch.get_width()) for patch in axes.patches] == [(-2.0, 6.0)]
    points = [line for line in axes.lines if line.get_marker() == "o"]
    assert list(points[0].get_xdata()) == [1.0]


def test_a_distribution_ends_at_all_of_each_group() -> None:
    frame = pd.DataFrame({"rate": [1.0, 2.0, 4.0, 8.0, np.nan], "group": ["a", "a", "b", "b", "b"]})
    axes = plot_distribution(
        frame, value="rate", group="group", labels={"a": "First", "b": "Second"}, x_label="Rate"
    ).axes[0]
    assert [line.get_ydata()[-1] for line in axes.lines] == [1.0, 1.0]
    assert "First (n = 2)" in [line.get_label() for line in axes.lines]
    with pytest.raises(UsageError, match="c"):
        plot_distribution(frame, value="rate", group="group", labels={"c": "No"}, x_label="Rate")


def test_a_curve_shades_the_share_of_each_choice() -> None:
    count = 200
    table = pd.DataFrame(
        {
            "estimate": np.linspace(-1, 3, count),
            "conf_low": np.linspace(-2, 2, count),
            "conf_high": np.linspace(0, 4, count),
            "is_main": np.arange(count) == 150,
            "effects": ["none"] * (count // 2) + ["state"] * (count // 2),
        }
    )
    figure = plot_specification_curve(
        table, {"effects": {"none": "None", "state": "State"}}, y_label="Difference"
    )
    top, bottom = figure.axes
    assert [text.get_text() for text in bottom.get_yticklabels()] == ["None", "State"]
    shades = [mesh for mesh in bottom.collections if isinstance(mesh, QuadMesh)]
    none, state = (mesh.get_array().ravel() for mesh in shades)
    assert none[0] == state[-1] == 1
    assert np.allclose(none + state, 1)
    assert not top.collections, "intervals of thousands of estimates are no test of any"
    assert len(top.lines[1].get_xdata()) == count
    diamonds = [line for line in top.lines if line.get_marker() == "D"]
    assert list(diamonds[0].get_xdata()) == [150.5]
