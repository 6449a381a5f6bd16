"""How far reported crime can be trusted: which police reported, and where reports are booked."""

from __future__ import annotations

import pandas as pd

from coopanalysis.vocabulary import OFFENSES_STATUSES

REPORTED, REPORTED_ZERO, NOT_REPORTED, REPORTED_ELSEWHERE = OFFENSES_STATUSES

REPORTING_STATUSES = (
    "all agencies reported",
    "most agencies reported",
    "only some agencies reported",
    "no agency reported",
    "not in that year's county list",
)
REPORTED_NOTHING = "only some reported and no offence"
COUNTED_ELSEWHERE = "counted under another county"
HOLDS_OTHERS = "holds offences of other counties"
ALL_REPORTING_STATUSES = (
    *REPORTING_STATUSES[:3],
    REPORTED_NOTHING,
    REPORTING_STATUSES[3],
    COUNTED_ELSEWHERE,
    HOLDS_OTHERS,
    REPORTING_STATUSES[4],
)
"""Zero, not reported, reported elsewhere and not expected are four different things."""
SENT_REPORTS = (*ALL_REPORTING_STATUSES[:4], HOLDS_OTHERS)
"""Statuses of counties of which some agency reported."""

MOST_AGENCIES = 2
"""Largest reporting quality at which most of a county's agencies sent data (1 is all)."""

NEW_YORK_CITY = ("36005", "36047", "36061", "36081", "36085")
"""Reports of the whole city are booked to New York County (36061); the other four counties
have none. The published quality flag does not show it."""


def most_agencies_reported(quality: pd.Series, has_crime_year: pd.Series) -> pd.Series:
    """Whether most agencies of a county sent crime data, as 1 or 0.

    Quality is 1 for all agencies, 2 most, 3 fewer, missing none. No report is a 0: it is a fact
    about reporting, while the rate beside it is missing. Missing where the source does not cover
    the county and year.
    """
    most = quality.le(MOST_AGENCIES).fillna(False).astype("Int8")
    return most.where(has_crime_year)


def offenses_misplaced(county_fips: pd.Series, has_crime_year: pd.Series) -> pd.Series:
    """Whether offences are booked to another county than the one they happened in.

    1 for the counties of `NEW_YORK_CITY`, else 0; missing where the county and year are not
    covered.
    """
    return county_fips.isin(NEW_YORK_CITY).astype("Int8").where(has_crime_year)


def offenses_status(frame: pd.DataFrame, has_crime_year: pd.Series) -> pd.Series:
    """Tell rates of zero, rates not reported and rates reported elsewhere apart.

    One of `vocabulary.OFFENSES_STATUSES`; missing where the source does not cover the county and
    year, so that nothing is expected.
    """
    rates = frame[["person_offenses_per_100k", "property_offenses_per_100k"]]
    none, zero = rates.isna().all(axis=1), rates.eq(0).all(axis=1)
    elsewhere = none & frame["offenses_misplaced"].eq(1).fillna(False).astype(bool)
    status = pd.Series(REPORTED, index=frame.index, dtype="str")
    status = status.mask(zero, REPORTED_ZERO).mask(none, NOT_REPORTED)
    return status.mask(elsewhere, REPORTED_ELSEWHERE).where(has_crime_year)


def reporting_status(frame: pd.DataFrame) -> pd.Series:
    """How crime of each county and year was reported, as one of `ALL_REPORTING_STATUSES`.

    Each county and year has one. Those of which all or most agencies reported have a rate that can
    be used, of zero or more; no other has. A code that the year's county list lacks was not asked;
    that is not "no report".
    """
    *by_quality, none, not_listed = REPORTING_STATUSES
    status = frame["reporting_quality"].map(dict(enumerate(by_quality, 1))).astype("object")
    rates = offenses_status(frame, frame["most_agencies_reported"].notna())
    is_few = frame["reporting_quality"].gt(MOST_AGENCIES).fillna(False).astype(bool)
    status = status.fillna(none).mask(is_few & (rates == REPORTED_ZERO), REPORTED_NOTHING)
    is_misplaced = frame["offenses_misplaced"].eq(1).fillna(False).astype(bool)
    status = status.mask(is_misplaced, HOLDS_OTHERS)
    status = status.mask(rates == REPORTED_ELSEWHERE, COUNTED_ELSEWHERE)
    return status.mask(frame["most_agencies_reported"].isna(), not_listed).astype("str")
