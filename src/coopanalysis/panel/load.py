"""Load the processed tables of a release."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from coopanalysis import paths
from coopanalysis.catalog.column import Column
from coopanalysis.catalog.sources import check_release
from coopanalysis.catalog.tables import COUNTY, COUNTY_YEAR
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel.counties import counties_in, usable_rate, years_with_crime
from coopanalysis.panel.own_cells import read_cells
from coopanalysis.panel.own_codes import KEY, PLACE_COLUMNS, Counties
from coopanalysis.panel.own_file import OwnFile, join_own, own_column, own_columns
from coopanalysis.panel.policies import (
    Policy,
    find_policy,
    known_before,
    list_policies,
    policy_in_force_by,
    policy_signed_after,
)
from coopanalysis.panel.record import (
    BOUNDARIES,
    FILES_VARIABLE,
    READS_VARIABLE,
    build_view,
    read_build,
    rebuild_advice,
    shown_path,
    sound_table,
    table_sources,
)
from coopanalysis.vocabulary import MAIN, PRACTICE_NAMES


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
    named : dict of str to Column
        Words of columns that are not of the release: derived in a notebook, or the user's own.
    joined : list of OwnFile
        What became of each table of the user's own that `join` joined.
    dated : dict of str to Series
        0/1 columns of the policies in force by a day that `policy` was asked for; `counties` has
        them from then on.
    """

    release: str
    build: dict[str, Any]
    folder: Path = field(repr=False)
    named: dict[str, Column] = field(default_factory=dict, repr=False, compare=False)
    joined: list[OwnFile] = field(default_factory=list, repr=False, compare=False)
    dated: dict[str, pd.Series] = field(default_factory=dict, repr=False, compare=False)

    def counties(self, year: int | None = None) -> pd.DataFrame:
        """One row per county of the base list, ordinary columns, those of a year joined.

        See `panel.counties.counties_in`.
        """
        years = self.county_year if year is not None else pd.DataFrame()
        return counties_in(self.county.assign(**self.dated), years, year)

    def usable_rate(
        self, counties: pd.DataFrame, outcome: str, least_quality: int = 2
    ) -> pd.Series:
        """Rate where reporting was good enough, else missing: `panel.counties.usable_rate`.

        Raises
        ------
        UsageError
            As there; also if the counties are those of a year without crime data.
        """
        if "reporting_quality" in counties and "reporting_status" not in counties:
            raise UsageError(
                "These counties are those of a year without reported crime. Take them of another, "
                f"data.counties(year). There are: {', '.join(map(str, self.crime_years))}."
            )
        return usable_rate(counties, outcome, least_quality)

    @cached_property
    def crime_years(self) -> list[int]:
        """Years with reported crime."""
        return years_with_crime(self.county_year)

    @cached_property
    def policies(self) -> dict[str, Policy]:
        """Every 0/1 column of the county table that is a policy, by name."""
        source = str(self.county["practices_source"].iloc[0])
        return {one.name: one for one in list_policies(self.build, source)}

    @property
    def practices(self) -> list[Policy]:
        """The practices of the rubric that the release knows of at least one county."""
        known = [name for name in PRACTICE_NAMES if self.county[name].notna().any()]
        return [self.policies[name] for name in known]

    def policy(
        self,
        name: str | Policy = MAIN,
        *,
        in_force_by: str | None = None,
        signed_after: str | None = None,
    ) -> Policy:
        """Return a policy by its column; "main" is the release's own.

        A 0/1 column that `join` joined or `name_column` named is one too, with its words.

        Parameters
        ----------
        name : str or Policy
            Column of the counties, or "main".
        in_force_by : str, optional
            A day in ISO form: the policy as it was then, for agreements, whose days of signing
            are known. `counties` and `with_policy` have its column `<name>_by_<day>` from then on:
            1 where signed by the day, 0 where no list has an agreement of the county, else
            missing. A policy without days comes as it is, with a `note` that says so.
        signed_after : str, optional
            A day in ISO form: counties that signed after it, against those without any.

        Raises
        ------
        UsageError
            If the release does not know it, lists those that it knows; if no county had it by
            then, or it has no days and is of a later time; if both days are asked for.
        """
        asked, day = str(name), in_force_by or signed_after
        if day is None and asked in self.dated:
            return self.policies[asked]
        if in_force_by and signed_after:
            raise UsageError("Ask for in_force_by or for signed_after, not for both.")
        undated = [one for one in self.policies.values() if one.name not in self.dated]
        asked = self.policies[asked].of if asked in self.dated else asked
        policy = find_policy(asked, undated, self.county, self.release, self.named)
        if day is None:
            return policy
        if policy.signed:
            return self._dated(policy, day, is_later=in_force_by is None)
        if in_force_by is not None:
            return known_before(policy, day)
        known = ", ".join(one.name for one in undated if one.signed)
        raise UsageError(
            f"'{policy.name}' has no days of signing, so that it cannot be told who signed after "
            f"{day}. There are days for: {known or 'none'}."
        )

    def _dated(self, policy: Policy, day: str, *, is_later: bool) -> Policy:
        from coopanalysis.panel.county import (  # noqa: PLC0415  (cleaning, rarely asked)
            first_signed,
            listed_counties,
        )

        signed = first_signed(self.agreements, policy.name)
        listed = listed_counties(self.agreements)
        divide = policy_signed_after if is_later else policy_in_force_by
        dated, values = divide(policy, day, self.county, signed, listed)
        self.dated[dated.name] = values
        self.policies[dated.name] = dated
        self.name_column(dated.name, label=dated.label, unit="0 or 1", phrase=dated.plural)
        return dated

    def with_policy(self, counties: pd.DataFrame, policy: Policy) -> pd.DataFrame:
        """Counties that are with or without a policy, with its column.

        Parameters
        ----------
        counties : DataFrame, one row per county
            Needs `county_fips`.
        policy : Policy
            As `policy` returned it.

        Returns
        -------
        DataFrame
            For a policy asked for by a day, without the counties that are neither; else the
            counties as they are.
        """
        if policy.name not in self.dated:
            return counties
        values = self.dated[policy.name].set_axis(self.county["county_fips"])
        flag = counties["county_fips"].map(values)
        return counties.assign(**{policy.name: flag})[flag.notna()]

    def column(self, name: str) -> Column:
        """Words of a column of the counties: its declaration, or what `name_column` was told."""
        if name in self.named:
            return self.named[name]
        declared = {one.name: one for one in (*COUNTY_YEAR.columns, *COUNTY.columns)}
        if name in declared:
            column = declared[name]
            policy = self.policies.get(name) if column.allowed == (0, 1) else None
            return replace(column, label=policy.label, phrase=policy.plural) if policy else column
        return Column(name, "float64", "", "", "", True, label=name.replace("_", " ").capitalize())

    def name_column(
        self, name: str, *, label: str, unit: str = "", phrase: str = "", source: str = ""
    ) -> None:
        """Give words to a column of your own, or others to one of the release.

        Parameters
        ----------
        name : str
            Column of the frame.
        label : str
            How tables and figures name it.
        unit : str
            "0 or 1", "share, 0 to 1", or a unit in words.
        phrase : str
            Completes "Counties that ..." for a 0/1 column, "... more ..." for an amount; by
            default "have", and the label, for a 0/1 column.
        source : str
            Where it is from; empty for what is derived in the notebook.

        Raises
        ------
        UsageError
            If the label is empty.
        """
        if not label.strip():
            raise UsageError(f"Column '{name}' needs a label.")
        self.named[name] = own_column(name, label, unit, phrase, source)

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

    def join(
        self,
        frame: pd.DataFrame,
        file: str | Path | pd.DataFrame,
        *,
        on: str = KEY,
        state: str | None = None,
        sheet: str | None = None,
        columns: Sequence[str] | Mapping[str, str] | None = None,
        words: Mapping[str, str] | None = None,
        units: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> pd.DataFrame:
        """Join a table of your own to a frame of counties (left, 1:1); `joined` says the rest.

        Columns that an earlier join of a table of the same name brought are brought anew, so that
        a cell can be run again.

        Parameters
        ----------
        frame : DataFrame, one row per county
            Needs `county_fips`.
        file : str, Path or DataFrame
            CSV, Excel (.xlsx) or Parquet. A relative path is looked for in the current folder,
            then in the project's. A report declares its `files` in `notebooks/reports.toml`.
        on, state, columns
            As in `own_file.join_own`: column with the county's code, or its name beside a
            column with the state; columns to take, perhaps under other names.
        sheet : str, optional
            Sheet of a workbook.
        words, units, labels : mapping of str, optional
            By column, as in `own_file.own_columns`.

        Raises
        ------
        DataError
            If a row cannot be joined or a cell not read; if a report does not declare the file.
        UsageError
            If a column does not exist, or its name is taken.
        """
        if not isinstance(file, pd.DataFrame):
            _check_declared(paths.find_file(file))
        cells = read_cells(file, on, sheet)
        own_list = frame["county_vintage"] if "county_vintage" in frame else pd.Series(dtype=int)
        list_year = self.build["base_list"] if own_list.isna().all() else own_list.max()
        again = [name for one in self.joined if one.name == cells.name for name in one.columns]
        fresh = frame.drop(columns=again, errors="ignore")
        counties = Counties(fresh, self.county[list(PLACE_COLUMNS)], int(list_year))
        joined, own = join_own(counties, cells, on=on, state=state, columns=columns)
        self.named.update(own_columns(own, words, units, labels))
        others = [one for one in self.joined if set(one.columns).isdisjoint(own.columns)]
        self.joined[:] = [*others, own]
        return joined

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


def _check_declared(file: Path) -> None:
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
    panel = Panel(release=release, build=BuildRecord(seen), folder=folder)
    _LOADED[release] = panel
    return panel


_LOADED: dict[str, Panel] = {}


def loaded_releases() -> list[Panel]:
    """Releases that were loaded in this process, the last load of each."""
    return list(_LOADED.values())


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
