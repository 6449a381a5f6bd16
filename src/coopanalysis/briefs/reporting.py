"""Briefs: who reported crime to the FBI, and then, with that said, the rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coopanalysis.briefs.peers import Peers
from coopanalysis.briefs.places import Brief, explain_place
from coopanalysis.clean.reporting import (
    ALL_REPORTING_STATUSES,
    COUNTED_ELSEWHERE,
    REPORTING_STATUSES,
    reporting_status,
)
from coopanalysis.display import sentences as say
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.coverage import count_reporting
from coopanalysis.display.figures import plot_stacked_shares, show_chart
from coopanalysis.display.figures.style import REPORTING_COLOURS
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.tables import ColumnFormat, Columns, show_table
from coopanalysis.panel.counties import is_usable

LAYOUTS = ("urban-crime", "urban-population")
USABLE_QUALITY = 2
TOO_FEW = "too few agencies for a rate"
RATES = {
    "person_offenses_per_100k": "against persons",
    "property_offenses_per_100k": "against property",
}
QUALITY_WORDS = dict(enumerate(REPORTING_STATUSES[:3], 1))
_STATUSES = list(ALL_REPORTING_STATUSES[:-1])
"""Of counties that a year's list has."""
_WELL_REPORTED = list(REPORTING_STATUSES[:2])
CAVEAT = (
    "Reported crime is crime times reporting. Rates are NIBRS offences per 100,000 residents, "
    "wider than the FBI's usual violent and property crime, and a good reporting quality does not "
    "mean twelve months. Nothing here says what an agreement does to crime."
)


def crime_years(brief: Brief) -> list[int]:
    """Years with crime data in the release."""
    return sorted(int(year) for year in _with_crime(brief.panel.county_year)["year"].unique())


def _with_crime(years: pd.DataFrame) -> pd.DataFrame:
    return years.dropna(subset=["most_agencies_reported"])


def is_true(values: pd.Series) -> pd.Series:
    """Truth values, where what is not known is not true."""
    return values.fillna(False).astype("bool")


def reporting_by_year(years: pd.DataFrame) -> pd.DataFrame:
    """Counties and residents by how much was reported, for county-years with crime data.

    One row per year and status: `county_count`, `county_share` and `population_share` (of the
    year).
    """
    rows = _with_crime(years)
    rows = rows.assign(status=reporting_status(rows))
    table = count_reporting(rows, "year", sorted(rows["year"].unique()), _STATUSES)
    return table.drop(columns="population_count")


def show_reporting(brief: Brief) -> Output:
    """How residents lived under more or less reporting, year by year."""
    table = reporting_by_year(brief.years)
    if table.empty:
        return note("This release holds no crime reporting.")
    shares = table.pivot_table(index="year", columns="status", values="population_share")
    good = shares[shares.columns.intersection(_WELL_REPORTED)].sum(axis=1)
    last = int(shares.index.max())
    counts = table[table["year"] == last].set_index("status")["county_count"]
    known = [(status, say.pluralise(count, "county")) for status, count in counts.items() if count]
    counted = say.join_words([f"{status} ({count})" for status, count in known])
    first = say.format_share(good.iloc[0])
    before = "as in" if first == say.format_share(good[last]) else f"after {first} in"
    reading = (
        f"In {last}, {_of_residents(good[last])} of {brief.place} lived in "
        f"{'counties' if len(brief.counties) > 1 else 'a county'} where all or most agencies "
        f"reported, {before} {int(shares.index.min())}"
    )
    shares = shares.fillna(0.0)
    seen = [status for status in _STATUSES if shares[status].any()]
    return show_chart(
        plot_stacked_shares(
            shares.reset_index().astype({"year": "str"}),
            category="year",
            parts={status: status.capitalize() for status in seen},
            colours={status: REPORTING_COLOURS[status] for status in seen},
            x_label="Share of residents",
        ),
        reading,
        subtitle=f"Residents of {brief.place} by how many agencies of their county sent any data "
        "to the FBI in the year",
        chart="Stacked bar chart",
        x="share of residents from 0 to 100 percent",
        y=f"the years {say.join_words([str(year) for year in shares.index])}, one bar each, from "
        "all agencies reported to none (hatched)",
        note=f"In {last}: {counted}. Counties are those of the list of each year"
        f"{_other_units(brief)}.{silent_years(brief)}",
        source=brief.source(*LAYOUTS),
        data=table,
    )


