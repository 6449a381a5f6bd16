"""From a county and fiscal year of detention back to the facilities and their raw rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coopanalysis.catalog.tables import DETENTION_FACILITY
from coopanalysis.clean.detention import GROUPS
from coopanalysis.panel.origins import Origin
from coopanalysis.panel.release_tables import read_table


def facility_rows(folder: Path, column: str, row: Mapping[str, Any]) -> list[Origin]:
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
        Origin(
            str(one["source"]),
            sheet=str(one["source_sheet"]),
            row=int(one["source_row"]),
            how=f"{one['facility_code']}, county found by: {one['county_match']}; the first of "
            f"{one['rows_count']:,} rows of the facility in the year",
        )
        for one in facilities.to_dict("records")
    ]
