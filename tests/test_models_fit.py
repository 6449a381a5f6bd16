"""What `fit` refuses, what it leaves out and says so, and what must not change its answer."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from coopanalysis.errors import ModelError
from coopanalysis.models import (
    ModelSpec,
    average_marginal_effects,
    fit,
    joint_test,
    with_errors,
)
from coopanalysis.models.spec import Vcov

COLUMNS = [
    "term",
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "n_obs",
    "n_clusters",
]


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(7)
    n = 400
    made = pd.DataFrame(
        {
            "state": random.integers(0, 45, n),
            "x": random.normal(size=n),
            "z": random.normal(size=n),
            "kind": pd.Categorical(random.choice(["city", "rural"], n), ["city", "rural", "lunar"]),
            "pop": random.integers(100, 1000, n),
        }
    )
    made["y"] = made["x"] + made["z"] + random.normal(size=n)
    made["binary"] = (made["y"] > 0).astype(int)
    made["count"] = random.poisson(np.exp(0.2 * made["x"]) * made["pop"] / 300)
    made["score"] = np.digitize(made["y"], [-2, -1, 0, 1, 2])
    return made


BASE = ModelSpec("y", "x", controls=("z",), vcov="CR1", cluster="state")


@pytest.mark.parametrize(
    ("outcome", "family", "first", "vcov"),
    [
        ("y", "ols", "CR1", "CR2"),
        ("y", "ols", "CR2", "CR3"),
        ("binary", "logit", "CR1", "CR1"),
        ("score", "ordered_logit", "CR1", "CR1"),
    ],
)
def test_other_errors_of_a_fit_are_those_of_another_fit(
    frame: pd.DataFrame, outcome: str, family: str, first: Vcov, vcov: Vcov
) -> None:
    # A column that repeats another is left out, and its note must stay.
    gaps = frame.assign(twin=2 * frame["z"], x=frame["x"].mask(frame.index < 9))
    spec = replace(BASE, outcome=outcome, family=family, controls=("z", "twin"))
    expected = fit(replace(spec, vcov=vcov), gaps)
    other = with_errors(fit(replace(spec, vcov=first), gaps), vcov)
    pd.testing.assert_frame_equal(other.table, expected.table)
    assert (other.notes, other.n_missing) == (expected.notes, expected.n_missing)


def test_table_has_the_columns_of_every_result(frame: pd.DataFrame) -> None:
    estimates = fit(BASE, frame)
    assert list(estimates.table.columns) == COLUMNS
    row = estimates.table.set_index("term").loc["x"]
    assert row["conf_low"] < row["estimate"] < row["conf_high"]
    assert row["n_obs"] == 400
    assert row["n_clusters"] == frame["state"].nunique()
    assert estimates.df["x"] == frame["state"].nunique() - 1
    with pytest.raises(FrozenInstanceError):
        estimates.n_obs = 3  # type: ignore[misc]


@pytest.mark.parametrize("family", ["ols", "logit", "poisson"])
def test_order_and_index_of_rows_do_not_matter(frame: pd.DataFrame, family: str) -> None:
    """Trap 3: clusters taken by position gave 0.0483 for 0.1197 on shuffled data."""
    outcome = {"ols": "y", "logit": "binary", "poisson": "count"}[family]
    spec = replace(BASE, outcome=outcome, family=family)
    shuffled = frame.sample(frac=1, random_state=1).set_index(pd.Index(["same"] * len(frame)))
    pd.testing.assert_frame_equal(
        fit(spec, frame).table, fit(spec, shuffled).table, rtol=1e-8, check_exact=False
    )


def test_p_values_of_likelihoods_are_normal_and_with_clusters_those_of_t(
    frame: pd.DataFrame,
) -> None:
    """Trap 4: statsmodels takes clustered p values from the normal."""
    stats = pytest.importorskip("scipy.stats")
    clustered = fit(replace(BASE, outcome="binary", family="logit"), frame)
    row = clustered.table.set_index("term").loc["x"]
    df = frame["state"].nunique() - 1
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["statistic"]), df))
    assert row["conf_high"] == pytest.approx(
        row["estimate"] + stats.t.ppf(0.975, df) * row["std_error"]
    )
    plain = fit(ModelSpec("binary", "x", family="logit"), frame).table.set_index("term").loc["x"]
    assert plain["p_value"] == pytest.approx(2 * stats.norm.sf(abs(plain["statistic"])))


def test_rows_dropped_are_counted_by_column(frame: pd.DataFrame) -> None:
    frame.loc[:9, "x"] = np.nan
    frame.loc[5:14, "z"] = np.nan
    estimates = fit(BASE, frame)
    assert estimates.n_missing == {"x": 10, "z": 10}
    assert estimates.n_obs == 385
    assert any("15 of 400 rows dropped" in note and "10 in x" in note for note in estimates.notes)


def test_sample_rule_and_unknown_cases_are_noted(frame: pd.DataFrame) -> None:
    frame["coverage"] = pd.array([0.5] * 100 + [1.0] * 295 + [None] * 5, dtype="Float64")
    estimates = fit(replace(BASE, sample="coverage >= 0.9"), frame)
    assert estimates.n_obs == 295
    assert "keeps 295 of 400" in estimates.notes[0]
    assert "for 5 it cannot be told" in estimates.notes[0]
    with pytest.raises(ModelError, match="cannot be read"):
        fit(replace(BASE, sample="coverge >= 0.9"), frame)


def test_nullable_types_are_taken(frame: pd.DataFrame) -> None:
    """Trap 8: nullable integers and truth values break statsmodels' formulas."""
    plain = fit(replace(BASE, treatment="binary", outcome="z", controls=()), frame)
    frame["binary"] = frame["binary"].astype("boolean")
    frame["z"] = frame["z"].astype("Float64")
    nullable = fit(replace(BASE, treatment="binary", outcome="z", controls=()), frame)
    pd.testing.assert_frame_equal(plain.table, nullable.table)


