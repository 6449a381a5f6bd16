"""The page that lists every report that stands, and the pages around it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from coopanalysis.display.html import element
from coopanalysis.reports.marks import stands
from coopanalysis.reports.plan import FIGURES
from coopanalysis.reports.records import read_record
from coopanalysis.reports.site.cards import (
    missing_states,
    news_html,
    report_card,
    state_card,
    states_legend,
)
from coopanalysis.reports.site.counties import list_address, pages_key, write_counties
from coopanalysis.reports.site.facts import ReleaseFacts, release_facts
from coopanalysis.reports.site.shell import (
    CARD,
    DATA,
    changed_address,
    data_address,
    page_html,
    site_script,
    write_page,
)
from coopanalysis.reports.site.status import add_status
from coopanalysis.reports.site.thumbs import add_thumbs

TITLE = "How US counties cooperate with immigration enforcement"
INTRODUCTION = (
    "Reports made from data files by notebooks anyone can run again. Each number stands with "
    "its interval and with what it cannot show. Associations, not effects, unless a report "
    "says otherwise."
)
RELEASE_WORDS = {
    "public": ("Public release", "Real files from public sources."),
    "demo": (
        "Demo release",
        "Simulated: fictional counties and invented numbers, to try everything out offline.",
    ),
}
DATA_TOPIC = "data"
"""Topic of reports about the data themselves: they come after the findings."""
Releases = Mapping[str, ReleaseFacts]


def write_index(folder: Path, known: Collection[str] | None = None) -> Path:
    """Write `index.html` for all reports in a folder, and the pages it links to.

    The folder holds one per release, with a record for each report; the folder above it is the
    project. Where `known` ids are given, what other reports left behind is not listed. A page that
    already says the same is left untouched.
    """
    from coopanalysis.reports.site.documents import write_documents  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    records = [r for r in read_records(folder) if known is None or r["id"] in known]
    records = add_thumbs(folder, add_status(folder, records))
    releases = {}
    for release in dict.fromkeys(record["release"] for record in records):
        facts = release_facts(release, folder.parent)
        if facts is not None:
            releases[release] = facts
            write_counties(folder, facts)
    write_documents(folder)
    tables = {one for one in releases if stands(folder / DATA / one, pages_key(one))}
    cards = (f"{FIGURES}/{one['release']}/{one['slug']}/{CARD}" for one in records)
    picture = next((card for card in cards if (folder / card).is_file()), "")
    html = index_html(records, releases, tables, picture)
    return write_page(folder / "index.html", html)


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Read the record of each report, real data first, then in the order of the plan.

    A file that is no record is passed over: its report is made anew by the next run.
    """
    found = [read_record(path) for path in sorted(folder.glob("*/*.json"))]
    records = [record for record in found if record]
    order = {release: place for place, release in enumerate(RELEASE_WORDS)}
    return sorted(records, key=lambda r: (order.get(r["release"], 9), r.get("order", 0), r["slug"]))


def index_html(
    records: Sequence[Mapping[str, Any]],
    releases: Releases | None = None,
    tables: Collection[str] = (),
    picture: str = "",
) -> str:
    """Write the page: works without a script, and a script filters cards and finds counties.

    `tables` names the releases whose tables can be taken away; `picture` is what is shown where the
    page is shared.
    """
    releases = releases or {}
    sections = "".join(
        _section(
            release,
            [r for r in records if r["release"] == release],
            releases.get(release),
            has_changes=release in tables,
        )
        + _take_away(release, tables)
        for release in dict.fromkeys(record["release"] for record in records)
    )
    body = f"""<main id="content" class="index" tabindex="-1">
{_filter_form(records, releases)}
{sections or "<p>No report stands yet: run <code>make reports</code>.</p>"}
</main>"""
    scripts = "".join(
        f'<script src="{list_address(release, "js")}" defer></script>\n' for release in releases
    )
    return page_html(
        TITLE,
        INTRODUCTION,
        body,
        address="index.html",
        scripts=scripts,
        script=site_script("site.js"),
        picture=picture,
    )


