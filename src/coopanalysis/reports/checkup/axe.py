"""Goal 1: no barrier that axe-core can find, at any width and in any colours."""

from __future__ import annotations

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

_RUN = """async ([tags, view]) => {
  const options = {resultTypes: ['violations', 'incomplete'], preload: false};
  const every = {...options, runOnly: {type: 'tag', values: tags}};
  const plain = {...every, rules: {'color-contrast': {enabled: false}}};
  const colours = {...options, runOnly: {type: 'rule', values: ['color-contrast']}};
  const runs = [];
  if (view === 'unfolded') runs.push(await axe.run(document, every));
  if (view === 'whole') runs.push(await axe.run(document, plain));
  if (view !== 'unfolded')
    runs.push(await axe.run({exclude: [['.coop-scroll table']]}, colours));
  const short = (kind) => runs.flatMap((run) => run[kind]).map((rule) => ({
    rule: rule.id,
    nodes: rule.nodes.map((node) => ({
      target: node.target.join(' '),
      words: [...node.any, ...node.all, ...node.none].map((c) => c.message).join('; '),
    })),
  }));
  return {bad: short('violations'), open: short('incomplete')};
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


def check_axe(context: BrowserContext, path: Path) -> tuple[list[Miss], list[str]]:
    """Run axe on one page: three widths and all unfolded, in light, dark and forced colours.

    A cell that a box has scrolled out of sight cannot be judged where it is; the unfolded page
    shows every cell, every data table and all code, and judges them.

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
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            _run_schemes(page, f"{width} px", found)
        page.evaluate(_UNFOLD)
        page.set_viewport_size({"width": WIDE_PX, "height": 900})
        _run_schemes(page, "unfolded", found)
    finally:
        page.close()
    misses = [Miss(1, _words(rule, one)) for (kind, rule), one in found.items() if kind == "bad"]
    notes = [_words(rule, one) for (kind, rule), one in found.items() if kind == "open"]
    return misses, notes


def _run_schemes(page: Page, place: str, found: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Run axe in each kind of colours; keep the first place of each rule, and count.

    The style sheet changes nothing but colours from scheme to scheme, so only the first is held
    against every rule; colours inside tables, which take longest, are judged unfolded.
    """
    for scheme, forced in SCHEMES:
        page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light",
            forced_colors="active" if forced == "active" else "none",
        )
        first_scheme = (scheme, forced) == SCHEMES[0]
        view = "unfolded" if place == "unfolded" else "whole" if first_scheme else "colours"
        result = page.evaluate(_RUN, [list(TAGS), view])
        where = f"{place}, {'forced colours' if forced == 'active' else scheme}"
        for kind, rules in result.items():
            for rule in rules:
                first = {"where": where, "count": len(rule["nodes"]), **rule["nodes"][0]}
                found.setdefault((kind, rule["rule"]), first)


def _words(rule: str, one: dict[str, Any]) -> str:
    return f"axe {rule} ({one['where']}, {one['count']} places): {one['target']}: {one['words']}"
