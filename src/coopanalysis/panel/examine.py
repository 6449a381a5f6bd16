"""Say what a new file is, what is new in it, and what it would change in a release."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from coopanalysis.catalog.sources import (
    ICE_LIST,
    ICE_SERIES,
    Source,
    manifest_path,
    release_sources,
    source_path,
)
from coopanalysis.clean.agreements import parse_dates
from coopanalysis.errors import CoopError, DataError, UsageError
from coopanalysis.panel.inputs import RETURN_A
from coopanalysis.panel.list_changes import Listed, change_lines, list_before, lists_between
from coopanalysis.panel.read import clean_one, lists_for, parse_day
from coopanalysis.panel.verify import damaged_rows
from coopanalysis.sources import READERS
from coopanalysis.sources.ice_287g import TEXT_COLUMNS, date_in_name
from coopanalysis.sources.identity import sha256_of
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.workbook import saved_on

NEAR = timedelta(days=14)
"""So far the day in a list's name may be from the day on which it was saved: 8 in those known."""
QUIET = timedelta(days=60)
"""So long a list of today may be without a new signing, where nothing else tells its day."""


@dataclass(frozen=True)
class Addition:
    """A file that may be taken into a release.

    Attributes
    ----------
    release : str
        Name of the release.
    file : Path
        The file, where it is now.
    source : Source
        The entry of the manifest that it would have.
    manifest : str
        Text of the manifest that this was worked out from.
    lines : tuple of str
        What it is, what is new in it, what it would change, and what a person should look at.
    moved : tuple of Source
        Entries that change with it: of lists that are no longer the latest.
    problems : tuple of CoopError
        What keeps it out; empty where it can be added.
    """

    release: str
    file: Path
    source: Source
    manifest: str
    lines: tuple[str, ...]
    moved: tuple[Source, ...] = ()
    problems: tuple[CoopError, ...] = ()


def examine_file(
    file: Path,
    release: str,
    *,
    layout: str = "",
    list_date: str | None = None,
    place: str = "",
    url: str = "",
) -> Addition:
    """Say what a file is, and what it would change in a release; nothing is written.

    Parameters
    ----------
    file : Path
        The file; its layout is told by the readers, from its content.
    release : str
        Name of the release.
    layout : str
        Layout, where several fit.
    list_date : str, optional
        Day of an ICE list, YYYY-MM-DD, where name, content and workbook do not agree on one.
    place : str
        Id of the source whose place it takes. Lists of agreements, and master files of another
        year, stand beside those that are there.
    url : str
        Address it is from, pinned to one version.

    Raises
    ------
    DataError
        If no reader knows it, its day is not sure, or the release has it already.
    UsageError
        If the release has no place, or several, for a file of its layout.
    """
    if not file.is_file():
        raise DataError(str(file), "is no file that is there", "Name the file itself.")
    layout = layout or find_layout(file)
    manifest = manifest_path(release).read_text(encoding="utf-8")
    digest = sha256_of(file)
    same = [one.id for one in release_sources(release) if digest == one.sha256]
    if same:
        raise DataError(
            file.name, f"is in release '{release}' already, as {same[0]}", "There is nothing to do."
        )
    if layout in (ICE_LIST, ICE_SERIES):
        source, reading, lines, moved = _examine_list(file, release, list_date)
    else:
        moved = []
        source, reading, lines = _examine_other(file, release, layout, place)
    source = replace(
        source, url=url, sha256=digest, git_blob="", bytes=file.stat().st_size, max_bytes=0,
        rows=reading.rows_in, optional=not url, on_request=False,
    )  # fmt: skip
    if not url:
        lines.append("It has no address: other machines build without it until they are given it.")
    problems = damaged_rows(reading, file.name)
    return Addition(release, file, source, manifest, tuple(lines), tuple(moved), tuple(problems))


def find_layout(file: Path) -> str:
    """Layout of a file, told by which reader can use most of its rows."""
    found: dict[str, Reading] = {}
    said: dict[str, str] = {}
    for name, reader in READERS.items():
        if reader in [READERS[one] for one in found]:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reading = reader(file, "")
        except DataError as error:
            said[name] = f"{error.problem}. {error.remedy}"
            continue
        if reading.rows_kept:
            found[name] = reading
        if name == ICE_LIST and found:
            return name  # it knows its columns, and takes no other
    if not found:
        raise DataError(
            file.name,
            f"is of none of the {len(READERS)} known layouts",
            f"Were it an ICE list: it {said[ICE_LIST]} For another layout name it with --layout, "
            "and its reader says what is wrong.",
        )
    fewest = min(reading.rows_rejected for reading in found.values())
    best = [name for name, reading in found.items() if reading.rows_rejected == fewest]
    if len(best) > 1:
        raise UsageError(f"{file.name} may be of {' or '.join(best)}. Say which with --layout.")
    return best[0]