def test_misspelt_column_is_named_with_the_nearest(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match=r"'stat'.*nearest: state"):
        fit(replace(BASE, cluster="stat"), frame)


def test_treatment_that_controls_repeat_is_an_error(frame: pd.DataFrame) -> None:
    frame["copy"] = 2 * frame["x"] + 1
    with pytest.raises(ModelError, match="x is a combination"):
        fit(replace(BASE, controls=("copy",)), frame)
    frame["level"] = frame["state"] % 3
    with pytest.raises(ModelError, match=r"level is a combination.*\(state\)"):
        fit(replace(BASE, treatment="level", fixed_effects=("state",)), frame)


def test_collinear_control_is_left_out_and_named(frame: pd.DataFrame) -> None:
    """Trap 6: statsmodels hands back split coefficients."""
    frame["copy"] = 2 * frame["z"] - 3
    estimates = fit(replace(BASE, controls=("z", "copy")), frame)
    assert "copy left out: collinear with columns before it." in estimates.notes
    expected = fit(BASE, frame).table
    pd.testing.assert_frame_equal(estimates.table, expected)


def test_empty_categories_add_no_columns(frame: pd.DataFrame) -> None:
    estimates = fit(replace(BASE, controls=("kind",)), frame)
    assert "kind[rural]" in estimates.shown
    assert not any("lunar" in term for term in estimates.params.index)
    assert any("1 categories without a row" in note for note in estimates.notes)


def test_constant_outcome_one_cluster_and_zero_exposure_are_errors(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="nothing to explain"):
        fit(BASE, frame.assign(y=3.0))
    with pytest.raises(ModelError, match="one cluster"):
        fit(BASE, frame.assign(state=1))
    counts = ModelSpec("count", "x", family="poisson", exposure="pop")
    frame.loc[:2, "pop"] = 0
    with pytest.raises(ModelError, match=r"zero or negative in 3 rows.*pop > 0"):
        fit(counts, frame)
    assert fit(replace(counts, sample="pop > 0"), frame).n_obs == 397


def test_few_clusters_are_noted(frame: pd.DataFrame) -> None:
    estimates = fit(BASE, frame.assign(state=frame["state"] % 10))
    assert any("few clusters: 10" in note for note in estimates.notes)
    assert not any("few clusters" in note for note in fit(BASE, frame).notes)


def test_few_treated_clusters_are_noted(frame: pd.DataFrame) -> None:
    """One treated cluster among 45: clustered errors say nothing, and many clusters hide it."""
    spec = replace(BASE, treatment="policy")
    one = fit(spec, frame.assign(policy=frame["state"] == 3))
    assert any("few treated clusters: 1 of" in note for note in one.notes)
    most = fit(spec, frame.assign(policy=frame["state"] > 3))
    assert any("lacks policy" in note for note in most.notes)
    half = fit(spec, frame.assign(policy=frame["state"] > 20))
    assert not any("few treated" in note for note in half.notes)


@pytest.mark.parametrize("family", ["logit", "ordered_logit", "poisson"])
def test_separation_is_found_before_fitting(frame: pd.DataFrame, family: str) -> None:
    """Trap 5: statsmodels converges at 24 with an error of 13,432."""
    frame["rare"] = ((frame["y"] > 0) & (frame.index < 40)).astype(int)
    outcome = {"logit": "binary", "ordered_logit": "score", "poisson": "count"}[family]
    if family == "ordered_logit":
        frame.loc[frame["rare"] == 1, "score"] = 5
    if family == "poisson":
        frame.loc[frame["rare"] == 1, "count"] = 0
    spec = ModelSpec(outcome, "rare", controls=("z",), family=family)
    with pytest.raises(ModelError, match="separation: rare tell"):
        fit(spec, frame)


