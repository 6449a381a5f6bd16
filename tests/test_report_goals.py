"""Each goal is held by a page as it is, and missed by the same page with one fault planted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.display import figures, page, tables
from coopanalysis.reports.goals import check_page
from coopanalysis.reports.style import content_policy, page_style
from coopanalysis.reports.versions import read_analysis_plan
from report_samples import sample_build
from tools.check_pages.browser import find_chromium, open_browser
from tools.check_pages.browser_checks import check_in_browser

ALT = (
    "Bar chart of the share of counties by practice, from ten to ninety percent; the second "
    "practice is nine times as common."
)


@pytest.fixture(scope="module")
def good() -> str:
    figure, axes = figures.new_figure(2.0)
    axes.barh([0, 1], [0.1, 0.9])
    data = pd.DataFrame({"practice": ["a", "b"], "share": [0.1, 0.9]})
    source = "Bureau. Data as of 15 July 2025."
    shown = figures.show_figure(
        figure,
        finding="The second is common",
        subtitle="Share of counties",
        alt=ALT,
        note="",
        source=source,
        data=data,
    )
    table = tables.show_table(data, caption="Shares", source=source)
    headline = page.show_headline(
        "It is 3 higher.", unit="points", comparison="others", interval=(1, 5), n=10
    )
    limits = page.show_limits(["4 counties are missing."])
    hashes = " ".join(str(e["sha256"]) for e in sample_build()["inputs"])  # type: ignore[attr-defined]
    style = page_style()
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{content_policy(style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A title</title><link rel="icon" href="data:,"><style>{style}</style></head><body>
<a class="skip" href="#content">Skip to content</a>
<header class="masthead"><h1 id="top">A title</h1></header>
<div class="layout"><nav class="contents" aria-label="Contents"><a href="#part">Part</a></nav>
<main id="content" tabindex="-1">{headline.html}{limits.html}
<h2 id="part">Part</h2><h3 id="sub">Sub</h3><div class="result">{shown.html}</div>
<div class="result">{table.html}</div><p>Nothing else.</p>
<section class="appendix" aria-labelledby="provenance"><h2 id="provenance">Provenance</h2>
<p>Release Parameters Commit Packages Notebook
SHA-256 {read_analysis_plan().short} {hashes}</p></section>
<section class="appendix" aria-labelledby="cite"><h2 id="cite">How to cite</h2>
<pre><code>@misc{{x}}</code></pre><p>data as of 2025, MIT licence</p></section>
</main></div></body></html>"""


def goals_missed(html: str) -> set[int]:
    return {miss.goal for miss in check_page(html, build=sample_build())}


def test_the_page_as_it_is_keeps_every_goal(good: str) -> None:
    assert check_page(good, build=sample_build()) == []


def long_table(html: str) -> str:
    return html.replace("<p>Nothing else.</p>", "<p></p>" * 8_000)


@pytest.mark.parametrize(
    ("goal", "fault"),
    [
        (
            2,
            lambda h: h.replace("</main>", "<script src='https://x.example/a.js'></script></main>"),
        ),
        (2, lambda h: h.replace("<p>Nothing", "<p style='color:red'>Nothing")),
        (3, lambda h: h + " " * 1_500_000),
        (3, long_table),
        (4, lambda h: h.replace(f'alt="{ALT}"', 'alt=""')),
        (4, lambda h: h.replace(f'alt="{ALT}"', "")),
        (4, lambda h: h.replace(ALT, f"{ALT} See figure.png")),
        (5, lambda h: h.replace("coop-download", "gone")),
        (5, lambda h: h.replace("(2 rows)", "(3 rows)")),
        (6, lambda h: h.replace('scope="col"', "", 1)),
        (6, lambda h: h.replace("<caption>Shares</caption>", "")),
        (6, lambda h: h.replace('tabindex="0"', "", 1)),
        (6, lambda h: h.replace("90.0%", "NaN")),
        (6, lambda h: h.replace("90.0%", "0.90001")),
        (11, lambda h: h.replace("<title>A title", "<title>Another")),
        (11, lambda h: h.replace('<h3 id="sub">Sub</h3>', '<h4 id="sub">Sub</h4>')),
        (11, lambda h: h.replace('href="#part"', 'href="#parts"')),
        (11, lambda h: h.replace('id="sub"', 'id="part"')),
        (13, lambda h: h.replace("Association, not effect", "Effect")),
        (13, lambda h: h.replace("<dt>95% interval</dt>", "<dt>Range</dt>")),
        (13, lambda h: h.replace("Association, not effect", page.DESIGN_WORDS["description"])),
        (14, lambda h: h.replace("4 counties are", "Some counties are")),
        (14, lambda h: h.replace("coop-limits", "gone")),
        (15, lambda h: h.replace("Commit", "")),
        (15, lambda h: h.replace(str(sample_build()["inputs"][0]["sha256"]), "0" * 64)),  # type: ignore[index]
        (15, lambda h: h.replace(read_analysis_plan().short, "0" * 12)),
        (16, lambda h: h.replace("@misc{", "")),
        (16, lambda h: h.replace("Source: Bureau. Data as of 15 July 2025.", "Source: Bureau.")),
        (17, lambda h: h.replace("Nothing else", "Written to /home/me/file")),
        (17, lambda h: h.replace("Nothing else", "C(state)[T.06] is 3")),
        (17, lambda h: h.replace("Nothing else", "where $\\beta_1$ is")),
        (17, lambda h: h.replace("Nothing else", "the mean is nan")),
    ],
)
def test_a_planted_fault_is_caught(good: str, goal: int, fault: Callable[[str], str]) -> None:
    broken = fault(good)
    assert broken != good, "the fault was not planted"
    assert goal in goals_missed(broken)


