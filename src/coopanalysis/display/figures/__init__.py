"""Charts in the house style, and the one way to show them."""

from coopanalysis.display.figures.bars import (
    cooccurrence,
    plot_bars,
    plot_cooccurrence,
    plot_distribution,
    plot_stacked_shares,
    plot_tile_map,
)
from coopanalysis.display.figures.coefficients import (
    plot_coefficients,
    plot_dose_response,
    plot_love,
    plot_ranges,
    plot_specification_curve,
)
from coopanalysis.display.figures.show import legend_html, show_chart, show_figure
from coopanalysis.display.figures.style import new_figure
from coopanalysis.display.figures.timeline import cumulate, plot_share_timeline, plot_timeline

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
    "plot_love",
    "plot_ranges",
    "plot_share_timeline",
    "plot_specification_curve",
    "plot_stacked_shares",
    "plot_tile_map",
    "plot_timeline",
    "show_chart",
    "show_figure",
]
