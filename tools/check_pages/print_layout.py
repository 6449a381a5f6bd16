"""Goal 12: on paper every table is whole, its header on each page, and no heading stands last."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coopanalysis.reports.goals import Miss

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

# A4 less the margins of the style sheet, in CSS pixels.
PAPER_WIDTH_PX = 680
MOST_HEADING_LINES = 12

_READ = """() => {
  const seen = (e) => e.getClientRects().length > 0;
  const tables = [...document.querySelectorAll('table')].filter(seen).map((table) => ({
    caption: table.caption ? table.caption.textContent : '',
    head: [...table.querySelectorAll('thead th')].map((c) => c.textContent),
    rows: [...table.querySelectorAll('tbody tr')].map(
      (row) => [...row.cells].map((c) => c.textContent)),
    right: Math.max(table.getBoundingClientRect().right,
      ...[...table.querySelectorAll('th, td')].map((c) => c.getBoundingClientRect().right)),
  }));
  const headings = [...document.querySelectorAll('h1, h2, h3, h4, caption, figcaption')]
    .filter(seen).map((h) => h.textContent);
  return {tables, headings, width: document.documentElement.clientWidth};
}"""


def find_pdftotext() -> str:
    """Path of poppler's `pdftotext`; empty where there is none."""
    return shutil.which("pdftotext") or ""


def check_paper(context: BrowserContext, path: Path) -> list[Miss]:
    """Print one page to PDF and read back what stands on each sheet."""
    with context.new_page() as page:
        page.goto(path.resolve().as_uri())
        page.emulate_media(media="print", color_scheme="light", forced_colors="none")
        page.set_viewport_size({"width": PAPER_WIDTH_PX, "height": 900})
        shown = page.evaluate(_READ)
        pdf = page.pdf(format="A4", prefer_css_page_size=True, print_background=True)
    sheets = _sheets(pdf)
    return [
        *_check_wide(shown),
        *_check_tables(shown["tables"], [_squeeze(sheet) for sheet in sheets]),
        *_check_last(shown["headings"], sheets),
    ]


def _sheets(pdf: bytes) -> list[str]:
    """Text of each sheet in the order of the page."""
    with tempfile.TemporaryDirectory(prefix="coop-") as folder:
        file = Path(folder) / "page.pdf"
        file.write_bytes(pdf)
        call = [find_pdftotext(), "-raw", "-enc", "UTF-8", str(file), "-"]
        text = subprocess.run(call, capture_output=True, text=True, check=True, timeout=120).stdout
    return text.removesuffix("\f").split("\f")


def _squeeze(text: str) -> str:
    """Leave out what a line break adds or takes, spaces and hyphens; capitals count as small."""
    return re.sub(r"[\s\u00ad\u200b\u2010\u2011-]+", "", text).casefold()


def _check_wide(shown: dict[str, Any]) -> Iterator[Miss]:
    for table in shown["tables"]:
        if table["right"] > shown["width"] + 1:
            over = round(table["right"] - shown["width"])
            yield Miss(12, f"table '{_name(table)}' stands {over} px over the edge of the paper")


def _check_tables(tables: Sequence[dict[str, Any]], sheets: Sequence[str]) -> Iterator[Miss]:
    """Find the rows of each table in order; each sheet with rows begins them with the header."""
    sheet, place = 0, 0
    for table in tables:
        begun = _find(sheets, _squeeze(table["caption"]), sheet, place)
        if begun is None:
            yield Miss(12, f"the caption of table '{_name(table)}' is not on the paper")
            continue
        sheet, place = begun
        head = _squeeze("".join(table["head"]))
        headed: set[int] = set()
        for row in table["rows"]:
            found = _find(sheets, _squeeze("".join(row)), sheet, place)
            if found is None:
                yield Miss(12, f"table '{_name(table)}' lacks the row '{' '.join(row)[:60]}'")
                break
            before = sheets[found[0]][: found[1]]
            start = place if found[0] == sheet else 0
            if found[0] not in headed and head not in before[start:]:
                yield Miss(12, f"table '{_name(table)}' has no header on sheet {found[0] + 1}")
                break
            headed.add(found[0])
            sheet, place = found


def _find(sheets: Sequence[str], text: str, sheet: int, place: int) -> tuple[int, int] | None:
    """Next sheet and place where a text stands, from a place on."""
    for number in range(sheet, len(sheets)):
        found = sheets[number].find(text, place if number == sheet else 0)
        if found >= 0:
            return number, found + len(text)
    return None


def _check_last(headings: Sequence[str], sheets: Sequence[str]) -> Iterator[Miss]:
    for number, sheet in enumerate(sheets[:-1], 1):
        lines = sheet.split("\n")[-MOST_HEADING_LINES:]
        ends = {_squeeze(" ".join(lines[at:])) for at in range(len(lines))} - {""}
        for heading in headings:
            if _squeeze(heading) in ends:
                yield Miss(12, f"heading '{heading.strip()[:60]}' stands last on sheet {number}")


def _name(table: dict[str, Any]) -> str:
    return str(table["caption"]).strip()[:50]
