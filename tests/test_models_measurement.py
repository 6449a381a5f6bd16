"""Sampling error of a covariate: what it takes from a coefficient, and how it is allowed for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis import fit
from coopanalysis.errors import ModelError
from coopanalysis.models import allow_for_margin
from coopanalysis.panel import Panel

ERRORS = {"vcov": "CR2", "cluster": "state"}
RIGHT = "other | state"
TRUTH = -1.5


def drawn(seed: int, n: int = 900, states: int = 30) -> pd.DataFrame:
    """Counties whose share is published with errors of known and unequal size."""
    rng = np.random.default_rng(seed)
    state = np.arange(n) % states
    share = 0.2 + 0.1 * rng.normal(size=states)[state] + 0.05 * rng.normal(size=n)
    spread = 0.01 + 0.05 * rng.random(n)
    other = share + 0.1 * rng.normal(size=n)
    y = TRUTH * share + 0.3 * other + rng.normal(size=states)[state] + 0.2 * rng.normal(size=n)
    published = share + spread * rng.normal(size=n)
    margin = 1.6448536 * spread
    return pd.DataFrame(
        {"y": y, "share": share, "published": published, "margin": margin,
         "other": other, "state": state}
    )  # fmt: skip


def test_the_slope_without_error_of_measurement_is_found_and_held_by_the_interval() -> None:
    naive, allowed, held = [], [], 0
    for seed in range(200):
        frame = drawn(seed)
        fitted = fit(f"y ~ published + {RIGHT}", frame, **ERRORS)
        row = allow_for_margin(fitted, frame, "margin")
        naive.append(fitted.row["estimate"])
        allowed.append(row["estimate"])
        held += row["conf_low"] <= TRUTH <= row["conf_high"]
    assert np.mean(naive) > TRUTH + 0.4
    assert np.mean(allowed) == pytest.approx(TRUTH, abs=0.05)
    assert held / 200 > 0.9


def test_the_step_of_a_term_and_no_margin_change_nothing() -> None:
    frame = drawn(1)
    by_one = fit(f"y ~ published + {RIGHT}", frame, **ERRORS)
    by_tenth = fit(f"y ~ per(published, 0.1) + {RIGHT}", frame, **ERRORS)
    one, tenth = (allow_for_margin(each, frame, "margin") for each in (by_one, by_tenth))
    assert tenth["reliability"] == pytest.approx(one["reliability"])
    assert tenth["estimate"] == pytest.approx(one["estimate"] / 10)
    none = allow_for_margin(by_one, frame.assign(margin=0.0), "margin")
    assert none["reliability"] == 1
    assert none["estimate"] == by_one.row["estimate"]


@pytest.mark.parametrize(
    ("formula", "margin", "said"),
    [
        (f"y ~ log(published) + {RIGHT}", 0.01, "log"),
        (f"y ~ published + {RIGHT}", np.nan, "900 of 900"),
        (f"y ~ published + {RIGHT}", 5.0, "as large as"),
    ],
)
def test_what_cannot_be_allowed_for_is_an_error(formula: str, margin: float, said: str) -> None:
    frame = drawn(2).assign(margin=margin)
    frame["published"] = frame["published"].clip(lower=0.001)
    with pytest.raises(ModelError, match=said):
        allow_for_margin(fit(formula, frame, **ERRORS), frame, "margin")


def test_the_demo_has_its_truth(demo: Panel) -> None:
    """Limited English is 0.3 of the Hispanic share, which one file has without error."""
    name, margin = "limited_english_share_2020", "limited_english_margin_share_2020"
    counties = demo.counties()
    counties = counties[counties[name].notna() & counties["hispanic_share"].notna()]
    right = (
        "per(black_nonhispanic_share, 0.1) + per(poverty_pct, 10) + per(republican_share, 0.1)"
        " + per(median_household_income_usd, 10000) + log2(population_count) | state_fips"
    )
    errors = {"vcov": "CR2", "cluster": "state_fips"}
    exact, noisy = (
        fit(f"holds_on_detainer ~ per({one}, {step}) + {right}", counties, **errors)
        for one, step in (("hispanic_share", 0.1), (name, 0.03))
    )
    allowed = allow_for_margin(noisy, counties, margin)
    truth = exact.row["estimate"]
    assert 0.6 < allowed["reliability"] < 0.9
    assert truth < allowed["estimate"] + 0.01 < noisy.row["estimate"]
    assert allowed["conf_low"] < truth < allowed["conf_high"]
