"""Every column of every processed table, declared once.

The build checks tables against these declarations, the data dictionary is made from them, and
reports take units and wording from here.
"""

from __future__ import annotations

from dataclasses import replace

from coopanalysis.catalog.column import (
    FIPS_PATTERN,
    STATE_PATTERN,
    Column,
    Dtype,
    Table,
    flag,
    share,
)
from coopanalysis.catalog.measure_columns import (
    COUNTY_YEAR_SUBGROUP,
    ONE_TIME_MEASURES,
    RACE,
    YEARLY_MEASURES,
)
from coopanalysis.vocabulary import (
    AGENCY_TYPES,
    COUNTY_MATCHES,
    LIST_KINDS,
    PRACTICES,
    SUPPORT_TYPES,
)

__all__ = [
    "AGREEMENTS",
    "COUNTY",
    "COUNTY_YEAR",
    "COUNTY_YEAR_SUBGROUP",
    "FIPS_PATTERN",
    "REJECTS",
    "STATE_PATTERN",
    "TABLES",
    "Column",
    "Dtype",
    "Table",
]

_COUNTY_FIPS = Column(
    "county_fips",
    "str",
    "none",
    "County code, five characters: two for the state, three for the county.",
    "county-names",
    pattern=FIPS_PATTERN,
    label="County code",
)
_STATE_FIPS = Column(
    "state_fips",
    "str",
    "none",
    "State code, two characters.",
    "county-names",
    pattern=STATE_PATTERN,
    label="State code",
)

COUNTY = Table(
    "county",
    "one county of the base list (the county list of 2021)",
    ("county_fips",),
    (
        _COUNTY_FIPS,
        _STATE_FIPS,
        Column("state_abbr", "str", "none", "Postal abbreviation.", "state-list", label="State"),
        Column("state", "str", "none", "State name.", "state-list", label="State"),
        Column("county", "str", "none", "County name.", "county-names", label="County"),
        Column("county_vintage", "int64", "year", "Year of the county list.", "county-names"),
        Column(
            "population_count",
            "Int64",
            "persons",
            "Residents in 2021.",
            "urban-population",
            True,
            1,
            label="Residents",
            phrase="residents",
        ),
        *RACE,
        Column(
            "poverty_pct",
            "float64",
            "percent, 0 to 100",
            "Residents below the poverty line, ACS 2013-2017.",
            "acs-wide",
            True,
            0,
            100,
            label="Poverty",
            phrase="residents in poverty",
        ),
        Column(
            "unemployment_pct",
            "float64",
            "percent, 0 to 100",
            "Unemployed, of the labour force, ACS 2013-2017.",
            "acs-wide",
            True,
            0,
            100,
            label="Unemployment",
            phrase="unemployed residents",
        ),
        Column(
            "median_household_income_usd",
            "float64",
            "US dollars of 2017",
            "Median household income, ACS 2013-2017.",
            "acs-wide",
            True,
            1,
            label="Median household income",
            phrase="median household income",
        ),
        Column(
            "votes_count",
            "Int64",
            "votes",
            "Votes for president in 2020, all candidates; missing for Alaska, whose votes are "
            "counted by state house district.",
            "votes-president",
            True,
            0,
            label="Votes 2020",
            vintage="2020",
        ),
        share(
            "republican_share",
            "Votes for the Republican candidate for president in 2020, of all votes.",
            "votes-president",
            "Republican share of the 2020 vote",
            vintage="2020",
            phrase="votes for the Republican candidate in 2020",
        ),
        *ONE_TIME_MEASURES,
        *(
            flag(
                practice.name,
                f"1 if the county {practice.phrase}, from the ILRC rubric; missing where the "
                "release has no rubric or the rubric does not list the county."
                if practice.name != "agreement_287g"
                else "1 if the county has a 287(g) agreement: from the ILRC rubric where the "
                "release has one, else from the latest list of participating agencies "
                "(an agency of type County). `practices_source` says which.",
                "ilrc-rubric" if practice.name != "agreement_287g" else "ilrc-rubric, ice-287g",
                practice.label,
                practice.plural,
            )
            for practice in PRACTICES
        ),
        Column(
            "practices_source",
            "str",
            "none",
            "Id of the source that `agreement_287g` comes from.",
            "ilrc-rubric, ice-287g",
        ),
        Column(
            "cooperation_score",
            "Int8",
            "practices, 0 to 7",
            "Number of the seven practices; missing if any of them is.",
            "ilrc-rubric",
            True,
            0,
            7,
            label="Cooperation score",
            phrase="practices of the seven",
        ),
        Column(
            "limits_total_published",
            "Int16",
            "points",
            "Total as printed in the rubric file, which counts limits, not cooperation; kept "
            "beside the recomputed score because the two disagree in places.",
            "ilrc-rubric",
            True,
        ),
        flag(
            "agreement_first_list",
            "1 if an agency of type County in this county is on the earliest list of "
            "participating agencies in the release.",
            "ice-287g",
            "County agreement, earlier list",
        ),
        flag(
            "agreement_latest_list",
            "The same for the latest list.",
            "ice-287g",
            "County agreement, latest list",
        ),
        *(
            flag(
                f"{support.replace('-', '_')}_latest_list",
                f"1 if a County agency is on the latest list with support type {support}.",
                "ice-287g",
                support.replace("-", " ").capitalize(),
            )
            for support in SUPPORT_TYPES
        ),
        flag(
            "municipal_agreement_latest_list",
            "1 if a municipal agency that states this county is on the latest list. Municipal "
            "agencies often state none, so 0 means none known.",
            "ice-287g",
            "Municipal agreement, latest list",
        ),
        flag(
            "municipal_agreement_looked_up_latest_list",
            "1 if a municipal agency that states no county is on the latest list and the FBI's "
            "directory of agencies has its city in this county alone. Kept apart from the "
            "agencies that state one; missing in a release without the directory.",
            "ice-287g, police-employees",
            "Municipal agreement by the directory, latest list",
        ),
        Column(
            "agreement_signed_date",
            "datetime64[us]",
            "date",
            "Earliest signing date of the County agreements on the latest list; says nothing "
            "about agreements that ended before it.",
            "ice-287g",
            True,
            label="Agreement signed",
        ),
        Column(
            "secure_communities_date",
            "datetime64[us]",
            "month (first day)",
            "Month in which Secure Communities was activated; missing means not in the "
            "compilation, not never activated.",
            "secure-communities",
            True,
            label="Secure Communities activated",
        ),
    ),
)

