"""Bounds from missing reports, neighbours, and sensitivity to what is not seen."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
import shapely

from coopanalysis.errors import ModelError
from coopanalysis.models import (
    ModelSpec,
    average_marginal_effects,
    border_pairs,
    break_even,
    e_value,
    find_neighbours,
    fit,
    fit_spatial,
    four_ways,
    morans_i,
    oster_delta,
    rate_bounds,
    reporting_bounds,
    reporting_weights,
    robustness_value,
)


@pytest.fixture
def counties() -> pd.DataFrame:
    random = np.random.default_rng(2)
    n = 300
    frame = pd.DataFrame({"policy": random.integers(0, 2, n), "x": random.normal(size=n)})
    frame["state"] = random.integers(0, 45, n)
    frame["coverage"] = np.clip(random.beta(6, 1, n), 0, 1)
    frame.loc[:9, "coverage"] = 0.0
    frame["rate"] = 300 + 20 * frame["policy"] + 30 * frame["x"] + random.normal(size=n) * 40
    frame.loc[:9, "rate"] = np.nan
    return frame


SPEC = ModelSpec("rate", "policy", controls=("x",))


def test_bounds_are_reached_and_not_exceeded() -> None:
    """Six counties: every corner of what may have happened, by brute force."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"policy": [0, 1, 0, 1, 1, 0], "x": random.normal(size=6)})
    frame["rate"], frame["coverage"] = random.uniform(100, 200, 6), random.uniform(0.2, 1, 6)
    corners = [
        fit(
            SPEC,
            frame.assign(rate=frame["rate"] + (1 - frame["coverage"]) * np.array(corner)),
        ).params["policy"]
        for corner in product([50.0, 400.0], repeat=6)
    ]
    row = reporting_bounds(SPEC, frame, coverage="coverage", lowest=50, highest=400).iloc[0]
    assert row["estimate_low"] == pytest.approx(min(corners))
    assert row["estimate_high"] == pytest.approx(max(corners))


@pytest.mark.parametrize("denominator", ["covered", "all"])
@pytest.mark.parametrize("silent", ["any", "no_less", "no_more"])
@pytest.mark.parametrize("at_least", [False, True])
def test_ends_of_a_rate_are_reached_and_not_exceeded(
    denominator: str, silent: str, at_least: bool
) -> None:
    """Counties whose truth is known, over all coverages and silent rates that are allowed."""
    covered = np.array([0.3, 0.8, 1.0, 0.6])
    seen = np.array([40.0, 300.0, 250.0, 90.0])
    frame = pd.DataFrame({"seen": seen, "c": covered})
    ends = rate_bounds(
        frame,
        "seen",
        coverage="c",
        lowest=20,
        highest=500,
        denominator=denominator,  # type: ignore[arg-type]
        at_least=at_least,
        silent=silent,  # type: ignore[arg-type]
    )
    shares = np.linspace(covered, np.ones(4) if at_least else covered, 301)[:, :, None]
    unknown = np.linspace(20, 500, 2_401)[None, None, :]
    police = seen[None, :, None] / (shares if denominator == "all" else 1.0)
    truth = police * shares + unknown * (1 - shares)
    if silent != "any":
        wrong = (unknown < police) if silent == "no_less" else (unknown > police)
        truth = np.where(wrong & (shares < 1), np.nan, truth)
    assert ends["low"].to_numpy() == pytest.approx(np.nanmin(truth, axis=(0, 2)), abs=0.3)
    assert ends["high"].to_numpy() == pytest.approx(np.nanmax(truth, axis=(0, 2)), abs=0.3)


def test_a_rate_without_promised_coverage_is_a_floor() -> None:
    frame = pd.DataFrame({"seen": [10.0, 300.0, 900.0, np.nan, 5.0], "c": [0, 0, 0, 0, np.nan]})
    asked = {"coverage": "c", "lowest": 20, "highest": 500}
    ends = rate_bounds(frame, "seen", **asked)
    assert ends["low"].tolist()[:4] == [20, 300, 900, 20]
    assert ends["high"].tolist()[:4] == [500, 500, 900, 500]
    assert ends.iloc[4][["low", "high"]].isna().all()
    with pytest.raises(ModelError, match="choose from all, covered"):
        rate_bounds(frame, "seen", denominator="seen", **asked)
    with pytest.raises(ModelError, match="negative in 1 rows"):
        rate_bounds(
            frame.assign(seen=-frame["seen"].where(frame["seen"] > 500)),
            "seen",
            **asked,
        )


