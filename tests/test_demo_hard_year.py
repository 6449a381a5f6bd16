"""The hard year of the demo: what is hidden in it, and which designs of the reports find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest

from coopanalysis.display.missing_reports import describe_known_range
from coopanalysis.models import (
    Estimates,
    fit,
    parse_formula,
    reporting_bounds,
    reporting_weights,
)
from coopanalysis.panel import Panel
from tools.demo import draws
from tools.demo.crime import make_crime, true_year
from tools.demo.policy import make_practices
from tools.demo.truth import EFFECTS, HARD_YEAR, STATE_COUNTIES_CENTRE, TRUTH, YEARS
from tools.demo.world import make_world

POLICY, REPORTED = "holds_on_detainer", "most_agencies_reported"
KINDS = dict(zip(EFFECTS, ("person", "property"), strict=False))
COVARIATES = (
    "per(hispanic_share, 0.1) + per(black_nonhispanic_share, 0.1) + per(poverty_pct, 10)"
    " + per(median_household_income_usd, 10000) + per(republican_share, 0.1)"
    " + log2(population_count)"
)
ERRORS = {"vcov": "CR2", "cluster": "state_fips"}
ALIKE = f"{POLICY} + {COVARIATES}"


def within_state(counties: pd.DataFrame, outcome: str, also: str = "") -> Estimates:
    """The main design of the reports, with further covariates."""
    return fit(f"{outcome} ~ {ALIKE}{also} | state_fips", counties, **ERRORS)


@pytest.fixture(scope="module", params=list(KINDS))
def outcome(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def counties(demo: Panel, outcome: str) -> pd.DataFrame:
    """Counties of the hard year as the reports have them, with what no report has beside."""
    frame = demo.counties(HARD_YEAR)
    hidden = pd.DataFrame(
        {"true_rate": true_year(HARD_YEAR).rate(KINDS[outcome])},
        index=make_world().counties["county_fips"],
    ).assign(unseen=make_practices()["leaning"].to_numpy())
    frame = frame.join(hidden, on="county_fips", validate="1:1")
    frame["floor"] = demo.usable_rate(frame, outcome, 3)
    frame[outcome] = demo.usable_rate(frame, outcome, 2)
    frame["full"] = frame["reporting_quality"].eq(1).fillna(False).astype(float)
    # The second flag promises no share of residents, and the third has a rate that is a floor.
    return frame.assign(coverage=frame["full"].where(frame["offenses_misplaced"] != 1, 0.0))


def holds(row: pd.Series, value: float) -> bool:
    return bool(row["conf_low"] <= value <= row["conf_high"])


def bounds_of(
    counties: pd.DataFrame, outcome: str, ends: tuple[float, float]
) -> tuple[float, float]:
    """Range of the main design's difference if each rate not wholly covered is a floor.

    `ends` are quantiles of full reporters, between which the rates of silent police lie.
    """
    lowest, highest = counties.loc[counties["full"] == 1, outcome].quantile(list(ends))
    row = reporting_bounds(
        parse_formula(f"floor ~ {ALIKE} | state_fips", **ERRORS),
        counties,
        coverage="coverage",
        lowest=lowest,
        highest=highest,
        denominator="all",
    ).iloc[0]
    return float(row["estimate_low"]), float(row["estimate_high"])


DESIGNS: dict[str, Callable[[pd.DataFrame, str], Estimates]] = {
    "raw": lambda rows, rate: fit(f"{rate} ~ {POLICY}", rows, **ERRORS),
    "covariates": lambda rows, rate: fit(f"{rate} ~ {ALIKE}", rows, **ERRORS),
    "within state": within_state,
    "within state, full coverage": lambda rows, rate: within_state(rows[rows["full"] == 1], rate),
}


@pytest.mark.parametrize("design", list(DESIGNS))
def test_designs_that_trust_the_reports_miss_the_truth(
    demo: Panel, counties: pd.DataFrame, outcome: str, design: str
) -> None:
    truth = demo.known_effect(outcome, POLICY, HARD_YEAR)
    assert truth is not None
    row = DESIGNS[design](counties, outcome).row
    assert not holds(row, truth)
    assert row["estimate"] < truth


def test_an_interval_of_the_main_design_can_leave_out_the_truth_and_zero(
    counties: pd.DataFrame,
    outcome: str,
) -> None:
    assert within_state(counties, outcome).row["conf_high"] < 0


def test_weights_for_reporting_with_the_state_do_not_mend_what_is_unseen(
    demo: Panel, counties: pd.DataFrame, outcome: str
) -> None:
    truth = demo.known_effect(outcome, POLICY, HARD_YEAR)
    weights = reporting_weights(counties, "full", ALIKE.split(" + "), groups=["state_fips"])
    used = counties.assign(weight=weights)[(weights > 0).to_numpy(dtype=bool)]
    row = fit(f"{outcome} ~ {ALIKE} | state_fips", used, weights="weight", **ERRORS).row
    assert truth is not None
    assert row["estimate"] < truth


@pytest.mark.parametrize("ends", [(0.25, 0.75), (0.01, 0.99)])
def test_bounds_by_the_right_identity_hold_the_truth_and_zero(
    demo: Panel, counties: pd.DataFrame, outcome: str, ends: tuple[float, float]
) -> None:
    truth = demo.known_effect(outcome, POLICY, HARD_YEAR)
    low, high = bounds_of(counties, outcome, ends)
    complete = within_state(counties, "true_rate").row["estimate"]
    for value in (truth, 0, complete):
        assert low <= value <= high


def test_a_page_says_whether_ranges_hold_the_known_effect() -> None:
    rules = pd.DataFrame(
        {
            "rule": ["all as seen", "worst case", "narrower"],
            "estimate_low": [-9.0, -200.0, -50.0],
            "estimate_high": [-9.0, 100.0, 10.0],
        }
    )
    (said,) = describe_known_range(80.0, rules)
    assert "effect of 80.0: inside 1 of these 2 ranges" in said
    assert describe_known_range(None, rules) == []
    assert describe_known_range(80.0, rules.head(1)) == []


def test_complete_reports_and_the_confounder_would_find_it(
    demo: Panel, counties: pd.DataFrame, outcome: str
) -> None:
    """Neither alone does: both what is silent and what is unseen hide the effect."""
    truth = demo.known_effect(outcome, POLICY, HARD_YEAR)
    assert truth is not None
    assert holds(within_state(counties, "true_rate", " + unseen").row, truth)
    assert not holds(within_state(counties, "true_rate").row, truth)
    seen = within_state(counties, outcome, " + unseen").row
    assert seen["estimate"] < within_state(counties, "true_rate", " + unseen").row["estimate"]


def test_who_reported_is_found_within_states(demo: Panel) -> None:
    row = within_state(demo.counties(HARD_YEAR), REPORTED).row
    truth = demo.known_effect(REPORTED, POLICY, HARD_YEAR)
    assert truth is not None
    assert holds(row, truth)


DRAWS = 10


@pytest.fixture
def draw_year(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], pd.DataFrame]]:
    """What draws the crime of the hard year anew from another seed."""

    def forget() -> None:
        true_year.cache_clear()
        make_crime.cache_clear()

    def draw(seed: int) -> pd.DataFrame:
        monkeypatch.setattr(draws, "SEED", seed)
        forget()
        crime = make_crime()
        return crime[crime["year"] == HARD_YEAR].set_index(make_world().counties["county_fips"])

    yield draw
    forget()


@pytest.mark.slow
def test_other_draws_of_the_year_say_the_same(
    demo: Panel, draw_year: Callable[[int], pd.DataFrame]
) -> None:
    """The same counties and practices, with offences and reporting of other seeds."""
    outcome, kind = next(iter(KINDS.items()))
    truth = TRUTH.hard.person_offenses.effect_per_100k
    held: dict[str, list[bool]] = {"main": [], "bounds": [], "complete": []}
    frame = demo.counties(HARD_YEAR).drop(columns=outcome)
    unseen = make_practices()["leaning"].to_numpy()
    for seed in range(DRAWS):
        drawn = draw_year(seed)
        drawn = drawn.assign(true_rate=true_year(HARD_YEAR).rate(kind), unseen=unseen)
        rows = frame.join(drawn, on="county_fips", validate="1:1")
        rows[outcome] = rows[kind].where(rows["quality"].between(1, 2))
        rows = rows.assign(floor=rows[kind], full=rows["quality"].eq(1).astype(float))
        rows["coverage"] = rows["full"]
        held["main"].append(holds(within_state(rows, outcome).row, truth))
        held["complete"].append(holds(within_state(rows, "true_rate", " + unseen").row, truth))
        low, high = bounds_of(rows, outcome, (0.25, 0.75))
        held["bounds"].append(low <= truth <= high)
    assert sum(held["main"]) <= 1
    assert sum(held["bounds"]) == DRAWS
    assert sum(held["complete"]) >= DRAWS - 2


# What is in the year


def test_effects_differ_between_counties_around_the_stated_mean() -> None:
    truth, holding = true_year(HARD_YEAR), make_practices()[POLICY].to_numpy() == 1
    for kind, process in (
        ("person", TRUTH.hard.person_offenses),
        ("property", TRUTH.hard.property_offenses),
    ):
        with_policy = truth.rate(kind)[holding]
        effect = with_policy - truth.without[kind][holding]
        # No rate is cut at zero, so that what was added is what is there.
        assert effect.mean() == pytest.approx(process.effect_per_100k, abs=1e-9)
        assert effect.std() > process.effect_sd
        assert with_policy.min() > 0


def test_the_confounder_is_of_counties_and_goes_with_the_policy() -> None:
    unseen = make_practices()["leaning"]
    state = make_world().counties["state_fips"]
    assert unseen.groupby(state).mean().abs().max() < 1e-9
    with_policy = make_practices()[POLICY] == 1
    assert unseen[with_policy].mean() - unseen[~with_policy].mean() > 0.5


def test_parts_of_reports_depend_on_the_policy() -> None:
    crime = make_crime()
    drawn = crime[crime["year"] == HARD_YEAR].reset_index(drop=True)
    part = drawn["person"] / true_year(HARD_YEAR).rate("person")
    holding, process = make_practices()[POLICY] == 1, TRUTH.hard.reporting
    assert part[drawn["quality"] == 1].sub(1).abs().max() < 1e-3
    for group, least in (
        (holding, process.least_part_with),
        (~holding, process.least_part_without),
    ):
        some = part[(drawn["quality"] == 2) & group]
        assert least - 1e-3 < some.min() < least + 0.05
        assert some.mean() == pytest.approx((1 + least) / 2, abs=0.03)


def test_states_explain_as_much_as_in_the_public_release() -> None:
    crime = make_crime()
    drawn = crime[crime["year"] == HARD_YEAR].reset_index(drop=True)
    state = make_world().counties["state_fips"]

    def between(values: pd.Series) -> float:
        groups = state[values.index]
        within = ((values - values.groupby(groups).transform("mean")) ** 2).sum()
        return float(1 - within / ((values - values.mean()) ** 2).sum())

    usable = drawn["quality"].between(1, 2)
    assert 0.15 < between(drawn.loc[usable, "person"]) < 0.21
    assert 0.15 < between(drawn["quality"].eq(1).astype(float)) < 0.21
    share = state[usable].value_counts(normalize=True)
    assert share.head(6).sum() > 0.5 > share.head(5).sum()
    counties = state.value_counts()
    assert np.log(counties[share.head(3).index] / STATE_COUNTIES_CENTRE).min() > 0


def test_the_easy_years_have_none_of_it() -> None:
    for year in set(YEARS) - {HARD_YEAR}:
        means = true_year(year).mean_effects()
        assert {name: mean for name, (mean, _) in means.items()} == pytest.approx(TRUTH.effects)
        assert all(spread < 0.01 for _, spread in means.values())