OFFENSES_STATUSES = ("reported", "reported-zero", "not-reported", "reported-elsewhere")
"""What a county's offence rates of a year are; the words of the agencies' statuses."""

COUNTY_YEAR = Table(
    "county_year",
    "one county in one year, in the county list of that year",
    ("county_fips", "year"),
    (
        replace(_COUNTY_FIPS, source="urban-population"),
        replace(_STATE_FIPS, source="urban-population"),
        Column("year", "int64", "year", "Calendar year.", "urban-population", label="Year"),
        Column(
            "county_vintage",
            "int64",
            "year",
            "Year of the county list the code belongs to.",
            "urban-population",
        ),
        Column(
            "in_base_list",
            "bool",
            "true or false",
            "Whether the code is in the base list, so that the row joins the county table.",
            "county-names",
        ),
        Column(
            "population_count",
            "Int64",
            "persons",
            "Residents in the year.",
            "urban-population",
            True,
            1,
            label="Residents",
        ),
        *RACE,
        *(
            Column(
                f"{kind}_offenses_per_100k",
                "float64",
                "offences per 100,000 residents",
                f"Reported NIBRS offences against {against} per 100,000 residents. Wider than "
                f"the FBI's usual {usual} crime. Missing where no agency reported, never zero.",
                "urban-crime",
                True,
                0,
                label=f"Reported offences against {against} per 100,000",
                phrase=f"reported offences against {against} per 100,000 residents",
            )
            for kind, against, usual in (
                ("person", "persons", "violent"),
                ("property", "property", "property"),
            )
        ),
        Column(
            "reporting_quality",
            "Int8",
            "1 good to 3 poor",
            "Share of the county's agencies that sent any NIBRS data in the year: 1 all, 2 at "
            "least 80 percent or all core-city agencies, 3 fewer; missing none. Months are not "
            "counted.",
            "urban-crime",
            True,
            allowed=(1, 2, 3),
            label="Reporting quality",
        ),
        flag(
            "most_agencies_reported",
            "1 if reporting quality is 1 or 2; 0 if it is 3 or no agency reported; missing in "
            "years without crime data.",
            "urban-crime",
            "Most agencies reported",
            "have had most of their agencies report crime to the FBI",
        ),
        flag(
            "offenses_misplaced",
            "1 if offences of this county are booked to another or those of others to it, so that "
            "its rates mean nothing (New York City, all booked to New York County); 0 otherwise; "
            "missing in years without crime data.",
            "urban-crime",
            "Offences booked to another county",
        ),
        Column(
            "offenses_status",
            "str",
            "none",
            "What the offence rates of the row are: reported; reported-zero (reported, and both "
            "rates are zero); not-reported (no agency sent data: missing, not zero); "
            "reported-elsewhere (booked to another county: New York City but New York County). "
            "Missing where the county and year are not expected: the file does not cover them.",
            "urban-crime",
            True,
            allowed=OFFENSES_STATUSES,
            label="Reporting of offences",
        ),
        *YEARLY_MEASURES,
    ),
)

