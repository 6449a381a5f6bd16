"""Columns of the agency-year table and of county reporting, declared once."""

from __future__ import annotations

from typing import Final

from coopanalysis.catalog.columns import FIPS_PATTERN, STATE_PATTERN, Column, Dtype, Table

SOURCE: Final = "fbi-return-a"
ORI_PATTERN: Final = r"^[A-Z0-9]{7}$"

REPORTED: Final = "reported"
REPORTED_ZERO: Final = "reported-zero"
NOT_REPORTED: Final = "not-reported"
REPORTED_ELSEWHERE: Final = "reported-elsewhere"
NOT_EXPECTED: Final = "not-expected"
REPORTING_STATUSES: Final = (
    REPORTED,
    REPORTED_ZERO,
    NOT_REPORTED,
    REPORTED_ELSEWHERE,
    NOT_EXPECTED,
)

OFFENSES: Final = {
    "murder": "murders and nonnegligent manslaughters",
    "manslaughter": "manslaughters by negligence",
    "rape": "rapes and attempted rapes",
    "robbery": "robberies",
    "aggravated_assault": "aggravated assaults (all assaults less simple ones)",
    "simple_assault": "simple assaults",
    "burglary": "burglaries",
    "larceny": "larcenies",
    "motor_vehicle_theft": "motor vehicle thefts",
    "violent": "violent offences in the FBI's sense: murder, rape, robbery, aggravated assault",
    "property": "property offences in the FBI's sense: burglary, larceny, motor vehicle theft",
}
COUNTS: Final = {
    "actual": ("months_reported", "Actual {words} known to the agency in the year"),
    "unfounded": ("months_unfounded_reported", "Reports of {words} found to be baseless"),
    "cleared": ("months_cleared_reported", "{words} cleared by arrest or otherwise"),
}


def _code(name: str, description: str, pattern: str = "", nullable: bool = False) -> Column:
    return Column(name, "str", "none", description, SOURCE, nullable, pattern=pattern)


def _months(name: str, description: str) -> Column:
    return Column(name, "int64", "months, 0 to 12", description, SOURCE, False, 0, 12)


def _count(offense: str, card: str) -> Column:
    months, words = COUNTS[card]
    sentence = words.format(words=OFFENSES[offense])
    extra = (
        " Missing also where only totals were sent, without simple assaults."
        if offense == "simple_assault"
        else ""
    )
    return Column(
        f"{offense}_{card}",
        "float64",
        "offences",
        f"{sentence[0].upper()}{sentence[1:]}, in this county part: the agency's count times "
        f"`county_part_share`. Missing where `{months}` is 0.{extra} Can be negative: "
        "adjustments are counted where they were made.",
        SOURCE,
        True,
    )


AGENCY_YEAR: Final = Table(
    "agency_year",
    "one agency in one year, in one of the up to three counties it serves",
    ("ori7", "year", "county_part"),
    (
        _code("ori7", "Agency identifier without its last two characters.", ORI_PATTERN),
        Column("year", "int64", "year", "Calendar year.", SOURCE, minimum=1960),
        Column("county_part", "int64", "1 to 3", "Which of its counties.", SOURCE, False, 1, 3),
        _code("agency", "Name of the agency as in the file."),
        _code(
            "population_group",
            "Size group: 0 possessions; 1 to 7 cities, large to small; 8 counties outside and 9 "
            "inside metropolitan areas; second character E is state police.",
            nullable=True,
        ),
        _code(
            "state_fips",
            "State code; missing for the Canal Zone, which has none.",
            STATE_PATTERN,
            True,
        ),
        _code("ucr_county", "County number in the FBI's own numbering; missing if none.", "", True),
        _code(
            "county_fips",
            "County code; missing where not two facts agree on one.",
            FIPS_PATTERN,
            True,
        ),
        _code(
            "county_match",
            "The facts that name the county, joined by +: only-county, order, directory, name, "
            "identifier, independent-city, place, population; or why there is none: statewide, "
            "no-county-list, facts-disagree, ambiguous, one-fact, no-fact.",
        ),
        Column(
            "county_part_share",
            "float64",
            "share, 0 to 1",
            "Share of the agency's residents who live in this county; 1 for agencies in one.",
            SOURCE,
            False,
            0,
            1,
        ),
        Column(
            "population_covered",
            "int64",
            "persons",
            "Residents the agency serves in this county; 0 for agencies whose area others serve.",
            SOURCE,
            False,
            0,
        ),
        _code(
            "reporting_status",
            "reported; reported-zero (sent, and no offence in it); not-reported (expected, "
            "nothing sent); reported-elsewhere (another agency sends its crimes); not-expected "
            "(nothing sent, and the FBI does not ask for it).",
        ),
        _months(
            "months_reported",
            "Months truly sent, counted from the types of the cards. A month whose data are in "
            "another one counts; so does one with offences but without a type.",
        ),
        _months("last_month_reported", "Last month that was sent; not how many were."),
        _months("months_unfounded_reported", "Months for which unfounded reports were sent."),
        _months("months_cleared_reported", "Months for which clearances were sent."),
        _months(
            "months_covered",
            "Months in which the crimes of its residents are in the file: its own months, or "
            "those of the agency that reports for it.",
        ),
        _code("covered_by_ori7", "Agency that reports for this one.", ORI_PATTERN, True),
        *(_count(offense, card) for offense in OFFENSES for card in COUNTS),
        _code("source", "Id of the source."),
        _code("source_file", "File name."),
        Column("source_row", "int64", "row number", "Record in the file.", SOURCE, minimum=1),
    ),
)


