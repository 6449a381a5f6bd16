"""Contact sheets show every page in every view."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from coopanalysis.errors import UsageError
from tools.check_pages.browser import find_chromium
from tools.check_pages.contact_sheets import VIEWS, make_sheets

PAGE = """<!doctype html><style>body{margin:0;background:#ffffff}
@media (prefers-color-scheme: dark){body{background:#000000}}
@media print{body{background:#ff0000}}</style><body><div style="height:HEIGHTpx"></div>"""


def test_without_pages_there_is_nothing_to_photograph(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No page"):
        make_sheets([], tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not find_chromium(), reason="no Chromium on this machine")
def test_each_view_is_its_own_and_long_pages_lie_in_pieces(tmp_path: Path) -> None:
    pages = []
    for name, height in (("long", 4000), ("short", 500)):
        pages.append(tmp_path / f"{name}.html")
        pages[-1].write_text(PAGE.replace("HEIGHT", str(height)), encoding="utf-8")
    sheets = make_sheets(pages, tmp_path / "sheets")
    assert [one.name for one in sheets] == [f"sheet-{view.name}.png" for view in VIEWS]
    colours = []
    for sheet in sheets:
        with Image.open(sheet) as image:
            colours.append(image.convert("RGB").getpixel((30, 60)))
            assert image.width > 600
    assert colours == [(255, 255, 255), (255, 255, 255), (0, 0, 0), (255, 0, 0)]
