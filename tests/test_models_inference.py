"""From estimate, error and degrees of freedom to p values and intervals, by printed tables."""

from __future__ import annotations

import numpy as np
import pytest

from coopanalysis.models.inference import inference_table, t_p_value, t_quantile

# Two-sided 5 % points of Student's t, as printed in any table; the last row is the normal's.
FIVE_PERCENT = [(1, 12.706), (2, 4.303), (5, 2.571), (30, 2.042), (np.inf, 1.960)]


@pytest.mark.parametrize(("df", "point"), FIVE_PERCENT)
@pytest.mark.parametrize("sign", [1, -1])
def test_two_sided_p_values_and_quantiles(df: float, point: float, sign: int) -> None:
    assert t_p_value(sign * point, df) == pytest.approx(0.05, abs=5e-5)
    assert t_quantile(0.975, df) == pytest.approx(point, abs=5e-4)


def test_missing_degrees_of_freedom_give_nothing() -> None:
    assert np.isnan(t_p_value(2.0, np.nan))
    assert np.isnan(t_quantile(0.975, np.nan))


def test_an_interval_reaches_as_far_on_both_sides() -> None:
    table, reach = (
        inference_table(["x"], [10.0], [2.0], [np.inf], n_obs=7, n_clusters=None),
        1.959964,
    )
    (row,) = table.to_dict("records")
    assert row["statistic"] == 5
    assert row["conf_low"] == pytest.approx(10 - 2 * reach, abs=1e-5)
    assert row["conf_high"] == pytest.approx(10 + 2 * reach, abs=1e-5)
