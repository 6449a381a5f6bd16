"""Briefs: whose rows they are, what became of a county code, and the lists they draw on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

import pandas as pd

from coopanalysis.catalog.sources import ICE_SERIES
from coopanalysis.clean.vintages import explain_code, load_vintages
from coopanalysis.display import sentences as say
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.source_lines import describe_sources, layouts_of, source_line
from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel
from coopanalysis.panel.defaults import main_place
from coopanalysis.panel.policies import in_words, participating_lists

Kind = Literal["state", "county"]
WITH_ARTICLE = ("District of Columbia",)
NOUNS = (
    "parish", "borough", "census area", "municipality", "municipio", "planning region", "city",
)  # fmt: skip
"""What stands in the place of a county and ends its name."""


@dataclass(frozen=True)
class Brief:
    """One state or county with its rows of every table.

    `panel` is the whole release, for comparisons; `code` has two characters for a state, five for
    a county; `name` is the place as written in a title: "Alenbry County, Fenwold". `counties`
    are its rows of the county table (none for a county code that only other years' lists have),
    `years` those of the county-year table, in the county list of each year. `agreements` are rows
    of all lists: for a state all of its agencies, for a county those placed in it.
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
        return f"the {self.name}" if self.name in WITH_ARTICLE else self.name

    @property
    def is_state(self) -> bool:
        """Whether it is of a state, not of a county."""
        return self.kind == "state"

    @property
    def key(self) -> Literal["state_fips", "county_fips"]:
        """Column that tells its rows in a table of the release."""
        return "state_fips" if self.is_state else "county_fips"

    @property
    def places(self) -> str:
        """What it is one of, in the plural."""
        return "states" if self.is_state else "counties"

    @property
    def noun(self) -> str:
        """What a county, or what stands in its place, is called in a sentence."""
        if self.name in WITH_ARTICLE:
            return "District"
        own = self.name.removesuffix(f", {self.state}").casefold()
        return next((noun for noun in NOUNS if own.endswith(f" {noun}")), "county")

    @property
    def opening(self) -> str:
        """The place at the beginning of a sentence."""
        return say.upper_first(self.place)

    @property
    def state_words(self) -> str:
        """The state inside a sentence."""
        return f"the {self.state}" if self.state in WITH_ARTICLE else self.state

    @property
    def is_listed(self) -> bool:
        """Whether the county list that the tables are made for has the place."""
        return len(self.counties) > 0

    @property
    def spells(self) -> pd.DataFrame:
        """Stretches on the lists of its agencies: for a county, those placed in it.

        Agencies of which no list states a county are placed as they are on the latest list, and
        `is_looked_up` says which.
        """
        spells = self.panel.agreement_spells
        looked_up = spells["looked_up_county_fips"]
        placed = spells.assign(
            county_fips=spells["county_fips"].fillna(looked_up), is_looked_up=looked_up.notna()
        )
        return placed[placed[self.key] == self.code]

    @property
    def latest(self) -> pd.DataFrame:
        """Rows of the place on the latest list of participating agencies."""
        return latest_list(self.panel, self.agreements)

    def source(self, *layouts: str) -> str:
        """Source line of the files of some layouts."""
        return describe_sources(self.panel.build, layouts)


def load_state(panel: Panel, state_fips: str) -> Brief:
    """Gather the rows of one state; of an unknown code it says which are nearest."""
    state_fips = main_place("state_fips", state_fips, panel.release)
    states = panel.county.drop_duplicates("state_fips").set_index("state_fips")["state"]
    if state_fips not in states:
        names = {str(code): str(name) for code, name in states.items()}
        raise _unknown("state", state_fips, panel, names)
    name = str(states[state_fips])
    rows = _rows(panel, "state_fips", state_fips)
    return Brief(panel, "state", state_fips, name, state_fips, name, *rows)


def _rows(panel: Panel, key: str, code: str) -> list[pd.DataFrame]:
    tables = (panel.county, panel.county_year, panel.agreements)
    return [table[table[key] == code].reset_index(drop=True) for table in tables]


def load_county(panel: Panel, county_fips: str) -> Brief:
    """Gather the rows of one county, or of a code that only some years' county lists have.

    Of a code that none has it says what became of it, and which are nearest.
    """
    county_fips = main_place("county_fips", county_fips, panel.release)
    names = county_names(panel)
    if county_fips not in names:
        raise _unknown("county", county_fips, panel, names)
    states = panel.county.drop_duplicates("state_fips").set_index("state_fips")["state"]
    state = str(states[county_fips[:2]])
    name = state if names[county_fips] == state else f"{names[county_fips]}, {state}"
    rows = _rows(panel, "county_fips", county_fips)
    return Brief(panel, "county", county_fips, name, county_fips[:2], state, *rows)


def agreement_status(county: pd.DataFrame) -> pd.Series:
    """Model of each county's agreement on the latest list, the furthest-reaching where several.

    `none` where there is none, missing where the release does not know; by county code.
    """
    status = pd.Series("none", index=county["county_fips"].to_numpy(), dtype="object")
    for support in ("warrant-service", "jail-enforcement", "task-force"):
        column = county[f"{support.replace('-', '_')}_latest_list"]
        listed = column.to_numpy(dtype=float, na_value=-1)
        status[listed == 1] = support
        status[listed == -1] = None
    return status.astype("str")


def explain_place(brief: Brief) -> str:
    """Say which years' county lists have a code, or "" where all of them do."""
    years = sorted(brief.years["year"].unique().tolist())
    every = sorted(brief.panel.county_year["year"].unique().tolist())
    if brief.is_state or (brief.is_listed and years == every):
        return ""
    base, became = brief.panel.build["base_list"], what_became(brief.panel, brief.code)
    span = span_of(years) if years else "no year"
    listed = "among them" if brief.is_listed else "but not in"
    return (
        f"{brief.name}, code {brief.code}{f', {became}' if became else ''}. Of {every[0]} to "
        f"{every[-1]}, it is in the county lists of {span}, {listed} that of {base}, which "
        "agreements, maps and most measures use."
    )


def span_of(years: Sequence[int]) -> str:
    """Write the first and the last of years, or the one there is."""
    first, last = min(years), max(years)
    return str(first) if first == last else f"{first} to {last}"


def what_became(panel: Panel, code: str) -> str:
    """From which codes a county came and to which it went, by name; "" where nothing changed.

    The codes of the demo release are fictional and have no history.
    """
    if panel.release == "demo":
        return ""
    vintages = load_vintages()
    history = explain_code(code, vintages).split("; ")[1:]
    verbs = {"from": "was made from", "to": "went to"}
    words = []
    for part in history:
        verb, _, rest = part.partition(" ")
        codes, _, since = rest.partition(" in lists since")
        words.append(f"{verbs[verb]} {say.join_words(codes.split(' and '))}, in lists since{since}")
    return re.sub(
        r"\b\d{5}\b",
        lambda found: f"{vintages.names[found[0]].rsplit(', ', 1)[0]} ({found[0]})",
        " and ".join(words),
    )


def _unknown(what: str, code: str, panel: Panel, names: Mapping[str, str]) -> UsageError:
    near = get_close_matches(code, list(names), n=3, cutoff=0.5)
    by_name = {name.casefold(): one for one, name in names.items()}
    near += [by_name[one] for one in get_close_matches(code.casefold(), list(by_name), n=2)]
    hint = say.join_words([f"{one} ({names[one]})" for one in dict.fromkeys(near)])
    known = ""
    if what == "county" and panel.release != "demo" and code in load_vintages().names:
        known = f" {explain_code(code, load_vintages())}."
    length = {"state": "two", "county": "five"}[what]
    return UsageError(
        f"Release '{panel.release}' has no {what} '{code}'.{known} A code is text of {length} "
        f"characters, as {next(iter(names))!r}."
        + (f" The nearest: {hint}." if hint else "")
        + f" There are {say.format_count(len(names))}."
    )


def source_of_latest(panel: Panel, *more: str) -> str:
    """Source line of the latest list of participating agencies, and of further layouts."""
    return describe_sources(panel.build, [*lists_of(panel)[-1:], *more])


def source_of_spells(panel: Panel, *more: str) -> str:
    """Source line of all lists of participating agencies, and of further layouts."""
    series = [one["layout"] for one in panel.build["inputs"] if one["layout"] == ICE_SERIES]
    return source_line(panel, layouts=[*more, *lists_of(panel), *series])


def lists_of(panel: Panel, kind: str = "participating") -> tuple[str, ...]:
    """Layouts, for `describe_sources`, of the ICE lists of one kind, the latest last.

    Where the release has none of the kind, the layout of all lists.
    """
    vintages = {one["id"]: one["vintage"] for one in panel.build["inputs"]}
    lists = [one for one in panel.build["agreement_lists"] if one["list_kind"] == kind]
    ordered = sorted(lists, key=lambda one: str(one["list_date"]))
    return tuple(f"ice-287g {vintages[one['source']]}" for one in ordered) or ("ice-287g",)


def sources_of(panel: Panel, columns: Sequence[str]) -> list[str]:
    """Layouts, for `describe_sources`, that columns come from, as far as the release has them."""
    named = list(dict.fromkeys(layouts_of(panel, columns)))
    rest = [one for one in named if one != "ice-287g"]
    return [*lists_of(panel), *rest] if "ice-287g" in named else rest


def latest_day(panel: Panel) -> str:
    """Day of the latest participating list, in words."""
    return in_words(participating_lists(panel.build)[-1][0])


def latest_list(panel: Panel, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Rows of the latest list of participating agencies, all or some of them."""
    every = panel.agreements
    days = every.loc[every["list_kind"] == "participating", "list_date"]
    own = every if rows is None else rows
    is_latest = (own["list_kind"] == "participating") & (own["list_date"] == days.max())
    latest: pd.DataFrame = own[is_latest]
    return latest
