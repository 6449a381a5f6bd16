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


@pytest.mark.slow
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


@pytest.mark.slow
def test_effects_that_take_out_much_of_the_column_take_out_error_with_it() -> None:
    """With two counties a state, half of what errors add to the column is not left in it."""
    allowed = []
    for seed in range(100):
        frame = drawn(seed, 600, 300)
        fitted = fit(f"y ~ published + {RIGHT}", frame, **ERRORS)
        allowed.append(allow_for_margin(fitted, frame, "margin")["estimate"])
    assert np.mean(allowed) == pytest.approx(TRUTH, abs=0.1)


def test_weights_count_rows_by_their_size_whatever_their_unit() -> None:
    frame = drawn(3, 200).assign(one=2.0, many=lambda rows: 1.0 + rows.index % 3)
    formula = "y ~ published + other"
    plain = allow_for_margin(fit(formula, frame, vcov="HC1"), frame, "margin")
    even = allow_for_margin(fit(formula, frame, vcov="HC1", weights="one"), frame, "margin")
    pd.testing.assert_series_equal(even.drop("term"), plain.drop("term"), check_dtype=False)
    uneven = allow_for_margin(fit(formula, frame, vcov="HC1", weights="many"), frame, "margin")
    root = np.sqrt(frame["many"].to_numpy())[:, None]
    rest = root * np.column_stack([np.ones(200), frame["other"]])
    column = root[:, 0] * frame["published"].to_numpy()
    left = column - rest @ np.linalg.lstsq(rest, column, rcond=None)[0]
    errors = frame["many"] * (frame["margin"] / 1.6448536) ** 2
    expected = 1 - errors.sum() * (197 / 200) / (left @ left)
    assert uneven["reliability"] == pytest.approx(expected)


def test_where_hardly_anything_is_left_nothing_is_allowed_for() -> None:
    frame = drawn(4)
    fitted = fit(f"y ~ published + {RIGHT}", frame, **ERRORS)
    lost = 1 - allow_for_margin(fitted, frame, "margin")["reliability"]
    little, less = (
        frame.assign(margin=frame["margin"] * np.sqrt((1 - kept) / lost)) for kept in (0.11, 0.09)
    )
    assert allow_for_margin(fitted, little, "margin")["reliability"] == pytest.approx(0.11)
    with pytest.raises(ModelError, match=r"reliability 0\.09"):
        allow_for_margin(fitted, less, "margin")


def test_what_is_no_straight_line_of_a_column_with_margins_is_refused() -> None:
    frame = drawn(5).assign(often=lambda rows: (rows["y"] > rows["y"].median()).astype(int))
    logit = fit("often ~ published + other", frame, family="logit", vcov="HC1")
    with pytest.raises(ModelError, match="published in a logit model: .* least squares"):
        allow_for_margin(logit, frame, "margin")
    fitted = fit(f"y ~ published + {RIGHT}", frame, **ERRORS)
    frame.loc[7, "margin"] = np.nan
    with pytest.raises(ModelError, match="1 of 900 rows used have no margin"):
        allow_for_margin(fitted, frame, "margin")


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
