"""Contact sheets: every page of a folder in small, at each width and in each dress, to look at.

`python -m coopanalysis.reports.checkup.sheets reports/demo sheets` writes one picture per dress.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from PIL import Image, ImageDraw

from coopanalysis.errors import UsageError
from coopanalysis.reports.browser import open_browser

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


@dataclass(frozen=True)
class Dress:
    """How a page is looked at: its width in pixels, light or dark, on screen or on paper."""

    name: str
    width: int
    scheme: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"


DRESSES: Final = (
    Dress("1280", 1280),
    Dress("375", 375),
    Dress("dark", 1280, scheme="dark"),
    Dress("print", 794, media="print"),
)
_PIECE_HEIGHT, _MOST_PIECES = 1600, 6
_THUMB_WIDTH, _GAP, _TITLE = 300, 10, 22


def make_sheets(pages: Sequence[Path], folder: Path) -> list[Path]:
    """Photograph pages in every dress; a page is cut into pieces laid side by side.

    Parameters
    ----------
    pages : sequence of Path
        HTML files.
    folder : Path
        Where the sheets go; made if it is not there.

    Returns
    -------
    list of Path
        One PNG per dress, each with one row per page: its first pieces from the top.

    Raises
    ------
    UsageError
        If there is no page, or no browser.
    """
    if not pages:
        raise UsageError("No page to photograph: run `coopanalysis reports run` first.")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with open_browser() as context:
        for dress in DRESSES:
            rows = [(page.stem, list(_pieces(context, page, dress))) for page in pages]
            written.append(folder / f"sheet-{dress.name}.png")
            _lay_out(rows).save(written[-1], optimize=True)
    return written


def _pieces(context: BrowserContext, page: Path, dress: Dress) -> Iterator[Image.Image]:
    view = context.new_page()
    try:
        view.set_viewport_size({"width": dress.width, "height": 900})
        view.emulate_media(color_scheme=dress.scheme, media=dress.media)
        view.goto(page.resolve().as_uri())
        whole = Image.open(io.BytesIO(view.screenshot(full_page=True))).convert("RGB")
    finally:
        view.close()
    height = _PIECE_HEIGHT * dress.width // DRESSES[0].width * (2 if dress.width < 500 else 1)
    for top in list(range(0, whole.height, height))[:_MOST_PIECES]:
        piece = whole.crop((0, top, whole.width, min(top + height, whole.height)))
        size = (_THUMB_WIDTH, round(piece.height * _THUMB_WIDTH / piece.width))
        yield piece.resize(size, Image.Resampling.LANCZOS)


def _lay_out(rows: Sequence[tuple[str, list[Image.Image]]]) -> Image.Image:
    """Lay pages below each other and the pieces of each page side by side."""
    heights = [max(piece.height for piece in pieces) + _TITLE + _GAP for _, pieces in rows]
    wide = max(len(pieces) for _, pieces in rows) * (_THUMB_WIDTH + _GAP) + _GAP
    sheet = Image.new("RGB", (wide, sum(heights) + _GAP), "#8a8f96")
    pen = ImageDraw.Draw(sheet)
    top = _GAP
    for (name, pieces), height in zip(rows, heights, strict=True):
        pen.text((_GAP, top), name, fill="#ffffff")
        for at, piece in enumerate(pieces):
            sheet.paste(piece, (_GAP + at * (_THUMB_WIDTH + _GAP), top + _TITLE))
        top += height
    return sheet


if __name__ == "__main__":
    _source, _target = (Path(argument) for argument in sys.argv[1:3])
    for _sheet in make_sheets(sorted(_source.glob("*.html")), _target):
        print(_sheet)
