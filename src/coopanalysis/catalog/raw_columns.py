"""What numbers and names of raw files may be, declared once by the name a reader gives them.

Bounds are those of sense, not of the data seen: ten million people live in the largest county,
and a file that says a thousand million is damaged. Readers reject rows beyond them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LEAST_ROWS: Final = 100
"""Rows from which on a column that never varies says something is wrong with the file."""


NAME: Final = r'[^"\\\x00-\x1f\x7f]*[^\W\d_]{2}[^"\\\x00-\x1f\x7f]*'
"""A name has a word, and no quotes, backslashes or control characters, left of a broken cell."""


@dataclass(frozen=True)
class Limits:
    """Inclusive bounds of a column in the unit of the file, and whether it has to vary.

    A file of `LEAST_ROWS` rows or more in which all rows have one value of a column that varies,
    or none has any, is not what it should be.
    """

    minimum: float
    maximum: float
    varies: bool = True


FACILITY_CODE: Final = r"(?!(?:NULL|TRUE|FALSE|NONE|NAN)$)[A-Z0-9]{2,7}"
"""ICE's code of a place of detention, which is none of a program's words for what is missing."""
WORDS: Final[Mapping[str, frozenset[str]]] = {
    "facility_type": frozenset(
        {
            "IGSA", "DIGSA", "USMS IGA", "CDF", "USMS CDF", "SPC", "BOP", "HOLD", "STAGING", "MIRP",
            "DOD", "MOC", "HOSPITAL", "JUVENILE", "FAMILY", "FAMILY STAGING", "STATE", "TAP-ICE",
            "ORR", "Other",
        }
    ),
    "agency_type": frozenset(
        {
            "", "local police department", "special jurisdiction", "sheriffs office",
            "state law enforcement agency", "constable/marshal", "federal",
        }
    ),
    "authorization": frozenset({"AUTHORIZED", "NOT INSPECTED", "USE PROHIBITED"}),
    "lift_reason": frozenset(
        {
            "", "Booked into Detention", "Lifted", "Lifted - Lack of Funds",
            "Lifted - Lack of Space", "Case Closed", "Transferred", "Detainer Declined by LEA",
            "Early Release", "Alien Not Subject to Deportation", "Prosecutorial Discretion",
            "United States Citizen Interviewed", "Died",
        }
    ),
}  # fmt: skip
"""Words of a column that has a few only; another one is a damaged one, or news."""
ABROAD: Final = frozenset({"CU", "Cuba"})
"""What files of places of detention have for a state where there is none."""
LEAST_OF_AN_OFFICE: Final = 2
"""Counties that a field office has at least; the smallest has two."""
FIGURES: Final[Mapping[str, str]] = {
    "medsl-context": "population_count",
    "rural-urban": "rural_urban_code",
}
"""Column of a layout in which every county of the list has a value; another unit may have none."""

_YEAR = Limits(1900, 2100, varies=False)
_PERSONS = Limits(0, 2e7)
_POLICE = Limits(0, 1e5)
_PERCENT = Limits(0, 100)
_SHARE = Limits(0, 1)
_USD = Limits(0, 1e6)
_RATE = Limits(0, 1e6)
_QUALITY = Limits(1, 3, varies=False)

COORDINATES: Final = Limits(-1e8, 1e8, varies=False)
"""Of a map, in degrees, metres or the steps of a grid."""
LONGITUDES: Final = (Limits(-180, -60), Limits(140, 180))
"""Degrees between which the states and territories lie, west and east of the date line."""
LATITUDES: Final = Limits(-20, 75)
MOST_OFF_PLANE: Final = 0.01
"""Share of points beyond 180 or 90 degrees up to which a map is one in degrees, and damaged."""

LIMITS: Final[Mapping[str, Limits]] = {
    "year": _YEAR,
    "population_count": _PERSONS,
    "voting_age_citizen_count": _PERSONS,
    "employed_count": _PERSONS,
    "republican_votes_count": _PERSONS,
    "democratic_votes_count": _PERSONS,
    "votes_count": _PERSONS,
    "officers_count": _POLICE,
    "civilians_count": _POLICE,
    "employees_count": _POLICE,
    "hispanic_pct": _PERCENT,
    "white_nonhispanic_pct": _PERCENT,
    "black_nonhispanic_pct": _PERCENT,
    "native_nonhispanic_pct": _PERCENT,
    "asian_nonhispanic_pct": _PERCENT,
    "pacific_nonhispanic_pct": _PERCENT,
    "poverty_pct": _PERCENT,
    "child_poverty_pct": _PERCENT,
    "unemployment_pct": _PERCENT,
    "hispanic_share": _SHARE,
    "white_nonhispanic_share": _SHARE,
    "black_nonhispanic_share": _SHARE,
    "other_race_share": _SHARE,
    "employed_share": _SHARE,
    "poverty_exposure_share": _SHARE,
    "hs_degree_share": _SHARE,
    "turnout_share": _SHARE,
    "median_household_income_usd": _USD,
    "median_household_income_error_usd": _USD,
    "income_per_person_usd": _USD,
    "income_p20_usd": _USD,
    "income_p50_usd": _USD,
    "income_p80_usd": _USD,
    "person_offenses_per_100k": _RATE,
    "property_offenses_per_100k": _RATE,
    "juvenile_arrests_per_100k": _RATE,
    "reporting_quality": _QUALITY,
    "juvenile_reporting_quality": _QUALITY,
    "income_quality": _QUALITY,
    "employment_quality": _QUALITY,
    "poverty_exposure_quality": _QUALITY,
    "hs_degree_quality": _QUALITY,
    "turnout_quality": _QUALITY,
    "land_area_km2": Limits(0.01, 1e6),
    "water_area_km2": Limits(0, 1e6),
    "noncitizens_count": _PERSONS,
    "foreign_born_pct": _PERCENT,
    "limited_english_pct": _PERCENT,
    "limited_english_margin_pct": _PERCENT,
    "hispanic_margin_pct": _PERCENT,
    "below_150_poverty_pct": _PERCENT,
    "below_150_poverty_margin_pct": _PERCENT,
    "rural_urban_code": Limits(1, 9),
    "held": Limits(0, 2e4, varies=False),
    "detainers_count": Limits(0, 1e7),
    "held_mean": Limits(0, 2e4),
    "activation_year": Limits(2008, 2014),
    "activation_month": Limits(1, 12),
}
"""By column of the readers' frames."""


