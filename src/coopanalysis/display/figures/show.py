"""The one way to show a figure: finding, subtitle, alt text, note, source and the data."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import sys
from difflib import SequenceMatcher
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from coopanalysis.display.figures import style
from coopanalysis.display.figures.places import county_labels, draw_places, draw_svg
from coopanalysis.display.html import Output, csv_text, download_link, element, file_stem, paragraph
from coopanalysis.display.sentences import check_alt, describe_chart
from coopanalysis.display.tables import data_table
from coopanalysis.errors import UsageError

LARGEST_PNG_BYTES = 250_000
MOST_DATA_ROWS, MOST_CSV_BYTES = 10_000, 600_000
STAMP = "Simulated data"
DRAWINGS_VARIABLE = "COOPANALYSIS_DRAWINGS"
"""Names the folder where figures are left as SVG, while a page is made; unset in JupyterLab."""


def show_figure(
    fig: Figure,
    *,
    finding: str,
    subtitle: str,
    alt: str,
    note: str,
    source: str,
    data: pd.DataFrame,
    legend: str = "",
    wide: bool = False,
) -> Output:
    """Show a figure with everything a reader needs to judge and to reuse it.

    Parameters
    ----------
    fig : Figure
        Drawn in the house style; closed afterwards.
    finding, subtitle : str
        What it shows, in one sentence composed from the results, which is its title; and what is
        drawn: measure, unit, units of observation, year.
    alt : str
        80 to 600 characters: chart type, axes, range, main finding.
    note, source : str
        What the reader must know, if anything; where the data come from. If that says "simulated",
        so does the image itself.
    data : DataFrame
        The plotted data, one row per mark.
    legend : str
        Legend as HTML, from `maps` or `legend_html`.
    wide : bool
        Takes the wide measure of the page: for maps and small multiples.

    Raises
    ------
    UsageError
        If a text is missing, the alt text says nothing or repeats the finding, text would be
        unreadable on a phone, or image or data are too large.
    """
    _check_words(finding, subtitle, source, alt)
    csv = _csv_of(data, finding)
    stamp, labels = STAMP if "simulated" in source.lower() else "", county_labels(data)
    try:
        _lay_out(fig)
        png, width, height = draw_png(fig, stamp=stamp)
        _check_text_sizes(fig)
        _keep_svg(fig, png, finding=finding, alt=check_alt(alt), stamp=stamp, labels=labels)
        places = draw_places(fig, labels, height)
    finally:
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close(fig)
    address = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    image = (
        f'<img alt="{escape(check_alt(alt), quote=True)}" width="{width}" height="{height}" '
        f'src="{address}"' + (f' data-counties="{places}"' if places else "") + ">"
    )
    title = paragraph(finding, "coop-finding") + paragraph(subtitle, "coop-subtitle")
    html = element(
        "figure",
        element("figcaption", title)
        + legend
        + image
        + paragraph(note, "coop-note")
        + element("p", f"Source: {escape(source)}", class_="coop-source")
        + _data_details(data, finding, csv),
        class_="coop-figure coop-wide" if wide else "coop-figure",
    )
    return Output(html, f"Figure: {finding} ({subtitle})\n{check_alt(alt)}")


def _keep_svg(fig: Figure, png: bytes, **words: Any) -> None:
    """Leave the figure as SVG, named by its PNG, in the folder that the maker of a page names."""
    folder = os.environ.get(DRAWINGS_VARIABLE)
    if folder:
        file = Path(folder) / f"{hashlib.sha256(png).hexdigest()}.svg"
        file.write_text(draw_svg(fig, **words), encoding="utf-8")


def show_chart(
    fig: Figure,
    reading: str,
    *,
    chart: str,
    x: str,
    y: str,
    extent: str = "",
    finding: str = "",
    **below: Any,
) -> Output:
    """Show a figure whose finding and alternative text are composed of one reading.

    `chart, x, y, extent` are as for `sentences.describe_chart`, all else as for `show_figure`.
    """
    alt = describe_chart(chart, x=x, y=y, reading=reading, extent=extent)
    return show_figure(fig, finding=finding or f"{reading}.", alt=alt, **below)


def _data_details(data: pd.DataFrame, finding: str, csv: str) -> str:
    """Write the data of a figure as a folded table with a link that saves all of it as CSV."""
    table, left_out = data_table(data, caption=f"Data of the figure: {finding}")
    link = download_link(csv, f"{file_stem(finding)}.csv", f"Download CSV ({len(data):,} rows)")
    folded = element(
        "details",
        "<summary>Data of this figure</summary>" + paragraph(left_out, "coop-note") + table + link,
    )
    return element("div", folded, class_="coop-data")


def legend_html(entries: list[tuple[str, str, str]], label: str) -> str:
    """Write a legend: swatch, text and a remark per entry, below what the colours stand for.

    A colour of "hatch" draws the hatch of missing values.
    """
    items = "".join(
        f"<li>{_swatch(colour)}<span>{escape(text)}"
        + (f" <small>{escape(remark)}</small>" if remark else "")
        + "</span></li>"
        for colour, text, remark in entries
    )
    return element("div", f"<p>{escape(label)}</p><ul>{items}</ul>", class_="coop-legend")


def draw_png(fig: Figure, *, stamp: str = "", dpi: int = style.DPI) -> tuple[bytes, int, int]:
    """Draw a figure as a PNG with a palette, and say how many pixels wide and high it is.

    The same figure gives the same bytes. Fewer colours are tried before one is refused as large.
    """
    fig.set_dpi(dpi)
    pixels = _pixels(fig)
    if stamp:
        pixels = np.vstack([pixels, _strip(stamp, pixels.shape[1], dpi)])
    image = Image.fromarray(np.ascontiguousarray(pixels), "RGB")
    for colours in (128, 64, 32):
        method, dither = Image.Quantize.MEDIANCUT, Image.Dither.NONE
        stream = io.BytesIO()
        image.quantize(colours, method=method, dither=dither).save(
            stream, "PNG", compress_level=style.COMPRESSION
        )
        png = stream.getvalue()
        if len(png) <= LARGEST_PNG_BYTES:
            return png, image.width, image.height
    raise UsageError(
        f"The figure takes {len(png):,} bytes as an image, the limit is {LARGEST_PNG_BYTES:,}: "
        "draw fewer points (bins instead of a cloud), or a smaller figure."
    )


def _pixels(fig: Figure) -> np.ndarray:
    canvas = _canvas(fig)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3]


def _canvas(fig: Figure) -> FigureCanvasAgg:
    """Return the canvas of a figure, one for layout and drawing: it remembers sizes of texts.

    That of a window, or of a widget of JupyterLab, has a scale of its own and is left aside.
    """
    canvas = fig.canvas
    return canvas if type(canvas) is FigureCanvasAgg else FigureCanvasAgg(fig)


def _strip(words: str, width: int, dpi: int) -> np.ndarray:
    """Draw a line of text below the figure, so that it goes wherever the image goes."""
    strip = Figure(figsize=(width / dpi, 0.3), dpi=dpi, facecolor="white")
    strip.set_layout_engine("none")
    strip.text(
        0.995, 0.5, words, ha="right", va="center", color=style.MUTED, size=12.5, style="italic"
    )
    drawn = _pixels(strip)
    fitted = np.full((drawn.shape[0], width, 3), 255, dtype=drawn.dtype)
    fitted[:, : min(width, drawn.shape[1])] = drawn[:, :width]
    return fitted


def _check_words(finding: str, subtitle: str, source: str, alt: str) -> None:
    for name, text in (("finding", finding), ("subtitle", subtitle), ("source", source)):
        if not text.strip():
            raise UsageError(f"A figure needs its {name}; compose it with display.sentences.")
    similar = SequenceMatcher(None, finding.lower(), alt.lower(), autojunk=False).ratio()
    if similar > 0.9:
        raise UsageError(
            "The alt text repeats the finding: say what is seen (chart type, axes, range) too."
        )
    check_alt(alt)


def _csv_of(data: pd.DataFrame, finding: str) -> str:
    """Write the data of a figure as CSV; refuse more than a page should carry."""
    if not 0 < len(data) <= MOST_DATA_ROWS:
        raise UsageError(
            f"Figure '{finding}' has {len(data):,} rows of data; 1 to {MOST_DATA_ROWS:,} go with "
            "a figure. Pass what is drawn (bins, shares), not the rows behind it."
        )
    csv = csv_text(data)
    if len(csv) > MOST_CSV_BYTES:
        raise UsageError(
            f"The data of figure '{finding}' take {len(csv):,} bytes as CSV, the limit is "
            f"{MOST_CSV_BYTES:,}: leave out columns that are not drawn."
        )
    return csv


def _lay_out(fig: Figure) -> None:
    """Lay out a figure once before it is drawn: the second time, room is as the texts need it."""
    engine = fig.get_layout_engine()
    if engine is not None:
        _canvas(fig)
        engine.execute(fig)


def _check_text_sizes(fig: Figure) -> None:
    """Refuse text that a phone would show smaller than 9 px, in a figure that was drawn."""
    per_point = style.PHONE_WIDTH_PX / (fig.get_size_inches()[0] * 72)
    needed = style.SMALLEST_TEXT_PX / per_point
    shown = (one for one in fig.findobj(Text) if one.get_visible() and one.get_text().strip())
    small = [one for one in shown if one.get_fontsize() < needed - 0.05 / per_point]
    if small:
        raise UsageError(
            f"{len(small)} texts of the figure (first: {small[0].get_text()[:30]!r}, "
            f"{small[0].get_fontsize():g} pt) would be under 9 px on a phone: at this width text "
            f"needs {needed:.1f} pt. Start from figures.new_figure()."
        )


def _swatch(colour: str) -> str:
    frame = 'width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" focusable="false"'
    edge = 'x="0.5" y="0.5" width="13" height="13" stroke="#5b6169"'
    lines = '<path d="M0 9L9 0M0 14L14 0M5 14L14 5" stroke="#5b6169" stroke-width="1"/>'
    fill, lines = ("#ffffff", lines) if colour == style.HATCH else (escape(colour, quote=True), "")
    return f'<svg {frame}><rect {edge} fill="{fill}"/>{lines}</svg>'
