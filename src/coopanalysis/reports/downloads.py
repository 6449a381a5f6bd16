"""Where a page has many tables, their CSV links stand together at its end.

A link beside each of a dozen tables would make a reader at the keyboard step through them all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coopanalysis.display.html import element

if TYPE_CHECKING:
    from nbformat import NotebookNode

MOST_LINKS = 8
_TABLE = re.compile(r'<div class="coop-table">.*?<caption[^>]*>(.*?)</caption>.*?</div>', re.DOTALL)
_LINK = re.compile(r'\s*(<a class="coop-download"[^>]*>)CSV</a>')
_EMPTY = '<p class="coop-source"></p>'


def gather_links(cells: Sequence[NotebookNode]) -> str:
    """Take the CSV links of the tables out of a page with many, and list them by caption.

    The HTML in the `page_outputs` of the cells is changed. Empty where the page has few tables.
    """
    shown = [html for cell in cells for html in cell.metadata.get("page_outputs", [])]
    if sum(html.startswith('<div class="coop-table">') for html in shown) <= MOST_LINKS:
        return ""
    items: list[str] = []
    for cell in cells:
        outputs = cell.metadata.get("page_outputs", [])
        cell.metadata["page_outputs"] = [_take_link(html, items) for html in outputs]
    return element("ul", "".join(items), class_="downloads")


def _take_link(html: str, items: list[str]) -> str:
    table, link = _TABLE.match(html), _LINK.search(html)
    if table is None or link is None:
        return html
    items.append(element("li", f"{link.group(1)}CSV: {table.group(1)}</a>"))
    return (html[: link.start()] + html[link.end() :]).replace(_EMPTY, "")
