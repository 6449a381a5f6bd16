"""What an estimate withstands, as shown: words come from the numbers, others give other words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from coopanalysis import display
from coopanalysis.display.bounds import describe_rules
from coopanalysis.display.curve import abbreviate, drawn_choices, shortened
from coopanalysis.display.html import Output, csv_text
from coopanalysis.display.page import LEFT_OUT
from coopanalysis.display.report_rules import UNKNOWN, meaning, side_by_side
from coopanalysis.display.sentences import format_count, format_interval, format_number
from coopanalysis.models import (
    Balanced,
    Curve,
    Estimates,
    Space,
    SpecificationCurve,
    Unseen,
    adjust_family,
    assess_unseen,
    compare_balanced,
    compare_in_space,
    cross_choices,
    draw_curve,
    find_neighbours,
    fit,
    follow_rules,
    specification_curve,
)
from coopanalysis.models.report_rules import POINT_RULES
from coopanalysis.panel import Panel

POLICY, OUTCOME, YEAR = "holds_on_detainer", "person_offenses_per_100k", 2023
REPORTED = "most_agencies_reported"
TERMS = ("per(hispanic_share, 0.1)", "per(poverty_pct, 10)", "log2(population_count)")
FORMULA = f"{OUTCOME} ~ {POLICY} + {' + '.join(TERMS)} | state_fips"


@dataclass(frozen=True)
class Results:
    """Everything that is shown, of one set of counties."""

    counties: pd.DataFrame
    main: Estimates
    balanced: Balanced
    rules: pd.DataFrame
    unseen: Unseen
    space: Space
    dealt: SpecificationCurve
    curve: Curve
    family: pd.DataFrame
    checks: pd.DataFrame
    without: dict[str, Estimates]

    @property
    def both(self) -> pd.DataFrame:
        """Balanced estimates of two sets of counties: here the same, one of them with none."""
        part = self.balanced.estimates.iloc[1:]
        return display.set_beside(self.balanced.estimates, part)


def results_of(data: Panel, change: float) -> Results:
    counties = data.counties(YEAR)
    rng = np.random.default_rng(7)
    rate = data.usable_rate(counties, OUTCOME)
    counties[OUTCOME] = rate * rng.uniform(1 - change, 1 + change, len(rate))
    promised = counties["reporting_quality"].map({1: 1.0, 2: 0.8, 3: 0.0})
    counties["coverage"] = promised.where(counties[OUTCOME].notna(), 0.0)
    errors = {"vcov": "CR1", "cluster": "state_fips"}
    main = fit(FORMULA, counties, **errors)
    spec, used = main.spec, counties.loc[main.sample.rows]
    full = counties.loc[counties["coverage"] == 1, OUTCOME]
    near = find_neighbours(data.boundaries["geometry"], data.boundaries["county_fips"])
    balanced = compare_balanced(spec, counties)
    choices = {
        "Counties": {"All counties": {}, "10,000 or more": {"sample": "population_count > 1e4"}},
        "Weights": {"Counties equal": {}, "By residents": {"weights": "population_count"}},
    }
    rows = {"Main design": main.row, "Twin": main.row}
    rows |= dict(balanced.estimates.set_index("label").iterrows())
    states = used["state"].unique()[:8]
    return Results(
        counties=counties,
        main=main,
        balanced=balanced,
        rules=follow_rules(
            spec,
            counties,
            coverage="coverage",
            covariates=[POLICY, *TERMS],
            ranges={
                "middle half": {
                    "lowest": full.quantile(0.25),
                    "highest": full.quantile(0.75),
                },
                "worst case": {
                    "lowest": full.quantile(0.01),
                    "highest": full.quantile(0.99),
                },
            },
        ),
        unseen=assess_unseen(spec, counties, risk_of=REPORTED),
        space=compare_in_space(spec, counties, near, place="county_fips", border="state_fips"),
        dealt=specification_curve([spec], counties, n_permutations=19, within="state_fips"),
        curve=draw_curve(
            cross_choices(spec, choices), counties, spec, n_permutations=9, within="state_fips"
        ),
        family=adjust_family(
            {"Rate": FORMULA, "Reports": FORMULA.replace(OUTCOME, REPORTED)}, counties, **errors
        ),
        checks=display.collect_checks(rows, errors_only=["Twin"]),
        without={one: fit(FORMULA, used[used["state"] != one], **errors) for one in states},
    )


@pytest.fixture(scope="module")
def results(demo: Panel) -> Results:
    return results_of(demo, 0.0)


@pytest.fixture(scope="module")
def other(demo: Panel) -> Results:
    """The same counties with rates that somebody else drew."""
    return results_of(demo, 0.8)


SHOWN: dict[str, Callable[[Results, Panel], Output]] = {
    "balance": lambda r, data: display.show_balance(r.balanced, r.main, data=data),
    "samples": lambda r, data: display.show_samples(r.balanced, r.main, data=data),
    "overlap": lambda r, data: display.show_overlap(r.balanced, r.main, data=data),
    "balanced": lambda r, data: display.show_balanced_estimates(r.balanced, r.main, data=data),
    "bounds": lambda r, data: display.show_bounds(r.rules, r.main, data=data),
    "bounds as a table": lambda r, data: display.show_bounds_table(
        r.rules, r.main, coverage=r.counties["coverage"], data=data
    ),
    "unseen": lambda r, data: display.show_unseen(r.unseen, r.main, data=data),
    "benchmarks": lambda r, data: display.show_benchmarks(r.unseen, r.main, data=data),
    "placebo outcomes": lambda r, data: display.show_placebo_outcomes(
        {"Before": r.main}, r.main, data=data
    ),
    "placebo policies": lambda r, data: display.show_placebo_policies(
        {"The policy itself": r.main}, r.dealt, data=data
    ),
    "leave one out": lambda r, data: display.show_leave_one_out(r.without, r.main, data=data),
    "moran": lambda r, data: display.show_moran(r.space, r.main, data=data),
    "spatial": lambda r, data: display.show_spatial(r.space, r.main, data=data),
    "subset": lambda r, data: display.show_subset(
        r.both, r.main, part="Full coverage only", whole="All", data=data
    ),
    "curve": lambda r, data: display.show_curve(r.curve, r.main, data=data),
    "choices": lambda r, data: display.show_curve_choices(r.curve, r.main, data=data),
    "family": lambda r, data: display.show_family(r.family, r.main, data=data),
    "checks": lambda r, data: display.show_checks(r.checks, r.main, known=80.0, data=data),
}
OF_COVARIATES = {"balance", "samples", "overlap"}
"""What is shown of the counties' characteristics, whatever their rates."""


