"""Goal 19: the index filters with a live count, keeps its state, and needs no script to be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from coopanalysis.errors import UsageError
from coopanalysis.reports.goals import Miss

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

NARROW_PX = 599
MOST_BYTES = 100_000

_SHOWN = "[...document.querySelectorAll('.card')].filter((c) => c.getClientRects().length).length"
_COUNTED = "parseInt((document.getElementById('count').textContent.match(/[\\d,]+/) || ['-1'])[0])"
_ONE_COLUMN = """() => {
  const cards = [...document.querySelectorAll('.card')].filter((c) => c.getClientRects().length)
    .map((c) => c.getBoundingClientRect());
  return cards.every((c) => Math.abs(c.left - cards[0].left) < 1 && c.right <= innerWidth);
}"""
_FINDINGS = """[...document.querySelectorAll('.card')].filter((c) => c.querySelector('.said'))
  .map((c) => [c.querySelector('.said').textContent.trim(), c.querySelector('h3').textContent])"""
_WORD = """(document.querySelector('.card h3')?.textContent || '').match(/[a-z]{5,}/i)?.[0] || ''"""


def check_listing(context: BrowserContext, path: Path) -> list[Miss]:
    """Try the index as a reader would, with scripts and without."""
    misses = []
    if path.stat().st_size > MOST_BYTES:
        misses.append(Miss(3, f"{path.stat().st_size:,} bytes, at most {MOST_BYTES:,}"))
    with context.new_page() as page:
        page.goto(path.resolve().as_uri())
        cards = page.evaluate("document.querySelectorAll('.card').length")
        if not cards:
            return [*misses, Miss(19, "the index lists no report")]
        misses += [*_check_findings(page), *_check_filter(page, path, cards)]
        misses += _check_narrow(page, path)
    if context.browser is None:
        raise UsageError("The index is checked in a context of `open_browser`, not in another.")
    with context.browser.new_context(java_script_enabled=False) as bare:
        page = bare.new_page()
        page.goto(path.resolve().as_uri())
        links = page.locator(".card a:visible").count()
        if page.locator(".card:visible").count() != cards or not links:
            misses.append(Miss(19, "without JavaScript not every card is there"))
        if page.locator("form:visible").count():
            misses.append(Miss(19, "without JavaScript a filter is shown that does nothing"))
    return misses


def _check_findings(page: Page) -> Iterator[Miss]:
    """Two reports never say the same; one report of real data may stand under each release."""
    titles: dict[str, set[str]] = {}
    for finding, title in page.evaluate(_FINDINGS):
        titles.setdefault(finding, set()).add(title)
    for finding, named in titles.items():
        if len(named) > 1:
            yield Miss(19, f"{len(named)} cards carry the same finding: {finding[:80]}")


def _check_filter(page: Page, path: Path, cards: int) -> Iterator[Miss]:
    if page.evaluate(_COUNTED) != cards:
        yield Miss(19, f"the count does not say {cards} at first")
    word = page.evaluate(_WORD)
    page.fill("#q", word)
    found = page.evaluate(_SHOWN)
    if not 0 < found <= cards or page.evaluate(_COUNTED) != found:
        yield Miss(19, f"'{word}' shows {found} cards, and the count says another number")
    if word.casefold() not in page.url.casefold():
        yield Miss(19, "the address does not keep what was searched for")
    page.reload()
    if page.evaluate(_SHOWN) != found or page.input_value("#q") != word:
        yield Miss(19, "a reload forgets what was searched for")
    page.fill("#q", "no report has this word")
    if page.evaluate(_SHOWN) or page.evaluate(_COUNTED):
        yield Miss(19, "a word that is nowhere still finds reports")
    page.fill("#q", "")
    for box in page.query_selector_all("form select"):
        values = [o.get_attribute("value") or "" for o in box.query_selector_all("option")]
        seen = set()
        for value in values[1:6]:
            box.select_option(value=value)
            seen.add(page.evaluate(_SHOWN))
            if page.evaluate(_COUNTED) != page.evaluate(_SHOWN):
                yield Miss(19, f"the count is wrong for '{value}'")
        if values[1:] and (0 in seen or (len(values) > 2 and cards in seen)):
            yield Miss(19, f"the choice among {values[1:4]} does not filter")
        box.select_option(value=values[0])
    if page.evaluate(_SHOWN) != cards:
        yield Miss(19, "an empty filter does not show every card")
    page.goto(path.resolve().as_uri())


def _check_narrow(page: Page, path: Path) -> Iterator[Miss]:
    page.set_viewport_size({"width": NARROW_PX, "height": 900})
    page.goto(path.resolve().as_uri())
    if not page.evaluate(_ONE_COLUMN):
        yield Miss(19, f"at {NARROW_PX} px the cards do not stand below each other")
