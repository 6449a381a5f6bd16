"""The wide county table of the American Community Survey, 2013-2017.

Percentages are 0 to 100 with one decimal, money is dollars of 2017, codes are those of the
county list of 2017, Puerto Rico included. An empty field is missing. Columns that are not used
(sex, occupation, way to work, kind of employer) add up, and so show a row whose cells moved.
"""

from __future__ import annotations

from pathlib import Path

from coopanalysis.catalog.raw_columns import CROSS_CHECKS
from coopanalysis.sources.cross_checks import reject_contradictions
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import read_text_table

_COUNTS = {
    "population_count": "TotalPop",
    "voting_age_citizen_count": "VotingAgeCitizen",
    "employed_count": "Employed",
}
_AMOUNTS = {
    "hispanic_pct": "Hispanic",
    "white_nonhispanic_pct": "White",
    "black_nonhispanic_pct": "Black",
    "native_nonhispanic_pct": "Native",
    "asian_nonhispanic_pct": "Asian",
    "pacific_nonhispanic_pct": "Pacific",
    "poverty_pct": "Poverty",
    "child_poverty_pct": "ChildPoverty",
    "unemployment_pct": "Unemployment",
    "median_household_income_usd": "Income",
    "median_household_income_error_usd": "IncomeErr",
    "income_per_person_usd": "IncomePerCap",
}
_MISSING = ""


def read_acs_wide(path: Path, source: str = "") -> Reading:
    """Read the county table of ACS 2013-2017.

    Returns
    -------
    Reading
        `county_fips`, `county`, `state`, counts of persons (`population_count`,
        `voting_age_citizen_count`, `employed_count`), percentages (`poverty_pct`,
        `unemployment_pct`, `child_poverty_pct` and six of race and ethnicity), dollars of 2017
        (`median_household_income_usd`, its margin of error, `income_per_person_usd`).
    """
    columns = ["CountyId", "State", "County", *_COUNTS.values(), *_AMOUNTS.values()]
    table = read_text_table(path, source, columns)
    typed = {
        "county_fips": table.county_fips("CountyId"),
        "county": table.name("County"),
        "state": table.name("State"),
        **table.wholes(_COUNTS, missing=_MISSING),
        **table.numbers(_AMOUNTS, missing=_MISSING),
    }
    reject_contradictions(table, CROSS_CHECKS["acs-wide"])
    return table.reading(typed, ("county_fips",))
