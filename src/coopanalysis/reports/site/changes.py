"""What changed on the lists of agreements: between any two days, as JSON and as a feed."""

from __future__ import annotations

from html import escape

import pandas as pd

from coopanalysis.display.sentences import format_count, format_date
from coopanalysis.panel import Panel
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

CHANGES, FEED = "changes.json", "changes.atom"
AUTHORITY = "coopanalysis,2026"
"""Of the ids in the feed, which name no host: a site may stand on any."""
LATEST_DAYS = 20
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
        `day` (of the first list with or without it), `change` ("listed" or, of those gone, the
        status of the stretch: a key of `KINDS`), `state`, `county_fips`, `agency`,
        `support_type`. The first list of the release opens the record: it has no changes.
        The changes of a day are those that `changed_between` finds from the list before it.
    """
    spells = with_states(panel)
    begun = spells[spells["first_listed"] > spells["first_listed"].min()]
    begun = begun.assign(day=begun["first_listed"], change="listed")
    gone = spells[spells["status"] != "listed"]
    gone = gone.assign(day=gone["first_without"], change=gone["status"])
    every = pd.concat([begun, gone], ignore_index=True)
    columns = ["day", "change", "state", "county_fips", "agency", "support_type"]
    order = {"by": columns, "ascending": [False, *[True] * 5], "na_position": "first"}
    chosen: pd.DataFrame = every[columns].sort_values(**order, ignore_index=True)
    return chosen.astype({"county_fips": "object"}).where(chosen.notna(), None)


def with_states(panel: Panel) -> pd.DataFrame:
    """The stretches on the lists, each with the name of its state."""
    return name_states(panel.agreement_spells, panel.county)


def name_states(spells: pd.DataFrame, county: pd.DataFrame) -> pd.DataFrame:
    """Give stretches on the lists the names of their states; what is in none is of a territory."""
    states = county.drop_duplicates("state_fips").set_index("state_fips")["state"]
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
    said = [f"{format_count(counts[one])} {KINDS[one]}" for one in KINDS if one in counts]
    lines = "\n".join(
        f"{KINDS[row['change']]}: {row['agency']}, {row['state']} ({row['model'].lower()})"
        for row in rows.to_dict("records")
    )
    return (
        f"<entry><title>{escape(format_date(day))}: {escape(', '.join(said))}</title>"
        f"<id>tag:{AUTHORITY}:{release}/changes/{day:%Y-%m-%d}</id>"
        f"<updated>{day:%Y-%m-%d}T00:00:00Z</updated>"
        f'<link href="{CHANGES}"/>'
        f"<content>{escape(lines)}</content></entry>\n"
    )


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
