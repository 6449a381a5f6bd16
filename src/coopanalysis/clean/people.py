"""Codes for a file that knows counties by name alone, rows without figures, wrong margins."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from coopanalysis.catalog.reject_reasons import (
    DUPLICATE_KEY,
    NO_FIGURES,
    NO_SUCH_COUNTY,
    NOT_A_NUMBER,
)
from coopanalysis.clean.county_names import match_counties, match_states
from coopanalysis.sources.reading import PROVENANCE_COLUMNS, Reading

QUICKFACTS = "quickfacts"


def place_by_name(reading: Reading, counties: pd.DataFrame, states: pd.DataFrame) -> Reading:
    """Add `county_fips` by the names of county and state; reject rows that no county matches."""
    frame = reading.frame
    codes, _ = match_counties(
        match_states(frame["state_text"], states), frame["county_text"], counties
    )
    placed = replace(reading, frame=frame.assign(county_fips=codes))
    reasons = pd.Series(pd.NA, index=frame.index, dtype="str").mask(codes.isna(), NO_SUCH_COUNTY)
    reasons = reasons.mask(codes.notna() & codes.duplicated(), f"{DUPLICATE_KEY}: county_fips")
    return placed.reject(reasons, ["county_text", "state_text"])


def set_aside_unknown(reading: Reading, column: str, counties: pd.DataFrame) -> Reading:
    """Set aside rows without a value in a column in which every county of the list has one.

    Former codes and towns may have none; in a county of the list it is a cell that was lost.
    """
    frame = reading.frame
    reasons = pd.Series(NO_FIGURES, index=frame.index, dtype="str")
    is_listed = frame["county_fips"].isin(counties["county_fips"])
    reasons = reasons.mask(is_listed, f"{NOT_A_NUMBER}: {column}").where(frame[column].isna())
    return reading.reject(reasons, [str(name) for name in frame if name not in PROVENANCE_COLUMNS])


def known_margins(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out margins of error of 100 percentage points.

    The edition of 2022 has them for limited English in 113 counties, where the margin of the
    number contradicts them: 5,593 residents of 290,674, give or take 786, are 2.1 percent,
    give or take 0.3 and not 100.
    """
    margins = frame.filter(like="_margin_pct")
    return frame.assign(**margins.where(margins < 100))
