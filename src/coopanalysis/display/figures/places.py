"""Which county stands where in a drawn map: for a pointer and a keyboard, and as SVG."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from html import escape

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import Collection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image

from coopanalysis.display.figures.style import COMPRESSION, MUTED

MARK = "county:"
"""Begins the address that a drawn county bears: matplotlib carries it into the SVG."""
_STAMP_POINTS = 22
_OPENING = re.compile(r'<svg [^>]*?height="([\d.]+)pt"[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>')
_COUNTY = re.compile(rf'<a xlink:href="{MARK}(\w+)"[^>]*>(.*?)</a>', re.DOTALL)
_EVERY = 2
"""One of so many pixels tells where a county is: a finger is no finer."""
_DIGITS = re.compile(r"(?<=\d\.\d\d)\d+")
"""Digits of a number that an SVG can do without."""


def mark_counties(collection: PathCollection, codes: Sequence[str]) -> PathCollection:
    """Let each path of a collection bear the code of its county."""
    collection.set_urls([f"{MARK}{code}" for code in codes])
    return collection


def county_labels(data: pd.DataFrame) -> dict[str, str]:
    """Say of each county of a map what its rows of data say: its name, then each value."""
    if "county_fips" not in data:
        return {}
    names = [name for name in ("county", "state") if name in data]
    values = data.columns.difference(["county_fips", *names], sort=False)
    said: dict[str, list[str]] = {}
    for row in data.to_dict("records"):
        words = [_write(row[one]) for one in values if pd.notna(row[one])] or ["not known"]
        place = ", ".join(str(row[one]) for one in names)
        said.setdefault(str(row["county_fips"]), [place]).append(", ".join(words))
    return {code: f"{place}: {'; '.join(words)}" for code, (place, *words) in said.items()}


def _write(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)


def draw_places(fig: Figure, labels: Mapping[str, str], height: int) -> str:
    """Draw a map again, each county in a colour that is its place among the labels, from 1.

    The address of a PNG of half the size, whose red, green and blue are one number: 0 for what is
    no county. Each county has a pixel or more. Empty for a figure that is no map. The figure is
    not fit for anything else afterwards.
    """
    order = {code: place for place, code in enumerate(labels, start=1)}
    maps = _maps(fig)
    if not maps or not order:
        return ""
    for artist in fig.findobj(lambda one: isinstance(one, (Collection, Line2D, Text))):
        artist.set_visible(artist in maps)
    fig.patch.set_visible(False)
    for one in maps:
        numbers = np.array([order.get(code, 0) for code in _codes(one)])
        one.set(facecolors=_bytes_of(numbers) / 255, edgecolors="none", linewidth=0, hatch=None)
        one.set(antialiased=False)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())
    pixels = np.zeros((height, drawn.shape[1], 3), dtype=np.uint8)
    pixels[: drawn.shape[0]] = np.where(drawn[:, :, 3:] == 255, drawn[:, :, :3], 0)
    pixels = np.ascontiguousarray(pixels[::_EVERY, ::_EVERY])
    for one in maps:
        _place_small(one, order, pixels, drawn.shape[0])
    stream = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(stream, "PNG", compress_level=COMPRESSION)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def _bytes_of(numbers: np.ndarray) -> np.ndarray:
    return np.stack([numbers >> shift & 255 for shift in (16, 8, 0)], axis=-1)


def _place_small(
    one: PathCollection, order: Mapping[str, int], pixels: np.ndarray, height: int
) -> None:
    """Give each county that is too small for a pixel the one at its middle."""
    seen = set(np.unique(pixels.astype(np.int64) @ (65536, 256, 1)).tolist())
    for code, path in zip(_codes(one), one.get_paths(), strict=True):
        number = order.get(code, 0)
        if number in seen or not np.size(path.vertices):
            continue
        box = path.get_extents(one.get_transform())
        row = int(height - (box.y0 + box.y1) / 2) // _EVERY
        column = int((box.x0 + box.x1) / 2) // _EVERY
        if 0 <= row < pixels.shape[0] and 0 <= column < pixels.shape[1]:
            pixels[row, column] = _bytes_of(np.array(number))


def draw_svg(
    fig: Figure, *, finding: str, alt: str, stamp: str = "", labels: Mapping[str, str]
) -> str:
    """Write a figure as SVG with its finding as title; a map's counties say their labels.

    The same figure gives the same bytes. Text stays text.
    """
    stream, dpi = io.StringIO(), fig.dpi
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "coopanalysis"}):
        # savefig draws all of it twice, the first time for the layout, which drawing settles too.
        FigureCanvasSVG(fig).print_svg(stream, metadata={"Date": None})
    fig.set_dpi(dpi)
    text = stream.getvalue()
    text = _DIGITS.sub("", text[text.index("<svg") :])
    opening = _OPENING.match(text)
    assert opening is not None, "matplotlib writes width, height and view box of an SVG"
    head, body = opening.group(0), text[opening.end() :]
    said = f"<title>{escape(finding)}</title><desc>{escape(alt)}</desc>"
    if stamp:
        width, height = float(opening[2]), float(opening[3])
        taller = height + _STAMP_POINTS
        head = head.replace(f'height="{opening[1]}pt"', f'height="{taller:g}pt"')
        head = head.replace(f'0 0 {opening[2]} {opening[3]}"', f'0 0 {width:g} {taller:g}"')
        said += (
            f'<rect width="{width:g}" height="{taller:g}" fill="#ffffff"/><text x="{width - 4:g}" '
            f'y="{height + 15:g}" text-anchor="end" font-size="12.5" font-style="italic" '
            f'font-family="DejaVu Sans, sans-serif" fill="{MUTED}">{escape(stamp)}</text>'
        )
    body = _COUNTY.sub(lambda found: _titled(found[1], found[2], labels), body)
    head = head.replace("<svg ", '<svg role="img" ', 1)
    return f"{head}{said}{body}"


def _titled(code: str, drawn: str, labels: Mapping[str, str]) -> str:
    title = f"<title>{escape(labels[code])}</title>" if code in labels else ""
    return f'<g data-county="{code}">{title}{drawn}</g>'


def _maps(fig: Figure) -> list[PathCollection]:
    drawn = [one for axes in fig.axes for one in axes.collections]
    return [one for one in drawn if isinstance(one, PathCollection) and any(_codes(one))]


def _codes(collection: PathCollection) -> list[str]:
    addresses = [str(one or "") for one in collection.get_urls()]
    return [one.removeprefix(MARK) for one in addresses if one.startswith(MARK)]
