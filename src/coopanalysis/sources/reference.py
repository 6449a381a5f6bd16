"""Readers of the small tables of facts under `data/raw/reference/`.

They are written for this project, so a broken row is an error that names it, not a reject.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.catalog.column import Column, Table
from coopanalysis.catalog.tables import (
    COUNTY_ACS_2019,
    COUNTY_CHANGES,
    FEDERAL_LIST_2025,
    LOCAL_ACTIONS,
    PUBLISHED_ESTIMATES,
    PUBLISHED_FIGURES,
    RULINGS,
    STATE_LAWS,
    STATE_TILES,
)
from coopanalysis.errors import DataError
from coopanalysis.paths import reference_dir
from coopanalysis.schema import check_table, conform
from coopanalysis.sources.raw_text import read_bytes, read_records, readable, visible
from coopanalysis.sources.reading import PROVENANCE_COLUMNS


def read_published_figures(path: Path | None = None) -> pd.DataFrame:
    """Figures that reports compare themselves with, exactly as published.

    `DataError` if the file is missing or unreadable, lacks a column, or a cell has the wrong type;
    `BuildError` if values break the declaration (a repeated key, a value that is not allowed).
    """
    return _read(PUBLISHED_FIGURES, path)


def read_published_estimates(path: Path | None = None) -> pd.DataFrame:
    """Estimates of published studies, as printed; see `read_published_figures` for errors.

    `advocacy_publisher` is 1 where the publisher advocates for an immigration policy.
    """
    return _read(PUBLISHED_ESTIMATES, path)


def read_state_laws(path: Path | None = None) -> pd.DataFrame:
    """State laws that require or restrict cooperation with ICE; see `read_published_figures`.

    A row of `confidence` `verify` is not certain in its date, scope or citation: `clean.law_status`
    keeps it apart unless asked. `DataError` also if a law ends before it begins, or is `high`
    without a date or a citation.
    """
    return _check_laws(_read(STATE_LAWS, path), STATE_LAWS)


def read_local_actions(path: Path | None = None) -> pd.DataFrame:
    """Local policies known from public reporting, in the form of `read_state_laws`."""
    return _check_laws(_read(LOCAL_ACTIONS, path), LOCAL_ACTIONS)


def read_rulings(path: Path | None = None) -> pd.DataFrame:
    """Court rulings on cooperation with ICE, by day of decision; see `read_published_figures`.

    `DataError` also if a ruling names a state or county that is on no list.
    """
    return _check_codes(_read(RULINGS, path), RULINGS, "binds_states", "binds_county_fips")


def read_federal_list(path: Path | None = None) -> pd.DataFrame:
    """Lines of the federal list of sanctuary jurisdictions of May 2025, as printed.

    A federal label, disputed and withdrawn within days: beside policies it may stand, it is none.
    `DataError` also if a line names a state or county that is on no list.
    """
    return _check_codes(_read(FEDERAL_LIST_2025, path), FEDERAL_LIST_2025, "state_abbr")


def read_county_acs_2019(path: Path | None = None) -> pd.DataFrame:
    """Counties of 2019 with population, poverty, income and unemployment of ACS 2015-2019.

    3,220 rows, 78 of them municipios of Puerto Rico; see `read_published_figures` for errors.
    """
    return _read(COUNTY_ACS_2019, path)


def read_county_changes(path: Path | None = None) -> pd.DataFrame:
    """Changes of the county list, one row per pair of codes; see `read_published_figures`."""
    return _read(COUNTY_CHANGES, path)


def read_state_tiles(path: Path | None = None) -> pd.DataFrame:
    """Places of the states on the tile map, one square each; see `read_published_figures`."""
    tiles = _read(STATE_TILES, path)
    repeated = tiles["state_fips"].duplicated()
    _refuse(STATE_TILES, tiles[repeated], "states stand twice", "Give each one square.")
    return tiles


def _read(table: Table, path: Path | None) -> pd.DataFrame:
    file = path or reference_dir() / f"{table.name}.csv"
    raw = read_text(file)
    declared = [column for column in table.columns if column.name not in PROVENANCE_COLUMNS]
    expected, found = [column.name for column in declared], list(raw.columns)
    if found != expected:
        raise DataError(
            file.name,
            f"has columns {found}, expected {expected}",
            f"Give the file the columns of catalog/columns/{table.name}.toml, in that order.",
        )
    typed = pd.DataFrame(
        {column.name: _typed(raw[column.name], column, file) for column in declared}
    )
    typed["source_file"], typed["source_sheet"] = file.name, ""
    typed["source_row"] = range(2, len(typed) + 2)
    return check_table(conform(typed, table), table)


def read_text(file: Path) -> pd.DataFrame:
    """Cells of a table of facts as text, by column; an empty cell is an empty text.

    `DataError` if the file is missing or unreadable, or a row has not the cells of the header.
    """
    if not file.is_file():
        raise DataError(str(file), "the file is missing", "Restore it from version control.")
    with readable(file.name, "CSV in UTF-8", UnicodeDecodeError):
        text = visible(read_bytes(file).decode("utf-8"))
    header, *records = read_records(text, ",", file.name)
    ragged = [row for row, cells in enumerate(records, 2) if len(cells) != len(header)]
    if ragged:
        raise DataError(
            file.name,
            f"{len(ragged)} rows do not have {len(header)} cells",
            "Save it as UTF-8, comma separated, without blank lines.",
            ragged,
        )
    return pd.DataFrame(records, columns=header, dtype="str")


def _typed(raw: pd.Series, column: Column, file: Path) -> pd.Series:
    text = raw.str.strip()
    empty = text.eq("")
    values = text.mask(empty)
    if column.dtype == "str":
        return values
    if column.dtype == "datetime64[us]":
        parsed = pd.to_datetime(values, format="%Y-%m-%d", errors="coerce")
        wanted = "a date as YYYY-MM-DD"
    else:
        parsed = pd.to_numeric(values, errors="coerce")
        wanted = "a number"
    bad = parsed.isna() & ~empty
    if bad.any():
        raise DataError(
            file.name,
            f"column {column.name} holds {int(bad.sum())} values that are not {wanted}, "
            f"first '{text[bad].iloc[0]}'",
            "Correct them, or leave the cell empty where the value is not known.",
            [int(index) + 2 for index in raw.index[bad]],
        )
    return parsed


def _check_laws(laws: pd.DataFrame, table: Table) -> pd.DataFrame:
    backwards = laws["ended_date"] <= laws["effective_date"]
    bare = laws["confidence"].eq("high") & (laws["effective_date"].isna() | laws["citation"].isna())
    _refuse(
        table, laws[backwards], "laws end on or before the day they begin", "Correct the two dates."
    )
    _refuse(
        table,
        laws[bare],
        "laws of confidence 'high' have no effective date or no citation",
        "Fill them in, or set the confidence to 'verify'.",
    )
    return laws


def _check_codes(
    frame: pd.DataFrame, table: Table, states: str, counties: str = "county_fips"
) -> pd.DataFrame:
    """Hold codes, several of them separated by semicolons, to the lists of states and counties."""
    lists = {states: ("states", "state_abbr"), counties: ("county_acs_2019", "county_fips")}
    for column, (file, code) in lists.items():
        known = read_text(reference_dir() / f"{file}.csv")[code]
        named = frame[column].dropna().str.split(";").explode()
        strays = named[~named.isin(known)]
        first = strays.iloc[0] if len(strays) else ""
        rows = frame.loc[strays.index.unique()]
        problem = f"codes of {column} are not in {file}.csv, first '{first}'"
        _refuse(table, rows, problem, "Correct them.")
    return frame


def _refuse(table: Table, rows: pd.DataFrame, problem: str, remedy: str) -> None:
    """Raise if there are rows that have a problem."""
    if len(rows):
        numbers = rows["source_row"].tolist()
        raise DataError(f"{table.name}.csv", f"{len(numbers)} {problem}", remedy, numbers)
