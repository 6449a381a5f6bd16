"""The county-year table: every county and year of the population file."""

from __future__ import annotations

import pandas as pd

from coopanalysis.catalog.columns import COUNTY_YEAR
from coopanalysis.clean.reporting import most_agencies_reported, offenses_misplaced
from coopanalysis.panel.county import RACE_COLUMNS
from coopanalysis.panel.inputs import Inputs
from coopanalysis.panel.joins import JoinLog
from coopanalysis.schema import conform

_KEY = ["county_fips", "year"]


def build_county_year(inputs: Inputs, joins: JoinLog) -> pd.DataFrame:
    """Build the county-year table.

    A county is named in the county list of its year; `in_base_list` says whether the code is
    in the base list too.

    Parameters
    ----------
    inputs : Inputs
        Cleaned readings of one release.
    joins : JoinLog
        Takes a record of each merge.

    Returns
    -------
    DataFrame, one row per county and year
        Columns of `catalog.columns.COUNTY_YEAR`.
    """
    population = inputs.only("urban-population").frame[[*_KEY, "population_count"]]
    race = inputs.only("urban-race-ethnicity").frame[[*_KEY, *RACE_COLUMNS]]
    crime = (
        inputs.only("urban-crime")
        .frame[
            [*_KEY, "person_offenses_per_100k", "property_offenses_per_100k", "reporting_quality"]
        ]
        .assign(_has_crime=True)
    )
    panel = joins.left_join(population, race, _KEY, ("county_year", "urban-race-ethnicity"))
    panel = joins.left_join(panel, crime, _KEY, ("county_year", "urban-crime"))
    covered = panel["_has_crime"].notna()
    panel = panel.drop(columns="_has_crime").assign(
        state_fips=panel["county_fips"].str[:2],
        county_vintage=panel["year"],
        in_base_list=panel["county_fips"].isin(inputs.counties["county_fips"]),
        most_agencies_reported=most_agencies_reported(panel["reporting_quality"], covered),
        offenses_misplaced=offenses_misplaced(panel["county_fips"], covered),
    )
    return conform(panel, COUNTY_YEAR).sort_values(_KEY, ignore_index=True)