AGREEMENTS = Table(
    "agreements",
    "one agency and support type on one list",
    ("source", "source_sheet", "source_row"),
    (
        Column("source", "str", "none", "Id of the source.", "ice-287g"),
        Column("list_date", "datetime64[us]", "date", "Day of the list.", "ice-287g"),
        Column(
            "list_kind",
            "str",
            "none",
            "Participating (an agreement in force) or pending (an application).",
            "ice-287g",
            allowed=LIST_KINDS,
        ),
        Column(
            "state_fips",
            "str",
            "none",
            "State or territory code of the agency.",
            "ice-287g",
            pattern=STATE_PATTERN,
        ),
        Column(
            "county_fips",
            "str",
            "none",
            "County code; missing where none is stated or none matches.",
            "ice-287g, county-names",
            True,
            pattern=FIPS_PATTERN,
        ),
        Column(
            "county_match",
            "str",
            "none",
            "How the county was found: exact text, normalised text, a correction, or (for cities "
            "that state none, and in no count with the others) the FBI's directory of agencies; "
            "or why there is none: not stated, unmatched, not an agency of a county.",
            "ice-287g",
            allowed=COUNTY_MATCHES,
        ),
        Column("county_text", "str", "none", "County as written in the list.", "ice-287g", True),
        Column("agency", "str", "none", "Agency, white space tidied.", "ice-287g"),
        Column(
            "agency_type",
            "str",
            "none",
            "Type as labelled in the list; missing in layouts without one.",
            "ice-287g",
            True,
            allowed=AGENCY_TYPES,
        ),
        Column(
            "support_type",
            "str",
            "none",
            "Model of the agreement.",
            "ice-287g",
            allowed=SUPPORT_TYPES,
        ),
        Column(
            "signed_date",
            "datetime64[us]",
            "date",
            "Day the agreement was signed; missing in pending lists and where the cell is no date.",
            "ice-287g",
            True,
        ),
        Column("source_file", "str", "none", "File name.", "ice-287g"),
        Column("source_sheet", "str", "none", "Sheet.", "ice-287g"),
        Column("source_row", "int64", "row number", "Row in the sheet; header is 1.", "ice-287g"),
    ),
)

REJECTS = Table(
    "rejects",
    "one raw row that could not be used",
    ("source", "file", "sheet", "row"),
    (
        Column("source", "str", "none", "Id of the source.", "all"),
        Column("file", "str", "none", "File name.", "all"),
        Column("sheet", "str", "none", "Sheet; empty for files without sheets.", "all"),
        Column("row", "int64", "row number", "Row in the file; header is 1.", "all", minimum=1),
        Column("reason", "str", "none", "Why the row is not used.", "all"),
        Column("raw", "str", "none", "Raw values as JSON.", "all"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table for table in (COUNTY, COUNTY_YEAR, COUNTY_YEAR_SUBGROUP, AGREEMENTS, REJECTS)
}
