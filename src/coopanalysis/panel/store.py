"""Processed tables on disk: written all together, or not at all.

Tables are written into a folder beside the final one, which then takes its place. A build that
fails leaves the last good one where it is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from coopanalysis.errors import DataError
from coopanalysis.panel.datapackage import package_text
from coopanalysis.panel.record import BUILD_FILE, DATAPACKAGE_FILE, old_folder, recover
from coopanalysis.seal import sealed
from coopanalysis.sources.identity import sha256_of
from coopanalysis.tempfolder import make_folder, remove_folder


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write to; put it in the place of `folder` if all goes well."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        recover(folder)
        fresh = make_folder(f".{folder.name}.new.", folder.parent)
        fresh.chmod(0o755)
    except OSError as error:
        raise _unwritable(folder.parent, error) from error
    try:
        yield fresh
        try:
            take_place(fresh, folder)
        except OSError as error:
            raise _unwritable(folder, error) from error
    finally:
        remove_folder(fresh)


def write_tables(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    record: dict[str, Any],
    kept: Path | None = None,
) -> list[dict[str, Any]]:
    """Write tables as Parquet, their description and the build's record.

    Of a build in `kept`, to which `record` belongs, all tables that are not among `tables` are
    copied. Returns `file, rows, bytes, sha256` of each table.
    """
    outputs = {}
    try:
        for output in record["outputs"] if kept else []:
            outputs[output["file"]] = output
            if output["file"].removesuffix(".parquet") not in tables:
                shutil.copy2(kept / output["file"], folder)
        for name, table in tables.items():
            file = folder / f"{name}.parquet"
            table.to_parquet(file, index=False, compression="zstd")
            outputs[file.name] = {"rows": len(table), **_written(file)}
        package = folder / DATAPACKAGE_FILE
        tables_written = [*outputs.values()]
        package.write_text(package_text(record, tables_written), encoding="utf-8")
        record = {**record, "outputs": tables_written, "datapackage": _written(package)}
        text = json.dumps(sealed(record), indent=1, ensure_ascii=False)
        (folder / BUILD_FILE).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from error
    return tables_written


def _unwritable(folder: Path, error: OSError) -> DataError:
    return DataError(
        str(folder), f"cannot be written to ({error})", "Free space, or mend its permissions."
    )


def _written(file: Path) -> dict[str, Any]:
    return {"file": file.name, "bytes": file.stat().st_size, "sha256": sha256_of(file)}


def take_place(fresh: Path, folder: Path) -> None:
    """Put a folder in the place of another, which `recover` puts back if it is broken off."""
    old = old_folder(folder)
    if old.is_dir():
        shutil.rmtree(old)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
