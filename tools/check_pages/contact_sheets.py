"""Contact sheets: every page of a folder in small, at each width and in each view, to look at.

`python -m tools.check_pages.contact_sheets reports/demo sheets` writes one picture per view.
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
from tools.check_pages.browser import open_browser

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


@dataclass(frozen=True)
class View:
    """How a page is looked at: its width in pixels, light or dark, on screen or on paper."""

    name: str
    width: int
    scheme: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"


VIEWS: Final = (
    View("1280", 1280),
    View("375", 375),
    View("dark", 1280, scheme="dark"),
    View("print", 794, media="print"),
)
_PIECE_HEIGHT, _MOST_PIECES = 1600, 6
_THUMB_WIDTH, _GAP, _TITLE = 300, 10, 22


def make_sheets(pages: Sequence[Path], folder: Path) -> list[Path]:
    """Photograph pages in every view, each page cut into pieces laid side by side.

    Gives one PNG per view, each with one row per page: its first pieces from the top.
    """
    if not pages:
        raise UsageError("No page to photograph: run `coopanalysis reports run` first.")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with open_browser() as context:
        for view in VIEWS:
            rows = [(page.stem, list(_pieces(context, page, view))) for page in pages]
            written.append(folder / f"sheet-{view.name}.png")
            _lay_out(rows).save(written[-1], optimize=True)
    return written


def _pieces(context: BrowserContext, page: Path, view: View) -> Iterator[Image.Image]:
    with context.new_page() as tab:
        tab.set_viewport_size({"width": view.width, "height": 900})
        tab.emulate_media(color_scheme=view.scheme, media=view.media)
        tab.goto(page.resolve().as_uri())
        whole = Image.open(io.BytesIO(tab.screenshot(full_page=True))).convert("RGB")
    height = _PIECE_HEIGHT * view.width // VIEWS[0].width * (2 if view.width < 500 else 1)
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