def list_day(name: str, saved: date | None, signed: date | None) -> tuple[date, str]:
    """Day of a list and how it is known: never by the name of its file alone.

    `saved` is when its workbook was saved, `signed` the latest signing in it.
    """
    named = date_in_name(name)
    recent = named and signed and timedelta(0) <= named - signed <= QUIET
    if named and saved and abs(named - saved) <= NEAR and not (signed and signed > named):
        return named, f"by its name, and its workbook was saved on {saved}"
    if named and recent and (saved is None or saved > named):
        return named, f"by its name, and the latest agreement in it was signed on {signed}"
    if saved and named is None and signed and timedelta(0) <= saved - signed <= QUIET:
        return saved, f"its workbook was saved then, and its latest agreement signed on {signed}"
    facts = {"its name says": named, "its workbook was saved on": saved, "last signing": signed}
    told = ", ".join(f"{words} {day or 'nothing'}" for words, day in facts.items())
    raise DataError(
        name, f"its day is not sure ({told})", "Give the day of the list: --list-date YYYY-MM-DD."
    )


def _examine_list(
    file: Path, release: str, list_date: str | None
) -> tuple[Source, Reading, list[str], list[Source]]:
    raw = READERS[ICE_LIST](file, "")
    kind = str(raw.frame["list_kind"].iloc[0])
    signed = parse_dates(raw.frame["signed_text"]).dropna()
    saved, told = saved_on(file), parse_day(list_date)
    if saved:
        signed = signed[signed <= pd.Timestamp(saved)]
    last = signed.max().date() if len(signed) else None
    day, how = (told, "as you say") if told else list_day(file.name, saved, last)
    lists = lists_for(raw, release)
    before, newest = list_before(release, kind, day, lists)
    layout = ICE_LIST if kind == "pending" or newest is None or day > newest else ICE_SERIES
    stem = "list" if layout == ICE_SERIES else kind
    source = replace(
        before.source,
        id=f"ice-287g-{stem}-{day}",
        layout=layout,
        path=f"ice-287g-{stem}-{day}/{file.name}",
        title=f"{before.source.title.partition(', list of')[0]}, list of {day.day} {day:%B %Y}",
        vintage=str(day),
    )
    reading, advice = clean_one(replace(raw, source=source.id), ICE_LIST, release, day)
    columns = [one for one in ("TYPE", "COUNTY") if raw.frame[TEXT_COLUMNS[one]].notna().any()]
    with_ = f"with {' and '.join(columns)}" if columns else "without TYPE and COUNTY"
    lines = [
        f"{file.name}: an ICE list of {kind} agencies, {with_}, of {day} ({how}).",
        f"  {reading.rows_in:,} rows, {reading.rows_kept:,} kept, "
        f"{reading.rows_rejected:,} rejected. It would be {source.id}.",
    ]
    is_latest = kind == "participating" and layout == ICE_LIST
    lines += change_lines(before, Listed(source, reading.frame), lists, is_latest=is_latest)
    between = lists_between(release, before) if is_latest else []
    lines += [f"{one.id} becomes a list between the first and the latest." for one in between]
    moved = [replace(one, layout=ICE_SERIES) for one in between]
    return source, reading, [*lines, *([advice] if advice else [])], moved


def _examine_other(
    file: Path, release: str, layout: str, place: str
) -> tuple[Source, Reading, list[str]]:
    old = _place(file, release, layout, place)
    reading, advice = READERS[layout](file, old.id), ""
    folder = old.path.rpartition("/")[0]
    source = replace(old, path=f"{folder}/{file.name}")
    if source_path(source, release).is_file():  # the old one stays what the old manifest says
        source = replace(old, path=f"{folder}/{sha256_of(file)[:12]}-{file.name}")
    if layout == RETURN_A:
        year = str(int(reading.frame["year"].iloc[0]))
        others = [one for one in release_sources(release) if one.layout == layout]
        own = [one for one in others if one.vintage == year]
        source = own[0] if own else replace(
            source, id=f"{layout}-{year}", path=f"{layout}-{year}/{file.name}", vintage=year,
            title=old.title.replace(old.vintage, year),
        )  # fmt: skip
    else:
        reading, advice = clean_one(reading, layout, release, None)
    lines = [
        f"{file.name}: a file of layout {layout}. It would be {source.id}, of {source.vintage}"
        f"{', in the place of the file that is there' if source.id == old.id else ''}.",
        f"  {reading.rows_in:,} rows, {reading.rows_kept:,} kept, {reading.rows_rejected:,} "
        f"rejected; {old.rows:,} rows were declared before.",
    ]
    return source, reading, [*lines, *([advice] if advice else [])]


def _place(file: Path, release: str, layout: str, place: str) -> Source:
    """The source whose place a file takes, or beside which it stands."""
    same = [one for one in release_sources(release) if one.layout == layout]
    chosen = [one for one in same if place in ("", one.id)]
    if len(chosen) == 1 or (chosen and layout == RETURN_A):
        return chosen[0]
    names = ", ".join(one.id for one in same) or "none: declare it in the manifest first"
    raise UsageError(
        f"{file.name} is of layout '{layout}'. Say with --place whose place it takes in release "
        f"'{release}': {names}."
    )
