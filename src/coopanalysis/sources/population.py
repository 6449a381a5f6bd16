"""County population by year (Urban Institute, from Census estimates).

The file mixes UTF-8 and Latin-1, starts the names of one year with a space, and in one line
has the county's name in the column of the state's. Codes and counts are sound throughout.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import read_text_table

_COLUMNS = ("year", "state", "county", "state_name", "county_name", "population")


def read_urban_population(path: Path, source: str = "") -> Reading:
    """Read residents by county and year.

    Returns
    -------
    Reading
        `county_fips` (in the county list of the year), `year`, `county`, `state` (names, white
        space tidied), `population_count` (persons).
    """
    table = read_text_table(path, source, _COLUMNS)
    state, county = _names(table.name("state_name"), table.name("county_name"))
    typed = {
        "county_fips": table.county_fips("county", "state"),
        **table.wholes({"year": "year"}),
        "county": county,
        "state": state,
        **table.wholes({"population_count": "population"}),
    }
    return table.reading(typed, ("county_fips", "year"))


def _names(state: pd.Series, county: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Part `State, County` where both are in the state's column and the county's is `NA`."""
    joined = (county == "NA") & state.str.contains(", ", regex=False)
    if not joined.any():
        return state, county
    parts = state[joined].str.split(", ", n=1)
    return state.mask(joined, parts.str[0]), county.mask(joined, parts.str[1])
