"""What can be taken away: the tables of a release, and what changed on the lists of agreements.

Addresses stay: `data/RELEASE/TABLE.parquet`, `.csv` and `.xlsx`, `RELEASE.duckdb`, `changes.json`,
`changes.atom`, `datapackage.json`, `ro-crate-metadata.json`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Mapping
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from coopanalysis.display.files import too_large_for_a_sheet, write_table
from coopanalysis.display.html import element
from coopanalysis.display.sentences import format_count
from coopanalysis.errors import ReportError
from coopanalysis.panel import load_release
from coopanalysis.panel.record import DATAPACKAGE_FILE, sound_table
from coopanalysis.paths import processed_dir
from coopanalysis.reports.marks import stands, write_mark
from coopanalysis.reports.provenance import inputs_table
from coopanalysis.reports.site.changed_page import changed_html, changed_script
from coopanalysis.reports.site.changes import CHANGES, FEED, feed_text, list_changes
from coopanalysis.reports.site.counties import have_county_pages, pages_key
from coopanalysis.reports.site.crate import CRATE_FILE, crate_text
from coopanalysis.reports.site.origin import NO_NOTEBOOK, origin_html
from coopanalysis.reports.site.shell import (
    DATA,
    READERS,
    changed_address,
    contents_nav,
    data_address,
    page_html,
    write_page,
)
from coopanalysis.reports.versions import finish_time
from coopanalysis.seal import parse_json

SECTIONS = {
    "tables": "Tables",
    "others": "Beside them",
    "programs": "Programs",
    "sources": "Raw files and licences",
    "origin": "Where it is from, and how to cite it",
}
HEADER_BYTES, DATABASE_ID = 4096, slice(124, 140)
"""First block of a DuckDB file, and where in it the id stands that it draws for each file."""
LEFT_OUT = {
    "boundaries": "no CSV or Excel: outlines of counties are no text",
    "provenance": "no CSV or Excel: file and row of every number, for programs",
}
"""Tables without CSV and Excel, and why."""
_LEAST_MB = 1e5
"""Bytes below which a size is said in kilobytes."""


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
    package = parse_json((processed / DATAPACKAGE_FILE).read_bytes())
    panel, written = load_release(release), []
    layouts = {str(one["layout"]) for one in panel.build["inputs"]}
    for resource in package["resources"]:
        parquet = folder / resource["path"]
        shutil.copy(sound_table(processed, resource["name"]), parquet)
        written += [parquet, *_for_spreadsheets(resource, parquet, layouts)]
    written += write_database(folder / f"{release}.duckdb")
    shutil.copy(processed / DATAPACKAGE_FILE, folder)
    changes = list_changes(panel)
    kept = [one | {"day": f"{one['day']:%Y-%m-%d}"} for one in changes.to_dict("records")]
    (folder / CHANGES).write_text(json.dumps(kept, indent=1), encoding="utf-8")
    (folder / FEED).write_text(feed_text(changes, release), encoding="utf-8")
    has_pages = have_county_pages(site, release)
    pages = [
        write_page(site / changed_address(release, "js"), changed_script(panel)),
        write_page(site / changed_address(release), changed_html(panel, has_pages=has_pages)),
    ]
    page = data_address(release)
    written += [folder / DATAPACKAGE_FILE, folder / CHANGES, folder / FEED]
    crate = crate_text(package, written, f"{finish_time():%Y-%m-%d}")
    (folder / CRATE_FILE).write_text(crate, encoding="utf-8")
    pages.append(write_page(site / page, data_html(package, folder, release, page)))
    written.append(folder / CRATE_FILE)
    write_mark(folder, key, [*written, *pages])
    return written


def _for_spreadsheets(
    resource: Mapping[str, Any], parquet: Path, layouts: Collection[str]
) -> list[Path]:
    """Write a table as CSV and, where a sheet can hold it, as a workbook."""
    if resource["name"] in LEFT_OUT:
        return []
    frame = pd.read_parquet(parquet)
    endings = [".csv"] if too_large_for_a_sheet(frame) else [".csv", ".xlsx"]
    columns = explain_columns(resource, frame, layouts)
    return [write_table(frame, parquet.with_suffix(ending), columns) for ending in endings]


def explain_columns(
    resource: Mapping[str, Any], frame: pd.DataFrame, layouts: Collection[str]
) -> pd.DataFrame:
    """Say what each column of a table is, and why one without any value has none.

    Parameters
    ----------
    resource : mapping
        The table in the Data Package.
    frame : DataFrame
        The table.
    layouts : collection of str
        Layouts of the raw files of the release.

    Returns
    -------
    DataFrame, one row per column
        `column, title, unit, description, source`, and `empty`, "" where a row has a value.
    """

    def why(field: Mapping[str, Any]) -> str:
        if frame[field["name"]].notna().any():
            return ""
        sources = str(field.get("source", "")).split(", ")
        if any(one in layouts or one == "all" for one in sources):
            return "Empty in this release, though it has the source: no row has a value."
        return f"Empty in this release, which has no file of {' or '.join(sources)}."

    names = ("title", "unit", "description", "source")
    return pd.DataFrame(
        {
            "column": field["name"],
            **{name: str(field.get(name, "")) for name in names},
            "empty": why(field),
        }
        for field in resource["schema"]["fields"]
    )


def write_database(file: Path) -> list[Path]:
    """Write the tables beside a DuckDB file into it; the same tables give the same bytes.

    The lock has DuckDB; no file is made where the package is installed without that extra.
    """
    try:
        import duckdb  # noqa: PLC0415  (an extra)
    except ImportError:
        return []
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    with duckdb.connect(str(part), config={"threads": 1}) as database:
        for table in sorted(file.parent.glob("*.parquet")):
            path = str(table).replace("'", "''")
            database.execute(f"CREATE TABLE {table.stem} AS SELECT * FROM read_parquet('{path}')")
    _name_by_content(part)
    part.replace(file)
    return [file]


def _name_by_content(database: Path) -> None:
    """Replace the random id of a new DuckDB file by one of its content.

    Its first block is a checksum of 8 bytes and a header with the id, which only encryption uses.
    """
    raw = bytearray(database.read_bytes())
    header = memoryview(raw)[:HEADER_BYTES]
    if int.from_bytes(header[:8], "little") != _checksum(header[8:]):
        raise ReportError(
            f"{database.name}: the header is not that of the DuckDB that the lock names. Install "
            "that version, or none."
        )
    header[DATABASE_ID] = bytes(16)
    header[DATABASE_ID] = hashlib.sha256(header[8:].tobytes() + raw[HEADER_BYTES:]).digest()[:16]
    header[:8] = _checksum(header[8:]).to_bytes(8, "little")
    with database.open("r+b") as file:
        file.write(header)


def _checksum(block: memoryview) -> int:
    """DuckDB's checksum of a block of whole words, by which it tells damage."""
    found = 5381
    for word in block.cast("Q"):
        found ^= word * 0xBF58476D1CE4E5B9 % 2**64
    return found


