"""Smallest differences and equivalence, held to other programs and to what they promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind

from coopanalysis.errors import ModelError
from coopanalysis.models import average_marginal_effects, equivalence, fit, smallest_difference


def two_groups(random: np.random.Generator, n: int, shift: float) -> pd.DataFrame:
    policy = np.tile([0.0, 1.0], n // 2)
    return pd.DataFrame({"policy": policy, "rate": shift * policy + random.normal(size=n)})


def test_equivalence_is_that_of_statsmodels() -> None:
    frame = two_groups(np.random.default_rng(1), 40, 0.2)
    found = equivalence(fit("rate ~ policy", frame, vcov="iid"), 0.6)
    without, with_policy = (group["rate"] for _, group in frame.groupby("policy"))
    expected, low, high = ttost_ind(with_policy, without, -0.6, 0.6)
    assert found.p_value == pytest.approx(expected) == pytest.approx(max(low[1], high[1]))
    assert found.is_equivalent == (found.p_value < 0.05)


def test_the_least_margin_is_where_p_is_one_in_twenty() -> None:
    one = fit("rate ~ policy", two_groups(np.random.default_rng(2), 60, 0.4))
    found = equivalence(one, 1.0)
    assert equivalence(one, found.least_margin).p_value == pytest.approx(0.05)
    assert max(-found.conf_low, found.conf_high) == pytest.approx(found.least_margin)


@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 200])
def test_the_smallest_difference_is_told_as_often_as_promised(n: int) -> None:
    random = np.random.default_rng(3)
    # The error that the design has on average, since each sample estimates its own.
    plan = fit("rate ~ policy", two_groups(random, n, 0.0), vcov="iid")
    unit = smallest_difference(plan) / plan.row["std_error"]
    shift = unit * np.sqrt(4 / n)
    told = [
        stats.ttest_ind(*(group["rate"] for _, group in sample.groupby("policy"))).pvalue < 0.05
        for sample in (two_groups(random, n, shift) for _ in range(600))
    ]
    assert np.mean(told) == pytest.approx(0.8, abs=0.06)


def test_the_normal_multiplier_is_the_known_one() -> None:
    frame = two_groups(np.random.default_rng(4), 80, 0.0)
    frame["rate"] = (frame["rate"] > 0).astype(float)
    one = fit("rate ~ policy", frame, family="logit")
    error = average_marginal_effects(one)["std_error"].iloc[0]
    assert smallest_difference(one) / error == pytest.approx(2.8016, abs=1e-4)


def test_what_cannot_be_asked_is_refused() -> None:
    one = fit("rate ~ policy", two_groups(np.random.default_rng(5), 20, 0.0))
    with pytest.raises(ModelError, match="positive number, not 0"):
        equivalence(one, 0)
    with pytest.raises(ModelError, match="below 1, not 1"):
        smallest_difference(one, power=1)
    with pytest.raises(ModelError, match="'x' is not in the fit"):
        smallest_difference(one, "x")
