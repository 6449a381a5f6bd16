"""A release as its users see it: counties, policies, words of columns, tables of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from coopanalysis import paths
from coopanalysis.catalog.column import Column
from coopanalysis.catalog.tables import COUNTY, COUNTY_YEAR
from coopanalysis.errors import UsageError
from coopanalysis.panel.counties import counties_in, usable_rate, years_with_crime
from coopanalysis.panel.own_cells import read_cells
from coopanalysis.panel.own_codes import KEY, PLACE_COLUMNS, Counties
from coopanalysis.panel.own_file import OwnFile, join_own, own_column, own_columns
from coopanalysis.panel.policies import (
    Policy,
    find_policy,
    in_words,
    known_before,
    list_days,
    list_policies,
    policy_by_day,
)
from coopanalysis.panel.release_tables import ReleaseTables, check_declared_file
from coopanalysis.vocabulary import MAIN, PRACTICE_NAMES


@dataclass(frozen=True)
class Panel(ReleaseTables):
    """One release: its tables, its policies, and what a notebook adds to it.

    Attributes
    ----------
    named : dict of str to Column
        Words of columns that are not of the release: derived in a notebook, or the user's own.
    joined : list of OwnFile
        What became of each table of the user's own that `join` joined.
    dated : dict of str to Series
        0/1 columns of the policies in force by a day that `policy` was asked for; `counties` has
        them from then on.
    """

    named: dict[str, Column] = field(default_factory=dict, repr=False, compare=False)
    joined: list[OwnFile] = field(default_factory=list, repr=False, compare=False)
    dated: dict[str, pd.Series] = field(default_factory=dict, repr=False, compare=False)

    def counties(self, year: int | None = None) -> pd.DataFrame:
        """Counties of the base list, with the columns of a year beside those of the county table.

        Parameters
        ----------
        year : int, optional
            A year of `county_year`; without one only what the county table has.

        Returns
        -------
        DataFrame, one row per county, indexed by its code
            Amounts, counts and 0/1 columns are `float64`, missing values NaN, so that statsmodels
            and seaborn take them. A column that both tables have is that of the county table. With
            a year that has crime data, `reporting_status` says how it was reported.

        Raises
        ------
        UsageError
            If there is no such year.
        """
        years = self.county_year if year is not None else pd.DataFrame()
        return counties_in(self.county.assign(**self.dated), years, year)

    def usable_rate(
        self, counties: pd.DataFrame, outcome: str, least_quality: int = 2
    ) -> pd.Series:
        """Rate of reported offences where reporting was good enough, else missing.

        Left out are rates of poorer reporting than asked for, and those of counties whose offences
        are booked to another county or hold those of another.

        Parameters
        ----------
        counties : DataFrame
            From `counties`, with a year.
        outcome : str
            Column of a rate.
        least_quality : int
            Worst reporting quality whose rates are kept: 1 all agencies reported, 2 most, 3 any.

        Raises
        ------
        UsageError
            If the quality is not 1, 2 or 3, the frame has no such rate, or the counties are those
            of a year without crime data.
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
        return {one.name: one for one in list_policies(self.build)}

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
            A day in ISO form: the policy as it was then, for agreements, whose days are known
            (`policy_by_day`). `counties` and `with_policy` have its column `<name>_by_<day>` from
            then on: 1 where in force on the day, 0 where no list has an agreement of the county,
            else missing. A policy without days comes as it is, with a `note` that says so.
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
        # Cleaning is rarely asked for, and takes time to import.
        from coopanalysis.panel.county import county_stretches, listed_counties  # noqa: PLC0415

        stretches = county_stretches(self.agreement_spells, self.county)
        listed = listed_counties(self.agreements, self.agreement_spells, self.county)
        lists = list_days(self.build)
        dated, values = policy_by_day(
            policy, day, self.county, stretches, listed, lists, is_later=is_later
        )
        without = f"counties without one on any list to {in_words(str(lists[-1].date()))}"
        self.dated[dated.name] = values
        self.policies[dated.name] = dated
        words = {"label": dated.label, "phrase": dated.plural, "without": without}
        self.name_column(dated.name, unit="0 or 1", **words)
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
        self,
        name: str,
        *,
        label: str,
        unit: str = "",
        phrase: str = "",
        source: str = "",
        without: str = "",
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
        without : str
            With whom a 0/1 column compares; by default "counties that do not".

        Raises
        ------
        UsageError
            If the label is empty.
        """
        if not label.strip():
            raise UsageError(f"Column '{name}' needs a label.")
        self.named[name] = own_column(name, label, unit, phrase, source, without)

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
        on : str
            Column with the county's code; with `state` its name.
        state : str, optional
            Column with the state: name, postal abbreviation or code. Names are matched by spelling
            rules within the state, never by likeness.
        columns : sequence or mapping of str, optional
            Columns to take; a mapping gives them other names. By default all but `on` and `state`.
        sheet : str, optional
            Sheet of a workbook.
        words, units, labels : mapping of str, optional
            By column: what counties do that have a 1 there ("elect their sheriff"), the unit, and
            how tables and figures name it.

        Raises
        ------
        DataError
            If a row cannot be joined or a cell not read; if a report does not declare the file.
        UsageError
            If a column does not exist, or its name is taken.
        """
        if not isinstance(file, pd.DataFrame):
            check_declared_file(paths.find_file(file))
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
