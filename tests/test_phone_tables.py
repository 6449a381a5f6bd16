"""On a phone each table shows its answer: beside the names of its rows, or below them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from coopanalysis import display
from coopanalysis.briefs import agreements, context, reporting, rows
from coopanalysis.briefs.places import Brief, load_state
from coopanalysis.display.html import Output
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.models import compare_errors, fit, leave_out
from coopanalysis.panel import Panel
from coopanalysis.panel.state_laws import load_laws
from coopanalysis.reports.site.county_pages import county_html
from coopanalysis.reports.site.shell import page_html
from panel_samples import with_tables

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONES, DESK = (320, 375), 1280
YEAR = 2023
MODEL = "person_offenses_per_100k ~ holds_on_detainer + per(poverty_pct, 10)"
ANSWERS = """() => {
  for (const one of document.querySelectorAll('details')) one.open = true;
  return [...document.querySelectorAll('.coop-scroll > table')].map(table => {
    const box = table.parentElement, edge = box.getBoundingClientRect();
    const marked = [...table.querySelectorAll('tbody .coop-answer')];
    const cells = marked.length ? marked : [...table.querySelectorAll('tbody td:nth-child(2)')];
    return {
      caption: table.caption.textContent,
      heads: table.querySelectorAll('thead th').length,
      cells: cells.length,
      right: Math.max(...cells.map(one => {
        const words = document.createRange();
        words.selectNodeContents(one);
        const ends = [words, one].map(of => of.getBoundingClientRect().right);
        return Math.max(ends[0], ends[1] - parseFloat(getComputedStyle(one).paddingRight));
      })),
      edge: Math.min(edge.right, document.documentElement.clientWidth),
      stacked: getComputedStyle(table.querySelector('tbody tr')).display === 'block',
      scrolls: box.scrollWidth > box.clientWidth,
      sideways: document.documentElement.scrollWidth > innerWidth,
    };
  });
}"""


def page_of(shown: Sequence[Output | None]) -> str:
    body = "".join(one.html for one in shown if one is not None)
    main = f'<div class="layout"><main id="content" tabindex="-1">{body}</main></div>'
    return page_html("Tables", "A page.", main, address="demo/tables.html")


def measure(page: Page, path: Path, html: str, width: int) -> list[dict[str, Any]]:
    path.write_text(html, encoding="utf-8")
    page.set_viewport_size({"width": width, "height": 812})
    page.goto(path.as_uri())
    found: list[dict[str, Any]] = page.evaluate(ANSWERS)
    return found


def out_of_sight(tables: list[dict[str, Any]]) -> list[str]:
    assert all(one["cells"] for one in tables if one["heads"] > 1)
    return [one["caption"] for one in tables if one["heads"] > 1 and one["right"] > one["edge"]]


@pytest.fixture(scope="module")
def county_page(demo: Panel) -> str:
    """Page of a county with a municipal agreement, signed twice as few of the demo release are."""
    spells = demo.agreement_spells
    cities = spells["agency_type"].eq("municipality") & spells["status"].eq("listed")
    code = str(spells.loc[cities, "county_fips"].mode().iloc[0])
    again = spells["renewed_date"].mask(cities, pd.Timestamp("2026-02-03"))
    twice = with_tables(demo, agreement_spells=spells.assign(renewed_date=again))
    return county_html(twice, code)


def real_state() -> Brief:
    """The state of most laws in the table of state laws, without its rows: laws need none."""
    laws = load_laws().laws
    code = str(laws["state_fips"].mode().iloc[0])
    name = str(laws.loc[laws["state_fips"] == code, "state"].iloc[0])
    panel, none = Panel.__new__(Panel), pd.DataFrame()
    vars(panel).update(release="public", build={"agreement_lists": [{"list_date": "2026-05-18"}]})
    return Brief(panel, "state", code, name, code, name, none, none, none)


@pytest.fixture(scope="module")
def state_page(demo: Panel) -> str:
    real = real_state()
    brief = load_state(demo, str(demo.county["state_fips"].mode().iloc[0]))
    kinds = agreements.AGENCY_WORDS
    return page_of(
        [
            rows.show_counties(brief),
            *(agreements.show_spells(brief, kind) for kind in kinds),
            agreements.show_pending(brief),
            context.show_laws(real),
            context.show_rulings(real),
            reporting.show_rates(brief),
        ]
    )


@pytest.fixture(scope="module")
def robustness_page(demo: Panel) -> str:
    counties = demo.counties(YEAR)
    model = fit(MODEL, counties, vcov="CR2", cluster="state_fips")
    without = leave_out(model.spec, counties, by="state_fips")
    return page_of(
        [
            display.show_errors(compare_errors(model, counties), model, data=demo),
            display.show_leave_one_out(without, model, data=demo),
            display.show_published(model, about="crime", data=demo),
        ]
    )


@pytest.mark.parametrize("width", PHONES)
@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("county", ["Agreements of municipal agencies", "Reported offences per 100,000"]),
        ("state", ["one by one", "State laws on cooperation", "Court rulings"]),
        ("robustness", ["One estimate under 5 errors", "Without one state", "Published estimates"]),
    ],
)
def test_every_answer_is_on_the_screen_of_a_phone_without_scrolling(
    request: pytest.FixtureRequest,
    browser: Browser,
    tmp_path: Path,
    made: str,
    told: list[str],
    width: int,
) -> None:
    html = request.getfixturevalue(f"{made}_page")
    with browser.new_page() as page:
        tables = measure(page, tmp_path / "page.html", html, width)
    captions = [one["caption"] for one in tables]
    for caption in told:
        assert any(caption in one for one in captions), f"{caption} is not among {captions}"
    assert out_of_sight(tables) == []
    assert not any(one["sideways"] for one in tables)
    assert not any(one["scrolls"] for one in tables if one["stacked"])


FACTS = pd.DataFrame(
    {
        "name": ["Law of the long name of the first county", "Other law"],
        "days": ["from 1 September 2017", "not yet, from 1 January 2031"],
        "kind": ["requires, certain", "restricts, to verify"],
        "does": ["Bars policies that limit enforcement; parts were blocked for a time.", "None."],
        "source": pd.Series([(("A code", "https://www.example.org/a"),)] * 2, dtype="object"),
    }
)
HEADS = {"name": "Law", "days": "In force", "kind": "Kind", "does": "What it does"}


def facts(*, is_marked: bool) -> Output:
    columns = HEADS | {"source": ColumnFormat("Source", kind="links")}
    does = ColumnFormat("What it does", answer=is_marked)
    return show_table(FACTS, caption="Laws", source="S.", columns=columns | {"does": does})


def test_a_mark_stacks_the_rows_of_a_phone_and_of_no_wider_screen(
    browser: Browser, tmp_path: Path
) -> None:
    path, plain = tmp_path / "page.html", page_of([facts(is_marked=False)])
    html = page_of([facts(is_marked=True)])
    with browser.new_page() as page:
        (phone,) = measure(page, path, html, 375)
        (desk,) = measure(page, path, html, DESK)
        (unmarked,) = measure(page, path, plain, 375)
        far = page.evaluate(
            "document.querySelector('td:nth-child(4)').getBoundingClientRect().right"
        )
    assert (phone["stacked"], desk["stacked"], unmarked["stacked"]) == (True, False, False)
    assert not phone["scrolls"]
    assert unmarked["scrolls"]
    assert far > unmarked["edge"], "without the mark the answer is beside the screen"


def test_stacked_rows_are_still_a_table_to_a_screen_reader(
    browser: Browser, tmp_path: Path
) -> None:
    html, trees = page_of([facts(is_marked=True)]), []
    with browser.new_page() as page:
        for width in (375, DESK):
            measure(page, tmp_path / "page.html", html, width)
            trees.append(page.locator(".coop-scroll > table").aria_snapshot())
    phone, desk = trees
    assert phone == desk
    for said in ('table "Laws"', 'columnheader "What it does"', 'rowheader "Other law"'):
        assert said in phone
    assert 'cell "None."' in phone, "the label before it is for the eye alone"
