"""Laws, states and counties on one day: what the exhibits of state laws are made from.

All of it is real and the same in every release: it is read from `data/raw/reference/`, never
from a release.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from coopanalysis.catalog.sources import check_release
from coopanalysis.clean.laws import county_law_status, law_status, law_timeline
from coopanalysis.display.sentences import format_date
from coopanalysis.paths import reference_dir
from coopanalysis.sources import READERS
from coopanalysis.sources.reference import (
    read_county_acs_2019,
    read_state_laws,
    read_state_tiles,
)

_LAWS_FROM = (
    "Real data, in every release: state laws collected for this project, each with its source in "
    "the table of laws"
)


@dataclass(frozen=True)
class LawFacts:
    """Laws, states and counties on one day.

    Attributes
    ----------
    release : str
        Release the page is made for; it changes no number.
    as_of : Timestamp
        The day.
    include_verify : bool
        Whether laws whose date or scope is not certain are counted.
    laws : DataFrame, one row per law
        As from `read_state_laws`, in force or not.
    states : DataFrame, one row per state, District of Columbia and Puerto Rico
        As from `law_status`, with `tile_row`, `tile_column`, `counties_count` and
        `population_count`, and `possible_status`, the status if every uncertain law holds.
    counties : DataFrame, one row per county of 2019
        As from `county_law_status`.
    """

    release: str
    as_of: pd.Timestamp
    include_verify: bool
    laws: pd.DataFrame
    states: pd.DataFrame
    counties: pd.DataFrame

    @property
    def day(self) -> str:
        """The day in words."""
        return format_date(self.as_of)

    @property
    def source(self) -> str:
        """Source line of the figures and tables that show laws beside residents."""
        return (
            f"{_LAWS_FROM}; US Census Bureau, American Community Survey, tables "
            "B01003, B17001, B19013 and B23025. Data as of "
            f"{self.day} (laws) and 2015 to 2019 (residents)."
        )

    @property
    def laws_source(self) -> str:
        """Source line of a table of laws alone."""
        return f"{_LAWS_FROM}. Data as of {self.day}."


def load_facts(release: str, as_of: str, include_verify: bool) -> LawFacts:
    """Read laws, states and counties, and say which status holds on a day.

    Parameters
    ----------
    release : str
        Name of a release, for the words of the page.
    as_of : str
        The day, as YYYY-MM-DD.
    include_verify : bool
        Whether to count laws whose date or scope is not certain.

    Raises
    ------
    UsageError
        If the release does not exist or the day is not a date.
    DataError
        If a reference table is missing or broken.
    """
    check_release(release)
    laws, counties = read_state_laws(), read_county_acs_2019()
    names = READERS["state-list"](reference_dir() / "states.csv", "states").frame
    places = read_state_tiles()[["state_fips", "tile_row", "tile_column"]]
    listed = names[["state_fips", "state_abbr", "state", "kind"]]
    listed = listed.merge(places, on="state_fips", how="inner", validate="1:1")
    states = law_status(laws, listed, as_of, include_verify=include_verify)
    every = laws.assign(effective_date=laws["effective_date"].fillna(pd.Timestamp(as_of)))
    sums = counties.groupby("state_fips").agg(
        counties_count=("county_fips", "size"), population_count=("population_count", "sum")
    )
    return LawFacts(
        release,
        pd.Timestamp(as_of),
        include_verify,
        laws,
        states.assign(
            possible_status=law_status(every, listed, as_of, include_verify=True)["status"]
        ).merge(sums.astype("int64"), on="state_fips", how="left", validate="1:1"),
        county_law_status(states, counties),
    )


def other_counties(facts: LawFacts) -> pd.DataFrame:
    """Counties with the status under the other rule: uncertain laws counted, or not."""
    flipped = law_status(
        facts.laws, _names(facts), facts.as_of, include_verify=not facts.include_verify
    )
    return county_law_status(flipped, _bare_counties(facts))


def timeline(facts: LawFacts, *, include_verify: bool | None = None) -> pd.DataFrame:
    """Shares of residents by status, from each day on which a law began or ended.

    Parameters
    ----------
    include_verify : bool, optional
        Whether uncertain laws with a date are counted; as the page by default.

    Returns
    -------
    DataFrame
        As from `clean.laws.law_timeline`, up to and with the day of the page; empty if no law
        had begun.
    """
    rule = facts.include_verify if include_verify is None else include_verify
    days = law_timeline(facts.laws, _names(facts), _bare_counties(facts), include_verify=rule)
    past = days[days["on_date"] <= facts.as_of]
    last = past[past["on_date"] == past["on_date"].max()].assign(on_date=facts.as_of)
    table: pd.DataFrame = pd.concat([past, last])
    return table.drop_duplicates(["on_date", "status"], ignore_index=True)


def _names(facts: LawFacts) -> pd.DataFrame:
    return facts.states[["state_fips", "state_abbr", "state"]]


def _bare_counties(facts: LawFacts) -> pd.DataFrame:
    added = ["status", "since_date", "status_if_verified", "is_uncertain"]
    return facts.counties.drop(columns=added)
