from __future__ import annotations

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib.figure import Figure
from PIL import Image

from coopanalysis.display import figures
from coopanalysis.display.figures.show import draw_png
from coopanalysis.display.figures.style import STATUS_COLOURS
from coopanalysis.display.html import Output
from coopanalysis.errors import UsageError

ALT = (
    "Bar chart of shares of counties by practice, from one to ninety-eight percent; most have "
    "the last one."
)


def plain_figure() -> Figure:
    figure, axes = figures.new_figure(2.0)
    axes.barh([0, 1], [1, 2])
    axes.set_xlabel("Share")
    return figure


def show(**changes: object) -> Output:
    parts = {
        "fig": plain_figure(),
        "finding": "Most counties have it",
        "subtitle": "Share of counties",
        "alt": ALT,
        "note": "A note.",
        "source": "Bureau. Data as of 2025.",
        "data": pd.DataFrame({"practice": ["a", "b"], "share": [0.1, 0.9]}),
    } | changes
    return figures.show_figure(parts.pop("fig"), **parts)  # type: ignore[arg-type]


def image_of(shown: Output) -> Image.Image:
    packed = re.search(r'src="data:image/png;base64,([^"]+)"', shown.html)
    assert packed is not None
    return Image.open(io.BytesIO(base64.b64decode(packed.group(1))))


def test_a_figure_carries_all_a_reader_needs() -> None:
    shown = show()
    soup = BeautifulSoup(shown.html, "html.parser")
    figure = soup.figure
    assert figure is not None
    assert figure.img is not None
    assert figure.img["alt"] == ALT
    assert figure.figcaption is not None
    assert "Most counties have it" in figure.figcaption.get_text()
    assert figure.details is not None
    assert len(figure.details.find_all("tr")) == 3
    link = figure.find("a", download=True)
    assert link is not None
    assert link.get_text() == "Download CSV (2 rows)"
    assert str(link["href"]).startswith("data:text/csv")
    assert "Bureau" in figure.get_text()
    assert ALT in shown.text
    assert " style=" not in shown.html


def test_the_same_figure_gives_the_same_bytes_without_metadata() -> None:
    first, second = show().html, show().html
    assert first == second
    image = image_of(show())
    assert image.mode == "P"
    assert not image.info.get("Software")


def test_simulated_data_are_named_in_the_image_itself() -> None:
    plain, stamped = image_of(show()), image_of(show(source="Simulated data, demo release."))
    assert stamped.height > plain.height
    strip = np.asarray(stamped.convert("L"))[plain.height :]
    assert strip.min() < 200


def test_status_colours_survive_the_palette() -> None:
    figure, axes = figures.new_figure(2.0)
    axes.set_axis_off()
    for place, colour in enumerate(STATUS_COLOURS.values()):
        axes.bar(place, 1, color=colour, width=1)
    png, _, _ = draw_png(figure)
    present = {
        tuple(pixel)
        for row in np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))[::9]
        for pixel in row.tolist()
    }
    for colour in STATUS_COLOURS.values():
        wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        assert min(max(abs(a - b) for a, b in zip(p, wanted, strict=True)) for p in present) <= 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"finding": ""}, "needs its finding"),
        ({"source": " "}, "needs its source"),
        ({"alt": "too short"}, "80 to 600"),
        ({"alt": "x" * 601}, "80 to 600"),
        ({"alt": ALT, "finding": ALT}, "repeats the finding"),
        ({"alt": "see figure.png " + "x" * 80}, "names no file"),
        ({"data": pd.DataFrame({"a": []})}, "0 rows of data"),
        ({"data": pd.DataFrame({"a": range(10_001)})}, "10,001 rows"),
    ],
)
def test_wrong_calls_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        show(**changes)


def test_text_too_small_for_a_phone_is_refused() -> None:
    figure = plain_figure()
    figure.axes[0].set_title("tiny", fontsize=6)
    with pytest.raises(UsageError, match="under 9 px on a phone"):
        show(fig=figure)


def test_a_pyplot_figure_is_closed() -> None:
    figure = plt.figure(figsize=(6.4, 2))
    show(fig=figure)
    assert not plt.fignum_exists(figure.number)


@pytest.mark.slow
def test_an_image_that_stays_too_large_is_refused() -> None:
    figure, axes = figures.new_figure(7.0)
    noise = np.random.default_rng(1).random((1000, 1000, 3))
    axes.imshow(noise, interpolation="nearest")
    with pytest.raises(UsageError, match="the limit is 250,000"):
        draw_png(figure, dpi=220)
