"""Processed tables on disk: written all together, or not at all.

Tables are written into a folder beside the final one, which then takes its place. A build that
fails leaves the last good one where it is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

import coopanalysis
from coopanalysis import paths
from coopanalysis.catalog.columns import TABLES
from coopanalysis.catalog.sources import manifest_path, release_sources, source_path
from coopanalysis.errors import DataError
from coopanalysis.panel.datapackage import DATAPACKAGE_FILE, package_text
from coopanalysis.sources.fetch import sha256_of

BUILD_FILE = "build.json"
TABLE_NAMES = tuple(TABLES)
BOUNDARIES = "boundaries"
BUILDING_MODULES = (
    "errors.py",
    "vocabulary.py",
    "schema.py",
    "catalog",
    "sources",
    "clean",
    "panel",
)


def fingerprint(release: str) -> str:
    """Hex digest of all that decides what a build makes.

    The manifest, the bytes of every raw file and reference table, and the code that builds.
    """
    package = Path(coopanalysis.__file__).parent
    files = [manifest_path(release), *sorted(paths.reference_dir().glob("*"))]
    files += [source_path(source, release) for source in release_sources(release)]
    for name in BUILDING_MODULES:
        place = package / name
        files += sorted(place.rglob("*.py")) if place.is_dir() else [place]
    digest = hashlib.sha256(f"{coopanalysis.__version__} pandas {pd.__version__}".encode())
    for file in files:
        digest.update(f"{file.name} {sha256_of(file) if file.is_file() else 'absent'}\n".encode())
    return digest.hexdigest()


def read_build(folder: Path) -> dict[str, Any] | None:
    """Record of the last build in a folder; None if there is none that can be read."""
    recover(folder)
    try:
        record = json.loads((folder / BUILD_FILE).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None
    return record if isinstance(record, dict) else None


def is_complete(folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether every file of a build is there with the size it was written with."""
    return bool(record.get("outputs")) and all(
        (folder / output["file"]).is_file()
        and (folder / output["file"]).stat().st_size == output["bytes"]
        for output in written_files(record)
    )


def written_files(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Name, size and hash of each file of a build: its tables, and their description."""
    described = record.get("datapackage")
    return [*record.get("outputs", []), *([described] if described else [])]


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write to; put it in the place of `folder` if all goes well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    recover(folder)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.new.", dir=folder.parent))
    fresh.chmod(0o755)
    try:
        yield fresh
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def recover(folder: Path) -> None:
    """Put the last good build back, if a swap was broken off between its two steps."""
    old = _old(folder)
    if old.is_dir() and not folder.exists():
        old.rename(folder)


def write_tables(
    folder: Path, tables: Mapping[str, pd.DataFrame], record: dict[str, Any]
) -> list[dict[str, Any]]:
    """Write tables as Parquet, their description and the build's record.

    Returns
    -------
    list of dict
        `file, rows, bytes, sha256` of each table.

    Raises
    ------
    DataError
        If a file cannot be written.
    """
    outputs = []
    try:
        for name, table in tables.items():
            file = folder / f"{name}.parquet"
            table.to_parquet(file, index=False, compression="zstd")
            outputs.append({"rows": len(table), **_written(file)})
        package = folder / DATAPACKAGE_FILE
        package.write_text(package_text(record, outputs), encoding="utf-8")
        written = {**record, "outputs": outputs, "datapackage": _written(package)}
        text = json.dumps(written, indent=1, ensure_ascii=False)
        (folder / BUILD_FILE).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(
            str(folder), f"cannot be written to ({error})", "Free space, or mend its permissions."
        ) from error
    return outputs


def _written(file: Path) -> dict[str, Any]:
    return {"file": file.name, "bytes": file.stat().st_size, "sha256": sha256_of(file)}


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _swap(fresh: Path, folder: Path) -> None:
    old = _old(folder)
    if old.is_dir():
        shutil.rmtree(old)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
