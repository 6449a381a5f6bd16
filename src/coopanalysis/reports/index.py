"""The page that lists every report that stands: built, failed, of every release."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from html import escape
from pathlib import Path
from typing import Any

from coopanalysis.reports.dress import TEMPLATE_FOLDER, content_policy, page_style
from coopanalysis.shown import element

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


def write_index(folder: Path, known: Collection[str] | None = None) -> Path:
    """Write `index.html` for all reports in a folder, from the records of their last runs.

    Parameters
    ----------
    folder : Path
        Holds one folder per release, each with a `.json` record per report.
    known : collection of str, optional
        Ids of the reports that are planned; what others left behind is not listed.

    Returns
    -------
    Path
        The page; left untouched where it already says the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "index.html"
    records = [r for r in read_records(folder) if known is None or r["id"] in known]
    html = index_html(records)
    if not target.is_file() or target.read_text(encoding="utf-8") != html:
        part = target.with_name(".index.html.part")
        part.write_text(html, encoding="utf-8")
        part.replace(target)
    return target


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Read the record of each report, real data first, then in the order of the plan."""
    records = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/*.json"))
    ]
    order = {release: place for place, release in enumerate(RELEASE_WORDS)}
    return sorted(records, key=lambda r: (order.get(r["release"], 9), r.get("order", 0), r["slug"]))


def index_html(records: Sequence[dict[str, Any]]) -> str:
    """Write the page: works without a script, and a script filters by text, release and status."""
    style = page_style()
    script = (TEMPLATE_FOLDER / "coopanalysis" / "index.js").read_text(encoding="utf-8").strip()
    sections = "".join(
        _section(release, [r for r in records if r["release"] == release])
        for release in dict.fromkeys(record["release"] for record in records)
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{content_policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="{escape(INTRODUCTION, quote=True)}">
<title>{TITLE}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header class="masthead">
<p class="mast"><span class="name">coopanalysis</span><span>All reports</span></p>
<h1>{TITLE}</h1>
<p class="dek">{INTRODUCTION}</p>
</header>
<main id="content" class="index" tabindex="-1">
{_filter_form(records)}
{sections or "<p>No report stands yet: run <code>make reports</code>.</p>"}
</main>
<footer><p>Code and text: MIT licence. Data: see the provenance of each report.</p></footer>
<script>{script}</script>
</body>
</html>
"""


def _filter_form(records: Sequence[dict[str, Any]]) -> str:
    """Write the form that the script shows and brings to life."""
    topics = sorted({record["topic"] for record in records if record["topic"]})
    choices = "".join(element("option", escape(topic), value=topic) for topic in topics)
    return (
        '<form id="filter" class="filter" role="search" hidden>'
        '<div><label for="q">Search</label><input id="q" type="search" autocomplete="off"></div>'
        '<div><label for="topic">Topic</label><select id="topic">'
        f'<option value="">All topics</option>{choices}</select></div>'
        f'<p role="status" id="count">{len(records)} reports</p></form>'
    )


def _section(release: str, records: Sequence[dict[str, Any]]) -> str:
    title, words = RELEASE_WORDS.get(release, (release, ""))
    cards = "".join(_card(record) for record in records)
    return (
        f'<section aria-labelledby="release-{release}"><h2 id="release-{release}">{title}</h2>'
        f'<p class="release-words">{words}</p><ul class="cards">{cards}</ul></section>'
    )


def _card(record: dict[str, Any]) -> str:
    built = record["status"] == "built"
    release = record["release"]
    title = escape(record["title"])
    if built:
        title = element("a", title, href=f"{release}/{record['html']}")
    said = escape(record.get("headline") or "")
    parts = [
        f"<h3>{title}</h3>",
        element("p", escape(record["description"]), class_="what"),
        element("p", said, class_="said") if said else "",
        "" if built else _failure(record),
        element("p", _facts(record), class_="when"),
    ]
    words = " ".join([record["title"], record["description"], record.get("headline", ""), release])
    return element(
        "li",
        "".join(parts),
        class_="card" if built else "card failed",
        data_words=words.lower(),
        data_topic=record["topic"],
    )


def _failure(record: dict[str, Any]) -> str:
    first, _, rest = record["error"].partition("\n")
    more = f"<pre>{escape(rest)}</pre>" if rest else ""
    return f'<div class="error"><p><strong>Failed:</strong> {escape(first)}</p>{more}</div>'


def _facts(record: dict[str, Any]) -> str:
    facts = [escape(record["topic"])] if record["topic"] else []
    if record.get("data") == "real":
        facts.append("<strong>real data</strong>")
    elif record["release"] == "demo":
        facts.append("<strong>simulated data</strong>")
    if record.get("data_as_of"):
        facts.append(f"data as of {escape(record['data_as_of'])}")
    day = record["finished"][:10]
    facts.append(
        f'<time class="run" datetime="{record["finished"]}">{record["status"]} {day}</time>'
    )
    if record["notebook"]:
        words = "notebook" if record["status"] == "built" else "notebook as far as it came"
        facts.append(element("a", words, href=f"{record['release']}/{record['notebook']}"))
    return " · ".join(facts)
