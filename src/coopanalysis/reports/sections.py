"""Sections of a page: those that a release cannot fill are left out, some are folded.

Where a page has many tables, their CSV links stand together at its end: a link beside each of a
dozen tables would make a reader at the keyboard step through them all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nbformat import NotebookNode

from coopanalysis.display.html import SLOT_MIME, element
from coopanalysis.display.page import FOLD_CLOSING, LEFT_OUT, fold_opening

FOLDED = "folded"
"""Tag of the text that opens a section: on the page it is folded under its question and answer."""
_OPENS = re.compile(r'<h2 id="([^"]*)">(.*?)</h2>\s*', re.DOTALL)
_ANSWER = re.compile(r'<p class="coop-(?:finding|reading)">(.*?)</p>', re.DOTALL)
_HEADING = re.compile(r"^(#+) +(.+?)\s*$", flags=re.M)
_OPENING = "Left out: "
MOST_LINKS = 8
_TABLE = re.compile(r'<div class="coop-table">.*?<caption[^>]*>(.*?)</caption>.*?</div>', re.DOTALL)
_LINK = re.compile(r'\s*(<a class="coop-download"[^>]*>)CSV</a>')
_EMPTY = '<p class="coop-source"></p>'


def without_left_out(cells: Sequence[NotebookNode]) -> tuple[list[NotebookNode], list[str]]:
    """Take away what is left out, with the headings and texts of sections that hold nothing else.

    A section runs from a heading to the next one of its level or above. Code stays: a later section
    may follow from it, and code without a result is shown with that of the text before. Returns the
    cells without those texts and outputs, and "heading (why; why)" for each section with a gap.
    """
    empty: set[int] = set()
    for start, level in _headings(cells):
        end = next((at for at, other in _headings(cells) if at > start and other <= level), None)
        shown = [one for cell in cells[start:end] for one in cell.get("outputs", [])]
        if shown and all(_why(one) for one in shown):
            empty |= set(range(start, len(cells) if end is None else end))
    kept, heading, reasons = [], "", dict[str, list[str]]()
    for at, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            found = _HEADING.findall(cell.source)
            heading = found[-1][1] if found else heading
            if at not in empty:
                kept.append(cell)
            continue
        outputs = cell.get("outputs", [])
        for why in filter(None, map(_why, outputs)):
            reasons.setdefault(heading, []).append(why)
        staying = [one for one in outputs if not _why(one)]
        kept.append(NotebookNode({**cell, "outputs": staying}) if outputs else cell)
    return kept, [f"{heading} ({'; '.join(whys)})" for heading, whys in reasons.items()]


def _headings(cells: Sequence[NotebookNode]) -> list[tuple[int, int]]:
    """Place and level of each text cell that opens with a heading."""
    found = [
        (at, _HEADING.match(cell.source.strip()))
        for at, cell in enumerate(cells)
        if cell.cell_type == "markdown"
    ]
    return [(at, len(match[1])) for at, match in found if match]


def _why(output: Any) -> str:
    """Say why an output is left out; empty for one that is shown."""
    slot = output.get("data", {}).get(SLOT_MIME, {})
    if slot.get("slot") != LEFT_OUT:
        return ""
    return str(slot["text"]).removeprefix(_OPENING).removesuffix(".")


def fold_sections(cells: Sequence[NotebookNode], *, every: bool) -> None:
    """Fold each section under its heading: every one, or those whose first text is marked.

    A marked one shows its first finding as long as it is closed. The HTML in the metadata of the
    cells is changed: `page_open` goes before a cell, `page_close` after it.
    """
    section: list[NotebookNode] = []
    heading: re.Match[str] | None = None
    for cell in cells:
        found = _OPENS.search(cell.metadata.get("page_html", ""))
        if found:
            _fold(section, heading, answered=not every)
            section, heading = [], found if every or cell.metadata.get("folded") else None
        section.append(cell)
    _fold(section, heading, answered=not every)


def _fold(
    section: Sequence[NotebookNode], heading: re.Match[str] | None, *, answered: bool
) -> None:
    if heading is None:
        return
    first, last = section[0].metadata, section[-1].metadata
    shown = "".join(html for one in section for html in one.metadata.get("page_outputs", []))
    found = _ANSWER.search(shown) if answered else None
    answer = found[1] if found else ""
    first["page_html"] = first["page_html"].replace(heading[0], "", 1)
    first["page_open"] = fold_opening(heading[2], heading[1], answer)
    last["page_close"] = FOLD_CLOSING


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
