"""The linear core against the same things done slowly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from coopanalysis.errors import ModelError
from coopanalysis.models import ModelSpec, fit, wild_cluster_bootstrap
from coopanalysis.models.linear.absorb import Absorber, is_nested
from coopanalysis.models.linear.bootstrap import _WEBB
from coopanalysis.models.linear.cluster_products import cross_products, sum_by


def indicators(codes: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    return np.column_stack([np.eye(int(code.max()) + 1)[code] for code in codes])


@given(seed=st.integers(0, 10_000), n_effects=st.integers(1, 3), is_weighted=st.booleans())
def test_absorption_is_the_projection_on_indicators(
    seed: int, n_effects: int, is_weighted: bool
) -> None:
    """Unbalanced, weighted, disconnected: equal to least squares on all indicator columns."""
    random = np.random.default_rng(seed)
    n = 60
    codes = [
        np.unique(random.integers(0, size, n), return_inverse=True)[1]
        for size in (15, 6, 4)[:n_effects]
    ]
    weights = random.uniform(0.1, 3.0, n) if is_weighted else np.ones(n)
    columns = random.normal(size=(n, 2))
    absorber = Absorber(codes, weights if is_weighted else None)
    root = np.sqrt(weights)[:, None]
    dummies = indicators(codes) * root
    basis = np.linalg.svd(dummies, full_matrices=False)
    basis_used = basis[0][:, basis[1] > 1e-9]
    expected = columns - basis_used @ (basis_used.T @ (columns * root)) / root
    assert absorber.residualize(columns) == pytest.approx(expected, abs=1e-9)
    assert absorber.residualize(columns[:, 0]) == pytest.approx(expected[:, 0], abs=1e-9)
    assert absorber.n_effects == basis_used.shape[1]
    assert absorber.leverage() == pytest.approx((basis_used**2).sum(axis=1), abs=1e-9)


def test_nesting() -> None:
    assert is_nested(np.array([0, 0, 1, 2]), np.array([0, 0, 1, 1]))
    assert not is_nested(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]))


def test_cross_products_do_not_need_sorted_clusters() -> None:
    random = np.random.default_rng(1)
    rows, clusters = random.normal(size=(30, 3)), random.permutation(np.repeat(np.arange(5), 6))
    expected = [rows[clusters == g].T @ rows[clusters == g] for g in range(5)]
    assert cross_products(rows, clusters) == pytest.approx(np.array(expected))


def test_sums_of_sorted_groups_are_zero_where_a_group_has_no_rows() -> None:
    rows = np.arange(8.0).reshape(4, 2)
    for codes in ([0, 0, 2, 3], [1, 1, 2, 3], [0, 0, 1, 1], [2, 0, 0, 1]):
        found = sum_by(np.array(codes), rows)
        expected = [rows[np.array(codes) == group].sum(axis=0) for group in range(max(codes) + 1)]
        assert found.tolist() == np.array(expected).tolist()


@pytest.mark.parametrize("vcov", ["CR1", "CR2", "CR3"])
def test_a_state_without_a_year_in_a_sorted_panel(vcov: str) -> None:
    """Sorted by state and year, the year that a state lacks was given the row of the next."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"state": np.repeat(np.arange(12), 8), "year": np.tile(np.arange(8), 12)})
    frame = frame.assign(x=random.normal(size=96), y=random.normal(size=96)).drop(index=[5, 20, 41])
    spec = ModelSpec("y", "x", fixed_effects=("year",), vcov=vcov, cluster="state")
    columns = replace(spec, fixed_effects=(), controls=("C(year)",))
    for rows in (frame, frame.sample(frac=1, random_state=0)):
        absorbed, plain = fit(spec, rows), fit(columns, rows)
        assert absorbed.df["x"] == pytest.approx(plain.df["x"])
        errors = [each.table.set_index("term").loc["x", "std_error"] for each in (absorbed, plain)]
        assert errors[0] == pytest.approx(errors[1])
    sorted_by = wild_cluster_bootstrap(replace(spec, vcov="CR1"), frame)
    by_columns = wild_cluster_bootstrap(replace(columns, vcov="CR1"), frame)
    assert sorted_by.p_value == by_columns.p_value
    assert sorted_by.conf_low == pytest.approx(by_columns.conf_low)


