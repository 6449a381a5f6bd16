"""What a reader sees: sentences, tables, figures, maps and the parts of a page.

Functions named `show_` end a cell of a notebook. Each takes a typed result or a frame, takes its
words from the catalog, and gives an `Output`: HTML for the page, plain text beside it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coopanalysis.display.coverage import show_coverage
    from coopanalysis.display.figures import show_figure
    from coopanalysis.display.html import Output
    from coopanalysis.display.page import show_headline, show_limits
    from coopanalysis.display.tables import ColumnFormat, show_table
    from coopanalysis.display.words import source_line

__all__ = [
    "ColumnFormat",
    "Output",
    "show_coverage",
    "show_figure",
    "show_headline",
    "show_limits",
    "show_table",
    "source_line",
]
_HOMES = {
    "ColumnFormat": "tables",
    "Output": "html",
    "show_coverage": "coverage",
    "show_figure": "figures",
    "show_headline": "page",
    "show_limits": "page",
    "show_table": "tables",
    "source_line": "words",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
