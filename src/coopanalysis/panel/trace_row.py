"""From a row of a table that is not one of counties, or has several rows a county, to its file."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import pandas as pd

from coopanalysis.catalog.column import Table
from coopanalysis.catalog.sources import release_dir
from coopanalysis.catalog.tables import (
    AGENCY_YEAR,
    AGREEMENT_SPELLS,
    AGREEMENTS,
    BOUNDARIES,
    COUNTY_YEAR_SUBGROUP,
    PROVENANCE,
    REJECTS,
)
from coopanalysis.errors import UsageError
from coopanalysis.panel.origins import Row
from coopanalysis.panel.tables import read_table
from coopanalysis.sources import READERS

ROW_TABLES: Final = {
    table.name: table
    for table in (
        AGENCY_YEAR,
        AGREEMENTS,
        AGREEMENT_SPELLS,
        COUNTY_YEAR_SUBGROUP,
        REJECTS,
        PROVENANCE,
        BOUNDARIES,
    )
}
"""Tables whose cells are traced by their row."""
_SUBGROUP_LAYOUT: Final = COUNTY_YEAR_SUBGROUP.columns[0].source
_PLACES: Final = (("source_sheet", "source_row"), ("sheet", "row"))
_SHOWN: Final = 5


def find_row(folder: Path, table: Table, where: Mapping[str, object]) -> dict[str, Any]:
    """Find the one row of a table in which columns have these values.

    Parameters
    ----------
    folder : Path
        Processed tables of a release.
    table : Table
        One of `ROW_TABLES`.
    where : mapping
        Column to value, compared as text.

    Raises
    ------
    UsageError
        If there is no such column, no such row (gives the nearest values), or more than one
        (names the columns that tell them apart, with their values).
    """
    frame = read_table(folder, table.name)
    strange = [name for name in where if name not in frame]
    if strange:
        raise UsageError(
            f"Table {table.name} has no column {', '.join(map(repr, strange))}. It has "
            f"{', '.join(map(str, frame))}."
        )
    rows = frame
    for name, value in where.items():
        texts = rows[name].astype("str")
        met = rows[texts == str(value)]
        if met.empty:
            known = sorted(texts.dropna().unique())
            near = get_close_matches(str(value), known, n=_SHOWN, cutoff=0.4) or known[:_SHOWN]
            raise UsageError(
                f"Table {table.name} has no row with {name} = '{value}' here. The nearest: "
                f"{', '.join(near)}."
            )
        rows = met
    if len(rows) > 1:
        raise UsageError(_too_many(rows, table))
    return dict(rows.iloc[0])


def _too_many(rows: pd.DataFrame, table: Table) -> str:
    """Name columns that would leave one row: of the key, or else any that differ."""
    candidates = [*table.key, *(name for name in rows if name not in table.key)]
    telling = [name for name in candidates if name in rows and len(rows[name].unique()) > 1][:3]
    values = "; ".join(
        f"{name} = {', '.join(map(str, rows[name].dropna().unique()[:_SHOWN]))}" for name in telling
    )
    return (
        f"{len(rows):,} rows of {table.name} fit. Say which with --where NAME=VALUE, for example "
        f"{values or 'by its key'}."
    )


def rows_behind(
    folder: Path, record: dict[str, Any], table: Table, column: str, row: Mapping[str, Any]
) -> tuple[list[Row], list[str]]:
    """Raw rows behind one cell of a row found by `find_row`, and what else to know.

    Returns
    -------
    rows : list of Row
        For the months covered of an agency that another reports for, both records.
    notes : list of str
    """
    layouts = {entry["id"]: entry["layout"] for entry in record["inputs"]}
    if table is BOUNDARIES:
        source = record["boundaries"]["source"]
        return [], [
            f"The outline is the feature with id {row['county_fips']} of {source}, which has no "
            "rows; moved and scaled for the map."
        ]
    if table is COUNTY_YEAR_SUBGROUP:
        return _subgroup_rows(record, row), []
    if table is AGREEMENT_SPELLS:
        return [_list_row(layouts, row, which) for which in ("first", "last")], []
    sheet, number = next(names for names in _PLACES if names[1] in row)
    source = str(row["source"])
    cells = _cells(table, row)
    how = f"county found by: {row['county_match']}" if "county_match" in row else ""
    places = str(row[sheet]) if sheet in row else ""
    found = [Row(layouts[source], source, places, int(row[number]), cells, how)]
    notes: list[str] = []
    if table is AGENCY_YEAR and column == "months_covered" and pd.notna(row["covered_by_ori7"]):
        agencies = read_table(folder, AGENCY_YEAR.name)
        same_year = (agencies["year"] == row["year"]).astype(bool)
        other = agencies[same_year & (agencies["ori7"] == row["covered_by_ori7"])].head(1)
        for one in other.to_dict("records"):
            record_of = {str(name): value for name, value in one.items()}
            found.append(
                Row(
                    layouts[source],
                    source,
                    "",
                    int(record_of["source_row"]),
                    _cells(table, record_of),
                    "the agency that reports for it",
                )
            )
    return found, notes


def _list_row(layouts: Mapping[str, str], row: Mapping[str, Any], which: str) -> Row:
    """Row of the first or the last list of a spell."""
    source, sheet = str(row[f"{which}_source"]), str(row[f"{which}_sheet"])
    how = f"on the {which} list of the spell"
    return Row(layouts[source], source, sheet, int(row[f"{which}_row"]), {}, how)


def _cells(table: Table, row: Mapping[str, Any]) -> dict[str, str]:
    """Cells of a master record as the table has them: unpacking its file takes seconds."""
    if table is not AGENCY_YEAR:
        return {}
    own = ("source", "source_file", "source_row")
    return {name: str(value) for name, value in row.items() if name not in own and pd.notna(value)}


def _subgroup_rows(record: dict[str, Any], row: Mapping[str, Any]) -> list[Row]:
    for entry in record["inputs"]:
        if entry["layout"] != _SUBGROUP_LAYOUT:
            continue
        path = (release_dir(record["release"]) / entry["path"]).resolve()
        if not path.is_file():
            continue
        frame = READERS[_SUBGROUP_LAYOUT](path, entry["id"]).frame
        for name in COUNTY_YEAR_SUBGROUP.key:
            frame = frame[(frame[name] == row[name]).astype(bool)]
        return [
            Row(_SUBGROUP_LAYOUT, entry["id"], sheet, int(number))
            for sheet, number in zip(frame["source_sheet"], frame["source_row"], strict=True)
        ]
    return []