def _tally(name: str, description: str) -> Column:
    return Column(name, "int64", "agencies", description, SOURCE, False, 0)


def _share(name: str, description: str) -> Column:
    return Column(name, "float64", "share, 0 to 1", description, SOURCE, True, 0, 1)


def _capital(text: str) -> str:
    """Begin with a capital and leave other letters, such as those of FBI, as they are."""
    return text[0].upper() + text[1:]


def _offenses(name: str, dtype: Dtype, description: str) -> Column:
    return Column(name, dtype, "offences", description, SOURCE, True)


RULES: Final = {
    "complete_only": "of agencies that sent all twelve months; the others are left out",
    "weighted": (
        "with agencies of 6 to 11 months scaled by 12 / months; those with fewer are left out"
    ),
}

COUNTY_REPORTING: Final = Table(
    "county_reporting",
    "one county in one year, as its police reported to the FBI",
    ("county_fips", "year"),
    (
        _code(
            "county_fips",
            "County code, in the county list of the year, or of the nearest year at hand.",
            FIPS_PATTERN,
        ),
        _code(
            "base_county_fips",
            "Code of the same place in the base list, by which the row meets the county table: "
            "another one where the place was renamed or became part of one county whole; missing "
            "where it was divided, since shares of residents are not known.",
            FIPS_PATTERN,
            True,
        ),
        Column("year", "int64", "year", "Calendar year.", SOURCE, minimum=1960),
        Column(
            "population_covered",
            "int64",
            "persons",
            "Residents of the county, as the FBI divides them among its agencies.",
            SOURCE,
            False,
            0,
        ),
        _share(
            "coverage_share",
            "Share of resident-months in the file: months covered of each agency out of 12, "
            "weighted by its residents. Missing where no agency has residents.",
        ),
        _share(
            "coverage_share_strict",
            "The same with agencies of one or two months counted as none.",
        ),
        _share(
            "coverage_share_last_month",
            "The same with the last month in place of the months truly sent: too high; kept to "
            "show by how much.",
        ),
        Column(
            "reporting_status",
            "str",
            "none",
            "The county as a whole: reported; reported-zero (reports were sent, and no offence is "
            "in any of them); not-reported (expected of an agency, and none sent anything); "
            "reported-elsewhere (nothing sent here, and agencies elsewhere send for all that are "
            "expected to); not-expected (nothing sent, and nothing asked for).",
            SOURCE,
            allowed=REPORTING_STATUSES,
            label="Reporting to the FBI",
        ),
        *(
            _tally(f"agencies_{name}_count", f"Agencies in the county: {words}.")
            for name, words in (
                ("complete", "all twelve months sent"),
                ("partial", "1 to 11 months sent"),
                ("reported_zero", "those of both that sent reports and no offence in them"),
                ("not_reported", "expected, nothing sent"),
                ("reported_elsewhere", "another agency sends their crimes"),
                ("not_expected", "nothing sent and nothing asked for"),
            )
        ),
        *(
            column
            for offense in ("violent", "property")
            for column in (
                _offenses(
                    f"{offense}_offenses_sent",
                    "float64",
                    f"{_capital(OFFENSES[offense])}: as sent, nothing filled in. Missing where "
                    "no agency sent a month.",
                ),
                *(
                    _offenses(
                        f"{offense}_offenses_{rule}",
                        "float64",
                        f"{_capital(OFFENSES[offense])}: {words}. Missing where no agency "
                        "qualifies.",
                    )
                    for rule, words in RULES.items()
                ),
                Column(
                    f"{offense}_clearance_ratio",
                    "float64",
                    "clearances per offence",
                    "Offences cleared in the year for each actual one, of agencies that sent "
                    "clearances for every month they reported. Can pass 1: a clearance may "
                    "belong to an offence of an earlier year. Missing without offences.",
                    SOURCE,
                    True,
                ),
                Column(
                    f"{offense}_unfounded_share",
                    "float64",
                    "share, 0 to 1",
                    "Unfounded reports of all reports (unfounded and actual), of agencies that "
                    "sent unfounded ones for every month they reported. Missing before 1983 and "
                    "without reports.",
                    SOURCE,
                    True,
                ),
            )
        ),
    ),
)

AGENCY_TABLES: Final = (AGENCY_YEAR, COUNTY_REPORTING)
