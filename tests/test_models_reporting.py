"""Weights for reporting that know of groups, with errors that know of the weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models import (
    ModelSpec,
    average_marginal_effects,
    fit,
    fit_reporters,
    propensity_scores,
    reporting_weights,
)

SPEC = ModelSpec("y", "policy", fixed_effects=("state",), vcov="CR1", cluster="state")


def by_states(random: np.random.Generator, n_states: int = 40, size: int = 30) -> pd.DataFrame:
    """Reporting differs between states, and the difference by policy with it; its mean is 1."""
    level = random.normal(size=n_states)
    frame = pd.DataFrame({"state": np.repeat(np.arange(n_states), size)})
    frame["x"] = random.normal(size=len(frame))
    frame["policy"] = (random.random(len(frame)) < 0.4).astype(float)
    effect = 1 + 0.5 * level[frame["state"]]
    frame["y"] = effect * frame["policy"] + frame["x"] + random.normal(size=len(frame))
    chance = special.expit(0.5 + 1.2 * level[frame["state"]] + 0.5 * frame["x"])
    return frame.assign(full=(random.random(len(frame)) < chance).astype(float))


def stacked_error(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Errors of logit and weighted fit at once, by differences of all moments."""
    z = np.column_stack([np.ones(len(frame)), frame["x"]])
    x = np.column_stack([np.ones(len(frame)), frame["policy"], frame["x"]])
    reported, y = frame["full"].to_numpy(), frame["y"].fillna(0).to_numpy()

    def moments(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        chance = special.expit(z @ theta[:2])
        residual = reported / chance * (y - x @ theta[2:])
        return np.hstack([z * (reported - chance)[:, None], x * residual[:, None]])

    theta = np.zeros(5)
    for _ in range(50):
        slope = np.column_stack(
            [
                (moments(theta + step) - moments(theta - step)).sum(axis=0) / 2e-6
                for step in 1e-6 * np.eye(5)
            ]
        )
        theta = theta - np.linalg.solve(slope, moments(theta).sum(axis=0))
    moves = np.linalg.solve(slope, moments(theta).T)
    return np.sqrt(np.diag(moves @ moves.T))[2:]


def test_errors_are_those_of_the_stacked_moments() -> None:
    frame = by_states(np.random.default_rng(1), 5, 60)
    frame["y"] = frame["y"].where(frame["full"] == 1)
    spec = ModelSpec("y", "policy", controls=("x",))
    found = fit_reporters(spec, frame, "full", ["x"], cap=1.0)
    error = np.sqrt(np.diag(found.covariance))
    correction = np.sqrt(found.n_obs / (found.n_obs - 3))
    assert error / correction == pytest.approx(stacked_error(frame), rel=1e-5)
    known = fit(
        "y ~ policy + x",
        frame.assign(w=reporting_weights(frame, "full", ["x"], cap=1.0)),
        weights="w",
    )
    assert found.params.to_numpy() == pytest.approx(known.params.to_numpy())


def test_effects_have_the_errors_that_know_of_the_weights() -> None:
    frame = by_states(np.random.default_rng(1), 5, 60).assign(far=lambda rows: rows["x"] + 1e4)
    found = fit_reporters(ModelSpec("y", "policy", controls=("far",)), frame, "full", ["x"])
    effects = average_marginal_effects(found, ["policy"])
    assert effects["std_error"][0] == pytest.approx(found.row["std_error"], rel=1e-9)
    assert found.turn is not None and found.centred is not None
    assert found.turn @ found.centred @ found.turn.T == pytest.approx(found.covariance.to_numpy())


def test_groups_that_are_all_alike_are_certain() -> None:
    frame = by_states(np.random.default_rng(2), 6, 40)
    frame.loc[frame["state"] == 0, "full"] = 1.0
    frame.loc[frame["state"] == 1, "full"] = 0.0
    frame.loc[5, "x"] = np.nan
    chance = propensity_scores(frame, "full", ["x"], groups=["state"])
    assert chance[frame["state"] == 0].drop(5).eq(1).all()
    assert chance[frame["state"] == 1].eq(0).all()
    assert np.isnan(chance[5])
    weights = reporting_weights(frame, "full", ["x"], groups=["state"])
    assert weights[frame["state"] == 1].eq(0).all()
    found = fit_reporters(SPEC, frame, "full", ["x"], groups=["state"])
    assert found.n_clusters == 5


def test_what_the_errors_cannot_be_is_refused() -> None:
    frame = by_states(np.random.default_rng(3), 6, 40)
    spec = ModelSpec("y", "policy", vcov="CR2", cluster="state")
    with pytest.raises(ModelError, match="vcov HC1 or CR1, not ols with CR2"):
        fit_reporters(spec, frame, "full", ["x"])


@pytest.mark.slow
def test_weights_that_know_the_groups_mend_reporting_by_groups() -> None:
    """Truth 1; weights that leave out the states leave most of the bias."""
    random, found = np.random.default_rng(4), []
    for _ in range(100):
        frame = by_states(random)
        rows = [
            fit_reporters(SPEC, frame, "full", ["policy", "x"], groups=groups).row
            for groups in ((), ("state",))
        ]
        found.append(
            [
                (row["estimate"], row["std_error"], row["conf_low"] <= 1 <= row["conf_high"])
                for row in rows
            ]
        )
    estimate, error, holds = np.array(found).transpose(2, 1, 0)
    bias = estimate.mean(axis=1) - 1
    assert bias[0] > 0.1
    assert abs(bias[1]) < 0.3 * bias[0]
    assert error[1].mean() == pytest.approx(estimate[1].std(), rel=0.15)
    assert holds[0].mean() < 0.85
    assert holds[1].mean() > 0.91
