"""Formulas: what they parse to, what they refuse, and that their numbers are those of a spec."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopanalysis import associations
from coopanalysis.errors import ModelError
from coopanalysis.models import ModelSpec, average_marginal_effects, fit, fit_each, parse_formula
from coopanalysis.models.terms import Variable
from coopanalysis.panel import load_release

NAMES = {
    covariate.term: f"per({covariate.column}, {covariate.step})"
    if covariate.step
    else f"log2({covariate.column})"
    for covariate in associations.COVARIATES
}
"""Term of a formula by the column scaled beforehand."""
RIGHT = " + ".join(NAMES.values())


@pytest.fixture(scope="module")
def county() -> pd.DataFrame:
    data = load_release("demo")
    year = data.county_year[data.county_year["year"] == 2016]
    columns = ["county_fips", *year.columns.difference(data.county.columns)]
    return data.county.merge(year[columns], on="county_fips", validate="one_to_one")


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
    with pytest.raises(TypeError, match="controls"):
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
    scaled = associations.add_covariates(county)
    if design == "main":
        main = next(d for d in associations.CRIME_DESIGNS if d.label == associations.MAIN_DESIGN)
        spec = associations.crime_spec("person_offenses_per_100k", "holds_on_detainer", main)
        text = f"person_offenses_per_100k ~ holds_on_detainer + {RIGHT} | state_fips"
    else:
        spec = associations.practice_spec("holds_on_detainer")
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
    shorthand = fit(ModelSpec("y", "policy", ("kind",), interaction="per(x, 10)"), frame)
    assert np.allclose(shorthand.params[crossed.params.index], crossed.params, rtol=1e-12)
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
