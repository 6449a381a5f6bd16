"""Why a raw row may be left out, and which of these reasons mean that a file is damaged.

A source has rows that are no county by design: territories, election districts, duplicates.
Those are set aside, counted and shown. Every other reason is a sign that the file is not what
it was, or that a correction is missing, and the build stops until a person has looked.
"""

from __future__ import annotations

VOTE_DISTRICT = "state house district, not a county"
WARD_SUMMED = "ward, summed into its county"
TERRITORY = "territory, not in the county list"
NULL_GEOMETRY = "no geometry in the file"
DUPLICATE_ROW = "duplicate of another row"
CONFLICTING_ROW = "conflicts with another row"
NO_FIGURES = "no figures in the row"
REDACTED = "redacted by the publisher"
NO_COUNTY = "states no county"

WRONG_FIELD_COUNT = "wrong number of fields"
NOT_A_NUMBER = "not a number"
OUT_OF_RANGE = "number out of range"
NOT_A_COUNTY_CODE = "not a county code"
NO_SUCH_COUNTY = "no county of this name in the county list"
OTHER_STATE = "code is of another state than the row says"
OTHER_COUNTY = "code is of another county than the row says"
CONTRADICTED = "columns contradict each other"
NOT_A_DATE = "not a date"
NOT_A_NAME = "not a name"
UNKNOWN_WORD = "none of the words that the column has"
NOT_A_TRACT_CODE = "not a tract code of its county"
NOT_AN_AGENCY = "not an agency identifier"
DELETED_RECORD = "record marked as deleted"
DUPLICATE_KEY = "key repeats an earlier row"

EXPECTED_REASONS: frozenset[str] = frozenset(
    {
        VOTE_DISTRICT,
        WARD_SUMMED,
        TERRITORY,
        NULL_GEOMETRY,
        DUPLICATE_ROW,
        CONFLICTING_ROW,
        NO_FIGURES,
        REDACTED,
        NO_COUNTY,
    }
)
"""Reasons that a sound file gives; each may be followed by a colon and a detail."""


def is_expected(reason: str) -> bool:
    """Whether a sound file has rows with this reason.

    A reason counts by its first words: everything from the first colon on is detail.
    """
    return reason.split(":", 1)[0].strip() in EXPECTED_REASONS
