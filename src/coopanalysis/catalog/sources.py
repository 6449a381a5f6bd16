"""The raw files of each release, and the effects put into it, as declared in its manifest.

`data/raw/sources.toml` lists the public release; the demo release carries a manifest of the
same form, `data/raw/demo/sources.toml`, written with its files by `make demo`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.catalog.entries import make_entry, read_document
from coopanalysis.errors import DataError, UsageError
from coopanalysis.vocabulary import RELEASES

ICE_LIST, ICE_SERIES = "ice-287g", "ice-287g-series"
"""Layout of ICE's lists of agreements: the first and latest, and those of other days."""
_TABLES = ("source", "series", "listing", "known_effect")
_REFERENCE = "../reference/"


@dataclass(frozen=True)
class Source:
    """One raw file of a release.

    Attributes
    ----------
    id, layout, path
        Stable name, used in corrections, rejects and provenance; which reader understands it;
        where it is, relative to the release folder (and to a mirror).
    title, publisher, measures, licence, vintage
        What it is, in words a citation can use.
    url
        Address pinned to one version; empty for files that are committed or dropped in by hand.
    sha256, git_blob
        Hex digest of the bytes, empty only for an optional file; Git's id of the bytes (SHA-1 of
        `blob <size>`, a zero byte and the bytes), for a file that is known by nothing else.
    bytes, max_bytes, rows
        Size, 0 if not known beforehand; size beyond which a file of unknown size is not read; data
        rows in the file, before any cleaning.
    optional, on_request, checked_only
        Whether a release is complete without it; whether it is fetched only when asked for by id
        or layout; whether it is read and checked against the others and enters no table.
    most_absent, most_strange
        Largest share, 0 to 1, of the counties of its year's list that may have no row in it, and of
        its codes that may be in another list than that of its year.
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


@dataclass(frozen=True)
class KnownEffect:
    """An effect that was put into the county-years of a simulated release, for models to find.

    `value` is its size in `unit`: its mean over the counties with the policy in these years, where
    it differs between them.
    """

    outcome: str
    policy: str
    years: tuple[int, ...]
    value: float
    unit: str
    description: str


@dataclass(frozen=True)
class Listing:
    """Where later files of a series appear.

    `commits` answers with the newest version, whose `sha` stands for `{commit}` in the rest;
    `files` lists the files of that version by name and size; `url` is the address of one, with
    `{file}` for its name, and tells which sources of the manifest are from there.
    """

    title: str
    commits: str
    files: str
    url: str


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
    """Read the raw files that a manifest lists, one by one and in series, and check each entry.

    A `[[series]]` has the fields of a source, in which `{day}` and `{file}` stand for those of
    each of its `files`; a file is one line with its day, name, hash and size.
    """
    document = read_document(path, _TABLES)
    series = [one for entry in document.get("series", []) for one in _files(entry, path)]
    return tuple(_source(entry, path) for entry in (*document.get("source", []), *series))


def read_known_effects(path: Path) -> tuple[KnownEffect, ...]:
    """Read the effects that a manifest declares; none where the release was not simulated."""
    effects = tuple(
        make_entry(KnownEffect, said, f"{path}, the known effect on '{said.get('outcome', '?')}'")
        for said in read_document(path, _TABLES).get("known_effect", [])
    )
    cases = Counter((e.outcome, e.policy, year) for e in effects for year in e.years)
    for (outcome, policy, year), count in cases.items():
        if count > 1:
            what = (
                f"the known effect of '{policy}' on '{outcome}' in {year} is declared {count} times"
            )
            raise DataError(str(path), what, "Keep one of them.")
    return effects


def release_sources(release: str) -> tuple[Source, ...]:
    """Every source of a release, in the order of its manifest."""
    return read_manifest(manifest_path(release))


def release_listings(release: str) -> tuple[Listing, ...]:
    """Where later files of a release appear, in the order of its manifest."""
    path = manifest_path(release)
    return tuple(
        make_entry(Listing, said, f"{path}, listing '{said.get('title', '?')}'")
        for said in read_document(path, _TABLES).get("listing", [])
    )


def known_effects(release: str) -> tuple[KnownEffect, ...]:
    """Every effect put into a release, in the order of its manifest."""
    return read_known_effects(manifest_path(release))


def source_path(source: Source, release: str) -> Path:
    """Where the bytes of a source are on this machine: in the folder of the release, or an error.

    A symbolic link may lead out of it. The tables of reference, which are never fetched, have a
    folder of their own.
    """
    folder = release_dir(release).resolve()
    path = (folder / source.path).resolve()
    homes = [folder] if source.url else [folder, paths.reference_dir().resolve()]
    if not any(home in path.parents for home in homes):
        raise DataError(
            str(folder / source.path),
            f"leads out of the folder of release '{release}', to {path}",
            "Put the file itself there in place of a link.",
        )
    return path


def entry_text(source: Source) -> str:
    """Write a source as an entry of a manifest, without what it does not say."""
    said = {one.name: getattr(source, one.name) for one in fields(Source)}
    lines = [
        f"{one.name} = {json.dumps(said[one.name], ensure_ascii=False)}"
        for one in fields(Source)
        if one.default is MISSING or said[one.name] != one.default
    ]
    return "\n".join(["[[source]]", *lines, ""])


def with_entry(manifest: str, source: Source) -> str:
    """Put a source into the text of a manifest: in the place of the entry of its id, else last."""
    is_own = re.compile(rf"^id = {re.escape(json.dumps(source.id))}$", re.MULTILINE)
    parts = re.split(r"^(?=\[\[)", manifest, flags=re.MULTILINE)
    places = [at for at, part in enumerate(parts) if is_own.search(part)]
    text = entry_text(source)
    if not places:
        return f"{manifest.rstrip()}\n\n{text}"
    at = places[0]
    _, gap, rest = parts[at].partition("\n\n")  # a remark after an entry is about the next one
    return "".join([*parts[:at], text if not gap else text.rstrip() + gap + rest, *parts[at + 1 :]])


def _files(series: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """One entry for each file of a series: what all have in common, with its day and name."""
    common = {name: value for name, value in series.items() if name != "files"}
    for number, file in enumerate(series.get("files", []), start=1):
        lacking = sorted({"day", "file"} - set(file))
        if lacking:
            what = f"file {number} of series '{common.get('id', '?')}' lacks {lacking}"
            raise DataError(str(path), what, "Give the day of each file and its name.")
        filled = {
            name: value.format(**file) if isinstance(value, str) else value
            for name, value in common.items()
        }
        own = {name: value for name, value in file.items() if name not in ("day", "file")}
        yield {**filled, "vintage": file["day"], **own}


def _source(entry: dict[str, Any], path: Path) -> Source:
    name = f"source '{entry.get('id') or entry.get('path', '?')}'"
    source = make_entry(Source, entry, f"{path}, {name}")
    wrong = _contradiction(source)
    if wrong:
        raise DataError(str(path), f"{name} {wrong}", "Mend the entry.")
    return source


def _contradiction(source: Source) -> str:
    """What in an entry would let a file in that nobody has verified, or keep it out for good."""
    inside = source.path if source.url else source.path.removeprefix(_REFERENCE)
    parts = inside.replace("\\", "/").split("/")
    if not all(parts) or {".", ".."} & set(parts) or ":" in parts[0]:
        return f"has the path {source.path!r}, which may lead out of the folder of the release"
    if source.url and not (source.sha256 or source.git_blob):
        return "has an address, and neither sha256 nor git_blob to verify the file by"
    if source.url and not (source.bytes or source.max_bytes):
        return "has an address, and neither bytes nor max_bytes to stop at"
    if source.on_request and not source.optional:
        return "is fetched on request only, and not optional"
    return ""
