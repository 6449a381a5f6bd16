"""Goal 1: no barrier that axe-core can find, at any width and in any colours."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coopanalysis.errors import UsageError
from coopanalysis.reports.goals import Miss

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PACKAGE = "axe_playwright_python"
SCHEMES = (("light", "none"), ("dark", "none"), ("light", "active"))
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDTHS = (320, 1280)
"""The narrowest screen and a wide one; what 375 px shows stands in the same layout as at 320."""
WIDE_PX, UNFOLDED = 3000, "unfolded"

# Rules whose verdict may differ where the same elements are shown at another width.
BY_WIDTH = ("target-size", "scrollable-region-focusable")
BY_COLOUR = ("color-contrast", "link-in-text-block")

# A set of shown elements, and a look, are judged where they are first met; what was met is kept in
# the window, which begins with the looks that passed on other pages. axe can tell an element out of
# sight, and so does the set.
_RUN = """async ([tags, byWidth, byColour, isNewWidth, isFolded]) => {
  const met = window.coopMet;
  const all = [...document.querySelectorAll('body, body *')];
  const styles = new Map(all.map((e) => [e, getComputedStyle(e)]));
  const boxes = new Map(all.map((e) => [e, e.getBoundingClientRect()]));
  const isShown = new Map(all.map((e) =>
    [e, e.checkVisibility({opacityProperty: true, visibilityProperty: true})]));
  const isOut = (b) => b.right + scrollX <= 0 || b.bottom + scrollY <= 0;
  const shown = all.map((e) => {
    const b = boxes.get(e);
    return !isShown.get(e) ? 0 : isOut(b) ? 1 : b.width && b.height ? 3 : 2;
  }).join('');
  const isNew = !met.shown.has(shown);
  met.shown.add(shown);

  const pseudo = (e, which) => {
    const s = getComputedStyle(e, which);
    return s.content === 'none' ? '' : [s.content, s.position, s.backgroundColor].join();
  };
  const once = (make) => {
    const made = new Map();
    return (e) => { if (!made.has(e)) made.set(e, make(e)); return made.get(e); };
  };
  const around = once((e) => {
    const s = styles.get(e);
    const own = [s.backgroundColor, s.backgroundImage, s.opacity, s.mixBlendMode, s.filter,
      pseudo(e, '::before'), pseudo(e, '::after'), s.overflow !== 'visible'].join();
    return boxes.has(e.parentElement) ? own + '|' + around(e.parentElement) : own;
  });
  const isPlain = (e) => {
    const s = styles.get(e);
    return s.position === 'static' && s.float === 'none' && s.transform === 'none'
      && ![s.marginTop, s.marginRight, s.marginBottom, s.marginLeft].some((m) => m[0] === '-');
  };
  const afloat = all.filter((e) => isShown.get(e) && !isPlain(e)).map((e) => [e, boxes.get(e)]);
  const touch = (a, b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const covers = (a, b) => a.left <= b.left + 1 && a.right >= b.right - 1
    && a.top <= b.top + 1 && a.bottom >= b.bottom - 1;
  const ownText = (e) => [...e.childNodes]
    .map((n) => n.nodeType === Node.TEXT_NODE ? n.data.trim() : '').join('');
  const look = (e, text) => {
    const box = boxes.get(e), s = styles.get(e);
    if (afloat.some(([f, b]) => touch(b, box) && !f.contains(e) && !e.contains(f))) return '';
    let reach = '';
    for (let at = e; boxes.has(at); at = at.parentElement) reach += +covers(boxes.get(at), box);
    return [e.tagName, s.color, s.fontSize, s.fontWeight, s.textShadow,
      s.textDecorationLine, text.length === 1, isOut(box), reach, around(e)].join('|');
  };
  let count = 0;
  for (const e of all) {
    e.removeAttribute('data-new-look');
    const text = ownText(e);
    if (!isShown.get(e) || !(text || e.matches('input, select, textarea'))) continue;
    if (isFolded && e.closest('.coop-scroll table')) continue;
    const key = look(e, text);
    if (met.looks.has(key)) continue;
    if (key) met.looks.add(key);
    e.setAttribute('data-new-look', '');
    count += 1;
  }

  const rules = [...(isNewWidth ? byWidth : []), ...(count ? byColour : [])];
  if (!isNew && !rules.length) return {bad: [], open: []};
  axe.configure({rules: [{id: 'color-contrast', selector: '[data-new-look]'}]});
  const run = await axe.run(document, {
    resultTypes: ['violations', 'incomplete'], preload: false,
    runOnly: isNew ? {type: 'tag', values: tags} : {type: 'rule', values: rules},
  });
  const short = (kind) => run[kind].map((rule) => ({
    rule: rule.id,
    nodes: rule.nodes.map((node) => ({
      target: node.target.join(' '),
      words: [...node.any, ...node.all, ...node.none].map((c) => c.message).join('; '),
    })),
  }));
  return {bad: short('violations'), open: short('incomplete')};
}"""
_BEGIN = "(passed) => { window.coopMet = {looks: new Set(passed), shown: new Set()}; }"
_LOOKS = "() => [...window.coopMet.looks]"
_UNFOLD = """() => {
  document.querySelectorAll('details').forEach((d) => { d.open = true; });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('.coop-scroll { overflow: visible !important; max-height: none !important; }'
    + ' main, main > *, .layout, .masthead { max-width: none !important; }'
    + ' .contents { position: static !important; max-height: none !important; }');
  document.adoptedStyleSheets.push(sheet);
}"""


_WITHOUT_SHADOWS = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(".coop-scroll { background-image: none !important }");
  document.adoptedStyleSheets.push(sheet);
}"""
"""The shadow at the edge of a box that scrolls is a gradient, behind which axe decides nothing."""


@lru_cache(maxsize=1)
def axe_source() -> str:
    """Read axe-core from the package that carries it."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise UsageError("axe-core is missing: install the `test` extra.")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def check_axe(
    context: BrowserContext, path: Path, passed: set[str] | None = None
) -> tuple[list[Miss], list[str]]:
    """Run axe on one page: narrow, wide and all unfolded, in light, dark and forced colours.

    A cell that a box has scrolled out of sight cannot be judged where it is; the unfolded page
    shows every cell, every data table and all code, and judges them.

    What cannot come out differently is judged once. All rules are run wherever the set of shown
    elements, as read from the page, is one that was not judged yet. Where the set is known, each
    new width is held to the rules about sizes and scrolling (`BY_WIDTH`), and each kind of colours
    to those about colours (`BY_COLOUR`). Contrast is judged once for each look: the colours, size
    and weight of the text, the backgrounds of all that is around it, whether these reach behind it,
    and whether a box may clip it. A text that something placed freely touches has no twin. `passed`
    holds the looks that passed on other pages in this browser, and takes those of this page if no
    rule about colours had anything to say of it.

    Gives one miss per rule that is broken, where it is first, with the number of places that were
    judged; and what axe could not decide, for a person to look at.
    """
    with context.new_page() as page:
        page.goto(path.resolve().as_uri())
        page.evaluate(_WITHOUT_SHADOWS)
        page.evaluate(axe_source())
        page.evaluate(_BEGIN, sorted(passed or ()))
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            _run_schemes(page, f"{width} px", found)
        page.evaluate(_UNFOLD)
        page.set_viewport_size({"width": WIDE_PX, "height": 900})
        _run_schemes(page, UNFOLDED, found)
        if passed is not None and not any(rule in BY_COLOUR for _, rule in found):
            passed.update(page.evaluate(_LOOKS))
    misses = [Miss(1, _words(rule, one)) for (kind, rule), one in found.items() if kind == "bad"]
    notes = [_words(rule, one) for (kind, rule), one in found.items() if kind == "open"]
    return misses, notes


def _run_schemes(page: Page, place: str, found: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Run axe in each kind of colours; keep the first place of each rule, and count."""
    for scheme, forced in SCHEMES:
        page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light",
            forced_colors="active" if forced == "active" else "none",
        )
        is_new_width = (scheme, forced) == SCHEMES[0]
        result = page.evaluate(
            _RUN, [list(TAGS), list(BY_WIDTH), list(BY_COLOUR), is_new_width, place != UNFOLDED]
        )
        where = f"{place}, {'forced colours' if forced == 'active' else scheme}"
        for kind, rules in result.items():
            for rule in rules:
                first = {"where": where, "count": len(rule["nodes"]), **rule["nodes"][0]}
                found.setdefault((kind, rule["rule"]), first)


def _words(rule: str, one: dict[str, Any]) -> str:
    return f"axe {rule} ({one['where']}, {one['count']} places): {one['target']}: {one['words']}"
