"""Residents, votes and living conditions of the fictional counties."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from tools.demo.draws import Floats, normal, smooth_field, uniform
from tools.demo.names import STATES
from tools.demo.truth import LOG_RESIDENTS_CENTRE
from tools.demo.world import World, make_world

CITY_CENTRES = 45
BASE_YEAR = 2021


@cache
def make_people() -> pd.DataFrame:
    """Draw county characteristics, as rounded as the files give them, one row per county.

    `population` and shares are of 2021 (six decimals, sum 1), `growth` is log per year.
    """
    world = make_world()
    x, y = world.counties["x"].to_numpy(), world.counties["y"].to_numpy()
    metro = _nearness_to_cities(x, y)
    log_population = _log_population(world, metro)
    people = pd.DataFrame(
        {
            "population": np.round(np.exp(log_population)).astype("int64"),
            "growth": np.round(0.002 + 0.006 * metro + 0.006 * normal("growth", len(x)), 5),
        }
    )
    urban = np.log(people["population"].to_numpy()) - LOG_RESIDENTS_CENTRE
    people = people.join(_origins(world, urban, x, y))
    people = people.join(_living(world, people, metro, x, y))
    return people.join(_votes(world, people, urban, x, y))


def by_state(topic: str, world: World, columns: int = 1) -> Floats:
    """Standard normal numbers that are equal for counties of one state; counties x columns."""
    drawn = normal(f"state-{topic}", len(STATES), columns)
    number = {state.fips: place for place, state in enumerate(STATES)}
    return drawn[world.counties["state_fips"].map(number).to_numpy()]


def _nearness_to_cities(x: Floats, y: Floats) -> Floats:
    """0 far from any invented city, up to about 1.5 in the middle of a great one."""
    at = np.floor(uniform("cities", CITY_CENTRES) * len(x)).astype("int64")
    size = 0.25 + 1.1 * uniform("city-size", CITY_CENTRES) ** 2
    gap = (x[:, None] - x[at]) ** 2 + (y[:, None] - y[at]) ** 2
    return np.asarray((size * np.exp(-gap / (0.09 * size))).max(axis=1), dtype="float64")


def _log_population(world: World, metro: Floats) -> Floats:
    counties = world.counties
    x, y = counties["x"].to_numpy(), counties["y"].to_numpy()
    east = 1 / (1 + np.exp(-(x - 7.5) / 1.2))
    level = 9.4 + 0.85 * east + 0.55 * smooth_field("people", x, y, 1.7) + 2.55 * metro
    level = level + 0.25 * by_state("people", world)[:, 0] + 0.85 * normal("people", len(x))
    return np.asarray(np.clip(level, 6.0, 15.2), dtype="float64")


def _origins(world: World, urban: Floats, x: Floats, y: Floats) -> pd.DataFrame:
    """Shares by race and ethnicity: a softmax with white non-Hispanic as the reference."""
    count = len(x)
    state = by_state("origins", world, 3)
    south = (4.6 - y) / 2.2
    hispanic = -2.0 + 0.6 * south + 0.65 * smooth_field("hispanic", x, y, 1.5)
    hispanic += 0.2 * urban - 0.3 * (x - 8) / 3 + 0.35 * state[:, 0]
    black = -2.95 + 1.15 * smooth_field("black", x, y, 1.7) + 0.22 * urban + 0.35 * state[:, 1]
    black += 0.35 * (x - 8) / 3
    other = -2.9 + 0.3 * smooth_field("other", x, y, 1.5) + 0.1 * urban + 0.2 * state[:, 2]
    noise = normal("origins", count, 3) * np.array([0.65, 0.85, 0.45])
    weights = np.exp(np.column_stack([hispanic, black, other]) + noise)
    shares = np.round(weights / (1 + weights.sum(axis=1, keepdims=True)), 6)
    frame = pd.DataFrame(shares, columns=["hispanic", "black", "other"])
    return frame.assign(white=np.round(1 - shares.sum(axis=1), 6))


def _living(
    world: World, people: pd.DataFrame, metro: Floats, x: Floats, y: Floats
) -> pd.DataFrame:
    count = len(x)
    state = by_state("living", world, 2)
    poverty = 12.6 + 22 * people["black"] + 9 * people["hispanic"] - 2.5 * metro
    poverty += 2.8 * smooth_field("poverty", x, y, 1.6) + 1.2 * state[:, 0]
    poverty = np.round(np.clip(poverty + 3.6 * normal("poverty", count), 2.8, 48.0), 1)
    unemployment = 5.6 + 0.2 * (poverty - 15) + 0.5 * state[:, 1]
    unemployment = np.round(np.clip(unemployment + 1.2 * normal("jobs", count), 1.2, 24.0), 1)
    income = np.exp(10.78 - 0.032 * (poverty - 15) + 0.16 * metro + 0.08 * normal("income", count))
    return pd.DataFrame(
        {
            "poverty_pct": poverty,
            "unemployment_pct": unemployment,
            "income_usd": np.round(income).astype("int64"),
        }
    )


def _votes(world: World, people: pd.DataFrame, urban: Floats, x: Floats, y: Floats) -> pd.DataFrame:
    count = len(x)
    lean = 0.95 - 0.26 * urban - 2.4 * people["black"] - 0.9 * people["hispanic"]
    lean += 0.35 * smooth_field("lean", x, y, 1.6) + 0.3 * by_state("votes", world)[:, 0]
    share = 1 / (1 + np.exp(-(lean + 0.4 * normal("votes", count))))
    turnout = 0.36 + 0.16 * uniform("turnout", count)
    total = np.maximum(np.round(turnout * people["population"]), 60).astype("int64")
    gop = np.round(total * 0.98 * share).astype("int64")
    dem = np.round(total * (0.975 + 0.01 * uniform("others", count))).astype("int64") - gop
    return pd.DataFrame(
        {"votes_gop": gop, "votes_dem": dem, "votes_total": total, "republican_share": gop / total}
    )
