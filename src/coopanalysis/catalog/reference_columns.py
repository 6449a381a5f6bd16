"""Columns of the small tables of facts under `data/raw/reference/`, declared once.

The readers in `sources/reference.py` check the files against these declarations, so a table of
facts that breaks its own rules is found when it is read, and the data dictionary can list it.
"""

from __future__ import annotations

from coopanalysis.catalog.columns import FIPS_PATTERN, STATE_PATTERN, Column, Dtype, Table
from coopanalysis.vocabulary import PRACTICE_NAMES

LAW_KINDS = ("requires", "restricts", "both")
CONFIDENCES = ("high", "verify")
CHANGE_KINDS = ("code-change", "merge", "split", "redraw")

_ABBR_PATTERN = r"^[A-Z]{2}$"
_PRACTICE = "|".join(PRACTICE_NAMES)
_PRACTICES_PATTERN = rf"^({_PRACTICE})(;({_PRACTICE}))*$"


def _text(name: str, description: str, source: str, nullable: bool = False) -> Column:
    return Column(name, "str", "none", description, source, nullable)


def _number(name: str, dtype: Dtype, unit: str, description: str, source: str) -> Column:
    return Column(name, dtype, unit, description, source, True)


_PROVENANCE = (
    _text("source_file", "File the row was read from.", "all"),
    _text("source_sheet", "Sheet; empty for files without sheets.", "all"),
    Column("source_row", "int64", "row number", "Row in the file; header is 1.", "all", minimum=2),
)

PUBLISHED_FIGURES = Table(
    "published_figures",
    "one figure that reports compare themselves with, as published",
    ("figure_id",),
    (
        _text(
            "figure_id",
            "Stable name. `<group>.counties` is a total; `<group>.<practice>.with` and "
            "`.without` are its two sides, as printed.",
            "published-figures",
        ),
        _text("quantity", "What was counted or measured.", "published-figures"),
        Column("value", "float64", "as in `unit`", "The figure as printed.", "published-figures"),
        _text("unit", "Unit of the value.", "published-figures"),
        Column("year", "int64", "year", "Year the figure speaks of.", "published-figures"),
        _text("source", "Publication.", "published-figures"),
        _text("locator", "Where in the publication.", "published-figures"),
        _text("note", "What a reader has to know; missing if nothing.", "published-figures", True),
        *_PROVENANCE,
    ),
)

PUBLISHED_ESTIMATES = Table(
    "published_estimates",
    "one published estimate, as printed",
    ("estimate_id",),
    (
        _text("estimate_id", "Stable name.", "published-estimates"),
        _text("study", "Authors and year.", "published-estimates"),
        _text("unit", "Unit of analysis.", "published-estimates"),
        _text("years", "Years studied; missing if not recorded.", "published-estimates", True),
        _text("treatment", "What is compared.", "published-estimates"),
        _text("outcome", "What is measured.", "published-estimates"),
        _number(
            "estimate",
            "float64",
            "as in `unit_of_estimate`",
            "Point estimate as printed; missing where the study prints none or only words.",
            "published-estimates",
        ),
        _number(
            "estimate_low",
            "float64",
            "as in `unit_of_estimate`",
            "Lower end of a printed range of estimates; missing if there is none.",
            "published-estimates",
        ),
        _number(
            "estimate_high",
            "float64",
            "as in `unit_of_estimate`",
            "Upper end of a printed range of estimates; missing if there is none.",
            "published-estimates",
        ),
        _text(
            "unit_of_estimate",
            "Unit of the estimate, or the finding in words where no number is printed.",
            "published-estimates",
        ),
        _text("interval", "Interval as printed; missing if none.", "published-estimates", True),
        _text("source", "Publication.", "published-estimates"),
        Column(
            "advocacy_publisher",
            "Int8",
            "0 or 1",
            "1 if the publisher advocates for an immigration policy.",
            "published-estimates",
            allowed=(0, 1),
        ),
        _text(
            "note", "What a reader has to know; missing if nothing.", "published-estimates", True
        ),
        *_PROVENANCE,
    ),
)


def _law_columns(place: tuple[Column, ...], source: str) -> tuple[Column, ...]:
    return (
        *place,
        _text("name", "Short name of the law, ruling, order or policy.", source),
        _text("citation", "Statute, chapter, docket or order; missing if not known.", source, True),
        Column(
            "kind",
            "str",
            "none",
            "Whether it requires or restricts cooperation with ICE, or both.",
            source,
            allowed=LAW_KINDS,
        ),
        Column(
            "effective_date",
            "datetime64[us]",
            "date",
            "First day in force; missing where it is not known.",
            source,
            True,
        ),
        Column(
            "ended_date",
            "datetime64[us]",
            "date",
            "First day no longer in force; missing while in force or where not known.",
            source,
            True,
        ),
        Column(
            "practices",
            "str",
            "none",
            "Practices touched, column names separated by semicolons; missing if none of the "
            "seven is named.",
            source,
            True,
            pattern=_PRACTICES_PATTERN,
        ),
        _text("summary", "What it does, in one line.", source),
        _text("source", "Where it can be read.", source),
        Column(
            "confidence",
            "str",
            "none",
            "high, or verify where the date, the scope or the citation is not certain.",
            source,
            allowed=CONFIDENCES,
        ),
        *_PROVENANCE,
    )


_LAW_STATE = (
    Column("state_fips", "str", "none", "State code.", "state-laws", pattern=STATE_PATTERN),
    Column("state_abbr", "str", "none", "Abbreviation.", "state-laws", pattern=_ABBR_PATTERN),
    _text("state", "State name.", "state-laws"),
)