@pytest.fixture
def panel() -> pd.DataFrame:
    random = np.random.default_rng(3)
    frame = pd.DataFrame({"group": np.repeat(np.arange(8), 12), "year": np.tile(np.arange(6), 16)})
    frame["x"] = random.normal(size=96) + random.normal(size=8)[frame["group"]]
    frame["z"] = random.normal(size=96)
    frame["y"] = 0.3 * frame["x"] + random.normal(size=8)[frame["group"]] + random.normal(size=96)
    return frame


def slow_wild_p(frame: pd.DataFrame, null: float) -> float:
    """Refit on every one of the 256 draws."""
    spec = ModelSpec(
        "y", "x", controls=("z",), fixed_effects=("year",), vcov="CR1", cluster="group"
    )
    years = np.eye(6)[frame["year"]]
    others = np.column_stack([frame["z"], years])
    target = frame["y"] - null * frame["x"]
    fitted = others @ np.linalg.lstsq(others, target, rcond=None)[0]
    left = (target - fitted).to_numpy()

    def statistic(outcome: pd.Series) -> float:
        row = fit(spec, frame.assign(y=outcome)).table.iloc[0]
        return abs((row["estimate"] - null) / row["std_error"])

    seen = statistic(frame["y"])
    bits = np.arange(256)[:, None] >> np.arange(8) & 1
    draws = [
        statistic(pd.Series(fitted + null * frame["x"] + left * (1 - 2 * draw)[frame["group"]]))
        for draw in bits
    ]
    return float(np.mean(np.array(draws) > seen * (1 + 1e-9)))


@pytest.mark.parametrize("null", [0.0, 0.4])
def test_wild_bootstrap_is_refitting_on_every_draw(panel: pd.DataFrame, null: float) -> None:
    spec = ModelSpec(
        "y", "x", controls=("z",), fixed_effects=("year",), vcov="CR1", cluster="group"
    )
    estimates = fit(spec, panel)
    result = wild_cluster_bootstrap(spec, panel, null=null)
    assert result.is_enumerated
    assert result.p_value == slow_wild_p(panel, null)
    row = estimates.table.iloc[0]
    assert result.statistic == pytest.approx((row["estimate"] - null) / row["std_error"])


def test_wild_interval_holds_what_is_not_rejected(panel: pd.DataFrame) -> None:
    spec = ModelSpec("y", "x", controls=("z",), vcov="CR1", cluster="group")
    whole = wild_cluster_bootstrap(spec, panel, multiplier="webb", n_draws=1999)
    for limit, inward in ((whole.conf_low, 0.01), (whole.conf_high, -0.01)):
        inside = wild_cluster_bootstrap(
            spec, panel, null=limit + inward, multiplier="webb", n_draws=1999
        )
        outside = wild_cluster_bootstrap(
            spec, panel, null=limit - inward, multiplier="webb", n_draws=1999
        )
        assert inside.p_value > 0.05 >= outside.p_value


def test_webb_points_have_mean_zero_and_variance_one() -> None:
    assert _WEBB.mean() == pytest.approx(0)
    assert (_WEBB**2).mean() == pytest.approx(1)
    assert len(set(_WEBB.round(9))) == 6


def test_wild_bootstrap_refuses_what_it_cannot_do(panel: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="cluster column"):
        wild_cluster_bootstrap(ModelSpec("y", "x"), panel)
    clustered = ModelSpec("y", "x", vcov="CR1", cluster="group")
    with pytest.raises(ModelError, match="'q' is not in the fit"):
        wild_cluster_bootstrap(clustered, panel, "q")
