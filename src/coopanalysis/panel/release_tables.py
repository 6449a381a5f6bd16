"""Tables of a release as they stand on disk, read when asked for, if a report declares them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from coopanalysis import paths
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel.record import (
    FILES_VARIABLE,
    READS_VARIABLE,
    rebuild_advice,
    shown_path,
    sound_table,
)


@dataclass(frozen=True)
class ReleaseTables:
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
    def agreement_listings(self) -> pd.DataFrame:
        """One row per agency, support type and list of participating agencies, of all lists."""
        return self._read("agreement_listings")

    @cached_property
    def agreement_spells(self) -> pd.DataFrame:
        """One row per agreement and stretch on ICE's lists, over all lists of the release."""
        return self._read("agreement_spells")

    @cached_property
    def detention_facility(self) -> pd.DataFrame:
        """One row per place of detention, fiscal year and record in which anyone was held."""
        return self._read("detention_facility")

    @cached_property
    def detention(self) -> pd.DataFrame:
        """One row per county, fiscal year and record in which ICE held anyone there.

        Records overlap: take the rows of one `record`.
        """
        return self._read("detention")

    @cached_property
    def detainers_declined(self) -> pd.DataFrame:
        """One row per facility and year in which it declined a detainer of ICE."""
        return self._read("detainers_declined")

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
        packed = self._read("boundaries")
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

    def agreement_changes(self, earlier: str, later: str) -> pd.DataFrame:
        """What became of the agreements between any two days that ICE's lists reach.

        Parameters
        ----------
        earlier, later : str
            Days in ISO form; each stands for the latest list up to it.

        Returns
        -------
        DataFrame, one row per agreement of either list
            `change` ("same", "retyped", "renamed", "started", "ended"), `state_fips`,
            `support_type`, and agency, type, county, day of signing and row on each list, with the
            suffixes `_earlier` and `_later`. One that ended may have a new name that the facts do
            not show: `agreement_spells` says which are unclear.

        Raises
        ------
        UsageError
            If the lists begin later.
        """
        # Comparing is rarely asked for, and takes time to import.
        from coopanalysis.clean.compare_lists import compare_lists, list_of_day  # noqa: PLC0415

        lists = self.agreement_listings
        return compare_lists(list_of_day(lists, earlier), list_of_day(lists, later))

    def agreements_by_month(self) -> pd.DataFrame:
        """Agreements on the last list of each month that has one.

        Returns
        -------
        DataFrame, one row per month, state and support type with any
            `month` (its first day), `list_date`, `state_fips`, `support_type`, `agreements_count`,
            `counties_count` (counties with an agency of their own on the list; missing where the
            list does not say which agencies are of a county).
        """
        from coopanalysis.clean.compare_lists import monthly_agreements  # noqa: PLC0415

        return monthly_agreements(self.agreement_listings)

    def known_effect(self, outcome: str, policy: str, year: int | None = None) -> float | None:
        """Effect of a policy on an outcome that was put into a simulated release.

        Parameters
        ----------
        outcome, policy : str
            Columns of `county_year` and of `county`.
        year : int, optional
            Year of the outcome; may be left out where the effect is the same in all years.

        Returns
        -------
        float or None
            In the unit of the outcome, the mean over counties where it differs between them; None
            where nothing is declared, as in real data.

        Raises
        ------
        UsageError
            If the effect differs between years and no year is given.
        """
        values = {
            year_of: float(effect["value"])
            for effect in self.build["known_effects"]
            if (effect["outcome"], effect["policy"]) == (outcome, policy)
            for year_of in effect["years"]
            if year in (None, year_of)
        }
        if len(set(values.values())) > 1:
            raise UsageError(
                f"The known effect of '{policy}' on '{outcome}' differs between years: "
                f"{', '.join(f'{value:g} in {one}' for one, value in sorted(values.items()))}. "
                "Pass the year of the outcome."
            )
        return next(iter(values.values()), None)

    def _read(self, name: str) -> pd.DataFrame:
        declared = declared_tables()
        if declared and name not in declared:
            raise undeclared(name, f"the table '{name}'")
        return read_table(self.folder, name)


def declared_tables() -> tuple[str, ...]:
    """Tables that the running report declares; empty outside of a report, and for all."""
    return tuple(name for name in os.environ.get(READS_VARIABLE, "").split(",") if name)


def undeclared(name: str, what: str) -> DataError:
    """The error of a report that reads what it does not declare."""
    return DataError(
        "notebooks/reports.toml",
        f"this report reads {what}, which it does not declare",
        f'Add "{name}" to its `reads`, so that the report follows when that changes.',
    )


def check_declared_file(file: Path) -> None:
    """Refuse a file that the running report does not declare; outside of reports, none."""
    named = os.environ.get(FILES_VARIABLE)
    declared = None if named is None else json.loads(named)
    root, found, own = paths.project_root(), file.resolve(), paths.own_dir().resolve()
    if declared is None or found in [(root / one).resolve() for one in declared]:
        return
    inside = found.is_relative_to(own)
    name = f"data/raw/own/{found.relative_to(own).as_posix() if inside else found.name}"
    files = ", ".join(json.dumps(one, ensure_ascii=False) for one in [*declared, name])
    raise DataError(
        "notebooks/reports.toml",
        f"this report joins the file {shown_path(file)}, which it does not declare",
        f"{'W' if inside else 'Put it into data/raw/own/ and w'}rite files = [{files}] into its "
        "entry, so that the report follows when the file changes.",
    )


def read_table(folder: Path, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """Read one table of a build, or some of its columns; `DataError` if it is damaged."""
    file = sound_table(folder, name)
    try:
        return pd.read_parquet(file, columns=columns)
    except (OSError, ValueError) as error:
        raise DataError(
            shown_path(file), f"cannot be read ({error})", rebuild_advice(folder)
        ) from error
