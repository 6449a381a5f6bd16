"""The record of a build, and whether it still holds; nothing heavy is imported to tell.

An up-to-date run answers from here at once: pandas is imported only to build or to read tables.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import coopanalysis
from coopanalysis import paths
from coopanalysis.catalog.sources import (
    known_effects,
    manifest_path,
    release_sources,
    source_path,
)
from coopanalysis.errors import DataError
from coopanalysis.filehash import hash_memory
from coopanalysis.seal import SEAL, is_sound, parse_json

BUILD_FILE = "build.json"
DATAPACKAGE_FILE = "datapackage.json"
READS_VARIABLE = "COOPANALYSIS_READS"
"""Set while a report runs: the tables it declares, with commas; unset for all."""
FILES_VARIABLE = "COOPANALYSIS_FILES"
"""Set while a report runs: the users' files it declares, as a JSON list; unset elsewhere."""
BUILD_TABLE = "build"
"""Name under which a report declares that it reads the whole record, not its inputs alone."""
BUILDING_MODULES = (
    "errors.py",
    "vocabulary.py",
    "schema.py",
    "catalog",
    "sources",
    "clean",
    "panel",
)
NOT_BUILDING = (
    "add.py",
    "check.py",
    "counties.py",
    "defaults.py",
    "examine.py",
    "list_changes.py",
    "load.py",
    "origins.py",
    "own_cells.py",
    "own_codes.py",
    "own_file.py",
    "policies.py",
    "practice_status.py",
    "record.py",
    "release.py",
    "state_laws.py",
    "trace.py",
    "trace_county.py",
    "trace_row.py",
)
"""Modules of `panel` that read what was built, and shape nothing of it."""
EVERY_REPORT_READS = (
    "release",
    "package_version",
    "base_list",
    "inputs",
    "agreement_lists",
    "absent",
    "not_in_release",
    "known_effects",
)


def fingerprint(release: str, but: str = "") -> str:
    """Hex digest of all that decides what a build makes.

    The manifest, the bytes of every raw file and reference table, and the code that builds; or all
    that, but the files of a layout and what the manifest says of them.
    """
    package = Path(coopanalysis.__file__).parent
    sources = [source for source in release_sources(release) if source.layout != but]
    files = sorted(paths.reference_dir().glob("*"))
    files += [source_path(source, release) for source in sources]
    told = repr((sources, known_effects(release))) if but else ""
    files += [] if but else [manifest_path(release)]
    for name in BUILDING_MODULES:
        place = package / name
        code = sorted([*place.rglob("*.py"), *place.rglob("*.toml")]) if place.is_dir() else [place]
        files += [file for file in code if name != "panel" or file.name not in NOT_BUILDING]
    versions = f"{installed_version('coopanalysis')} pandas {installed_version('pandas')}"
    digest = hashlib.sha256(f"{versions}{told}".encode())
    memory = hash_memory()
    for file in files:
        digest.update(f"{file.name} {memory.sha256(file) or 'absent'}\n".encode())
    return digest.hexdigest()


def is_current(release: str) -> bool:
    """Whether the tables of a release stand as they would be built now."""
    folder = paths.processed_dir(release)
    record = read_build(folder)
    return (
        record is not None
        and is_complete(folder, record)
        and record.get("fingerprint") == fingerprint(release)
    )


def read_build(folder: Path) -> dict[str, Any] | None:
    """Record of the last build in a folder; None if there is none that can be read."""
    recover(folder)
    try:
        text = (folder / BUILD_FILE).read_bytes()
    except OSError:
        return None
    return parse_json(text) if _is_record(text) else None


