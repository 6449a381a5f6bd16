"""Invented agencies with 287(g) agreements, and the lists they are on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd

from tools.demo.draws import normal, uniform, whole
from tools.demo.names import (
    CITY_STATE,
    ISLAND_STATE,
    RECODED_STATE,
    STATES,
    TERRITORIES,
    place_name,
)
from tools.demo.people import by_state, make_people
from tools.demo.policy import make_practices, state_leaning
from tools.demo.world import TWIN_CITY_STATE, make_world

JEM, TFM, WSO = "Jail Enforcement Model", "Task Force Model", "Warrant Service Officer"
FIRST_LIST, LATEST_LIST = date(2025, 7, 15), date(2026, 5, 18)
COUNTIES_FIRST, COUNTIES_LATEST = 112, 236
MUNICIPAL_FIRST, MUNICIPAL_LATEST = 46, 142
STATES_WITHOUT = (ISLAND_STATE, RECODED_STATE, "57", "87", "90")
ENDED_STATE = "61"


@dataclass(frozen=True)
class Agreement:
    """One agency and support type, as it would stand in a faultless list."""

    state_fips: str
    agency: str
    kind: str
    county: str
    support: str
    signed: date
    on_first: bool
    on_latest: bool

    @property
    def state(self) -> str:
        """Name of the state in upper case, as lists have it."""
        return state_name(self.state_fips).upper()


def state_name(code: str) -> str:
    """Name of a state or territory."""
    return next(state.name for state in (*STATES, *TERRITORIES) if state.fips == code)


@cache
def make_agreements() -> tuple[Agreement, ...]:
    """Draw every agreement of the demo release, in the order of lists: state, agency."""
    found = [*_county_agreements(), *_municipal_agreements(), *_state_agreements()]
    return tuple(sorted(found, key=lambda row: (row.state, row.agency.casefold(), row.support)))


def agency_name(county: str) -> str:
    """Name of a county's force: "Alerrick Parish Sheriff's Office"."""
    bare = county.replace(" city", " City")
    return f"{bare} Sheriff's Office"


@cache
def adopting_counties() -> pd.DataFrame:
    """Counties with an agreement of their own, the most willing first.

    `at` is the position in the base list; `first` are on the earlier list, `early` signed in 2019
    or 2020.
    """
    counties, people, practices = make_world().counties, make_people(), make_practices()
    score = 2.2 * practices["agreement_287g"] + 0.9 * practices["holds_on_detainer"]
    score = score + 0.5 * practices["leaning"] + 3.0 * people["republican_share"]
    score = score + 0.8 * state_leaning() + 0.7 * by_state("agreements", make_world())[:, 0]
    score = score + normal("agreements", len(counties))
    score = score.mask(counties["state_fips"].isin(STATES_WITHOUT), -99.0)
    # An independent city without a namesake and both forms of a shared name are wanted in lists.
    wanted = counties["county_fips"].isin([f"{CITY_STATE}540", _twin_county(), _saint_county()])
    order = np.argsort(-score.mask(wanted, 99.0).to_numpy(), kind="stable")
    chosen = counties.iloc[order[:COUNTIES_LATEST]][["county_fips", "state_fips", "county"]]
    early = practices["agreement_287g"].to_numpy()[order[:COUNTIES_LATEST]] == 1
    jitter = uniform("agreements-first", COUNTIES_LATEST)
    rank = np.argsort(np.argsort(0.006 * np.arange(COUNTIES_LATEST) + jitter, kind="stable"))
    first = (rank < COUNTIES_FIRST) | early | (np.arange(COUNTIES_LATEST) < 3)
    return chosen.assign(at=order[:COUNTIES_LATEST], first=first, early=early)


def _twin_county() -> str:
    """A county that shares its name with an independent city of the same state."""
    counties = make_world().counties
    in_state = counties[counties["state_fips"] == CITY_STATE]
    twins = in_state[in_state["short"].duplicated(keep=False)]
    return str(twins["county_fips"].iloc[0])


