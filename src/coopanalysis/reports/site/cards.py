"""The parts of the index: what is new, a card for each report, a card for each state."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from coopanalysis.display.html import element
from coopanalysis.reports.site.facts import LATEST, ReleaseFacts, State
from coopanalysis.reports.site.shell import changed_address
from coopanalysis.reports.site.thumbs import NARROW, WIDE

_CLAIM = "This is an association, not an effect."
_SENTENCE_END = re.compile(r"(?<=[a-z0-9%)][.!?]) (?=[A-Z0-9])")
_BAR_PX = 96


def news_html(facts: ReleaseFacts, *, has_changes: bool = False) -> str:
    """Write what is new: agreements that came and are gone, and the dates of the sources.

    `has_changes` says that the page of changes stands.
    """
    said = _changes(facts, has_changes=has_changes) if facts.news else ""
    publishers = Counter(who for _, who, _ in facts.sources)
    sources = "".join(
        f"<li>{escape(who)}: {count} {'file' if count == 1 else 'files'}</li>"
        for who, count in publishers.items()
    )
    return (
        f'<div class="news calm"><h3 class="part">What is new</h3>{said}<details><summary>'
        f"Whose files these are ({len(facts.sources)}); each page says which it is made of, and of "
        f"which day</summary><ul>{sources}</ul>"
        "</details></div>"
    )


def _changes(facts: ReleaseFacts, *, has_changes: bool) -> str:
    news, counties = facts.news, len(facts.counties)
    if news is None:
        return ""
    first, latest = _in_words(news.first_day), _in_words(news.latest_day)
    tiles = (
        (
            f"On the list of {latest}",
            f"{news.after:,}",
            f"{news.before:,} on that of {first}",
        ),
        ("Came", f"{news.came:,}", "on the later list alone"),
        ("Gone", f"{news.gone:,}", "on the earlier list alone"),
        (
            "Counties with a county agency",
            f"{news.latest_counties:,}",
            f"of {counties:,}; {news.first_counties:,} on {first}",
        ),
    )
    listed = "".join(
        f"<div><dt>{name}</dt><dd><b>{value}</b><small>{escape(note)}</small></dd></div>"
        for name, value, note in tiles
    )
    most = ", ".join(f"{escape(name)} ({count:,})" for name, count in news.most_came)
    said = f" Most that came: {most}." if most else ""
    if has_changes:
        days = f"#from={news.first_day}&to={news.latest_day}"
        words = "Each agreement, and any other two days"
        said += " " + element("a", words, href=changed_address(facts.release) + days) + "."
    return (
        f"<p>287(g) agreements on the ICE lists of {first} and {latest}.{said}</p>"
        f'<dl class="tiles">{listed}</dl>'
    )


def _in_words(day: str) -> str:
    read = date.fromisoformat(day)
    return f"{read.day} {read:%B %Y}"


def report_card(record: Mapping[str, Any], facts: ReleaseFacts | None) -> str:
    """Write the card of a report: picture, title, main finding, status, dates."""
    built = record["status"] == "built"
    title = escape(record["title"])
    if built:
        title = element("a", title, href=f"{record['release']}/{record['html']}")
    finding = escape(main_finding(record.get("headline") or ""))
    parts = [
        _picture(record, WIDE),
        f"<h3>{title}</h3>",
        f'<p class="said">{finding}</p>' if finding else "",
        f'<p class="what">{escape(record["description"])}</p>' if record["description"] else "",
        "" if built else _failure(record),
        f'<p class="when">{_facts(record)}</p>',
    ]
    return element(
        "li",
        "".join(parts),
        class_=f"card {record.get('state', record['status'])}",
        data_topic=record["topic"],
        data_release=record["release"],
        **_place_and_policies(record, facts),
    )


def main_finding(headline: str) -> str:
    """First sentence of a headline, with its claim of no more than an association."""
    first = _SENTENCE_END.split(headline.strip(), maxsplit=1)[0]
    return f"{first} {_CLAIM}" if _CLAIM in headline and _CLAIM not in first else first


def _place_and_policies(record: Mapping[str, Any], facts: ReleaseFacts | None) -> dict[str, str]:
    """State and policies that a report is about, if it is about one or some."""
    given = record.get("parameters") or {}
    marks = {}
    place = str(given.get("state_fips") or str(given.get("county_fips", ""))[:2])
    if place:
        marks["data_place"] = f"{record['release']}:{place}"
    named = [str(given[name]) for name in ("policy", "practice") if name in given]
    if named:
        marks["data_policies"] = " ".join(named)
    return marks


def state_card(state: State, record: Mapping[str, Any] | None, facts: ReleaseFacts) -> str:
    """Write the small card of a state: its brief, and how many of its counties have agreements."""
    status = str(record.get("state", record["status"])) if record else "none"
    name = escape(state.name)
    if record and record["status"] == "built":
        name = element("a", name, href=f"{facts.release}/{record['html']}")
    note = {"stale": "stale", "failed": "brief failed", "none": "no brief yet"}.get(status, "")
    share = ""
    if state.agreements is not None:
        share = (
            f'<span class="of">{state.agreements:,} of {state.counties:,} '
            f"{'county' if state.counties == 1 else 'counties'}</span>"
            f"{_bar(state.agreements, state.counties)}"
        )
    marks = f'<span class="note">{note}</span>' if note else ""
    inner = f'{_picture(record or {}, NARROW)}<div><b class="name">{name}</b>{share}{marks}</div>'
    return element(
        "li",
        inner,
        class_=f"card state {status}",
        data_place=f"{facts.release}:{state.code}",
    )


def _bar(part: int, whole: int) -> str:
    width = round(_BAR_PX * part / whole, 1) if whole else 0
    return (
        f'<svg class="bar" viewBox="0 0 {_BAR_PX} 4" aria-hidden="true">'
        f'<rect width="{width:g}" height="4"/></svg>'
    )


def _picture(record: Mapping[str, Any], size: tuple[int, int]) -> str:
    if not record.get("thumb"):
        return ""
    return (
        f'<img src="{escape(record["thumb"], quote=True)}" alt="" loading="lazy" '
        f'width="{size[0] // 2}" height="{size[1] // 2}">'
    )


def _failure(record: Mapping[str, Any]) -> str:
    first, _, rest = record["error"].partition("\n")
    more = f"<pre>{escape(rest)}</pre>" if rest else ""
    return f'<div class="error"><p><strong>Failed:</strong> {escape(first)}</p>{more}</div>'


def _facts(record: Mapping[str, Any]) -> str:
    facts = [escape(record["topic"])] if record["topic"] else []
    if record.get("data") == "real":
        facts.append("<strong>real data</strong>")
    elif record["release"] == "demo":
        facts.append("<strong>simulated data</strong>")
    if record.get("data_as_of"):
        facts.append(f"data as of {escape(record['data_as_of'])}")
    state = str(record.get("state", record["status"]))
    day = _in_words(record["finished"][:10])
    words = f"built {day}, <strong>stale</strong>" if state == "stale" else f"{state} {day}"
    if record.get("changed"):
        words += f", for <code>{escape(str(record['changed']))}</code> changed since"
    facts.append(f'<time class="run" datetime="{record["finished"]}">{words}</time>')
    if record["notebook"]:
        name = "notebook" if record["status"] == "built" else "notebook as far as it came"
        facts.append(element("a", name, href=f"{record['release']}/{record['notebook']}"))
    return " · ".join(facts)


def states_legend(facts: ReleaseFacts) -> str:
    """Say what is counted on the cards of states."""
    labels = dict(facts.policies)
    if LATEST not in labels:
        return ""
    return (
        f'<p class="make calm">Counted: counties with a {escape(_lower_first(labels[LATEST]))}. '
        "Agreements of towns and of states are in the briefs.</p>"
    )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def missing_states(states: Sequence[State]) -> str:
    """Say which states have no page."""
    if not states:
        return ""
    names = escape(", ".join(one.name for one in states))
    return f'<p class="make calm">Without a page in this copy of the site: {names}.</p>'