ANSWERS = (
    '<dl class="coop-answers"><div><dt><a href="#limits">Law</a></dt>'
    "<dd>Requires notice. <small>as of 18 May 2026</small></dd></div></dl>"
)


@pytest.mark.parametrize(
    ("lost", "left"),
    [
        ("Requires notice. <small>as of 18 May 2026</small>", ""),
        ('<a href="#limits">Law</a>', "Law"),
        ("<small>as of 18 May 2026</small>", ""),
    ],
)
def test_a_page_of_facts_has_answers_with_days_and_links_in_place_of_an_estimate(
    good: str, lost: str, left: str
) -> None:
    opening, _, rest = good.partition('<div class="coop-headline">')
    facts = f"{opening}{ANSWERS}<div>{rest}"
    assert 13 not in goals_missed(facts)
    assert 13 in goals_missed(facts.replace(lost, left))


def test_limits_after_the_first_result_are_caught(good: str) -> None:
    limits = page.show_limits(["4 counties are missing."]).html
    moved = good.replace(limits, "").replace("<p>Nothing else.</p>", limits)
    assert 14 in goals_missed(moved)


def test_money_and_words_are_no_faults(good: str) -> None:
    text = "It costs $5 to $10; Nantucket, info and /home are words; a share of 3/4."
    assert goals_missed(good.replace("Nothing else", text)) == set()


def test_simulated_pages_must_say_so(good: str) -> None:
    missed = check_page(good, simulated=True, build=sample_build())
    assert {miss.goal for miss in missed} == {14}
    assert len(missed) == 3


@pytest.mark.slow
def test_faults_that_only_a_browser_sees(good: str, tmp_path: Path) -> None:
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    style = page_style()
    wide = style + "\n.wide { width: 1400px; }"
    unseen = style + "\n:focus-visible { outline: none; }"
    faults = {
        "good": ("", ""),
        "outside": ("<p>Nothing else.</p>", '<img alt="" src="https://localhost:1/x.png">'),
        "wide": ("<p>Nothing else.</p>", '<p class="wide">Wide.</p>'),
        "skip": ('<a class="skip" href="#content">Skip to content</a>', ""),
        "stops": ("<p>Nothing else.</p>", '<a href="#top">x</a> ' * 70),
    }
    sheets = {"wide": wide, "unseen": unseen}
    found = {}
    with open_browser() as context:
        for name in [*faults, "unseen"]:
            old, new = faults.get(name, ("", ""))
            html = good.replace(old, new) if old else good
            sheet = sheets.get(name, style)
            html = html.replace(content_policy(style), content_policy(sheet)).replace(style, sheet)
            path = tmp_path / f"{name}.html"
            path.write_text(html, encoding="utf-8")
            found[name] = {miss.goal for miss in check_in_browser(context, path)}
    assert found["good"] == set()
    assert 2 in found["outside"]
    assert 9 in found["wide"]
    assert 10 in found["skip"]
    assert 10 in found["stops"]
    assert 10 in found["unseen"]
