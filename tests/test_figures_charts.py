from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from coopanalysis.display import figures
from coopanalysis.display.figures.show import _check_text_sizes
from coopanalysis.display.figures.style import readable_on
from coopanalysis.errors import UsageError

LABELS = {"a": "First practice with a rather long name", "b": "Second"}


def estimates(shift: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "term": ["b", "a", "const"],
            "estimate": [1.0 + shift, -2.0 + shift, 9.0],
            "conf_low": [0.0 + shift, -3.0 + shift, 8.0],
            "conf_high": [2.0 + shift, -1.0 + shift, 10.0],
        }
    )


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.findobj(Text) if t.get_text()]


def test_coefficients_stand_in_the_order_of_the_labels() -> None:
    figure = figures.plot_coefficients(estimates(), LABELS, x_label="Points")
    axes = figure.axes[0]
    marks = next(line for line in axes.lines if line.get_marker() == "o")
    assert np.asarray(marks.get_xdata()).tolist() == [-2.0, 1.0]
    heights = np.asarray(marks.get_ydata())
    assert heights[0] > heights[1]
    figure.draw_without_rendering()
    _check_text_sizes(figure)


def test_a_term_stands_in_an_estimates_table_once() -> None:
    with pytest.raises(UsageError, match="No terms"):
        figures.plot_coefficients(estimates(), {"x": "X"}, x_label="Points")
    twice = pd.concat([estimates(), estimates()])
    with pytest.raises(UsageError, match="more than once"):
        figures.plot_coefficients(twice, LABELS, x_label="Points")


def test_coefficients_of_several_models_are_named() -> None:
    figure = figures.plot_coefficients(
        {"Plain": estimates(), "With covariates": estimates(1)}, LABELS, x_label="Points"
    )
    legend = figure.legends[0]
    assert [t.get_text() for t in legend.get_texts()] == ["Plain", "With covariates"]
    with pytest.raises(UsageError, match="5 models"):
        many = {str(number): estimates() for number in range(5)}
        figures.plot_coefficients(many, LABELS, x_label="Points")


def test_a_missing_estimate_is_written_not_drawn_as_zero() -> None:
    table = estimates()
    table.loc[0, ["estimate", "conf_low", "conf_high"]] = np.nan
    figure = figures.plot_coefficients(table, LABELS, x_label="Points")
    assert "not available" in texts(figure)


def test_bars_write_their_values_and_missing_ones() -> None:
    frame = pd.DataFrame({"name": ["x", "y", "z"], "share": [0.251, np.nan, 0.0]})
    figure = figures.plot_bars(
        frame, category="name", value="share", x_label="Share", measure="share"
    )
    assert {"25.1%", "not available", "0.0%"} <= set(texts(figure))


def test_stacked_shares_have_to_be_a_whole() -> None:
    frame = pd.DataFrame({"policy": ["with", "without"], "good": [0.6, 0.5], "none": [0.4, 0.5]})
    options = {
        "category": "policy",
        "parts": {"good": "Good", "none": "None"},
        "colours": {"good": "#1b5e7b", "none": "hatch"},
        "x_label": "Share",
    }
    figure = figures.plot_stacked_shares(frame, **options)
    bars = [p for p in figure.axes[0].patches if isinstance(p, Rectangle)]
    assert [round(b.get_width(), 3) for b in bars] == [0.6, 0.5, 0.4, 0.5]
    assert [bool(b.get_hatch()) for b in bars] == [False, False, True, True]
    with pytest.raises(UsageError, match="not to 1"):
        figures.plot_stacked_shares(frame.assign(none=0.1), **options)


def test_cooccurrence_is_a_share_of_those_given() -> None:
    frame = pd.DataFrame({"p": [1, 1, 0, 1, None], "q": [1, 0, 1, 0, 1], "r": [0, 0, 0, 0, 0]})
    pairs = figures.cooccurrence(frame, {"p": "P", "q": "Q", "r": "R"})
    shares = pairs.set_index(["given", "other"])["share"]
    counts = pairs.set_index(["given", "other"])["counties_count"]
    assert shares["P", "Q"] == pytest.approx(1 / 3)
    assert shares["Q", "P"] == pytest.approx(1 / 2)
    assert np.isnan(shares["R", "P"])
    assert counts["R", "P"] == 0
    figure = figures.plot_cooccurrence(pairs)
    assert {"33", "50", "100", "–"} <= set(texts(figure))
    with pytest.raises(UsageError, match="do not fill a square"):
        figures.plot_cooccurrence(pairs.iloc[:-1])


def test_events_add_up_month_by_month() -> None:
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2025-01-31", "2025-03-01", "2025-03-09", None]),
            "model": ["x", "x", "y", "y"],
        }
    )
    counts = figures.cumulate(frame, date="day", by="model").set_index(["model", "month"])
    assert counts["events_count"].tolist() == [1, 1, 2, 0, 0, 1]
    drawn = figures.plot_timeline(
        counts.reset_index(),
        by="model",
        y_label="Agreements",
        colours={"x": "#4B1D6B", "y": "#9E6FBF"},
        labels={"x": "Ex", "y": "Why"},
    )
    assert {"Ex 2", "Why 1"} <= set(texts(drawn))


@pytest.mark.parametrize("last", [(7, 6, 1), (7, 7, 7), (1, 1, 1), (300, 7, 6)])
def test_names_at_the_ends_of_lines_lie_apart(last: tuple[int, ...]) -> None:
    """Labels of two lines need more room than labels of one."""
    models = ["task", "warrant", "jail"]
    frame = pd.DataFrame(
        {
            "month": pd.to_datetime(["2025-01-01", "2026-05-01"] * 3),
            "model": [model for model in models for _ in range(2)],
            "events_count": [count for end in last for count in (0, end)],
        }
    )
    figure = figures.plot_timeline(
        frame,
        by="model",
        y_label="Agreements signed up to then",
        colours=dict.fromkeys(models, "#4B1D6B"),
        labels={
            "task": "Task force model",
            "warrant": "Warrant service officer",
            "jail": "Jail enforcement model",
        },
    )
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    boxes.sort(key=lambda box: box.y0)
    line = boxes[0].height / 2
    for low, high in pairwise(boxes):
        assert high.y0 - low.y1 > 0.1 * line
    assert boxes[-1].y1 <= figure.bbox.y1


def test_each_step_of_a_dose_says_how_many_counties() -> None:
    frame = pd.DataFrame(
        {
            "score": [0, 1],
            "estimate": [0.0, 1.0],
            "conf_low": [0.0, 0.5],
            "conf_high": [0.0, 1.5],
            "n_obs": [1200, 40],
        }
    )
    dose = figures.plot_dose_response(frame, dose="score", x_label="Score", y_label="Rate")
    assert {"0\n1,200", "1\n40"} <= set(texts(dose))


def test_words_on_colours_can_be_read() -> None:
    assert readable_on("#4B1D6B") == "#ffffff"
    assert readable_on("#E2E2E2") != "#ffffff"
