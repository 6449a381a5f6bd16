"""Joint tests of the right size, and those by the wild bootstrap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coopanalysis.errors import ModelError
from coopanalysis.models import (
    ModelSpec,
    bonferroni_joint_test,
    fit,
    joint_test,
    parse_formula,
    vary,
    wild_cluster_bootstrap,
    wild_joint_test,
)
from coopanalysis.models.linear.cluster_products import clustered_columns
from coopanalysis.models.linear.covariance import wald_df
from coopanalysis.models.linear.least_squares import least_squares
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.spec import Family, Vcov
from coopanalysis.models.variation import centred
from coopanalysis.panel import Panel
from trust import LONG, SHORT_LIMIT


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(3)
    sizes = random.integers(2, 30, 12)
    rows = pd.DataFrame({"g": np.repeat(np.arange(12), sizes)})
    rows[["x", "z", "v"]] = random.normal(size=(len(rows), 3))
    rows["w"] = random.uniform(0.5, 2, len(rows))
    rows["y"] = rows["x"] + random.normal(size=12)[rows["g"]] + random.normal(size=len(rows))
    return rows


SPEC = ModelSpec("y", "x", controls=("z", "v"), fixed_effects=("g",), vcov="CR2", cluster="g")


def test_degrees_of_freedom_are_those_of_the_definition(frame: pd.DataFrame) -> None:
    """Variances of all elements from matrices of n by n, as the paper writes them."""
    spec = replace(SPEC, weights="w")
    estimates = fit(spec, frame)
    least, _ = least_squares(spec, estimates.sample)
    design, bread = least.design, least.bread
    hat, codes = design @ bread @ design.T, frame["g"].to_numpy()
    root = np.linalg.cholesky(np.linalg.inv(bread[:2, :2]))
    pieces = []
    for group in range(12):
        inside = codes == group
        values, vectors = np.linalg.eigh((np.eye(len(codes)) - hat)[np.ix_(inside, inside)])
        power = vectors / np.sqrt(values) @ vectors.T
        rest = (np.eye(len(codes)) - hat)[inside]
        pieces.append(rest.T @ power @ design[inside] @ bread[:, :2] @ root)
    total = 0.0
    for s in range(2):
        for t in range(2):
            outer = sum(np.outer(piece[:, s], piece[:, t]) for piece in pieces)
            total += np.trace(outer @ outer) + np.trace(outer @ outer.T)
    grams = clustered_columns(estimates.sample, least.columns)
    assert wald_df(grams, [0, 1]) == pytest.approx(6 / total)
    assert wald_df(grams, [0]) == pytest.approx(estimates.df["x"])


def test_units_of_the_columns_do_not_matter(frame: pd.DataFrame) -> None:
    one = joint_test(fit(SPEC, frame), ["x", "z"])
    other = joint_test(fit(SPEC, frame.assign(z=1e6 * frame["z"] + frame["x"])), ["x", "z"])
    assert other["p_value"] == pytest.approx(one["p_value"])
    assert other["df_denom"] == pytest.approx(one["df_denom"])


@pytest.mark.parametrize(("family", "vcov"), [("ols", "CR1"), ("ols", "CR2"), ("logit", "CR1")])
def test_columns_far_from_zero_lose_no_digits(
    frame: pd.DataFrame, family: Family, vcov: Vcov
) -> None:
    if family == "logit":
        frame["y"] = (frame["y"] > 0).astype(float)
    spec = replace(SPEC, family=family, fixed_effects=(), vcov=vcov)
    frame[["x", "z"]] = frame[["x", "z"]].round(3)
    far = frame.assign(z=frame["z"] + 1e8, v=frame["v"] - 1e8)
    for test in (joint_test, wild_joint_test):
        one, other = (test(fit(spec, rows), ["x", "z"]) for rows in (frame, far))
        assert other["statistic"] == pytest.approx(one["statistic"], rel=1e-5)
        assert other["p_value"] == pytest.approx(one["p_value"], rel=1e-5)


def test_terms_without_an_error_are_refused(frame: pd.DataFrame) -> None:
    few = frame[frame["g"] < 4].copy()
    few[["d1", "d2", "d3"]] = np.eye(4)[few["g"], 1:]
    estimates = fit(ModelSpec("y", "x", ("d1", "d2", "d3"), vcov="CR1", cluster="g"), few)
    with pytest.raises(ModelError, match="d1, d2: the model has as many columns constant within"):
        wild_joint_test(estimates, ["x", "d1", "d2"])


def test_too_many_terms_for_the_clusters_are_refused(frame: pd.DataFrame) -> None:
    few = frame[frame["g"] < 4]
    with pytest.raises(ModelError, match="Test fewer, or use wild_joint_test"):
        joint_test(fit(SPEC, few), ["x", "z", "v"])


def test_wild_joint_test_of_one_term_is_the_bootstrap_of_it(frame: pd.DataFrame) -> None:
    estimates = fit(SPEC, frame)
    for draws in (999, 5000):
        alone = wild_cluster_bootstrap(SPEC, frame, "z", n_draws=draws)
        joint = wild_joint_test(estimates, ["z"], n_draws=draws)
        assert joint["p_value"] == alone.p_value
        assert joint["statistic"] == pytest.approx(alone.statistic**2)


def test_the_smallest_p_value_is_multiplied_with_their_number(frame: pd.DataFrame) -> None:
    estimates = fit(ModelSpec("y", "x", ("z",), vcov="CR2", cluster="g"), frame)
    each = [float(wild_joint_test(estimates, [term])["p_value"]) for term in ("x", "z")]
    found = bonferroni_joint_test(estimates, ["x", "z"])
    assert found["p_value"] == min(1.0, 2 * min(each))
    assert found["df_num"] == 2


@pytest.mark.slow
def test_wild_joint_test_by_refitting(frame: pd.DataFrame) -> None:
    """Every draw as its own fit, under the null that x and z say nothing."""
    estimates = fit(replace(SPEC, vcov="CR1"), frame)
    found = wild_joint_test(estimates, ["x", "z"], n_draws=2**12)
    assert found["n_draws"] == 2**12
    wald = joint_test(estimates, ["x", "z"])["statistic"]
    assert found["statistic"] == pytest.approx(wald)
    null = fit(ModelSpec("y", "v", fixed_effects=("g",)), frame)
    random = np.random.default_rng(1)
    larger = []
    for _ in range(150):
        signs = random.choice([-1.0, 1.0], 12)[frame["g"]]
        drawn = frame.assign(y=null.index + signs * (frame["y"] - null.index))
        again = fit(replace(SPEC, vcov="CR1"), drawn)
        larger.append(joint_test(again, ["x", "z"])["statistic"] > wald)
    assert np.mean(larger) == pytest.approx(found["p_value"], abs=0.1)


def test_how_a_difference_varies_takes_cr2(frame: pd.DataFrame) -> None:
    frame["d"] = (frame["x"] > 0).astype(float)
    spec = replace(SPEC, treatment="d", controls=("z", "v"))
    found = vary(spec, frame, ["z", "v"])
    products = {name: frame["d"] * (frame[name] - frame[name].mean()) for name in ("z", "v")}
    wide = frame.assign(**{f"d_{name}": column for name, column in products.items()})
    both = fit(replace(spec, controls=("z", "v", "d_z", "d_v")), wide)
    each = [wild_joint_test(both, [f"d_{name}"])["p_value"] for name in products]
    assert list(found.table["p_value_product"].unique()) == each
    assert found.test["p_value"] == min(1.0, 2 * min(each))
    assert found.test["n_draws"] == 2**12
    assert found.test["df_num"] == 2


@pytest.mark.slow
def test_a_logit_of_few_unlike_clusters_has_a_test_of_the_right_size() -> None:
    """A true null of a column that hardly varies but in one cluster."""
    random, counts, n_samples = np.random.default_rng(5), np.zeros(2), 200 if LONG else 80
    for number in range(n_samples):
        rows = pd.DataFrame({"g": np.repeat(np.arange(14), 25)})
        rows["x"] = random.normal(size=len(rows)) * 0.3 + 2.0 * (rows["g"] < 2)
        rows["z"] = random.normal(size=len(rows))
        index = 0.5 * rows["z"] + 0.7 * random.normal(size=14)[rows["g"]]
        rows["y"] = (index + random.logistic(size=len(rows)) > 0).astype(float)
        estimates = fit("y ~ x + z", rows, family="logit", vcov="CR1", cluster="g")
        wild = wild_joint_test(estimates, ["x"], n_draws=399, seed=number)
        p_values = joint_test(estimates, ["x"])["p_value"], wild["p_value"]
        counts += [float(value) < 0.05 for value in p_values]
    assert counts[0] / n_samples > 0.15
    assert counts[1] / n_samples < (0.08 if LONG else SHORT_LIMIT)


def test_one_step_of_a_logit_is_the_score_test_of_it(frame: pd.DataFrame) -> None:
    """The statistic by hand: one Newton step from the fit without x."""
    frame["b"] = (frame["y"] > 0).astype(float)
    options = {"family": "logit", "vcov": "CR1", "cluster": "g"}
    estimates = fit("b ~ x + z", frame, **options)
    found = wild_joint_test(estimates, ["x"], n_draws=99)
    null = fit("b ~ z", frame, **options)
    mean = 1 / (1 + np.exp(-null.index))
    design = np.column_stack([np.ones(len(frame)), frame["x"], frame["z"]])
    bread = np.linalg.inv(design.T @ (design * (mean * (1 - mean))[:, None]))
    step = bread @ design.T @ (frame["b"] - mean)
    moved = frame["b"] - mean - mean * (1 - mean) * (design @ step)
    sums = (design * moved.to_numpy()[:, None] @ bread[:, 1]).ravel()
    spread = np.square(np.bincount(frame["g"], sums)).sum()
    factor = 12 / 11 * (len(frame) - 1) / (len(frame) - 3)
    assert found["statistic"] == pytest.approx(step[1] ** 2 / spread / factor)


def rejected(spec: ModelSpec, frame: pd.DataFrame, terms: list[str]) -> pd.Series:
    """Share of samples in which a true null of the terms is rejected at 5 %.

    Errors are normal, and the difference by policy varies between states for no reason that the
    moderators know. 60 samples tell what fails by far; the long form (`make trust`) draws 300.
    """
    estimates = fit(spec, frame)
    sample, random, n_samples = estimates.sample, np.random.default_rng(4), 300 if LONG else 60
    assert sample.clusters is not None and sample.n_clusters is not None
    policy = sample.columns[spec.treatment]
    assert isinstance(policy, np.ndarray)
    counts = dict.fromkeys(("CR1", "CR2", "wild"), 0)
    for number in range(n_samples):
        slope = 0.5 * random.normal(size=sample.n_clusters)[sample.clusters]
        drawn = replace(sample, outcome=random.normal(size=sample.n_rows) + slope * policy)
        for vcov in ("CR1", "CR2"):
            again = fit_ols(replace(spec, vcov=vcov), drawn)
            counts[vcov] += float(joint_test(again, terms)["p_value"]) < 0.05
        wild = wild_joint_test(again, terms, n_draws=199, seed=number)
        counts["wild"] += float(wild["p_value"]) < 0.05
    return pd.Series(counts) / n_samples


@pytest.mark.slow
@pytest.mark.mirror
def test_the_size_of_tests_on_the_design_of_the_public_release(public_release: Panel) -> None:
    """Products of the policy with Hispanic share, and with all four moderators."""
    frame = public_release.counties(2023)
    outcome, policy = "person_offenses_per_100k", "agreement_latest_list"
    frame["rate"] = public_release.usable_rate(frame, outcome, 2)
    covariates = (
        "hispanic_share + black_nonhispanic_share + poverty_pct + median_household_income_usd"
        " + republican_share + log2(population_count)"
    )
    formula = f"rate ~ {policy} + {covariates} | state_fips"
    spec = parse_formula(formula, vcov="CR2", cluster="state_fips")
    size = rejected(*centred(spec, frame, "hispanic_share", 0.2), [f"{policy}:_moderator"])
    most = 0.07 if LONG else SHORT_LIMIT
    assert size["CR1"] > 0.2
    assert size["CR2"] < most
    assert size["wild"] < most
    frame["full"] = (frame["reporting_quality"] == 1).astype(float)
    frame["people"] = np.log2(frame["population_count"])
    frame["density"] = np.log2(frame["population_per_km2"].where(lambda one: one > 0))
    moderators = ("hispanic_share", "people", "density", "full")
    products = {f"by_{one}": frame[policy] * frame[one] for one in moderators}
    wide = parse_formula(
        f"rate ~ {policy} + {covariates} + density + full + {' + '.join(products)} | state_fips",
        vcov="CR2",
        cluster="state_fips",
    )
    size = rejected(wide, frame.assign(**products), list(products))
    assert size["CR1"] > 0.3
    assert size["CR2"] < 0.03
    assert (0.02 if LONG else 0) < size["wild"] < most
