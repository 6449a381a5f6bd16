"""Every table a build writes, by name: those of the panel and those that belong to a build."""

from __future__ import annotations

from typing import Final

from coopanalysis.catalog.agency_columns import AGENCY_TABLES
from coopanalysis.catalog.columns import FIPS_PATTERN, STATE_PATTERN, TABLES, Column, Table

PLACE_PATTERN: Final = r"^\d{2}(\d{3})?$"

BOUNDARIES: Final = Table(
    "boundaries",
    "one county of the map",
    ("county_fips",),
    (
        Column("county_fips", "str", "none", "County code.", "topojson", pattern=FIPS_PATTERN),
        Column("state_fips", "str", "none", "State code.", "topojson", pattern=STATE_PATTERN),
        Column(
            "geometry",
            "object",
            "units of the map plane",
            "Outline as well-known binary, in one flat plane, y upwards; Alaska and Hawaii are "
            "moved and scaled beside the others. For drawing, not for measuring.",
            "topojson",
        ),
        Column(
            "first_year",
            "Int64",
            "year",
            "First year whose county list has the outline; missing where it is drawn from the "
            "first year on.",
            "topojson-later",
            True,
        ),
        Column(
            "last_year",
            "Int64",
            "year",
            "Last year whose county list has the outline; missing where it is drawn to the last "
            "year.",
            "topojson-later",
            True,
        ),
    ),
)

PROVENANCE: Final = Table(
    "provenance",
    "one raw row that says something of a county or a state",
    ("source", "sheet", "row", "place_fips", "year"),
    (
        Column(
            "place_fips",
            "str",
            "none",
            "County code; state code where the raw row is about a state.",
            "all",
            pattern=PLACE_PATTERN,
        ),
        Column(
            "year",
            "Int64",
            "year",
            "Year the row is about; missing where the file has no years.",
            "all",
            True,
        ),
        Column("layout", "str", "none", "Layout of the file, as columns name it.", "all"),
        Column("source", "str", "none", "Id of the source.", "all"),
        Column("file", "str", "none", "File name.", "all"),
        Column("sheet", "str", "none", "Sheet; empty for files without sheets.", "all"),
        Column("row", "int64", "row number", "Row in the file; header is 1.", "all", minimum=1),
    ),
)

PROCESSED_TABLES: Final[dict[str, Table]] = {
    **TABLES,
    **{table.name: table for table in (*AGENCY_TABLES, BOUNDARIES, PROVENANCE)},
}
"""Declaration of each table that may stand in a folder of processed data."""

SHARED_BY: Final[dict[str, str]] = {
    column.name: column.shared_by
    for table in PROCESSED_TABLES.values()
    for column in table.columns
    if column.shared_by
}
"""Columns whose values several counties share, and the column that names those counties."""
