"""A figure as an image that says by itself what it shows: title, legend, note, source, address."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from pathlib import Path

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

from coopanalysis.display.figures.style import INK, MUTED

WIDTH = 640.0
"""Units that an image is laid out in, whatever pixels or points it has."""
MARGIN, SWATCH, LEADING = 12.0, 13.0, 1.35
TITLE, BODY, SMALL = 19.0, 14.0, 12.0
COLOURS = 128
_EDGE = "#5b6169"
_PARTS = {
    "finding": re.compile(r'<p class="coop-finding">(.*?)</p>', re.DOTALL),
    "subtitle": re.compile(r'<p class="coop-subtitle">(.*?)</p>', re.DOTALL),
    "note": re.compile(r'<p class="coop-note">(.*?)</p>', re.DOTALL),
    "source": re.compile(r'<p class="coop-source">(.*?)</p>', re.DOTALL),
    "key": re.compile(r'<div class="coop-legend"><p>(.*?)</p>', re.DOTALL),
}
_ENTRY = re.compile(r'<li><svg[^>]*><rect[^>]*fill="([^"]*)"/>(.*?)</svg><span>(.*?)</span></li>')
_OPENING = re.compile(
    r'<svg role="img" (?P<more>[^>]*?)width="[\d.]+pt" height="[\d.]+pt" '
    r'viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"(?P<rest>[^>]*)>'
    r"<title>(?P<title>.*?)</title><desc>(?P<desc>.*?)</desc>",
    re.DOTALL,
)


@dataclass(frozen=True)
class Words:
    """What a page says around the image of a figure; `legend` has colour, hatch and text."""

    finding: str
    subtitle: str
    key: str
    legend: tuple[tuple[str, bool, str], ...]
    note: str
    source: str
    address: str


@dataclass(frozen=True)
class Line:
    """A line of text: its left and its base, its size, and a swatch that stands before it."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    bold: bool = False
    swatch: tuple[str, bool] | None = None


@dataclass(frozen=True)
class Layout:
    """Lines above and below an image, the top of the image, and the height of all."""

    lines: tuple[Line, ...]
    top: float
    height: float


def read_words(html: str, address: str) -> Words:
    """Read what a page says around the image of a figure."""
    said = {name: _plain(found[1]) if (found := part.search(html)) else "" for name, part in
            _PARTS.items()}  # fmt: skip
    legend = tuple((fill, bool(lines), _plain(text)) for fill, lines, text in _ENTRY.findall(html))
    return Words(**said, legend=legend, address=address)


def _plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def lay_out(words: Words, image_height: float) -> Layout:
    """Lay out what is said above and below an image of so many units."""
    y, lines = MARGIN, []
    for text, size, colour, bold in (
        (words.finding, TITLE, INK, True),
        (words.subtitle, BODY, MUTED, False),
        (words.key, BODY, MUTED, False),
    ):
        for part in _wrap(text, size, WIDTH - 2 * MARGIN, bold=bold):
            y += LEADING * size
            lines.append(Line(MARGIN, y, part, size, colour, bold))
        y += 4 if text else 0
    legend, y = _lay_out_legend(words.legend, y)
    top = y + MARGIN
    y = top + image_height
    foot = f"coopanalysis, release {words.address.split('/')[1]}: {words.address}.html"
    below = []
    for text in (words.note, words.source, foot):
        for part in _wrap(text, SMALL, WIDTH - 2 * MARGIN):
            y += LEADING * SMALL
            below.append(Line(MARGIN, y, part, SMALL, MUTED))
    return Layout((*lines, *legend, *below), top, y + MARGIN)


def _lay_out_legend(
    legend: Sequence[tuple[str, bool, str]], y: float
) -> tuple[Iterator[Line], float]:
    x, lines = MARGIN, []
    y += LEADING * BODY if legend else 0
    for colour, is_hatched, text in legend:
        width = SWATCH + 6 + _font(BODY).getlength(text)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = MARGIN, y + LEADING * BODY
        lines.append(Line(x + SWATCH + 6, y, text, BODY, INK, swatch=(colour, is_hatched)))
        x += width + 18
    return iter(lines), y


