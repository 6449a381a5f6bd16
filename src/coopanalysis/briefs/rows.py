"""Briefs: the counties of a state one by one, and what only some tables hold of a county."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from coopanalysis.briefs.places import (
    Brief,
    agreement_status,
    latest_day,
    source_of_latest,
    span_of,
    what_became,
)
from coopanalysis.briefs.reporting import QUALITY_WORDS, USABLE_QUALITY, crime_years, is_true
from coopanalysis.clean.reporting import REPORTING_STATUSES, reporting_status
from coopanalysis.display import sentences as say
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.figures.style import STATUS_LABELS
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.tables import ColumnFormat, Columns, show_table
from coopanalysis.vocabulary import PRACTICES

EQUIVALENTS = (
    " Counties are here also what stands in their place: parishes, boroughs, census areas, "
    "independent cities, the District of Columbia."
)

SINCE = (
    "Since is the day of the first list that names any agreement of an agency of the county, of "
    "whatever model; lists between may lack it. Lists begin on {0}, so that day means then or "
    "before."
)
MUNICIPAL = " Agreements of municipal agencies have a table of their own."


def _linked(names: Iterable[str], codes: Iterable[object], release: str) -> pd.Series:
    """Names of counties, each leading to the list of all, which stands and leads to its page."""
    pairs = zip(names, codes, strict=True)
    cells = [((name, f"../pages/counties-{release}.html#c{code}"),) for name, code in pairs]
    return pd.Series(cells, dtype="object")


def show_counties(brief: Brief) -> Output:
    """Each county of a state: residents, agreement, since when, reporting."""
    counties = brief.counties
    status = agreement_status(counties)
    year = crime_years(brief)[-1]
    of_year = brief.years[brief.years["year"] == year].set_index("county_fips")
    listed = counties["county_fips"].map(reporting_status(of_year)).astype("object")
    table = counties.assign(
        status=status.map(STATUS_LABELS).to_numpy(),
        since=_listed_since(brief, status).to_numpy(),
        reporting=listed.fillna(REPORTING_STATUSES[4]),
        county=_linked(counties["county"], counties["county_fips"], brief.panel.release).to_numpy(),
    )
    has_municipal = bool(brief.spells["agency_type"].eq("municipality").any())
    all_counties = counties["county"].str.endswith(" County").all()
    begin = say.format_date(brief.panel.agreement_spells["first_listed"].min())
    columns: Columns = {
        "county": ColumnFormat("County", kind="links"),
        "status": "County agreement",
        "since": ColumnFormat("On the lists since", answer=True),
        "population_count": "Residents",
        "reporting": f"Crime reporting {year}",
    }
    if table["cooperation_score"].notna().any():
        columns["cooperation_score"] = ColumnFormat(f"Score of {len(PRACTICES)}", kind="count")
    return show_table(
        table,
        caption=f"The {say.pluralise(len(table), 'county')} of {brief.place}, one by one"
        if len(table) > 1
        else f"{brief.opening} as a county",
        note=f"County agreement on the list of {latest_day(brief.panel)}, by its furthest-"
        f"reaching model. {SINCE.format(begin)}{MUNICIPAL * has_municipal}"
        f"{'' if all_counties else EQUIVALENTS}",
        source=source_of_latest(brief.panel, "urban-crime", "urban-population"),
        columns=columns,
    )


def _listed_since(brief: Brief, status: pd.Series) -> pd.Series:
    """First list with any agreement of each county with one today, in words, by county code."""
    spells = brief.panel.agreement_spells
    first = spells["first_listed"].min()
    own = spells[spells["agency_type"] == "county"]
    since = own.groupby("county_fips")["first_listed"].min()
    days = since.map(say.format_date).mask(since == first, say.format_date(first) + " or before")
    words = days.reindex(status.index).where(status.notna()).mask(status == "none", "none")
    return words.fillna(say.NOT_AVAILABLE)


def show_other_units(brief: Brief) -> Output | None:
    """Counties that only other years' lists have, such as planning regions; nothing if none."""
    years = brief.years[~brief.years["county_fips"].isin(brief.counties["county_fips"])]
    if years.empty:
        return None
    names = county_names(brief.panel)
    last = years.sort_values("year").groupby("county_fips", sort=True)
    quality = last["reporting_quality"].last().map(QUALITY_WORDS).astype("object")
    table = pd.DataFrame(
        {
            "name": _linked(
                [names[str(code)] for code in last.groups], list(last.groups), brief.panel.release
            ),
            "code": list(last.groups),
            "lists": [span_of(rows["year"].tolist()) for _, rows in last],
            "people": last["population_count"].last().to_numpy(),
            "reporting": quality.fillna(say.NOT_AVAILABLE).to_numpy(),
            "became": [what_became(brief.panel, str(code)) for code in last.groups],
        }
    )
    return show_table(
        table,
        caption=f"Units of {brief.place} that only other county lists have",
        note=f"They have no row in the list of {brief.panel.build['base_list']} that agreements "
        "and maps use.",
        source=brief.source("urban-population", "urban-crime"),
        columns={
            "name": ColumnFormat("Unit", kind="links"),
            "code": "Code",
            "lists": "In the lists of",
            "people": ColumnFormat("Residents, last list", kind="count"),
            "reporting": "Crime reporting, last known",
            "became": ColumnFormat("What became of it, or what it was made from", answer=True),
        },
    )


def describe_secure_communities(brief: Brief) -> Output | None:
    """Say when the prints taken in the jails of a county were first checked."""
    began = brief.counties["secure_communities_date"].dropna()
    if began.empty:
        return None
    return note(
        f"Under Secure Communities, prints taken in the jails of {brief.place} were also checked "
        f"against immigration records from {say.format_month(began.iloc[0])} on."
    )


def show_subgroups(brief: Brief) -> Output:
    """Juvenile arrests by subgroup, where the release has them."""
    every = brief.panel.county_year_subgroup
    rows = every[every["county_fips"] == brief.code]
    rows = rows[rows["juvenile_arrests_per_100k"].notna()]
    usable = (rows["juvenile_reporting_quality"] <= USABLE_QUALITY) & (
        rows["offenses_misplaced"] != 1
    )
    usable = is_true(usable)
    held_back = say.join_words([str(year) for year in sorted(rows.loc[~usable, "year"].unique())])
    left_out = f" Not shown, since what agencies sent does not tell: {held_back}." * bool(held_back)
    rows = rows[usable]
    if rows.empty:
        return note(f"No juvenile arrests by subgroup can be told of {brief.place}.{left_out}")
    years = sorted(rows["year"].unique())
    wide = rows.pivot_table(
        index=["subgroup_type", "subgroup"],
        columns="year",
        values="juvenile_arrests_per_100k",
        sort=False,
    )
    table = wide.set_axis([str(year) for year in years], axis=1).reset_index()
    return show_table(
        table,
        caption=f"Juvenile arrests per 100,000 aged 10 to 17 in {brief.place}",
        note="Arrests, not persons; a group of fewer than 30 has no rate. Years in which at least "
        f"80 percent of the agencies, or all of the core city, sent any data.{left_out}",
        source=brief.source("urban-juvenile-arrests-subgroup"),
        columns={
            "subgroup": "Subgroup",
            **{str(year): ColumnFormat(str(year), kind="number", digits=0) for year in years},
        },
    )
