"""Columns of the county measures that come in files of their own, year by year or once."""

from __future__ import annotations

from typing import Final

from coopanalysis.catalog.column import FIPS_PATTERN, STATE_PATTERN, Column, Table, flag, share

SUBGROUPS: Final[dict[str, tuple[str, ...]]] = {
    "all": ("All",),
    "age": ("Age 10 to 14", "Age 15 to 17"),
    "gender": ("Female", "Male"),
    "race-ethnicity": ("Black", "Hispanic", "White", "Other Races and Ethnicities"),
}
"""Subgroups of juvenile arrests, by what they are told apart by."""

SURVEY_QUALITY: Final = (
    "1 good to 3 poor: how much of the survey's sample comes from the county itself (3 is less "
    "than 35 percent); missing where there is no estimate."
)


def _quality(name: str, description: str, source: str, label: str) -> Column:
    return Column(
        name,
        "Int8",
        "1 good to 3 poor",
        description,
        source,
        True,
        allowed=(1, 2, 3),
        label=label,
    )


def _bounds(measure: Column) -> tuple[Column, Column, Column]:
    """The column of a measure and those of its bounds, whose names keep the unit last."""
    stem, _, unit = measure.name.rpartition("_")
    lower, upper = (
        Column(
            f"{stem}_{end}_{unit}",
            measure.dtype,
            measure.unit,
            f"{end.capitalize()} bound of `{measure.name}`, as published.",
            measure.source,
            True,
            measure.minimum,
            measure.maximum,
            label=f"{measure.label}, {end} bound",
            shared_by=measure.shared_by,
        )
        for end in ("lower", "upper")
    )
    return measure, lower, upper


def _survey_areas(topic: str, words: str, source: str) -> tuple[Column, Column]:
    """Which counties have one and the same estimate: they are one observation, not several."""
    return (
        Column(
            f"{topic}_survey_area",
            "str",
            "none",
            f"Counties of the state that share one estimate of {words} in the year, since the "
            "survey's areas are larger than a county: the smallest county code among them. They "
            "are one observation; a model must cluster by this or keep one of them. Counties "
            "whose areas overlap in part are not found this way.",
            source,
            True,
            pattern=FIPS_PATTERN,
            label="Survey area",
        ),
        Column(
            f"{topic}_shared_counties_count",
            "Int16",
            "counties",
            f"Number of counties of the state with the same estimate of {words} in the year; 1 "
            "if it is the county's own.",
            source,
            True,
            1,
            label="Counties with the same estimate",
        ),
    )


RACE: Final = tuple(
    share(
        f"{group}_share",
        f"Share of residents who are {words}.",
        "urban-race-ethnicity",
        label,
        phrase=phrase,
    )
    for group, words, label, phrase in (
        ("hispanic", "Hispanic, of any race", "Hispanic share", "Hispanic residents"),
        (
            "white_nonhispanic",
            "white and not Hispanic",
            "White non-Hispanic share",
            "white non-Hispanic residents",
        ),
        (
            "black_nonhispanic",
            "Black and not Hispanic",
            "Black non-Hispanic share",
            "Black residents",
        ),
        (
            "other_race",
            "of any other race or of several, and not Hispanic",
            "Other race share",
            "residents of other races",
        ),
    )
)

_ARRESTS = (
    "Arrests (not persons) of those aged 10 to 17 per 100,000 of that age, as known to NIBRS. "
    "Missing where no agency reported or fewer than 30 juveniles live, never zero."
)
_ARREST_QUALITY = (
    "Share of the county's agencies that sent any arrest data in the year: 1 all, 2 at least 80 "
    "percent or all core-city agencies, 3 fewer; missing none. Months are not counted."
)


def _juvenile(source: str) -> tuple[Column, Column]:
    return (
        Column(
            "juvenile_arrests_per_100k",
            "float64",
            "arrests per 100,000 aged 10 to 17",
            _ARRESTS,
            source,
            True,
            0,
            label="Juvenile arrests per 100,000",
        ),
        _quality(
            "juvenile_reporting_quality", _ARREST_QUALITY, source, "Reporting of juvenile arrests"
        ),
    )


_INCOME = tuple(
    column
    for rank in (20, 50, 80)
    for column in _bounds(
        Column(
            f"income_p{rank}_usd",
            "float64",
            "US dollars of the year",
            f"Household income that {rank} percent of households stay below; not adjusted "
            "between years. No 2020.",
            "urban-income",
            True,
            0,
            label=f"Household income, {rank}th percentile",
            shared_by="income_survey_area",
        )
    )
)


def _survey_share(name: str, description: str, source: str, label: str, area: str) -> Column:
    return Column(
        name, "float64", "share, 0 to 1", description, source, True, 0, 1, (), "", label, area
    )


