"""Inputs that used to give a number without a word, or an error that named nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from coopanalysis.errors import ModelError
from coopanalysis.models import (
    ModelSpec,
    Neighbours,
    balance_table,
    benchmark_confounders,
    border_pairs,
    coarsened_exact_match,
    e_value,
    find_neighbours,
    fit,
    fit_spatial,
    four_ways,
    joint_test,
    morans_i,
    oster_delta,
    overlap_table,
    reporting_bounds,
    robustness_value,
    romano_wolf,
    specification_curve,
    wild_cluster_bootstrap,
)
from coopanalysis.models.inference import inference_table


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(99)
    n = 300
    made = pd.DataFrame(
        {
            "g": random.integers(0, 30, n),
            "x": random.normal(size=n),
            "z": random.normal(size=n),
            "d": random.integers(0, 2, n),
            "w": random.uniform(0.2, 3, n),
            "lat": random.uniform(30, 45, n),
            "lon": random.uniform(-115, -75, n),
            "covered": random.uniform(0.5, 1, n),
        }
    )
    made["y"] = made["x"] + made["z"] + random.normal(size=n)
    made["rate"] = 10 + made["y"]
    made["binary"] = (made["y"] > 0).astype(int)
    made["count"] = random.poisson(np.exp(0.3 * made["x"]))
    made["word"] = np.where(made["y"] > 1, "High", np.where(made["y"] > -1, "Medium", "Low"))
    return made


BASE = ModelSpec("y", "x")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (ModelSpec("y", "same"), "same is 'a' in all 300 rows"),
        (ModelSpec("y", "x", weights="word"), "'word' is str, not numeric"),
        (ModelSpec("count", "x", family="poisson", exposure="word"), "not numeric"),
        (ModelSpec("y", "x", sample="y"), "true or false by row"),
        (ModelSpec("y", "x", sample="y.nothing > 1"), "true or false by row"),
        (ModelSpec("word", "x", family="ordered_logit"), "order is the alphabet's"),
        (ModelSpec("level", "x", fixed_effects=("g",)), "does not vary within g"),
        (ModelSpec("y", "long"), "infinite in 1 rows"),
    ],
)
def test_fit_refuses_and_names_the_reason(frame: pd.DataFrame, spec: ModelSpec, words: str) -> None:
    infinite = np.where(frame.index == 0, np.inf, frame["x"]).astype(object)
    wrong = frame.assign(same="a", level=1.1 * frame["g"], long=infinite)
    with pytest.raises(ModelError, match=words):
        fit(spec, wrong)


@pytest.mark.parametrize("origin", [1e5, 1e7, 1e9])
@pytest.mark.parametrize("effects", [("g",), ("g", "year")])
def test_what_rounding_leaves_of_an_outcome_is_nothing(
    frame: pd.DataFrame, origin: float, effects: tuple[str, ...]
) -> None:
    """Far from zero, what effects left of an outcome they explain was estimated."""
    frame["year"] = frame.index % 7
    frame["level"] = origin + 1.1 * frame["g"] + (0.3 * frame["year"]) * (len(effects) - 1)
    with pytest.raises(ModelError, match="does not vary within g"):
        fit(ModelSpec("level", "x", fixed_effects=effects, weights="w"), frame)
    left = fit(replace(BASE, fixed_effects=effects), frame)
    moved = fit(replace(BASE, fixed_effects=effects), frame.assign(y=frame["y"] + origin))
    assert moved.params["x"] == pytest.approx(left.params["x"], rel=1e-5)


def test_a_text_outcome_beside_effects_is_refused(frame: pd.DataFrame) -> None:
    for family in ("logit", "poisson", "negbin"):
        with pytest.raises(ModelError, match="'word' is not numeric"):
            fit(ModelSpec("word", "x", family=family, fixed_effects=("g",)), frame)


@pytest.mark.parametrize("vcov", ["HC1", "HC3"])
def test_one_treated_row_is_noted(frame: pd.DataFrame, vcov: str) -> None:
    """Its residual is zero, so that robust errors gave p values of 1e-28 without a word."""
    spec = ModelSpec("y", "only", vcov=vcov)
    one = fit(spec, frame.assign(only=frame.index == 5))
    assert any("few treated rows: 1 of 300 has only" in note for note in one.notes)
    most = fit(spec, frame.assign(only=frame.index > 3))
    assert any("4 of 300 lacks only" in note for note in most.notes)
    assert not any("few treated" in note for note in fit(replace(spec, treatment="d"), frame).notes)


def test_rows_alone_in_their_group_are_counted(frame: pd.DataFrame) -> None:
    alone = frame.assign(g=frame["g"].where(frame.index > 2, 100 + frame.index))
    notes = fit(replace(BASE, fixed_effects=("g",)), alone).notes
    assert any("effects of g taken out, 3 of a single row" in note for note in notes)
    assert not any(
        "single row" in note for note in fit(replace(BASE, fixed_effects=("d",)), alone).notes
    )


def test_units_do_not_decide_whether_terms_can_be_tested_together(frame: pd.DataFrame) -> None:
    spec = replace(BASE, controls=("z",))
    plain = joint_test(fit(spec, frame), ["x", "z"])
    far = joint_test(fit(spec, frame.assign(x=1e-9 * frame["x"], z=1e3 * frame["z"])), ["x", "z"])
    assert far["p_value"] == pytest.approx(plain["p_value"])


def test_a_column_that_stands_twice_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="more than one column 'x'"):
        fit(BASE, pd.concat([frame, frame[["x"]]], axis=1))


def test_outcome_as_moderator_is_refused() -> None:
    with pytest.raises(ModelError, match="outcome and on the right-hand side"):
        ModelSpec("y", "x", controls=("x:y",))


def test_conley_refuses_swapped_coordinates_and_negative_distances(frame: pd.DataFrame) -> None:
    places = ("lon", "lat")
    with pytest.raises(ModelError, match="beyond 90 degrees"):
        fit(ModelSpec("y", "x", vcov="conley", coordinates=places, distance_km=50.0), frame)
    with pytest.raises(ModelError, match="positive distance_km"):
        ModelSpec("y", "x", vcov="conley", coordinates=places, distance_km=-50.0)


def test_ordered_levels_are_named_in_their_order(frame: pd.DataFrame) -> None:
    ordered = frame.assign(word=pd.Categorical(frame["word"], ["Low", "Medium", "High"]))
    estimates = fit(ModelSpec("word", "x", family="ordered_logit"), ordered)
    assert estimates.params["x"] > 0
    assert "word: in the order Low < Medium < High." in estimates.notes


def test_numbers_held_as_objects_are_numbers(frame: pd.DataFrame) -> None:
    held = frame.assign(x=frame["x"].astype(object))
    pd.testing.assert_frame_equal(fit(BASE, held).table, fit(BASE, frame).table)


def test_an_exact_fit_is_noted(frame: pd.DataFrame) -> None:
    exact = fit(BASE, frame.assign(y=2 * frame["x"] + 1))
    assert any("exact but for rounding" in note for note in exact.notes)
    assert not any("exact" in note for note in fit(BASE, frame).notes)


@pytest.mark.parametrize("family", ["ols", "logit", "poisson", "negbin"])
@pytest.mark.parametrize("change", ["far", "small", "large"])
def test_units_and_origin_do_not_matter(frame: pd.DataFrame, family: str, change: str) -> None:
    """A column far from zero was taken for a constant, a tiny one did not converge."""
    random = np.random.default_rng(5)
    frame["count"] = random.poisson(np.exp(0.3 * frame["x"]) * random.gamma(1, 1, len(frame)))
    outcome = {"ols": "y", "logit": "binary"}.get(family, "count")
    spec = ModelSpec(outcome, "x", controls=("z",), family=family)
    shift, scale = {"far": (1e4, 1.0), "small": (0.0, 1e-9), "large": (0.0, 1e9)}[change]
    plain = fit(spec, frame).table.set_index("term").loc["x"]
    moved = fit(spec, frame.assign(x=scale * frame["x"] + shift)).table.set_index("term").loc["x"]
    assert moved["estimate"] * scale == pytest.approx(plain["estimate"], rel=1e-5)
    assert moved["std_error"] * scale == pytest.approx(plain["std_error"], rel=1e-5)


def test_a_square_of_years_is_not_collinear(frame: pd.DataFrame) -> None:
    year = 2000 + frame["g"] % 17
    raw = fit(replace(BASE, controls=("t", "t2")), frame.assign(t=year, t2=year**2))
    gap = year - 2008
    centred = fit(replace(BASE, controls=("t", "t2")), frame.assign(t=gap, t2=gap**2))
    assert "t2" in raw.shown
    for term in ("x", "t2"):
        assert raw.params[term] == pytest.approx(centred.params[term], rel=1e-6)
        assert raw.table.set_index("term").loc[term, "std_error"] == pytest.approx(
            centred.table.set_index("term").loc[term, "std_error"], rel=1e-6
        )


def test_longley() -> None:
    """NIST's certified values of the Longley data, a relative 1e-9."""
    load = pytest.importorskip("statsmodels.datasets.longley").load_pandas
    others = ("GNPDEFL", "UNEMP", "ARMED", "POP", "YEAR")
    table = fit(ModelSpec("TOTEMP", "GNP", controls=others, vcov="iid"), load().data).table
    found = table.set_index("term")
    certified = {
        "(Intercept)": (-3482258.63459582, 890420.383607373),
        "GNPDEFL": (15.0618722713733, 84.9149257747669),
        "GNP": (-0.358191792925910e-01, 0.334910077722432e-01),
        "UNEMP": (-2.02022980381683, 0.488399681651699),
        "ARMED": (-1.03322686717359, 0.214274163161675),
        "POP": (-0.511041056535807e-01, 0.226073200069370),
        "YEAR": (1829.15146461355, 455.478499142212),
    }
    for term, (estimate, error) in certified.items():
        assert found.loc[term, "estimate"] == pytest.approx(estimate, rel=1e-9)
        assert found.loc[term, "std_error"] == pytest.approx(error, rel=1e-9)