def _of_residents(share: float) -> str:
    if share in (0, 1):
        return "all residents" if share else "no resident"
    return f"{say.format_share(share)} of the residents"


def _other_units(brief: Brief) -> str:
    """Say from which year on the units are others than those of the base list."""
    other = brief.years[~brief.years["county_fips"].isin(brief.counties["county_fips"])]
    other = other[other["year"].isin(crime_years(brief))]
    if other.empty:
        return ""
    units = say.pluralise(other["county_fips"].nunique(), "unit")
    return f"; {units} of the list from {int(other['year'].min())} on are in no earlier one"


def silent_years(brief: Brief) -> str:
    """Say in which years the file has no report of any county of a state that reported else."""
    every = _with_crime(brief.panel.county_year)
    rows = every[every["state_fips"] == brief.state_fips]
    reported = rows.groupby("year")["reporting_quality"].count()
    silent = [str(year) for year, count in reported.items() if not count]
    if not silent or len(silent) == len(reported):
        return ""
    return (
        f" For {say.join_words(silent)} the file has no report of any county of "
        f"{brief.state_words}: that may be a gap of the file, and need not be one of the police."
    )


def misplaced_words(brief: Brief, year: int) -> str:
    """Say which counties have no rate because offences are counted in another county."""
    rows = brief.years[brief.years["year"] == year]
    rows = rows[is_true(rows["offenses_misplaced"] == 1)]
    if rows.empty:
        return ""
    moved = reporting_status(rows) == COUNTED_ELSEWHERE
    names = county_names(brief.panel)
    where = [names[code] for code in rows.loc[~moved, "county_fips"]]
    kept = say.pluralise(len(rows), "county has", "counties have")
    if not where:
        why = "the offences are counted in another county"
    elif moved.any():
        count = say.format_count(moved.sum())
        why = f"the offences of {count} of them are counted in the other, {say.join_words(where)}"
    else:
        why = f"offences of other counties are counted in {say.join_words(where)}"
    return f"{kept} no rate, because {why}."


def _unused(brief: Brief, table: pd.DataFrame) -> str:
    """Say why fewer counties have a rate than have agencies most of which reported."""
    year = int(table["year"].max())
    words = misplaced_words(brief, year)
    if not words:
        return ""
    used = table.set_index("year").loc[year, "used_count"]
    quality = brief.years.loc[brief.years["year"] == year, "reporting_quality"]
    good = int((quality <= USABLE_QUALITY).sum())
    return (
        f" In {year}, {words} Of the {say.pluralise(good, 'county')} where all or most "
        f"agencies reported, {say.format_count(used)} are used."
    )


def pooled_rates(years: pd.DataFrame) -> pd.DataFrame:
    """Rates of each year over the counties where they may be used, weighted by residents.

    By year: the two rates, `used_count`, `county_count`, `used_population_share`.
    """
    rows = _with_crime(years)
    by_year, used = rows["year"], is_usable(rows)
    people = rows["population_count"].astype("float64")
    kept = people.where(used)
    table = pd.DataFrame(
        {
            "used_count": used.groupby(by_year).sum(),
            "county_count": rows.groupby("year").size(),
            "used_population_share": kept.groupby(by_year).sum() / people.groupby(by_year).sum(),
        }
    )
    for rate in RATES:
        weights = kept.where(rows[rate].notna())
        total = weights.groupby(by_year).sum()
        table[rate] = (rows[rate] * weights).groupby(by_year).sum() / total.where(total > 0)
    return table


