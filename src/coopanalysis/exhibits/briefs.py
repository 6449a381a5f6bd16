"""Briefs of one state or one county: whose rows they are, the headline, and what is not known."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

import pandas as pd

from coopanalysis.clean.agreements import agency_key
from coopanalysis.clean.vintages import explain_code, load_vintages
from coopanalysis.errors import UsageError
from coopanalysis.exhibits.common import list_dates
from coopanalysis.page import show_headline
from coopanalysis.panel import Panel
from coopanalysis.sentences import (
    describe_share,
    format_count,
    format_date,
    join_words,
    pluralise,
)
from coopanalysis.shown import Shown
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

Kind = Literal["state", "county"]
TYPE_LABELS = {
    "county": "County",
    "municipality": "Municipality",
    "state-agency": "State agency",
    "": "Type not stated",
}
_WITH_ARTICLE = ("District of Columbia",)


@dataclass(frozen=True)
class Brief:
    """One state or county with its rows of every table.

    Attributes
    ----------
    panel : Panel
        The whole release, for comparisons.
    kind : "state" or "county"
    code : str
        Code of the place: two characters of a state, five of a county.
    name : str
        The place as written in a title: "Fenwold", "Alenbry County, Fenwold".
    state_fips, state : str
        Its state.
    counties : DataFrame, one row per county of the base list
        Rows of the county table; none for a county code that only other years' lists have.
    years : DataFrame, one row per county and year
        Rows of the county-year table, in the county list of each year.
    agreements : DataFrame
        Rows of all lists: for a state all of its agencies, for a county those placed in it.
    """

    panel: Panel
    kind: Kind
    code: str
    name: str
    state_fips: str
    state: str
    counties: pd.DataFrame
    years: pd.DataFrame
    agreements: pd.DataFrame

    @property
    def place(self) -> str:
        """The place inside a sentence."""
        return f"the {self.name}" if self.name in _WITH_ARTICLE else self.name

    @property
    def state_words(self) -> str:
        """The state inside a sentence."""
        return f"the {self.state}" if self.state in _WITH_ARTICLE else self.state

    @property
    def is_listed(self) -> bool:
        """Whether the county list that the tables are made for has the place."""
        return len(self.counties) > 0

    def on_list(self, which: Literal["first", "latest"]) -> pd.DataFrame:
        """Rows of the place on the first or the latest list of participating agencies."""
        every = self.panel.agreements
        days = every.loc[every["list_kind"] == "participating", "list_date"]
        day = days.min() if which == "first" else days.max()
        rows = self.agreements
        chosen: pd.DataFrame = rows[
            (rows["list_kind"] == "participating") & (rows["list_date"] == day)
        ]
        return chosen


def load_state(panel: Panel, state_fips: str) -> Brief:
    """Gather the rows of one state.

    Raises
    ------
    UsageError
        If the release has no such state; names the nearest.
    """
    states = panel.county.drop_duplicates("state_fips").set_index("state_fips")["state"]
    if state_fips not in states:
        names = {str(code): str(name) for code, name in states.items()}
        raise _unknown("state", state_fips, panel, names)
    own, years, rows = (
        table[table["state_fips"] == state_fips].reset_index(drop=True)
        for table in (panel.county, panel.county_year, panel.agreements)
    )
    name = str(states[state_fips])
    return Brief(panel, "state", state_fips, name, state_fips, name, own, years, rows)


def load_county(panel: Panel, county_fips: str) -> Brief:
    """Gather the rows of one county, or of a code that only some years' county lists have.

    Raises
    ------
    UsageError
        If no county list of the release has the code; says what is known of it, and names the
        nearest.
    """
    names = county_names(panel)
    if county_fips not in names:
        raise _unknown("county", county_fips, panel, names)
    own, years, rows = (
        table[table["county_fips"] == county_fips].reset_index(drop=True)
        for table in (panel.county, panel.county_year, panel.agreements)
    )
    states = panel.county.drop_duplicates("state_fips").set_index("state_fips")["state"]
    state = str(states[county_fips[:2]])
    name = f"{names[county_fips]}, {state}"
    return Brief(panel, "county", county_fips, name, county_fips[:2], state, own, years, rows)


def county_names(panel: Panel) -> dict[str, str]:
    """Name of each county code that the release has in the county list of some year."""
    listed = panel.county.set_index("county_fips")["county"]
    names = {str(code): str(name) for code, name in listed.items()}
    others = sorted(set(panel.county_year["county_fips"]) - set(names))
    if others:
        known = load_vintages().names if panel.release != "demo" else {}
        names |= {code: known.get(code, f"County {code}").rsplit(", ", 1)[0] for code in others}
    return names


def explain_place(brief: Brief) -> str:
    """Say what became of a county code, or "" where all county lists have the same code."""
    years = sorted(brief.years["year"].unique().tolist())
    every = sorted(brief.panel.county_year["year"].unique().tolist())
    base = brief.panel.build["base_list"]
    listed = "has it" if brief.is_listed else "does not have it"
    if brief.kind != "county" or (brief.is_listed and years == every):
        return ""
    span = f"the lists of {years[0]} to {years[-1]}" if years else "no other list"
    text = f"The county list of {base}, which the tables are made for, {listed}; {span} do too"
    if not brief.is_listed:
        text = (
            f"The county list of {base}, which the tables are made for, {listed}; of {every[0]} "
            f"to {every[-1]}, the lists of {years[0]} to {years[-1]} do"
        )
    if brief.panel.release == "demo":
        return f"{text}."
    return f"{explain_code(brief.code, load_vintages())}. {text}."


def agency_count(rows: pd.DataFrame) -> int:
    """Number of agencies: spellings of one name are one agency, a type is a different one."""
    return len(agencies(rows))


def agencies(rows: pd.DataFrame) -> pd.DataFrame:
    """Agencies of one list, one row each.

    Returns
    -------
    DataFrame, one row per agency
        `agency, agency_type, county_fips, county_match, models` (in words), `models_count`,
        `since_date` (earliest day of signing), `undated_count` (models without a day).
    """
    keyed = rows.assign(
        key=agency_key(rows["agency"]),
        agency_type=rows["agency_type"].fillna(""),
        model=rows["support_type"].map(SUPPORT_TYPE_LABELS),
    )
    grouped = keyed.sort_values(["agency", "support_type"]).groupby(
        ["agency_type", "state_fips", "key"], sort=True
    )
    table: pd.DataFrame = grouped.agg(
        agency=("agency", "first"),
        county_fips=("county_fips", "first"),
        county_match=("county_match", "first"),
        models=("model", lambda models: join_words(list(dict.fromkeys(models)))),
        models_count=("support_type", "nunique"),
        since_date=("signed_date", "min"),
        undated_count=("signed_date", lambda days: int(days.isna().sum())),
    )
    return table.reset_index().sort_values(["agency_type", "agency"], ignore_index=True)


def headline(brief: Brief) -> Shown:
    """Who is on the latest list, and on the first."""
    first, latest = list_dates(brief.panel)
    sentence = (
        _state_sentence(brief, latest) if brief.kind == "state" else _county_sentence(brief, latest)
    )
    before, now = brief.on_list("first"), brief.on_list("latest")
    everywhere = brief.panel.county["agreement_latest_list"]
    return show_headline(
        sentence,
        unit="agencies and counties with a 287(g) agreement in force on the day of the list",
        comparison=f"the list of {first}: {pluralise(agency_count(before), 'agency', 'agencies')}; "
        f"all counties of the release on {latest}: "
        f"{describe_share(int((everywhere == 1).sum()), int(everywhere.notna().sum()))} with a "
        "county agency",
        interval="none: every agency on the list is counted, not a sample",
        n=f"{pluralise(len(brief.counties), 'county', 'counties')}, "
        f"{pluralise(agency_count(now), 'agency', 'agencies')} with "
        f"{pluralise(len(now), 'agreement')}",
        design="description",
    )


def _state_sentence(brief: Brief, latest: str) -> str:
    rows = brief.on_list("latest")
    total = len(brief.counties)
    if rows.empty:
        return (
            f"The list of 287(g) agreements of {latest} names no agency of {brief.place}: none of "
            f"its {pluralise(total, 'county', 'counties')}, no municipality and no agency of the "
            "state."
        )
    having = int((brief.counties["agreement_latest_list"] == 1).sum())
    return (
        f"The list of 287(g) agreements of {latest} names "
        f"{pluralise(agency_count(rows), 'agency', 'agencies')} of {brief.place}: "
        f"{_by_type(rows)}. A county agency is on it in {describe_share(having, total)}."
    )


def _county_sentence(brief: Brief, latest: str) -> str:
    if not brief.is_listed:
        return f"{explain_place(brief)} Agreements are counted by the codes of that list only."
    rows = brief.on_list("latest")
    found = agencies(rows)
    county = found[found["agency_type"] == "county"]
    rest = found[found["agency_type"] != "county"]
    others = (
        f"{_by_type(rows[rows['agency_type'] != 'county'])} placed in it"
        if len(rest)
        else "no municipal agency that can be placed in it"
    )
    if county.empty:
        return (
            f"The list of 287(g) agreements of {latest} names no county agency of {brief.place}, "
            f"and {others}."
        )
    named = join_words([_agency_words(row) for row in county.to_dict("records")])
    return (
        f"The list of 287(g) agreements of {latest} names, for {brief.place}, {named}, and "
        f"{others}."
    )


def _agency_words(row: Mapping[Hashable, Any]) -> str:
    since = format_date(row["since_date"])
    dated = f"signed first on {since}" if since[0].isdigit() else "day of signing not available"
    return f"{row['agency']} ({str(row['models']).lower()}; {dated})"


def _by_type(rows: pd.DataFrame) -> str:
    words = {
        "county": ("county agency", "county agencies"),
        "municipality": ("municipal agency", "municipal agencies"),
        "state-agency": ("agency of the state", "agencies of the state"),
        "": ("agency of no stated type", "agencies of no stated type"),
    }
    counts = agencies(rows)["agency_type"].value_counts()
    return join_words([pluralise(counts[name], *words[name]) for name in words if name in counts])


def _unknown(what: str, code: str, panel: Panel, names: Mapping[str, str]) -> UsageError:
    near = get_close_matches(code, list(names), n=3, cutoff=0.5)
    by_name = {name.casefold(): one for one, name in names.items()}
    near += [by_name[one] for one in get_close_matches(code.casefold(), list(by_name), n=2)]
    hint = join_words([f"{one} ({names[one]})" for one in dict.fromkeys(near)])
    known = ""
    if what == "county" and panel.release != "demo" and code in load_vintages().names:
        known = f" {explain_code(code, load_vintages())}."
    length = {"state": "two", "county": "five"}[what]
    return UsageError(
        f"Release '{panel.release}' has no {what} '{code}'.{known} A code is text of {length} "
        f"characters, as {next(iter(names))!r}."
        + (f" The nearest: {hint}." if hint else "")
        + f" There are {format_count(len(names))}."
    )
