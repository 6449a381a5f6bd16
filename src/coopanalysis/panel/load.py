"""Load the processed tables of a release."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from coopanalysis import paths
from coopanalysis.catalog.sources import check_release
from coopanalysis.errors import DataError
from coopanalysis.panel.record import (
    BOUNDARIES,
    READS_VARIABLE,
    build_view,
    read_build,
    rebuild_advice,
    shown_path,
    sound_table,
    table_sources,
)


class BuildRecord(dict[str, Any]):
    """The record of a build, as far as whoever reads it declared to read it."""

    def __missing__(self, name: str) -> Any:
        if _declared():
            raise _undeclared("build", f"the entry '{name}' of the record of the build")
        raise KeyError(name)


@dataclass(frozen=True)
class Panel:
    """The tables of one release, each read when it is first asked for, and how they were built.

    Attributes
    ----------
    release : str
        Name of the release.
    build : dict
        Inputs with hashes and row counts, joins, corrections: what is in `build.json`.
    folder : Path
        Where the tables are.
    """

    release: str
    build: dict[str, Any]
    folder: Path = field(repr=False)

    @cached_property
    def county(self) -> pd.DataFrame:
        """One row per county of the base list."""
        return self._read("county")

    @cached_property
    def county_year(self) -> pd.DataFrame:
        """One row per county and year."""
        return self._read("county_year")

    @cached_property
    def county_year_subgroup(self) -> pd.DataFrame:
        """One row per county, year and subgroup of juveniles."""
        return self._read("county_year_subgroup")

    @cached_property
    def agreements(self) -> pd.DataFrame:
        """One row per agency, support type and list."""
        return self._read("agreements")

    @cached_property
    def rejects(self) -> pd.DataFrame:
        """One row per raw row that could not be used."""
        return self._read("rejects")

    @cached_property
    def boundaries(self) -> pd.DataFrame:
        """One row per polygon of the base list: `county_fips`, `state_fips`, `geometry` (shapely).

        In one flat plane, y upwards.
        """
        return self.boundaries_of(self.build["base_list"])

    def boundaries_of(self, year: int) -> pd.DataFrame:
        """As `boundaries`, with the units of the county list of a year.

        Connecticut has its eight counties in the lists to 2021 and its nine planning regions
        from 2022 on.
        """
        packed = self._outlines
        starts, ends = packed["first_year"].fillna(year), packed["last_year"].fillna(year)
        drawn = packed[(starts <= year) & (ends >= year)].reset_index(drop=True)
        return drawn[["county_fips", "state_fips", "geometry"]]

    @cached_property
    def _outlines(self) -> pd.DataFrame:
        packed = self._read(BOUNDARIES)
        return packed.assign(geometry=shapely.from_wkb(packed["geometry"].to_numpy()))

    @cached_property
    def agency_year(self) -> pd.DataFrame:
        """One row per agency, year and county part, from Return A.

        Without a row where the release has no file of Return A: `build["return_a"]` is empty.
        """
        return self._read("agency_year")

    @cached_property
    def county_reporting(self) -> pd.DataFrame:
        """One row per county and year, as its police reported to the FBI; else as above."""
        return self._read("county_reporting")

    def _read(self, name: str) -> pd.DataFrame:
        declared = _declared()
        if declared and name not in declared:
            raise _undeclared(name, f"the table '{name}'")
        return read_table(self.folder, name)


def _declared() -> tuple[str, ...]:
    """Tables that the running report declares; empty outside of a report, and for all."""
    return tuple(name for name in os.environ.get(READS_VARIABLE, "").split(",") if name)


def _undeclared(name: str, what: str) -> DataError:
    return DataError(
        "notebooks/reports.toml",
        f"this report reads {what}, which it does not declare",
        f'Add "{name}" to its `reads`, so that the report follows when that changes.',
    )


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
        If the release has not been built. If a table cannot be read, or a report did not
        declare it, when it is asked for.
    UsageError
        If there is no such release.
    """
    check_release(release)
    folder = root / release if root else paths.processed_dir(release)
    record = read_build(folder)
    if record is None:
        raise DataError(
            shown_path(folder),
            f"the tables of release '{release}' are not there",
            f"Run `coopanalysis data build --release {release}`.",
        )
    declared = _declared()
    seen = build_view(record, declared, table_sources(folder)) if declared else record
    return Panel(release=release, build=BuildRecord(seen), folder=folder)


def read_table(folder: Path, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """Read one table of a build, or some of its columns.

    Raises
    ------
    DataError
        If it cannot be read, or is not the file that was built.
    """
    file = sound_table(folder, name)
    try:
        return pd.read_parquet(file, columns=columns)
    except (OSError, ValueError) as error:
        raise DataError(
            shown_path(file), f"cannot be read ({error})", rebuild_advice(folder)
        ) from error
