"""From one cell of a processed table back to file, sheet and row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import pandas as pd

from coopanalysis import paths
from coopanalysis.catalog.column import Table
from coopanalysis.catalog.sources import check_release
from coopanalysis.catalog.tables import COUNTY, COUNTY_REPORTING, COUNTY_YEAR, PROVENANCE
from coopanalysis.errors import UsageError
from coopanalysis.panel.origins import Origin, with_cells
from coopanalysis.panel.record import standing_build
from coopanalysis.panel.release_tables import read_table
from coopanalysis.panel.trace_county import RowSearch
from coopanalysis.panel.trace_row import ROW_TABLES, find_row, rows_behind

OF_COUNTY: Final = (COUNTY,)
OF_YEAR: Final = (COUNTY_YEAR, COUNTY_REPORTING)
"""Tables whose cells can be traced: without a year, and with one."""
_SHOWN = 5


@dataclass(frozen=True)
class Trace:
    """Where the value of one cell comes from.

    Attributes
    ----------
    release, table, county_fips, column : str
        The cell.
    county : str
        Name of the county and its state; empty if its code is not in the base list.
    year : int or None
        Year, in a table that has years.
    value : str, int, float or None
        The value; dates as YYYY-MM-DD, None if missing.
    unit, meaning : str
        Of the column.
    origins : tuple of Origin
        The raw rows, with their cells as they stand in the file.
    without_row : tuple of str
        Ids of sources the column comes from that have no row about this county.
    notes : tuple of str
        What else a person has to know.
    """

    release: str
    table: str
    county_fips: str
    county: str
    year: int | None
    column: str
    value: str | int | float | None
    unit: str
    meaning: str
    origins: tuple[Origin, ...]
    without_row: tuple[str, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        year = f", {self.year}" if self.year is not None else ""
        value = "missing" if self.value is None else self.value
        lines = [
            f"{self.county_fips} {self.county}{year} (release {self.release}, table {self.table})",
            f"{self.column} = {value}   [{self.unit}]",
            f"  {self.meaning}",
            *map(str, self.origins),
            *(f"{source}: no row about this county" for source in self.without_row),
            *self.notes,
        ]
        return "\n".join(lines)


def trace_cell(
    release: str,
    county: str,
    column: str,
    year: int | None = None,
    *,
    table: str = "",
    where: Mapping[str, str] | None = None,
) -> Trace:
    """Find the raw rows behind one cell of a processed table.

    Parameters
    ----------
    release : str
        Name of the release; it must have been built.
    county : str
        County code of five characters; empty for a row that has none.
    column : str
        Name of a column.
    year : int, optional
        Year; without it the cell is one of the county table.
    table : str, optional
        Name of the table; by default the first of `county`, or with a year of `county_year` and
        `county_reporting`, that has the column.
    where : mapping, optional
        Further columns and their values as text, for tables with several rows a county.

    Returns
    -------
    Trace

    Raises
    ------
    UsageError
        If there is no such release, county, column or year; names the nearest.
    DataError
        If the release has not been built, or a raw file is not there or cannot be read.
    """
    check_release(release)
    folder = paths.processed_dir(release)
    record = standing_build(folder)
    without: tuple[str, ...] = ()
    if table in ROW_TABLES:
        chosen = ROW_TABLES[table]
        _check_column(chosen, column)
        told = {name: value for name, value in ((_place(chosen), county), ("year", year)) if value}
        row = find_row(folder, chosen, {**told, **(where or {})})
        rows, notes = rows_behind(folder, record, chosen, column, row)
    else:
        chosen = _table_named(table, column, year, where)
        row = _county_row(folder, chosen, county, year)
        search = RowSearch(folder, record, chosen.column(column), row, year)
        rows, notes = search.rows(), search.notes
        without = search.without_row(rows)
    code = row.get(_place(chosen))
    code = "" if pd.isna(code) else str(code)
    origins, unshown = with_cells(rows, code, release, record)
    return Trace(
        release=release,
        table=chosen.name,
        county_fips=code,
        county=_county_names(folder).get(code, ""),
        year=None if pd.isna(row.get("year")) else int(row["year"]),
        column=column,
        value="an outline" if column == "geometry" else _plain(row[column]),
        unit=chosen.column(column).unit,
        meaning=chosen.column(column).description,
        origins=origins,
        without_row=without,
        notes=(*notes, *unshown),
    )


def _place(table: Table) -> str:
    return "place_fips" if table is PROVENANCE else "county_fips"


def _table_named(
    name: str, column: str, year: int | None, where: Mapping[str, str] | None
) -> Table:
    """Table of counties of this name, or the first that has the column."""
    named = {one.name: one for one in (*OF_COUNTY, *OF_YEAR)}
    table = _table_with(column, year) if not name else named.get(name)
    if table is None:
        raise UsageError(f"No table '{name}'. There are: {', '.join([*named, *ROW_TABLES])}.")
    if (year is None) != (table in OF_COUNTY):
        raise UsageError(
            f"A cell of table {name} " + ("needs a year." if year is None else "has no year.")
        )
    if where:
        raise UsageError(f"A row of {table.name} is told by its county and year: leave out where.")
    _check_column(table, column)
    return table


def _check_column(table: Table, column: str) -> None:
    if column not in _names(table):
        near = ", ".join(_nearest(column, _names(table)))
        raise UsageError(f"Table {table.name} has no column '{column}'. The nearest: {near}.")


def _nearest(column: str, known: list[str]) -> list[str]:
    return get_close_matches(column, known, n=_SHOWN, cutoff=0.5) or known


def _table_with(column: str, year: int | None) -> Table:
    """Table that has a column, among those with years or those without."""
    searched, others = (OF_COUNTY, OF_YEAR) if year is None else (OF_YEAR, OF_COUNTY)
    for table in searched:
        if column in _names(table):
            return table
    for table in others:
        if column in _names(table):
            remedy = "Name a year with --year" if year is None else "Leave out --year"
            raise UsageError(f"'{column}' is a column of table {table.name}. {remedy}.")
    known = list(dict.fromkeys(name for table in searched for name in _names(table)))
    near = ", ".join(_nearest(column, known))
    raise UsageError(f"No column '{column}'. The nearest: {near}.")


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _county_row(folder: Path, table: Table, county: str, year: int | None) -> dict[str, Any]:
    named = _county_names(folder)
    frame = read_table(folder, table.name)
    rows = frame[frame["county_fips"] == county]
    if rows.empty:
        codes = sorted({*frame["county_fips"], *(named if table is COUNTY else ())})
        near = "; ".join(
            f"{code} {named.get(code, '')}".strip() for code in _near(county, codes, named)
        )
        raise UsageError(f"Table {table.name} has no county '{county}'. The nearest: {near}.")
    if year is not None:
        years = sorted(rows["year"].tolist())
        rows = rows[rows["year"] == year]
        if rows.empty:
            raise UsageError(
                f"Table {table.name} has no year {year} of county {county}. "
                f"It has {', '.join(map(str, years))}."
            )
    return dict(rows.iloc[0])


def _county_names(folder: Path) -> dict[str, str]:
    names = read_table(folder, COUNTY.name, ["county_fips", "county", "state"])
    return dict(zip(names["county_fips"], names["county"] + ", " + names["state"], strict=True))


def _near(county: str, codes: list[str], named: dict[str, str]) -> list[str]:
    """Codes nearest to a code, or of the names nearest to a name."""
    if county.isdecimal():
        return sorted(codes, key=lambda code: abs(int(code) - int(county)))[:_SHOWN]
    by_name = {name.casefold(): code for code, name in named.items()}
    wanted = county.casefold()
    found = [code for name, code in by_name.items() if name.startswith(wanted)]
    close = get_close_matches(wanted, list(by_name), n=_SHOWN, cutoff=0.4)
    return [*dict.fromkeys([*found, *(by_name[name] for name in close)])][:_SHOWN] or codes[:_SHOWN]


def _plain(value: Any) -> str | int | float | None:
    """A value as JSON has it."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, int | float) else str(plain)
