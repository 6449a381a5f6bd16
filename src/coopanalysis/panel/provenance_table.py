"""Which raw rows say something of which county: what a cell is traced back with."""

from __future__ import annotations

from typing import Final

import pandas as pd

from coopanalysis.catalog.sources import ICE_LIST
from coopanalysis.catalog.tables import COUNTY, COUNTY_YEAR, PROVENANCE
from coopanalysis.clean.list_of_year import in_list_of_year
from coopanalysis.clean.municipal import agencies_by_county
from coopanalysis.panel.county_year import SURVEYS
from coopanalysis.panel.datapackage import layouts_of
from coopanalysis.panel.inputs import POLICE, Inputs
from coopanalysis.schema import conform
from coopanalysis.sources.reference import read_county_changes

LAYOUTS: Final = layouts_of((*COUNTY.columns, *COUNTY_YEAR.columns))
"""Layouts that columns of the county and county-year tables come from."""


def build_provenance(inputs: Inputs, agreements: pd.DataFrame) -> pd.DataFrame:
    """List the raw rows behind the county and the county-year table.

    All columns that come from one layout come from the same row of it, so that one row here stands
    for many cells; `catalog.columns` says which layout a column comes from. Cities that state no
    county have been placed in `agreements`. Agencies of the directory stand once for each county
    that they name, of no year, since each has its own. Files whose rows carry no county or state
    code have none.
    """
    parts = [
        _rows(frame, layout, identifier)
        for layout in LAYOUTS
        if layout not in (ICE_LIST, POLICE, *SURVEYS)
        for identifier, frame in _frames(inputs, layout)
    ]
    surveys = [(layout, *one) for layout in SURVEYS for one in _frames(inputs, layout)]
    changes = read_county_changes() if surveys else pd.DataFrame()
    for layout, identifier, frame in surveys:
        parts.append(_rows(in_list_of_year(frame, changes), layout, identifier))
    for identifier, frame in _frames(inputs, POLICE):
        placed = agencies_by_county(frame, inputs.counties, inputs.states)
        parts.append(_rows(placed.drop(columns="year"), POLICE, identifier))
    for source, rows in agreements.groupby("source", sort=False):
        parts.append(_rows(rows, ICE_LIST, str(source)))
    together = pd.concat([part for part in parts if not part.empty], ignore_index=True)
    return conform(together, PROVENANCE)


def _frames(inputs: Inputs, layout: str) -> list[tuple[str, pd.DataFrame]]:
    return [(name, inputs.readings[name].frame) for name in inputs.layouts.get(layout, [])]


def _rows(frame: pd.DataFrame, layout: str, source: str) -> pd.DataFrame:
    place = next((name for name in ("county_fips", "state_fips") if name in frame), None)
    if place is None:
        return pd.DataFrame()
    years = frame["year"] if "year" in frame else pd.Series(pd.NA, index=frame.index)
    return pd.DataFrame(
        {
            "place_fips": frame[place],
            "year": years.astype("Int64"),
            "layout": layout,
            "source": source,
            "file": frame["source_file"],
            "sheet": frame["source_sheet"],
            "row": frame["source_row"],
        }
    ).dropna(subset=["place_fips"])
