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
    AGREEMENT_LISTINGS,
    AGREEMENT_SPELLS,
    AGREEMENTS,
    BOUNDARIES,
    COUNTY_YEAR_SUBGROUP,
    DETAINERS_DECLINED,
    DETENTION,
    DETENTION_FACILITY,
    PROVENANCE,
    REJECTS,
)
from coopanalysis.clean.agency_crosswalk import CROSSWALK
from coopanalysis.clean.detention import GROUPS
from coopanalysis.errors import UsageError
from coopanalysis.panel.inputs import AGENCY_CROSSWALK
from coopanalysis.panel.origins import Origin, origin_of
from coopanalysis.panel.release_tables import read_table
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import PROVENANCE_COLUMNS

ROW_TABLES: Final = {
    table.name: table
    for table in (
        AGENCY_YEAR,
        AGREEMENTS,
        AGREEMENT_LISTINGS,
        AGREEMENT_SPELLS,
        COUNTY_YEAR_SUBGROUP,
        DETAINERS_DECLINED,
        DETENTION,
        DETENTION_FACILITY,
        REJECTS,
        PROVENANCE,
        BOUNDARIES,
    )
}
"""Tables whose cells are traced by their row."""
_SUBGROUP_LAYOUT: Final = COUNTY_YEAR_SUBGROUP.columns[0].source
_SHOWN: Final = 5


def find_row(folder: Path, table: Table, where: Mapping[str, object]) -> dict[str, Any]:
    """Find the one row of a table in which columns have these values, compared as text."""
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
    folder: Path, record: Mapping[str, Any], table: Table, column: str, row: Mapping[str, Any]
) -> tuple[list[Origin], list[str]]:
    """Raw rows behind one cell of a row found by `find_row`, and what else to know.

    For the months covered of an agency that another reports for, these are both records.
    """
    if table is BOUNDARIES:
        source = record["boundaries"]["source"]
        return [], [
            f"The outline is the feature with id {row['county_fips']} of {source}, which has no "
            "rows; moved and scaled for the map."
        ]
    if table is COUNTY_YEAR_SUBGROUP:
        return _subgroup_rows(record, row), []
    if table is DETENTION:
        return _facility_rows(folder, column, row), []
    if table is AGREEMENT_SPELLS:
        return [
            origin_of(row, f"{which}_", how=f"on the {which} list of the spell")
            for which in ("first", "last")
        ], []
    found = [origin_of(row, "" if "row" in row else "source_", _agency_cells(table, row))]
    if table is AGENCY_YEAR and column == "months_covered" and pd.notna(row["covered_by_ori7"]):
        agencies = read_table(folder, AGENCY_YEAR.name)
        same_year = (agencies["year"] == row["year"]).astype(bool)
        other = agencies[same_year & (agencies["ori7"] == row["covered_by_ori7"])].head(1)
        for _, one in other.iterrows():
            cells = _agency_cells(table, one.to_dict())
            found.append(origin_of(one, cells=cells, how="the agency that reports for it"))
    if table is AGENCY_YEAR and column in ("county_fips", "county_match"):
        found += _crosswalk_rows(record, row)
    return found, []


def _agency_cells(table: Table, row: Mapping[str, Any]) -> dict[str, str]:
    """Cells of a master record as the table has them: unpacking its file takes seconds."""
    if table is not AGENCY_YEAR:
        return {}
    own = ("source", "source_file", "source_row")
    return {name: str(value) for name, value in row.items() if name not in own and pd.notna(value)}


def _subgroup_rows(record: Mapping[str, Any], row: Mapping[str, Any]) -> list[Origin]:
    source, frame = _frame(record, _SUBGROUP_LAYOUT)
    for name in COUNTY_YEAR_SUBGROUP.key if source else ():
        frame = frame[(frame[name] == row[name]).astype(bool)]
    return [
        Origin(source, sheet=sheet, row=int(number))
        for sheet, number in zip(frame["source_sheet"], frame["source_row"], strict=True)
    ]


def _crosswalk_rows(record: Mapping[str, Any], row: Mapping[str, Any]) -> list[Origin]:
    """Row of the crosswalk about an agency, whether or not its county is the one that was put."""
    source, frame = _frame(record, AGENCY_CROSSWALK)
    rows = frame[(frame["ori7"] == row["ori7"]).astype(bool)] if source else frame
    followed = CROSSWALK in str(row["county_match"]).split("+")
    how = "names this county" if followed else "is not followed here: see county_match"
    return [
        Origin(source, sheet=sheet, row=int(number), how=f"the crosswalk of agencies {how}")
        for sheet, number in zip(rows["source_sheet"], rows["source_row"], strict=True)
    ]


def _frame(record: Mapping[str, Any], layout: str) -> tuple[str, pd.DataFrame]:
    """Id and rows of the one file of a layout; without a row if it is not at hand."""
    for entry in record["inputs"]:
        path = (release_dir(record["release"]) / entry["path"]).resolve()
        if entry["layout"] == layout and path.is_file():
            return entry["id"], READERS[layout](path, entry["id"]).frame
    return "", pd.DataFrame({name: [] for name in PROVENANCE_COLUMNS})


def _facility_rows(folder: Path, column: str, row: Mapping[str, Any]) -> list[Origin]:
    """First raw row of each facility behind a cell of the table of counties.

    A column of one group of types rests on the facilities of that group alone.
    """
    facilities = read_table(folder, DETENTION_FACILITY.name)
    for name in ("county_fips", "fiscal_year", "record"):
        facilities = facilities[(facilities[name] == row[name]).astype(bool)]
    group = column.partition("_")[0]
    if group in GROUPS:
        facilities = facilities[facilities["type_group"] == group]
    return [
        origin_of(
            one,
            how=f"{one['facility_code']}, county found by: {one['county_match']}; the first of "
            f"{one['rows_count']:,} rows of the facility in the year",
        )
        for one in facilities.to_dict("records")
    ]
