"""Crime that was reported before the policies of today: one rate per county, from Return A."""

from __future__ import annotations

from typing import Final

import pandas as pd

from coopanalysis.clean.coverage import IN_BASE_LIST

EARLIER_YEAR: Final = 2013
EARLIER_RATE: Final = f"violent_offenses_per_100k_{EARLIER_YEAR}"
LEAST_COVERAGE: Final = 0.9
"""Share of resident-months in the file from which a county's rate is taken."""


def earlier_crime(reporting: pd.DataFrame) -> pd.DataFrame | None:
    """Violent offences per 100,000 residents before the policies, where coverage was good.

    Offences are those of agencies with six months or more, scaled to a year; residents are those
    of all agencies of the county. Below a coverage of nine tenths the rate is missing, not low.
    None where the release has no Return A of that year.
    """
    rows = reporting[reporting["year"] == EARLIER_YEAR].dropna(subset=[IN_BASE_LIST])
    if rows.empty:
        return None
    residents = rows["population_covered"]
    rate = rows["violent_offenses_weighted"] / residents.where(residents > 0) * 100_000
    is_covered = rows["coverage_share"] >= LEAST_COVERAGE
    # Adjustments of earlier years may leave a total below zero.
    rate = rate.where(is_covered & (rate >= 0))
    return pd.DataFrame({"county_fips": rows[IN_BASE_LIST], EARLIER_RATE: rate})