@dataclass(frozen=True)
class Difference:
    """A column that is the difference of two others, either way round."""

    column: str
    first: str
    second: str


@dataclass(frozen=True)
class Ratio:
    """A column that is one column over another, or the difference of two over it."""

    column: str
    part: str
    whole: str
    less: str = ""


@dataclass(frozen=True)
class Parts:
    """Columns that add up to another one or, as percentages, to `whole`; none is ever blank.

    By rounding each part may be off by `rounded`.
    """

    columns: tuple[str, ...]
    whole: str | float
    rounded: float = 0.0


Check = Difference | Ratio | Parts
RATIO_TOLERANCE: Final = 0.0005
"""How far a published share may be from the counts: some editions round to four digits."""

CROSS_CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    "acs-wide": (
        Parts(("Men", "Women"), "TotalPop"),
        Parts(("Professional", "Service", "Office", "Construction", "Production"), 100, 0.05),
        Parts(("Drive", "Carpool", "Transit", "Walk", "OtherTransp", "WorkAtHome"), 100, 0.05),
        Parts(("PrivateWork", "PublicWork", "SelfEmployed", "FamilyWork"), 100, 0.05),
    ),
    "votes-president": (
        Difference("diff", "votes_gop", "votes_dem"),
        Ratio("per_gop", "votes_gop", "total_votes"),
        Ratio("per_dem", "votes_dem", "total_votes"),
        Ratio("per_point_diff", "votes_gop", "total_votes", less="votes_dem"),
    ),
}
"""Columns of a layout, where a file has them, that say again what others of the row say."""
