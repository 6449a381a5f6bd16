"""What `reports.toml` says of each report, read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

from coopanalysis import paths
from coopanalysis.catalog.sources import check_release
from coopanalysis.errors import ReportError, format_fields
from coopanalysis.panel.record import BUILD_TABLE, read_build

DataKind = Literal["release", "real"]
REFERENCE_FIELDS = ("file", "title", "publisher", "vintage", "licence")


@dataclass(frozen=True, kw_only=True)
class Report:
    """What `reports.toml` says of a report, and what holds for each of its pages.

    A page of `data` "real" is made from real facts that every release has, in the files of
    `data/raw/reference/` that `reference` names. The notebook may read only the processed tables of
    `reads` (with "build" the whole record of the build; all if it names none), and join only the
    users' own `files`, named from the project folder.
    """

    id: str
    title: str
    description: str = ""
    topic: str = ""
    data: DataKind = "release"
    reference: Sequence[Mapping[str, str]] = ()
    reads: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    limit_seconds: float = 900.0
    limit_megabytes: float = 4_000.0


@dataclass(frozen=True, kw_only=True)
class Entry(Report):
    """One `[[report]]` of `reports.toml`."""

    notebook: str
    releases: Sequence[str] = ("demo", "public")
    parameters: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)
    on_demand: bool = False
    sweep: Mapping[str, Any] = field(default_factory=dict)

    def wrong(self, said: str) -> ReportError:
        """Error that says what is wrong with the entry."""
        return ReportError(f"reports.toml: report '{self.id}' {said}")


def read_entries(path: Path) -> list[Entry]:
    """Read `reports.toml`; what lacks a field, has an unknown one or repeats an id is an error."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReportError(f"{path.name} is missing: restore it from version control.") from error
    except tomllib.TOMLDecodeError as error:
        raise ReportError(f"{path.name} is not valid TOML: {error}. Mend that line.") from error
    entries = [_entry(values, path) for values in document.get("report", [])]
    ids = [entry.id for entry in entries]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise ReportError(f"{path.name}: reports {repeated} are declared more than once.")
    return entries


def _entry(values: dict[str, Any], path: Path) -> Entry:
    known = set(Entry.__dataclass_fields__)
    unknown = sorted(set(values) - known)
    missing = sorted({"id", "notebook", "title"} - set(values))
    if unknown or missing:
        raise ReportError(
            f"{path.name}: report '{values.get('id', '?')}' {format_fields(missing, unknown)}. "
            f"Mend its entry; known fields: {', '.join(sorted(known))}."
        )
    read: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    entry = Entry(**read)
    if entry.data not in get_args(DataKind) or (entry.data == "real" and not entry.reference):
        raise entry.wrong(
            f"has data = {entry.data!r} and {len(entry.reference)} reference files. Write "
            'data = "real" with one [[report.reference]] per file, or leave out the data.'
        )
    for source in entry.reference:
        if set(source) != set(REFERENCE_FIELDS):
            fields = f"the fields {sorted(source)}; it needs {', '.join(REFERENCE_FIELDS)}."
            raise entry.wrong(f"has a reference with {fields}")
    for release in entry.releases:
        check_release(release)
    return entry


def check_reads(entry: Entry, release: str) -> None:
    """Tables a report declares exist; which there are is imported only where it is in doubt."""
    if entry.reads and entry.data == "real":
        raise entry.wrong(
            "is of real facts: it reads no tables of a release, but names its files under "
            "[[report.reference]]."
        )
    record = read_build(paths.processed_dir(release)) or {}
    written = {output["file"].removesuffix(".parquet") for output in record.get("outputs", [])}
    if set(entry.reads) <= written | {BUILD_TABLE}:
        return
    from coopanalysis.catalog.tables import PROCESSED_TABLES  # noqa: PLC0415

    known = [*PROCESSED_TABLES, BUILD_TABLE]
    for name in entry.reads:
        if name not in known:
            raise entry.wrong(f"reads an unknown table '{name}'.{nearest(name, known)}")


def check_files(entry: Entry) -> None:
    """Users' own files that a report declares lie in their folder, and are there."""
    for name in entry.files:
        file = paths.project_root() / name
        if not file.is_relative_to(paths.own_dir()) or ".." in file.parts:
            raise entry.wrong(
                f"declares the file {name}, which is not in the folder of own files. Put it into "
                "data/raw/own/ and declare it as data/raw/own/NAME."
            )
        if not file.is_file():
            raise entry.wrong(
                f"declares the file {name}, which is not there. Put it there, or take it out of "
                "`files` and out of the notebook."
            )


def nearest(name: str, names: Sequence[str]) -> str:
    """Say which valid names come near, and which there are."""
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
    return f"{hint} There are: {', '.join(names)}."