def _filter_form(records: Sequence[Mapping[str, Any]], known: Releases) -> str:
    """Write the form that the script shows and brings to life."""
    topics = {r["topic"] for r in records if r["topic"]}
    topics |= {"state brief"} if known else set()
    policies = {name: label for facts in known.values() for name, label in facts.policies}
    releases = list(dict.fromkeys(record["release"] for record in records))
    groups = "".join(
        element(
            "optgroup",
            "".join(
                element("option", escape(state.name), value=f"{release}:{state.code}")
                for state in facts.states
            ),
            label=RELEASE_WORDS.get(release, (release, ""))[0],
        )
        for release, facts in known.items()
    )
    selects = [
        ("place", "State", "All states", groups),
        ("policy", "Policy", "All policies", _options(policies)),
        ("topic", "Topic", "All topics", _options({topic: topic for topic in sorted(topics)})),
    ]
    if len(releases) > 1:
        words = {name: RELEASE_WORDS.get(name, (name, ""))[0] for name in releases}
        selects.append(("release", "Release", "All releases", _options(words)))
    counties = sum(len(facts.counties) for facts in known.values())
    search = "Search counties, states and reports" if counties else "Search"
    return (
        '<form id="filter" class="filter" role="search" hidden>'
        f'<div class="wide"><label for="q">{search}</label>'
        '<input id="q" type="search" autocomplete="off" spellcheck="false"></div>'
        + "".join(
            f'<div><label for="{name}">{label}</label><select id="{name}">'
            f'<option value="">{every}</option>{options}</select></div>'
            for name, label, every, options in selects
            if options
        )
        + '<p role="status" id="count"></p></form>'
        '<section id="hits" aria-labelledby="hits-title" hidden><h2 id="hits-title">Counties</h2>'
        '<p class="make"></p><ul class="hits"></ul><p class="more"></p></section>'
    )


def _options(values: Mapping[str, str]) -> str:
    return "".join(element("option", escape(words), value=value) for value, words in values.items())


def _section(
    release: str,
    records: Sequence[Mapping[str, Any]],
    facts: ReleaseFacts | None,
    *,
    has_changes: bool,
) -> str:
    title, words = RELEASE_WORDS.get(release, (release, ""))
    briefs = {
        str(r["parameters"].get("state_fips")): r for r in records if r["id"] == "state-brief"
    }
    reports = [r for r in records if r["id"] != "state-brief"]
    if facts is None:
        reports = list(records)
    reports.sort(key=lambda one: bool(one["topic"] == DATA_TOPIC))
    cards = "".join(report_card(record, facts) for record in reports)
    parts = [
        f'<h2 id="release-{release}">{title}</h2><p class="release-words calm">{words}</p>',
        f'<h3 class="part">Main findings</h3><ul class="cards">{cards}</ul>' if cards else "",
        news_html(facts, has_changes=has_changes) if facts else "",
    ]
    if facts:
        states = "".join(state_card(state, briefs.get(state.code), facts) for state in facts.states)
        without = [state for state in facts.states if state.code not in briefs]
        parts += [
            f'<h3 class="part">States</h3>{states_legend(facts)}'
            f'<ul class="cards states directory">{states}</ul>',
            missing_states(without),
            f'<h3 class="part calm">Counties</h3><p class="make calm">{_every_county(facts)}</p>',
        ]
    return f'<section aria-labelledby="release-{release}">{"".join(parts)}</section>'


def _take_away(release: str, tables: Collection[str]) -> str:
    if release not in tables:
        return ""
    link = element("a", "Take the data away", href=data_address(release))
    changed = element("a", "what changed on the lists", href=changed_address(release))
    return f'<p class="make calm">{link}: every table; and {changed} between any two days.</p>'


def _every_county(facts: ReleaseFacts) -> str:
    words = f"All {len(facts.counties):,} counties"
    return element("a", words, href=list_address(facts.release, "html"))
