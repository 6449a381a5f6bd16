"""Practices, offences and reporting of the fictional counties, drawn as `truth` says."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from coopanalysis.vocabulary import PRACTICE_NAMES
from tools.demo.draws import Floats, logistic_from_normal, normal, uniform
from tools.demo.people import by_state, make_people
from tools.demo.truth import (
    LOG_RESIDENTS_CENTRE,
    TRUTH,
    YEARS,
    OffenceProcess,
)
from tools.demo.world import make_world

PARTIAL_LOW, PARTIAL_HIGH = 0.35, 0.95


@cache
def make_practices() -> pd.DataFrame:
    """Draw the seven practices; 1 means that the county does it. Margins are exact.

    Returns
    -------
    DataFrame, one row per county of the base list, one column per practice
        And `leaning`, the error that the practices share, for use in drawing agreements.
    """
    people = make_people()
    count = len(people)
    rho = TRUTH.error_correlation
    shared = _balanced(normal("practice-shared", count, 1))
    own = _balanced(normal("practice-own", count, len(PRACTICE_NAMES)))
    errors = logistic_from_normal(np.sqrt(rho) * shared + np.sqrt(1 - rho) * own)
    practices = pd.DataFrame(index=people.index)
    order = ("holds_on_detainer", *(n for n in PRACTICE_NAMES if n != "holds_on_detainer"))
    for name in order:
        index = _index(name, people, practices) + errors[:, PRACTICE_NAMES.index(name)]
        rank = np.argsort(np.argsort(-index, kind="stable"), kind="stable")
        practices[name] = (rank < TRUTH.practices[name].count).astype("int64")
    return practices[list(PRACTICE_NAMES)].assign(leaning=shared[:, 0])


def state_leaning() -> Floats:
    """State effect on practices, log-odds, for each county."""
    return TRUTH.state_sd * by_state("practices", make_world())[:, 0]


def _balanced(errors: Floats) -> Floats:
    """Take out of errors what they share by chance with states and covariates."""
    people, state = make_people(), make_world().counties["state_fips"]
    given = ["hispanic", "black", "poverty_pct", "unemployment_pct", "republican_share"]
    design = np.column_stack(
        [
            pd.get_dummies(state).to_numpy(dtype="float64"),
            people[given].to_numpy(dtype="float64"),
            np.log(people["population"].to_numpy()),
        ]
    )
    left = errors - design @ np.linalg.lstsq(design, errors, rcond=None)[0]
    return np.asarray(left / left.std(axis=0), dtype="float64")


def _index(name: str, people: pd.DataFrame, drawn: pd.DataFrame) -> Floats:
    process = TRUTH.practices[name]
    index = process.hispanic_share * people["hispanic"]
    index = index + process.republican_share * people["republican_share"]
    index = index + process.log_population * np.log(people["population"])
    own = TRUTH.state_sd * by_state(f"practice-{name}", make_world())[:, 0]
    loading = process.state_loading
    index = index + loading * state_leaning() + np.sqrt(1 - loading**2) * own
    if process.holds_on_detainer:
        index = index + process.holds_on_detainer * drawn["holds_on_detainer"]
    return np.asarray(index, dtype="float64")


@cache
def make_crime() -> pd.DataFrame:
    """Draw offences known and reporting quality.

    Returns
    -------
    DataFrame, one row per county and year
        `at` (position in the base list), `year`, `person`, `property` (per 100,000, two
        decimals, missing where nobody reported), `quality` (1 to 3, missing where nobody did).
    """
    quality = _quality()
    person = _offences("person", TRUTH.person_offenses)
    prop = _offences("property", TRUTH.property_offenses)
    part = PARTIAL_LOW + (PARTIAL_HIGH - PARTIAL_LOW) * uniform("partial", *quality.shape)
    factor = np.where(quality == 3, part, 1.0)
    count = len(quality)
    frames = [
        pd.DataFrame(
            {
                "at": np.arange(count),
                "year": year,
                "person": np.round(person[:, place] * factor[:, place], 2),
                "property": np.round(prop[:, place] * factor[:, place], 2),
                "quality": quality[:, place],
            }
        )
        for place, year in enumerate(YEARS)
    ]
    crime = pd.concat(frames, ignore_index=True)
    crime.loc[crime["quality"] == 0, ["person", "property"]] = np.nan
    return crime


def _offences(kind: str, process: OffenceProcess) -> Floats:
    """Rates by county and year, before any loss in reporting."""
    people, world = make_people(), make_world()
    count = len(people)
    residents = people["population"].to_numpy(dtype="float64")
    mean = process.base + process.log_residents * (np.log(residents) - LOG_RESIDENTS_CENTRE)
    mean = mean + process.poverty_pct * (people["poverty_pct"].to_numpy() - 15)
    mean = mean + process.unemployment_pct * (people["unemployment_pct"].to_numpy() - 5.5)
    mean = mean + process.effect_per_100k * make_practices()["holds_on_detainer"].to_numpy()
    mean = mean + process.state_lean * state_leaning()
    mean = mean + process.state_sd * by_state(f"offences-{kind}", world)[:, 0]
    mean = mean + process.county_sd * normal(f"offences-{kind}", count)
    spread = process.noise_floor + process.noise_scale / np.sqrt(residents)
    noise = spread[:, None] * normal(f"offences-{kind}-noise", count, len(YEARS))
    rates = mean[:, None] + np.array(process.year) + noise
    return np.asarray(np.maximum(rates, 0.0), dtype="float64")


def _quality() -> Floats:
    """Flag by county and year: 1, 2, 3, or 0 for no report at all."""
    process, people = TRUTH.reporting, make_people()
    urban = np.log(people["population"].to_numpy()) - LOG_RESIDENTS_CENTRE
    holds = make_practices()["holds_on_detainer"].to_numpy()
    chance = process.base + process.effect_share * holds + process.log_residents * urban
    chance = chance + process.state_sd * by_state("reporting", make_world())[:, 0]
    chance = np.clip(chance[:, None] + np.array(process.year), 0.03, 0.97)
    habit = normal("reporting-habit", len(people))[:, None]
    this_year = normal("reporting-year", len(people), len(YEARS))
    steady = process.persistence
    error = logistic_from_normal(np.sqrt(steady) * habit + np.sqrt(1 - steady) * this_year)
    most = error < np.log(chance / (1 - chance))
    all_report = uniform("reporting-all", len(people))[:, None] < process.all_report_share
    silent = process.no_report_share - 0.05 * urban
    none = uniform("reporting-none", len(people))[:, None] < np.clip(silent, 0.01, 0.6)[:, None]
    return np.where(most, np.where(all_report, 1, 2), np.where(none, 0, 3)).astype("float64")
