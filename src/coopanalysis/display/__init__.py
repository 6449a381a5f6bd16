"""What a reader sees: sentences, tables, figures, maps and the parts of a page.

Functions named `show_` end a cell of a notebook. Each takes a typed result or a frame, takes its
words from the catalog, and gives an `Output`: HTML for the page, plain text beside it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coopanalysis.display.categories import LAW_STATUS, Category, describe_extent
    from coopanalysis.display.differences import (
        show_difference_sentences,
        show_differences,
        show_differences_across,
        show_standard_differences,
    )
    from coopanalysis.display.figures import show_figure
    from coopanalysis.display.html import Output
    from coopanalysis.display.laws import show_laws
    from coopanalysis.display.over_time import show_shares_over_time
    from coopanalysis.display.page import show_headline, show_limits
    from coopanalysis.display.states import show_state_tiles
    from coopanalysis.display.tables import ColumnFormat, show_table
    from coopanalysis.display.words import source_line

__all__ = [
    "LAW_STATUS",
    "Category",
    "ColumnFormat",
    "Output",
    "describe_extent",
    "show_difference_sentences",
    "show_differences",
    "show_differences_across",
    "show_figure",
    "show_headline",
    "show_laws",
    "show_limits",
    "show_shares_over_time",
    "show_standard_differences",
    "show_state_tiles",
    "show_table",
    "source_line",
]
_HOMES = {
    "LAW_STATUS": "categories",
    "Category": "categories",
    "ColumnFormat": "tables",
    "Output": "html",
    "describe_extent": "categories",
    "show_difference_sentences": "differences",
    "show_differences": "differences",
    "show_differences_across": "differences",
    "show_figure": "figures",
    "show_headline": "page",
    "show_laws": "laws",
    "show_limits": "page",
    "show_shares_over_time": "over_time",
    "show_standard_differences": "differences",
    "show_state_tiles": "states",
    "show_table": "tables",
    "source_line": "words",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
