"""Offences and reporting of the fictional counties, drawn as `truth` says.

Every year is drawn by the same code, with the process of that year; the hard year takes what it
has beyond the others from streams of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from tools.demo.draws import Floats, logistic_from_normal, normal, uniform
from tools.demo.people import by_state, make_people
from tools.demo.policy import make_practices, state_leaning
from tools.demo.truth import (
    EFFECTS,
    LOG_RESIDENTS_CENTRE,
    OFFENCES_CENTRE,
    STATE_COUNTIES_CENTRE,
    TRUTH,
    YEARS,
    OffenceProcess,
    ReportingProcess,
)
from tools.demo.world import make_world

PARTIAL_LOW, PARTIAL_HIGH = 0.35, 0.95


@dataclass(frozen=True)
class TrueYear:
    """What is true of each county in a year, whoever reported it; one value per county.

    By kind the offences per 100,000 residents if the county did not hold on detainers, and what
    holding adds; the probability that most agencies report, without the policy and with it.
    """

    without: dict[str, Floats]
    effect: dict[str, Floats]
    chance_without: Floats
    chance_with: Floats

    def rate(self, kind: str) -> Floats:
        """Offences per 100,000 residents of the counties as they are."""
        return np.maximum(self.without[kind] + self.effect[kind] * _holds(), 0.0)

    def mean_effects(self) -> dict[str, tuple[float, float]]:
        """Mean and standard deviation of the effect among counties that hold, by outcome."""
        held = _holds() == 1
        added = [*self.effect.values(), self.chance_with - self.chance_without]
        return {
            outcome: (float(values[held].mean()), float(values[held].std()))
            for outcome, values in zip(EFFECTS, added, strict=True)
        }


@cache
def make_crime() -> pd.DataFrame:
    """Draw offences known and reporting quality, one row per county and year.

    `at` is the position in the base list; rates are per 100,000 with two decimals, and missing, as
    `quality` (1 to 3), where nobody reported.
    """
    crime = pd.concat([_reported(year) for year in YEARS], ignore_index=True)
    crime.loc[crime["quality"] == 0, ["person", "property"]] = np.nan
    return crime


@cache
def true_year(year: int) -> TrueYear:
    """What is true of each county of the base list in a year, whoever reported it."""
    process = TRUTH.of(year)
    kinds = {"person": process.person_offenses, "property": process.property_offenses}
    without = {kind: _without_policy(kind, one, year) for kind, one in kinds.items()}
    effect = {kind: _effects(kind, one) for kind, one in kinds.items()}
    chances = [
        _chance(process.reporting, year, holds, without["person"] + holds * effect["person"])
        for holds in (0, 1)
    ]
    return TrueYear(without, effect, *chances)


def _holds() -> Floats:
    return make_practices()["holds_on_detainer"].to_numpy(dtype="float64")


def _of_year(drawn: Floats, year: int) -> Floats:
    """The column of a year, of numbers drawn for each county and year."""
    return np.asarray(drawn[:, YEARS.index(year)])


def _without_policy(kind: str, process: OffenceProcess, year: int) -> Floats:
    """Rates in a year if no county held on detainers."""
    people, world = make_people(), make_world()
    count = len(people)
    residents = people["population"].to_numpy(dtype="float64")
    mean = process.base + process.log_residents * (np.log(residents) - LOG_RESIDENTS_CENTRE)
    mean = mean + process.poverty_pct * (people["poverty_pct"].to_numpy() - 15)
    mean = mean + process.unemployment_pct * (people["unemployment_pct"].to_numpy() - 5.5)
    mean = mean + process.state_lean * state_leaning()
    mean = mean + process.state_sd * by_state(f"offences-{kind}", world)[:, 0]
    mean = mean + process.county_sd * normal(f"offences-{kind}", count)
    mean = mean + process.unseen * make_practices()["leaning"].to_numpy()
    spread = process.noise_floor + process.noise_scale / np.sqrt(residents)
    noise = spread * _of_year(normal(f"offences-{kind}-noise", count, len(YEARS)), year)
    rates = mean + process.year[YEARS.index(year)] + noise
    return np.asarray(np.maximum(rates, process.least), dtype="float64")


def _effects(kind: str, process: OffenceProcess) -> Floats:
    """What holding on detainers adds in each county; its mean over those that hold is as stated."""
    own = normal(f"effects-{kind}", len(make_people()))
    differs = process.effect_reporting * _state_shocks() + process.effect_sd * own
    return np.asarray(process.effect_per_100k + differs - differs[_holds() == 1].mean())


def _chance(process: ReportingProcess, year: int, holds: int, person: Floats) -> Floats:
    """Probability that most agencies of a county report, with or without the policy."""
    chance = process.base + process.effect_share * holds + process.log_residents * _urban()
    chance = chance + process.state_sd * _state_shocks()
    chance = chance + process.log_state_counties * _state_size()
    chance = chance + process.per_1000_offences * (person - OFFENCES_CENTRE) / 1000
    return np.clip(chance + process.year[YEARS.index(year)], 0.03, 0.97)


def _state_shocks() -> Floats:
    """State effect on reporting, in standard deviations, for each county."""
    return np.asarray(by_state("reporting", make_world())[:, 0])


def _urban() -> Floats:
    residents = make_people()["population"].to_numpy(dtype="float64")
    return np.asarray(np.log(residents) - LOG_RESIDENTS_CENTRE)


def _state_size() -> Floats:
    state = make_world().counties["state_fips"]
    counties = state.map(state.value_counts()).to_numpy(dtype="float64")
    return np.asarray(np.log(counties / STATE_COUNTIES_CENTRE))


def _reported(year: int) -> pd.DataFrame:
    """Rates and flags of a year as they come in: parts of the offences where some are silent."""
    truth, quality = true_year(year), _quality(year)
    count = len(quality)
    process = TRUTH.of(year).reporting
    least = np.where(_holds() == 1, process.least_part_with, process.least_part_without)
    most = least + (1 - least) * uniform("partial-most", count)
    few = _of_year(uniform("partial", count, len(YEARS)), year)
    few = PARTIAL_LOW + (PARTIAL_HIGH - PARTIAL_LOW) * few
    part = np.select([quality == 2, quality == 3], [most, few], 1.0)
    rates = {kind: np.round(truth.rate(kind) * part, 2) for kind in truth.without}
    return pd.DataFrame({"at": np.arange(count), "year": year, **rates, "quality": quality})


def _quality(year: int) -> Floats:
    """Flag of each county in a year: 1, 2, 3, or 0 for no report at all."""
    process, truth = TRUTH.of(year).reporting, true_year(year)
    count = len(make_people())
    chance = np.where(_holds() == 1, truth.chance_with, truth.chance_without)
    habit = normal("reporting-habit", count)
    this_year = _of_year(normal("reporting-year", count, len(YEARS)), year)
    steady = process.persistence
    error = logistic_from_normal(np.sqrt(steady) * habit + np.sqrt(1 - steady) * this_year)
    most = error < np.log(chance / (1 - chance))
    all_report_chance = process.all_report_share + process.all_report_state_sd * _state_shocks()
    all_report = uniform("reporting-all", count) < all_report_chance
    silent = np.clip(process.no_report_share - 0.05 * _urban(), 0.01, 0.6)
    none = uniform("reporting-none", count) < silent
    return np.where(most, np.where(all_report, 1, 2), np.where(none, 0, 3)).astype("float64")