def _saint_county() -> str:
    counties = make_world().counties
    saints = counties[counties["county"].str.startswith("St. ")]
    free = saints[~saints["state_fips"].isin([*STATES_WITHOUT, TWIN_CITY_STATE])]
    return str(free["county_fips"].iloc[0])


def _county_agreements() -> list[Agreement]:
    rows = adopting_counties()
    kinds = uniform("agreements-kinds", len(rows), 3)
    days = uniform("agreements-days", len(rows), 3)
    ended = uniform("agreements-ended", len(rows)) < 0.04
    found = []
    for number, row in enumerate(rows.to_dict("records")):
        supports = [
            support
            for support, cut, draw in zip(
                (JEM, TFM, WSO), (0.25, 0.38, 0.56), kinds[number], strict=True
            )
            if draw < cut
        ] or [WSO]
        state = str(row["state_fips"])
        if row["early"] and JEM not in supports:
            supports.insert(0, JEM)
        for place, support in enumerate(supports):
            early = bool(row["early"]) and support == JEM
            on_first = bool(row["first"]) and bool(place == 0 or days[number, place] < 0.6)
            gone = on_first and (bool(ended[number]) or state == ENDED_STATE)
            if state == ENDED_STATE and not on_first:
                continue
            found.append(
                Agreement(
                    state,
                    agency_name(row["county"]),
                    "County",
                    row["county"],
                    support,
                    _signed(days[number, place], early, on_first),
                    on_first,
                    not gone,
                )
            )
    return found


def _signed(draw: float, early: bool, on_first: bool) -> date:
    if early:
        first, last = date(2019, 3, 1), date(2020, 12, 20)
    elif on_first:
        first, last = date(2025, 2, 18), date(2025, 7, 11)
    else:
        first, last = date(2025, 7, 17), date(2026, 5, 14)
    return first + timedelta(days=int(draw * (last - first).days))


def _municipal_agreements() -> list[Agreement]:
    people, counties = make_people(), make_world().counties
    score = np.log(people["population"].to_numpy()) + 2.0 * state_leaning()
    score = score + 2.5 * people["republican_share"].to_numpy()
    score = score + 1.4 * normal("municipal", len(people))
    barred = counties["state_fips"].isin([*STATES_WITHOUT, ENDED_STATE]).to_numpy()
    order = np.argsort(-np.where(barred, -99.0, score), kind="stable")[:MUNICIPAL_LATEST]
    rank = np.argsort(np.argsort(uniform("municipal-first", len(order)), kind="stable"))
    days = uniform("municipal-days", len(order))
    supports = np.where(uniform("municipal-kind", len(order)) < 0.04, WSO, TFM)
    return [
        Agreement(
            counties["state_fips"].iloc[at],
            f"{place_name(300 + number)} Police Department",
            "Municipality",
            counties["county"].iloc[at],
            str(supports[number]),
            _signed(days[number], False, bool(rank[number] < MUNICIPAL_FIRST)),
            bool(rank[number] < MUNICIPAL_FIRST),
            bool(rank[number] >= 3),
        )
        for number, at in enumerate(order)
    ]


def _state_agreements() -> list[Agreement]:
    forces = ("Department of Corrections", "Highway Patrol", "State Guard")
    states = [s for s in STATES if s.fips not in STATES_WITHOUT and s.fips != ENDED_STATE]
    picks = whole("state-agencies", len(forces), len(states))
    days = uniform("state-days", len(states))
    found = []
    for number, state in enumerate(states):
        if number % 5 == 4:
            continue
        force = forces[picks[number]]
        on_first = number % 2 == 0
        found.append(
            Agreement(
                state.fips,
                f"{state.name} {force}",
                "State Agency",
                "",
                JEM if force.endswith("Corrections") else TFM,
                _signed(days[number], False, on_first),
                on_first,
                True,
            )
        )
    territory = TERRITORIES[0]
    found.append(
        Agreement(
            territory.fips,
            f"{territory.name} Customs Agency",
            "State Agency",
            "",
            TFM,
            date(2026, 3, 3),
            False,
            True,
        )
    )
    return found
