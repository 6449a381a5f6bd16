"""Figures to take away: each with an id, image files, a page of its own, an embed code, a citation.

Addresses stay: `figures/RELEASE/REPORT/NAME.png`, `.svg` and `.html`; `REPORT.html#figure-NAME`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from coopanalysis.display.html import element, file_stem
from coopanalysis.reports.figure_images import read_words, whole_png, whole_svg
from coopanalysis.reports.plan import FIGURES
from coopanalysis.reports.records import write_atomically
from coopanalysis.reports.site.counties import list_address
from coopanalysis.reports.site.shell import CARD, address_span, cited_address, shared_tags
from coopanalysis.reports.style import content_policy, page_script, page_style

if TYPE_CHECKING:
    from nbformat import NotebookNode

_FIGURE = re.compile(r'<figure class="coop-figure.*?</figure>', re.DOTALL)
_IMAGE = re.compile(r'<img alt="([^"]*)" [^>]*?src="data:image/png;base64,([^"]*)"')
_FINDING = re.compile(r'<p class="coop-finding">(.*?)</p>', re.DOTALL)
_SUBTITLE = re.compile(r'<p class="coop-subtitle">(.*?)</p>', re.DOTALL)
_ANCHOR = re.compile(r'<h\d id="([^"]+)"')
_DATA_LINK = re.compile(r'<a class="coop-download".*?</a>', re.DOTALL)
_DATA_OPEN, _DATA_END = '<div class="coop-data">', "</details></div></figure>"
COLUMN_PX, LINE_PX, LETTERS_A_LINE, LINES_BESIDE = 700, 23, 80, 7
"""A column of another page: its width, the height of a line of text and the letters in one; and the
lines that links, margins and a legend take beside."""


@dataclass(frozen=True)
class PageFigure:
    """A figure of a page: its address without an ending, its image as drawn, and its own page.

    `whole_png` and `svg` are the images to take away, which say in themselves what they show.
    """

    address: str
    png: bytes
    whole_png: bytes
    svg: str | None
    html: str


def take_figures(
    cells: Sequence[NotebookNode], report: str, cite: str, drawings: Path | None
) -> tuple[PageFigure, ...]:
    """Give each figure of a page its id and what can be taken away; return the figures.

    The name of a figure is made of the heading above it and of its kind, so that it stays where
    data change or figures come in elsewhere. `report` is RELEASE/SLUG, `cite` the end of a
    citation; `drawings` holds SVGs by the hash of their PNG. The HTML in the cells is changed.
    """
    anchor, found = "top", dict[str, PageFigure]()

    def take(match: re.Match[str]) -> str:
        html = match[0]
        image = _IMAGE.search(html)
        if image is None or not html.endswith(_DATA_END):
            return html
        stem = name = file_stem(f"{anchor} {unescape(image[1]).partition('.')[0]}")
        for again in range(2, len(found) + 2):
            if name not in found:
                break
            name = f"{stem}-{again}"
        address, png = f"{FIGURES}/{report}/{name}", base64.b64decode(image[2])
        svg = drawings / f"{hashlib.sha256(png).hexdigest()}.svg" if drawings else None
        words = read_words(html, address)
        drawn = svg.read_text("utf-8") if svg is not None and svg.is_file() else None
        found[name] = PageFigure(
            address,
            png,
            whole_png(png, words),
            None if drawn is None else whole_svg(drawn, words),
            _own_page(
                html.replace("<figure ", f"<figure {_places(report, '../../../')}", 1), name, report
            ),
        )
        opened = html.replace("<figure ", f'<figure id="figure-{name}" {_places(report, "../")}', 1)
        return (
            opened.removesuffix("</div></figure>")
            + _embed(found[name], html, cite)
            + ("</div></figure>")
        )

    for cell in cells:
        headings = _ANCHOR.findall(cell.metadata.get("page_html", ""))
        anchor = headings[-1] if headings else anchor
        shown = cell.metadata.get("page_outputs", [])
        cell.metadata["page_outputs"] = [_FIGURE.sub(take, html) for html in shown]
    return tuple(found.values())


def _places(report: str, up: str) -> str:
    """Write where the counties of a map are: the list of all, which leads on to their pages."""
    return f'data-places="{up}{list_address(report.partition("/")[0], "html")}" '


def _files(figure: PageFigure) -> str:
    """Links to the images of a figure, which hold what is said around it, and to its own page."""
    endings = ["png", *(["svg"] if figure.svg else [])]
    links = [element("a", e.upper(), href=f"../{figure.address}.{e}") for e in endings]
    links.append(element("a", "page of its own", href=f"../{figure.address}.html"))
    return f"This figure: {', '.join(links)}."


def _embed(figure: PageFigure, html: str, cite: str) -> str:
    """Write the code that shows a figure elsewhere, and how to cite it, folded."""
    finding = _FINDING.search(html)
    title = finding[1] if finding else ""
    code = embed_code(figure.address, title, embed_height(figure.png, html))
    return (
        "<details><summary>Take it away: image, code to embed, citation</summary>"
        f"<p>{_files(figure)}</p>{code}"
        f'<p class="run">Cite: The coopanalysis developers, "{title}" {cite} '
        f"{cited_address(f'{figure.address}.html')}</p></details>"
    )


def embed_code(address: str, title: str, height: int) -> str:
    """Write the code that shows a figure on another page; `title` is HTML."""
    return (
        '<p>Code that shows it on another page<span class="coop-ask">, with the address of this '
        "site before <code>figures/</code></span>:</p>"
        f'<pre class="coop-embed"><code>{escape("<iframe src=")}"{address_span(f"{address}.html")}"'
        f' title="{title}" width="100%" height="{height}" style="border:0"{escape("></iframe>")}'
        "</code></pre>"
    )


def embed_height(png: bytes, html: str) -> int:
    """Height that a figure takes in a column of usual width, with all that is said around it."""
    with Image.open(io.BytesIO(png)) as image:
        ratio = image.height / image.width
    text = re.sub(r"<[^>]+>", " ", html.split(_DATA_OPEN, maxsplit=1)[0])
    lines = len(unescape(text)) / LETTERS_A_LINE + LINES_BESIDE
    return round((COLUMN_PX * ratio + LINE_PX * lines) / 10) * 10


def _own_page(html: str, name: str, report: str) -> str:
    """Write the page that shows one figure alone, its image and its data in it."""
    finding = _FINDING.search(html)
    title = finding[1] if finding else name
    body, data = html.split(_DATA_OPEN, maxsplit=1)
    link = _DATA_LINK.search(data)
    body += (element("p", link[0], class_="coop-source") if link else "") + "</figure>"
    style, script = page_style(), page_script()
    subtitle = _SUBTITLE.search(html)
    said = unescape(subtitle[1]) if subtitle else ""
    tags = shared_tags(unescape(title), said, f"../../../{FIGURES}/{report}/{name}.png")
    report_link = element(
        "a",
        "Limits, and how to cite: the report",
        href=f"../../../{report}.html#figure-{name}",
        target="_top",
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{content_policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{tags}
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<main class="alone" id="content" tabindex="-1"><h1 class="hidden">{title}</h1>
{body}<p class="coop-source">{report_link}</p></main>
<script>{script}</script>
</body>
</html>
"""


def write_figures(home: Path, figures: Sequence[PageFigure], card: bytes) -> list[Path]:
    """Write the files of a report's figures and its card, and take away those it no longer has."""
    home.mkdir(parents=True, exist_ok=True)
    write_atomically(home / CARD, card)
    kept = {CARD}
    for figure in figures:
        name = figure.address.rpartition("/")[2]
        files: dict[str, str | bytes] = {".png": figure.whole_png, ".html": figure.html}
        if figure.svg is not None:
            files[".svg"] = figure.svg
        for ending, content in files.items():
            write_atomically(home / f"{name}{ending}", content)
            kept.add(f"{name}{ending}")
    for old in home.iterdir():
        if old.name not in kept:
            old.unlink()
    return [home / name for name in sorted(kept)]
