"""The page of what changed on the lists of agreements, between any two days."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from coopanalysis.display.html import element
from coopanalysis.display.sentences import format_count, format_date, pluralise
from coopanalysis.panel import Panel
from coopanalysis.panel.policies import list_days
from coopanalysis.reports.site.changes import (
    CHANGES,
    FEED,
    KINDS,
    changed_between,
    changed_by_state,
    with_states,
)
from coopanalysis.reports.site.counties import county_address, list_address
from coopanalysis.reports.site.origin import NO_NOTEBOOK, origin_html
from coopanalysis.reports.site.shell import (
    DATA,
    changed_address,
    contents_nav,
    page_html,
    site_script,
)
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

SECTIONS = {
    "states": "By state",
    "agencies": "By agency",
    "reading": "How to read it",
    "origin": "Where these numbers are from",
}
COLUMNS = ("State", "Before", "Came", "Gone", "After")


def changed_script(panel: Panel) -> str:
    """Write the stretches on the lists as a script, for the page to compare any two days.

    One line per stretch: state, agency, model, first and last list by number, its status, and the
    code of its county, empty where it has none.
    """
    spells, days = with_states(panel), list_days(panel.build)
    number = {day: at for at, day in enumerate(days)}
    states = _states(panel, spells)
    models, kinds = list(SUPPORT_TYPE_LABELS), list(KINDS)
    rows = [
        [states.index(state), agency, models.index(model), number[first], number[last],
         kinds.index(status), code]
        for state, agency, model, first, last, status, code in spells.assign(
            county_fips=spells["county_fips"].astype("object").fillna("")
        )[
            ["state", "agency", "support_type", "first_listed", "last_listed", "status",
             "county_fips"]
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


def _states(panel: Panel, spells: pd.DataFrame) -> list[str]:
    """Names of all states, those without any agreement as well."""
    return sorted({*panel.county["state"], *spells["state"]})


def changed_html(panel: Panel, *, has_pages: bool = False) -> str:
    """Write the page: the latest two lists, which a script lets a reader exchange for any two.

    Agencies lead to the page of their county where the release has them, else to the list of all.
    """
    spells, days, release = with_states(panel), list_days(panel.build), panel.release
    earlier, later = days[-2:] if len(days) > 1 else (days[0], days[0])
    by_state = changed_by_state(spells, earlier, later)
    moved = changed_between(spells, earlier, later)
    total = by_state.sum()
    address = changed_address(release)
    title = "Agreements with ICE: what changed on the lists between two days"
    county = county_pattern(release, has_pages=has_pages)
    body = (
        f'<div class="layout">{contents_nav(SECTIONS)}'
        f'<main id="content" class="document" tabindex="-1" data-county="{county}">'
        f"{_form(days, _states(panel, spells))}"
        f'<p id="said" aria-live="polite">{say_changes(total, earlier, later)}</p>'
        f'<h2 id="states">By state</h2>{_state_table(by_state)}'
        f'<h2 id="agencies">By agency</h2>{_change_table(moved, county)}'
        '<h2 id="reading">How to read it</h2>'
        "<p>An agreement that some lists lack for a time counts as on them throughout, and has "
        "left when three lists in a row lack it; so a count may differ from the rows of a list. "
        "One that only the last lists lack may come back. "
        "Coming onto a list is not signing, and leaving it is not known to be an end. All changes "
        f'are <a href="../{DATA}/{release}/{CHANGES}">here as JSON</a> and '
        f'<a href="../{DATA}/{release}/{FEED}">as a feed</a>.</p>'
        f'<h2 id="origin">Where these numbers are from</h2>'
        f"<p>U.S. Immigration and Customs Enforcement, lists of participating agencies of "
        f"{pluralise(len(days), 'day')}, {format_date(days[0])} to {format_date(days[-1])}.</p>"
        f"{origin_html(title, address, panel.build, NO_NOTEBOOK)}</main></div>"
    )
    return page_html(
        title,
        "Which agreements came onto ICE's lists and which are gone, between two days.",
        body,
        simulated=release == "demo",
        address=address,
        scripts=f'<script src="changed-{release}.js"></script>\n',
        script=site_script("changes.js"),
    )


def county_pattern(release: str, *, has_pages: bool) -> str:
    """Address of a county from the folder of this page, with `CODE` where its code belongs."""
    page = county_address(release, "CODE") if has_pages else ""
    return f"../{page}" if page else f"{list_address(release, 'html').rpartition('/')[2]}#cCODE"


def came_and_gone(came: int, gone: int) -> str:
    """Say how many agreements came, and how many are gone."""
    return f"{format_count(came)} came, {format_count(gone)} {'is' if gone == 1 else 'are'} gone"


def say_changes(total: pd.Series, earlier: pd.Timestamp, later: pd.Timestamp) -> str:
    """Say how many agreements two lists have, and what lies between them."""
    before = pluralise(total["Before"], "agreement")
    if earlier == later:
        return f"On {format_date(later)}: {before}. Both days are the same: choose another."
    return (
        f"From {format_date(earlier)} to {format_date(later)}: {before} before, "
        f"{came_and_gone(total['Came'], total['Gone'])}, {format_count(total['After'])} after."
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


def _change_table(moved: pd.DataFrame, county: str) -> str:
    titles = ("Agency", "What", "State", "Model")
    heads = "".join(element("th", name, scope="col") for name in titles)
    rows = "".join(
        element(
            "tr",
            element("th", _agency(row, county), scope="row")
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


def _agency(row: Mapping[Hashable, Any], county: str) -> str:
    name, code = escape(str(row["agency"])), row["county_fips"]
    return name if pd.isna(code) else element("a", name, href=county.replace("CODE", str(code)))
