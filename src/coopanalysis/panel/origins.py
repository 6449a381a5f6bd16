"""Raw rows as a person finds them: file, sheet, row, their cells and what was corrected in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from coopanalysis.catalog.sources import release_dir
from coopanalysis.panel.record import shown_path
from coopanalysis.sources.identity import sha256_of
from coopanalysis.sources.raw_rows import raw_rows


@dataclass(frozen=True)
class Origin:
    """One raw row behind a cell; a search finds where it stands, `with_cells` the rest.

    Attributes
    ----------
    source, title : str
        Id and title of the source.
    file, sheet, row
        The file, relative to the project, and the row as seen in it.
    cells : dict of str
        Empty where the file is not there, or is another one by now.
    how : str
        How the row was found to be about the county, where the file does not say so by a code.
    corrections : tuple of str
        Entries of the corrections table that were applied to the row.
    """

    source: str
    title: str = ""
    file: str = ""
    sheet: str = ""
    row: int = 0
    cells: Mapping[str, str] = field(default_factory=dict)
    how: str = ""
    corrections: tuple[str, ...] = ()

    def __str__(self) -> str:
        sheet = f", sheet '{self.sheet}'" if self.sheet else ""
        width = max(map(len, self.cells), default=0)
        lines = [
            f"{self.source}: {self.title}",
            f"  {self.file}{sheet}, row {self.row:,}",
            *(f"    {name:<{width}}  {text}" for name, text in self.cells.items()),
            *([f"  {self.how}"] if self.how else []),
            *(f"  corrected: {text}" for text in self.corrections),
        ]
        return "\n".join(lines)


def origin_of(
    row: Mapping[Any, Any],
    prefix: str = "source_",
    cells: Mapping[str, str] | None = None,
    how: str | None = None,
) -> Origin:
    """Where a row of a table says it stands, in columns of a prefix, and how it got its county."""
    source = row.get("source", row.get(f"{prefix}source"))
    sheet, number = row.get(f"{prefix}sheet", ""), row[f"{prefix}row"]
    if how is None:
        how = f"county found by: {row['county_match']}" if "county_match" in row else ""
    return Origin(str(source), sheet=str(sheet), row=int(number), cells=cells or {}, how=how)


def with_cells(
    rows: Sequence[Origin], county: str, release: str, record: Mapping[str, Any]
) -> tuple[tuple[Origin, ...], tuple[str, ...]]:
    """Look raw rows up in their files; also the files whose cells cannot be shown, and why."""
    inputs = {entry["id"]: entry for entry in record["inputs"]}
    origins: list[Origin] = []
    notes: list[str] = []
    for source in dict.fromkeys(row.source for row in rows):
        entry, group = inputs[source], [row for row in rows if row.source == source]
        path = (release_dir(release) / entry["path"]).resolve()
        wanted = {(row.sheet, row.row) for row in group if not row.cells}
        problem = _problem(path, entry) if wanted else ""
        if problem:
            notes.append(f"{shown_path(path)} {problem}: its cells are not shown.")
            wanted = set()
        found = raw_rows(path, entry["layout"], wanted) if wanted else {}
        for row in group:
            cells = row.cells or found.get((row.sheet, row.row), {})
            applied = _corrections(row, county, cells, record["corrections_applied"])
            about = {"title": entry["title"], "file": shown_path(path)}
            origins.append(replace(row, **about, cells=cells, corrections=tuple(applied)))
    return tuple(origins), tuple(notes)


def _problem(path: Path, entry: Mapping[str, Any]) -> str:
    """Why the cells of a file cannot be those that the tables were built from."""
    if not path.is_file():
        return "is not there"
    if sha256_of(path) != entry["sha256"]:
        return "is not the one that the tables were built from"
    return ""


def _corrections(
    row: Origin, county: str, cells: Mapping[str, str], applied: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    """Corrections of one cell of the row, and what a county text in it was taken to mean."""
    texts = {" ".join(text.split()).casefold() for text in cells.values()}
    for entry in applied:
        if entry["source"] != row.source:
            continue
        if entry.get("row") == row.row:
            yield (
                f"{entry['column']} was '{entry['expected']}', now '{entry['put']}': "
                f"{entry['reason']}"
            )
        elif entry.get("county_fips") == county and entry["county_text"].casefold() in texts:
            yield f"'{entry['county_text']}' means county {county}: {entry['reason']}"
