"""One executed notebook as one self-contained page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbformat import NotebookNode
from traitlets import default
from traitlets.config import Config

from coopanalysis import __version__
from coopanalysis.display.html import element, printable
from coopanalysis.display.page import ANSWERS, NOT_KNOWN
from coopanalysis.errors import ReportError
from coopanalysis.paths import project_root
from coopanalysis.reports import goals
from coopanalysis.reports.card import draw_card
from coopanalysis.reports.figures import PageFigure, take_figures, write_figures
from coopanalysis.reports.glossary import Term, find_terms, glossary_html, read_text
from coopanalysis.reports.markdown import Heading, ProseRenderer, render_markdown
from coopanalysis.reports.marks import write_mark
from coopanalysis.reports.outputs import PLACES, OutputWriter, place_words
from coopanalysis.reports.plan import FIGURES
from coopanalysis.reports.provenance import (
    RunFacts,
    citation_html,
    cite_figure,
    data_as_of,
    provenance_html,
    read_inputs,
    run_facts,
)
from coopanalysis.reports.records import write_atomically, write_record
from coopanalysis.reports.sections import FOLDED, fold_sections, gather_links, without_left_out
from coopanalysis.reports.site.facts import release_facts
from coopanalysis.reports.site.shell import CARD, SIMULATED_TITLE
from coopanalysis.reports.site.thumbs import write_thumb
from coopanalysis.reports.style import (
    KEY_NAME,
    TEMPLATE_FOLDER,
    content_policy,
    page_script,
    page_style,
)
from coopanalysis.reports.versions import read_analysis_plan

if TYPE_CHECKING:
    from coopanalysis.reports.plan import ReportJob

_UNCOLOURED = re.compile(r'<span class="(?:n|nb|nn|o|p|w)">([^<]*)</span>')
"""Tokens that the style sheet gives no colour: half of the elements of a page would be theirs."""

NOTEBOOK_ONLY = "notebook-only"
"""Tag of cells for those who change the notebook; they run, and are not on the page."""


@dataclass(frozen=True)
class Page:
    """A rendered report: the file, its h1, its finding as plain text, its figures."""

    html: str
    title: str
    headline: str
    figures: tuple[PageFigure, ...]


def write_report(
    job: ReportJob, nb: NotebookNode, key: str, seconds: float, drawings: Path
) -> None:
    """Render an executed notebook, and write the page, its figures, its picture and its record."""
    build = read_inputs(job)
    run, as_of = run_facts(seconds, project_root()), data_as_of(build, job.reads)
    page = render_report(nb, job, build, run, key, drawings)
    card = draw_card(page, job, as_of)
    pictures = write_figures(job.figures_folder, page.figures, card)
    write_atomically(job.html_path, page.html)
    made = {
        "title": page.title,
        "headline": page.headline,
        "data_as_of": as_of,
        "plan_sha256": read_analysis_plan().sha256,
        "finished": run.finished.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "page_sha256": hashlib.sha256(page.html.encode("utf-8")).hexdigest(),
        "notebook_sha256": hashlib.sha256(job.notebook_path.read_bytes()).hexdigest(),
        "key": key,
    }
    write_record(job, "built", seconds, made)
    facts = {"id": job.id, "release": job.release, "slug": job.slug, "html": job.html_path.name}
    thumb = write_thumb(job.folder.parent, facts | {"key": key}, anew=True)
    write_mark(job.figures_folder, key, [*pictures, *([thumb] if thumb else [])])
    release_facts(job.release, project_root())  # kept for the index: pandas is loaded here


def render_report(
    nb: NotebookNode,
    job: ReportJob,
    build: Mapping[str, Any],
    run: RunFacts,
    key: str,
    drawings: Path | None = None,
) -> Page:
    """Render an executed notebook; the `key`, hash of all it depends on, is written in the page.

    `drawings` is the folder where the notebook left its figures as SVG.

    It is an error if a cell failed or shows what a page cannot, if the headline or the limits are
    missing, or if the page breaks a goal that misinforms readers: an image without alt text, a
    table without caption or scope, a machine path, a bare model term, a NaN, a leftover formula.
    """
    prose = ProseRenderer()
    outputs = OutputWriter(prose, simulated=job.is_simulated)
    cells = _page_cells(nb, prose, outputs)
    slots = outputs.slots
    top = _check_slots(slots, job)
    finding = slots[top]["text"].splitlines()[0]
    title = finding if top == ANSWERS else job.title
    if job.is_simulated and "simulated" not in title.lower():
        title += SIMULATED_TITLE
    _check_headings(prose.headings, job)
    words = find_terms(_said(title, job, slots, cells))
    downloads = gather_links(cells)
    address = f"{job.release}/{job.slug}"
    figures = take_figures(cells, address, cite_figure(job, build, run, title), drawings)
    fold_sections(cells, every=top == ANSWERS)
    page = {
        "card": f"../{FIGURES}/{address}/{CARD}",
        "headline": finding,
        "title": title,
        "key": key,
        "contents": _contents(slots, prose.headings, words, downloads),
        "words": glossary_html(words) if words else "",
        "downloads": downloads,
        "headline_words": place_words(slots[top]),
        "slots": {name: slot["html"] for name, slot in slots.items()},
        "provenance": provenance_html(job, build, run, source_notebook(nb)),
        "citation": citation_html(job, build, run, title),
    }
    html = _write(
        cells, {**page, "job": job, "run": run, "as_of": data_as_of(build, job.reads)}, figures
    )
    _check(html, job, build)
    return Page(html, printable(title), printable(finding), figures)


def _write(cells: list[NotebookNode], page: dict[str, Any], figures: Sequence[PageFigure]) -> str:
    """Fill the template of a page, in the dress that all pages have."""
    style, script = page_style(), page_script() if figures else ""
    page |= {
        "style": style,
        "script": script,
        "policy": content_policy(style, script),
        "key_name": KEY_NAME,
        "has_code": any(cell.cell_type == "code" and cell.source for cell in cells),
        "footer": f"coopanalysis {__version__}. Associations, not effects, unless said otherwise.",
    }
    document = nbformat.v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    html, _ = page_exporter().from_notebook_node(document, resources={"page": page})
    return printable(html)


def _check(html: str, job: ReportJob, build: Mapping[str, Any]) -> None:
    """Refuse a page that misinforms its readers, or shuts one out."""
    misses = goals.check_page(
        html, simulated=job.is_simulated, real=job.data == "real", build=build
    )
    blocking = [miss for miss in misses if miss.blocking]
    if blocking:
        listed = "\n".join(f"  {miss}" for miss in blocking[:12])
        raise ReportError(f"Report '{job.slug}' is not fit to be read:\n{listed}")


class PageExporter(TemplateExporter):
    """Exporter of the project's own template.

    Not nbconvert's HTMLExporter: that one parses every page again and writes it anew, which
    takes longer than all the rest.
    """

    export_from_notebook = "coopanalysis report"

    @default("file_extension")
    def _html(self) -> str:
        return ".html"

    @property
    def default_config(self) -> Config:
        """Order in which the kinds of an output are tried."""
        return Config({"NbConvertBase": {"display_data_priority": ["text/html", "text/plain"]}})


@lru_cache(maxsize=1)
def page_exporter() -> PageExporter:
    """Return the exporter; made once, because that takes a second."""
    exporter = PageExporter(  # type: ignore[no-untyped-call]
        template_name="coopanalysis",
        extra_template_basedirs=[str(TEMPLATE_FOLDER)],
        preprocessors=[],
        default_preprocessors=[],
    )
    colour = Highlight2HTML(pygments_lexer="python")

    def highlight(source: str, metadata: Mapping[str, Any] | None = None) -> str:
        return _UNCOLOURED.sub(r"\1", colour(source, metadata=metadata))

    exporter.register_filter("highlight_code", highlight)  # type: ignore[no-untyped-call]
    return exporter


def source_notebook(nb: NotebookNode) -> str:
    """Write the notebook as run, without outputs and without anything that differs by run."""
    bare = deepcopy(nb)
    bare.metadata = NotebookNode(
        {k: v for k, v in nb.metadata.items() if k in ("kernelspec", "language_info")}
    )
    for number, cell in enumerate(bare.cells):
        cell.id = f"cell-{number}"
        cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k == "tags"})
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return str(nbformat.writes(bare)) + "\n"


def _page_cells(
    nb: NotebookNode, prose: ProseRenderer, outputs: OutputWriter
) -> list[NotebookNode]:
    """Lay out the cells: prose as HTML, results, and below them the code between two texts."""
    cells: list[NotebookNode] = []
    on_page = [one for one in nb.cells if NOTEBOOK_ONLY not in one.metadata.get("tags", [])]
    kept, left_out = without_left_out(on_page)
    for cell in kept:
        number = cell.get("execution_count") or 0
        if cell.cell_type == "markdown":
            html = render_markdown(cell.source, prose)
            if html:
                folded = FOLDED in cell.metadata.get("tags", [])
                cells.append(_cell("markdown", page_html=html, folded=folded))
        elif cell.cell_type == "code" and cell.source.strip():
            in_section = any(heading.level > 1 for heading in prose.headings)
            try:
                written = [outputs.write(one, in_section=in_section) for one in cell.outputs]
            except ReportError as error:
                raise ReportError(f"cell {number}: {error}") from error
            shown = [html for html in written if html]
            before = cells[-1] if cells else None
            if before is not None and before.cell_type == "code":
                before.source += f"\n\n{cell.source}"
                before.metadata.page_outputs += shown
            else:
                cells.append(_cell("code", cell.source, page_outputs=shown))
    if left_out:
        words = escape(f"Left out of this page: {', '.join(left_out)}.")
        cells.append(_cell("markdown", page_html=element("p", words, class_="coop-note")))
    heading = ""
    for cell in cells:
        found = re.findall(r"<h\d[^>]*>(.*?)</h\d>", cell.metadata.get("page_html", ""))
        heading = re.sub(r"<[^>]+>", "", found[-1]) if found else heading
        cell.metadata["page_words"] = heading
    return cells


def _cell(kind: str, source: str = "", **metadata: Any) -> NotebookNode:
    cell: NotebookNode = (
        nbformat.v4.new_markdown_cell() if kind == "markdown" else nbformat.v4.new_code_cell(source)
    )
    cell.metadata = NotebookNode(metadata)
    return cell


def _check_slots(slots: Mapping[str, Mapping[str, str]], job: ReportJob) -> str:
    """Tell which place at the top is filled; an error where that, or the limits, is missing."""
    top = ANSWERS if ANSWERS in slots else "headline"
    missing = [name for name in (top, "limits") if not slots.get(name, {}).get("text", "").strip()]
    if missing:
        raise ReportError(
            f"Report '{job.slug}' lacks {' and '.join(missing)}: end a cell of "
            f"{job.notebook.name} with page.show_{missing[0]}(...)."
        )
    return top


def _check_headings(headings: list[Heading], job: ReportJob) -> None:
    titles = [heading for heading in headings if heading.level == 1]
    if len(titles) > 1:
        raise ReportError(
            f"{job.notebook.name} has {len(titles)} headings of the first level; only the title is."
        )


def _said(
    title: str, job: ReportJob, slots: Mapping[str, Mapping[str, str]], cells: list[NotebookNode]
) -> str:
    """Text of the whole page, for the words in it that need explaining."""
    parts = [escape(title), escape(job.description), *(slot["html"] for slot in slots.values())]
    for cell in cells:
        parts += [cell.metadata.get("page_html", ""), *cell.metadata.get("page_outputs", [])]
    return read_text(" ".join(parts))


def _contents(
    slots: Mapping[str, Mapping[str, str]],
    headings: list[Heading],
    words: Sequence[Term],
    downloads: str,
) -> list[dict[str, str]]:
    own = [(at, place_words(slots[name])) for name, at in PLACES.items() if name in slots]
    if ANSWERS in slots:
        own[-1] = (own[-1][0], NOT_KNOWN)
    last = [("words", "Words used here")] if words else []
    last += [("downloads", "Tables as CSV")] if downloads else []
    last += [("provenance", "Provenance"), ("cite", "How to cite")]
    sections = [(h.anchor, re.sub(r"</?a\b[^>]*>", "", h.text)) for h in headings if h.level == 2]
    return [{"anchor": anchor, "text": text} for anchor, text in [*own, *sections, *last]]