def test_separation_within_absorbed_effects(frame: pd.DataFrame) -> None:
    frame["rare"] = (frame.index % 50 == 0).astype(int)
    frame.loc[frame["rare"] == 1, "count"] = 0
    spec = ModelSpec("count", "rare", family="poisson", fixed_effects=("state",))
    with pytest.raises(ModelError, match="separation: rare tell"):
        fit(spec, frame)
    frame.loc[0, "count"] = 4
    assert fit(spec, frame).params["rare"] < 0


def test_separation_by_effects_alone_is_named() -> None:
    """Town b has a count only in year 2: what is zero there in year 1 can fall without end."""
    random = np.random.default_rng(12)
    made = pd.DataFrame({"town": [0] * 20 + [1] * 20 + [0] * 3, "x": random.normal(size=43)})
    made["year"] = [1] * 20 + [2] * 20 + [2] * 3
    made["count"] = random.poisson(3, 43)
    made.loc[40:, "count"] = 0
    spec = ModelSpec("count", "x", family="poisson", fixed_effects=("town", "year"))
    with pytest.raises(ModelError, match=r"single out 3 rows of zeros \(first: 40, 41, 42\)"):
        fit(spec, made)
    assert fit(spec, made.iloc[:40]).n_obs == 40


def test_logit_drops_groups_that_do_not_vary(frame: pd.DataFrame) -> None:
    frame.loc[frame["state"] == 3, "binary"] = 1
    rows = int((frame["state"] == 3).sum())
    spec = ModelSpec("binary", "x", family="logit", fixed_effects=("state",))
    estimates = fit(spec, frame)
    assert estimates.shown == ("x",)
    assert any(f"{rows} rows dropped" in note for note in estimates.notes)
    assert any("incidental parameters" in note for note in estimates.notes)


