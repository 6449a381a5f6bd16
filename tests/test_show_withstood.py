"""What an estimate withstands, as shown: words come from the numbers, others give other words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from coopanalysis import display
from coopanalysis.display.checks import drawn_choices, drawn_data
from coopanalysis.display.figures.show import MOST_CSV_BYTES
from coopanalysis.display.html import Output, csv_text
from coopanalysis.display.missing_reports import UNKNOWN, describe_rules, meaning, side_by_side
from coopanalysis.display.page import LEFT_OUT
from coopanalysis.display.sentences import format_count, format_interval, format_number
from coopanalysis.errors import UsageError
from coopanalysis.models import (
    Balanced,
    ConfoundingSensitivity,
    Estimates,
    SpatialComparison,
    SpecificationCurve,
    adjust_family,
    assess_unseen,
    compare_balanced,
    compare_in_space,
    cross_choices,
    draw_curve,
    equivalence,
    find_neighbours,
    fit,
    follow_rules,
    leave_out,
    specification_curve,
    wild_joint_test,
)
from coopanalysis.models.missing_reports import POINT_RULES
from coopanalysis.panel import Panel

pytestmark = pytest.mark.slow

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
    unseen: ConfoundingSensitivity
    space: SpatialComparison
    dealt: SpecificationCurve
    curve: SpecificationCurve
    family: pd.DataFrame
    checks: pd.DataFrame
    without: pd.DataFrame
    joint: dict[str, float | str]

    @property
    def again(self) -> Balanced:
        """Balanced estimates of full reporters: here those of all, but for the first."""
        return replace(self.balanced, estimates=self.balanced.estimates.iloc[1:])


def some_counties(data: Panel) -> pd.DataFrame:
    """Counties of every other state: models in space take four times as long for all."""
    counties = data.counties(YEAR)
    chosen = sorted(set(counties["state_fips"]))[::2]
    return counties[counties["state_fips"].isin(chosen)].reset_index(drop=True)


def results_of(data: Panel, change: float) -> Results:
    counties = some_counties(data)
    rng = np.random.default_rng(7)
    rate = data.usable_rate(counties, OUTCOME)
    counties[OUTCOME] = rate * rng.uniform(1 - change, 1 + change, len(rate))
    return results_from(data, counties)


def results_from(data: Panel, counties: pd.DataFrame) -> Results:
    promised = counties["reporting_quality"].map({1: 1.0, 2: 0.8, 3: 0.0})
    counties["coverage"] = promised.where(counties[OUTCOME].notna(), 0.0)
    errors = {"vcov": "CR1", "cluster": "state_fips"}
    main = fit(FORMULA, counties, **errors)
    spec = main.spec
    full = counties.loc[counties["coverage"] == 1, OUTCOME]
    near = find_neighbours(data.boundaries["geometry"], data.boundaries["county_fips"])
    balanced = compare_balanced(spec, counties)
    choices = {
        "Counties": {"All counties": {}, "10,000 or more": {"sample": "population_count > 1e4"}},
        "Weights": {"Counties equal": {}, "By residents": {"weights": "population_count"}},
    }
    rows = {"Main design": main.row, "Twin": main.row}
    rows |= dict(balanced.estimates.set_index("label").iterrows())
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
        checks=display.collect_checks(rows, {"all": list(rows)}, errors_only=["Twin"]),
        joint=wild_joint_test(main, [POLICY], n_draws=99),
        without=leave_out(spec, counties, "state"),
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
    "balanced": lambda r, data: display.show_balanced_estimates(r.balanced, r.main, data=data),
    "bounds": lambda r, data: display.show_bounds(r.rules, r.main, data=data),
    "unseen": lambda r, data: display.show_unseen(r.unseen, r.main, margin=50.0, data=data),
    "benchmarks": lambda r, data: display.show_benchmarks(r.unseen, r.main, data=data),
    "placebo outcomes": lambda r, data: display.show_placebo_outcomes(
        {"Before": r.main}, r.main, joint=r.joint, dealt=r.dealt, data=data
    ),
    "later signers": lambda r, data: display.show_later_signers(
        {"Before": r.main, "After": r.main}, {"Before": 0.2, "After": 0.6}, data=data
    ),
    "leave one out": lambda r, data: display.show_leave_one_out(r.without, r.main, data=data),
    "spatial": lambda r, data: display.show_spatial(r.space, r.main, data=data),
    "balanced beside full reporters": lambda r, data: display.show_balanced_estimates(
        r.balanced, r.main, again=r.again, data=data
    ),
    "spatial beside full reporters": lambda r, data: display.show_spatial(
        r.space, r.main, again=r.space, data=data
    ),
    "curve": lambda r, data: display.show_curve(r.curve, r.main, data=data),
    "choices": lambda r, data: display.show_curve_choices(r.curve, r.main, data=data),
    "family": lambda r, data: display.show_family(r.family, r.main, data=data),
    "checks": lambda r, data: display.show_checks(r.checks, r.main, known=80.0, data=data),
}
OF_COVARIATES = {"balance"}
BARE_INTERVAL = re.compile(r"\d \(\W?[\d.,]+ to \W?[\d.,]+\)")
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
    prose = re.sub(r"<tbody>.*?</tbody>", "", html, flags=re.DOTALL)
    assert not BARE_INTERVAL.search(prose), "an interval stands without its level"
    assert "95%" in prose or not BARE_INTERVAL.search(html)
    same = shown.text == SHOWN[name](other, demo).text
    assert same == (name in OF_COVARIATES)


@pytest.fixture(scope="module")
def nothing(demo: Panel) -> Results:
    """The same counties with rates that have nothing to do with anything."""
    rng = np.random.default_rng(3)
    counties = some_counties(demo)
    counties[OUTCOME] = rng.normal(900, 100, len(counties))
    return results_from(demo, counties)


def test_signs_of_other_estimates_are_counted_only_where_there_is_one(
    results: Results, nothing: Results
) -> None:
    own = results.checks[2:]
    assert display.describe_checks(results.checks).startswith(
        f"of {len(own)} other estimates, {int((own['estimate'] > 0).sum())} have the sign of"
    )
    said = display.describe_checks(nothing.checks)
    assert "sign" not in said
    assert "the main interval holds zero" in said
    assert said.endswith("with other errors, 1 of 1 intervals hold zero")


def test_a_null_is_not_called_robust(nothing: Results, demo: Panel) -> None:
    """Oster's delta and the robustness value ask what could undo a difference: there is none."""
    assert nothing.unseen.oster is not None
    text = SHOWN["unseen"](nothing, demo).text
    assert "do not apply" in text and "Oster's bound" not in text
    found = equivalence(nothing.main, 50.0)
    ends = (format_number(found.conf_low), format_number(found.conf_high))
    assert f"differences below {ends[0]} and above {ends[1]}" in text
    assert "Ruled out (two one-sided tests at 5%, a 90% interval)" in text
    assert f"is{' ' if found.is_equivalent else ' not '}shown to be smaller" in text


