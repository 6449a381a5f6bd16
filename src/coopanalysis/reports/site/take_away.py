"""What can be taken away: the tables of a release, and what changed on the lists of agreements.

Addresses stay: `data/RELEASE/TABLE.parquet` and `.csv`, `changes.json`, `changes.atom`,
`datapackage.json`, `ro-crate-metadata.json`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from coopanalysis.display.html import csv_text, element
from coopanalysis.display.sentences import format_count, format_date, pluralise
from coopanalysis.panel import Panel, load_release
from coopanalysis.panel.record import DATAPACKAGE_FILE, sound_table
from coopanalysis.paths import processed_dir
from coopanalysis.reports.records import write_atomically
from coopanalysis.reports.site.counties import PAGES_KEY, pages_key, stands
from coopanalysis.reports.site.crate import CRATE_FILE, crate_text
from coopanalysis.reports.site.shell import DATA, data_address, page_html, write_page
from coopanalysis.reports.versions import finish_time
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

CHANGES, FEED = "changes.json", "changes.atom"
AUTHORITY = "coopanalysis,2026"
"""Of the ids in the feed, which name no host: a site may stand on any."""
LEFT_OUT = {"boundaries", "provenance"}
"""Tables without a CSV: shapes are bytes, and where each cell is from is for `data trace`."""
LATEST_DAYS = 20
READERS = (
    ("pandas", 'pd.read_parquet("county.parquet")'),
    ("polars", 'pl.read_parquet("county.parquet")'),
    ("DuckDB", "SELECT * FROM 'county.parquet'"),
    ("R", 'arrow::read_parquet("county.parquet")'),
    ("Excel", "Data, From Text/CSV; take columns of codes (county_fips) as text"),
)


def write_take_away(site: Path, release: str) -> list[Path]:
    """Write the tables of a release, its changes and the page that lists them, into a site.

    Returns
    -------
    list of Path
        The files, Parquet as the build left it and CSV beside it; none where all stand as they
        would be.
    """
    folder, key = site / DATA / release, pages_key(release)
    if stands(folder, key):
        return []
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    processed = processed_dir(release)
    package = json.loads((processed / DATAPACKAGE_FILE).read_bytes())
    written = []
    for resource in package["resources"]:
        name = resource["name"]
        parquet = folder / resource["path"]
        shutil.copy(sound_table(processed, name), parquet)
        written.append(parquet)
        if name not in LEFT_OUT:
            text = folder / f"{name}.csv"
            text.write_text(csv_text(pd.read_parquet(parquet)), encoding="utf-8")
            written.append(text)
    shutil.copy(processed / DATAPACKAGE_FILE, folder)
    changes = list_changes(load_release(release))
    kept = [one | {"day": f"{one['day']:%Y-%m-%d}"} for one in changes.to_dict("records")]
    (folder / CHANGES).write_text(json.dumps(kept, indent=1), encoding="utf-8")
    (folder / FEED).write_text(feed_text(changes, release), encoding="utf-8")
    page = data_address(release)
    written += [folder / DATAPACKAGE_FILE, folder / CHANGES, folder / FEED]
    crate = crate_text(package, written, f"{finish_time():%Y-%m-%d}")
    (folder / CRATE_FILE).write_text(crate, encoding="utf-8")
    write_page(site / page, data_html(package, folder, release, page))
    write_atomically(folder / PAGES_KEY, key)
    return [*written, folder / CRATE_FILE]


def list_changes(panel: Panel) -> pd.DataFrame:
    """Say which agreements came onto the lists, and which left, day by day.

    Returns
    -------
    DataFrame, one row per change, the latest day first
        `day` (of the first list with or without it), `change` ("listed", "left" or, where a new
        name may be the same agency, "unclear"), `state`, `county_fips`, `agency`,
        `support_type`. The first list of the release opens the record: it has no changes.
    """
    spells = panel.agreement_spells
    states = panel.county.drop_duplicates("state_fips").set_index("state_fips")["state"]
    begun = spells[spells["first_listed"] > spells["first_listed"].min()]
    begun = begun.assign(day=begun["first_listed"], change="listed")
    gone = spells[spells["status"].isin(["left", "unclear"])]
    gone = gone.assign(day=gone["first_without"], change=gone["status"])
    every = pd.concat([begun, gone], ignore_index=True)
    every["state"] = every["state_fips"].map(states).fillna("Territories")
    columns = ["day", "change", "state", "county_fips", "agency", "support_type"]
    order = {"by": columns, "ascending": [False, *[True] * 5], "na_position": "first"}
    chosen: pd.DataFrame = every[columns].sort_values(**order, ignore_index=True)
    return chosen.astype({"county_fips": "object"}).where(chosen.notna(), None)


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


def data_html(package: Mapping[str, Any], folder: Path, release: str, address: str) -> str:
    """Write the page that lists what can be taken away, with sizes and how to read it."""
    rows = "".join(_row(resource, folder, release) for resource in package["resources"])
    heads = "".join(element("th", one, scope="col") for one in ("Table", "Rows", "Files"))
    readers = "".join(
        element("dt", name) + element("dd", element("code", escape(how))) for name, how in READERS
    )
    up = f"../{DATA}/{release}"
    other = ", ".join(
        element("a", words, href=f"{up}/{file}")
        for file, words in (
            (CHANGES, "changes on the lists as JSON"),
            (FEED, "the same as an Atom feed"),
            (DATAPACKAGE_FILE, "types, units and sources of every column (Data Package)"),
            (CRATE_FILE, "what the folder holds, for archives (RO-Crate)"),
        )
    )
    simulated = "Simulated: fictional counties. " if release == "demo" else ""
    return page_html(
        f"Data of the {release} release",
        f"{simulated}Every table behind the reports, whole, at addresses that stay.",
        '<div class="layout"><main id="content" class="document" tabindex="-1">'
        "<p>Parquet has types and every digit; CSV has days as YYYY-MM-DD, numbers to eight digits "
        "and an apostrophe before text that a spreadsheet would run. Read codes such as "
        "<code>county_fips</code> as text.</p>"
        f'<div class="coop-scroll"><table><caption>{escape(str(package["title"]))}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p>Beside them: {other}.</p><h2>How to read them</h2>"
        f'<dl class="coop-answers">{readers}</dl></main></div>',
        address=address,
    )


def _row(resource: Mapping[str, Any], folder: Path, release: str) -> str:
    files = [folder / resource["path"], folder / f"{resource['name']}.csv"]
    links = ", ".join(
        element(
            "a",
            f"{one.suffix.removeprefix('.')} ({one.stat().st_size / 1e6:.1f} MB)",
            href=f"../{DATA}/{release}/{one.name}",
        )
        for one in files
        if one.is_file()
    )
    title = f"{resource['name']}: {resource['title']}"
    cells = element("td", format_count(resource["rows"]), class_="num") + element("td", links)
    return element("tr", element("th", escape(title), scope="row") + cells)