def partly_silent(random: np.random.Generator, n: int = 400) -> pd.DataFrame:
    """Counties with no difference; a fifth of the residents is silent where there is a policy."""
    frame = pd.DataFrame({"policy": np.tile([0.0, 1.0], n // 2)})
    frame["truth"] = random.gamma(4, 230, n)
    frame["coverage"] = 1 - 0.2 * frame["policy"]
    # The silent police are like the rest, and the source divides by all residents.
    return frame.assign(rate=frame["truth"] * frame["coverage"])


@pytest.mark.slow
def test_a_rate_over_all_residents_is_not_multiplied_with_coverage_twice() -> None:
    """Truth 0: the range of the wrong identity leaves it out, that of the right one holds it."""
    spec, random = ModelSpec("rate", "policy"), np.random.default_rng(8)
    holds = {"covered": 0, "all": 0}
    for _ in range(20):
        frame = partly_silent(random)
        low, high = frame.loc[frame["policy"] == 0, "truth"].quantile([0.25, 0.75])
        for denominator in holds:
            row = reporting_bounds(
                spec,
                frame,
                coverage="coverage",
                lowest=low,
                highest=high,
                denominator=denominator,  # type: ignore[arg-type]
            ).iloc[0]
            holds[denominator] += row["estimate_low"] <= 0 <= row["estimate_high"]
    assert holds["covered"] <= 2
    assert holds["all"] >= 18


def test_the_sign_turns_at_the_break_even_rate() -> None:
    frame = partly_silent(np.random.default_rng(9)).assign(x=np.arange(400.0) % 7)
    frame["coverage"] -= 0.1 * (frame["x"] == 3)
    spec = ModelSpec("rate", "policy", controls=("x",))
    for denominator in ("all", "covered"):
        found = break_even(
            spec,
            frame,
            coverage="coverage",
            others=500,
            denominator=denominator,  # type: ignore[arg-type]
        )
        known = frame["rate"] * (1 if denominator == "all" else frame["coverage"])
        for rate, expected in ((500, found.estimate), (found.silent_rate, 0.0)):
            unknown = np.where(frame["policy"] == 1, rate, 500)
            whole = frame.assign(rate=known + (1 - frame["coverage"]) * unknown)
            assert fit(spec, whole).params["policy"] == pytest.approx(expected, abs=1e-9)
    assert found.n_silent == 200
    with pytest.raises(ModelError, match="no treated county has residents not covered"):
        break_even(spec, frame.assign(coverage=1.0), coverage="coverage", others=500)
    with pytest.raises(ModelError, match="zeros and ones, not x"):
        break_even(ModelSpec("rate", "x"), frame, coverage="coverage", others=500)


def test_a_worst_case_that_does_not_vary_has_no_error(counties: pd.DataFrame) -> None:
    unseen = counties.assign(coverage=0.0, rate=np.nan)
    with pytest.raises(ModelError, match="is the same in all 300 rows of a worst case"):
        reporting_bounds(
            replace(SPEC, controls=()), unseen, coverage="coverage", lowest=0, highest="policy"
        )


def test_bounds_close_where_everybody_reports(counties: pd.DataFrame) -> None:
    full = counties.dropna().assign(coverage=1.0)
    row = reporting_bounds(SPEC, full, coverage="coverage", lowest=0, highest=900).iloc[0]
    own = fit(SPEC, full).table.set_index("term").loc["policy"]
    for name in ("estimate_low", "estimate_high", "estimate_as_seen"):
        assert row[name] == pytest.approx(own["estimate"])
    # Imbens and Manski's interval meets the usual one where the range is a point.
    assert row["conf_high"] == pytest.approx(own["conf_high"])


def test_counties_that_never_report_are_in_the_bounds(counties: pd.DataFrame) -> None:
    row = reporting_bounds(SPEC, counties, coverage="coverage", lowest=100, highest=700).iloc[0]
    assert row["n_obs"] == 300
    assert row["estimate_low"] < row["estimate_as_seen"] < row["estimate_high"]
    with pytest.raises(ModelError, match="outside 0 to 1 in 290 rows"):
        high = counties.assign(coverage=counties["coverage"].where(counties.index < 10, 2.0))
        reporting_bounds(SPEC, high, coverage="coverage", lowest=0, highest=1)
    with pytest.raises(ModelError, match="lowest exceeds highest in 300 rows"):
        reporting_bounds(SPEC, counties, coverage="coverage", lowest=9, highest=1)


def test_four_ways_stand_side_by_side(counties: pd.DataFrame) -> None:
    table = four_ways(
        SPEC,
        counties,
        coverage="coverage",
        covariates=["x"],
        lowest=100,
        highest=700,
        full=0.9,
    ).set_index("rule")
    assert list(table.index) == [
        "full coverage",
        "all as seen",
        "weighted by inverse probability",
        "worst case",
    ]
    assert table.loc["full coverage", "n_obs"] == (counties["coverage"] >= 0.9).sum()
    assert table.loc["all as seen", "n_obs"] == 290
    assert table.loc["worst case", "estimate_low"] < table.loc["all as seen", "estimate_low"]


def ways(spec: ModelSpec, frame: pd.DataFrame, **changes: object) -> pd.DataFrame:
    asked = {"coverage": "coverage", "covariates": ["x"], "lowest": 100, "highest": 700}
    return four_ways(spec, frame, **{**asked, "full": 0.9, **changes}).set_index("rule")


def test_where_all_are_covered_the_four_ways_are_one_and_it_is_said(counties: pd.DataFrame) -> None:
    table = ways(SPEC, counties.dropna().assign(coverage=1.0))
    assert (table["note"].str.startswith("Every county counts as fully covered")).all()
    for name in ("estimate_low", "estimate_high", "conf_low", "conf_high"):
        assert table[name].to_numpy() == pytest.approx(table[name].iloc[0])
    assert set(table["n_obs"]) == {290}


def test_own_weights_are_multiplied_with_those_of_reporting(counties: pd.DataFrame) -> None:
    weighted = counties.assign(people=np.arange(1.0, 301.0))
    table = ways(replace(SPEC, weights="people"), weighted)
    full = weighted.assign(full=(weighted["coverage"] >= 0.9).astype(float))
    both = full.assign(both=reporting_weights(full, "full", ["x"]) * full["people"])
    row = fit(replace(SPEC, weights="both"), both[both["both"] > 0]).table.set_index("term")
    found = table.loc["weighted by inverse probability"]
    assert found["estimate_low"] == pytest.approx(row.loc["policy", "estimate"])
    assert found["n_obs"] == full["full"].sum()
    seen = fit(replace(SPEC, weights="people"), weighted).table.set_index("term")
    assert table.loc["all as seen", "estimate_low"] == pytest.approx(seen.loc["policy", "estimate"])


def test_a_rule_that_cannot_be_followed_says_why(counties: pd.DataFrame) -> None:
    """No county with the policy reported in full: there is nobody to compare or to weight."""
    partial = counties["coverage"].where(counties["policy"] == 0, 0.5)
    table = ways(SPEC, counties.assign(coverage=partial), covariates=["policy", "x"])
    for rule in ("full coverage", "weighted by inverse probability"):
        assert np.isnan(table.loc[rule, "estimate_low"])
        assert "policy" in table.loc[rule, "note"]
        assert table.loc[rule, "n_left_out"] == len(counties)
    assert np.isfinite(
        table.loc[["all as seen", "worst case"], "estimate_low"].to_numpy(float)
    ).all()


def test_reporting_weights_restore_the_whole(counties: pd.DataFrame) -> None:
    random = np.random.default_rng(4)
    chance = 1 / (1 + np.exp(-1 - counties["x"]))
    frame = counties.assign(reports=(random.random(300) < chance).astype(int))
    weights = reporting_weights(frame, "reports", ["x"], cap=1.0)
    assert weights[frame["reports"] == 0].eq(0).all()
    weighted = np.average(frame["x"], weights=weights)
    plain = frame["x"][frame["reports"] == 1].mean()
    assert abs(weighted - frame["x"].mean()) < 0.3 * abs(plain - frame["x"].mean())


def squares(side: int) -> list[shapely.Polygon]:
    return [shapely.box(c, r, c + 1, r + 1) for r in range(side) for c in range(side)]


def test_queen_and_rook_on_a_board() -> None:
    queen, rook = (find_neighbours(squares(3), range(9), kind) for kind in ("queen", "rook"))
    assert queen.degree.tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    assert rook.degree.tolist() == [2, 3, 2, 3, 4, 3, 2, 3, 2]


def test_islands_and_unknown_places() -> None:
    shapes = [*squares(2), shapely.box(9, 9, 10, 10)]
    near = find_neighbours(shapes, list("abcde"))
    assert near.n_islands == 1
    assert near.subset(pd.Index(["a", "e"])).n_islands == 2
    with pytest.raises(ModelError, match=r"1 places have no known borders.*'q'"):
        near.subset(pd.Index(["a", "q"]))
    with pytest.raises(ModelError, match="drawn apart"):
        find_neighbours([shapes[0], shapes[4]], ["a", "e"])


def test_moran_of_a_chessboard_is_negative_and_of_halves_positive() -> None:
    near = find_neighbours(squares(8), range(64), "rook")
    row, column = np.divmod(np.arange(64), 8)
    assert morans_i((row + column) % 2, near).statistic == pytest.approx(-1.0)
    halves = morans_i(row < 4, near)
    assert halves.statistic > 0.7
    assert halves.p_value == 0.001
    with pytest.raises(ModelError, match="1 of them missing"):
        morans_i(np.where(row + column == 0, np.nan, row), near)


def test_spatial_fit_on_a_subset_says_who_is_alone() -> None:
    near = find_neighbours(squares(10), range(100))
    random = np.random.default_rng(3)
    frame = pd.DataFrame({"x": random.normal(size=100), "y": random.normal(size=100)})
    frame.loc[[1, 10, 11], "x"] = np.nan
    estimates = fit_spatial(ModelSpec("y", "x", vcov="iid"), frame, near)
    assert estimates.n_obs == 97
    assert any("1 places have no neighbour" in note for note in estimates.notes)
    with pytest.raises(ModelError, match="not effects: spatial_impacts"):
        average_marginal_effects(estimates)
    with pytest.raises(ModelError, match="vcov iid"):
        fit_spatial(ModelSpec("y", "x"), frame, near)


def test_border_pairs_by_hand() -> None:
    near = find_neighbours(squares(2), list("abcd"), "rook")
    frame = pd.DataFrame({"id": list("abcd"), "state": ["N", "N", "S", "S"], "y": [1, 2, 3, 4]})
    pairs = border_pairs(frame, near, place="id", group="state")
    assert sorted(set(pairs["pair"])) == ["a|c", "b|d"]
    assert pairs.groupby("pair")["state"].nunique().eq(2).all()
    with pytest.raises(ModelError, match="no two neighbours"):
        border_pairs(frame.assign(state="N"), near, place="id", group="state")


def test_robustness_value_is_what_it_says() -> None:
    """A confounder that explains that share of both brings the estimate to zero."""
    estimate, error, df = 0.8, 0.2, 120.0
    value = robustness_value(estimate, error, df)
    bias = error * np.sqrt(value * value / (1 - value) * df)
    assert bias == pytest.approx(estimate)
    assert robustness_value(0.1, 0.2, df, alpha=0.05) == 0.0
    # So strong an estimate that only a confounder of nearly all variance takes its significance.
    strength, critical = 100**2 / 5, 2.7764451**2 / 4
    extreme = (strength - critical) / (1 + strength)
    assert robustness_value(10, 0.1, 5, alpha=0.05) == pytest.approx(extreme)


def test_oster_delta_of_the_bound_is_one() -> None:
    random = np.random.default_rng(6)
    frame = pd.DataFrame(random.normal(size=(400, 3)), columns=["x", "z", "y"])
    frame["x"] += 0.7 * frame["z"]
    frame["y"] += frame["x"] + frame["z"]
    spec = ModelSpec("y", "x", controls=("z",))
    result = oster_delta(spec, frame, r_max=0.9)
    gaps = pd.concat([frame, frame.assign(z=np.nan)]).set_index(pd.Index([0] * 800))
    assert oster_delta(spec, gaps, r_max=0.9) == result
    again = oster_delta(spec, frame, r_max=0.9, beta=result.bound)
    assert again.delta == pytest.approx(1.0)
    with pytest.raises(ModelError, match="does not exceed"):
        oster_delta(spec, frame, r_max=0.1)


def test_e_value_of_protective_and_of_crossing_ratios() -> None:
    assert e_value(0.5)[0] == pytest.approx(e_value(2.0)[0])
    assert e_value(1.2, 0.9, 1.6)[1] == 1.0
    assert e_value(0.5, 0.3, 0.8)[1] == pytest.approx(e_value(1.25)[0])
    with pytest.raises(ModelError, match="positive"):
        e_value(-1.0)
