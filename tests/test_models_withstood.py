"""What an estimate withstands: truths of the demo release, identities, and gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from coopanalysis import display
from coopanalysis.errors import ModelError
from coopanalysis.models import (
    Balanced,
    ConfoundingSensitivity,
    Estimates,
    Neighbours,
    SpatialComparison,
    SpecificationCurve,
    adjust_family,
    assess_unseen,
    border_pairs,
    compare_balanced,
    compare_in_space,
    cross_choices,
    draw_curve,
    dyadic_errors,
    e_value,
    find_neighbours,
    fit,
    follow_rules,
    four_ways,
    reporting_bounds,
)
from coopanalysis.models.balanced import BEFORE, ENTROPY, MATCHED
from coopanalysis.models.missing_reports import Range
from coopanalysis.models.spatial_autocorrelation import PLAIN
from coopanalysis.panel import Panel
from tools.demo.truth import TRUTH

POLICY, OUTCOME, YEAR = "holds_on_detainer", "person_offenses_per_100k", 2023
REPORTED = "most_agencies_reported"
KNOWN = TRUTH.effects[OUTCOME]
TERMS = (
    "per(hispanic_share, 0.1)",
    "per(black_nonhispanic_share, 0.1)",
    "per(poverty_pct, 10)",
    "per(median_household_income_usd, 10000)",
    "per(republican_share, 0.1)",
    "log2(population_count)",
)
FORMULA = f"{OUTCOME} ~ {POLICY} + {' + '.join(TERMS)} | state_fips"


@dataclass(frozen=True)
class Case:
    """Counties of the demo release, and the main design on them."""

    counties: pd.DataFrame
    main: Estimates

    @property
    def used(self) -> pd.DataFrame:
        return self.counties.loc[self.main.sample.rows]


def counties_of(demo: Panel, outcome: str, least_quality: int = 2) -> pd.DataFrame:
    counties = demo.counties(YEAR)
    rate = demo.usable_rate(counties, outcome, least_quality)
    promised = counties["reporting_quality"].map({1: 1.0, 2: 0.8, 3: 0.0})
    return counties.assign(**{outcome: rate, "coverage": promised.where(rate.notna(), 0.0)})


@pytest.fixture(scope="module")
def case(demo: Panel) -> Case:
    counties = counties_of(demo, OUTCOME)
    return Case(counties, fit(FORMULA, counties, vcov="CR1", cluster="state_fips"))


@pytest.fixture(scope="module")
def near(demo: Panel) -> Neighbours:
    return find_neighbours(demo.boundaries["geometry"], demo.boundaries["county_fips"])


@pytest.fixture(scope="module")
def balanced(case: Case) -> Balanced:
    return compare_balanced(case.main.spec, case.counties)


@pytest.fixture(scope="module")
def space(case: Case, near: Neighbours) -> SpatialComparison:
    return compare_in_space(
        case.main.spec, case.counties, near, place="county_fips", border="state_fips"
    )


@pytest.fixture(scope="module")
def unseen(case: Case) -> ConfoundingSensitivity:
    return assess_unseen(case.main.spec, case.counties, risk_of=REPORTED)


@pytest.fixture(scope="module")
def rules(case: Case) -> pd.DataFrame:
    return rules_of(case.main, case.counties)


def rules_of(main: Estimates, counties: pd.DataFrame) -> pd.DataFrame:
    full = counties.loc[counties["coverage"] == 1, main.spec.outcome]
    lowest, low, high, highest = full.quantile([0.01, 0.25, 0.75, 0.99])
    ranges: dict[str, Range] = {
        "middle half": {"lowest": low, "highest": high},
        "worst case": {"lowest": lowest, "highest": highest},
    }
    covariates = [POLICY, *TERMS]
    return follow_rules(
        main.spec, counties, coverage="coverage", covariates=covariates, ranges=ranges
    )


def holds(table: pd.DataFrame, value: float) -> pd.Series:
    return (table["conf_low"] <= value) & (value <= table["conf_high"])


def test_a_weighted_design_that_matches_do_not_allow_is_left_out_and_said(demo: Panel) -> None:
    """Those with the policy have their like in another state only, so that none is left within."""
    rng = np.random.default_rng(1)
    treated = np.repeat([1.0, 0.0, 0.0], 40)
    frame = pd.DataFrame(
        {
            "holds_on_detainer": treated,
            "population_count": np.r_[
                rng.uniform(1, 2, 40), rng.uniform(8, 9, 40), rng.uniform(1, 2, 40)
            ],
            "state_fips": np.repeat(["01", "01", "02"], 40),
            "poverty_pct": rng.normal(size=120),
        }
    )
    main = fit("poverty_pct ~ holds_on_detainer + population_count | state_fips", frame)
    found = compare_balanced(main.spec, frame)
    assert MATCHED in found.fits
    assert f"{MATCHED}, main design" not in found.fits
    text = display.show_balanced_estimates(found, main, data=demo).text
    assert f"{MATCHED}, main design cannot be estimated" in text


def test_balancing_balances(case: Case, balanced: Balanced) -> None:
    before = balanced.balance[BEFORE].abs().max()
    assert before > 0.5
    assert balanced.balance[ENTROPY].abs().max() < 1e-6
    assert balanced.balance[MATCHED].abs().max() < before / 3
    samples = balanced.samples.set_index("method")
    assert (samples["effective_controls"] <= samples["n_control"]).all()
    assert samples.loc[BEFORE, ["n_treated", "n_control"]].sum() == case.main.n_obs
    assert holds(balanced.estimates, KNOWN).all()
    assert balanced.overlap["n_treated"].sum() == samples.loc[BEFORE, "n_treated"]


def test_terms_are_balanced_as_columns_scaled_beforehand(case: Case) -> None:
    scaled = case.counties.assign(size=np.log2(case.counties["population_count"]))
    spec = replace(case.main.spec, controls=(*TERMS[:-1], "size"))
    one, other = (compare_balanced(each, scaled) for each in (case.main.spec, spec))
    pd.testing.assert_frame_equal(one.estimates, other.estimates)


def test_a_method_that_finds_no_weights_says_why(case: Case) -> None:
    far = case.counties["poverty_pct"] + 1e4 * case.counties[POLICY]
    shifted = case.counties.assign(poverty_pct=far)
    spec = replace(case.main.spec, fixed_effects=())
    found = compare_balanced(spec, shifted, quantiles=[k / 100 for k in range(1, 100)])
    assert found.methods == []
    assert found.estimates.empty
    assert found.overlap.empty
    assert found.samples.set_index("method").loc[ENTROPY, "note"]


def test_every_rule_for_missing_reports_holds_the_known_effect(rules: pd.DataFrame) -> None:
    assert holds(rules, KNOWN).all()
    assert rules["rule"].tolist()[-2:] == ["middle half", "worst case"]
    assert rules["lowest"].isna().tolist() == [True] * 3 + [False] * 2


def test_more_is_assumed_the_narrower_the_bounds(case: Case, rules: pd.DataFrame) -> None:
    by_rule = rules.set_index("rule")
    worst, middle = by_rule.loc["worst case"], by_rule.loc["middle half"]
    assert worst["estimate_low"] < middle["estimate_low"] < middle["estimate_high"]
    assert middle["estimate_high"] < worst["estimate_high"]
    assert worst["n_obs"] > by_rule.loc["all as seen", "n_obs"] == case.main.n_obs
    limits = {"coverage": "coverage", "lowest": worst["lowest"], "highest": worst["highest"]}
    alone = reporting_bounds(case.main.spec, case.counties, **limits).iloc[0]
    assert worst["estimate_low"] == pytest.approx(alone["estimate_low"])
    four = four_ways(case.main.spec, case.counties, covariates=[POLICY, *TERMS], **limits)
    assert four["estimate_low"].tolist() == rules["estimate_low"].drop(index=3).tolist()


def test_the_strictest_rule_is_full_coverage(demo: Panel) -> None:
    counties = counties_of(demo, OUTCOME, least_quality=1)
    main = fit(FORMULA, counties, vcov="CR1", cluster="state_fips")
    by_rule = rules_of(main, counties).set_index("rule")
    full, seen = by_rule.loc["full coverage"], by_rule.loc["all as seen"]
    assert full["estimate_low"] == pytest.approx(seen["estimate_low"])
    assert full["n_obs"] == seen["n_obs"]


def test_the_e_value_is_that_of_a_poisson_of_reporting(
    case: Case, unseen: ConfoundingSensitivity
) -> None:
    spec = replace(case.main.spec, outcome=REPORTED, family="poisson")
    ratio = float(np.exp(fit(spec, case.counties).row["estimate"]))
    assert unseen.risk is not None
    assert unseen.risk.ratio == pytest.approx(ratio)
    assert unseen.risk.e_value == pytest.approx(e_value(ratio)[0])
    assert unseen.risk.conf_high < 1 < unseen.risk.e_value_limit < unseen.risk.e_value
    assert assess_unseen(case.main.spec, case.counties).risk is None
    # A Poisson model has no CR2, which is no reason to leave out the E-value without a word.
    by_cr2 = assess_unseen(replace(case.main.spec, vcov="CR2"), case.counties, risk_of=REPORTED)
    assert by_cr2.risk == unseen.risk
    nobody = case.counties.assign(**{REPORTED: 0.0})
    found = assess_unseen(case.main.spec, nobody, risk_of=REPORTED)
    assert found.risk is None and found.risk_reason


def test_a_confounder_as_strong_as_the_robustness_value_would_do(
    case: Case, unseen: ConfoundingSensitivity
) -> None:
    """Bias = error * sqrt(value * value / (1 - value) * df): the estimate itself."""
    plain = fit(replace(case.main.spec, vcov="iid", cluster=None), case.counties)
    value, df = unseen.value, plain.df[POLICY]
    bias = plain.row["std_error"] * np.sqrt(value * value / (1 - value) * df)
    assert bias == pytest.approx(plain.row["estimate"])
    assert 0 < unseen.value_significant < value


def test_benchmarks_grow_with_strength(case: Case, unseen: ConfoundingSensitivity) -> None:
    wide = unseen.benchmarks.pivot_table(
        index="covariate", columns="multiple", values="adjusted_estimate"
    )
    assert set(wide.index) == set(TERMS)
    assert (wide[3.0] <= wide[1.0]).all()
    assert (wide[1.0] <= case.main.row["estimate"]).all()


def test_an_unseen_that_cannot_be_told_has_its_reason(case: Case) -> None:
    found = assess_unseen(case.main.spec, case.counties, oster_factor=0.9)
    assert found.oster is None
    assert "does not exceed" in found.oster_reason


def test_space_holds_the_known_effect_and_finds_states_not_residuals(
    case: Case, space: SpatialComparison
) -> None:
    assert holds(space.estimates, KNOWN).all()
    assert space.outcome.p_value < 0.01 < space.residual.p_value
    assert space.n_unmapped == 0
    assert space.n_pair_places <= 2 * space.n_pairs
    # A county with several neighbours across the border stands in several pairs and counts once.
    assert space.estimates["n_obs"].iloc[-1] == space.n_pair_places
    plain = space.estimates.set_index("label").loc[PLAIN]
    assert plain["estimate"] == pytest.approx(case.main.row["estimate"])


def test_pairs_across_a_border_have_errors_that_know_of_shared_states(
    case: Case, near: Neighbours, space: SpatialComparison
) -> None:
    pairs = border_pairs(case.used, near, place="county_fips", group="state_fips")
    plain = fit(replace(case.main.spec, fixed_effects=("pair",)), pairs)
    known = dyadic_errors(plain, pairs, group="state_fips").row
    row = space.estimates.iloc[-1]
    assert row["std_error"] == pytest.approx(known["std_error"])
    assert row["std_error"] > plain.row["std_error"]
    sides = pairs.groupby("pair")[POLICY].mean()
    assert space.n_pairs_differing == int(sides.eq(0.5).sum()) > 0


@pytest.mark.slow
def test_places_without_a_polygon_are_counted(case: Case, near: Neighbours) -> None:
    gone = case.used["county_fips"].iloc[0]
    fewer = near.subset(near.ids[near.ids != gone])
    found = compare_in_space(
        case.main.spec, case.counties, fewer, place="county_fips", border="state_fips"
    )
    assert found.n_unmapped == 1
    assert found.estimates["n_obs"].iloc[0] == case.main.n_obs - 1


def test_pairs_that_cannot_tell_have_a_reason_and_the_rest_stands(
    case: Case, near: Neighbours
) -> None:
    within = case.counties[case.counties["state_fips"] == case.counties["state_fips"].iloc[0]]
    spec = replace(case.main.spec, fixed_effects=(), vcov="HC1", cluster=None)
    found = compare_in_space(spec, within, near, place="county_fips", border="state_fips")
    assert found.estimates["estimate"].isna().tolist() == [False] * 4 + [True]
    assert "no two neighbours differ" in found.estimates["note"].iloc[-1]
    assert (found.n_pairs, found.n_pair_places) == (0, 0)


CHOICES = {
    ("Reports", "Tails"): {
        ("most", "whole"): {"outcome": "whole"},
        ("most", "cut"): {"outcome": "cut"},
    },
    "Covariates": {"few": {"controls": TERMS[-1:]}, "all": {}},
    "Effects": {"none": {"fixed_effects": ()}, "state": {}},
    "Weights": {"equal": {}, "residents": {"weights": "population_count"}},
}


@pytest.fixture(scope="module")
def curve(case: Case) -> SpecificationCurve:
    rate = case.counties[OUTCOME]
    frame = case.counties.assign(whole=rate, cut=rate.clip(*rate.quantile([0.01, 0.99])))
    poisson = {"Reports": {"most": {}}, "Family": {"Poisson": {"family": "poisson"}}}
    linear = cross_choices(case.main.spec, CHOICES).assign(Family="linear")
    more = cross_choices(case.main.spec, {**poisson, "Weights": CHOICES["Weights"]})
    more = more.assign(Tails="whole", Covariates="all", Effects="state")
    specs = pd.concat([linear, more], ignore_index=True)
    return draw_curve(specs, frame, case.main.spec, n_permutations=9, within="state_fips")


def test_choices_are_crossed_and_named(case: Case) -> None:
    specs = cross_choices(case.main.spec, CHOICES)
    assert len(specs) == 2 * 2 * 2 * 2
    names = ["Reports", "Tails", "Covariates", "Effects", "Weights"]
    assert list(specs) == [*names, "spec"]
    assert not specs[names].duplicated().any()
    row = specs[(specs["Tails"] == "cut") & (specs["Covariates"] == "few")].iloc[0]
    assert (row["spec"].outcome, row["spec"].controls) == ("cut", TERMS[-1:])
    assert row["spec"].cluster == "state_fips"


def test_a_dimension_without_a_choice_and_choices_that_change_nothing_are_named(
    case: Case,
) -> None:
    with pytest.raises(ModelError, match="'Weights'"):
        cross_choices(case.main.spec, {"Weights": {}})
    twice = cross_choices(case.main.spec, {"Mood": {"good": {}, "bad": {}}})
    errors = {"Errors": {"CR1": {}, "CR2": {"vcov": "CR2"}}}
    for same in (twice, cross_choices(case.main.spec, errors)):
        with pytest.raises(ModelError, match="1 combinations"):
            draw_curve(same, case.counties, case.main.spec)


def test_an_outcome_may_be_a_term(case: Case) -> None:
    spec = replace(case.main.spec, outcome=f"log({OUTCOME})", sample=f"{OUTCOME} > 0")
    specs = cross_choices(spec, {"Covariates": CHOICES["Covariates"]})
    found = draw_curve(specs, case.counties, spec)
    assert found.table["is_main"].sum() == 1


def test_the_curve_holds_the_main_design_as_it_stands(
    case: Case, curve: SpecificationCurve
) -> None:
    table = curve.table
    main = table[table["is_main"]]
    assert set(main["Tails"]) == {"whole"}
    assert len(main) == 1
    for name in ("estimate", "conf_low", "conf_high", "n_obs"):
        assert main[name].iloc[0] == pytest.approx(case.main.row[name])
    assert len(table) == curve.summary["n_specifications"] == 18
    assert not table[list(curve.choices)].isna().any().any()
    assert table["estimate"].is_monotonic_increasing
    assert curve.failures.empty
    assert curve.choices["Weights"] == ["equal", "residents"]


def test_the_main_design_is_found_in_a_curve_whatever_its_errors(case: Case) -> None:
    specs = cross_choices(case.main.spec, {"Weights": CHOICES["Weights"]})
    found = draw_curve(specs, case.counties, replace(case.main.spec, vcov="CR2"))
    assert found.table["is_main"].sum() == 1


def test_what_fails_in_a_curve_is_named_by_its_choices(case: Case) -> None:
    choices = {"Counties": {"all": {}, "none": {"sample": "population_count < 0"}}}
    specs = cross_choices(case.main.spec, choices)
    found = draw_curve(specs, case.counties, case.main.spec)
    assert found.failures["Counties"].tolist() == ["none"]
    assert found.failures["reason"].iloc[0]


def test_a_curve_with_nothing_to_find_is_not_told_from_chance(demo: Panel) -> None:
    nothing = "property_offenses_per_100k"
    assert TRUTH.effects[nothing] == 0
    counties = counties_of(demo, nothing)
    formula = FORMULA.replace(OUTCOME, nothing)
    spec = fit(formula, counties, vcov="CR1", cluster="state_fips").spec
    choices = {name: CHOICES[name] for name in ("Covariates", "Effects", "Weights")}
    specs = cross_choices(spec, choices)
    found = draw_curve(specs, counties, spec, n_permutations=49, within="state_fips")
    assert found.summary["p_median"] > 0.05


def test_adjusted_p_values_of_a_family_are_ordered(case: Case) -> None:
    rng = np.random.default_rng(5)
    frame = case.counties.assign(noise=rng.normal(size=len(case.counties)))
    designs = {name: FORMULA.replace(OUTCOME, name, 1) for name in (OUTCOME, REPORTED, "noise")}
    table = adjust_family(designs, frame, vcov="CR1", cluster="state_fips")
    assert table["hypothesis"].tolist() == list(designs)
    assert (table["p_value"] <= table["p_value_bh"] + 1e-12).all()
    assert (table["p_value_bh"] <= table["p_value_holm"] + 1e-12).all()
    assert table["estimate"].iloc[0] == pytest.approx(case.main.row["estimate"])
    told = table[table["p_value_romano_wolf"] < 0.05]
    assert set(told["outcome"]) == {OUTCOME, REPORTED}