def test_missing_degrees_of_freedom_are_not_infinite() -> None:
    table = inference_table(["x"], [1.0], [0.1], [np.nan], n_obs=9, n_clusters=2)
    assert table[["p_value", "conf_low", "conf_high"]].isna().all(axis=None)


def test_curve_refuses_what_fit_refuses(frame: pd.DataFrame) -> None:
    """A saturated model, an absorbed outcome, and collinear columns under heavy weights."""
    few = frame.iloc[:12].assign(i=[0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9], w=1e5, copy=0.0)
    few["copy"] = few["z"] + 1e-6 * few["x"] ** 2
    specs = [
        ModelSpec("y", "x", controls=("z",), fixed_effects=("i",)),
        ModelSpec("i", "x", fixed_effects=("g",)),
        ModelSpec("y", "x"),
    ]
    curve = specification_curve(specs, few.assign(g=few["i"]))
    assert len(curve.table) == 1
    reasons = " ".join(curve.failures["reason"])
    assert "nothing is left over" in reasons
    assert "does not vary within g" in reasons


@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_size_of_weights_does_not_matter_to_the_curve(frame: pd.DataFrame, size: float) -> None:
    random = np.random.default_rng(1)
    frame["w"] *= size
    frame["copy"] = frame["z"] + 3e-6 * random.normal(size=len(frame))
    frame["twice"] = 2 * frame["z"]
    specs = [
        ModelSpec("y", "x", controls=controls, weights="w")
        for controls in (("z",), ("z", "copy"), ("z", "twice"))
    ]
    curve = specification_curve(specs, frame).table.set_index("controls")
    for spec in specs:
        own = fit(spec, frame).table.set_index("term").loc["x"]
        row = curve.loc[", ".join(spec.controls)]
        assert row["estimate"] == pytest.approx(own["estimate"], rel=1e-5)
        assert row["std_error"] == pytest.approx(own["std_error"], rel=1e-5)


