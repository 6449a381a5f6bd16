"""Maps of crime reporting year by year, and of reported offences where a rate may be used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from coopanalysis.clean.reporting import ALL_REPORTING_STATUSES, reporting_status
from coopanalysis.display import sentences as say
from coopanalysis.display.county_maps import county_names, plot_map_years, state_shapes
from coopanalysis.display.figures import show_chart
from coopanalysis.display.figures.style import HATCH, REPORTING_COLOURS
from coopanalysis.display.html import Output
from coopanalysis.display.maps import CountyMap, quantile_breaks
from coopanalysis.display.page import left_out
from coopanalysis.display.source_lines import describe_sources
from coopanalysis.panel import Panel
from coopanalysis.panel.counties import is_usable

LAYOUTS = ("urban-crime", "topojson", "topojson-later")
RATE = "property_offenses_per_100k"
_NOT_LISTED = ALL_REPORTING_STATUSES[-1]
_NO_REPORT = next(name for name, colour in REPORTING_COLOURS.items() if colour == HATCH)


def show_reporting_maps(panel: Panel, state_fips: str = "", place: str = "the release") -> Output:
    """One map a year of how many agencies of each county reported; of one state or of all.

    Connecticut is drawn in the units of the list of each year.
    """
    rows = _rows(panel, state_fips)
    if rows.empty:
        return left_out("this release holds no crime reporting")
    if len(set(rows["county_fips"])) == 1:
        return left_out(f"{place} counts as one county, so there is no map of its reporting")
    values = {
        str(year): reporting_status(of).set_axis(of["county_fips"])
        for year, of in rows.groupby("year")
    }
    shapes = _shapes(panel, values, state_fips)
    drawn = plot_map_years(
        shapes,
        {year: _on_map(one, shapes[year]) for year, one in values.items()},
        labels={name: name.capitalize() for name in ALL_REPORTING_STATUSES},
        colours=REPORTING_COLOURS,
        legend_title="Agencies of the county that sent any data to the FBI",
        missing_label=_NO_REPORT.capitalize(),
    )
    reported = drawn.classes.loc[drawn.classes["colour"] != HATCH, "label"]
    return _show(
        panel,
        drawn,
        _silence(values, place),
        place=place,
        subtitle=f"Counties of {place} by how many of their agencies sent any data in the year, "
        "each year in the county list of that year",
        y=f"{', '.join(str(label).lower() for label in reported)}; hatched where no agency "
        "reported",
        note="A county counts alike whatever its population, and a report may cover one month. "
        "Where no agency reported, crime is not known; it is not zero. Offences counted under "
        "another county are in that county's figures." + _undrawn(rows, shapes),
        data=drawn.classes.drop(columns="colour").rename(columns={"label": "reporting"}),
    )


def _show(
    panel: Panel, drawn: CountyMap, reading: str, *, place: str, note: str, **words: Any
) -> Output:
    """Show maps of several years, whose names head the counts of their classes."""
    present = {one["layout"] for one in panel.build["inputs"] if not one["checked_only"]}
    return show_chart(
        drawn.figure,
        reading,
        chart="Small county maps, one a year",
        x=f"the counties of {place} in {say.join_words(list(drawn.classes.columns[2:]))}",
        note=note,
        source=describe_sources(panel.build, [one for one in LAYOUTS if one in present]),
        legend=drawn.legend,
        wide=True,
        **words,
    )


def show_rate_maps(panel: Panel, state_fips: str = "", place: str = "the release") -> Output:
    """One map a year of reported offences, with the breaks of the whole release."""
    everywhere = _rows(panel, "")
    breaks = quantile_breaks(everywhere.loc[is_usable(everywhere), RATE])
    listed = _rows(panel, state_fips)
    if len(set(listed["county_fips"])) == 1:
        return left_out(f"{place} counts as one county, so there is no map of its rates")
    rows = listed[is_usable(listed)]
    values = {
        str(year): of.set_index("county_fips")[RATE]
        for year, of in rows.groupby("year")
        if of[RATE].notna().any()
    }
    if not values:
        return left_out(
            f"no map of reported offences, because in no year did most agencies of a county of "
            f"{place} report in a way that gives a rate"
        )
    shapes = _shapes(panel, values, state_fips)
    drawn = plot_map_years(
        shapes,
        values,
        breaks=breaks,
        legend_title="Reported offences against property per 100,000 residents",
        missing_label="No usable rate",
    )
    return _show(
        panel,
        drawn,
        _usable(values, listed),
        place=place,
        subtitle=f"Reported offences against property per 100,000 residents, counties of {place} "
        "where all or most agencies reported; the classes are fifths of all county-years of the "
        "release",
        y="offences against property per 100,000 residents in five classes up to "
        f"{say.format_count(breaks[-1])}, darker is more; hatched without a usable rate",
        note="Differences between counties are differences in crime times reporting. Hatched "
        "counties are not free of crime: their rate is not known."
        + _lowest(panel, rows)
        + _undrawn(listed, shapes),
        data=pd.concat(
            [one.rename(RATE).reset_index().assign(year=year) for year, one in values.items()]
        ),
    )


def _usable(values: Mapping[str, pd.Series], listed: pd.DataFrame) -> str:
    """Say how many counties have a usable rate in the last year, and the median of them."""
    last, rates = list(values.items())[-1]
    known, total = rates.dropna(), int(listed["year"].eq(int(last)).sum())
    having = "has a usable rate," if len(known) == 1 else "have a usable rate, the median"
    return (
        f"In {last}, {say.describe_share(len(known), total)} {having} "
        f"{say.format_number(known.median(), 0)} per 100,000 residents"
    )


def _lowest(panel: Panel, rows: pd.DataFrame) -> str:
    """Name the county and year of the lowest rate that is used, which few months may explain."""
    lowest = rows[rows[RATE] == rows[RATE].min()]
    where = f"in {say.pluralise(len(lowest), 'county-year')}"
    if len(lowest) == 1:
        code, year = lowest.iloc[0][["county_fips", "year"]]
        where = f"of {county_names(panel)[code]} in {year}"
    return (
        f" The lowest rate used is {say.format_number(lowest[RATE].iloc[0], 0)}, {where}; months "
        "of reports are not counted."
    )


def _on_map(status: pd.Series, shapes: pd.DataFrame) -> pd.Series:
    """Status of each outline; missing, and so hatched, where no agency reported."""
    of_outlines = status.reindex(shapes["county_fips"].to_numpy()).fillna(_NOT_LISTED)
    return of_outlines.astype("object").mask(of_outlines == _NO_REPORT, None)


def _silence(values: Mapping[str, pd.Series], place: str) -> str:
    """Say of how many counties the file has no report, year by year."""
    silent = {year: int((one == _NO_REPORT).sum()) for year, one in values.items()}
    told = [year for year, count in silent.items() if not count]
    said = [
        f"{say.out_of(count, len(values[year]))} counties in {year}"
        for year, count in silent.items()
        if count
    ]
    every = f"of every county of {place} in {say.join_words(told)}"
    if not said:
        return f"The file has a report {every}"
    reading = f"The file has no report of {say.join_words(said)}"
    return f"{reading}; it has one {every}" if told else reading


def _undrawn(rows: pd.DataFrame, shapes: Mapping[str, pd.DataFrame]) -> str:
    """Say how many counties the maps leave out, and how many outlines no list has."""
    years: dict[tuple[int, int], list[str]] = {}
    for year, outlines in shapes.items():
        listed = set(rows.loc[rows["year"] == int(year), "county_fips"])
        drawn = set(outlines["county_fips"])
        lacking, extra = len(listed - drawn), len(drawn - listed)
        if lacking or extra:
            years.setdefault((lacking, extra), []).append(year)
    if not years:
        return ""
    words = [
        f"in {say.join_words(same)}, {say.pluralise(lacking, 'county')} of the list without an "
        f"outline and {say.pluralise(extra, 'outline')} without a county"
        for (lacking, extra), same in years.items()
    ]
    return f" The outlines are of another edition than the lists: {'; '.join(words)}."


def _rows(panel: Panel, state_fips: str) -> pd.DataFrame:
    rows = panel.county_year.dropna(subset=["most_agencies_reported"])
    return rows[rows["state_fips"] == state_fips] if state_fips else rows


def _shapes(panel: Panel, years: Iterable[str], state_fips: str) -> dict[str, pd.DataFrame]:
    if not state_fips:
        return {year: panel.boundaries_of(int(year)) for year in years}
    return {year: state_shapes(panel, state_fips, int(year)) for year in years}
