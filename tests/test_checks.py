"""What is held against the main estimate: truths of the demo release, identities, and gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coopanalysis.associations import COVARIATE_TERMS, fit_crime
from coopanalysis.checks import Checks, Question, ask, run_checks
from coopanalysis.checks.clusters import LABELS, WILD
from coopanalysis.checks.comparable import ENTROPY, MATCHED, compare
from coopanalysis.checks.curve import DIMENSIONS, add_outcomes, declare, draw_curve, policy_measures
from coopanalysis.checks.full_reports import compare_full_reporters
from coopanalysis.checks.missing_reports import (
    RULE_LABELS,
    compare_rules,
    possible_rates,
    rules_by_design,
    rules_by_moderator,
    rules_by_score,
    rules_by_year,
)
from coopanalysis.checks.placebo import try_placebos
from coopanalysis.checks.question import (
    COVERAGE,
    OUTCOMES,
    REPORTING,
    crime_years,
    policy_row,
    usable_rates,
)
from coopanalysis.checks.space import look_around
from coopanalysis.checks.variation import (
    FEWEST,
    MODERATORS,
    add_moderators,
    find_dose,
    pool_scores,
    vary,
)
from coopanalysis.errors import UsageError
from coopanalysis.models import e_value, fit
from coopanalysis.panel import Panel
from panel_samples import with_tables
from tools.demo.truth import TRUTH

POLICY, OUTCOME, YEAR, QUALITY = "holds_on_detainer", "person_offenses_per_100k", 2023, 2
KNOWN = TRUTH.effects[OUTCOME]


@pytest.fixture(scope="module")
def question(demo: Panel) -> Question:
    return ask(demo, OUTCOME, POLICY, YEAR, QUALITY)


@pytest.fixture(scope="module")
def checks(question: Question) -> Checks:
    return run_checks(question)


def holds(table: pd.DataFrame, value: float) -> pd.Series:
    return (table["conf_low"] <= value) & (value <= table["conf_high"])


def test_the_main_design_finds_the_known_effect(question: Question) -> None:
    row = question.row
    assert row["conf_low"] <= KNOWN <= row["conf_high"]
    assert row["n_obs"] == len(question.used)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"outcome": "homicides"}, "homicides"), ({"policy": "sings"}, "sings")],
)
def test_what_is_not_there_is_named(demo: Panel, change: dict[str, str], word: str) -> None:
    asked = {"outcome": OUTCOME, "policy": POLICY, **change}
    with pytest.raises(UsageError, match=word):
        ask(demo, asked["outcome"], asked["policy"], YEAR, QUALITY)
    with pytest.raises(UsageError, match="1, 2 or 3"):
        usable_rates(demo, YEAR, 4)


def test_coverage_is_what_the_flag_promises_and_none_where_no_rate_is_used(
    question: Question,
) -> None:
    frame = question.frame
    used = frame[OUTCOME].notna()
    assert (frame.loc[~used, COVERAGE] == 0).all()
    assert (frame.loc[used & (frame["reporting_quality"] == 1), COVERAGE] == 1).all()
    assert (frame.loc[used & (frame["reporting_quality"] == 2), COVERAGE] == 0.8).all()


def test_every_rule_for_missing_reports_holds_the_known_effect(checks: Checks) -> None:
    rules = checks.rules
    assert list(rules["rule"]) == list(RULE_LABELS)
    assert holds(rules, KNOWN).all()


def test_more_is_assumed_the_narrower_the_bounds(checks: Checks) -> None:
    rules = checks.rules.set_index("rule")
    worst, middle = rules.loc["worst case"], rules.loc["middle half"]
    assert worst["estimate_low"] < middle["estimate_low"] < middle["estimate_high"]
    assert middle["estimate_high"] < worst["estimate_high"]
    assert worst["n_obs"] > rules.loc["all as seen", "n_obs"] > rules.loc["full coverage", "n_obs"]


def test_the_strictest_rule_is_full_coverage(demo: Panel) -> None:
    rules = compare_rules(ask(demo, OUTCOME, POLICY, YEAR, 1)).set_index("rule")
    full, seen = rules.loc["full coverage"], rules.loc["all as seen"]
    assert full["estimate_low"] == pytest.approx(seen["estimate_low"])
    assert full["n_obs"] == seen["n_obs"]


def test_possible_rates_are_quantiles_of_full_reporters(question: Question) -> None:
    full = question.frame.loc[question.frame[COVERAGE] == 1, OUTCOME].astype("float64")
    assert possible_rates(question, (0.25, 0.75)) == (full.quantile(0.25), full.quantile(0.75))


def test_errors_share_the_estimate_and_hold_the_known_effect(checks: Checks) -> None:
    errors = checks.errors.set_index("label")
    assert np.allclose(errors["estimate"], checks.question.row["estimate"])
    assert holds(errors, KNOWN).all()
    assert errors.loc[LABELS["CR1"], "conf_low"] == pytest.approx(checks.question.row["conf_low"])
    assert 1 < errors.loc[LABELS["CR2"], "df"] < errors.loc[LABELS["CR1"], "df"]
    assert pd.isna(errors.loc[WILD, "df"])


def test_balancing_balances(checks: Checks) -> None:
    comparable = checks.comparable
    before = comparable.balance["before"].abs().max()
    assert before > 0.5
    assert comparable.balance[ENTROPY].abs().max() < 1e-6
    assert comparable.balance[MATCHED].abs().max() < before / 3
    samples = comparable.samples.set_index("method")
    assert (samples["effective_controls"] <= samples["n_control"]).all()
    assert samples.loc["Before", "n_treated"] + samples.loc["Before", "n_control"] == len(
        checks.question.used
    )
    assert holds(comparable.estimates, KNOWN).all()
    assert comparable.overlap["n_treated"].sum() == samples.loc["Before", "n_treated"]


def test_a_method_that_finds_no_weights_says_why(question: Question) -> None:
    far = 1e4 * question.frame[POLICY].astype("float64")
    frame = question.frame.assign(
        **{name: question.frame[name] + far for name in COVARIATE_TERMS},
    )
    shifted = replace(question, frame=frame)
    found = compare(shifted)
    assert found.methods == []
    assert found.estimates.empty
    assert found.overlap.empty
    assert found.samples.set_index("method").loc[ENTROPY, "note"]


def test_the_e_value_is_that_of_a_poisson_of_reporting(checks: Checks) -> None:
    question, unseen = checks.question, checks.unseen
    spec = replace(question.spec, outcome=REPORTING, family="poisson")
    ratio = float(np.exp(policy_row(fit(spec, question.frame))["estimate"]))
    assert unseen.risk_ratio == pytest.approx(ratio)
    assert unseen.e_value == pytest.approx(e_value(ratio)[0])
    assert unseen.risk_high < 1 < unseen.e_value_limit < unseen.e_value


def test_a_confounder_as_strong_as_the_robustness_value_would_do(checks: Checks) -> None:
    """Bias = error * sqrt(value * value / (1 - value) * df): the estimate itself."""
    question, value = checks.question, checks.unseen.value
    plain = fit(replace(question.spec, vcov="iid", cluster=None), question.frame)
    row, df = policy_row(plain), plain.df[POLICY]
    bias = row["std_error"] * np.sqrt(value * value / (1 - value) * df)
    assert bias == pytest.approx(row["estimate"])
    assert 0 < checks.unseen.value_significant < value


def test_benchmarks_grow_with_strength(checks: Checks) -> None:
    table = checks.unseen.benchmarks
    wide = table.pivot_table(index="covariate", columns="multiple", values="adjusted_estimate")
    assert set(wide.index) == set(COVARIATE_TERMS)
    assert (wide[3.0] <= wide[1.0]).all()
    assert (wide[1.0] <= checks.question.row["estimate"]).all()


def test_nothing_is_found_where_nothing_is(checks: Checks, demo: Panel) -> None:
    placebos = checks.placebos.outcomes
    assert not ((placebos["conf_low"] > 0) | (placebos["conf_high"] < 0))[
        placebos["is_placebo"]
    ].any()
    real = placebos[~placebos["is_placebo"]].iloc[0]
    scale = checks.question.used[OUTCOME].astype("float64").std()
    assert real["estimate"] * scale == pytest.approx(checks.question.row["estimate"])
    nothing = try_placebos(ask(demo, "property_offenses_per_100k", POLICY, YEAR, QUALITY))
    assert TRUTH.effects["property_offenses_per_100k"] == 0
    assert nothing.permutation_p > 0.05
    assert checks.placebos.permutation_p == 1 / (1 + checks.placebos.n_permutations)


def test_each_state_is_left_out_once(checks: Checks) -> None:
    question, table = checks.question, checks.placebos.without_state
    assert table["left_out_count"].sum() == len(question.used)
    assert len(table) == question.row["n_clusters"]
    first = table.iloc[0]
    rest = question.used[question.used["state"] != first["state"]]
    assert first["estimate"] == pytest.approx(policy_row(fit(question.spec, rest))["estimate"])


def test_later_agreements_are_compared_with_none(demo: Panel) -> None:
    listed = ask(demo, OUTCOME, "agreement_latest_list", YEAR, QUALITY)
    found = try_placebos(listed)
    signed = listed.frame["agreement_signed_date"]
    assert f"{int((signed.dt.year > YEAR).sum())} counties" in found.future_note
    later = listed.used.loc[signed[listed.used.index].dt.year > YEAR]
    never = listed.used.loc[listed.used["agreement_latest_list"] == 0]
    assert f"{len(later)} of those signed later have a usable rate" in found.future_note
    assert found.future["n_obs"].iloc[0] == len(later) + len(
        never.drop(later.index, errors="ignore")
    )


def test_a_policy_without_dates_has_no_later_adopters(checks: Checks) -> None:
    assert checks.placebos.future.empty
    assert "no dates" in checks.placebos.future_note


def test_space_holds_the_known_effect_and_finds_states_not_residuals(checks: Checks) -> None:
    space = checks.space
    assert holds(space.estimates, KNOWN).all()
    assert space.outcome.p_value < 0.01 < space.residual.p_value
    assert space.n_without_border == 0
    assert space.n_pair_counties <= 2 * space.n_pairs
    # A county with several neighbours across the border stands in several pairs and counts once.
    assert space.estimates["n_obs"].iloc[-1] == space.n_pair_counties
    plain = space.estimates.iloc[0]
    assert plain["estimate"] == pytest.approx(checks.question.row["estimate"])


def test_the_curve_holds_the_main_design_as_it_stands(checks: Checks) -> None:
    table, summary = checks.curve.table, checks.curve.summary
    assert table["is_main"].sum() == 1
    main = table[table["is_main"]].iloc[0]
    for name in ("estimate", "conf_low", "conf_high", "n_obs"):
        assert main[name] == pytest.approx(checks.question.row[name])
    assert len(table) == summary["n_specifications"] >= 500
    assert checks.curve.failures.empty
    assert not table[list(DIMENSIONS)].duplicated().any()
    assert not table[list(DIMENSIONS)].isna().any().any()
    assert table["estimate"].is_monotonic_increasing
    assert summary["median"] == pytest.approx(table["estimate"].median())
    assert set(table["family"]) == {"linear", "Poisson"}


def test_the_curve_with_nothing_to_find_is_not_told_from_chance(demo: Panel) -> None:
    nothing = ask(demo, "property_offenses_per_100k", POLICY, YEAR, QUALITY)
    assert draw_curve(nothing, n_permutations=49).summary["p_median"] > 0.05


def test_agreements_give_more_than_five_hundred_specifications(demo: Panel) -> None:
    """The measures of the public release: lists and models, each column once."""
    listed = ask(demo, OUTCOME, "agreement_latest_list", YEAR, QUALITY)
    frame, outcomes = add_outcomes(listed)
    measures = policy_measures(listed, frame)
    assert measures[0] == "agreement_latest_list"
    assert len(measures) == len(set(measures)) >= 4
    twice = frame.assign(agreement_first_list=frame["agreement_latest_list"])
    assert "agreement_first_list" not in policy_measures(listed, twice)
    assert len(declare(list(outcomes), measures)) >= 500
    assert all(frame[name].isna().sum() > 0 for name in outcomes)


def test_stricter_reports_and_cut_tails_are_what_they_say(question: Question) -> None:
    frame, outcomes = add_outcomes(question)
    assert len(outcomes) == 16
    most, every = frame["rate_2023_q2_all"], frame["rate_2023_q1_all"]
    assert most.equals(frame[OUTCOME].rename(most.name))
    assert set(every.dropna().index) < set(most.dropna().index)
    cut = frame["rate_2023_q2_cut"]
    assert cut.max() == pytest.approx(most.quantile(0.99))


def test_adjusted_p_values_are_ordered(checks: Checks) -> None:
    family = checks.family
    assert len(family) == 9
    assert (family["p_value"] <= family["p_value_bh"] + 1e-12).all()
    assert (family["p_value_bh"] <= family["p_value_holm"] + 1e-12).all()
    mine = family[(family["outcome"] == OUTCOME) & (family["year"] == YEAR)].iloc[0]
    assert mine["estimate"] == pytest.approx(checks.question.row["estimate"])
    told = family[family["p_value_romano_wolf"] < 0.05]
    assert set(told["outcome"]) == {OUTCOME, REPORTING}


def test_scores_at_the_ends_are_pooled(question: Question) -> None:
    dose = find_dose(question)
    assert dose is not None
    assert (dose.table["n_obs"] >= FEWEST).all()
    assert dose.table["n_obs"].sum() == len(question.used)
    reference = dose.table[dose.table["score"] == dose.reference].iloc[0]
    assert reference["estimate"] == 0
    assert reference["n_obs"] == dose.table["n_obs"].max()
    assert pool_scores(pd.Series([0] * 3 + [1] * 18 + [2] * 40 + [3])) == [[0, 1], [2, 3]]


def test_no_score_no_dose(demo: Panel) -> None:
    county = demo.county.assign(cooperation_score=pd.array([pd.NA] * len(demo.county), "Int8"))
    bare = ask(with_tables(demo, county=county), OUTCOME, POLICY, YEAR, QUALITY)
    assert find_dose(bare) is None


def test_variation_is_linear_in_the_moderator(question: Question) -> None:
    found = vary(question)
    table = found.table
    share = table[table["moderator"] == "hispanic_share"]
    slopes = np.diff(share["estimate"]) / np.diff(share["at"])
    assert slopes[0] == pytest.approx(slopes[1])
    # The known effect is the same for all, so no product is told from zero, alone or together.
    assert (table["p_value_product"] > 0.05).all()
    assert found.test["p_value"] > 0.05
    assert found.test["df_num"] == len(MODERATORS) == table["moderator"].nunique()
    assert holds(table, KNOWN).all()


def test_a_difference_that_varies_with_density_is_found(question: Question) -> None:
    """Put into the outcome: 40 offences more by doubling of the density, where the policy is."""
    frame = add_moderators(question.frame)
    middle = frame["density_doubling"].median()
    extra = 40 * frame[POLICY].astype("float64") * (frame["density_doubling"] - middle)
    changed = question.frame.assign(**{OUTCOME: question.frame[OUTCOME] + extra})
    found = vary(replace(question, frame=changed))
    density = found.table[found.table["moderator"] == "population_per_km2"]
    assert density["p_value_product"].iloc[0] < 0.01
    assert found.test["p_value"] < 0.01
    low, high = (np.log2(density["at"].iloc[k]) for k in (0, -1))
    rise = density["estimate"].iloc[-1] - density["estimate"].iloc[0]
    assert rise / (high - low) == pytest.approx(40, abs=25)


def test_moderators_are_what_they_say(question: Question) -> None:
    frame = add_moderators(question.frame)
    used = frame.loc[question.used.index]
    assert np.allclose(np.exp2(used["density_doubling"]), used["population_per_km2"])
    assert (used["all_agencies_reported"] == (used["reporting_quality"] == 1)).all()
    assert frame.loc[frame[COVERAGE] == 0, "all_agencies_reported"].isna().all()


def test_coverage_that_is_the_same_everywhere_is_left_out_and_named(demo: Panel) -> None:
    found = vary(ask(demo, OUTCOME, POLICY, YEAR, 1))
    assert found.left_out == ("Coverage",)
    assert found.test["df_num"] == len(MODERATORS) - 1


def by_rule(table: pd.DataFrame, rule: str) -> pd.Series:
    return table[table["rule"] == rule].set_index("model")["estimate_low"]


def test_every_crime_model_stands_by_four_rules(question: Question) -> None:
    """As reported, each is the model of the report; the truth lies within what each allows."""
    designs = rules_by_design(question)
    six = fit_crime(question.frame, OUTCOME, POLICY).set_index("design")["estimate"]
    pd.testing.assert_series_equal(
        by_rule(designs, "all as seen"), six, check_names=False, rtol=1e-9
    )
    table = vary(question).table
    varied = table[table["moderator"] != COVERAGE]["estimate"].to_numpy(dtype=float)
    moderated = rules_by_moderator(question)
    assert by_rule(moderated, "all as seen").to_numpy(dtype=float) == pytest.approx(varied)
    dose = find_dose(question)
    assert dose is not None
    steps = dose.table[dose.table["estimate"] != 0]["estimate"].to_numpy(dtype=float)
    scored = rules_by_score(question)
    assert by_rule(scored, "all as seen").to_numpy(dtype=float) == pytest.approx(steps)
    for each in (designs, moderated, scored):
        worst, seen = by_rule(each, "worst case"), by_rule(each, "all as seen")
        assert (each.groupby("model").size() == 4).all()
        assert (worst < seen).all()
    full = moderated[moderated["rule"] != "worst case"]
    assert holds(full, KNOWN).all()


def test_rules_of_every_year_are_those_of_the_questions(question: Question) -> None:
    table = rules_by_year(question)
    assert table["model"].nunique() == len(OUTCOMES) * len(crime_years(question.panel))
    mine = by_rule(table, "all as seen").loc[f"{OUTCOME} {YEAR}"]
    assert mine == pytest.approx(question.row["estimate"])
    for outcome in OUTCOMES:
        rows = table[table["model"].str.startswith(outcome)]
        assert holds(rows, TRUTH.effects[outcome]).all()


def test_the_summary_starts_with_the_main_design(checks: Checks) -> None:
    summary = checks.summary
    assert summary["is_main"].tolist() == [True] + [False] * (len(summary) - 1)
    assert not summary["term"].duplicated().any()
    assert holds(summary, KNOWN).all()


def test_balanced_and_spatial_models_stand_beside_themselves_with_full_coverage(
    question: Question, checks: Checks
) -> None:
    table = compare_full_reporters(question, checks.comparable, checks.space)
    seen = pd.concat([checks.comparable.estimates, checks.space.estimates], ignore_index=True)
    assert table["label"].tolist() == seen["label"].tolist()
    assert table["estimate_seen"].tolist() == seen["estimate"].tolist()
    full = question.frame[question.frame["reporting_quality"] == 1]
    rows = table.set_index("label")
    plain = replace(question.spec, vcov="HC1", cluster=None)
    alone = fit(plain, full[full[question.outcome].notna()]).table.iloc[0]
    assert rows.loc["Least squares, independent errors", "estimate_full"] == pytest.approx(
        alone["estimate"], abs=1e-6
    )
    assert rows.loc["Entropy balancing", "n_obs_full"] == alone["n_obs"]
    assert (table["n_obs_full"] < table["n_obs_seen"]).all()


def test_a_stated_rule_of_full_coverage_changes_nothing(demo: Panel) -> None:
    strict = ask(demo, OUTCOME, POLICY, YEAR, 1)
    comparable, space = compare(strict), look_around(strict)
    table = compare_full_reporters(strict, comparable, space)
    assert table["estimate_full"].tolist() == table["estimate_seen"].tolist()
