"""Formulas: what they parse to, what they refuse, and that their numbers are those of a spec."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coopanalysis
from coopanalysis.errors import ModelError, UsageError
from coopanalysis.models import (
    ModelSpec,
    average_marginal_effects,
    benchmark_confounders,
    effective_clusters,
    fit,
    fit_each,
    joint_test,
    oster_delta,
    parse_formula,
    specification_curve,
)
from coopanalysis.models.terms import Variable, term_of
from coopanalysis.panel import load_release

YEAR = 2021
SCALED = {
    "hispanic_10_points": ("hispanic_share", 0.1),
    "poverty_10_points": ("poverty_pct", 10.0),
    "income_10k": ("median_household_income_usd", 10_000.0),
    "population_doubling": ("population_count", 0.0),
}
"""Columns scaled beforehand: what they are made of, and the step; 0 means a doubling."""
NAMES = {
    name: f"per({column}, {step})" if step else f"log2({column})"
    for name, (column, step) in SCALED.items()
}
"""Term of a formula by the column scaled beforehand."""
RIGHT = " + ".join(NAMES.values())


@pytest.fixture(scope="module")
def county() -> pd.DataFrame:
    data = load_release("demo")
    return data.counties(YEAR)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(11)
    size = 240
    return pd.DataFrame(
        {
            "y": random.normal(size=size) + 5,
            "count": random.poisson(3, size),
            "policy": random.integers(0, 2, size),
            "x": random.uniform(1, 50, size),
            "z": random.normal(size=size),
            "kind": random.choice(["a", "b", "c"], size),
            "my share": random.uniform(0.1, 1, size),
            "state": np.repeat(np.arange(24), 10),
        }
    )


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("y ~ x", ModelSpec("y", "x")),
        (
            "log(y)~ per(x,0.10) + C(z):kind+kind | s + t",
            ModelSpec("log(y)", "per(x, 0.1)", ("C(z):kind", "kind"), fixed_effects=("s", "t")),
        ),
        ("y ~ d*x + z", ModelSpec("y", "d", ("x", "d:x", "z"))),
        ("y ~ `a b` + log2(`1:2`) + `log(x)`", ModelSpec("y", "a b", ("log2(`1:2`)", "`log(x)`"))),
    ],
)
def test_what_a_formula_parses_to(text: str, spec: ModelSpec) -> None:
    assert parse_formula(text) == spec


def test_options_are_those_of_the_spec() -> None:
    spec = parse_formula("y ~ x", family="poisson", vcov="CR1", cluster="s", exposure="n")
    assert spec == ModelSpec("y", "x", family="poisson", vcov="CR1", cluster="s", exposure="n")
    with pytest.raises(UsageError, match="controls"):
        parse_formula("y ~ x", controls=("z",))  # type: ignore[call-arg]


columns = st.text(
    st.characters(exclude_characters="`\\\n\r", exclude_categories=("Cs", "Cc")), min_size=1
).filter(lambda name: bool(name.strip()))
variables = st.builds(
    Variable,
    columns,
    st.sampled_from(["", "log", "log2", "C"]),
) | st.builds(Variable, columns, st.just("per"), st.floats(1e-300, 1e300, allow_subnormal=False))


@given(st.lists(variables, min_size=2, max_size=7, unique_by=lambda each: each.column), st.data())
def test_a_spec_writes_itself_as_a_formula(found: list[Variable], data: st.DataObject) -> None:
    outcome, treatment, *controls = [each.text for each in found]
    if found[0].function == "C":
        outcome = found[0].column and Variable(found[0].column).text
    number = data.draw(st.integers(0, len(controls)))
    products = [":".join(pair) for pair in zip([treatment, *controls], controls, strict=False)]
    effects = [Variable(each.column).text for each in found[2 + number :]]
    spec = ModelSpec(
        outcome,
        treatment,
        controls=(*controls[:number], *products),
        fixed_effects=tuple(effects),
    )
    assert parse_formula(spec.formula) == spec


@pytest.mark.parametrize(
    "text",
    [
        *("y", "~ x", "y ~", "y ~ x ~ z", "y + w ~ x", "y ~ 'x'", "y ~ x | s | t", "y ~ (x | s)"),
        *("y ~ x - 1", "y ~ 0 + x", "y ~ 1 + x", "y ~ x - z", "y ~ x / z", "y ~ x ** 2", "y ~ ."),
        *("y ~ I(x)", "y ~ np.log(x)", "y ~ log(x + 1)", "y ~ sqrt(x)", "y ~ 2:x", "y ~ per(x)"),
        *(
            "y ~ x[0]",
            "y ~ {x}",
            "y ~ log(x",
            "y ~ `x",
            "y ~ x:z",
            "y ~ x | s ^ t",
            "y ~ log(x, 2)",
        ),
    ],
)
def test_what_is_not_understood_says_what_is(text: str) -> None:
    with pytest.raises(ModelError, match=r"counties\.assign"):
        parse_formula(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("y ~ per(x, 0)", "positive"),
        ("y ~ x + log(x)", "more than once"),
        ("y ~ z + x + z:log(x)", "enters as x and as log"),
        ("x ~ log(x)", "both the outcome"),
        ("C(y) ~ x", "outcome"),
        ("y ~ x | log(s)", "fixed effect"),
        ("y ~ x | s:t", "product"),
    ],
)
def test_terms_that_contradict_each_other(text: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        parse_formula(text)


def test_names_are_held_against_the_frame(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="'polcy'.*nearest: policy"):
        fit("y ~ polcy + x", frame)


@pytest.mark.parametrize("zero", [0.0, -1.0])
def test_a_logarithm_needs_positive_numbers(frame: pd.DataFrame, zero: float) -> None:
    frame = frame.assign(**{"my share": frame["my share"].mask(frame.index < 3, zero)})
    with pytest.raises(
        ModelError, match="'my share' is zero or negative in 3 rows.*`my share` > 0"
    ):
        fit("y ~ policy + log(`my share`)", frame)
    assert fit("y ~ policy + log(`my share`)", frame, sample="`my share` > 0").n_obs == 237


@pytest.mark.parametrize("design", ["main", "logit"])
def test_numbers_are_those_of_columns_scaled_beforehand(county: pd.DataFrame, design: str) -> None:
    scaled = county.assign(
        **{
            name: county[column] / step if step else np.log2(county[column])
            for name, (column, step) in SCALED.items()
        }
    )
    first, *rest = SCALED
    errors = {"vcov": "CR1", "cluster": "state_fips"}
    if design == "main":
        spec = ModelSpec(
            "person_offenses_per_100k",
            "holds_on_detainer",
            controls=tuple(SCALED),
            fixed_effects=("state_fips",),
            **errors,
        )
        text = f"person_offenses_per_100k ~ holds_on_detainer + {RIGHT} | state_fips"
    else:
        spec = ModelSpec("holds_on_detainer", first, controls=tuple(rest), family="logit", **errors)
        text = f"holds_on_detainer ~ {RIGHT}"
    before = fit(spec, scaled)
    after = fit(text, county, family=spec.family, vcov="CR1", cluster="state_fips")
    normal = {term: parse_formula(f"y ~ {text}").treatment for term, text in NAMES.items()}
    renamed = before.table.assign(term=before.table["term"].replace(normal))
    pd.testing.assert_frame_equal(after.table, renamed, check_exact=True)
    effects = average_marginal_effects(before)
    pd.testing.assert_frame_equal(
        average_marginal_effects(after),
        effects.assign(term=effects["term"].replace(normal)),
        check_exact=True,
    )


def test_options_beside_a_spec_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="vcov cannot be given beside"):
        fit(ModelSpec("y", "policy"), frame, vcov="HC1")


def test_a_failing_design_is_named(frame: pd.DataFrame) -> None:
    found = fit_each({"plain": "y ~ policy", "spec": ModelSpec("y", "policy", ("x",))}, frame)
    assert [each.spec.controls for each in found.values()] == [(), ("x",)]
    with pytest.raises(ModelError, match="design 'wrong': .*nowhere"):
        fit_each({"plain": "y ~ policy", "wrong": "y ~ nowhere"}, frame)


def test_products_are_those_of_an_interaction(frame: pd.DataFrame) -> None:
    crossed = fit("y ~ policy*per(x, 10) + kind", frame)
    derived = frame.assign(tens=frame["x"] / 10, product=frame["policy"] * frame["x"] / 10)
    expected = fit("y ~ policy + tens + product + kind", derived)
    assert list(crossed.params.index)[2:4] == ["per(x, 10)", "policy:per(x, 10)"]
    assert np.allclose(crossed.params, expected.params, rtol=1e-12)
    effect = average_marginal_effects(crossed, ["policy"])["estimate"].iloc[0]
    by_hand = (
        crossed.params["policy"] + crossed.params["policy:per(x, 10)"] * derived["tens"].mean()
    )
    assert effect == pytest.approx(by_hand)


def test_levels_in_a_product_need_what_they_compare(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="x has to be in the model"):
        fit("y ~ policy + x:kind", frame)
    assert len(fit("y ~ policy + x + x:kind", frame).params) == 5
    assert len(fit("y ~ policy + policy:kind | kind", frame).params) == 3
    with pytest.raises(ModelError, match=r"Write it as C\(state\)"):
        fit("policy ~ x + x:state | state", frame, family="logit")


def test_the_outcome_may_be_transformed(frame: pd.DataFrame) -> None:
    derived = frame.assign(log_y=np.log(frame["my share"]))
    after = fit("log(`my share`) ~ policy | state", frame, vcov="CR1", cluster="state")
    before = fit("log_y ~ policy | state", derived, vcov="CR1", cluster="state")
    pd.testing.assert_frame_equal(after.table, before.table, check_exact=True)
    assert replace(after.spec, outcome="log_y") == before.spec


@pytest.mark.parametrize("dtype", ["float64", "Float64", "object"])
def test_rows_whose_rule_cannot_be_told_are_left_out(frame: pd.DataFrame, dtype: str) -> None:
    quality = pd.Series(frame.index % 4, dtype="float64").mask(frame.index < 40)
    frame = frame.assign(quality=quality.astype(dtype), x=frame["x"].mask(frame.index > 230))
    estimates = fit("y ~ policy + x", frame, sample="quality != 3")
    assert estimates.left_out == {
        "outside the sample rule": 50,
        "for which the sample rule cannot be told": 40,
        "missing x": 6,
    }
    assert estimates.n_obs == 144
    assert estimates.n_rows == len(frame)
    asked = fit("y ~ policy", frame, sample="quality.isna() or quality == 3")
    assert asked.n_obs == 90


@pytest.mark.parametrize("rule", ["kind != 'a'", "kind not in ['a']"])
@pytest.mark.parametrize("dtype", ["str", "category", "object"])
def test_a_missing_text_is_not_another_text(frame: pd.DataFrame, rule: str, dtype: str) -> None:
    kind = pd.Series(np.where(frame.index % 2, "a", "b"), dtype="object").mask(frame.index < 40)
    assert fit("y ~ policy", frame.assign(kind=kind.astype(dtype)), sample=rule).n_obs == 100


def test_every_row_left_out_counts_once(frame: pd.DataFrame) -> None:
    frame = frame.assign(
        count=frame["count"].mask(frame["state"] == 3, 0),
        x=frame["x"].mask(frame.index < 5),
        z=frame["z"].mask(frame.index < 8),
        weight=np.where(frame.index >= 235, 0.0, 1.0),
    )
    estimates = fit("count ~ policy + x + z | state", frame, family="poisson", weights="weight")
    assert estimates.left_out == {
        "missing x": 5,
        "missing z": 3,
        "of weight zero": 5,
        "of groups that tell nothing": 10,
    }
    assert estimates.n_missing == {"x": 5, "z": 8}
    assert estimates.n_obs + sum(estimates.left_out.values()) == estimates.n_rows == 240


def test_what_is_printed_is_short_and_says_which_rows(frame: pd.DataFrame) -> None:
    many = {f"w<{k}": np.random.default_rng(k).normal(size=len(frame)) for k in range(30)}
    frame = frame.assign(**many, y=frame["y"].mask(frame.index < 9))
    text = " + ".join(["y ~ policy", *(f"`{name}`" for name in many)])
    estimates = fit(text, frame, vcov="CR2", cluster="state")
    lines = repr(estimates).splitlines()
    assert len(lines) < 20
    assert lines[0] == estimates.spec.formula
    df = estimates.df[estimates.spec.treatment]
    assert lines[1] == (
        f"least squares; CR2 errors, 24 clusters of state, {df:.1f} degrees of freedom for "
        f"{estimates.spec.treatment}"
    )
    assert lines[2].startswith("231 of 240 rows used; left out: 9 missing y")
    assert lines[4].split()[0] == "policy"
    assert "20 further terms" in lines[-2]
    assert "w&lt;3" in estimates._repr_html_()
    assert "w<3" not in estimates._repr_html_()


def test_the_row_of_the_treatment(frame: pd.DataFrame) -> None:
    estimates = fit("y ~ per(x, 10.0)*policy", frame)
    assert estimates.row["estimate"] == estimates.params["per(x, 10)"]
    with pytest.raises(ModelError, match=r"kind\[b\], kind\[c\]"):
        _ = fit("y ~ kind + x", frame).row


def test_effective_clusters_by_hand(frame: pd.DataFrame) -> None:
    even = frame.assign(half=np.tile([0.0, 1.0], len(frame) // 2))
    assert effective_clusters(fit("y ~ half", even, vcov="CR1", cluster="state")) == pytest.approx(
        24
    )
    estimates = fit("y ~ policy + x | state", frame, vcov="CR1", cluster="state")
    dummies = pd.get_dummies(frame["state"], dtype=float).to_numpy()
    design = np.column_stack([frame[["policy", "x"]].to_numpy(float), dummies])
    parts = (design @ np.linalg.inv(design.T @ design)[:, 0]) ** 2
    gamma = pd.Series(parts).groupby(frame["state"]).sum()
    by_hand = 24 / (1 + gamma.var(ddof=0) / gamma.mean() ** 2)
    assert effective_clusters(estimates) == pytest.approx(by_hand)
    with pytest.raises(ModelError, match="least-squares"):
        effective_clusters(fit("y ~ policy", frame))


def test_a_curve_knows_terms(frame: pd.DataFrame) -> None:
    frame = frame.assign(tens=frame["x"] / 10, doubled=np.log2(frame["my share"]))
    curves = []
    for x, share in (("per(x, 10)", "log2(`my share`)"), ("tens", "doubled")):
        specs = [ModelSpec("y", x, controls) for controls in ((), (share,), (share, "kind"))]
        curves.append(specification_curve(specs, frame, n_permutations=20))
    assert curves[0].summary == curves[1].summary
    assert list(curves[0].table["p_value"]) == list(curves[1].table["p_value"])
    with pytest.raises(ModelError, match="interaction"):
        specification_curve([parse_formula("y ~ policy*x")], frame)


def test_sensitivity_takes_terms_and_refuses_products(frame: pd.DataFrame) -> None:
    spec = parse_formula("y ~ per(x, 10) + log2(`my share`) + z + z:policy")
    table = benchmark_confounders(spec, frame, ["log2(`my share`)", "z:policy"])
    assert len(table) == 6
    assert oster_delta(spec, frame, r_max=1.0).short != 0
    crossed = parse_formula("y ~ x*z")
    with pytest.raises(ModelError, match="interaction"):
        oster_delta(crossed, frame, r_max=1.0)
    assert joint_test(fit(crossed, frame), ["z", "x:z"])["df_num"] == 2


def test_the_package_hands_out_the_main_names() -> None:
    assert coopanalysis.fit is fit
    assert coopanalysis.parse_formula is parse_formula
    code = "import sys, coopanalysis; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_term_of_a_column_is_found_or_the_columns_are_listed() -> None:
    terms = ["per(x, 10)", "log2(y)", "x:z"]
    assert [term_of(terms, one) for one in ("x", "y")] == terms[:2]
    with pytest.raises(ModelError, match="'z'.*terms of: x, y"):
        term_of(terms, "z")


def test_the_labels_of_rows_left_out_are_known_by_reason(frame: pd.DataFrame) -> None:
    frame = frame.assign(
        x=frame["x"].mask(frame.index < 5), weight=np.where(frame.index >= 235, 0.0, 1.0)
    )
    estimates = fit("y ~ policy + x", frame, weights="weight", sample="index != 100")
    labels = {reason: list(rows) for reason, rows in estimates.sample.unused.items()}
    assert labels == {
        "outside the sample rule": [100],
        "missing x": list(range(5)),
        "of weight zero": list(range(235, 240)),
    }
    assert {*estimates.sample.rows} == {*frame.index} - {
        one for each in labels.values() for one in each
    }