def _wrap(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(size, bold=bold).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@lru_cache(maxsize=16)
def _font(size: float, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(folder / f"DejaVuSans{'-Bold' if bold else ''}.ttf", size)


def whole_png(png: bytes, words: Words) -> bytes:
    """Put what a page says of a figure into its PNG."""
    with Image.open(io.BytesIO(png)) as opened:
        image = opened.convert("RGB")
    scale = image.width / WIDTH
    layout = lay_out(words, image.height / scale)
    whole = Image.new("RGB", (image.width, round(layout.height * scale)), "white")
    whole.paste(image, (0, round(layout.top * scale)))
    draw = ImageDraw.Draw(whole)
    for line in layout.lines:
        at = (line.x * scale, line.y * scale)
        font = _font(line.size * scale, bold=line.bold)
        draw.text(at, line.text, fill=line.colour, font=font, anchor="ls")
        if line.swatch:
            colour, is_hatched = line.swatch
            left, bottom = (line.x - SWATCH - 6) * scale, (line.y + 1) * scale
            box = (left, bottom - SWATCH * scale, left + SWATCH * scale, bottom)
            draw.rectangle(box, fill=colour, outline=_EDGE, width=max(1, round(scale)))
            for start in (0.0, 0.5) if is_hatched else ():
                ends = (
                    (left + start * SWATCH * scale, bottom),
                    (box[2], box[1] + start * SWATCH * scale),
                )
                draw.line(ends, fill=_EDGE, width=max(1, round(scale)))
    stream = io.BytesIO()
    few = whole.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def whole_svg(svg: str, words: Words) -> str:
    """Put what a page says of a figure into its SVG, which stays one image with a name."""
    opening = _OPENING.search(svg)
    if opening is None:
        return svg
    height = WIDTH * float(opening["height"]) / float(opening["width"])
    layout = lay_out(words, height)
    inner = (
        f'<svg {opening["more"]}x="0" y="{layout.top:.2f}" width="{WIDTH:g}" height="{height:.2f}" '
        f'viewBox="0 0 {opening["width"]} {opening["height"]}"{opening["rest"]}>'
    )
    texts = "".join(_svg_line(line) for line in layout.lines)
    outer = (
        f'<svg role="img" xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" '
        f'height="{layout.height:.2f}" viewBox="0 0 {WIDTH:g} {layout.height:.2f}">'
        f"<title>{opening['title']}</title><desc>{opening['desc']}</desc>"
        '<rect width="100%" height="100%" fill="#ffffff"/>'
        f'<g font-family="DejaVu Sans, Verdana, sans-serif">{texts}</g>'
    )
    return f"{svg[: opening.start()]}{outer}{inner}{svg[opening.end() :].rstrip()}</svg>\n"


def _svg_line(line: Line) -> str:
    weight = ' font-weight="bold"' if line.bold else ""
    written = (
        f'<text x="{line.x:.2f}" y="{line.y:.2f}" font-size="{line.size:g}" fill="{line.colour}"'
        f"{weight}>{escape(line.text)}</text>"
    )
    if line.swatch is None:
        return written
    colour, is_hatched = line.swatch
    left, top = line.x - SWATCH - 6, line.y + 1 - SWATCH
    look = f'width="{SWATCH:g}" height="{SWATCH:g}" stroke="{_EDGE}"'
    box = f'<rect x="{left:.2f}" y="{top:.2f}" {look} fill="{escape(colour, quote=True)}"/>'
    half = SWATCH / 2
    hatch = (
        f'<path d="M{left:.2f} {top + SWATCH:.2f}l{SWATCH:g} -{SWATCH:g}M{left + half:.2f} '
        f'{top + SWATCH:.2f}l{half:g} -{half:g}" stroke="{_EDGE}"/>'
    )
    return f"{box}{hatch if is_hatched else ''}{written}"