def test_an_e_value_that_cannot_be_given_says_why(results: Results, demo: Panel) -> None:
    unseen = replace(results.unseen, risk=None, risk_reason="no county reported.")
    text = display.show_unseen(unseen, results.main, margin=50.0, data=demo).text
    assert "no county reported." in text


def test_a_check_without_an_estimand_is_refused_and_one_without_an_estimate_left_out(
    results: Results,
) -> None:
    gone = results.main.row.copy()
    gone["estimate"] = np.nan
    rows = {"Main design": results.main.row, "Gone": gone}
    table = display.collect_checks(rows, {"all": ["Main design"], "some": ["Gone"]})
    assert table[["term", "estimand"]].to_numpy().tolist() == [["Main design", "all"]]
    with pytest.raises(UsageError, match="whom Gone is about"):
        display.collect_checks(rows, {"all": ["Main design"]})


def test_placebos_are_judged_together(results: Results, demo: Panel) -> None:
    """None of three could be told by itself, and all of them together could."""
    told, held = ({**results.joint, "p_value": p} for p in (0.02, 0.4))
    for joint, words in ((told, "taken together they differ"), (held, "cannot be told to either")):
        shown = display.show_placebo_outcomes(
            {"Before": results.main}, results.main, joint=joint, dealt=results.dealt, data=demo
        )
        assert words in shown.text


