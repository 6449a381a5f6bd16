"""Estimates without one group, or several."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis.errors import ModelError
from coopanalysis.models import average_marginal_effects, fit, leave_out


@pytest.fixture
def frame() -> pd.DataFrame:
    """One group, c, has all of the association."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"g": np.repeat(list("abcd"), 50), "x": random.normal(size=200)})
    frame["y"] = 5 * frame["x"] * (frame["g"] == "c") + random.normal(size=200)
    frame["z"] = (frame["y"] + random.logistic(size=200) > 0).astype(float)
    frame.loc[3, "y"] = np.nan
    return frame


def test_each_group_is_left_out_once(frame: pd.DataFrame) -> None:
    table = leave_out("y ~ x", frame, "g")
    table = table[table["n_groups"] == 1]
    assert table["group"].iloc[0] == "c"
    assert sorted(table["group"]) == list("abcd")
    without = fit("y ~ x", frame[frame["g"] != "c"]).row
    first = table.iloc[0]
    assert first["estimate"] == pytest.approx(without["estimate"])
    change = without["estimate"] - fit("y ~ x", frame).row["estimate"]
    assert first["change"] == pytest.approx(change)
    counts = table.set_index("group")["left_out_count"].to_dict()
    assert counts == {"a": 49, "b": 50, "c": 50, "d": 50}


def test_the_two_that_carry_most_are_left_out_together(frame: pd.DataFrame) -> None:
    table = leave_out("y ~ x", frame, "g")
    single = table[table["n_groups"] == 1].sort_values("estimate")["group"]
    pairs = table[table["n_groups"] == 2]
    assert set(pairs["group"]) == {" and ".join(single[:2]), " and ".join(single[:-3:-1])}
    gone = frame["g"].isin(single[:2])
    lowest = pairs.set_index("group").loc[" and ".join(single[:2])]
    assert lowest["estimate"] == pytest.approx(fit("y ~ x", frame[~gone]).row["estimate"])


def test_a_rule_of_the_sample_is_asked_once_of_all_rows(frame: pd.DataFrame) -> None:
    rule = "x > x.median()"
    table = leave_out("y ~ x", frame, "g", ["a"], sample=rule)
    above = frame[(frame["x"] > frame["x"].median()) & (frame["g"] != "a")]
    assert table["estimate"].iloc[0] == pytest.approx(fit("y ~ x", above).row["estimate"])


def test_another_term_can_be_asked_about(frame: pd.DataFrame) -> None:
    wider = frame.assign(w=np.random.default_rng(2).normal(size=len(frame)))
    table = leave_out("y ~ x + w", wider, "g", ["a"], term="w")
    without = fit("y ~ w + x", wider[wider["g"] != "a"]).row
    assert table["estimate"].iloc[0] == pytest.approx(without["estimate"])


def test_several_groups_can_be_left_out_together(frame: pd.DataFrame) -> None:
    table = leave_out("y ~ x", frame, "g", ["a", ("a", "c")]).set_index("group")
    both = fit("y ~ x", frame[frame["g"].isin(["b", "d"])]).row
    assert table.loc["a and c", "conf_high"] == pytest.approx(both["conf_high"])
    assert table.loc["a and c", "left_out_count"] == 99


def test_other_families_are_told_in_the_unit_of_the_outcome(frame: pd.DataFrame) -> None:
    table = leave_out("z ~ x", frame, "g", ["b"], family="logit")
    one = average_marginal_effects(fit("z ~ x", frame[frame["g"] != "b"], family="logit"))
    assert table["estimate"].iloc[0] == pytest.approx(one["estimate"].iloc[0])


def test_a_group_without_which_nothing_is_left_says_why(frame: pd.DataFrame) -> None:
    only = frame.assign(x=frame["x"].where(frame["g"] == "a", 0.0))
    table = leave_out("y ~ x", only, "g").set_index("group")
    assert "does not vary" in table.loc["a", "note"]
    assert np.isnan(table.loc["a", "estimate"])
    with pytest.raises(ModelError, match="no row used has q in 'g'. There are: a, b, c, d"):
        leave_out("y ~ x", frame, "g", ["a", "q"])
