"""Charts in the house style, and the one way to show them."""

from coopanalysis.display.figures.bars import cooccurrence as cooccurrence
from coopanalysis.display.figures.bars import plot_bars as plot_bars
from coopanalysis.display.figures.bars import plot_cooccurrence as plot_cooccurrence
from coopanalysis.display.figures.bars import plot_distribution as plot_distribution
from coopanalysis.display.figures.bars import plot_stacked_shares as plot_stacked_shares
from coopanalysis.display.figures.bars import plot_tile_map as plot_tile_map
from coopanalysis.display.figures.coefficients import plot_coefficients as plot_coefficients
from coopanalysis.display.figures.coefficients import plot_dose_response as plot_dose_response
from coopanalysis.display.figures.coefficients import plot_love as plot_love
from coopanalysis.display.figures.coefficients import plot_ranges as plot_ranges
from coopanalysis.display.figures.coefficients import (
    plot_specification_curve as plot_specification_curve,
)
from coopanalysis.display.figures.show import legend_html as legend_html
from coopanalysis.display.figures.show import show_chart as show_chart
from coopanalysis.display.figures.show import show_figure as show_figure
from coopanalysis.display.figures.style import new_figure as new_figure
from coopanalysis.display.figures.timeline import cumulate as cumulate
from coopanalysis.display.figures.timeline import plot_share_timeline as plot_share_timeline
from coopanalysis.display.figures.timeline import plot_timeline as plot_timeline