@pytest.mark.parametrize("name", SHOWN)
def test_every_output_is_composed_and_follows_the_numbers(
    name: str, results: Results, other: Results, demo: Panel
) -> None:
    shown = SHOWN[name](results, demo)
    assert re.search(r"\d", shown.text)
    html = re.sub(r"data:[^\"]*", "", shown.html).replace(results.main.spec.formula, "")
    for wrong in ("nan", "NaN", POLICY, "per(", "log2", "per_100k", "state_fips"):
        assert wrong not in html, wrong
    assert "Simulated" in shown.html
    same = shown.text == SHOWN[name](other, demo).text
    assert same == (name in OF_COVARIATES)


def test_other_estimates_are_counted_without_those_of_other_errors(results: Results) -> None:
    checks = results.checks
    own = checks[~checks["is_main"] & ~checks["is_error_only"]]
    told = int(((checks["conf_low"] > 0) | (checks["conf_high"] < 0)).iloc[1:].sum())
    assert len(own) == len(checks) - 2
    assert display.describe_checks(checks) == (
        f"of {len(own)} other estimates, {int((own['estimate'] > 0).sum())} have its sign; with 1 "
        "more that differ in their errors alone, "
        f"{told} of {len(checks) - 1} intervals leave out zero"
    )


def test_an_estimate_that_is_not_there_is_no_check(results: Results) -> None:
    gone = results.main.row.copy()
    gone["estimate"] = np.nan
    table = display.collect_checks({"Main design": results.main.row, "Gone": gone})
    assert table["term"].tolist() == ["Main design"]


def test_the_meaning_of_the_rules_follows_the_bounds(results: Results) -> None:
    text = describe_rules(results.rules, results.main)
    assert "All three of the rules that take reports as they came" in text
    assert "2 of 2 ranges of what silent police could hold lie on both sides of zero" in text
    assert "Even the sign of the difference thus rests on" in text
    low = results.rules["estimate_high"].abs()
    sure = describe_rules(
        results.rules.assign(estimate_low=low, estimate_high=low + 1), results.main
    )
    assert "0 of 2 ranges" in sure
    assert "does not depend on what was not reported" in sure
    unknown = results.rules["estimate_low"].where(results.rules["rule"] != "full coverage")
    assert "Two of the rules" in describe_rules(
        results.rules.assign(estimate_low=unknown), results.main
    )


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (30.0, "away from zero"),
        (2.0, "towards zero"),
        (-30.0, "across zero"),
        (np.nan, "no estimate would be consistent"),
    ],
)
def test_oster_says_where_the_bound_lies(
    results: Results, demo: Panel, bound: float, words: str
) -> None:
    assert results.unseen.oster is not None
    oster = replace(results.unseen.oster, long=10.0, bound=bound)
    shown = display.show_unseen(replace(results.unseen, oster=oster), results.main, data=demo)
    assert words in shown.text