YEARLY_MEASURES: Final = (
    *_juvenile("urban-juvenile-arrests"),
    *_INCOME,
    _quality("income_quality", SURVEY_QUALITY, "urban-income", "Quality of income"),
    *_survey_areas("income", "the three income percentiles", "urban-income"),
    *_bounds(
        _survey_share(
            "employed_share",
            "Employed, of adults aged 25 to 54. No 2020.",
            "urban-employment",
            "Employed share",
            "employment_survey_area",
        )
    ),
    _quality("employment_quality", SURVEY_QUALITY, "urban-employment", "Quality of employment"),
    *_survey_areas("employment", "the employed share", "urban-employment"),
    share(
        "poverty_exposure_share",
        "Of the poor, those who live in census tracts with a poverty rate above 40 percent; not "
        "the poverty rate. Zero in three of four counties.",
        "urban-poverty-exposure",
        "Poor residents in high-poverty tracts",
    ),
    _quality(
        "poverty_exposure_quality",
        "1 good to 3 poor, as published; missing where there is no share.",
        "urban-poverty-exposure",
        "Quality of poverty exposure",
    ),
    *_bounds(
        _survey_share(
            "hs_degree_share",
            "With a high-school degree, of those aged 19 and 20. Missing for almost half of the "
            "counties, mostly small ones.",
            "urban-hs-degree",
            "High-school degree share",
            "hs_degree_survey_area",
        )
    ),
    _quality("hs_degree_quality", SURVEY_QUALITY, "urban-hs-degree", "Quality of degrees"),
    *_survey_areas("hs_degree", "the share with a degree", "urban-hs-degree"),
)
"""Measures of the county-year table that a release may lack; a year without a file is missing."""

ONE_TIME_MEASURES: Final = (
    Column(
        "votes_count_2024",
        "Int64",
        "votes",
        "Votes for president in 2024, all candidates; missing for Alaska, whose votes are counted "
        "by state house district, and Connecticut, whose votes come by planning region.",
        "votes-president",
        True,
        0,
        label="Votes 2024",
        vintage="2024",
    ),
    share(
        "republican_share_2024",
        "Votes for the Republican candidate for president in 2024, of all votes; missing as are "
        "the votes.",
        "votes-president",
        "Republican share of the 2024 vote",
        vintage="2024",
    ),
    share(
        "turnout_share",
        "Votes for president in 2020, of citizens of voting age; capped at 1 upstream. Missing "
        "for Alaska.",
        "urban-turnout",
        "Turnout 2020",
    ),
    _quality(
        "turnout_quality",
        "1 good to 3 poor, as published; missing where there is no turnout.",
        "urban-turnout",
        "Quality of turnout",
    ),
    Column(
        "land_area_km2",
        "float64",
        "square kilometres",
        "Land without water, from the newest county list that has the county (2023, or 2019 for "
        "the former counties of Connecticut).",
        "census-counties",
        True,
        0,
        label="Land area",
        vintage="2023, 2019",
    ),
    Column(
        "population_per_km2",
        "float64",
        "residents per square kilometre",
        "Residents in 2021 per square kilometre of land.",
        "urban-population, census-counties",
        True,
        0,
        label="Residents per square kilometre",
        vintage="2023, 2019",
    ),
    Column(
        "violent_offenses_per_100k_2013",
        "float64",
        "per 100,000 residents",
        "Murder, rape, robbery and aggravated assault known to the police in 2013, by residents of "
        "all its agencies. Agencies with 6 to 11 months are scaled to a year. Missing where less "
        "than nine tenths of resident-months were reported.",
        "fbi-return-a",
        True,
        0,
        label="Violent offences of 2013 per 100,000",
        vintage="2013",
        phrase="violent offences per 100,000 residents in 2013",
    ),
)
"""Measures of the county table that a release may lack."""

COUNTY_YEAR_SUBGROUP: Final = Table(
    "county_year_subgroup",
    "one subgroup of juveniles in one county and year, in the county list of that year",
    ("county_fips", "year", "subgroup_type", "subgroup"),
    (
        Column(
            "county_fips",
            "str",
            "none",
            "County code, five characters.",
            "urban-juvenile-arrests-subgroup",
            pattern=FIPS_PATTERN,
            label="County code",
        ),
        Column(
            "state_fips",
            "str",
            "none",
            "State code, two characters.",
            "urban-juvenile-arrests-subgroup",
            pattern=STATE_PATTERN,
            label="State code",
        ),
        Column("year", "int64", "year", "Calendar year.", "urban-juvenile-arrests-subgroup"),
        Column(
            "subgroup_type",
            "str",
            "none",
            "What the subgroup is told apart by; `all` is all juveniles, as in `county_year`.",
            "urban-juvenile-arrests-subgroup",
            allowed=tuple(SUBGROUPS),
            label="Subgroups by",
        ),
        Column(
            "subgroup",
            "str",
            "none",
            "Subgroup, in the words of the source.",
            "urban-juvenile-arrests-subgroup",
            allowed=tuple(name for names in SUBGROUPS.values() for name in names),
            label="Subgroup",
        ),
        *_juvenile("urban-juvenile-arrests-subgroup"),
        flag(
            "offenses_misplaced",
            "1 if arrests of this county are booked to another or those of others to it, so that "
            "its rates mean nothing (New York City); 0 otherwise.",
            "urban-juvenile-arrests-subgroup",
            "Arrests booked to another county",
        ),
    ),
)
