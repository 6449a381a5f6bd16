from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from coopanalysis.reports.browser import find_chromium, open_browser
from coopanalysis.reports.index import index_html, write_index


def record(number: int, release: str = "public", status: str = "built") -> dict[str, object]:
    return {
        "id": f"r{number}",
        "slug": f"r{number}",
        "title": f"Report {number} <b>",
        "description": "About sheriffs" if number % 2 else "About jails",
        "topic": "Policy" if number % 2 else "Crime",
        "release": release,
        "order": -number,
        "status": status,
        "html": f"r{number}.html" if status == "built" else "",
        "notebook": f"r{number}.ipynb",
        "headline": f"{number} of 9 counties." if status == "built" else "",
        "data_as_of": "15 July 2025",
        "finished": "2026-01-02T03:04:05Z",
        "error": "cell 3: KeyError\nCell In[3]" if status == "failed" else "",
    }


def write_records(folder: Path, *records: dict[str, object]) -> None:
    for entry in records:
        target = folder / str(entry["release"])
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{entry['slug']}.json").write_text(json.dumps(entry), encoding="utf-8")


def test_cards_in_order_with_their_sentences(tmp_path: Path) -> None:
    write_records(
        tmp_path, record(1, "demo"), record(2), record(3), record(4, status="failed"), record(5)
    )
    soup = BeautifulSoup(
        write_index(tmp_path, known=["r1", "r2", "r3", "r4"]).read_text(), "html.parser"
    )
    cards = soup.find_all(class_="card")
    titles = [card.h3.get_text() for card in cards if card.h3]
    assert titles == ["Report 4 <b>", "Report 3 <b>", "Report 2 <b>", "Report 1 <b>"]
    assert "3 of 9 counties." in cards[1].get_text()
    assert "KeyError" in cards[0].get_text()
    assert cards[0].h3 is not None
    assert cards[0].h3.a is None
    assert "simulated data" in cards[3].get_text()
    links = [str(a["href"]) for a in soup.find_all("a")]
    assert {"public/r3.html", "public/r4.ipynb", "demo/r1.html"} <= set(links)
    assert len(soup.find_all("h1")) == 1


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    write_records(tmp_path, record(1))
    path = write_index(tmp_path)
    before = path.stat().st_mtime_ns
    assert write_index(tmp_path).stat().st_mtime_ns == before


def test_no_report_yet(tmp_path: Path) -> None:
    assert "make reports" in write_index(tmp_path / "reports").read_text()


def test_a_hundred_reports_stay_small() -> None:
    records = [record(number) for number in range(60)]
    assert len(index_html(records)) < 100_000  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_filter_in_a_browser(tmp_path: Path) -> None:
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    write_records(tmp_path, *(record(number) for number in range(1, 6)))
    path = write_index(tmp_path)
    with open_browser() as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(path.as_uri())
        assert page.locator(".card:visible").count() == 5
        page.fill("#q", "sheriffs")
        assert page.locator(".card:visible").count() == 3
        assert page.inner_text("#count") == "3 reports"
        assert page.url.endswith("#q=sheriffs")
        page.reload()
        assert page.locator(".card:visible").count() == 3
        page.select_option("#topic", "Crime")
        assert page.inner_text("#count") == "0 reports"
        assert complaints == []
    with open_browser(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        assert page.locator(".card:visible").count() == 5
        assert page.locator("#filter:visible").count() == 0
