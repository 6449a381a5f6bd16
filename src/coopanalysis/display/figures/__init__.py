"""Charts in the house style, and the one way to show them."""

from coopanalysis.display.figures.balance import plot_love
from coopanalysis.display.figures.bars import plot_bars, plot_stacked_shares
from coopanalysis.display.figures.coefficients import (
    plot_coefficients,
    plot_dose_response,
    plot_event_study,
)
from coopanalysis.display.figures.distribution import plot_distribution
from coopanalysis.display.figures.heatmap import cooccurrence, plot_cooccurrence
from coopanalysis.display.figures.ranges import plot_ranges
from coopanalysis.display.figures.show import legend_html, show_figure
from coopanalysis.display.figures.specification import plot_specification_curve
from coopanalysis.display.figures.style import new_figure, status_colour, use_house_style
from coopanalysis.display.figures.timeline import cumulate, plot_timeline

__all__ = [
    "cooccurrence",
    "cumulate",
    "legend_html",
    "new_figure",
    "plot_bars",
    "plot_coefficients",
    "plot_cooccurrence",
    "plot_distribution",
    "plot_dose_response",
    "plot_event_study",
    "plot_love",
    "plot_ranges",
    "plot_specification_curve",
    "plot_stacked_shares",
    "plot_timeline",
    "show_figure",
    "status_colour",
    "use_house_style",
]
