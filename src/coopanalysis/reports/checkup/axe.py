"""Goal 1: no barrier that axe-core can find, at any width and in any colours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coopanalysis.errors import UsageError
from coopanalysis.reports.browser import WIDTHS
from coopanalysis.reports.goals import Miss

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PACKAGE = "axe_playwright_python"
SCHEMES = (("light", "none"), ("dark", "none"), ("light", "active"))
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDE_PX = 3000

_RUN = """async ([tags, isFirst, exclude]) => {
  const options = {resultTypes: ['violations', 'incomplete'], preload: false};
  const plain = {...options, runOnly: {type: 'tag', values: tags},
    rules: {'color-contrast': {enabled: false}}};
  const colours = {...options, runOnly: {type: 'rule', values: ['color-contrast']}};
  const runs = [await axe.run({exclude: [[exclude]]}, colours)];
  if (isFirst) runs.push(await axe.run(document, plain));
  const short = (kind) => runs.flatMap((run) => run[kind]).map((rule) => ({
    rule: rule.id,
    nodes: rule.nodes.map((node) => ({
      target: node.target.join(' '),
      words: [...node.any, ...node.all, ...node.none].map((c) => c.message).join('; '),
    })),
  }));
  return {bad: short('violations'), open: short('incomplete')};
}"""
# Cells that look alike to the last computed colour are judged once in a table.
_MARK_TWINS = """() => {
  const look = (element) => {
    const s = getComputedStyle(element);
    return [element.tagName, s.color, s.backgroundColor, s.backgroundImage, s.opacity, s.fontSize,
      s.fontWeight, s.textShadow].join();
  };
  document.querySelectorAll('[data-twin]').forEach((e) => e.removeAttribute('data-twin'));
  for (const table of document.querySelectorAll('table')) {
    const seen = new Set();
    for (const cell of table.querySelectorAll('td, th')) {
      const row = cell.parentElement;
      const key = [cell, row, row.parentElement, ...cell.querySelectorAll('*')].map(look).join('|');
      if (seen.has(key)) cell.setAttribute('data-twin', '');
      seen.add(key);
    }
  }
}"""
_UNFOLD = """() => {
  document.querySelectorAll('details').forEach((d) => { d.open = true; });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('.coop-scroll { overflow: visible !important; max-height: none !important; }'
    + ' main, main > *, .layout, .masthead { max-width: none !important; }'
    + ' .contents { position: static !important; max-height: none !important; }');
  document.adoptedStyleSheets = [sheet];
}"""


@lru_cache(maxsize=1)
def axe_source() -> str:
    """Read axe-core from the package that carries it.

    Raises
    ------
    UsageError
        If the package is not installed.
    """
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise UsageError("axe-core is missing: install the `test` extra.")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def check_axe(
    context: BrowserContext,
    path: Path,
    *,
    widths: Sequence[int] = WIDTHS,
    schemes: Sequence[tuple[str, str]] = SCHEMES,
    unfolded: bool = True,
) -> tuple[list[Miss], list[str]]:
    """Run axe on one page: three widths and all unfolded, in light, dark and forced colours.

    A cell that a box has scrolled out of sight cannot be judged where it is; the unfolded page
    shows every cell, every data table and all code, and judges them.

    Parameters
    ----------
    context : BrowserContext
        From `browser.open_browser`.
    path : Path
    widths : sequence of int
        In CSS pixels.
    schemes : sequence of (str, str)
        Of `SCHEMES`.
    unfolded : bool
        Whether to run it on the unfolded page, too.

    Returns
    -------
    misses : list of Miss
        One per rule that is broken, where it is first.
    notes : list of str
        What axe could not decide, for a person to look at.
    """
    page = context.new_page()
    try:
        page.goto(path.resolve().as_uri())
        page.evaluate(axe_source())
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            _run_schemes(page, f"{width} px", schemes, found)
        if unfolded:
            page.evaluate(_UNFOLD)
            page.set_viewport_size({"width": WIDE_PX, "height": 900})
            _run_schemes(page, "unfolded", schemes, found)
    finally:
        page.close()
    misses = [Miss(1, _words(rule, one)) for (kind, rule), one in found.items() if kind == "bad"]
    notes = [_words(rule, one) for (kind, rule), one in found.items() if kind == "open"]
    return misses, notes


def _run_schemes(
    page: Page,
    place: str,
    schemes: Sequence[tuple[str, str]],
    found: dict[tuple[str, str], dict[str, Any]],
) -> None:
    """Run axe in each kind of colours; keep the first place of each rule, and count.

    The style sheet changes nothing but colours from scheme to scheme, so only the first is held
    against the rules that are not about colours; colours inside tables are judged unfolded.
    """
    for scheme, forced in schemes:
        page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light",
            forced_colors="active" if forced == "active" else "none",
        )
        is_first = (scheme, forced) == SCHEMES[0]
        exclude = ".coop-scroll table"
        if place == "unfolded":
            page.evaluate(_MARK_TWINS)
            exclude = "[data-twin]"
        result = page.evaluate(_RUN, [list(TAGS), is_first, exclude])
        where = f"{place}, {'forced colours' if forced == 'active' else scheme}"
        for kind, rules in result.items():
            for rule in rules:
                first = {"where": where, "count": len(rule["nodes"]), **rule["nodes"][0]}
                found.setdefault((kind, rule["rule"]), first)


def _words(rule: str, one: dict[str, Any]) -> str:
    return f"axe {rule} ({one['where']}, {one['count']} places): {one['target']}: {one['words']}"