def test_enumerated_p_values_are_never_zero(frame: pd.DataFrame) -> None:
    """Two clusters have four draws, of which the sample and its mirror image are two."""
    two = ModelSpec("y", "x", vcov="CR1", cluster="d")
    result = wild_cluster_bootstrap(two, frame)
    assert result.p_value == 0.5
    assert (result.conf_low, result.conf_high) == (-np.inf, np.inf)
    nine = wild_cluster_bootstrap(replace(two, cluster="g"), frame.assign(g=frame["g"] % 9))
    assert nine.p_value == 2 / 512
    with pytest.raises(ModelError, match="choose rademacher or webb"):
        wild_cluster_bootstrap(two, frame, multiplier="Rademacher")
    with pytest.raises(ModelError, match="positive number"):
        wild_cluster_bootstrap(two, frame, n_draws=0)


def test_romano_wolf_with_few_clusters_is_not_below_the_single_test(frame: pd.DataFrame) -> None:
    """Five clusters: signs gave 0.001 where the model's own p value is above 0.1."""
    random = np.random.default_rng(3)
    noise = frame.assign(g=frame["g"] % 5, y=random.normal(size=300), z=random.normal(size=300))
    spec = ModelSpec("y", "x", vcov="CR2", cluster="g")
    specs = [replace(spec, outcome=name) for name in ("y", "z")]
    table = romano_wolf(specs, noise, n_draws=1999)
    assert (table["p_value_romano_wolf"] >= table["p_value"]).all()
    alone = romano_wolf(specs[:1], noise, n_draws=9999)
    assert alone["p_value_romano_wolf"][0] == pytest.approx(alone["p_value"][0], abs=0.02)


