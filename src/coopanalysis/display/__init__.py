"""What a reader sees: sentences, tables, figures, maps and the parts of a page.

Functions named `show_` end a cell of a notebook. Each takes a typed result or a frame, takes its
words from the catalog, and gives an `Output`: HTML for the page, plain text beside it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coopanalysis.display.county_maps import show_county_map
    from coopanalysis.display.coverage import show_coverage
    from coopanalysis.display.crosstabs import show_crosstab
    from coopanalysis.display.figures import show_figure
    from coopanalysis.display.html import Output
    from coopanalysis.display.page import left_out, note, show_headline, show_limits
    from coopanalysis.display.reporting_maps import show_rate_maps, show_reporting_maps
    from coopanalysis.display.shares import show_cooccurrence, show_score, show_shares
    from coopanalysis.display.tables import ColumnFormat, show_table
    from coopanalysis.display.timelines import show_timeline
    from coopanalysis.display.words import source_line

__all__ = [
    "ColumnFormat",
    "Output",
    "left_out",
    "note",
    "show_cooccurrence",
    "show_county_map",
    "show_coverage",
    "show_crosstab",
    "show_figure",
    "show_headline",
    "show_limits",
    "show_rate_maps",
    "show_reporting_maps",
    "show_score",
    "show_shares",
    "show_table",
    "show_timeline",
    "source_line",
]
_HOMES = {
    "ColumnFormat": "tables",
    "Output": "html",
    "left_out": "page",
    "note": "page",
    "show_cooccurrence": "shares",
    "show_county_map": "county_maps",
    "show_coverage": "coverage",
    "show_crosstab": "crosstabs",
    "show_figure": "figures",
    "show_headline": "page",
    "show_limits": "page",
    "show_rate_maps": "reporting_maps",
    "show_reporting_maps": "reporting_maps",
    "show_score": "shares",
    "show_shares": "shares",
    "show_table": "tables",
    "show_timeline": "timelines",
    "source_line": "words",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