STATE_LAWS = Table(
    "state_laws",
    "one state law, court ruling or directive on local cooperation with ICE",
    ("state_fips", "name"),
    _law_columns(_LAW_STATE, "state-laws"),
)

LOCAL_ACTIONS = Table(
    "local_actions",
    "one local policy or action known from public reporting",
    ("state_fips", "place", "name"),
    _law_columns(
        (
            *_LAW_STATE,
            _text("place", "City or county.", "local-actions"),
            Column(
                "county_fips",
                "str",
                "none",
                "County the place is in.",
                "local-actions",
                pattern=FIPS_PATTERN,
            ),
        ),
        "local-actions",
    ),
)


def _acs_count(name: str, unit: str, description: str, label: str = "", phrase: str = "") -> Column:
    return Column(
        name, "Int64", unit, description, "county-acs-2019", True, 0, label=label, phrase=phrase
    )


COUNTY_ACS_2019 = Table(
    "county_acs_2019",
    "one county of the 2019 list, with the municipios of Puerto Rico",
    ("county_fips",),
    (
        Column(
            "county_fips", "str", "none", "County code.", "county-acs-2019", pattern=FIPS_PATTERN
        ),
        Column(
            "state_fips", "str", "none", "State code.", "county-acs-2019", pattern=STATE_PATTERN
        ),
        _text("county", "County name.", "county-acs-2019"),
        _text("state", "State name.", "county-acs-2019"),
        _acs_count(
            "population_count",
            "persons",
            "Residents, ACS 2015-2019 (B01003_001).",
            "Residents",
            "residents",
        ),
        _acs_count(
            "poverty_universe_count",
            "persons",
            "Residents for whom poverty status is determined (B17001_001).",
        ),
        _acs_count("poverty_count", "persons", "Residents below the poverty line (B17001_002)."),
        Column(
            "poverty_pct",
            "float64",
            "percent, 0 to 100",
            "Poor residents of those whose poverty status is determined.",
            "county-acs-2019",
            True,
            0,
            100,
            label="Residents in poverty",
            phrase="residents in poverty",
        ),
        Column(
            "median_household_income_usd",
            "float64",
            "US dollars of 2019",
            "Median household income (B19013_001).",
            "county-acs-2019",
            True,
            1,
            label="Median household income",
            phrase="median household income",
        ),
        _acs_count("labor_force_count", "persons", "Civilian labour force (B23025_003)."),
        _acs_count("unemployed_count", "persons", "Unemployed (B23025_005)."),
        Column(
            "unemployment_pct",
            "float64",
            "percent, 0 to 100",
            "Unemployed of the civilian labour force.",
            "county-acs-2019",
            True,
            0,
            100,
            label="Unemployment",
            phrase="unemployed residents",
        ),
        *_PROVENANCE,
    ),
)

COUNTY_CHANGES = Table(
    "county_changes",
    "one pair of county codes joined by a change of the county list",
    ("change_id", "old_fips", "new_fips"),
    (
        _text("change_id", "Stable name of the change.", "county-changes"),
        Column(
            "list_year",
            "int64",
            "year",
            "First year whose county list has the new codes.",
            "county-changes",
        ),
        Column(
            "effective_date",
            "datetime64[us]",
            "date",
            "Day of the change; missing where not known.",
            "county-changes",
            True,
        ),
        Column(
            "kind",
            "str",
            "none",
            "Same place under a new code; several into one; one into several; or redrawn so that "
            "neither side nests in the other.",
            "county-changes",
            allowed=CHANGE_KINDS,
        ),
        Column("old_fips", "str", "none", "Code before.", "county-changes", pattern=FIPS_PATTERN),
        Column("new_fips", "str", "none", "Code after.", "county-changes", pattern=FIPS_PATTERN),
        _text("old_county", "Name before.", "county-changes"),
        _text("new_county", "Name after.", "county-changes"),
        Column(
            "residents_count",
            "Int64",
            "persons",
            "Residents of the part common to both units, at the census named in `basis`.",
            "county-changes",
            True,
            0,
        ),
        Column(
            "forward_share",
            "float64",
            "share, 0 to 1",
            "Share of the old unit's residents that live in the new one; missing if not known.",
            "county-changes",
            True,
            0,
            1,
        ),
        Column(
            "backward_share",
            "float64",
            "share, 0 to 1",
            "Share of the new unit's residents that live in the old one; missing if not known.",
            "county-changes",
            True,
            0,
            1,
        ),
        _text("basis", "What the shares rest on, or why there are none.", "county-changes"),
        _text("source", "Where the change is documented.", "county-changes"),
        *_PROVENANCE,
    ),
)


def _place(name: str, description: str) -> Column:
    return Column(name, "int64", "squares, from 1", description, "state-tiles", minimum=1)


STATE_TILES = Table(
    "state_tiles",
    "one state, the District of Columbia or Puerto Rico, as a square of the tile map",
    ("tile_row", "tile_column"),
    (
        Column("state_fips", "str", "none", "State code.", "state-tiles", pattern=STATE_PATTERN),
        Column("state_abbr", "str", "none", "Abbreviation.", "state-tiles", pattern=_ABBR_PATTERN),
        _place("tile_row", "Row of the square, from the north."),
        _place("tile_column", "Column of the square, from the west."),
        *_PROVENANCE,
    ),
)

REFERENCE_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PUBLISHED_FIGURES,
        PUBLISHED_ESTIMATES,
        STATE_LAWS,
        LOCAL_ACTIONS,
        COUNTY_ACS_2019,
        COUNTY_CHANGES,
        STATE_TILES,
    )
}
