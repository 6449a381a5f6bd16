"""What a reader cannot do on the index is found: filter, count, come back, read without scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coopanalysis.reports.index import index_html
from tools.check_pages.browser import find_chromium, open_browser
from tools.check_pages.index_page import check_listing

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_chromium(), reason="no Chromium on this machine"),
]
FAULTS = {
    "a count that stands still": ('$("count").textContent =', "const said ="),
    "an address that forgets": ("history.replaceState(", "((...rest) => rest)("),
    "a search that finds all": ("asked.every((w) => card.words.includes(w))", "true"),
}


def record(number: int, topic: str) -> dict[str, object]:
    words = ("Landscape", "Crimes reported", "Residents")[number]
    return {
        "id": f"r{number}",
        "slug": f"r{number}",
        "title": f"{words} of counties",
        "description": "What it tells.",
        "topic": topic,
        "order": number,
        "release": "demo",
        "data": "release",
        "parameters": {"release": "demo"},
        "status": "built",
        "state": "built",
        "seconds": 1.0,
        "html": f"r{number}.html",
        "notebook": f"r{number}.ipynb",
        "headline": f"It is {number + 3} higher.",
        "data_as_of": "2025",
        "finished": "2026-01-02T03:04:05Z",
    }


def rehash(html: str, before: str, after: str) -> str:
    """Let the changed script through the policy of the page, as if it had been written so."""
    digests = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in (before, after)
    ]
    return html.replace(before, after).replace(*digests)


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def html() -> str:
    return index_html([record(0, "policy"), record(1, "crime"), record(2, "policy")])


def test_the_index_as_it_is_keeps_the_goal(
    context: BrowserContext, html: str, tmp_path: Path
) -> None:
    path = tmp_path / "index.html"
    path.write_text(html, encoding="utf-8")
    assert check_listing(context, path) == []


def test_two_cards_with_one_finding_are_found(context: BrowserContext, tmp_path: Path) -> None:
    same = record(1, "crime") | {"headline": record(0, "policy")["headline"]}
    path = tmp_path / "index.html"
    path.write_text(index_html([record(0, "policy"), same]), encoding="utf-8")
    assert "same finding" in str(check_listing(context, path))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_script_is_found(
    context: BrowserContext, html: str, tmp_path: Path, fault: str
) -> None:
    script = html.rpartition("<script>")[2].partition("</script>")[0]
    broken = script.replace(*FAULTS[fault])
    assert broken != script, "the fault was not planted"
    path = tmp_path / "index.html"
    path.write_text(rehash(html, script, broken), encoding="utf-8")
    assert 19 in {miss.goal for miss in check_listing(context, path)}


def test_an_index_that_needs_its_script_is_found(
    context: BrowserContext, html: str, tmp_path: Path
) -> None:
    path = tmp_path / "index.html"
    path.write_text(
        html.replace(' class="filter"', ' class="filter" data-shown', 1).replace(
            'role="search" hidden', 'role="search"'
        ),
        encoding="utf-8",
    )
    assert "a filter is shown that does nothing" in " ".join(
        miss.problem for miss in check_listing(context, path)
    )