def show_rates(brief: Brief) -> Output:
    """Reported offences of the state and of the whole release, with what they rest on."""
    own, every = pooled_rates(brief.years), pooled_rates(brief.panel.county_year)
    if own.empty:
        return note("This release holds no crime data.")
    table = own.join(every[list(RATES)].add_suffix("_all"), how="left").reset_index()
    return show_table(
        table,
        caption=f"Reported offences per 100,000 residents of {brief.place}, where all or "
        "most agencies reported",
        note="Pooled over counties where all or most agencies reported, weighted by residents: "
        "the columns after the rates say how much of the state that is."
        f"{silent_years(brief)}{_unused(brief, table)} {CAVEAT}",
        source=brief.source(*LAYOUTS),
        columns={
            "year": "Year",
            **{name: _rate(label) for name, label in RATES.items()},
            "used_population_share": "Residents covered",
            "used_count": "Counties used",
            "county_count": "Counties",
            **{f"{name}_all": _rate(label, ", all states") for name, label in RATES.items()},
        },
    )


def _rate(label: str, of: str = "") -> ColumnFormat:
    return ColumnFormat(f"{label.capitalize()}{of}", kind="number", digits=0)


def show_county_rates(brief: Brief, peers: Peers | None) -> Output:
    """Reporting and rates of one county, year by year, beside its state and its peers."""
    if not crime_years(brief):
        return note("This release holds no crime data.")
    table, text = county_rates(brief, peers), explain_place(brief)
    if brief.is_listed and table["quality"].eq(REPORTING_STATUSES[3]).all():
        text = (
            f"No agency of {brief.place} sent data in any of these years. That is not the same as "
            f"no crime. {text}"
        )
    columns: Columns = {
        "year": "Year",
        **{name: _rate(label) for name, label in RATES.items()},
        "quality": "Reporting",
        "use": ColumnFormat("Rate usable", answer=True),
    }
    for name, label in RATES.items():
        columns[f"{name}_state"] = _rate(label, f", {brief.state}")
        if peers is not None:
            columns[f"{name}_peers"] = _rate(label, ", median of peers")
    return show_table(
        table,
        caption=f"Reported offences per 100,000 residents of {brief.place}, by year",
        note="The state is pooled and peers are counted where all or most agencies reported. A "
        "rate from too few agencies is shown as it was reported, and counts in neither."
        f"{silent_years(brief)} {text}{' ' if text else ''}{CAVEAT}",
        source=brief.source(*LAYOUTS),
        columns=columns,
    )


def county_rates(brief: Brief, peers: Peers | None) -> pd.DataFrame:
    """Rates of one county by year; blank where they count offences of another county.

    One row per year with crime data: `year, quality` (in words), `use` (yes or why not), the
    rates, those of the state (suffix `_state`) and the median of the peers (suffix `_peers`).
    """
    every = brief.panel.county_year
    rows = brief.years.set_index("year").reindex(crime_years(brief))
    misplaced = is_true(rows["offenses_misplaced"] == 1)
    use = np.select(
        [rows["reporting_quality"].isna(), misplaced, is_usable(rows)],
        ["no", "no, with offences of other counties", "yes"],
        f"no, {TOO_FEW}",
    )
    table = pd.DataFrame({"quality": reporting_status(rows), "use": use}, index=rows.index)
    state = pooled_rates(every[every["state_fips"] == brief.state_fips])
    for name in RATES:
        table[name] = rows[name].where(~misplaced)
        table[f"{name}_state"] = state[name]
        if peers is not None:
            others = every[every["county_fips"].isin(peers.codes) & is_usable(every)]
            table[f"{name}_peers"] = others.groupby("year")[name].median()
    return table.rename_axis("year").reset_index()
