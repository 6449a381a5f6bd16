"""Write the demo release: every file and its manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from tools.demo import files_agreements as agreements
from tools.demo import files_detainers as detainers
from tools.demo import files_detention as detention
from tools.demo import files_list_series as series
from tools.demo import files_measures as measures
from tools.demo import files_people as people
from tools.demo import files_police as police
from tools.demo import files_policy as policy
from tools.demo import files_tables as tables
from tools.demo.files_tables import File
from tools.demo.known_effects import demo_known_effects
from tools.demo.truth import YEARS
from tools.demo.world import make_world

PUBLISHER = "coopanalysis (simulated)"
LICENCE = "MIT"
MANIFEST = "sources.toml"
_HEAD = "# Demo release: simulated, not real. Written by `make demo`; do not edit by hand.\n"


@dataclass(frozen=True)
class DemoFile:
    """One file of the release: what its manifest entry says, and what writes it."""

    id: str
    layout: str
    name: str
    vintage: str
    title: str
    measures: str
    write: Callable[[], File]

    @property
    def path(self) -> str:
        """Path in the release folder."""
        return f"{self.id.removeprefix('demo-')}/{self.name}"


def _boundaries() -> File:
    return (make_world().topojson() + "\n").encode(), len(make_world().counties)


DEMO_FILES: tuple[DemoFile, ...] = (
    DemoFile(
        "demo-ice-287g-participating-2025-07-15",
        "ice-287g",
        "participatingAgencies07152025am.xlsx",
        "2025-07-15",
        "Simulated 287(g) participating agencies, list of 15 July 2025",
        "Invented agreements: one row per agency and support type, with signing date",
        agreements.participating_first,
    ),
    DemoFile(
        "demo-ice-287g-pending-2025-07-14",
        "ice-287g",
        "pendingAgencies07142025am.xlsx",
        "2025-07-14",
        "Simulated 287(g) pending agencies, list of 14 July 2025",
        "Invented applications: one row per agency and support type",
        agreements.pending_first,
    ),
    DemoFile(
        "demo-ice-287g-participating-2026-05-18",
        "ice-287g",
        "participatingAgencies05182026am.xlsx",
        "2026-05-18",
        "Simulated 287(g) participating agencies, list of 18 May 2026",
        "Invented agreements: one row per agency and support type, with signing date",
        agreements.participating_latest,
    ),
    DemoFile(
        "demo-ice-287g-pending-2026-02-27",
        "ice-287g",
        "pendingAgencies02272026am.xlsx",
        "2026-02-27",
        "Simulated 287(g) pending agencies, list of 27 February 2026",
        "Invented applications: one row per agency and support type",
        agreements.pending_latest,
    ),
    *(
        DemoFile(
            f"demo-ice-287g-list-{day}",
            "ice-287g-series",
            f"ParticipatingEntities-{day:%Y%m%d}000000.xlsx",
            f"{day}",
            f"Simulated 287(g) participating agencies, list of {day}",
            "Invented agreements: one row per agency and support type, with signing date",
            partial(series.list_of, day),
        )
        for day in series.DAYS
    ),
    DemoFile(
        "demo-ilrc-rubric",
        "ilrc-rubric",
        "ilrc_county_rubric.csv",
        "2016",
        "Simulated county rubric in the layout of the Immigrant Legal Resource Center, 2016",
        "Seven invented practices per county; 1 means the county limits cooperation",
        policy.rubric,
    ),
    DemoFile(
        "demo-secure-communities",
        "secure-communities",
        "activation_dates.dta",
        "2008-2013",
        "Simulated Secure Communities activation by county",
        "Invented month and year of activation",
        policy.secure_communities,
    ),
    DemoFile(
        "demo-urban-crime",
        "urban-crime",
        "rates_crime_county_all.csv",
        "2021-2023",
        "Simulated reported offences by county and year",
        "Invented NIBRS offences against persons and property per 100,000 residents",
        tables.crime,
    ),
    DemoFile(
        "demo-urban-population",
        "urban-population",
        "county-populations.csv",
        "2014-2023",
        "Simulated residents by county and year",
        "Invented number of residents",
        tables.population,
    ),
    DemoFile(
        "demo-urban-race-ethnicity",
        "urban-race-ethnicity",
        "descriptive_rep_denominator_county_all.csv",
        "2014-2023",
        "Simulated shares of residents by race and ethnicity",
        "Invented shares of residents, 0 to 1",
        tables.race_ethnicity,
    ),
    DemoFile(
        "demo-acs-wide",
        "acs-wide",
        "acs2017_county_data.csv",
        "2013-2017",
        "Simulated county profile in the layout of the ACS 2013-2017",
        "Invented residents, income, poverty, work and travel",
        tables.acs,
    ),
    DemoFile(
        "demo-votes-president-2020",
        "votes-president",
        "2020_US_County_Level_Presidential_Results.csv",
        "2020",
        "Simulated presidential votes 2020",
        "Invented votes by county, in one state by district",
        tables.votes,
    ),
    DemoFile(
        "demo-county-names",
        "county-names",
        "names-to-fips_county.csv",
        "2021",
        "Names and codes of the fictional counties",
        "Invented county names",
        tables.county_names,
    ),
    DemoFile(
        "demo-state-list",
        "state-list",
        "states.csv",
        "2021",
        "Names and codes of the fictional states",
        "Invented state names",
        tables.state_list,
    ),
    DemoFile(
        "demo-votes-president-2024",
        "votes-president",
        "2024_US_County_Level_Presidential_Results.csv",
        "2024",
        "Simulated presidential votes 2024",
        "Invented votes by county, in one state by district and in one by planning region",
        measures.votes,
    ),
    DemoFile(
        "demo-urban-turnout",
        "urban-turnout",
        "voter-turnout-2020.csv",
        "2020",
        "Simulated turnout 2020",
        "Invented votes as a share of adult citizens, 0 to 1",
        measures.turnout,
    ),
    DemoFile(
        "demo-urban-income",
        "urban-income",
        "metrics_income_county_all_longitudinal.csv",
        str(measures.SURVEY_YEAR),
        "Simulated percentiles of household income",
        "Invented percentiles, in dollars of the year, of survey areas of several counties",
        measures.income,
    ),
    DemoFile(
        "demo-urban-employment",
        "urban-employment",
        "metrics_employment_county_all_longitudinal.csv",
        str(measures.SURVEY_YEAR),
        "Simulated employment of adults aged 25 to 54",
        "Invented share employed, 0 to 1, of survey areas of several counties",
        measures.employment,
    ),
    DemoFile(
        "demo-urban-juvenile-arrests",
        "urban-juvenile-arrests",
        "rate_arrests_county_all.csv",
        str(measures.ARREST_YEAR),
        "Simulated juvenile arrest rates",
        "Invented arrests of those aged 10 to 17 per 100,000, with a reporting flag",
        measures.juvenile_arrests,
    ),
    DemoFile(
        "demo-census-counties-2019",
        "census-counties",
        "cb_2019_us_county_500k.dbf",
        str(measures.LAND_LIST),
        "Simulated county list with land area",
        "Invented land and water area in square metres",
        measures.land,
    ),
    DemoFile(
        "demo-boundaries",
        "topojson",
        "counties.json",
        "2021",
        "Map of the fictional counties and states",
        "Invented boundaries on a plane",
        _boundaries,
    ),
    DemoFile(
        "demo-ucr-states",
        "ucr-states",
        "ucr_states.csv",
        "2021-2023",
        "State codes in the crime reports of the fictional states",
        "Invented state codes, and the first letters of agencies' identifiers",
        police.state_codes,
    ),
    DemoFile(
        "demo-police-employees",
        "police-employees",
        "fbi_lee_latest.csv",
        "2020-2023, mostly 2023",
        "Simulated police employees by agency",
        "Invented officers, civilians and residents served by agency, with county names",
        police.directory,
    ),
    DemoFile(
        "demo-acs-noncitizens",
        "acs-noncitizens",
        "data.csv",
        "2012-2016",
        "Simulated number of residents who are not citizens",
        "Invented number of noncitizens by county",
        people.noncitizens,
    ),
    DemoFile(
        "demo-medsl-context",
        "medsl-context",
        "election-context-2018.csv",
        "2012-2016",
        "Simulated residents in the layout of the context of the elections of 2018",
        "Invented number of residents by county",
        people.context,
    ),
    DemoFile(
        "demo-quickfacts",
        "quickfacts",
        "county_demographics.csv",
        "2015-2019",
        "Simulated share of residents born abroad",
        "Invented percent of residents born abroad, by names of counties",
        people.quickfacts,
    ),
    *(
        DemoFile(
            f"demo-cdc-svi-{year}",
            "cdc-svi",
            f"SVI_{year}_US_county.csv",
            f"{year - 4}-{year}",
            f"Simulated percentages of the index of social vulnerability, {year}",
            "Invented percent with limited English, Hispanic and near poverty, with margins",
            partial(people.svi, year),
        )
        for year in (2020, 2022)
    ),
    DemoFile(
        "demo-rural-urban",
        "rural-urban",
        "Ruralurbancontinuumcodes2023.csv",
        "2023",
        "Simulated rural-urban codes",
        "Invented codes 1 to 9",
        people.rural_urban,
    ),
    DemoFile(
        "demo-ice-field-offices",
        "ice-field-offices",
        "county_aor.csv",
        "2024",
        "Simulated field offices by county",
        "Invented field office of each county",
        people.field_offices,
    ),
    DemoFile(
        "demo-facility-list",
        "ice-facility-list",
        "ICE_Facility_List_11-06-2017-web.xlsx",
        "2017-11-06",
        "Simulated list of places of detention",
        "Invented places of detention with type, authorisation and mean number held by fiscal year",
        detention.facility_list,
    ),
    DemoFile(
        "demo-facility-codes",
        "facility-codes",
        "ddp_facilities.csv",
        "2026",
        "Simulated counties of places of detention",
        "Invented county code of each place of detention",
        detention.facility_codes,
    ),
    DemoFile(
        "demo-facilities-panel",
        "facilities-panel",
        "facilities_panel.csv",
        "2016-2019",
        "Simulated places of detention by fiscal year",
        "Invented mean number held by place and fiscal year",
        detention.facilities_panel,
    ),
    DemoFile(
        "demo-facility-headcount",
        "facility-headcount",
        "inc_headcount.csv.gz",
        " to ".join(detention.HEADCOUNT_DAYS),
        "Simulated people in detention by place and day, days in use only",
        "Invented number held by place and day",
        detention.headcount,
    ),
    DemoFile(
        "demo-facility-daily",
        "facility-daily",
        "facilities-daily-population.parquet",
        " to ".join(detention.DAILY_DAYS),
        "Simulated people in detention by place and day",
        "Invented number held at midnight by place and day",
        detention.facility_daily,
    ),
    DemoFile(
        "demo-npr-declined",
        "npr-declined",
        "declined_vs_everythingelse.csv",
        "2014-2015",
        "Simulated detainers declined, by facility and year",
        "Invented detainers that a facility declined, beside those with another outcome",
        detainers.detainers_declined,
    ),
    DemoFile(
        "demo-npr-outcomes",
        "npr-outcomes",
        "public_detentations_percentages.csv",
        "2014-2015",
        "Simulated outcomes of detainers, by facility",
        "Invented detainers by facility and reason for which they were lifted",
        detainers.detainer_outcomes,
    ),
    *(
        DemoFile(
            f"demo-fbi-return-a-{year}",
            "fbi-return-a",
            f"RETA{year}.zip",
            str(year),
            f"Simulated Return A master file, {year}",
            "Invented offences unfounded, actual and cleared by agency, month and offence; "
            "population, county and reporting status of each agency",
            partial(police.return_a, year),
        )
        for year in YEARS
    ),
)


def write_demo(folder: Path) -> None:
    """Write every raw file of the demo release and its manifest, always the same bytes."""
    entries = []
    for file in DEMO_FILES:
        content, rows = file.write()
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        entries.append(_entry(file, content, rows))
    effects = [_toml("known_effect", asdict(effect)) for effect in demo_known_effects()]
    (folder / MANIFEST).write_bytes("\n".join([_HEAD, *effects, *entries]).encode())


def _entry(file: DemoFile, content: bytes, rows: int) -> str:
    facts: dict[str, str | int] = {
        "id": file.id,
        "layout": file.layout,
        "path": file.path,
        "title": file.title,
        "publisher": PUBLISHER,
        "measures": file.measures,
        "licence": LICENCE,
        "vintage": file.vintage,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "rows": rows,
    }
    return _toml("source", facts)


def _toml(table: str, facts: Mapping[str, object]) -> str:
    lines = [f"{name} = {json.dumps(value)}" for name, value in facts.items()]
    return "\n".join([f"[[{table}]]", *lines, ""])
