"""Briefs: the counties of a state one by one, and every row that the tables hold of a county."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pandas as pd
from pandas.api import types

from coopanalysis.briefs.places import Brief, agreement_status, span_of, what_became
from coopanalysis.briefs.reporting import QUALITY_WORDS, crime_years, is_true
from coopanalysis.briefs.sources import list_dates, source_of_columns, source_of_lists
from coopanalysis.briefs.units import format_density
from coopanalysis.catalog.column import Column, Table
from coopanalysis.catalog.tables import COUNTY, COUNTY_YEAR, COUNTY_YEAR_SUBGROUP
from coopanalysis.clean.reporting import REPORTING_STATUSES, reporting_status
from coopanalysis.display import sentences as say
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.figures.style import STATUS_LABELS
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.source_lines import describe_sources
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.paths import reference_dir
from coopanalysis.sources import READERS

KEYS = {"county_fips", "state_fips", "state_abbr", "state", "county", "year", "in_base_list"}
MOST_NAMED = 8
_OF_A_YEAR = re.compile(r"_\d{4}$")
_WRITERS: dict[str, Callable[[Any], str]] = {
    "communities_date": say.format_month,
    "_date": say.format_date,
    "_share": say.format_share,
    "_pct": say.format_percent,
    "_usd": say.format_usd,
    "_count": say.format_count,
    "_per_km2": format_density,
    "_km2": lambda area: f"{say.format_number(area)} square kilometres",
    "_vintage": str,
}


def show_counties(brief: Brief) -> Output:
    """Each county of a state: residents, agreement, since when, reporting."""
    counties = brief.counties
    status = agreement_status(counties)
    year = crime_years(brief)[-1]
    of_year = brief.years[brief.years["year"] == year].set_index("county_fips")
    listed = counties["county_fips"].map(reporting_status(of_year)).astype("object")
    table = counties.assign(
        status=status.map(STATUS_LABELS).to_numpy(),
        since=counties["agreement_signed_date"].map(say.format_date),
        municipal=_municipal(counties),
        reporting=listed.fillna(REPORTING_STATUSES[4]),
    )
    table["since"] = table["since"].where(table["agreement_latest_list"] == 1, "none")
    columns: dict[str, ColumnFormat | str] = {
        "county": "County",
        "population_count": "Residents",
        "status": "County agreement",
        "since": "Since",
        "municipal": "Municipal agency",
        "reporting": f"Crime reporting {year}",
    }
    if table["cooperation_score"].notna().any():
        columns["cooperation_score"] = ColumnFormat("Score of seven", kind="count")
    return show_table(
        table,
        caption=f"The {say.pluralise(len(table), 'county')} of {brief.place}, one by one"
        if len(table) > 1
        else f"{brief.opening} as a county",
        note=f"County agreement on the list of {list_dates(brief.panel)[1]}, by its furthest-"
        "reaching model; since is the earliest signing still in force. A municipal agency with an "
        "agreement, by the county that the list states or, where it states none, that of the "
        f"FBI's directory.{_equivalents(table)}",
        source=source_of_lists(brief.panel, "urban-crime", "urban-population", which="latest"),
        columns=columns,
    )


def _municipal(counties: pd.DataFrame) -> pd.Series:
    """Whether a municipal agency of the latest list lies in each county, and how that is known."""
    stated, looked = (
        is_true(counties[f"municipal_agreement_{name}"].eq(1))
        for name in ("latest_list", "looked_up_latest_list")
    )
    words = pd.Series("none known", index=counties.index, dtype="str")
    return words.mask(looked, "yes, by the directory").mask(stated, "yes")


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
            "name": [names[str(code)] for code in last.groups],
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
        "and maps use. Each has a county brief of its own, made with its code.",
        source=describe_sources(brief.panel.build, ["urban-population", "urban-crime"]),
        columns={
            "name": "Unit",
            "code": "Code",
            "lists": "In the lists of",
            "people": ColumnFormat("Residents, last list", kind="count"),
            "reporting": "Crime reporting, last known",
            "became": "What became of it, or what it was made from",
        },
    )


def show_dates(brief: Brief) -> Output:
    """Days on which something began in a county."""
    if brief.counties.empty:
        return note(f"{brief.name} has no row in the county table, so no dates are known of it.")
    row = brief.counties.iloc[0]
    entries = []
    began = row["secure_communities_date"]
    if not say.is_missing(began):
        entries.append((began, say.format_month(began), "Secure Communities began"))
    latest = brief.on_list("latest").dropna(subset=["signed_date"])
    for _, one in latest.iterrows():
        what = f"{one['agency']}: {STATUS_LABELS[one['support_type']].lower()}"
        entries.append((one["signed_date"], say.format_date(one["signed_date"]), what))
    if not entries:
        return note(
            f"No date is known for {brief.name}: no agreement on the latest list, and no month in "
            "which Secure Communities began."
        )
    table = pd.DataFrame(sorted(entries), columns=["day", "when", "what"])
    return show_table(
        table,
        caption=f"What began when in {brief.name}",
        note="Under Secure Communities, prints taken in a jail were also checked against "
        "immigration records. Agreements are those still in force on the latest list, by day of "
        "signing.",
        source=source_of_lists(brief.panel, "secure-communities", which="latest"),
        columns={"when": "When", "what": "What"},
    )


def show_county_row(brief: Brief) -> Output:
    """The row of the county table, measure by measure."""
    if brief.counties.empty:
        return note(f"The county table has no row for {brief.code}, {brief.name}.")
    row = brief.counties.iloc[0]
    known, absent = _known(COUNTY, brief.panel.county)
    titles = {one["id"]: one["title"] for one in brief.panel.build["inputs"]}
    rows = [
        {
            "measure": _measure(column),
            "value": titles.get(row[column.name]) or write_value(column, row[column.name]),
            "meaning": _meaning(column, brief.panel.release),
        }
        for column in known
    ]
    return show_table(
        pd.DataFrame(rows),
        caption=f"Everything the county table holds of {brief.name}",
        note=_absent_words(absent),
        source=source_of_columns(brief.panel, known),
        columns={"measure": "Measure", "value": "Value", "meaning": "What it is"},
    )


def show_county_years(brief: Brief) -> Output:
    """The rows of the county-year table, one column per year."""
    if brief.years.empty:
        return note(f"The county-year table has no row for {brief.code}.")
    years = brief.years.sort_values("year").set_index("year")
    known, absent = _known(COUNTY_YEAR, years)
    rows = [
        {
            "measure": _measure(column),
            **{str(year): write_value(column, value) for year, value in years[column.name].items()},
        }
        for column in known
    ]
    return show_table(
        pd.DataFrame(rows),
        caption=f"Everything the county-year table holds of {brief.name}",
        note=_absent_words(absent),
        source=source_of_columns(brief.panel, known),
        columns={"measure": "Measure", **{str(year): str(year) for year in years.index}},
    )


def show_subgroups(brief: Brief) -> Output:
    """Juvenile arrests by subgroup, where the release has them."""
    every = brief.panel.county_year_subgroup
    rows = every[every["county_fips"] == brief.code]
    rows = rows[rows["juvenile_arrests_per_100k"].notna()]
    if rows.empty:
        return note(f"No juvenile arrests by subgroup are known of {brief.name}.")
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
        caption=f"Juvenile arrests per 100,000 aged 10 to 17 in {brief.name}",
        note="Arrests, not persons; a group of fewer than 30 has no rate. "
        + COUNTY_YEAR_SUBGROUP.column("juvenile_reporting_quality").description,
        source=describe_sources(brief.panel.build, ["urban-juvenile-arrests-subgroup"]),
        columns={
            "subgroup": "Subgroup",
            **{str(year): ColumnFormat(str(year), kind="number", digits=0) for year in years},
        },
    )


def _known(table: Table, rows: pd.DataFrame) -> tuple[list[Column], list[Column]]:
    """Columns of a table that some of its rows have a value of, and those that none has."""
    columns = [one for one in table.columns if one.name not in KEYS]
    known = [one for one in columns if rows[one.name].notna().any()]
    return known, [one for one in columns if one not in known]


def write_value(column: Column, value: Any) -> str:
    """Write one value of a declared column as a reader wants it."""
    if say.is_missing(value):
        return say.NOT_AVAILABLE
    if column.allowed == (0, 1):
        return "yes" if value == 1 else "no"
    if not types.is_number(value) and not column.name.endswith("_date"):
        return str(value)
    stem = _OF_A_YEAR.sub("", column.name)
    for suffix, writer in _WRITERS.items():
        if stem.endswith(suffix):
            return writer(value)
    return say.format_number(value, 0 if float(value).is_integer() else 1)


def _meaning(column: Column, release: str) -> str:
    """The description for readers: yes and no where the table has 1 and 0, no names of code.

    Of the demo release, whose places are fictional, it says nothing about real ones.
    """
    text = re.sub(
        r"`(\w+)`", lambda name: f"'{_measure(COUNTY.column(name[1]))}'", column.description
    )
    text = re.sub(r"^Id of the source", "The source", text)
    if column.allowed == (0, 1):
        text = re.sub(r"^1 if\b", "Yes if", re.sub(r"\b0 (?=means|otherwise)", "no ", text))
    if release != "demo":
        return text
    clause = rf"[^.;()]*\b(?:{_real_states()})\b[^.;()]*"
    return re.sub(rf"\s*\({clause}\)|;{clause}|{clause}\.", "", text)


def _measure(column: Column) -> str:
    """Name of a column for readers."""
    return column.label or column.name.replace("_", " ").capitalize()


@lru_cache(maxsize=1)
def _real_states() -> str:
    """Names of the real states, as the choices of a pattern."""
    states = READERS["state-list"](reference_dir() / "states.csv", "states").frame["state"]
    return "|".join(re.escape(name) for name in states)


def _absent_words(columns: list[Column]) -> str:
    if not columns:
        return ""
    names = list(dict.fromkeys(one.label or one.name.replace("_", " ") for one in columns))
    if len(names) > MOST_NAMED:
        count = say.pluralise(len(names), "measure")
        return f"{count} are not known here, or not in this release, and have no row."
    return f"Not known here, or not in this release: {say.join_words(names)}."


def _equivalents(counties: pd.DataFrame) -> str:
    if counties["county"].str.endswith(" County").all():
        return ""
    return (
        " Counties are here also what stands in their place: parishes, boroughs, census areas, "
        "independent cities, the District of Columbia."
    )
