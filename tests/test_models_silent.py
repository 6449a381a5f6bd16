"""Numbers that were wrong without a word: separation, constants, dates, far columns, units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from coopanalysis.errors import ModelError
from coopanalysis.models import (
    ModelSpec,
    Neighbours,
    average_marginal_effects,
    balance_table,
    coarsened_exact_match,
    entropy_balance,
    fit,
    morans_i,
    propensity_scores,
    specification_curve,
    wild_cluster_bootstrap,
)

FAR = 1.7e9
"""Seconds since 1970: a column whose own variation is far below its size."""


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(7)
    n = 400
    made = pd.DataFrame({"s": np.repeat(np.arange(40), 10), "year": np.tile(np.arange(10), 40)})
    # Multiples of 1/64, so that moving them by FAR changes no digit.
    made["x"], made["z"] = np.round(random.normal(size=(2, n)) * 64 * 50) / 64
    made["w"] = random.uniform(0.5, 3, n)
    made["y"] = np.round((0.02 * made["x"] + random.normal(size=n)) * 64) / 64
    made["binary"] = (random.uniform(size=n) < 1 / (1 + np.exp(-0.02 * made["x"]))).astype(int)
    made["count"] = random.negative_binomial(2, 2 / (2 + np.exp(1 + 0.004 * made["x"])))
    made["share"] = 1 / (1 + np.exp(-0.3 * random.normal(size=n)))
    made["level"] = random.integers(0, 4, n)
    made["t"] = (random.uniform(size=n) < 0.4).astype(int)
    decided = made.groupby("s")["binary"].transform("nunique") > 1
    return made[decided].reset_index(drop=True)


# Separation by combinations of fixed effects


def two_blocks(seed: int, joined: int) -> pd.DataFrame:
    """Counties and years in two blocks that one row of the count `joined` alone joins."""
    random = np.random.default_rng(seed)
    rows = [(county, 2000 + year) for county in range(4) for year in range(5)]
    rows += [(county, 2010 + year) for county in range(4, 8) for year in range(5)]
    made = pd.DataFrame([*rows, (0, 2010)], columns=["county", "year"])
    made["x"] = random.normal(size=len(made)).round(2)
    made["offences"] = 1 + random.poisson(3, len(made))
    made.loc[made.sample(8, random_state=seed).index, "offences"] = 0
    made.loc[len(made) - 1, "offences"] = joined
    return made


EFFECTS = ModelSpec("offences", "x", family="poisson", fixed_effects=("county", "year"))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_a_zero_that_effects_single_out_is_found_each_time(seed: int, scale: float) -> None:
    made = two_blocks(seed, joined=0)
    made["x"] *= scale
    with pytest.raises(ModelError, match=r"county, year together single out 1 rows .*first: 40\)"):
        fit(EFFECTS, made)
    assert fit(EFFECTS, made.iloc[:-1]).n_obs <= 40
    assert np.exp(fit(EFFECTS, two_blocks(seed, joined=2)).index).min() > 1e-6


@pytest.mark.parametrize("joined", [0, 1])
def test_logit_with_two_effects_too(joined: int) -> None:
    made = two_blocks(3, joined=0)
    made["adopts"] = np.arange(len(made)) % 2
    made.loc[len(made) - 1, "adopts"] = joined
    spec = replace(EFFECTS, outcome="adopts", family="logit")
    with pytest.raises(ModelError, match="separation"):
        fit(spec, made)
    assert np.abs(fit(spec, made.iloc[:-1]).index).max() < 20


@pytest.mark.parametrize("effects", [("county",), ("county", "year")])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_covariates_that_single_out_a_zero_are_named(effects: tuple[str, ...], size: float) -> None:
    """Positive in one row of zeros, and what another column tells elsewhere."""
    made = two_blocks(2, joined=2)
    zero = made.index[made["offences"] == 0][0]
    made["z"] = 2 * made["x"] + np.where(made.index == zero, size, 0.0)
    with pytest.raises(ModelError, match="separation: x, z|separation: z, x"):
        fit(replace(EFFECTS, controls=("z",), fixed_effects=effects), made)


# Constants told apart by rounding


@pytest.mark.parametrize("value", [5.0, 0.1, 1 / 3, 1e-9, 1e9 / 7])
def test_a_constant_covariate_changes_no_weights(frame: pd.DataFrame, value: float) -> None:
    """A constant but for the last digit is one too."""
    last = np.where(frame.index % 2, value, np.nextafter(value, 2 * value))
    for column in (value, last):
        made = frame.assign(k=column)
        for moments in (1, 2):
            plain = entropy_balance(made, "t", ["x"], moments=moments)
            more = entropy_balance(made, "t", ["x", "k"], moments=moments)
            assert more.weights.to_numpy() == pytest.approx(plain.weights.to_numpy(), rel=1e-6)
        plain, more = (coarsened_exact_match(made, "t", names) for names in (["x"], ["x", "k"]))
        pd.testing.assert_series_equal(plain.weights, more.weights)
        plain, more = (propensity_scores(made, "t", names) for names in (["x"], ["x", "k"]))
        assert more.to_numpy() == pytest.approx(plain.to_numpy(), rel=1e-9)
        assert balance_table(made, "t", ["k"])["std_difference"].tolist() == [0.0]


def test_a_constant_outcome_or_treatment_is_refused(frame: pd.DataFrame) -> None:
    last = np.where(frame.index % 2, 0.3, 0.1 + 0.2)
    with pytest.raises(ModelError, match="nothing to explain"):
        fit(ModelSpec("k", "x"), frame.assign(k=last))
    with pytest.raises(ModelError, match="does not vary"):
        fit(ModelSpec("y", "k"), frame.assign(k=last))
    pairs = sparse.csr_array(np.ones((2, 2)) - np.eye(2))
    with pytest.raises(ModelError, match="all values are alike"):
        morans_i([0.3, 0.1 + 0.2], Neighbours(pd.Index(["a", "b"]), pairs))


def test_controls_that_differ_from_the_treated_cannot_be_balanced(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="k takes one value among the controls"):
        entropy_balance(frame.assign(k=0.1 + 0.2 * frame["t"]), "t", ["x", "k"])


# Columns that are neither numbers nor text


def _dates(n: int) -> pd.Series:
    days = pd.to_timedelta(np.random.default_rng(5).integers(0, 900, n), unit="D")
    return pd.Series(pd.Timestamp("2020-01-01") + days)


KINDS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "dates": lambda dates: dates,
    "zone": lambda dates: dates.dt.tz_localize("UTC"),
    "objects": lambda dates: dates.dt.date.astype(object),
    "timedeltas": lambda dates: dates - pd.Timestamp("2020-01-01"),
    "periods": lambda dates: dates.dt.to_period("M"),
    "decimals": lambda dates: dates.dt.day.map(lambda day: Decimal(day) / 7).astype(object),
    "mixed": lambda dates: pd.Series([*dates.dt.day[1:], "none"], dtype=object),
    "intervals": lambda dates: pd.Series(pd.cut(dates.dt.day, 5).astype(object)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_text_becomes_categories_unasked(frame: pd.DataFrame, kind: str) -> None:
    frame["when"] = KINDS[kind](_dates(len(frame)))
    specs = {
        "treatment": ModelSpec("y", "when"),
        "control": ModelSpec("y", "x", controls=("when",)),
        "interaction": ModelSpec("y", "x", controls=("x:when", "when")),
    }
    for spec in specs.values():
        with pytest.raises(ModelError, match=r"'when' holds .*C\(when\)"):
            fit(spec, frame)
    with pytest.raises(ModelError, match=r"'when' holds"):
        entropy_balance(frame, "t", ["when"])
    curve = specification_curve([ModelSpec("y", "x"), specs["control"]], frame)
    assert len(curve.table) == 1
    assert "'when' holds" in curve.failures["reason"].iloc[0]
    asked = fit(ModelSpec("y", "x", controls=("C(when)",)), frame)
    effects = fit(ModelSpec("y", "x", fixed_effects=("when",)), frame)
    assert asked.params["x"] == pytest.approx(effects.params["x"], rel=1e-9)


def test_text_truths_and_numbers_in_objects_need_no_asking(frame: pd.DataFrame) -> None:
    word = pd.Series(np.where(frame["x"] > 0, "high", "low"))
    for column in (word, word.astype(object), word.astype("category"), word == "high"):
        assert len(fit(ModelSpec("y", "word"), frame.assign(word=column)).params) == 2
    held = frame.assign(x=frame["x"].astype(object))
    plain, more = (entropy_balance(each, "t", ["x"]).weights for each in (frame, held))
    pd.testing.assert_series_equal(plain, more)


# Columns far from zero


FAMILIES = {"ols": "y", "logit": "binary", "poisson": "count", "negbin": "count"}
FAMILIES |= {"fractional_logit": "share", "ordered_logit": "level"}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("effects", [(), ("year",)], ids=["plain", "effects"])
def test_a_column_far_from_zero_counts_by_how_it_varies(
    frame: pd.DataFrame, family: str, weights: str | None, effects: tuple[str, ...]
) -> None:
    """The treatment, a control, or both moved by 1.7e9: the same slopes and errors."""
    spec = ModelSpec(
        FAMILIES[family], "x", ("z",), family=family, weights=weights, fixed_effects=effects
    )
    vcovs = ("HC1", "CR1", "CR2", "CR3", "HC3") if family == "ols" else ("HC1", "CR1", "iid")
    for vcov in vcovs:
        asked = replace(spec, vcov=vcov, cluster="s" if vcov.startswith("CR") else None)
        near = fit(asked, frame).table.set_index("term").loc[["x", "z"]]
        far = fit(asked, frame.assign(x=frame["x"] + FAR, z=frame["z"] - FAR))
        found = far.table.set_index("term").loc[["x", "z"]]
        for name in ("estimate", "std_error", "p_value"):
            assert found[name].to_numpy() == pytest.approx(near[name].to_numpy(), rel=1e-6), vcov


@pytest.mark.parametrize("effects", [(), ("year",), ("s",), ("s", "year")])
def test_an_outcome_far_from_zero_too(frame: pd.DataFrame, effects: tuple[str, ...]) -> None:
    spec = ModelSpec("y", "x", ("z",), fixed_effects=effects, weights="w", vcov="CR1", cluster="s")
    moved = frame.assign(y=frame["y"] + FAR, x=frame["x"] + FAR)
    near, far = (fit(spec, each).table.set_index("term").loc["x"] for each in (frame, moved))
    assert far["std_error"] == pytest.approx(near["std_error"], rel=1e-6)
    assert far["estimate"] == pytest.approx(near["estimate"], rel=1e-6)
    curves = [specification_curve([spec], each).table.iloc[0] for each in (frame, moved)]
    assert curves[1]["std_error"] == pytest.approx(near["std_error"], rel=1e-6)
    draws = [wild_cluster_bootstrap(spec, each, n_draws=199) for each in (frame, moved)]
    assert draws[1].conf_low == pytest.approx(draws[0].conf_low, rel=1e-5)


def test_slope_and_error_of_a_far_column_by_hand(frame: pd.DataFrame) -> None:
    x = frame["x"].to_numpy() - frame["x"].mean()
    y = frame["y"].to_numpy() - frame["y"].mean()
    slope = x @ y / (x @ x)
    meat = (x * (y - slope * x)) @ (x * (y - slope * x))
    error = np.sqrt(meat * len(x) / (len(x) - 2)) / (x @ x)
    estimates = fit(ModelSpec("y", "x"), frame.assign(x=frame["x"] + FAR))
    row = estimates.table.set_index("term").loc["x"]
    assert row["estimate"] == pytest.approx(slope, rel=1e-9)
    assert row["std_error"] == pytest.approx(error, rel=1e-9)
    at_zero = frame["y"].mean() - slope * (frame["x"].mean() + FAR)
    assert estimates.params["(Intercept)"] == pytest.approx(at_zero, rel=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_marginal_effects_of_a_far_column(frame: pd.DataFrame, family: str) -> None:
    spec = ModelSpec(FAMILIES[family], "x", ("z",), family=family)
    moved = frame.assign(x=frame["x"] + FAR)
    near, far = (average_marginal_effects(fit(spec, each)) for each in (frame, moved))
    for name in ("estimate", "std_error"):
        assert far[name].to_numpy() == pytest.approx(near[name].to_numpy(), rel=1e-5)


# One convention for the effects that clusters hold


@pytest.mark.slow
@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "ols"])
@pytest.mark.parametrize(
    ("effects", "cluster", "counted"),
    [
        ((), "s", ()),
        (("s",), "s", ()),
        (("year",), "s", ("year",)),
        (("s", "year"), "s", ("year",)),
    ],
)
def test_nested_effects_count_as_one(
    frame: pd.DataFrame,
    family: str,
    effects: tuple[str, ...],
    cluster: str,
    counted: tuple[str, ...],
) -> None:
    """CR1 from scores and bread by hand, K as for ols: slopes, constants, crossing levels - 1."""
    spec = ModelSpec(
        FAMILIES[family],
        "x",
        ("z",),
        family=family,
        fixed_effects=effects,
        vcov="CR1",
        cluster=cluster,
    )
    estimates = fit(spec, frame)
    sample, n = estimates.sample, estimates.n_obs
    constants = 3 if family == "ordered_logit" else 1
    k = 2 + constants + sum(frame[name].nunique() - 1 for name in counted)
    moves = estimates.scores @ estimates.bread[:, list(estimates.params.index).index("x")]
    sums = np.bincount(sample.clusters, moves)
    groups = len(sums)
    expected = groups / (groups - 1) * (n - 1) / (n - k) * (sums @ sums)
    assert estimates.covariance.loc["x", "x"] == pytest.approx(expected, rel=1e-9)


def test_clustered_logit_is_that_of_statsmodels(frame: pd.DataFrame) -> None:
    api = pytest.importorskip("statsmodels.api")
    spec = ModelSpec("binary", "x", family="logit", fixed_effects=("s",), vcov="CR1", cluster="s")
    estimates = fit(spec, frame)
    design = np.column_stack([frame["x"], pd.get_dummies(frame["s"]).to_numpy(float)])
    groups = {"groups": frame["s"].to_numpy(), "use_correction": False}
    theirs = api.GLM(frame["binary"], design, family=api.families.Binomial()).fit(
        cov_type="cluster", cov_kwds=groups
    )
    n, g = len(frame), frame["s"].nunique()
    raw = float(np.sqrt(np.asarray(theirs.cov_params())[0, 0]))
    assert np.sqrt(estimates.covariance.loc["x", "x"]) == pytest.approx(
        raw * np.sqrt(g / (g - 1) * (n - 1) / (n - 2)), rel=1e-6
    )


# The unit of weights


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("vcov", ["iid", "HC1", "CR1"])
@pytest.mark.parametrize("effects", [(), ("year",)], ids=["plain", "effects"])
def test_the_unit_of_weights_does_not_matter(
    frame: pd.DataFrame, family: str, vcov: str, effects: tuple[str, ...]
) -> None:
    cluster = "s" if vcov == "CR1" else None
    spec = ModelSpec(
        FAMILIES[family],
        "x",
        family=family,
        weights="w",
        vcov=vcov,
        cluster=cluster,
        fixed_effects=effects,
    )
    plain = fit(spec, frame)
    moved = fit(spec, frame.assign(w=50 * frame["w"]))
    assert moved.table["std_error"].to_numpy() == pytest.approx(
        plain.table["std_error"].to_numpy(), rel=1e-6
    )
    assert dict(moved.statistics) == pytest.approx(dict(plain.statistics), rel=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_equal_weights_are_none(frame: pd.DataFrame, family: str) -> None:
    spec = ModelSpec(FAMILIES[family], "x", family=family, vcov="iid")
    plain = fit(spec, frame).table
    equal = fit(replace(spec, weights="w"), frame.assign(w=7.5)).table
    assert equal["std_error"].to_numpy() == pytest.approx(plain["std_error"].to_numpy(), rel=1e-6)


def test_whole_weights_of_an_ordered_logit_count_units(frame: pd.DataFrame) -> None:
    """As rows repeated, and said so."""
    made = frame.assign(w=1 + frame.index % 3)
    spec = ModelSpec("level", "x", family="ordered_logit", vcov="iid")
    weighted = fit(replace(spec, weights="w"), made)
    repeated = fit(spec, made.loc[made.index.repeat(made["w"])].reset_index(drop=True))
    assert weighted.table["std_error"].to_numpy() == pytest.approx(
        repeated.table["std_error"].to_numpy(), rel=1e-6
    )
    assert any("count units" in note for note in weighted.notes)


# Small crashes


@pytest.mark.parametrize("size", [1e-200, 1e160])
@pytest.mark.parametrize("name", ["y", "x", "z", "w"])
def test_sizes_without_squares_are_refused(frame: pd.DataFrame, size: float, name: str) -> None:
    spec = ModelSpec("y", "x", ("z",), weights="w")
    with pytest.raises(ModelError, match="of the size"):
        fit(spec, frame.assign(**{name: frame[name] * size}))


def test_two_terms_of_one_name_are_refused(frame: pd.DataFrame) -> None:
    made = frame.assign(**{"(Intercept)": frame["z"], "x:z": frame["w"], "cut[1|2]": frame["w"]})
    made["year[3]"] = made["w"]
    specs = [
        ModelSpec("y", "x", ("(Intercept)",)),
        ModelSpec("level", "x", ("cut[1|2]",), family="ordered_logit"),
        ModelSpec("binary", "x", ("year[3]",), family="logit", fixed_effects=("year",)),
    ]
    for spec in specs:
        with pytest.raises(ModelError, match="two terms of the model have the name"):
            fit(spec, made)
