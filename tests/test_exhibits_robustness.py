"""Exhibits of robustness: words come from the numbers, and other data give other words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coopanalysis.checks import Checks, ask, run_checks
from coopanalysis.checks.space import PLAIN
from coopanalysis.display.html import Output, csv_text
from coopanalysis.display.sentences import (
    format_count,
    format_interval,
    format_number,
    format_share,
)
from coopanalysis.exhibits import robustness
from coopanalysis.exhibits.robustness.curve import csv_of, drawn_choices
from coopanalysis.exhibits.robustness.many import errors_in_words
from coopanalysis.exhibits.robustness.reports import meaning
from coopanalysis.panel import Panel
from panel_samples import with_tables

POLICY, OUTCOME, YEAR, QUALITY = "holds_on_detainer", "person_offenses_per_100k", 2023, 2
FEW = {"curve_permutations": 9, "placebo_permutations": 49}
SHOWN: tuple[Callable[[Checks], Output], ...] = tuple(
    getattr(robustness, name) for name in robustness.__all__ if name != "show_coverage"
)


@pytest.fixture(scope="module")
def checks(demo: Panel) -> Checks:
    return run_checks(ask(demo, OUTCOME, POLICY, YEAR, QUALITY), **FEW)


@pytest.fixture(scope="module")
def other(demo: Panel) -> Checks:
    """The same counties with rates that somebody else drew."""
    rng = np.random.default_rng(7)
    rates = demo.county_year[OUTCOME]
    years = demo.county_year.assign(**{OUTCOME: (rates * rng.uniform(0.2, 1.8, len(rates)))})
    return run_checks(
        ask(with_tables(demo, county_year=years), OUTCOME, POLICY, YEAR, QUALITY), **FEW
    )


def numbers(text: str) -> list[str]:
    return re.findall(r"[−]?\d[\d,]*(?:\.\d+)?", text)


@pytest.mark.parametrize("show", SHOWN, ids=lambda show: show.__name__)
def test_every_exhibit_is_composed_and_complete(
    show: Callable[[Checks], Output], checks: Checks
) -> None:
    shown = show(checks)
    assert numbers(shown.text)
    for wrong in ("nan", "NaN", "holds_on_detainer", "_10_points", "per_100k", "inf"):
        assert wrong not in re.sub(r"data:[^\"]*", "", shown.html), wrong
    assert "Simulated" in shown.html or shown.slot


@pytest.mark.parametrize("show", SHOWN, ids=lambda show: show.__name__)
def test_other_data_give_other_words(
    show: Callable[[Checks], Output], checks: Checks, other: Checks
) -> None:
    unchanged = {"show_samples", "show_balance", "show_overlap"}
    same = show(checks).text == show(other).text
    assert same == (show.__name__ in unchanged), "balance and gaps do not depend on the rates"


def test_the_headline_counts_what_stands_in_the_checks(checks: Checks) -> None:
    text = robustness.headline(checks).text
    summary, curve = checks.summary, checks.curve.summary
    others = summary[~summary["is_main"]]
    told = int(((others["conf_low"] > 0) | (others["conf_high"] < 0)).sum())
    own = others[~others["term"].isin(["Errors CR2", "Wild cluster bootstrap", PLAIN])]
    same = int((own["estimate"] > 0).sum())
    assert len(own) == len(others) - 3
    worst = checks.rules.set_index("rule").loc["worst case"]
    for words in (
        f"{len(own)} other estimates, {same} have its sign; with 3 more that differ in their "
        f"errors alone, {told} of {len(others)} intervals leave out zero",
        f"{format_count(curve['n_specifications'])} specifications, "
        f"{format_share(curve['share_positive'])} lie above zero",
        f"median of {format_number(curve['median'])}",
        f"{format_number(worst['estimate_low'])} and {format_number(worst['estimate_high'])}",
        "an association, not an effect",
    ):
        assert words in text


def test_limits_count_the_gaps(checks: Checks) -> None:
    text = robustness.limits(checks).text
    question = checks.question
    out = len(question.frame) - len(question.used)
    assert f"{format_count(out)} of {format_count(len(question.frame))} counties" in text
    both = checks.full_reports.dropna(subset=["estimate_full", "estimate_seen"])
    turned = int((both["estimate_full"] * both["estimate_seen"] <= 0).sum())
    assert f"{turned} of {len(both)} balanced or spatial estimates change sign" in text


def test_the_meaning_of_missing_reports_follows_the_bounds(checks: Checks) -> None:
    text = meaning(checks)
    worst = checks.rules.set_index("rule").loc["worst case"]
    assert (
        f"{format_number(worst['estimate_low'])} to {format_number(worst['estimate_high'])}" in text
    )
    assert "on both sides of zero" in text
    assert "Even the sign of the difference thus rests on the assumption" in text
    rules = checks.rules.assign(estimate_low=checks.rules["estimate_high"].abs())
    sure = meaning(replace(checks, rules=rules.assign(estimate_high=rules["estimate_low"] + 1)))
    assert "above zero throughout" in sure
    assert "does not depend on what was not reported" in sure


def test_the_rules_that_gave_a_number_are_counted(checks: Checks) -> None:
    assert "All three of the rules that take reports as they came" in meaning(checks)
    unknown = checks.rules["estimate_low"].where(checks.rules["rule"] != "full coverage")
    rules = checks.rules.assign(estimate_low=unknown, estimate_high=unknown)
    assert "Two of the rules that take reports" in meaning(replace(checks, rules=rules))


def test_oster_says_when_the_bound_has_the_other_sign(checks: Checks) -> None:
    assert checks.unseen.oster is not None
    for bound, words in (
        (30.0, "away from zero"),
        (2.0, "towards zero"),
        (-30.0, "across zero"),
        (np.nan, "no estimate would be consistent"),
    ):
        oster = replace(checks.unseen.oster, long=10.0, bound=bound)
        changed = replace(checks, unseen=replace(checks.unseen, oster=oster))
        assert words in robustness.show_unseen(changed).text


def test_each_hypothesis_of_the_family_has_its_interval(checks: Checks) -> None:
    text = robustness.show_family(checks).text
    main = checks.question.row
    assert f"({format_interval(main['conf_low'], main['conf_high'])})" in text


def test_words_on_few_clusters_say_when_the_error_decides(checks: Checks) -> None:
    assert "All 5 intervals leave out zero" in errors_in_words(checks.errors)
    mixed = checks.errors.copy()
    mixed.loc[0, "conf_low"] = -1.0
    assert "4 of 5 intervals leave out zero: the type of error decides" in errors_in_words(mixed)
    assert f"{format_number(mixed.loc[2, 'df'], 1)} degrees of freedom" in errors_in_words(mixed)


def test_the_curve_draws_every_choice_once_and_carries_its_data(checks: Checks) -> None:
    table = checks.curve.table
    choices = drawn_choices(table)
    for name, values in choices.items():
        assert set(values) == set(table[name].astype("str"))
        assert len(set(values.values())) == len(values)
    data = csv_of(table)
    assert len(data) == len(table)
    assert len(csv_text(data)) < 300_000
    text = robustness.show_choices(checks).text
    for values in choices.values():
        assert all(label in text for label in values.values())


def test_a_curve_of_all_measures_of_agreements_fits_its_file(checks: Checks) -> None:
    many = pd.concat([checks.curve.table] * 3)
    many = many.assign(policy="jail_enforcement_latest_list", estimate=-1234.56)
    assert len(many) >= 3_120
    assert len(csv_text(csv_of(many))) < 300_000


def test_an_agreement_is_described_by_its_list(demo: Panel) -> None:
    listed = run_checks(ask(demo, OUTCOME, "agreement_latest_list", YEAR, QUALITY), **FEW)
    text = robustness.limits(listed).text + robustness.show_placebo_policies(listed).text
    assert "counties that had signed by then are left out" in text
    assert "Agreements signed after 2023" in text
    assert "On latest list" in robustness.show_choices(listed).text