@lru_cache(maxsize=8)
def _is_record(text: bytes) -> bool:
    """Whether a text is the record of a build; a plan of 2,556 pages asks thousands of times."""
    try:
        record = parse_json(text)
        files = [str(output["file"]) for output in record.get("outputs", [])]
        inputs = [str(one["id"]) for one in record["inputs"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return all([*files, *inputs]) and is_sound(record)


def is_complete(folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether every file of a build is there, byte by byte as it was written."""
    memory = hash_memory()
    return bool(record.get("outputs")) and all(
        memory.sha256(folder / output["file"]) == output.get("sha256")
        for output in written_files(record)
    )


def sound_table(folder: Path, name: str) -> Path:
    """File of a table; `DataError` if its bytes are not those that were written."""
    file = folder / f"{name}.parquet"
    record = read_build(folder) or {}
    written = {output["file"]: output.get("sha256") for output in record.get("outputs", [])}
    digest = written.get(file.name)
    if digest is not None and file.is_file() and hash_memory().sha256(file) != digest:
        raise DataError(shown_path(file), "is not the file that was built", rebuild_advice(folder))
    return file


def not_built(folder: Path) -> DataError:
    """The error of a release whose tables are not there."""
    return DataError(
        shown_path(folder),
        f"the tables of release '{folder.name}' are not there",
        f"Run `coopanalysis data build --release {folder.name}`.",
    )


def standing_build(folder: Path) -> dict[str, Any]:
    """Record of the build in a folder; `DataError` if there is none that can be read."""
    record = read_build(folder)
    if record is None:
        raise not_built(folder)
    return record


def rebuild_advice(folder: Path) -> str:
    """What to do about a damaged table."""
    return (
        f"Delete the folder {shown_path(folder)} and run "
        f"`coopanalysis data build --release {folder.name}`."
    )


def written_files(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Name, size and hash of each file of a build: its tables, and their description."""
    described = record.get("datapackage")
    return [*record.get("outputs", []), *([described] if described else [])]


def recover(folder: Path) -> None:
    """Put the last good build back, if a swap was broken off between its two steps."""
    old = old_folder(folder)
    if old.is_dir() and not folder.exists():
        old.rename(folder)


def old_folder(folder: Path) -> Path:
    """Where a build stands while its successor takes its place."""
    return folder.with_name(f".{folder.name}.old")


def shown_path(path: Path) -> str:
    """A path as messages show it: relative to the project where it lies in it."""
    root = paths.project_root()
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def build_view(
    record: Mapping[str, Any], tables: Sequence[str], sources: Mapping[str, Iterable[str]]
) -> dict[str, Any]:
    """Restrict the record of a build to what a report sees that declares some tables.

    Of `inputs` and `agreement_lists` that is only what is behind these tables. With no tables, or
    "build" among them, it sees everything but the files written.
    """
    if not tables or BUILD_TABLE in tables:
        hidden = ("fingerprint", "outputs", DATAPACKAGE_FILE.removesuffix(".json"), SEAL)
        return {name: value for name, value in record.items() if name not in hidden}
    view = {name: record[name] for name in EVERY_REPORT_READS if name in record}
    if all(table in sources for table in tables):
        used = {source for table in tables for source in sources[table]}
        view["inputs"] = [one for one in record["inputs"] if one["id"] in used]
        lists = record.get("agreement_lists", [])
        view["agreement_lists"] = [one for one in lists if one["source"] in used]
    return view


def table_sources(folder: Path) -> dict[str, tuple[str, ...]]:
    """Ids of the raw files behind each table of a build; empty where it does not say."""
    try:
        described = parse_json((folder / DATAPACKAGE_FILE).read_bytes())
        return {
            str(one["name"]): tuple(str(source["id"]) for source in one.get("sources", []))
            for one in described["resources"]
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def installed_version(name: str) -> str:
    """Version of an installed package, by the name of its folder: importing it takes longer."""
    for place in sys.path:
        try:
            names = os.listdir(place or ".")  # noqa: PTH208  (names are enough)
        except OSError:
            continue
        for found in names:
            if found.startswith(f"{name}-") and found.endswith(".dist-info"):
                return found.removeprefix(f"{name}-").removesuffix(".dist-info")
    from importlib.metadata import version  # noqa: PLC0415  (as slow as what it replaces)

    return version(name)
