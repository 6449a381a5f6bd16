"""Errors that are zero by construction are refused or missing, never a rounding of 1e-16."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coopanalysis.errors import ModelError
from coopanalysis.models import (
    ModelSpec,
    average_marginal_effects,
    fit,
    joint_test,
    romano_wolf,
    specification_curve,
    wild_cluster_bootstrap,
)

N_CLUSTERS = 6
LEVELS = tuple(f"z{k}" for k in range(N_CLUSTERS - 1))
SPEC = ModelSpec("y", LEVELS[0], controls=LEVELS[1:], vcov="CR1", cluster="s")
OUTCOMES = {
    "ols": "y",
    "logit": "binary",
    "poisson": "count",
    "negbin": "count",
    "fractional_logit": "share",
    "ordered_logit": "level",
}


@pytest.fixture
def frame() -> pd.DataFrame:
    """As many columns constant within clusters, the intercept among them, as clusters."""
    random = np.random.default_rng(4)
    made = pd.DataFrame({"s": np.repeat(np.arange(N_CLUSTERS), 40)})
    n = len(made)
    for name in LEVELS:
        made[name] = random.normal(size=N_CLUSTERS)[made["s"]]
    made["x"], made["y"] = random.normal(size=(2, n))
    made["w"] = random.uniform(0.5, 2, n)
    made["year"] = random.integers(0, 5, n)
    made["binary"] = random.integers(0, 2, n)
    made["count"] = random.negative_binomial(2, 0.3, n)
    made["share"] = random.uniform(size=n)
    made["level"] = random.integers(0, 4, n)
    made["lat"], made["lon"] = random.uniform(26, 48, n), random.uniform(-123, -70, n)
    return made


@pytest.mark.parametrize("vcov", ["CR1", "CR2", "CR3"])
@pytest.mark.parametrize(
    "change",
    [{}, {"weights": "w"}, {"fixed_effects": ("year",)}, {"controls": (*LEVELS[1:], "x")}],
    ids=["plain", "weights", "effects", "within"],
)
def test_a_column_for_each_cluster_leaves_no_error(
    frame: pd.DataFrame, vcov: str, change: dict[str, object]
) -> None:
    with pytest.raises(ModelError, match="z0: .* constant within 's'"):
        fit(replace(SPEC, vcov=vcov, **change), frame)


@pytest.mark.parametrize("family", [name for name in OUTCOMES if name != "ols"])
@pytest.mark.parametrize("controls", [LEVELS[1:], (*LEVELS[1:], "x")], ids=["plain", "within"])
def test_likelihoods_too(frame: pd.DataFrame, family: str, controls: tuple[str, ...]) -> None:
    spec = replace(SPEC, outcome=OUTCOMES[family], family=family, controls=controls)
    with pytest.raises(ModelError, match="constant within 's'"):
        fit(spec, frame)
    assert (
        average_marginal_effects(fit(replace(spec, controls=("x",)), frame), ["x"])
        .notna()
        .all(axis=None)
    )


def test_poisson_with_absorbed_effects_too(frame: pd.DataFrame) -> None:
    spec = replace(SPEC, outcome="count", family="poisson", fixed_effects=("year",))
    with pytest.raises(ModelError, match="constant within 's'"):
        fit(spec, frame)


@pytest.mark.parametrize(
    "ask",
    [
        lambda frame: wild_cluster_bootstrap(SPEC, frame),
        lambda frame: wild_cluster_bootstrap(replace(SPEC, controls=(*LEVELS[1:], "x")), frame),
        lambda frame: romano_wolf([SPEC, replace(SPEC, outcome="x")], frame),
        lambda frame: specification_curve([SPEC], frame),
        lambda frame: fit(replace(SPEC, treatment="C(s)", controls=()), frame),
    ],
    ids=["bootstrap", "bootstrap within", "romano_wolf", "curve", "indicators"],
)
def test_what_builds_on_errors_refuses(
    frame: pd.DataFrame, ask: Callable[[pd.DataFrame], object]
) -> None:
    with pytest.raises(ModelError, match="constant within 's'"):
        ask(frame)


def test_terms_beside_the_treatment_have_no_error_and_a_note(frame: pd.DataFrame) -> None:
    """A treatment that varies within clusters keeps its error, which is that of the scores."""
    spec = replace(SPEC, treatment="x", controls=LEVELS)
    estimates = fit(spec, frame)
    table = estimates.table.set_index("term")
    assert table.loc[["(Intercept)", *LEVELS], "p_value"].isna().all()
    assert any("z0" in note and "constant within 's'" in note for note in estimates.notes)
    inside = frame[["x", "y"]] - frame.groupby("s")[["x", "y"]].transform("mean")
    x, y = inside["x"].to_numpy(), inside["y"].to_numpy()
    scores = x * (y - x * (x @ y) / (x @ x))
    sums = np.bincount(frame["s"], scores)
    n, k = len(frame), 7
    factor = N_CLUSTERS / (N_CLUSTERS - 1) * (n - 1) / (n - k)
    assert table.loc["x", "std_error"] == pytest.approx(
        np.sqrt(factor * (sums @ sums)) / (x @ x), rel=1e-9
    )
    effects = average_marginal_effects(estimates).set_index("term")["std_error"]
    assert effects["x"] == pytest.approx(table.loc["x", "std_error"])
    assert effects[list(LEVELS)].isna().all()
    with pytest.raises(ModelError, match="cannot be tested together"):
        joint_test(estimates, ["z0", "z1"])
    with pytest.raises(ModelError, match="'z0' has no error"):
        romano_wolf([spec, spec], frame, ["x", "z0"])


def test_one_column_fewer_has_an_error(frame: pd.DataFrame) -> None:
    assert fit(replace(SPEC, controls=LEVELS[2:]), frame).table["std_error"].min() > 1e-3


def test_more_terms_than_clusters_are_not_tested_together(frame: pd.DataFrame) -> None:
    """The covariance has the rank of the clusters less one; what rounding adds is no more."""
    random = np.random.default_rng(1)
    names = [f"v{k}" for k in range(N_CLUSTERS)]
    values = pd.DataFrame(random.normal(size=(len(frame), N_CLUSTERS)), columns=names)
    more = frame.join(values)
    for family, outcome in OUTCOMES.items():
        spec = ModelSpec(outcome, "v0", tuple(names[1:]), family, vcov="CR1", cluster="s")
        with pytest.raises(ModelError, match="cannot be tested together"):
            joint_test(fit(spec, more), names)


@pytest.mark.parametrize("distance", [5500.0, 7000.0, 20000.0])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("effects", [(), ("year",)])
def test_conley_over_all_places_refuses(
    frame: pd.DataFrame, distance: float, weights: str | None, effects: tuple[str, ...]
) -> None:
    spec = ModelSpec(
        "y",
        "x",
        weights=weights,
        fixed_effects=effects,
        vcov="conley",
        coordinates=("lat", "lon"),
        distance_km=distance,
    )
    with pytest.raises(ModelError, match="kernel reaches too far"):
        fit(spec, frame)
    assert fit(replace(spec, distance_km=200.0), frame).table["std_error"].min() > 1e-3


@pytest.mark.parametrize("vcov", ["HC1", "HC2", "HC3"])
def test_a_level_of_one_row_has_no_robust_error(frame: pd.DataFrame, vcov: str) -> None:
    """The intercept is the first level's mean: of one row, whose residual is zero."""
    frame["g"] = np.where(frame.index == 0, 0, 1 + frame.index % 4)
    estimates = fit(ModelSpec("y", "C(g)", vcov=vcov), frame)
    assert np.isnan(estimates.table["std_error"].iloc[0])
    assert any("(Intercept) without error" in note for note in estimates.notes)