def test_hypotheses_of_shares_are_in_points(results: Results, demo: Panel) -> None:
    text = SHOWN["family"](results, demo).text
    row = results.main.row
    assert f"({format_interval(row['conf_low'], row['conf_high'])})" in text
    assert text.count(" points") == 1
    share = results.family["estimate"].iloc[1]
    assert format_number(100 * share) in text


def test_a_state_is_named_with_the_counties_it_takes_along(results: Results, demo: Panel) -> None:
    text = SHOWN["leave one out"](results, demo).text
    name, one = max(results.without.items(), key=lambda pair: pair[1].row["estimate"])
    assert f"to {format_number(one.row['estimate'])} (without {name})" in text
    assert f"Without one state of {len(results.without)}" in text


def test_a_model_that_is_missing_in_a_subset_is_said_to_be(results: Results, demo: Panel) -> None:
    text = SHOWN["subset"](results, demo).text
    assert "cannot be estimated" in text
    assert f"none / {format_count(results.balanced.estimates['n_obs'].iloc[0])}" in text
    assert display.describe_sign_changes(results.both, "a part") == [
        "0 of 3 estimates change sign with a part."
    ]
    assert display.describe_sign_changes(None, "a part") == []
    nothing = display.show_subset(None, results.main, part="A part", whole="All", data=demo)
    assert nothing.slot == LEFT_OUT


def test_the_curve_draws_every_choice_once_and_carries_its_data(results: Results) -> None:
    choices = drawn_choices(results.curve)
    assert list(choices) == ["Counties", "Weights"]
    assert set(choices["Weights"]) == {"Counties equal", "By residents"}
    data = shortened(results.curve, 1.0)
    assert len(data) == len(results.curve.table)
    assert set(data["Weights"]) == {"Counties", "By"}


def test_names_are_shortened_as_far_as_they_stay_apart() -> None:
    assert abbreviate(["2021", "Mean of years"]) == {"2021": "2021", "Mean of years": "Mean"}
    assert list(abbreviate(["+ Hispanic, Black", "+ vote"]).values()) == ["+ Hispanic", "+ vote"]
    assert list(abbreviate(["one", "one, two"]).values()) == ["one", "one, two"]


def test_a_curve_of_thousands_fits_its_file(results: Results) -> None:
    table = pd.concat([results.curve.table] * 780, ignore_index=True)
    names = {f"Dimension {n}": ["All agencies report", "Most of them"] for n in range(7)}
    table = table.assign(**{name: values[0] for name, values in names.items()}, estimate=-1234.56)
    many = replace(results.curve, table=table, choices={**results.curve.choices, **names})
    assert len(table) == 3_120
    assert len(csv_text(shortened(many, 1.0))) < 300_000


def rules_table(*models: tuple[str, tuple[float, ...], tuple[float, float]]) -> pd.DataFrame:
    """Models with three points each, ten to either side, and a worst case."""
    rows = []
    for name, points, worst in models:
        for rule, at in zip(POINT_RULES, points, strict=True):
            rows.append((name, rule, at, at, at - 10, at + 10, 50, ""))
        rows.append((name, "worst case", *worst, worst[0] - 10, worst[1] + 10, 90, ""))
    names = ["model", "rule", "estimate_low", "estimate_high", "conf_low", "conf_high"]
    return pd.DataFrame(rows, columns=[*names, "n_obs", "note"])


def test_the_sentence_on_rules_counts_moves_and_ranges() -> None:
    """Two models by hand: one keeps its sign, the other does not."""
    firm, loose = ("a", (20, 22, 24), (5, 60)), ("b", (-15, 3, 1), (-80, 70))
    text = meaning(rules_table(firm, loose))
    assert "moves an estimate by at most 18.0" in text
    assert "stated rule in 1 of 2 models." in text
    assert "1 of 2 ranges lie on both sides of zero: there even the sign rests" in text
    assert "no sign depends on what was not reported" in meaning(rules_table(firm))


def test_a_rule_that_cannot_be_followed_is_named_and_left_out_of_the_count() -> None:
    table = rules_table(("a", (20, 22, 24), (5, 60)))
    table.loc[2, ["estimate_low", "estimate_high", "conf_low", "conf_high"]] = np.nan
    assert side_by_side(table)["weighted by inverse probability"].tolist() == [UNKNOWN]
    assert "at most 2.00" in meaning(table)
