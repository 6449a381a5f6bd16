"""Charts in the house style, and the one way to show them."""

from coopanalysis.figures.show import legend_html, show_figure
from coopanalysis.figures.style import new_figure, status_colour, use_house_style

__all__ = ["legend_html", "new_figure", "show_figure", "status_colour", "use_house_style"]
