"""Check that raw files and processed tables are still what was declared and built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.catalog import sources as catalog_sources
from coopanalysis.catalog.tables import BOUNDARIES, PROCESSED_TABLES
from coopanalysis.errors import BuildError, CoopError, DataError
from coopanalysis.panel.inputs import RETURN_A
from coopanalysis.panel.record import (
    fingerprint,
    not_built,
    read_build,
    rebuild_advice,
    shown_path,
    written_files,
)
from coopanalysis.panel.release_tables import read_table
from coopanalysis.panel.verify import check_file, check_rows
from coopanalysis.schema import check_table, conform
from coopanalysis.sources import READERS
from coopanalysis.sources.identity import sha256_of


def check_release_data(release: str) -> list[str]:
    """Check raw files and processed tables of a release.

    Raw files against their hashes and row counts, processed files against the hashes they were
    written with and against the declarations of their columns.

    Returns
    -------
    list of str
        One line per failure; empty if all is well.
    """
    failures: list[CoopError] = []
    folder = paths.processed_dir(release)
    record = read_build(folder)
    counted = _rows_counted(record, release)
    for source in catalog_sources.release_sources(release):
        digest, failure = check_file(source, release)
        if failure:
            failures.append(failure)
        if digest and counted.get((source.id, digest)) != source.rows:
            failures += _check_rows(source, release)
    if record is None:
        failures.append(not_built(folder))
    else:
        failures += _check_tables(folder, record)
    return [str(failure) for failure in failures]


def _rows_counted(record: dict[str, Any] | None, release: str) -> dict[tuple[str, str], int]:
    """Rows of master files, by id and hash, that this code counted when it built the tables.

    Counting them again would mean to unpack them again, which takes longer than all the rest.
    """
    if record is None or record.get("fingerprint") != fingerprint(release):
        return {}
    return {
        (entry["id"], entry["sha256"]): entry["rows_in"]
        for entry in record["inputs"]
        if entry["layout"] == RETURN_A
    }


def _check_rows(source: catalog_sources.Source, release: str) -> list[CoopError]:
    path = catalog_sources.source_path(source, release)
    try:
        reading = READERS[source.layout](path, source.id)
    except DataError as error:
        return [error]
    failure = check_rows(source, reading, shown_path(path))
    return [failure] if failure else []


def _check_tables(folder: Path, record: dict[str, Any]) -> list[CoopError]:
    remedy = rebuild_advice(folder)
    failures: list[CoopError] = []
    for output in written_files(record):
        file = folder / output["file"]
        if not file.is_file():
            failures.append(DataError(shown_path(file), "the file is missing", remedy))
        elif sha256_of(file) != output["sha256"]:
            failures.append(DataError(shown_path(file), "is not the file that was built", remedy))
        elif file.stem in PROCESSED_TABLES and file.stem != BOUNDARIES.name:
            try:
                table = PROCESSED_TABLES[file.stem]
                check_table(conform(read_table(folder, file.stem), table), table)
            except BuildError as error:
                failures += error.failures
            except DataError as error:
                failures.append(error)
    return failures
