"""State laws beside the states and counties they hold in: real, and the same in every release."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from coopanalysis.catalog.column import Column
from coopanalysis.catalog.tables import COUNTY_ACS_2019
from coopanalysis.paths import reference_dir
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import PROVENANCE_COLUMNS
from coopanalysis.sources.reference import (
    read_county_acs_2019,
    read_federal_list,
    read_local_actions,
    read_rulings,
    read_state_laws,
    read_state_tiles,
)

LAWS_SOURCE = "state laws collected for this project, each from the source in its row (real data)"
ACTIONS_SOURCE = (
    "local actions collected for this project, each from the source in its row (real data)"
)
RULINGS_SOURCE = "rulings collected for this project, each from the document in its row (real data)"
RESIDENTS_SOURCE = "US Census Bureau, American Community Survey, 2015 to 2019"


@dataclass(frozen=True)
class StateLaws:
    """Laws, and the states, counties and residents under them.

    Which laws count on a day, and what they make of a state, is asked of `clean.law_status`.

    Attributes
    ----------
    laws : DataFrame, one row per law, ruling or directive
        As from `sources.reference.read_state_laws`, in force or not, certain or not.
    states : DataFrame, one row per state, with the District of Columbia and Puerto Rico
        `state_fips, state_abbr, state`, the place `tile_row, tile_column` on a tile map, and
        `counties_count, population_count` (persons) of its counties of 2019.
    counties : DataFrame, one row per county of 2019, with the municipios of Puerto Rico
        The columns of `catalog.tables.COUNTY_ACS_2019`, amounts as `float64`.
    actions : DataFrame, one row per action of a county or city known from public reporting
        In the form of `laws`, with `place` and `county_fips`.
    rulings : DataFrame, one row per court ruling
        As from `sources.reference.read_rulings`.
    federal_list : DataFrame, one row per line of the federal list of May 2025
        As from `sources.reference.read_federal_list`.
    federal_counties : DataFrame, one row per county or county equivalent that the list names
        `county_fips` and `listed_as`, its lines as printed.
    """

    laws: pd.DataFrame
    states: pd.DataFrame
    counties: pd.DataFrame
    actions: pd.DataFrame

    # Read when asked for: what a page does not use is no part of its provenance.
    @cached_property
    def rulings(self) -> pd.DataFrame:
        """Court rulings on cooperation, by day."""
        return read_rulings()

    @cached_property
    def federal_list(self) -> pd.DataFrame:
        """Lines of the federal list of May 2025; a label, no policy."""
        return read_federal_list()

    @property
    def federal_counties(self) -> pd.DataFrame:
        """Counties that the federal list names under any heading, to merge by `county_fips`."""
        lines = self.federal_list.groupby("county_fips")["listed_as"]
        return lines.agg("; ".join).reset_index()

    def column(self, name: str) -> Column:
        """Words of a column of the counties; of one derived in a notebook, its name in words."""
        declared = {one.name: one for one in COUNTY_ACS_2019.columns}
        label = name.replace("_", " ").capitalize()
        return declared.get(name) or Column(name, "float64", "", "", "", True, label=label)


def load_laws() -> StateLaws:
    """Read the tables of state laws and of what they are held against.

    Raises
    ------
    DataError
        If a table of `data/raw/reference/` is missing or broken.
    """
    counties = read_county_acs_2019().drop(columns=list(PROVENANCE_COLUMNS))
    names = READERS["state-list"](reference_dir() / "states.csv", "states").frame
    places = read_state_tiles()[["state_fips", "tile_row", "tile_column"]]
    states = names[["state_fips", "state_abbr", "state"]].merge(
        places, on="state_fips", how="inner", validate="1:1"
    )
    of_state = counties.groupby("state_fips")["population_count"]
    sums = of_state.agg(counties_count="size", population_count="sum").astype("int64")
    amounts = counties.select_dtypes("number").columns
    return StateLaws(
        read_state_laws(),
        states.merge(sums, on="state_fips", how="left", validate="1:1"),
        counties.astype(dict.fromkeys(amounts, "float64")),
        read_local_actions(),
    )