@pytest.fixture(scope="module")
def board() -> Neighbours:
    return find_neighbours(
        [shapely.box(c, r, c + 1, r + 1) for r in range(6) for c in range(6)], range(36)
    )


def test_space_refuses_and_puts_in_order(frame: pd.DataFrame, board: Neighbours) -> None:
    small, spec = frame.iloc[:36], ModelSpec("y", "x", vcov="iid")
    with pytest.raises(ModelError, match="'durbin' is not known"):
        fit_spatial(spec, small, board, kind="durbin")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="none of the 9 places used borders another"):
        fit_spatial(spec, small.loc[[0, 2, 4, 12, 14, 16, 24, 26, 28]], board)
    with pytest.raises(ModelError, match="no column 'nowhere'"):
        fit_spatial(spec, small, board, place="nowhere")
    shuffled = small["y"].sample(frac=1, random_state=0)
    assert morans_i(shuffled, board) == morans_i(small["y"], board)
    with pytest.raises(ModelError, match="1 of them missing or infinite"):
        morans_i(np.where(np.arange(36) == 0, np.inf, small["y"]), board)
    with pytest.raises(ModelError, match="no place has a neighbour"):
        morans_i(np.arange(4.0), board.subset(pd.Index([0, 2, 12, 14])))


def test_spatial_lag_at_the_edge_is_noted(board: Neighbours) -> None:
    row, column = np.divmod(np.arange(36), 6)
    flat = pd.DataFrame({"x": column % 2 * 1e-3, "y": 1e3 + row + column})
    estimates = fit_spatial(ModelSpec("y", "x", vcov="iid"), flat, board, kind="error")
    assert estimates.table["estimate"].iloc[-1] < 1
    assert any("at the edge" in note for note in estimates.notes) == (
        estimates.table["estimate"].iloc[-1] > 1 - 1e-4
    )


def test_border_pairs_need_to_know_the_group(frame: pd.DataFrame, board: Neighbours) -> None:
    small = frame.iloc[:36].assign(place=range(36), side=[None] * 6 + ["a"] * 15 + ["b"] * 15)
    with pytest.raises(ModelError, match="missing for 6 places"):
        border_pairs(small, board, place="place", group="side")
    with pytest.raises(ModelError, match="no column 'q'"):
        border_pairs(small, board, place="place", group="q")


ENDS = {"coverage": "covered", "lowest": 1, "highest": 20}


def test_bounds_of_categories_are_not_empty(frame: pd.DataFrame) -> None:
    plain = reporting_bounds(ModelSpec("rate", "d"), frame, **ENDS)
    category = reporting_bounds(ModelSpec("rate", "C(d)"), frame, **ENDS)
    assert category["term"].tolist() == ["d[1]"]
    for name in ("estimate_low", "estimate_high", "conf_low", "conf_high"):
        assert category[name][0] == pytest.approx(plain[name][0])
    assert len(four_ways(ModelSpec("rate", "C(d)"), frame, covariates=["z"], full=0.9, **ENDS)) == 4


def test_bounds_use_the_degrees_of_freedom_of_the_errors(frame: pd.DataFrame) -> None:
    """Where everybody reports, the interval is the model's own."""
    spec = ModelSpec("rate", "d", vcov="CR2", cluster="g")
    full = frame.assign(g=frame["g"] % 5, covered=1.0)
    own = fit(spec, full).table.set_index("term").loc["d"]
    row = reporting_bounds(spec, full, **ENDS).iloc[0]
    assert row["conf_low"] == pytest.approx(own["conf_low"])
    assert row["conf_high"] == pytest.approx(own["conf_high"])


