"""County metrics of the Urban Institute: reported crime, and race and ethnicity.

Files are CSV with `year`, `state` and `county` first; missing is `NA`. What is called violent
and property crime there is every NIBRS offence against persons and against property, which is
wider than the usual sense of the words; the columns here are named accordingly.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.catalog.reject_reasons import OUT_OF_RANGE
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import TextTable, read_text_table

MISSING = "NA"
_KEY = ("county_fips", "year")
_CRIME = {
    "person_offenses_per_100k": "rate_crime_violent",
    "property_offenses_per_100k": "rate_crime_property",
}
_RACE = {
    "hispanic_share": "share_desc_rep_hispanic",
    "white_nonhispanic_share": "share_desc_rep_white_nonhispanic",
    "black_nonhispanic_share": "share_desc_rep_black_nonhispanic",
    "other_race_share": "share_desc_rep_other",
}
_SUM_TOLERANCE = 1e-6


def read_urban_crime(path: Path, source: str = "") -> Reading:
    """Read reported offences per 100,000 residents by county and year.

    Returns
    -------
    Reading
        `county_fips` (in the county list of the year), `year`, `person_offenses_per_100k`,
        `property_offenses_per_100k` (missing where no agency reported, never zero),
        `reporting_quality` (1 all agencies sent NIBRS data, 2 most, 3 fewer, missing none).

    Raises
    ------
    DataError
        If the file is unreadable or lacks a column.
    """
    quality = [f"{name}_quality" for name in _CRIME.values()]
    table = read_text_table(path, source, ["year", "state", "county", *_CRIME.values(), *quality])
    typed = _county_year(table)
    for name, raw in _CRIME.items():
        typed[name] = table.number(raw, missing=MISSING, minimum=0)
    flags = [table.whole(name, missing=MISSING, minimum=1, maximum=3) for name in quality]
    table.reject(
        (flags[0] != flags[1]).fillna(flags[0].isna() != flags[1].isna()).astype(bool),
        f"{OUT_OF_RANGE}: the two quality flags differ",
    )
    typed["reporting_quality"] = flags[0].astype("Int8")
    return table.reading(typed, _KEY)


def read_urban_race_ethnicity(path: Path, source: str = "") -> Reading:
    """Read shares of residents by race and ethnicity, by county and year (ACS 5-year).

    Returns
    -------
    Reading
        `county_fips` (in the county list of the year), `year`, `hispanic_share`,
        `white_nonhispanic_share`, `black_nonhispanic_share`, `other_race_share`; 0 to 1, and
        they sum to 1.

    Raises
    ------
    DataError
        If the file is unreadable or lacks a column.
    """
    table = read_text_table(path, source, ["year", "state", "county", *_RACE.values()])
    typed = _county_year(table)
    for name, raw in _RACE.items():
        typed[name] = table.number(raw, missing=MISSING, minimum=0, maximum=1)
    total = pd.DataFrame(typed)[list(_RACE)].sum(axis=1, skipna=False)
    table.reject((total - 1).abs() > _SUM_TOLERANCE, f"{OUT_OF_RANGE}: shares do not sum to 1")
    return table.reading(typed, _KEY)


def _county_year(table: TextTable) -> dict[str, pd.Series]:
    return {
        "county_fips": table.county_fips("county", "state"),
        "year": table.whole("year", minimum=1900, maximum=2100).astype("Int64"),
    }
