"""The raw files of each release, as declared in its manifest.

`data/raw/sources.toml` lists the public release; the demo release carries a manifest of the
same form, `data/raw/demo/sources.toml`, written by `coopanalysis.simulate`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.errors import DataError, UsageError, format_fields
from coopanalysis.vocabulary import RELEASES


@dataclass(frozen=True)
class Source:
    """One raw file of a release.

    Attributes
    ----------
    id : str
        Stable name, used in corrections, rejects and provenance.
    layout : str
        Which reader understands it.
    path : str
        Relative to the release folder (and to a mirror).
    title, publisher, measures, licence, vintage : str
        What it is, in words a citation can use.
    url : str
        Address pinned to one version; empty for files that are committed or dropped in by hand.
    sha256 : str
        Hex digest of the bytes; empty only for an optional file.
    git_blob : str
        Git's id of the bytes (SHA-1 of `blob <size>`, a zero byte and the bytes), for a file
        that is known by nothing else.
    bytes : int
        Size of the file; 0 if not known beforehand.
    max_bytes : int
        Size beyond which a file of unknown size is not read.
    rows : int
        Data rows in the file, before any cleaning.
    optional : bool
        Whether a release is complete without it.
    on_request : bool
        Whether it is fetched only when asked for by id or layout.
    checked_only : bool
        Whether it is read and checked against the others, and nothing of it enters a table.
    most_absent : float
        Largest share of the counties of its year's list, 0 to 1, that may have no row in it.
    most_strange : float
        Largest share of its codes, 0 to 1, that may be in another list than that of its year.
    """

    id: str
    layout: str
    path: str
    title: str
    publisher: str
    measures: str
    licence: str
    vintage: str
    url: str = ""
    sha256: str = ""
    git_blob: str = ""
    bytes: int = 0
    max_bytes: int = 0
    rows: int = 0
    optional: bool = False
    on_request: bool = False
    checked_only: bool = False
    most_absent: float = 0.02
    most_strange: float = 0.0


def check_release(release: str) -> str:
    """Return the name of a release, or say which names there are."""
    if release in RELEASES:
        return release
    near = get_close_matches(release, RELEASES, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise UsageError(f"No release '{release}'.{hint} There are: {', '.join(RELEASES)}.")


def release_dir(release: str) -> Path:
    """Folder that holds the raw files of a release."""
    return paths.raw_dir() / check_release(release)


def manifest_path(release: str) -> Path:
    """File that lists the raw files of a release."""
    if check_release(release) == "demo":
        return release_dir(release) / "sources.toml"
    return paths.raw_dir() / "sources.toml"


def read_manifest(path: Path) -> tuple[Source, ...]:
    """Read a manifest.

    Raises
    ------
    DataError
        If the file is missing, is not TOML, or an entry lacks a field or has an unknown one.
    """
    if not path.is_file():
        raise DataError(str(path), "the manifest is missing", "Restore it from version control.")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(str(path), f"is not valid TOML: {error}", "Mend that line.") from error
    return tuple(_source(entry, path) for entry in document.get("source", []))


def release_sources(release: str) -> tuple[Source, ...]:
    """Every source of a release, in the order of its manifest."""
    return read_manifest(manifest_path(release))


def source_path(source: Source, release: str) -> Path:
    """Where the bytes of a source are on this machine."""
    return (release_dir(release) / source.path).resolve()


def _source(entry: dict[str, Any], path: Path) -> Source:
    known = {field.name for field in fields(Source)}
    required = {"id", "layout", "path", "title", "publisher", "measures", "licence", "vintage"}
    unknown, missing = sorted(set(entry) - known), sorted(required - set(entry))
    if unknown or missing:
        name = f"'{entry.get('id') or entry.get('path', '?')}'"
        raise DataError(
            str(path),
            f"source {name} {format_fields(missing, unknown)}",
            "Add what it lacks to its [[source]] entry, and take out or rename what is unknown. "
            f"Known fields: {', '.join(sorted(known))}.",
        )
    source = Source(**entry)
    wrong = _contradiction(source)
    if wrong:
        raise DataError(str(path), f"source '{source.id}' {wrong}", "Mend the entry.")
    return source


def _contradiction(source: Source) -> str:
    """What in an entry would let a file in that nobody has verified, or keep it out for good."""
    if source.url and not (source.sha256 or source.git_blob):
        return "has an address, and neither sha256 nor git_blob to verify the file by"
    if source.url and not (source.bytes or source.max_bytes):
        return "has an address, and neither bytes nor max_bytes to stop at"
    if source.on_request and not source.optional:
        return "is fetched on request only, and not optional"
    return ""
