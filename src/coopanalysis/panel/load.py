"""Load the processed tables of a release, and check that they are still what was built."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from coopanalysis import paths
from coopanalysis.catalog import sources as catalog_sources
from coopanalysis.catalog.agency_columns import AGENCY_TABLES, AGENCY_YEAR, COUNTY_REPORTING
from coopanalysis.catalog.columns import TABLES
from coopanalysis.errors import BuildError, CoopError, DataError
from coopanalysis.panel.store import BOUNDARIES, TABLE_NAMES, read_build, written_files
from coopanalysis.panel.verify import check_file, check_rows, shown_path
from coopanalysis.schema import check_table, conform
from coopanalysis.sources import READERS
from coopanalysis.sources.fetch import sha256_of


@dataclass(frozen=True)
class Panel:
    """The tables of one release, and the record of how they were built.

    Attributes
    ----------
    release : str
        Name of the release.
    county : DataFrame, one row per county of the base list
    county_year : DataFrame, one row per county and year
    county_year_subgroup : DataFrame, one row per county, year and subgroup of juveniles
    agreements : DataFrame, one row per agency, support type and list
    rejects : DataFrame, one row per raw row that could not be used
    build : dict
        Inputs with hashes and row counts, joins, corrections: what is in `build.json`.
    boundaries : DataFrame, one row per polygon
        `county_fips`, `state_fips`, `geometry` (shapely), in one flat plane, y upwards.
    folder : Path
        Where the tables are.
    """

    release: str
    county: pd.DataFrame
    county_year: pd.DataFrame
    county_year_subgroup: pd.DataFrame
    agreements: pd.DataFrame
    rejects: pd.DataFrame
    build: dict[str, Any]
    boundaries: pd.DataFrame
    folder: Path = field(repr=False)

    @cached_property
    def agency_year(self) -> pd.DataFrame:
        """One row per agency, year and county part, from Return A; read when first asked for.

        Without a row where the release has no file of Return A: `build["return_a"]` is empty.
        """
        return _read_table(self.folder, AGENCY_YEAR.name, self.release)

    @cached_property
    def county_reporting(self) -> pd.DataFrame:
        """One row per county and year, as its police reported to the FBI; else as above."""
        return _read_table(self.folder, COUNTY_REPORTING.name, self.release)


def load_release(release: str, root: Path | None = None) -> Panel:
    """Load the processed tables of a release.

    Parameters
    ----------
    release : str
        Name of the release.
    root : Path, optional
        Folder that holds one folder per release; by default the project's.

    Raises
    ------
    DataError
        If the release has not been built, or a table cannot be read.
    UsageError
        If there is no such release.
    """
    catalog_sources.check_release(release)
    folder = root / release if root else paths.processed_dir(release)
    record = read_build(folder)
    if record is None:
        raise DataError(
            shown_path(folder),
            f"the tables of release '{release}' are not there",
            f"Run `coopanalysis data build --release {release}`.",
        )
    tables = {name: _read_table(folder, name, release) for name in TABLE_NAMES}
    boundaries = _read_table(folder, BOUNDARIES, release)
    shapes = shapely.from_wkb(boundaries["geometry"].to_numpy())
    return Panel(
        release=release,
        build=record,
        boundaries=boundaries.assign(geometry=shapes),
        folder=folder,
        **tables,
    )


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
    for source in catalog_sources.release_sources(release):
        digest, failure = check_file(source, release)
        if failure:
            failures.append(failure)
        if digest:
            failures += _check_rows(source, release)
    folder = paths.processed_dir(release)
    record = read_build(folder)
    if record is None:
        failures.append(
            DataError(
                shown_path(folder),
                "the tables are not there",
                f"Run `coopanalysis data build --release {release}`.",
            )
        )
    else:
        failures += _check_tables(folder, record, release)
    return [str(failure) for failure in failures]


def _check_rows(source: catalog_sources.Source, release: str) -> list[CoopError]:
    path = catalog_sources.source_path(source, release)
    try:
        reading = READERS[source.layout](path, source.id)
    except DataError as error:
        return [error]
    failure = check_rows(source, reading, shown_path(path))
    return [failure] if failure else []


def _check_tables(folder: Path, record: dict[str, Any], release: str) -> list[CoopError]:
    remedy = f"Delete {shown_path(folder)} and run `coopanalysis data build --release {release}`."
    failures: list[CoopError] = []
    declared = TABLES | {table.name: table for table in AGENCY_TABLES}
    for output in written_files(record):
        file = folder / output["file"]
        if not file.is_file():
            failures.append(DataError(shown_path(file), "the file is missing", remedy))
        elif sha256_of(file) != output["sha256"]:
            failures.append(DataError(shown_path(file), "is not the file that was built", remedy))
        elif file.stem in declared:
            try:
                table = declared[file.stem]
                check_table(conform(_read_table(folder, file.stem, release), table), table)
            except BuildError as error:
                failures += error.failures
            except DataError as error:
                failures.append(error)
    return failures


def _read_table(folder: Path, name: str, release: str) -> pd.DataFrame:
    file = folder / f"{name}.parquet"
    try:
        return pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise DataError(
            shown_path(file),
            f"cannot be read ({error})",
            f"Delete the folder {shown_path(folder)} and run "
            f"`coopanalysis data build --release {release}`.",
        ) from error
