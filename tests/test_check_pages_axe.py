"""Barriers planted in a page are found, whatever the width and the colours they need."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools.check_pages import axe
from tools.check_pages.browser import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_chromium(), reason="no Chromium on this machine"),
    pytest.mark.skipif(find_spec(axe.PACKAGE) is None, reason="axe-core is not installed"),
]
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A title</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ color: #222; background: #fff; }} {style}</style></head>
<body><main><h1>A title</h1><p class="x">Words.</p>{extra}</main></body></html>"""
GREY = "#ccc"
FAULTS = {
    "good": ("", "", ""),
    "light": (f".x {{ color: {GREY}; }}", "", "color-contrast"),
    "dark": (
        f"@media (prefers-color-scheme: dark) {{ .x {{ color: {GREY}; }} }}",
        "",
        "color-contrast",
    ),
    "narrow": (
        f"@media (max-width: 350px) {{ .x {{ color: {GREY}; }} }}",
        "",
        "color-contrast",
    ),
    "folded": (
        f".y {{ color: {GREY}; }}",
        '<details><summary>More</summary><p class="y">Words.</p></details>',
        "color-contrast",
    ),
    "no alt": ("", '<img src="data:," width="9" height="9">', "image-alt"),
    "skipped heading": ("", "<h3>Sub</h3>", "heading-order"),
    "no name": ("", '<a href="#top"></a>', "link-name"),
}


def test_each_barrier_is_found(tmp_path: Path, browser: Browser) -> None:
    found = {}
    with browser.new_context() as context:
        for name, (style, extra, _) in FAULTS.items():
            path = tmp_path / "page.html"
            path.write_text(PAGE.format(style=style, extra=extra), encoding="utf-8")
            misses, notes = axe.check_axe(context, path)
            assert not notes, name
            found[name] = " ".join(miss.problem for miss in misses)
    assert found.pop("good") == ""
    for name, words in found.items():
        assert f"axe {FAULTS[name][2]} (" in words, name
    assert "350" not in found["narrow"]
    assert "320 px" in found["narrow"]
    assert "dark" in found["dark"]
    assert "unfolded" in found["folded"]


def test_only_a_look_that_passed_is_not_judged_again(tmp_path: Path, browser: Browser) -> None:
    path, passed = tmp_path / "page.html", set[str]()
    with browser.new_context() as context:
        sizes = []
        for name in ("good", "dark", "dark", "good"):
            style, extra, _ = FAULTS[name]
            path.write_text(PAGE.format(style=style, extra=extra), encoding="utf-8")
            misses, _ = axe.check_axe(context, path, passed)
            assert bool(misses) == (name == "dark")
            sizes.append(len(passed))
    assert sizes[0] > 0
    assert len(set(sizes)) == 1, "a page with a barrier adds no look"
