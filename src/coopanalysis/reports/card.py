"""The picture that stands for a report where its address is shared: title, finding, a figure."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from coopanalysis.display.figures.show import STAMP, draw_png
from coopanalysis.display.figures.style import ACCENT, INK, MUTED, use_house_style, wrap_label

if TYPE_CHECKING:
    from coopanalysis.reports.plan import ReportJob
    from coopanalysis.reports.render import Page

INCHES, CARD_DPI = (12.0, 6.3), 100
LONGEST = 230
"""Letters of a finding that a card has room for; the rest is on the page."""
LONGEST_FOOT = 110
"""Letters that a line of the usual size holds; a longer one is smaller."""


def draw_card(page: Page, job: ReportJob, as_of: str) -> bytes:
    """Draw a PNG of 1,200 by 630 pixels, with the first figure of the page if it has one."""
    use_house_style()
    figure = Figure(figsize=INCHES, dpi=CARD_DPI)
    figure.set_layout_engine("none")
    room = 58 if not page.figures else 34
    title = wrap_label(page.title, room)
    figure.text(0.04, 0.93, title, va="top", color=INK, size=25, weight="bold")
    below = 0.93 - 0.075 * (title.count("\n") + 1) - 0.05
    said = page.headline if len(page.headline) <= LONGEST else _shorten(page.headline)
    figure.text(0.04, below, wrap_label(said, room + 8), va="top", color=INK, size=18)
    simulated = f" {STAMP}." if job.is_simulated else ""
    foot = f"coopanalysis, release {job.release}, data as of {as_of}.{simulated}"
    figure.text(0.04, 0.05, foot, color=MUTED, size=14 * min(1, LONGEST_FOOT / len(foot)))
    figure.add_artist(Line2D([0.04, 0.97], [0.1, 0.1], color=ACCENT, linewidth=2))
    if page.figures:
        axes = figure.add_axes((0.55, 0.13, 0.42, 0.8))
        axes.set_axis_off()
        with Image.open(io.BytesIO(page.figures[0].png)) as drawn:
            axes.imshow(drawn.convert("RGB"), interpolation="lanczos")
    return draw_png(figure, dpi=CARD_DPI)[0]


def _shorten(text: str) -> str:
    return text[:LONGEST].rsplit(" ", 1)[0] + " ..."
