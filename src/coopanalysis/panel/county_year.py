"""The county-year table, every county and year of the population file, and that of subgroups."""

from __future__ import annotations

import pandas as pd

from coopanalysis.catalog.tables import COUNTY_YEAR, COUNTY_YEAR_SUBGROUP
from coopanalysis.clean.list_of_year import in_list_of_year
from coopanalysis.clean.reporting import (
    most_agencies_reported,
    offenses_misplaced,
    offenses_status,
)
from coopanalysis.clean.survey_areas import survey_areas
from coopanalysis.panel.county import RACE_COLUMNS
from coopanalysis.panel.inputs import Inputs
from coopanalysis.panel.joins import JoinLog, stack_rows
from coopanalysis.schema import conform
from coopanalysis.sources.reference import read_county_changes

_KEY = ["county_fips", "year"]
SUBGROUPS = "urban-juvenile-arrests-subgroup"
SURVEYS: dict[str, tuple[str, list[str]]] = {
    "urban-income": ("income", [f"income_p{rank}_usd" for rank in (20, 50, 80)]),
    "urban-employment": ("employment", ["employed_share"]),
    "urban-hs-degree": ("hs_degree", ["hs_degree_share"]),
}
"""Layouts whose values come from survey areas: first word of the columns that say so, and the
values that tell one area from another."""


def build_county_year(inputs: Inputs, joins: JoinLog) -> pd.DataFrame:
    """Build the county-year table.

    A county is named in the county list of its year; `in_base_list` says whether the base list has
    the code too.
    """
    population = inputs.only("urban-population").frame[[*_KEY, "population_count"]]
    race = inputs.only("urban-race-ethnicity").frame[[*_KEY, *RACE_COLUMNS]]
    reported = ["person_offenses_per_100k", "property_offenses_per_100k", "reporting_quality"]
    crime = inputs.only("urban-crime").frame[[*_KEY, *reported]].assign(_has_crime=True)
    panel = joins.left_join(population, race, _KEY, ("county_year", "urban-race-ethnicity"))
    panel = joins.left_join(panel, crime, _KEY, ("county_year", "urban-crime"))
    panel = _with_measures(panel, inputs, joins)
    covered = panel["_has_crime"].notna()
    panel = panel.drop(columns="_has_crime").assign(
        state_fips=panel["county_fips"].str[:2],
        county_vintage=panel["year"],
        in_base_list=panel["county_fips"].isin(inputs.counties["county_fips"]),
        most_agencies_reported=most_agencies_reported(panel["reporting_quality"], covered),
        offenses_misplaced=offenses_misplaced(panel["county_fips"], covered),
    )
    panel["offenses_status"] = offenses_status(panel, covered)
    return conform(panel, COUNTY_YEAR).sort_values(_KEY, ignore_index=True)


def build_county_year_subgroup(inputs: Inputs) -> pd.DataFrame:
    """Build the table of juvenile arrests by subgroup; without its file it has no rows."""
    rows = inputs.frame(SUBGROUPS)
    if rows is None:
        return stack_rows([], COUNTY_YEAR_SUBGROUP)
    covered = pd.Series(True, index=rows.index)
    return conform(
        rows.drop(columns=["source_file", "source_sheet", "source_row"]).assign(
            state_fips=rows["county_fips"].str[:2],
            offenses_misplaced=offenses_misplaced(rows["county_fips"], covered),
        ),
        COUNTY_YEAR_SUBGROUP,
    ).sort_values(list(COUNTY_YEAR_SUBGROUP.key), ignore_index=True)


def _with_measures(panel: pd.DataFrame, inputs: Inputs, joins: JoinLog) -> pd.DataFrame:
    """Join the measures of every yearly file that the release has."""
    # Only survey files use one county list for years of several.
    of_surveys = any(inputs.find(layout) for layout in SURVEYS)
    changes = read_county_changes() if of_surveys else None
    optional = [column for column in COUNTY_YEAR.columns if column.optional]
    for layout in dict.fromkeys(column.source for column in optional):
        columns = [column for column in optional if column.source == layout]
        right = _measures(inputs, layout, changes)
        panel = joins.left_join_optional(panel, right, columns, _KEY, ("county_year", layout))
    return panel


def _measures(inputs: Inputs, layout: str, changes: pd.DataFrame | None) -> pd.DataFrame | None:
    frame = inputs.frame(layout)
    if frame is None or layout not in SURVEYS or changes is None:
        return frame
    frame = in_list_of_year(frame, changes)
    topic, values = SURVEYS[layout]
    return pd.concat([frame, survey_areas(frame, values).add_prefix(f"{topic}_")], axis=1)
