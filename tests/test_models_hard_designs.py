"""Whether the reports' intervals and tests hold on designs as uneven as the counties are.

Outcomes are drawn on the counties of the public release where its files are at hand, else on those
of the demo release; see `hard_designs`. The long form (COOPANALYSIS_TRUST=1) draws 400 to 2,000
samples a design, and `make trust` writes what it found into docs/coverage.md. The short form of a
few designs tells what fails by far from what holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
import pandas as pd
import pytest

from coopanalysis.models import (
    ModelSpec,
    average_marginal_effects,
    dyadic_errors,
    equivalence,
    fit,
    fit_reporters,
    joint_test,
    reporting_bounds,
    reporting_weights,
    romano_wolf,
    smallest_difference,
    specification_curve,
    wild_cluster_bootstrap,
    wild_joint_test,
    with_errors,
)
from coopanalysis.models.glm import fit_glm
from coopanalysis.models.sample import build_sample
from coopanalysis.models.specification_groups import group_specifications
from hard_designs import (
    COVARIATES,
    MEAN_RATE,
    N_WILD,
    Array,
    Counties,
    Repeated,
    draw_practice,
    draw_rate,
    model,
    read_counties,
    states_of,
)
from trust import LONG, SHORT_LIMIT, Answer, Draw, simulate

pytestmark = pytest.mark.slow
long_only = pytest.mark.skipif(not LONG, reason="takes minutes: `make trust` runs it")


class Check(Protocol):
    """Simulate a design, note the rows, and hold them against what is expected of each method."""

    def __call__(
        self, case: str, draw: Draw, expected: dict[str, str], *, draws: int, aim: float = 0.05
    ) -> None: ...


@pytest.fixture(scope="module")
def counties(request: pytest.FixtureRequest) -> Counties:
    """Of the public release where its files are at hand, else of the demo release."""
    try:
        return read_counties(request.getfixturevalue("public_release"))
    except pytest.skip.Exception:
        return read_counties(request.getfixturevalue("demo"))


@pytest.fixture
def check(record_property: Callable[[str, object], None], counties: Counties) -> Check:
    def run(
        case: str, draw: Draw, expected: dict[str, str], *, draws: int, aim: float = 0.05
    ) -> None:
        rows = simulate(f"hard, {counties.release}", case, draw, draws, aim=aim)
        wrong = []
        for method, row in rows.items():
            record_property("coverage", row.as_text())
            allowed = expected[method].split(" or ")
            shares = [1 - row.held] if row.held is not None else []
            shares += [row.rejected] if row.rejected is not None else []
            fails = row.verdict == "no" if LONG else max(shares) > SHORT_LIMIT
            found = "no" if fails else row.verdict if LONG else allowed[0].replace("no", "yes")
            if found not in allowed:
                wrong.append(f"{case}, {method}: {found}, not {expected[method]}: {row}")
        assert not wrong, "\n".join(wrong)

    return run


def by_three_errors(
    rows: Repeated, outcome: Array, random: np.random.Generator, *terms: str
) -> dict[str, Answer]:
    """CR1, CR2 and the wild bootstrap on one sample in which the coefficients are truly zero.

    The interval of one coefficient holds the values that its test does not reject.
    """
    seed = int(random.integers(2**31))
    found = rows.p_values(outcome, terms or [rows.spec.treatment], seed)
    return {
        method: Answer(None if terms else p_value >= 0.05, p_value < 0.05)
        for method, p_value in found.items()
    }


@pytest.mark.parametrize("effects", [(), ("state",)])
@pytest.mark.parametrize("weights", [None, "population"])
def test_p_values_of_cross_products_are_those_of_fits(
    counties: Counties, effects: tuple[str, ...], weights: str | None
) -> None:
    frame = counties.reporters
    spec = model("rate", "policy", effects=effects, weights=weights)
    rows, outcome = Repeated(spec, frame), draw_rate(frame, np.random.default_rng(3))
    drawn, terms = frame.assign(rate=outcome), ["policy", "poverty"]
    found, both = rows.p_values(outcome, ["policy"], 5), rows.p_values(outcome, terms, 5)
    for vcov in ("CR1", "CR2"):
        estimates = fit(replace(spec, vcov=vcov), drawn)  # type: ignore[arg-type]
        assert found[vcov] == pytest.approx(estimates.row["p_value"], rel=1e-6)
        assert both[vcov] == pytest.approx(joint_test(estimates, terms)["p_value"], rel=1e-6)
    wild = wild_cluster_bootstrap(spec, drawn, n_draws=N_WILD, seed=5)
    assert found["wild bootstrap"] == wild.p_value
    assert (wild.conf_low <= 0 <= wild.conf_high) == (wild.p_value >= 0.05)
    joint = wild_joint_test(estimates, terms, n_draws=N_WILD, seed=5)
    assert both["wild bootstrap"] == joint["p_value"]


def test_a_characteristic_that_goes_with_few_states(counties: Counties, check: Check) -> None:
    """Hispanic share lies between states; so do practices. Linear, without state effects."""
    frame = counties.frame
    rows = Repeated(model("practice", "hispanic", effects=()), frame)
    check(
        "practice by Hispanic share, between states, linear",
        lambda random: by_three_errors(rows, draw_practice(frame, random), random),
        {"CR1": "no", "CR2": "yes", "wild bootstrap": "yes"},
        draws=2_000 if LONG else 60,
    )


@long_only
def test_a_logit_of_a_characteristic_that_goes_with_few_states(
    counties: Counties, check: Check
) -> None:
    frame = counties.frame
    linear = model("practice", "hispanic", effects=(), vcov="CR1")
    spec = replace(linear, family="logit")
    sample = build_sample(spec, frame.assign(practice=np.arange(len(frame)) % 2.0))

    def draw(random: np.random.Generator) -> dict[str, Answer]:
        estimates = fit_glm(spec, replace(sample, outcome=draw_practice(frame, random)))
        row = average_marginal_effects(estimates, ["hispanic"]).iloc[0]
        wild = wild_joint_test(estimates, ["hispanic"], n_draws=N_WILD)
        return {
            "CR1 of the marginal effect": Answer(
                bool(row["conf_low"] <= 0 <= row["conf_high"]), bool(row["p_value"] < 0.05)
            ),
            "wild score bootstrap": Answer(rejects=float(wild["p_value"]) < 0.05),
        }

    expected = {"CR1 of the marginal effect": "no", "wild score bootstrap": "yes"}
    case = "practice by Hispanic share, between states, logit"
    check(case, draw, expected, draws=500)


@long_only
def test_the_main_design_of_demographics(counties: Counties, check: Check) -> None:
    frame = counties.frame
    rows = Repeated(model("practice", "hispanic"), frame)
    check(
        "practice by Hispanic share, within states, linear",
        lambda random: by_three_errors(rows, draw_practice(frame, random), random),
        {"CR1": "no", "CR2": "careful", "wild bootstrap": "yes"},
        draws=2_000,
    )


@long_only
def test_a_law_of_ten_states(counties: Counties, check: Check) -> None:
    """What a state decides is the same in all of its counties.

    The degrees of freedom of CR2 are those of errors that counties of a state do not share.
    """
    frame = counties.frame
    chosen = np.random.default_rng(4).permutation(frame["state"].unique())[:10]
    frame = frame.assign(law=frame["state"].isin(chosen).astype(float))
    rows = Repeated(model("practice", "law", effects=()), frame)
    check(
        "practice by a law of ten states, linear",
        lambda random: by_three_errors(rows, draw_practice(frame, random), random),
        {"CR1": "no", "CR2": "no", "wild bootstrap": "yes"},
        draws=2_000,
    )


@long_only
@pytest.mark.parametrize(
    ("case", "treatment", "weights", "expected"),
    [
        ("rate by the policy in force before it (main design)", "signed_before", None, "no"),
        ("rate by the policy on the latest list", "policy", None, "yes or no"),
        ("rate by the policy, weighted by residents", "policy", "population", "no"),
    ],
)
def test_designs_of_crime(
    counties: Counties,
    check: Check,
    case: str,
    treatment: str,
    weights: str | None,
    expected: str,
) -> None:
    frame = counties.early if treatment == "signed_before" else counties.reporters
    rows = Repeated(model("rate", treatment, weights=weights), frame)
    check(
        f"{case}, within states",
        lambda random: by_three_errors(rows, draw_rate(frame, random, treatment), random),
        {"CR1": expected, "CR2": "yes or careful", "wild bootstrap": "yes"},
        draws=2_000,
    )


@long_only
@pytest.mark.parametrize(
    ("moderator", "words", "wild"),
    [
        ("hispanic", "Hispanic share", "no"),
        ("log_population", "population", "yes"),
        ("log_density", "residents per square kilometre", "yes"),
    ],
)
def test_products(counties: Counties, check: Check, moderator: str, words: str, wild: str) -> None:
    """With two degrees of freedom for Hispanic share, CR2 holds where the bootstrap does not."""
    frame = counties.reporters
    controls = [one for one in COVARIATES if one != moderator]
    product = f"policy:{moderator}"
    spec = model("rate", "policy", controls=[product, moderator, *controls])
    rows = Repeated(spec, frame)

    check(
        f"whether the difference varies with {words}",
        lambda random: by_three_errors(rows, draw_rate(frame, random), random, product),
        {"CR1": "no", "CR2": "yes or careful", "wild bootstrap": wild},
        draws=2_000,
    )


MODERATORS = {
    "hispanic": "Hispanic share",
    "log_population": "population",
    "log_density": "residents per square kilometre",
    "is_full": "full coverage",
}


def test_products_together(counties: Counties, check: Check) -> None:
    """With so few degrees of freedom Hotelling's T squared never rejects, and a joint bootstrap
    does too often; the smallest p value, adjusted, holds."""
    moderators = list(MODERATORS)
    frame = counties.reporters.copy()
    products = [f"policy_{one}" for one in moderators]
    for one, product in zip(moderators, products, strict=True):
        frame[product] = frame["policy"] * (frame[one] - frame[one].mean())
    controls = [*COVARIATES, "log_density", "is_full", *products]
    rows = Repeated(model("rate", "policy", controls=controls), frame)

    def draw(random: np.random.Generator) -> dict[str, Answer]:
        outcome = draw_rate(frame, random)
        together = by_three_errors(rows, outcome, random, *products)
        each = [rows.p_values(outcome, [one], 5)["wild bootstrap"] for one in products]
        smallest = Answer(None, len(products) * min(each) < 0.05)
        alone = {
            f"wild bootstrap of {one} alone": Answer(None, p_value < 0.05)
            for one, p_value in zip(MODERATORS.values(), each, strict=True)
        }
        return {**together, "smallest p value by the wild bootstrap": smallest, **alone}

    check(
        "whether the difference varies with four characteristics, joint test",
        draw,
        {
            "CR1": "no",
            "CR2": "careful",
            "wild bootstrap": "no" if LONG else "yes or no",
            "smallest p value by the wild bootstrap": "yes or careful",
            **{f"wild bootstrap of {one} alone": "yes" for one in MODERATORS.values()},
        },
        draws=2_000 if LONG else 40,
    )


@long_only
def test_pairs_across_borders(counties: Counties, check: Check) -> None:
    frame, pairs = counties.frame, counties.pairs
    pairs = pairs[pairs["row"].isin(counties.reporters.index)]
    whole = pairs["pair"].map(pairs["pair"].value_counts()) == 2
    pairs = pairs[whole].reset_index(drop=True)
    position = frame.index.get_indexer(pairs["row"])
    rows = Repeated(model("rate", "policy", effects=("pair",), vcov="CR1"), pairs)

    def draw(random: np.random.Generator) -> dict[str, Answer]:
        by_state = rows.fit(draw_rate(frame, random)[position])
        dyadic = dyadic_errors(by_state, rows.frame, group="state")
        return {
            method: Answer(
                bool(found.row["conf_low"] <= 0 <= found.row["conf_high"]),
                bool(found.row["p_value"] < 0.05),
            )
            for method, found in (("CR1", by_state), ("dyadic", dyadic))
        }

    case = "rate by the policy, pairs of neighbours across state borders"
    check(case, draw, {"CR1": "no", "dyadic": "yes"}, draws=600)


@long_only
def test_weights_for_reporting_that_goes_with_the_state(counties: Counties, check: Check) -> None:
    """The policy's difference is larger in states where more is reported.

    The shock of a state to the log odds explains a fifth of who reports, as states do.
    """
    frame, state = counties.frame, states_of(counties.frame)
    size = (frame["log_population"] - frame["log_population"].mean()) / frame[
        "log_population"
    ].std()
    covariates = ["policy", *COVARIATES]

    def draw(random: np.random.Generator) -> dict[str, Answer]:
        of_state = random.normal(size=int(state.max()) + 1)[state]
        index = 0.3 * frame["policy"] + 0.3 * size + of_state
        drawn = frame.assign(
            rate=draw_rate(frame, random, effect_sd=0) + 80 * of_state * frame["policy"],
            full=(index + random.logistic(size=len(frame)) > 0).astype(float),
        )
        weights = reporting_weights(drawn, "full", covariates)
        stacked = fit_reporters(
            model("rate", "policy", vcov="CR1"), drawn, "full", covariates, groups=("state",)
        )
        found = {
            "CR2, weights without the state": fit(
                model("rate", "policy", weights="weight"),
                drawn.assign(weight=weights)[weights > 0],
            ),
            "CR2, weights with the state": with_errors(stacked, "CR2"),
            "CR1 that knows of the weights, with the state": stacked,
        }
        return {
            method: Answer(
                bool(each.row["conf_low"] <= 0 <= each.row["conf_high"]),
                bool(each.row["p_value"] < 0.05),
            )
            for method, each in found.items()
        }

    check(
        "rate of full reporters, weighted, where states decide who reports",
        draw,
        {
            "CR2, weights without the state": "no",
            "CR2, weights with the state": "yes",
            "CR1 that knows of the weights, with the state": "yes or no",
        },
        draws=400,
    )


@pytest.mark.parametrize("silent", ["like the rest", "at the highest rate"])
def test_bounds(counties: Counties, check: Check, silent: str) -> None:
    """Police of a fifth of the residents are silent where there is a policy, none elsewhere.

    The source divides by all residents. Between limits of 700 and 1,100 the true difference lies
    inside of the range where the silent are like the rest, and at its end where they had the most.
    """
    frame = counties.reporters
    share = 1 - 0.2 * frame["policy"]
    rate_of_silent = MEAN_RATE if silent == "like the rest" else 1_100.0
    truth = 0.2 * (rate_of_silent - MEAN_RATE)
    spec = model("rate", "policy")

    def draw(random: np.random.Generator) -> dict[str, Answer]:
        # Half as spread, so that next to no rate would be negative.
        among_covered = np.clip((MEAN_RATE + draw_rate(frame, random)) / 2, 0, None)
        drawn = frame.assign(rate=share * among_covered, share=share)
        answers = {}
        for method, denominator in (("over residents covered", "covered"), ("over all", "all")):
            row = reporting_bounds(
                spec,
                drawn,
                coverage="share",
                lowest=700.0,
                highest=1_100.0,
                denominator=denominator,  # type: ignore[arg-type]
            ).iloc[0]
            answers[f"bounds, rates {method}"] = Answer(
                bool(row["conf_low"] <= truth <= row["conf_high"])
            )
        return answers

    right = "careful" if silent == "like the rest" else "yes or careful"
    check(
        f"rate by the policy, silent police {silent}",
        draw,
        {"bounds, rates over residents covered": "no", "bounds, rates over all": right},
        draws=500 if LONG else 10,
    )


@long_only
def test_a_policy_that_is_dealt_out_at_random(counties: Counties, check: Check) -> None:
    """Where the rates of counties with the policy vary more, only t statistics are alike."""
    frame = counties.reporters.reset_index(drop=True)
    spec = model("rate", "policy", vcov="CR1")
    count = 39

    def draw(random: np.random.Generator) -> dict[str, Answer]:
        noise = 900 * frame["policy"] * random.normal(size=len(frame))
        drawn = frame.assign(rate=draw_rate(frame, random, effect_sd=0) + noise)
        seed = int(random.integers(2**31))
        curve = specification_curve([spec], drawn, n_permutations=count, within="state", seed=seed)
        groups, _ = group_specifications([spec], drawn)
        groups[0].prepare(drawn)
        policy = drawn[["policy"]].to_numpy(dtype=float)
        dealt = groups[0].fit_permuted(policy, _dealt(frame["state"], count, random)).fits
        seen = abs(float(groups[0].fitted.fits.estimate.ravel()[0]))
        larger = int((np.abs(dealt.estimate.ravel()) >= seen).sum())
        return {
            "permutation of t statistics": Answer(rejects=curve.summary["p_median"] <= 0.05),
            "permutation of estimates": Answer(rejects=(1 + larger) / (1 + count) <= 0.05),
        }

    check(
        "placebo policy, dealt out within states",
        draw,
        {"permutation of t statistics": "yes or careful", "permutation of estimates": "no"},
        draws=500,
    )


def _dealt(state: pd.Series, count: int, random: np.random.Generator) -> np.ndarray:
    """Orders of rows that stay within their states."""
    home = np.argsort(state, kind="stable").to_numpy()
    orders = np.empty((count, len(state)), dtype=np.int32)
    for order in orders:
        order[home] = np.lexsort((random.random(len(state)), state))
    return orders


@long_only
def test_families(counties: Counties, check: Check) -> None:
    """Six rates that go together, none of which differs: is any found?"""
    frame = counties.reporters
    names = [f"rate_{k}" for k in range(6)]

    def found(drawn: pd.DataFrame, vcov: str) -> dict[str, Answer]:
        specs: list[ModelSpec] = [model(name, "policy", vcov=vcov) for name in names]  # type: ignore[arg-type]
        table = romano_wolf(specs, drawn, n_draws=999)
        columns = {"not adjusted": "p_value", "Holm": "p_value_holm"}
        columns["Romano and Wolf"] = "p_value_romano_wolf"
        return {
            f"{vcov}, {words}": Answer(rejects=bool((table[column] < 0.05).any()))
            for words, column in columns.items()
        }

    def draw(random: np.random.Generator) -> dict[str, Answer]:
        common = draw_rate(frame, random)
        drawn = frame.assign(**{name: common + draw_rate(frame, random) for name in names})
        return {**found(drawn, "CR1"), **found(drawn, "CR2")}

    check(
        "any of six rates by the policy, within states",
        draw,
        {
            "CR1, not adjusted": "no",
            "CR1, Holm": "yes or no",
            "CR1, Romano and Wolf": "yes or no",
            "CR2, not adjusted": "no",
            "CR2, Holm": "yes or careful",
            "CR2, Romano and Wolf": "yes or careful",
        },
        draws=400,
    )


def test_equivalence_and_power(counties: Counties, check: Check) -> None:
    """A difference at the margin is called none, and the smallest one that can be told is told."""
    frame = counties.reporters
    rows = Repeated(model("rate", "policy"), frame)
    policy = frame["policy"].to_numpy()
    before = np.random.default_rng(2)
    first = [rows.quick(draw_rate(frame, before), "CR2") for _ in range(400 if LONG else 30)]
    smallest = float(np.mean([smallest_difference(one) for one in first]))
    margin = 3 * float(np.mean([one.row["std_error"] for one in first]))

    def at_margin(random: np.random.Generator) -> dict[str, Answer]:
        found = equivalence(rows.quick(draw_rate(frame, random) + margin * policy, "CR2"), margin)
        return {"CR2": Answer(rejects=found.is_equivalent)}

    def at_smallest(random: np.random.Generator) -> dict[str, Answer]:
        row = rows.quick(draw_rate(frame, random) + smallest * policy, "CR2").row
        return {"CR2": Answer(rejects=bool(row["p_value"] < 0.05))}

    draws = 2_000 if LONG else 60
    case = "equivalence test, true difference at the margin (three standard errors)"
    check(case, at_margin, {"CR2": "yes"}, draws=draws)
    case = "power against the smallest difference that can be told"
    if LONG:
        check(case, at_smallest, {"CR2": "yes"}, draws=draws, aim=0.8)