def data_html(package: Mapping[str, Any], folder: Path, release: str, address: str) -> str:
    """Write the page that lists what can be taken away, with sizes and how to read it."""
    rows = "".join(_row(resource, folder, release) for resource in package["resources"])
    heads = "".join(element("th", one, scope="col") for one in ("Table", "Rows", "Files"))
    readers = ", ".join(element("a", name, href=f"{page}.html") for name, page in READERS.items())
    up = f"../{DATA}/{release}"
    other = ", ".join(
        element("a", words, href=f"{up}/{file}")
        for file, words in (
            (CHANGES, "changes on the lists as JSON"),
            (FEED, "the same as an Atom feed"),
            (f"../../{changed_address(release)}", "the same as a page, between any two days"),
            (f"{release}.duckdb", "all tables in one DuckDB file"),
            (DATAPACKAGE_FILE, "types, units and sources of every column (Data Package)"),
            (CRATE_FILE, "what the folder holds, for archives (RO-Crate)"),
        )
        if (folder / file).is_file()
    )
    title, build = f"Data of the {release} release", load_release(release).build
    caption = escape(str(package["title"]))
    return page_html(
        title,
        "Every table behind the reports, whole, at addresses that stay.",
        f'<div class="layout">{contents_nav(SECTIONS)}'
        '<main id="content" class="document" tabindex="-1"><h2 id="tables">Tables</h2>'
        "<p>Parquet has types and every digit; CSV has days as YYYY-MM-DD, numbers to eight digits "
        "and an apostrophe before text that a spreadsheet would run; Excel has such text as it is, "
        "and runs none of it; its second sheet says what each column is, and why one is empty. "
        "Read codes such as <code>county_fips</code> as text.</p>"
        f'<div class="coop-scroll" role="region" aria-label="{caption}" tabindex="0">'
        f"<table><caption>{caption}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<h2 id="others">Beside them</h2><p>In the same folder: {other}.</p>'
        f'<h2 id="programs">Programs</h2><p>How to read them, with examples: {readers}.</p>'
        f'<h2 id="sources">Raw files and licences</h2>{inputs_table(build)}'
        f'<h2 id="origin">{SECTIONS["origin"]}</h2><p>A table is cited as this '
        "page, with its name; its address stays.</p>"
        f"{origin_html(title, address, build, NO_NOTEBOOK)}</main></div>",
        simulated=release == "demo",
        address=address,
    )


def _row(resource: Mapping[str, Any], folder: Path, release: str) -> str:
    parquet = folder / resource["path"]
    files = [parquet, *(parquet.with_suffix(ending) for ending in (".csv", ".xlsx"))]
    links = ", ".join(
        element(
            "a",
            f"{one.suffix.removeprefix('.')} ({_size_words(one.stat().st_size)})",
            href=f"../{DATA}/{release}/{one.name}",
        )
        for one in files
        if one.is_file()
    )
    why = LEFT_OUT.get(resource["name"]) or (
        "" if files[-1].is_file() else "no Excel: more than a sheet holds"
    )
    said = f"{links}; {why}" if why else links
    title = f"{escape(resource['name'])} {element('small', escape(resource['description']))}"
    cells = element("td", format_count(resource["rows"]), class_="num") + element("td", said)
    return element("tr", element("th", title, scope="row") + cells)


def _size_words(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= _LEAST_MB else f"{max(1, round(size / 1e3)):,} kB"
