"""How much of a county's crime reaches the FBI, and what that does to its counts."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from coopanalysis.catalog.column import Table
from coopanalysis.catalog.tables import COUNTY_REPORTING
from coopanalysis.errors import DataError
from coopanalysis.schema import conform
from coopanalysis.vocabulary import (
    NOT_EXPECTED,
    NOT_REPORTED,
    REPORTED,
    REPORTED_ELSEWHERE,
    REPORTED_ZERO,
)

YEAR_MONTHS: Final = 12
FEWEST_MONTHS_COUNTED: Final = 3
"""The strict indicator takes agencies with fewer months for silent."""
FEWEST_MONTHS_WEIGHTED: Final = 6
"""Agencies with fewer months are not scaled up to a year."""

KEY: Final = ["county_fips", "year"]
IN_BASE_LIST: Final = "base_county_fips"
_OWN_COLUMNS: Final = Table(
    COUNTY_REPORTING.name,
    COUNTY_REPORTING.row_means,
    COUNTY_REPORTING.key,
    tuple(column for column in COUNTY_REPORTING.columns if column.name != IN_BASE_LIST),
)
_BY_WEIGHT: Final = (REPORTED, REPORTED_ZERO, NOT_REPORTED, REPORTED_ELSEWHERE, NOT_EXPECTED)
"""The first of these that an agency of a county has is the status of the county."""
_NEEDED: Final = (
    *KEY,
    "ori7",
    "county_part",
    "population_covered",
    "reporting_status",
    "months_reported",
    "months_covered",
    "last_month_reported",
    "months_unfounded_reported",
    "months_cleared_reported",
)


def county_reporting(agencies: pd.DataFrame) -> pd.DataFrame:
    """Coverage, reporting statuses and offences by county and year, save the code in the base list.

    A county where nobody sent a report has coverage 0 and no offences: missing, never zero. Rows of
    agencies without a county are left out; `unplaced_reporting` counts them. After Maltz and
    Targonski (2002) and the coverage indicator of the county files of the National Archive of
    Criminal Justice Data.
    """
    _check_agencies(agencies)
    months, last = agencies["months_covered"], agencies["last_month_reported"]
    rows = agencies.assign(
        months_alike=months.where(months >= FEWEST_MONTHS_COUNTED, 0),
        months_by_last=np.maximum(last, months),
    )[agencies["county_fips"].notna()]
    table = pd.DataFrame(
        {
            "population_covered": rows.groupby(KEY)["population_covered"].sum(),
            "coverage_share": coverage_share(rows, "months_covered"),
            "coverage_share_strict": coverage_share(rows, "months_alike"),
            "coverage_share_last_month": coverage_share(rows, "months_by_last"),
            "reporting_status": county_status(rows),
            **_agencies_by_status(rows),
            **_offenses(rows, "violent"),
            **_offenses(rows, "property"),
        }
    )
    return conform(table.reset_index(), _OWN_COLUMNS)


def coverage_share(agencies: pd.DataFrame, months: str = "months_covered") -> pd.Series:
    """Share of resident-months that are in the file, by county and year.

    1 less the sum over agencies of (residents / residents of the county) x (12 - months) / 12,
    where `months` names the column of months; missing where no agency has residents.

    Examples
    --------
    >>> agencies = pd.DataFrame({"county_fips": "99001", "year": 2013,
    ...     "population_covered": [600, 300, 100], "months_covered": [12, 6, 0]})
    >>> float(coverage_share(agencies).iloc[0])
    0.75
    """
    weighted = agencies["population_covered"] * agencies[months] / YEAR_MONTHS
    sums = agencies[KEY].assign(sent=weighted, all=agencies["population_covered"])
    totals = sums.groupby(KEY)[["sent", "all"]].sum()
    return (totals["sent"] / totals["all"]).where(totals["all"] > 0)


def county_status(agencies: pd.DataFrame) -> pd.Series:
    """Tell for each county and year zero, not reported, reported elsewhere and not expected apart.

    Reported if one agency sent an offence; reported-zero if reports were sent without any;
    not-reported if none was sent although one was expected; reported-elsewhere if all that are
    expected are sent by agencies elsewhere; not-expected otherwise.
    """
    rank = agencies["reporting_status"].map({name: at for at, name in enumerate(_BY_WEIGHT)})
    first = agencies[KEY].assign(rank=rank).groupby(KEY)["rank"].min()
    return first.map(dict(enumerate(_BY_WEIGHT))).astype("str")


def unplaced_reporting(agencies: pd.DataFrame) -> pd.DataFrame:
    """Count by state and year what `county_reporting` leaves out because no county is known."""
    rows = agencies[agencies["county_fips"].isna()]
    table = rows.groupby(["state_fips", "year"], dropna=False).agg(
        agencies_count=("ori7", "nunique"),
        population_covered=("population_covered", "sum"),
        violent_actual=("violent_actual", "sum"),
        property_actual=("property_actual", "sum"),
    )
    return table.reset_index()


def _agencies_by_status(rows: pd.DataFrame) -> dict[str, pd.Series]:
    # Two county numbers can mean one county; the agency is still one.
    rows = rows.drop_duplicates([*KEY, "ori7"])
    months, status = rows["months_reported"], rows["reporting_status"]
    marks = {
        "complete": months == YEAR_MONTHS,
        "partial": (months > 0) & (months < YEAR_MONTHS),
        "reported_zero": status == REPORTED_ZERO,
        "not_reported": status == NOT_REPORTED,
        "reported_elsewhere": status == REPORTED_ELSEWHERE,
        "not_expected": status == NOT_EXPECTED,
    }
    sums = rows[KEY].assign(**marks).groupby(KEY)[list(marks)].sum()
    return {f"agencies_{name}_count": sums[name].astype("int64") for name in marks}


def _offenses(rows: pd.DataFrame, offense: str) -> dict[str, pd.Series]:
    actual, months = rows[f"{offense}_actual"], rows["months_reported"]
    scaled = actual * YEAR_MONTHS / months.where(months > 0)
    whole_cleared = rows["months_cleared_reported"] == months
    whole_unfounded = rows["months_unfounded_reported"] == months
    columns = {
        "sent": actual,
        "complete": actual.where(months == YEAR_MONTHS),
        "weighted": scaled.where(months >= FEWEST_MONTHS_WEIGHTED),
        "cleared": rows[f"{offense}_cleared"].where(whole_cleared),
        "cleared_of": actual.where(whole_cleared),
        "unfounded": rows[f"{offense}_unfounded"].where(whole_unfounded),
        "unfounded_of": actual.where(whole_unfounded),
    }
    sums = rows[KEY].assign(**columns).groupby(KEY)[list(columns)].sum(min_count=1)
    ratio = sums["cleared"] / sums["cleared_of"]
    reports = sums["unfounded"] + sums["unfounded_of"]
    is_share = (sums["unfounded"] >= 0) & (sums["unfounded_of"] >= 0) & (reports > 0)
    return {
        f"{offense}_offenses_sent": sums["sent"],
        f"{offense}_offenses_complete_only": sums["complete"],
        f"{offense}_offenses_weighted": sums["weighted"],
        f"{offense}_clearance_ratio": ratio.where(sums["cleared_of"] > 0),
        f"{offense}_unfounded_share": (sums["unfounded"] / reports).where(is_share),
    }


def _check_agencies(agencies: pd.DataFrame) -> None:
    lacking = [name for name in _NEEDED if name not in agencies]
    if lacking:
        raise DataError(
            "agency_year", f"lacks the columns {lacking}", "Build it with clean_return_a."
        )
    part = ["ori7", "year", "county_part"]
    repeated = agencies.duplicated(part)
    if repeated.any():
        keys = agencies.loc[repeated, part].head(5).to_dict("records")
        raise DataError(
            "agency_year",
            f"{repeated.sum()} county parts have two rows in a year: {keys}",
            "Read each master file once.",
        )
