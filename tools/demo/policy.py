"""Practices of the fictional counties, drawn as `truth` says."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from coopanalysis.vocabulary import PRACTICE_NAMES
from tools.demo.draws import Floats, logistic_from_normal, normal
from tools.demo.people import by_state, make_people
from tools.demo.truth import TRUTH
from tools.demo.world import make_world

DRAWN_TOGETHER = 7
"""Practices whose errors are of one stream; each that came later has its own, after them."""


@cache
def make_practices() -> pd.DataFrame:
    """Draw the practices; 1 means that the county does it. Margins are exact.

    `leaning` is the error that the practices share, for use in drawing agreements.
    """
    people = make_people()
    count = len(people)
    rho = TRUTH.error_correlation
    shared = _balanced(normal("practice-shared", count, 1))
    later = [normal(f"practice-own-{name}", count) for name in PRACTICE_NAMES[DRAWN_TOGETHER:]]
    own = _balanced(np.column_stack([normal("practice-own", count, DRAWN_TOGETHER), *later]))
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
