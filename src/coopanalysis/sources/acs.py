"""The wide county table of the American Community Survey, 2013-2017.

Percentages are 0 to 100 with one decimal, money is dollars of 2017, codes are those of the
county list of 2017, Puerto Rico included. An empty field is missing. Columns that are not used
(sex, occupation, way to work, kind of employer) add up, and so show a row whose cells moved.
"""

from __future__ import annotations

from pathlib import Path

from coopanalysis.catalog.raw_columns import CROSS_CHECKS, LIMITS
from coopanalysis.sources.cross_checks import reject_contradictions
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import read_text_table

_COUNTS = {
    "population_count": "TotalPop",
    "voting_age_citizen_count": "VotingAgeCitizen",
    "employed_count": "Employed",
}
_PERCENT = {
    "hispanic_pct": "Hispanic",
    "white_nonhispanic_pct": "White",
    "black_nonhispanic_pct": "Black",
    "native_nonhispanic_pct": "Native",
    "asian_nonhispanic_pct": "Asian",
    "pacific_nonhispanic_pct": "Pacific",
    "poverty_pct": "Poverty",
    "child_poverty_pct": "ChildPoverty",
    "unemployment_pct": "Unemployment",
}
_DOLLARS = {
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

    Raises
    ------
    DataError
        If the file is unreadable or lacks a column.
    """
    columns = {**_COUNTS, **_PERCENT, **_DOLLARS}
    table = read_text_table(path, source, ["CountyId", "State", "County", *columns.values()])
    typed = {
        "county_fips": table.county_fips("CountyId"),
        "county": table.name("County"),
        "state": table.name("State"),
    }
    for name, raw in _COUNTS.items():
        typed[name] = table.whole(raw, LIMITS[name], missing=_MISSING)
    for name, raw in {**_PERCENT, **_DOLLARS}.items():
        typed[name] = table.number(raw, LIMITS[name], missing=_MISSING)
    reject_contradictions(table, CROSS_CHECKS["acs-wide"])
    return table.reading(typed, ("county_fips",))
