"""Detainers that local agencies declined: a table of facilities by year, and sums by county."""

from __future__ import annotations

import pandas as pd

from coopanalysis.catalog.corrections import load_corrections
from coopanalysis.catalog.tables import COUNTY, DETAINERS_DECLINED
from coopanalysis.clean.detainers import declined_by_county, place_detainers
from coopanalysis.panel.inputs import DETAINERS, POLICE, Inputs
from coopanalysis.panel.joins import JoinLog, stack_rows
from coopanalysis.schema import conform


def build_detainers(inputs: Inputs, places: pd.DataFrame) -> pd.DataFrame:
    """Build the table of facilities by year; a release without the file has no rows.

    `places` are the places of detention, as from `facility_places`.
    """
    reading = inputs.find(DETAINERS)
    if reading is None:
        return stack_rows([], DETAINERS_DECLINED)
    police, corrections = inputs.frame(POLICE), load_corrections()
    placed = place_detainers(reading, places, police, inputs.counties, inputs.states, corrections)
    wanted = [column.name for column in DETAINERS_DECLINED.columns]
    table = conform(placed.rename(columns={"state_text": "state"})[wanted], DETAINERS_DECLINED)
    return table.sort_values(list(DETAINERS_DECLINED.key), ignore_index=True)


def with_detainers(
    county: pd.DataFrame, detainers: pd.DataFrame, inputs: Inputs, joins: JoinLog
) -> pd.DataFrame:
    """Join the sums by county; a county of which no declined detainer is known stays missing."""
    columns = [column for column in COUNTY.columns if column.source.startswith(DETAINERS)]
    right = declined_by_county(detainers) if inputs.find(DETAINERS) else None
    return joins.left_join_optional(county, right, columns, ["county_fips"], ("county", DETAINERS))
