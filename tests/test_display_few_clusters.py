"""What few and unlike states do to an estimate, and which of them make it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis import display
from coopanalysis.display.sentences import format_number
from coopanalysis.models import effective_clusters, equivalence, fit, leave_out, wild_joint_test
from coopanalysis.panel import Panel

ERRORS = {"vcov": "CR2", "cluster": "state_fips"}
MARGIN = 0.02
STATES = [f"S{at:02d}" for at in range(24)]


def counties(carriers: int) -> pd.DataFrame:
    """Counties of states; in the first ones the policy goes with the share, elsewhere not at all.

    The first states have it wherever the share is high; all others have it by a coin.
    """
    rng = np.random.default_rng(4)
    state = np.repeat(np.arange(len(STATES)), 60)
    share = rng.uniform(0, 0.2, len(state)) + 0.5 * (state < max(carriers, 2))
    coin = rng.random(len(state)) < 0.3
    has = np.where(state < carriers, True, coin)
    return pd.DataFrame(
        {
            "state_fips": [f"{60 + at}" for at in state],
            "state": [STATES[at] for at in state],
            "hispanic_share": share,
            "holds_on_detainer": has.astype(float),
        }
    )


@pytest.mark.parametrize("carriers", [1, 2])
def test_states_that_make_a_difference_are_named(demo: Panel, carriers: int) -> None:
    frame = counties(carriers)
    between = fit("holds_on_detainer ~ per(hispanic_share, 0.1)", frame, **ERRORS)
    without = leave_out(between.spec, frame, "state")
    said = display.describe_carriers(without, between, margin=MARGIN, data=demo)
    names = {1: ["S00"], 2: ["S00 and S01", "S01 and S00"]}[carriers]
    assert said.startswith(tuple(f"The estimate rests on {one}: it is " for one in names))
    assert format_number(100 * between.row["estimate"]) in said


def test_no_state_is_named_where_all_share_a_difference(demo: Panel) -> None:
    frame = counties(0)
    chance = 0.2 + 2 * frame["hispanic_share"].clip(upper=0.3)
    drawn = np.random.default_rng(2).random(len(frame)) < chance
    frame = frame.assign(holds_on_detainer=drawn.astype(float))
    within = fit("holds_on_detainer ~ per(hispanic_share, 0.1) | state_fips", frame, **ERRORS)
    without = leave_out(within.spec, frame, "state")
    said = display.describe_carriers(without, within, margin=MARGIN, data=demo)
    assert said.startswith("The estimate rests on no one state and no two")


def test_a_difference_within_the_margin_is_made_by_nobody(demo: Panel) -> None:
    frame = counties(0)
    between = fit("holds_on_detainer ~ per(hispanic_share, 0.1)", frame, **ERRORS)
    without = leave_out(between.spec, frame, "state")
    margin = 2 * abs(between.row["estimate"])
    said = display.describe_carriers(without, between, margin=margin, data=demo)
    assert "not asked which state makes it" in said


def test_a_state_that_wholly_has_the_policy_is_named_as_contributing_nothing() -> None:
    frame = counties(2)
    frame.loc[frame["state"] == "S05", "holds_on_detainer"] = 0.0
    within = fit("holds_on_detainer ~ hispanic_share | state_fips", frame, **ERRORS)
    said = display.describe_uniform(within, frame)
    assert "In 3 of 24 states there is nothing to compare" in said
    assert "every county has it in S00 and S01; no county has it in S05" in said
    has = frame["holds_on_detainer"]
    assert f"180 of 1,440 and 120 of the {has.sum():.0f} that have it, contribute nothing" in said
    everyone = frame[~frame["state"].isin(["S00", "S01", "S05"])]
    within = fit("holds_on_detainer ~ hispanic_share | state_fips", everyone, **ERRORS)
    assert "nothing to compare" not in display.describe_uniform(within, everyone)


def test_errors_bootstrap_and_effective_clusters_stand_beside_each_design(demo: Panel) -> None:
    frame = counties(2)
    formula = "holds_on_detainer ~ per(hispanic_share, 0.1)"
    linear = fit(formula, frame, **ERRORS)
    logit = fit(formula, frame, family="logit", vcov="CR1", cluster="state_fips")
    shown = display.show_few_clusters({"Linear": linear, "Logit": logit}, data=demo)
    row = next(line for line in shown.text.splitlines() if "Linear" in line)
    for figure in (
        f"24 ({effective_clusters(linear):.1f})",
        f"{wild_joint_test(linear, [linear.spec.treatment])['p_value']:.3f}",
        f"{linear.df[linear.spec.treatment]:.1f}",
        "CR2",
    ):
        assert figure in row
    of_logit = next(line for line in shown.text.splitlines() if "Logit" in line)
    assert "(" not in of_logit and " to " not in of_logit
    assert "no interval is given" in shown.text
    assert "Within" not in shown.text
    alone = display.show_few_clusters({"Linear": linear}, data=demo)
    assert "CR1" not in alone.text


def test_only_what_two_one_sided_tests_show_is_within_a_margin(demo: Panel) -> None:
    frame = counties(2)
    formula = "holds_on_detainer ~ per(hispanic_share, 0.1)"
    designs = {"Between": formula, "Within": f"{formula} | state_fips"}
    results = {name: fit(one, frame, **ERRORS) for name, one in designs.items()}
    margin = 2 * equivalence(results["Within"], 1.0).least_margin
    lines = display.show_few_clusters(results, margin=margin, data=demo).text.splitlines()
    rows = {name: next(one for one in lines if one.strip().startswith(name)) for name in designs}
    assert "yes" in rows["Within"]
    assert "not shown" in rows["Between"]
