"""The main estimate of a page, with what a referee asks about it first."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from coopanalysis import display, fit
from coopanalysis.display.main_estimate import BOOTSTRAP, read_main_estimate
from coopanalysis.errors import UsageError
from coopanalysis.models import (
    Estimates,
    equivalence,
    leave_out,
    smallest_difference,
    wild_cluster_bootstrap,
)
from coopanalysis.panel import Panel, load_release

OUTCOME = "person_offenses_per_100k"
POLICY = "holds_on_detainer"
NARROW = r"Ruled out \(two one-sided tests at 5%, a 90% interval\)"
FORMULA = f"{OUTCOME} ~ {POLICY} + log2(population_count) | state_fips"


@pytest.fixture(scope="module")
def demo() -> Panel:
    return load_release("demo")


@pytest.fixture(scope="module")
def counties(demo: Panel) -> pd.DataFrame:
    """Counties whose rates go with nothing but chance."""
    frame = demo.counties(2023)
    known = demo.usable_rate(frame, OUTCOME).notna()
    noise = np.random.default_rng(5).normal(1000, 100, len(frame))
    return frame.assign(**{OUTCOME: pd.Series(noise, frame.index).where(known)})


def by_state(frame: pd.DataFrame, formula: str = FORMULA) -> Estimates:
    return fit(formula, frame, vcov="CR2", cluster="state_fips")


def shown(frame: pd.DataFrame, demo: Panel, **options: object) -> str:
    main = by_state(frame)
    without = leave_out(main.spec, frame, "state")
    return display.show_main_estimate(main, leave_out=without, data=demo, **options).text  # type: ignore[arg-type]


def raised(frame: pd.DataFrame, size: float, states: list[str]) -> pd.DataFrame:
    """Counties of some states with the policy have more reported offences."""
    extra = size * frame[POLICY].fillna(0) * frame["state"].isin(states)
    return frame.assign(**{OUTCOME: frame[OUTCOME] + extra})


def largest_states(frame: pd.DataFrame) -> list[str]:
    used = frame.dropna(subset=[OUTCOME, POLICY])
    spread = used.groupby("state")[POLICY].var() * used.groupby("state").size()
    return list(spread.sort_values(ascending=False).index)


def test_figures_are_those_of_the_models(counties: pd.DataFrame, demo: Panel) -> None:
    main = by_state(counties)
    read = read_main_estimate(main, data=demo, margin=30.0)
    again = equivalence(main, 30.0)
    assert read.narrow == pytest.approx((again.conf_low, again.conf_high))
    assert read.smallest == pytest.approx(smallest_difference(main))
    assert read.claim.is_alike == again.is_equivalent
    wild = wild_cluster_bootstrap(main.spec, counties)
    assert read.p_values[BOOTSTRAP] == pytest.approx(wild.p_value)
    assert read.wild == pytest.approx((wild.conf_low, wild.conf_high))


def test_a_null_is_said_with_what_it_rules_out(counties: pd.DataFrame, demo: Panel) -> None:
    text = shown(counties, demo, margin=100.0)
    assert "cannot be told apart" in text
    assert "lies within the margin" in text
    assert "Alike within 100: yes, by the same two tests" in text
    low, high = re.search(rf"{NARROW}: differences below (\S+) and above (\S+) \(−", text).groups()  # type: ignore[union-attr]
    narrow = equivalence(by_state(counties), 1.0)
    assert [low.replace("−", "-"), high] == [f"{narrow.conf_low:.1f}", f"{narrow.conf_high:.1f}"]
    assert re.search(r"bootstrap: 95% interval −", text)
    assert "four times in five, by a test at 5%" in text
    assert "the interval holds zero each time" in text
    assert "decide" not in text
    narrow = shown(counties, demo, margin=1.0)
    assert "neither told apart nor shown to be alike" in narrow
    assert "Alike within 1.00: not shown by the same two tests; it would be within" in narrow


def test_what_is_ruled_out_is_said_in_a_sentence_too(counties: pd.DataFrame, demo: Panel) -> None:
    main = by_state(counties)
    said = display.describe_ruled_out(main, data=demo)
    assert re.fullmatch(
        r"Differences below −[\d.]+ and above [\d.]+ are ruled out by two one-sided tests at 5%\.",
        said,
    )
    ends = said.split(" are ")[0].lower()
    assert f"90% interval): {ends} (−" in display.show_main_estimate(main, data=demo).text


def test_one_state_that_makes_an_estimate_is_named(counties: pd.DataFrame, demo: Panel) -> None:
    state = largest_states(counties)[0]
    everywhere = raised(counties, 60.0, list(counties["state"].unique()))
    text = shown(everywhere, demo)
    assert "the interval leaves out zero without any one state" in text
    assert "decide" not in text
    one = raised(counties, 200.0, [state])
    main = fit(FORMULA, one, vcov="HC1")
    assert main.row["conf_low"] > 0
    without = leave_out(main.spec, one, "state")
    text = display.show_main_estimate(main, leave_out=without, data=demo).text
    assert f"One state decides: the interval holds zero without {state}." in text
    least = without[without["n_groups"] == 1].sort_values("estimate").iloc[0]
    assert least["group"] == state
    assert f"Without a state: from {least['estimate']:.1f} ({state})" in text


def test_two_states_that_make_an_estimate_together_are_named(
    counties: pd.DataFrame, demo: Panel
) -> None:
    first, second = largest_states(counties)[:2]
    both = raised(counties, 400.0, [first, second])
    table = leave_out(by_state(both).spec, both, "state")
    pairs = table[table["n_groups"] == 2]
    assert {f"{first} and {second}", f"{second} and {first}"} & set(pairs["group"])
    assert re.search(rf"without two as far as \S+ \(({first} and|{second} and)", shown(both, demo))


def test_results_without_states_of_another_estimate_are_refused(
    counties: pd.DataFrame, demo: Panel
) -> None:
    higher = raised(counties, 50.0, list(counties["state"].unique()))
    other = leave_out(by_state(higher).spec, higher, "state")
    with pytest.raises(UsageError, match="not of this estimate"):
        display.show_main_estimate(by_state(counties), leave_out=other, data=demo)


def test_a_logit_is_said_in_points_with_the_bootstrap_of_its_scores(
    counties: pd.DataFrame, demo: Panel
) -> None:
    term = "per(poverty_pct, 10)"
    logit = fit(f"{POLICY} ~ {term}", counties, family="logit", vcov="CR1", cluster="state_fips")
    read = read_main_estimate(logit, data=demo, margin=0.02)
    assert read.narrow is not None and read.smallest is not None
    assert read.narrow[0] < read.row["estimate"] < read.narrow[1]
    assert read.narrow[0] > read.row["conf_low"]
    assert 0 < read.p_values[BOOTSTRAP] <= 1
    assert (
        "Alike within 2.00 percentage points"
        in display.show_main_estimate(logit, margin=0.02, data=demo).text
    )


def test_differences_in_percent_have_no_margin(counties: pd.DataFrame, demo: Panel) -> None:
    relative = by_state(counties, FORMULA.replace(OUTCOME, f"log({OUTCOME})", 1))
    with pytest.raises(UsageError, match="not in percent"):
        display.show_main_estimate(relative, margin=0.05, data=demo)
    text = display.show_main_estimate(
        relative, leave_out=leave_out(relative.spec, counties, "state"), data=demo
    ).text
    low = float(np.expm1(equivalence(relative, 1.0).conf_low))
    assert f"differences below {'−' * (low < 0)}{abs(100 * low):.2f} and" in text
