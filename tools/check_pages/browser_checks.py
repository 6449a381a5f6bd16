"""Goals 2, 3, 9 and 10: requests, errors, size, sideways scroll and keyboard, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coopanalysis.reports.goals import MOST_NODES, Miss

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

WIDTHS = (320, 375, 1280)
MOST_TAB_STOPS = 60
SMALLEST_TEXT_PX = 9.0
INDEX_NAME = "index.html"
"""The one page that has files of its own beside it: pictures, and the lists of counties."""
SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; "
    "word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }"
)


def check_in_browser(context: BrowserContext, path: Path, site: Path | None = None) -> list[Miss]:
    """Check one page against goals 2, 3, 9 and 10.

    A page of the site may ask for files in its `pages/`; a report may ask for none.
    """
    with context.new_page() as page:
        return [
            *_check_outside(page, path, site),
            *_check_widths(page),
            *_check_figure_text(page),
            *_check_keyboard(page),
        ]


def _check_outside(page: Page, path: Path, site: Path | None) -> Iterator[Miss]:
    address = path.resolve().as_uri()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.wait_for_load_state("load")
    site = path.parent if path.name == INDEX_NAME else site
    own = f"{site.resolve().as_uri()}/pages/" if site else address
    for url in requests:
        if url != address and not url.startswith(("data:", own)):
            yield Miss(2, f"asks for {url[:100]}")
    for text in complaints:
        yield Miss(2, f"the browser complains: {text[:160]}")
    nodes = page.evaluate("document.querySelectorAll('*').length")
    if nodes > MOST_NODES:
        yield Miss(3, f"{nodes:,} DOM nodes, at most {MOST_NODES:,}")


def _check_widths(page: Page) -> Iterator[Miss]:
    for spaced in (False, True):
        if spaced:
            # A style sheet put in by the browser itself, as a reader's extension would.
            page.evaluate(
                "css => { const s = new CSSStyleSheet(); s.replaceSync(css);"
                " document.adoptedStyleSheets = [s]; }",
                SPACING,
            )
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                how = " with wider text spacing" if spaced else ""
                yield Miss(9, f"{wide} px wide on a screen of {width} px{how}")
    page.evaluate("document.adoptedStyleSheets = []")


def _check_figure_text(page: Page) -> Iterator[Miss]:
    """Text of figures is at least 18 px high in the image as drawn (12.5 pt at 144 dpi)."""
    page.set_viewport_size({"width": 375, "height": 900})
    scales = page.evaluate(
        "[...document.querySelectorAll('figure img')]"
        ".map(i => i.getBoundingClientRect().width / i.naturalWidth)"
    )
    for number, scale in enumerate(scales, 1):
        if 25.0 * scale < SMALLEST_TEXT_PX:
            yield Miss(9, f"text of figure {number} is {25.0 * scale:.1f} px high at 375 px")


def _check_keyboard(page: Page) -> Iterator[Miss]:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
    stops: list[dict[str, Any]] = []
    while len(stops) <= MOST_TAB_STOPS:
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stop is None or stop["appendix"] or (stops and stop["skip"]):
            break
        stops.append(stop)
    if not stops or not stops[0]["skip"]:
        yield Miss(10, "the first stop of the keyboard is not the skip link")
    if len(stops) > MOST_TAB_STOPS:
        yield Miss(10, f"more than {MOST_TAB_STOPS} stops before the appendix")
    for stop in stops:
        if not stop["outlined"]:
            yield Miss(10, f"no visible focus on {stop['name']!r}")


_STOP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const look = getComputedStyle(e);
  return {
    name: (e.textContent || e.tagName).trim().slice(0, 40),
    skip: e.classList.contains('skip'),
    appendix: e.closest('.appendix, .directory') !== null || e.closest('footer') !== null,
    outlined: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 1,
  };
}"""