def test_later_signers_are_said_to_differ_only_where_all_tests_say_so(
    results: Results, nothing: Results, demo: Panel
) -> None:
    def said(one: Results, p_value: float) -> str:
        both = {"Before": one.main, "After": one.main}
        wild = {"Before": 0.5, "After": p_value}
        return display.show_later_signers(both, wild, data=demo).text

    assert "signed later differed from" in said(results, 0.001)
    assert "by one test and not by the other" in said(results, 0.3)
    assert "cannot be told to have differed" in said(nothing, 0.3)
    alone = display.show_later_signers({"Before": results.main}, {"Before": 0.5}, data=demo)
    assert alone.slot == LEFT_OUT


def test_pairs_that_tell_of_the_policy_are_counted(results: Results, demo: Panel) -> None:
    text = SHOWN["spatial"](results, demo).text
    assert 0 < results.space.n_pairs_differing < results.space.n_pairs
    assert f"only the {format_count(results.space.n_pairs_differing)} of them" in text


def test_rates_of_silent_police_have_a_unit(results: Results, demo: Panel) -> None:
    bounds = display.show_bounds(results.rules, results.main, data=demo).text
    for said in (bounds, display.describe_widest(results.rules, data=demo)):
        assert re.search(r"anywhere from \S+ to \S+ offences per 100,000 residents", said)


def test_the_meaning_of_the_rules_follows_the_bounds(results: Results) -> None:
    text = describe_rules(results.rules, results.main)
    assert "All three of the rules that take reports as they came" in text
    assert "2 of these 2 ranges lie on both sides of zero" in text
    assert "Even the sign of the difference thus rests on" in text
    low = results.rules["estimate_high"].abs()
    sure = describe_rules(
        results.rules.assign(estimate_low=low, estimate_high=low + 1), results.main
    )
    assert "0 of these 2 ranges" in sure
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
    unseen = replace(results.unseen, oster=oster)
    shown = display.show_unseen(unseen, results.main, margin=50.0, data=demo)
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
    single = results.without[results.without["n_groups"] == 1]
    most = single.loc[single["estimate"].idxmax()]
    assert f" to {format_number(most['estimate'])} ({most['group']})" in text
    assert f"Without one state of {len(single)}" in text


def test_a_model_that_is_missing_among_full_reporters_is_said_to_be(
    results: Results, demo: Panel
) -> None:
    text = SHOWN["balanced beside full reporters"](results, demo).text
    assert "cannot be estimated" in text
    row = results.again.estimates.iloc[0]
    assert f"{format_interval(row['conf_low'], row['conf_high'])}); {row['n_obs']:,}" in text


def test_the_curve_draws_every_choice_once_and_carries_its_data(results: Results) -> None:
    choices = drawn_choices(results.curve)
    assert list(choices) == ["Counties", "Weights"]
    assert set(choices["Weights"]) == {"Counties equal", "By residents"}
    data = drawn_data(results.curve, 1.0)
    assert len(data) == len(results.curve.table)


def test_table_and_file_of_the_curve_name_each_choice_in_full(
    results: Results, demo: Panel
) -> None:
    """A choice cut short, or one name for two of them, would say something else."""
    table, choices = results.curve.table, results.curve.choices
    data = drawn_data(results.curve, 1.0)
    shown = display.show_curve(results.curve, results.main, data=demo).html
    file = unquote(shown.split('href="data:text/csv;charset=utf-8,')[1].split('"')[0])
    for name, labels in choices.items():
        assert data[name].tolist() == table[name].tolist()
        for label in set(table[name]) & set(labels):
            assert f"<td>{label}</td>" in shown and label in file, label


def test_a_curve_of_thousands_fits_its_file(results: Results) -> None:
    table = pd.concat([results.curve.table] * 780, ignore_index=True)
    names = {f"Dimension {n}": ["All agencies report", "Most of them"] for n in range(7)}
    table = table.assign(**{name: values[0] for name, values in names.items()}, estimate=-1234.56)
    many = replace(results.curve, table=table, choices={**results.curve.choices, **names})
    assert len(table) == 3_120
    assert len(csv_text(drawn_data(many, 1.0))) < MOST_CSV_BYTES


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
