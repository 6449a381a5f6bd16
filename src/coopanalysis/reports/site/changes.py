"""What changed on the lists of agreements: between any two days, as JSON, as a feed, as a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import pandas as pd

from coopanalysis.display.html import element
from coopanalysis.display.sentences import format_count, format_date, pluralise
from coopanalysis.panel import Panel
from coopanalysis.panel.policies import list_days
from coopanalysis.reports.site.shell import (
    DATA,
    changed_address,
    contents_nav,
    page_html,
    site_script,
)
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

CHANGES, FEED = "changes.json", "changes.atom"
AUTHORITY = "coopanalysis,2026"
"""Of the ids in the feed, which name no host: a site may stand on any."""
LATEST_DAYS = 20
SECTIONS = {"states": "By state", "agencies": "By agency", "reading": "How to read it"}
COLUMNS = ("State", "Before", "Came", "Gone", "After")
KINDS = {
    "listed": "came",
    "left": "left",
    "unclear": "gone, or under a new name",
    "absent": "not on the last list",
}
"""How the page names what became of an agreement; the word of the spells table leads to it."""


def list_changes(panel: Panel) -> pd.DataFrame:
    """Say which agreements came onto the lists, and which left, day by day.

    Returns
    -------
    DataFrame, one row per change, the latest day first
        `day` (of the first list with or without it), `change` ("listed", "left" or, where a new
        name may be the same agency, "unclear"), `state`, `county_fips`, `agency`,
        `support_type`. The first list of the release opens the record: it has no changes.
    """
    spells = with_states(panel)
    begun = spells[spells["first_listed"] > spells["first_listed"].min()]
    begun = begun.assign(day=begun["first_listed"], change="listed")
    gone = spells[spells["status"].isin(["left", "unclear"])]
    gone = gone.assign(day=gone["first_without"], change=gone["status"])
    every = pd.concat([begun, gone], ignore_index=True)
    columns = ["day", "change", "state", "county_fips", "agency", "support_type"]
    order = {"by": columns, "ascending": [False, *[True] * 5], "na_position": "first"}
    chosen: pd.DataFrame = every[columns].sort_values(**order, ignore_index=True)
    return chosen.astype({"county_fips": "object"}).where(chosen.notna(), None)


def with_states(panel: Panel) -> pd.DataFrame:
    """The stretches on the lists, each with the name of its state."""
    states = panel.county.drop_duplicates("state_fips").set_index("state_fips")["state"]
    spells = panel.agreement_spells
    return spells.assign(state=spells["state_fips"].map(states).fillna("Territories"))


def feed_text(changes: pd.DataFrame, release: str) -> str:
    """Write an Atom feed: an entry for each of the latest days on which the lists changed."""
    title = f"Changes on ICE's lists of 287(g) agreements, release {release}"
    latest = changes["day"].drop_duplicates()[:LATEST_DAYS]
    entries = [_entry(day, changes[changes["day"] == day], release) for day in latest]
    updated = changes["day"].max() if len(changes) else pd.Timestamp(0)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f"<title>{escape(title)}</title>\n<id>tag:{AUTHORITY}:{release}/changes</id>\n"
        f'<link rel="self" href="{FEED}"/>\n<updated>{updated:%Y-%m-%d}T00:00:00Z</updated>\n'
        f"<author><name>coopanalysis</name></author>\n{''.join(entries)}</feed>\n"
    )


def _entry(day: pd.Timestamp, rows: pd.DataFrame, release: str) -> str:
    rows = rows.assign(model=rows["support_type"].map(SUPPORT_TYPE_LABELS))
    counts = rows["change"].value_counts()
    said = [f"{pluralise(counts[one], 'agreement')} {one}" for one in counts.index]
    lines = "\n".join(
        f"{row['change']}: {row['agency']}, {row['state']} ({row['model'].lower()})"
        for row in rows.to_dict("records")
    )
    return (
        f"<entry><title>{escape(format_date(day))}: {escape(', '.join(said))}</title>"
        f"<id>tag:{AUTHORITY}:{release}/changes/{day:%Y-%m-%d}</id>"
        f"<updated>{day:%Y-%m-%d}T00:00:00Z</updated>"
        f'<link href="{CHANGES}"/>'
        f"<content>{escape(lines)}</content></entry>\n"
    )


def changed_script(panel: Panel) -> str:
    """Write the stretches on the lists as a script, for the page to compare any two days.

    One line per stretch: state, agency, model, first and last list by number, and its status.
    """
    spells, days = with_states(panel), list_days(panel.build)
    number = {day: at for at, day in enumerate(days)}
    states = sorted(spells["state"].unique())
    models, kinds = list(SUPPORT_TYPE_LABELS), list(KINDS)
    rows = [
        [states.index(state), agency, models.index(model), number[first], number[last],
         kinds.index(status)]
        for state, agency, model, first, last, status in spells[
            ["state", "agency", "support_type", "first_listed", "last_listed", "status"]
        ].itertuples(index=False, name=None)
    ]  # fmt: skip
    held = {
        "days": [[f"{day:%Y-%m-%d}", format_date(day)] for day in days],
        "states": states,
        "models": list(SUPPORT_TYPE_LABELS.values()),
        "kinds": list(KINDS.values()),
        "spells": rows,
    }
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    return f"self.coopChanged = {text};\n"


def changed_between(
    spells: pd.DataFrame, earlier: pd.Timestamp, later: pd.Timestamp
) -> pd.DataFrame:
    """Stretches on the lists of one of two days alone, with `change`: "listed" or its status.

    A stretch goes on through lists that lack it for a time.
    """
    on_earlier = spells["first_listed"].le(earlier) & spells["last_listed"].ge(earlier)
    on_later = spells["first_listed"].le(later) & spells["last_listed"].ge(later)
    rows = spells[on_earlier != on_later]
    change = rows["status"].mask(on_later[rows.index], "listed")
    return rows.assign(change=change).sort_values(["state", "agency", "support_type"])


def changed_by_state(
    spells: pd.DataFrame, earlier: pd.Timestamp, later: pd.Timestamp
) -> pd.DataFrame:
    """Agreements on the lists of two days, how many came and how many are gone, by state."""
    on = {
        name: spells[spells["first_listed"].le(day) & spells["last_listed"].ge(day)]
        for name, day in (("Before", earlier), ("After", later))
    }
    moved = changed_between(spells, earlier, later)
    came = moved[moved["change"] == "listed"]
    parts = {
        "Before": on["Before"], "Came": came, "Gone": moved.drop(came.index), "After": on["After"],
    }  # fmt: skip
    counts = {name: rows["state"].value_counts() for name, rows in parts.items()}
    return pd.DataFrame(counts).fillna(0).astype("int64").rename_axis("State").sort_index()


def changed_html(panel: Panel) -> str:
    """Write the page: the latest two lists, which a script lets a reader exchange for any two."""
    spells, days, release = with_states(panel), list_days(panel.build), panel.release
    earlier, later = days[-2:] if len(days) > 1 else (days[0], days[0])
    by_state = changed_by_state(spells, earlier, later)
    moved = changed_between(spells, earlier, later)
    total = by_state.sum()
    simulated = "Simulated: fictional counties. " if release == "demo" else ""
    body = (
        f'<div class="layout">{contents_nav(SECTIONS)}'
        '<main id="content" class="document" tabindex="-1">'
        f"{_form(days, sorted(spells['state'].unique()))}"
        f'<p id="said" aria-live="polite">{_sentence(total, earlier, later)}</p>'
        f'<h2 id="states">By state</h2>{_state_table(by_state)}'
        f'<h2 id="agencies">By agency</h2>{_change_table(moved)}'
        '<h2 id="reading">How to read it</h2>'
        "<p>An agreement that some lists lack for a time counts as on them throughout, and has "
        "left when three lists in a row lack it; so a count may differ from the rows of a list. "
        "Coming onto a list is not signing, and leaving it is not known to be an end. All changes "
        f'are <a href="../{DATA}/{release}/{CHANGES}">here as JSON</a> and '
        f'<a href="../{DATA}/{release}/{FEED}">as a feed</a>.</p></main></div>'
    )
    return page_html(
        "What changed on the lists of 287(g) agreements",
        f"{simulated}Which agreements came onto ICE's lists and which are gone, between two days.",
        body,
        address=changed_address(release),
        scripts=f'<script src="changed-{release}.js"></script>\n',
        script=site_script("changes.js"),
    )


def _sentence(total: pd.Series, earlier: pd.Timestamp, later: pd.Timestamp) -> str:
    return (
        f"From {format_date(earlier)} to {format_date(later)}: "
        f"{format_count(total['Before'])} agreements before, {format_count(total['Came'])} came, "
        f"{format_count(total['Gone'])} are gone, {format_count(total['After'])} after."
    )


def _form(days: Sequence[pd.Timestamp], states: Sequence[str]) -> str:
    """Write the choices of two days and a state; a script shows it, for it needs one."""
    options = [(f"{day:%Y-%m-%d}", format_date(day)) for day in days]
    chosen = {"from": options[-2:][0][0], "to": options[-1][0], "state": ""}
    lists = {"from": options, "to": options, "state": [("", "All states")]}
    lists["state"] += [(name, name) for name in states]
    labels = {"from": "From the list of", "to": "to the list of", "state": "State"}
    boxes = "".join(
        f'<div><label for="{name}">{labels[name]}</label><select id="{name}">'
        + "".join(_option(value, words, is_chosen=value == chosen[name]) for value, words in pairs)
        + "</select></div>"
        for name, pairs in lists.items()
    )
    return f'<form class="filter" id="days" hidden>{boxes}</form>'


def _option(value: str, words: str, *, is_chosen: bool) -> str:
    more = {"selected": ""} if is_chosen else {}
    return element("option", escape(words), value=value, **more)


def _state_table(by_state: pd.DataFrame) -> str:
    heads = "".join(
        element("th", name, scope="col", **({"class_": "num"} if at else {}))
        for at, name in enumerate(COLUMNS)
    )
    moved = by_state[(by_state["Came"] > 0) | (by_state["Gone"] > 0)]
    named = [("All states", by_state.sum()), *moved.iterrows()]
    rows = "".join(
        element(
            "tr",
            element("th", escape(str(name)), scope="row")
            + "".join(element("td", format_count(row[one]), class_="num") for one in COLUMNS[1:]),
        )
        for name, row in named
    )
    return (
        '<div class="coop-scroll" role="region" aria-label="By state" tabindex="0">'
        '<table id="by-state"><caption>Agreements by state where any came or is gone</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _change_table(moved: pd.DataFrame) -> str:
    titles = ("Agency", "What", "State", "Model")
    heads = "".join(element("th", name, scope="col") for name in titles)
    rows = "".join(
        element(
            "tr",
            element("th", escape(row["agency"]), scope="row")
            + element("td", KINDS[row["change"]])
            + element("td", escape(row["state"]))
            + element("td", SUPPORT_TYPE_LABELS[row["support_type"]]),
        )
        for row in moved.to_dict("records")
    )
    return (
        '<div class="coop-scroll" role="region" aria-label="By agency" tabindex="0">'
        '<table id="by-agency"><caption>Agreements that came or are gone</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
