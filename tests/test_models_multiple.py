"""Many tests and many specifications."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest

from coopanalysis.errors import ModelError
from coopanalysis.models import (
    ModelSpec,
    adjust_p_values,
    average_marginal_effects,
    fit,
    romano_wolf,
    specification_curve,
)
from coopanalysis.models.multiple_testing import step_down


def test_missing_p_values_do_not_count() -> None:
    found = adjust_p_values([np.nan, 0.02, 0.04], "holm")
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([0.04, 0.04])
    with pytest.raises(ModelError, match="between 0 and 1"):
        adjust_p_values([1.2])


def test_step_down_by_hand() -> None:
    seen = np.array([1.0, 3.0])
    drawn = np.array([[0.5, 2.0], [2.0, 0.1], [3.5, 1.0]])
    # 3 meets the largest of both, 2, 2 and 3.5: one of three. Then 1 meets the first alone.
    assert step_down(seen, drawn) == pytest.approx([3 / 4, 2 / 4])
    # A smaller statistic never gets a smaller p value, however seldom its own draws exceed it.
    assert step_down(seen, np.array([[0.1, 5.0], [0.2, 4.0]])) == pytest.approx([1.0, 1.0])


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(11)
    n = 600
    made = pd.DataFrame(
        {
            "state": random.integers(0, 45, n),
            "x": random.normal(size=n),
            "z": random.normal(size=n),
            "kind": random.choice(list("abc"), n),
            "w": random.uniform(0.5, 2, n),
        }
    )
    noise = random.normal(size=n)
    made["y"] = 0.3 * made["x"] + made["z"] + noise
    made["y2"] = made["y"] + 0.01 * random.normal(size=n)
    made["y3"] = random.normal(size=n)
    made["binary"] = (made["y"] > 0).astype(int)
    made.loc[:20, "z"] = np.nan
    return made


def test_romano_wolf_uses_that_outcomes_go_together(frame: pd.DataFrame) -> None:
    """Two outcomes that are nearly one count as nearly one test; Holm doubles them."""
    spec = ModelSpec("y", "z", controls=("x",), vcov="CR1", cluster="state")
    weak = frame.assign(y=frame["y3"], y2=frame["y3"] + 0.001 * frame["x"])
    specs = [replace(spec, outcome=name) for name in ("y", "y2")]
    table = romano_wolf(specs, weak, n_draws=1999)
    single = table["p_value"].to_numpy()
    assert table["p_value_romano_wolf"].to_numpy() == pytest.approx(single, abs=0.06)
    assert table["p_value_holm"].min() == pytest.approx(min(2 * single.min(), 1))


def test_romano_wolf_lies_between_single_and_holm(frame: pd.DataFrame) -> None:
    specs = [ModelSpec(name, "x") for name in ("y", "y2", "y3")]
    table = romano_wolf(specs, frame, n_draws=1999)
    assert (table["p_value_romano_wolf"] >= table["p_value"] - 0.02).all()
    assert (table["p_value_romano_wolf"] <= table["p_value_holm"] + 0.02).all()
    # Rows are told apart by where they stand, so that a repeated index does no harm.
    repeated = frame.set_axis(np.arange(len(frame)) % 7)
    assert romano_wolf(specs, repeated, n_draws=1999).equals(table)
    with pytest.raises(ModelError, match="same clusters"):
        romano_wolf([specs[0], ModelSpec("y", "x", vcov="CR1", cluster="state")], frame)
    with pytest.raises(ModelError, match="one term per model"):
        romano_wolf(specs, frame, ["x"])


# Where `kind` is absorbed it is no control, which makes some of the 72 combinations the same.
SPECS = list(
    dict.fromkeys(
        ModelSpec(
            outcome,
            "x",
            controls=tuple(name for name in controls if name not in effects),
            fixed_effects=effects,
            sample=sample,
            weights=weights,
            vcov="CR1",
            cluster="state",
        )
        for outcome, controls, effects, sample, weights in product(
            ("y", "y3"),
            ((), ("z",), ("z", "kind")),
            ((), ("state",), ("state", "kind")),
            (None, "w > 1"),
            (None, "w"),
        )
    )
)


@pytest.mark.slow
@pytest.mark.parametrize(("vcov", "cluster"), [("CR1", "state"), ("HC1", None)])
def test_curve_is_fitting_one_by_one(frame: pd.DataFrame, vcov: str, cluster: str | None) -> None:
    specs = [replace(spec, vcov=vcov, cluster=cluster) for spec in SPECS]
    assert len(specs) == 64
    curve = specification_curve(specs, frame)
    assert len(specs) == 64
    assert curve.failures.empty
    expected = pd.concat([fit(spec, frame).table.query("term == 'x'") for spec in specs])
    for column in ("estimate", "std_error", "p_value", "n_obs"):
        found = np.sort(curve.table[column].to_numpy(dtype=float))
        assert found == pytest.approx(np.sort(expected[column].to_numpy(dtype=float)), rel=1e-8)
    assert curve.summary["median"] == pytest.approx(np.median(expected["estimate"]))


def test_permutations_do_not_depend_on_how_many_are_dealt_at_once(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = specification_curve(SPECS, frame, n_permutations=9, seed=4)
    monkeypatch.setattr("coopanalysis.models.linear.many._CHUNK_FLOATS", 1)
    one_by_one = specification_curve(SPECS, frame, n_permutations=9, seed=4)
    assert one_by_one.summary == pytest.approx(at_once.summary, rel=1e-9, nan_ok=True)


def test_each_row_belongs_to_its_choices(frame: pd.DataFrame) -> None:
    curve = specification_curve(SPECS, frame)
    for _, row in curve.table.sample(8, random_state=0).iterrows():
        spec = next(
            each
            for each in SPECS
            if each.outcome == row["outcome"]
            and (", ".join(each.controls) or "none") == row["controls"]
            and (", ".join(each.fixed_effects) or "none") == row["fixed_effects"]
            and (each.sample or "all") == row["sample"]
            and (each.weights or "none") == row["weights"]
        )
        expected = fit(spec, frame).table.set_index("term").loc["x"]
        assert row["estimate"] == pytest.approx(expected["estimate"], rel=1e-8)
        assert row["std_error"] == pytest.approx(expected["std_error"], rel=1e-8)


def test_curve_takes_other_families_in_the_outcomes_units(frame: pd.DataFrame) -> None:
    spec = ModelSpec("binary", "x", controls=("z",), family="logit")
    curve = specification_curve([replace(spec, family="ols"), spec], frame)
    logit = curve.table.set_index("family").loc["logit", "estimate"]
    effect = average_marginal_effects(fit(spec, frame), ["x"])["estimate"][0]
    assert logit == pytest.approx(effect)


def test_failures_are_kept_with_their_reason(frame: pd.DataFrame) -> None:
    controls = [(), ("same",), ("log",)]
    specs = [ModelSpec("y", "q"), *(ModelSpec("y", "x", controls=each) for each in controls)]
    with np.errstate(divide="ignore"):
        log = np.log(np.maximum(frame["x"], 0))
    curve = specification_curve(specs, frame.assign(same=frame["x"] * 2, log=log))
    assert len(curve.table) == 1
    assert curve.summary["n_failed"] == 3
    reasons = curve.failures["reason"].str.cat()
    assert "no column 'q'" in reasons
    assert "x is a combination" in reasons
    assert "'log' is infinite" in reasons


def test_collinear_control_is_left_out_in_the_curve_too(frame: pd.DataFrame) -> None:
    doubled = frame.assign(copy=2 * frame["z"])
    spec = ModelSpec("y", "x", controls=("z", "copy"))
    curve = specification_curve([spec, ModelSpec("y", "x", controls=("z",))], doubled)
    assert curve.table["estimate"][0] == pytest.approx(curve.table["estimate"][1])
    assert np.ptp(curve.table["std_error"]) == pytest.approx(0)


def test_permutation_tells_an_effect_from_none(frame: pd.DataFrame) -> None:
    real, none = (
        specification_curve([s for s in SPECS if s.outcome == outcome], frame, n_permutations=99)
        for outcome in ("y", "y3")
    )
    assert real.summary["p_median"] == 0.01
    assert none.summary["p_median"] > 0.05
    assert real.summary["n_permuted"] == 32


@pytest.mark.slow
def test_memory_of_a_curve_does_not_grow_by_rows_with_every_sample() -> None:
    """Each rule has rows of its own; their columns are forgotten once they have answered."""
    random = np.random.default_rng(2)
    names = ["x", "y", *(f"z{k}" for k in range(8))]
    wide = pd.DataFrame(random.normal(size=(10_000, 10)), columns=names)
    wide["state"] = np.arange(10_000) % 50
    spec = ModelSpec("y", "x", tuple(names[2:]), vcov="CR1", cluster="state")

    def peak(n_rules: int) -> int:
        specs = [replace(spec, sample=f"index >= {k}") for k in range(n_rules)]
        tracemalloc.start()
        specification_curve(specs, wide, n_permutations=2)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(24) < 1.5 * peak(4)


def test_permutation_keeps_values_within_blocks(frame: pd.DataFrame) -> None:
    """A treatment that does not vary within blocks cannot be dealt out: every p value is 1."""
    fixed = frame.assign(policy=(frame["state"] % 2).astype(float))
    spec = ModelSpec("y", "policy", controls=("z",), vcov="CR1", cluster="state")
    curve = specification_curve([spec], fixed, n_permutations=19, within="state")
    assert curve.summary["p_median"] == 1.0


def test_rival_treatments_are_dealt_out_among_the_rows_they_are_known_of() -> None:
    """Two kinds, each missing where the other is: dealt together, no treated row would move."""
    random = np.random.default_rng(8)
    kind = random.choice(["none", "a", "b"], size=300, p=[0.6, 0.2, 0.2])
    frame = pd.DataFrame({"g": np.repeat(np.arange(10), 30), "kind": kind})
    for one, other in (("a", "b"), ("b", "a")):
        frame[one] = (frame["kind"] == one).astype(float).where(frame["kind"] != other)
    moved = random.normal(size=300) + 2 * (frame["kind"] != "none")
    p_values = []
    for outcome in (moved, pd.Series(random.normal(size=300))):
        specs = [ModelSpec("y", one) for one in ("a", "b")]
        curve = specification_curve(specs, frame.assign(y=outcome), n_permutations=99, within="g")
        assert curve.summary["n_permuted"] == 2
        p_values.append(curve.summary["p_median"])
    assert p_values[0] == 0.01
    assert 0.05 < p_values[1] < 1


@pytest.mark.slow
def test_permutations_hold_their_size_where_the_treated_vary_more() -> None:
    """Of estimates, not t statistics, 23 % of permutation tests of a true null rejected at 5 %."""
    rejected = []
    for seed in range(80):
        random = np.random.default_rng(1000 + seed)
        treated = (random.uniform(size=200) < 0.2).astype(float)
        noise = random.normal(size=200) * np.where(treated == 1, 3.0, 1.0)
        frame = pd.DataFrame({"y": noise, "d": treated, "g": np.repeat(np.arange(8), 25)})
        curve = specification_curve(
            [ModelSpec("y", "d")], frame, n_permutations=99, within="g", seed=seed
        )
        rejected.append(curve.summary["p_median"] <= 0.05)
    assert np.mean(rejected) < 0.10


def test_a_draw_as_large_as_what_was_seen_counts_against_it() -> None:
    """Draws of signs are as large as the statistic itself with a probability of their own."""
    drawn = np.array([[2.0], [1.0], [3.0]])
    assert step_down(np.array([2.0]), drawn).tolist() == [(1 + 2) / (1 + 3)]
