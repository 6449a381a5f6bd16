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

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from coopanalysis.display.figures.show import STAMP, draw_png
from coopanalysis.display.figures.style import ACCENT, INK, MUTED, use_house_style, wrap_label
from coopanalysis.display.html import element, file_stem
from coopanalysis.reports.plan import FIGURES
from coopanalysis.reports.records import write_atomically
from coopanalysis.reports.style import content_policy, page_script, page_style

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from coopanalysis.reports.plan import ReportJob
    from coopanalysis.reports.render import Page

CARD = "card.png"
"""Stands for a report where its address is shared: title, finding, a figure."""
INCHES, CARD_DPI = (12.0, 6.3), 100
LONGEST = 230
"""Letters of a finding that a card has room for; the rest is on the page."""
LONGEST_FOOT = 110
"""Letters that a line of the usual size holds; a longer one is smaller."""
_FIGURE = re.compile(r'<figure class="coop-figure.*?</figure>', re.DOTALL)
_IMAGE = re.compile(r'<img alt="([^"]*)" [^>]*?src="data:image/png;base64,([^"]*)"')
_FINDING = re.compile(r'<p class="coop-finding">(.*?)</p>', re.DOTALL)
_ANCHOR = re.compile(r'<h\d id="([^"]+)"')
_DATA_LINK = re.compile(r'<a class="coop-download".*?</a>', re.DOTALL)
_DATA_END = "</details></div></figure>"


@dataclass(frozen=True)
class PageFigure:
    """A figure of a page: its address without an ending, its image, and its own page."""

    address: str
    png: bytes
    svg: Path | None
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
        svg = svg if svg is not None and svg.is_file() else None
        alone = _own_page(html, name, report)
        found[name] = PageFigure(address, png, svg, alone)
        opened = html.replace("<figure ", f'<figure id="figure-{name}" ', 1)
        return opened.removesuffix(_DATA_END) + _links(found[name], html, cite) + _DATA_END

    for cell in cells:
        headings = _ANCHOR.findall(cell.metadata.get("page_html", ""))
        anchor = headings[-1] if headings else anchor
        shown = cell.metadata.get("page_outputs", [])
        cell.metadata["page_outputs"] = [_FIGURE.sub(take, html) for html in shown]
    return tuple(found.values())


def _links(figure: PageFigure, html: str, cite: str) -> str:
    """Links to the files of a figure, the code that shows it elsewhere, and how to cite it."""
    finding = _FINDING.search(html)
    title = finding[1] if finding else ""
    endings = ["png", *(["svg"] if figure.svg else [])]
    links = [element("a", e.upper(), href=f"../{figure.address}.{e}") for e in endings]
    alone = element("a", "a page of its own", href=f"../{figure.address}.html")
    address = element("span", f"{figure.address}.html", class_="coop-address")
    code = (
        f'{escape("<iframe src=")}"{address}" title="{title}" width="100%" height="640"'
        f"{escape('></iframe>')}"
    )
    return (
        f"<p>Image: {', '.join(links)}, {alone}. Code that shows it on another page, with the "
        "address of this site before <code>figures/</code>:</p>"
        f'<pre class="coop-embed"><code>{code}</code></pre>'
        f'<p class="run">Cite: The coopanalysis developers, "{title}" {cite} {address}</p>'
    )


def _own_page(html: str, name: str, report: str) -> str:
    """Write the page that shows one figure alone, its image beside it, its data in it."""
    finding = _FINDING.search(html)
    title = finding[1] if finding else name
    body, data = html.split('<div class="coop-data">', maxsplit=1)
    link = _DATA_LINK.search(data)
    body += (element("p", link[0], class_="coop-source") if link else "") + "</figure>"
    body = re.sub(r'src="data:image/png;base64,[^"]*"', f'src="{name}.png"', body)
    style, script = page_style(), page_script()
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
<meta http-equiv="Content-Security-Policy" content="{content_policy(style, script, beside=True)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main class="alone"><h1 class="hidden">{title}</h1>
{body}<p class="coop-source">{report_link}</p></main>
<script>{script}</script>
</body>
</html>
"""


def draw_card(page: Page, job: ReportJob, as_of: str) -> bytes:
    """Draw a PNG of 1,200 by 630 pixels, with the first figure of the page if it has one."""
    use_house_style()
    figure = Figure(figsize=INCHES, dpi=CARD_DPI)
    figure.set_layout_engine("none")
    room = 58 if not page.figures else 34
    title = wrap_label(page.title, room)
    figure.text(0.04, 0.93, title, va="top", color=INK, size=25, weight="bold")
    below = 0.93 - 0.075 * (title.count("\n") + 1) - 0.05
    said = page.headline
    if len(said) > LONGEST:
        said = said[:LONGEST].rsplit(" ", 1)[0] + " ..."
    figure.text(0.04, below, wrap_label(said, room + 8), va="top", color=INK, size=18)
    simulated = f" {STAMP}." if job.is_simulated else ""
    foot = f"coopanalysis, release {job.release}, data as of {as_of}.{simulated}"
    figure.text(0.04, 0.05, foot, color=MUTED, size=14 * min(1, LONGEST_FOOT / len(foot)))
    figure.add_artist(Line2D([0.04, 0.97], [0.1, 0.1], color=ACCENT, linewidth=2))
    if page.figures:
        axes = figure.add_axes((0.55, 0.13, 0.42, 0.8))
        axes.set_axis_off()
        with Image.open(io.BytesIO(page.figures[0].png)) as drawn:
            axes.imshow(drawn.convert("RGB"), interpolation="lanczos")
    return draw_png(figure, dpi=CARD_DPI)[0]


def write_figures(home: Path, figures: Sequence[PageFigure], card: bytes) -> list[Path]:
    """Write the files of a report's figures and its card, and take away those it no longer has."""
    home.mkdir(parents=True, exist_ok=True)
    write_atomically(home / CARD, card)
    kept = {CARD}
    for figure in figures:
        name = figure.address.rpartition("/")[2]
        files: dict[str, str | bytes] = {".png": figure.png, ".html": figure.html}
        if figure.svg is not None:
            files[".svg"] = figure.svg.read_bytes()
        for ending, content in files.items():
            write_atomically(home / f"{name}{ending}", content)
            kept.add(f"{name}{ending}")
    for old in home.iterdir():
        if old.name not in kept:
            old.unlink()
    return [home / name for name in sorted(kept)]