def test_bounds_count_what_they_leave_out_and_ask_the_rule_first(frame: pd.DataFrame) -> None:
    gaps = frame.assign(covered=frame["covered"].astype("Float64").where(frame["x"] > -1))
    row = reporting_bounds(ModelSpec("rate", "d"), gaps, **ENDS).iloc[0]
    assert row["n_left_out"] == (frame["x"] <= -1).sum()
    assert row["n_obs"] + row["n_left_out"] == 300
    ruled = reporting_bounds(ModelSpec("rate", "d", sample="rate > 9"), frame, **ENDS)
    chosen = reporting_bounds(ModelSpec("rate", "d"), frame[frame["rate"] > 9], **ENDS)
    pd.testing.assert_frame_equal(ruled, chosen)


def test_balance_tells_groups_that_could_not_be_farther_apart(frame: pd.DataFrame) -> None:
    table = balance_table(frame.assign(apart=-3.1 * frame["d"], same=0.1), "d", ["apart", "same"])
    assert table["std_difference"].tolist() == [-np.inf, 0.0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"w": -1.0}, "negative in 300 rows"),
        ({"w": 0.0}, "zero throughout"),
        ({"x": np.inf}, "infinite"),
    ],
)
def test_balance_refuses(frame: pd.DataFrame, changes: dict[str, float], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        balance_table(frame.assign(**changes), "d", ["x"], "w")


def test_matching_refuses(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="not covariates"):
        coarsened_exact_match(frame, "d", ["x"], {"xx": 3})
    with pytest.raises(ModelError, match="cannot be cut into 0 bins"):
        coarsened_exact_match(frame, "d", ["x"], {"x": 0})
    with pytest.raises(ModelError, match="no covariate"):
        balance_table(frame, "d", [])
    with pytest.raises(ModelError, match="give 0 and 1"):
        balance_table(frame, "word", ["x"])
    whole, own = (
        coarsened_exact_match(frame, "d", ["x"], {"x": k}).weights for k in (3, np.int64(3))
    )
    pd.testing.assert_series_equal(whole, own)


def test_overlap_is_by_index_and_leaves_unknown_out(frame: pd.DataFrame) -> None:
    scores = pd.Series(np.linspace(0.01, 0.99, 300))
    ordered = overlap_table(scores, frame["d"])
    shuffled = overlap_table(scores, frame["d"].sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(shuffled, ordered)
    some = overlap_table(scores, frame["d"].astype("Int64").where(frame["x"] > 0))
    assert some[["n_treated", "n_control"]].to_numpy().sum() == (frame["x"] > 0).sum()
    with pytest.raises(ModelError, match="same index"):
        overlap_table(scores, frame["d"].iloc[:10])


def test_oster_refuses(frame: pd.DataFrame) -> None:
    spec = ModelSpec("y", "x", controls=("z",))
    with pytest.raises(ModelError, match="one numeric treatment"):
        oster_delta(replace(spec, treatment="word"), frame, r_max=0.99)
    with pytest.raises(ModelError, match="above 1"):
        oster_delta(spec, frame, r_max=1.3)
    with pytest.raises(ModelError, match="without controls"):
        oster_delta(replace(spec, controls=()), frame, r_max=0.99)


def test_oster_bound_does_not_depend_on_the_unit(frame: pd.DataFrame) -> None:
    spec = ModelSpec("y", "x", controls=("z",))
    here = oster_delta(spec, frame, r_max=0.99)
    there = oster_delta(spec, frame.assign(y=1e-12 * frame["y"]), r_max=0.99)
    assert there.bound * 1e12 == pytest.approx(here.bound)
    assert there.delta == pytest.approx(here.delta)


@pytest.mark.parametrize("figures", [(1, 0, 10), (1, -1, 10), (np.nan, 1, 10), (1, 0.1, 0)])
def test_robustness_value_refuses(figures: tuple[float, float, float]) -> None:
    with pytest.raises(ModelError, match="robustness value needs"):
        robustness_value(*figures)


def test_sensitivity_refuses(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="more than 1 degrees"):
        robustness_value(1, 0.1, 1, alpha=0.05)
    for ratios in ((np.nan,), (np.inf,), (2.0, np.nan, 3.0)):
        with pytest.raises(ModelError, match="positive ratios"):
            e_value(*ratios)
    with pytest.raises(ModelError, match="without interaction"):
        benchmark_confounders(ModelSpec("y", "x", controls=("x:z", "z")), frame, ["z"])