@pytest.mark.parametrize(
    ("outcome", "family", "words"),
    [
        ("y", "logit", "neither 0 nor 1"),
        ("y", "poisson", "negative"),
        ("y", "fractional_logit", "within 0 to 1"),
        ("binary", "ordered_logit", "needs three"),
        ("kind", "ols", "not numeric"),
    ],
)
def test_outcome_has_to_suit_the_family(
    frame: pd.DataFrame, outcome: str, family: str, words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        fit(ModelSpec(outcome, "x", family=family), frame)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vcov": "CR1", "cluster": None}, "do not go together"),
        ({"vcov": "HC1"}, "do not go together"),
        ({"family": "logit", "vcov": "CR2"}, "only defined for ols"),
        ({"exposure": "pop"}, "belongs to poisson"),
        ({"treatment": "y"}, "both the outcome"),
        ({"controls": ("x",)}, "more than once"),
        ({"controls": "z"}, "must be a tuple"),
        ({"family": "probit"}, "not known"),
    ],
)
def test_contradictions_are_refused_at_once(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        replace(BASE, **changes)


def test_infinite_values_and_negative_weights_are_errors(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="infinite in 1 rows"):
        fit(BASE, frame.assign(z=np.where(frame.index == 0, np.inf, frame["z"])))
    with pytest.raises(ModelError, match="negative in 400 rows"):
        fit(replace(BASE, weights="w"), frame.assign(w=-1.0))
    zero = fit(replace(BASE, weights="w"), frame.assign(w=(frame.index > 4).astype(float)))
    assert zero.n_obs == 395
    assert any("weight 'w' is zero" in note for note in zero.notes)


def test_effects_of_a_linear_model_are_its_coefficients(frame: pd.DataFrame) -> None:
    estimates = fit(replace(BASE, fixed_effects=("state",)), frame)
    effects = average_marginal_effects(estimates)
    pd.testing.assert_frame_equal(effects, estimates.table, rtol=1e-9)


def test_score_as_categories(frame: pd.DataFrame) -> None:
    estimates = fit(ModelSpec("y", "C(score)"), frame)
    assert estimates.shown == ("(Intercept)", *(f"score[{value}]" for value in range(1, 6)))
    means = frame.groupby("score")["y"].mean()
    differences = average_marginal_effects(estimates)["estimate"].to_numpy()
    assert differences == pytest.approx((means - means[0])[1:].to_numpy())


def test_joint_test_of_one_term_is_its_own_test(frame: pd.DataFrame) -> None:
    estimates = fit(BASE, frame)
    row = estimates.table.set_index("term").loc["z"]
    assert joint_test(estimates, ["z"])["p_value"] == pytest.approx(row["p_value"])
    classical = ModelSpec("y", "x", controls=("z", "kind"), vcov="iid")
    whole = fit(classical, frame)
    bare = fit(replace(classical, treatment="kind", controls=()), frame)
    r_whole, r_bare = whole.statistics["r_squared"], bare.statistics["r_squared"]
    both = joint_test(whole, ["x", "z"])
    assert both["df_num"] == 2
    assert both["statistic"] == pytest.approx((r_whole - r_bare) / 2 / ((1 - r_whole) / 396))


def test_scores_of_an_ordered_logit_are_derivatives_of_its_likelihood(frame: pd.DataFrame) -> None:
    """Trap 4: statsmodels' cut points are logs of steps; ours are the cut points themselves.

    The score of each cut point and slope is held against a difference of the log-likelihood,
    written out here, and all of them sum to zero.
    """
    spec = ModelSpec(
        "score", "x", controls=("z",), family="ordered_logit", vcov="iid", weights="pop"
    )
    estimates = fit(spec, frame)
    sample = estimates.sample
    x = np.column_stack([sample.columns["x"], sample.columns["z"]])
    level, weights = sample.outcome.astype(int), sample.weights

    def by_row(params: np.ndarray) -> np.ndarray:
        cuts = np.concatenate([[-np.inf], params[2:], [np.inf]])
        index = x @ params[:2]
        chance = special.expit(cuts[level + 1] - index) - special.expit(cuts[level] - index)
        return weights * np.log(chance)

    best = estimates.params.to_numpy()
    for k, step in enumerate(1e-5 * np.eye(len(best))):
        slope = (by_row(best + step) - by_row(best - step)) / 2e-5
        assert estimates.scores[:, k] == pytest.approx(slope, abs=1e-5 * np.abs(slope).max())
    size = np.sqrt((estimates.scores**2).sum(axis=0))
    assert np.abs(estimates.scores.sum(axis=0) / size).max() < 1e-4
    assert by_row(best).sum() == pytest.approx(estimates.statistics["log_likelihood"])


@pytest.mark.parametrize("family", ["logit", "poisson"])
def test_average_effects_are_those_of_statsmodels(frame: pd.DataFrame, family: str) -> None:
    """Derivatives, contrasts of a 0/1 column, and their errors, where statsmodels has them."""
    api = pytest.importorskip("statsmodels.api")
    known = frame.dropna(subset=["x", "z", "binary", "count"])
    known = known.assign(high=(known["z"] > 0).astype(float))
    outcome, model = {"logit": ("binary", api.Logit), "poisson": ("count", api.Poisson)}[family]
    design = api.add_constant(known[["x", "high"]])
    theirs = model(known[outcome], design).fit(disp=0, tol=1e-12).get_margeff(dummy=True)
    spec = ModelSpec(outcome, "x", controls=("high",), family=family, vcov="iid")
    ours = average_marginal_effects(fit(spec, known)).set_index("term").loc[["x", "high"]]
    assert ours["estimate"].to_numpy() == pytest.approx(theirs.margeff, rel=1e-6)
    assert ours["std_error"].to_numpy() == pytest.approx(theirs.margeff_se, rel=1e-5)


@pytest.mark.parametrize("vcov", ["CR1", "CR3"])
@pytest.mark.parametrize("effects", [(), ("state",)])
def test_clustered_p_values_are_those_of_t_with_a_cluster_less(
    frame: pd.DataFrame, vcov: Vcov, effects: tuple[str, ...]
) -> None:
    row = fit(replace(BASE, vcov=vcov, fixed_effects=effects), frame).row
    df = frame["state"].nunique() - 1
    assert row["n_clusters"] == df + 1
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["statistic"]), df), rel=1e-9)
    reach = stats.t.ppf(0.975, df) * row["std_error"]
    assert row["conf_high"] - row["estimate"] == pytest.approx(reach, rel=1e-9)


@pytest.mark.parametrize("effects", [(), ("state",)])
def test_likelihood_and_deviance_of_a_poisson(
    frame: pd.DataFrame, effects: tuple[str, ...]
) -> None:
    some = frame[frame.groupby("state")["count"].transform("sum") > 0]
    spec = ModelSpec("count", "x", family="poisson", fixed_effects=effects)
    estimates = fit(spec, some)
    count, mean = some["count"].to_numpy(), np.exp(np.asarray(estimates.index))
    likelihood = stats.poisson.logpmf(count, mean).sum()
    deviance = 2 * (stats.poisson.logpmf(count, np.maximum(count, 1e-300)).sum() - likelihood)
    assert estimates.statistics["log_likelihood"] == pytest.approx(likelihood, rel=1e-8)
    if effects:
        assert estimates.statistics["deviance"] == pytest.approx(deviance, rel=1e-8)
