"""What a cell left behind, as HTML of the page; what the page cannot show is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape

from nbformat import NotebookNode

from coopanalysis.display.html import SLOT_MIME, element, for_page, strip_ansi
from coopanalysis.display.page import ANSWERS, DESIGN_WORDS
from coopanalysis.errors import ReportError
from coopanalysis.reports.markdown import ProseRenderer, render_latex, render_markdown
from coopanalysis.reports.records import hide_paths

PLACES = {"headline": "main-estimate", ANSWERS: "in-short", "limits": "limits"}
"""Anchor of each place at the top of a page."""
Slots = dict[str, dict[str, str]]

_TRACEBACK = "Traceback (most recent call last):"
_RAISED = re.compile(
    r"^[A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit)\b.*$", re.MULTILINE
)
_NO_TEXT = re.compile(r"<[^<>]* (?:object|at 0x[0-9A-Fa-f]+)>")
_ACTIVE = re.compile(
    r"<(script|iframe|object|embed|video|audio|canvas)\b|<img\b[^>]*?\bsrc=[\"']?(?!data:)([^\"'\s>]+)",
    re.IGNORECASE,
)


def place_words(slot: Mapping[str, str]) -> str:
    """Heading of a place at the top: a description is a finding, and no estimate."""
    if slot["slot"] in (ANSWERS, "limits"):
        return "In short" if slot["slot"] == ANSWERS else "What this cannot show"
    estimates = [words for design, words in DESIGN_WORDS.items() if design != "description"]
    return "Main estimate" if any(one in slot["text"] for one in estimates) else "Finding"


class OutputWriter:
    """Writes the outputs of one report.

    `slots` has `html` and `text` of what goes to the top of the page, by place. Headings and
    anchors of its prose are shared with the text cells. Where data are simulated, each source has
    to say so.
    """

    def __init__(self, prose: ProseRenderer, *, simulated: bool) -> None:
        self._prose, self._simulated = prose, simulated
        self.slots: Slots = {}

    def write(self, output: NotebookNode, *, in_section: bool) -> str:
        """Write one output, empty where it shows nothing; what no page can show is an error."""
        if output.output_type == "stream":
            return _stream(output)
        if output.output_type == "error":
            raise ReportError(_failure(output))
        data: Mapping[str, object] = output.data
        if SLOT_MIME in data:
            return self._slot(data[SLOT_MIME], in_section)
        html = self._richest(data)
        active = _ACTIVE.search(html)
        if active:
            what = f"<{active[1]}>" if active[1] else f"the image {active[2][:60]}"
            raise ReportError(f"it shows {what}, which a page that asks for nothing cannot.")
        return html

    def _slot(self, slot: object, in_section: bool) -> str:
        assert isinstance(slot, Mapping)
        if slot["slot"] in self.slots:
            raise ReportError(f"The place '{slot['slot']}' of the page is filled twice.")
        self.slots[slot["slot"]] = dict(slot)
        if not in_section or slot["slot"] not in PLACES:
            return ""
        link = element("a", place_words(slot), href=f"#{PLACES[slot['slot']]}")
        return element("p", f"Output at the top of the page: {link}.", class_="moved")

    def _richest(self, data: Mapping[str, object]) -> str:
        """Write the richest kind of an output; a poorer one beside it would lose something."""
        if "text/html" in data:
            html = for_page(str(data["text/html"]))
            return _say_simulated(html) if self._simulated else html
        if any(kind.startswith("image/") for kind in data) and "text/latex" not in data:
            raise ReportError("An image has no alt text: show it with figures.show_figure.")
        if "text/markdown" in data:
            return render_markdown(str(data["text/markdown"]), self._prose)
        if "text/latex" in data:
            return render_latex(str(data["text/latex"]), self._prose)
        if "application/json" in data:
            text = json.dumps(data["application/json"], indent=2, ensure_ascii=False)
            return f"<pre>{escape(text)}</pre>"
        unknown = sorted(set(data) - {"text/plain"})
        if unknown:
            raise ReportError(
                f"it shows {' and '.join(unknown)}, which no page can show. Show HTML, Markdown, "
                "LaTeX, JSON or plain text, or a figure with figures.show_figure."
            )
        text = strip_ansi(str(data.get("text/plain", ""))).strip()
        if _NO_TEXT.search(text):
            raise ReportError(f"it shows {text[:80]}, which says nothing: show a result of it.")
        return f"<pre>{escape(text)}</pre>" if text else ""


def _stream(output: NotebookNode) -> str:
    text = hide_paths(strip_ansi(output.text)).strip()
    if output.name == "stderr" and _TRACEBACK in text:
        raised = _RAISED.findall(text)
        what = f" ({raised[-1]})" if raised else ""
        raise ReportError(
            f"something failed beside the cell, and only its messages say so{what}. Mend it, or "
            f"catch it.\n{text[text.index(_TRACEBACK) :]}"
        )
    label = "Messages" if output.name == "stderr" else "Printed"
    words = f"<summary>{label}</summary><pre>{escape(text)}</pre>"
    return element("details", words, class_="printed")


def _failure(output: NotebookNode) -> str:
    said = f"{output.ename}: {output.evalue}".rstrip(": ")
    if output.ename == "SystemExit":
        return f"{said}. A report must run to its end: take the call that ends it out of the cell."
    return said


def _say_simulated(html: str) -> str:
    """Say "simulated" in the source line of each figure and table that does not say it yet."""

    def complete(found: re.Match[str]) -> str:
        if "simulated" in found.group(2).lower():
            return found.group(0)
        return f"{found.group(1)}<strong>Simulated data.</strong> {found.group(2)}</p>"

    return re.sub(r'(<p class="coop-source">)(.*?)</p>', complete, html, flags=re.DOTALL)
