"""Balance, entropy balancing, matching and propensity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis.errors import ModelError
from coopanalysis.models import (
    balance_table,
    coarsened_exact_match,
    effective_sample_size,
    entropy_balance,
    overlap_table,
    propensity_scores,
)


@pytest.fixture
def counties() -> pd.DataFrame:
    random = np.random.default_rng(5)
    n = 500
    frame = pd.DataFrame({"x": random.normal(size=n), "kind": random.choice(list("abc"), n)})
    frame["treated"] = (frame["x"] + random.logistic(size=n) > 1).astype(int)
    return frame


def test_standardized_difference_by_hand() -> None:
    frame = pd.DataFrame({"t": [1, 1, 0, 0], "x": [3.0, 5.0, 1.0, 2.0]})
    row = balance_table(frame, "t", ["x"]).iloc[0]
    assert row["std_difference"] == pytest.approx((4 - 1.5) / np.sqrt((2 + 0.5) / 2))
    assert (row["n_treated"], row["n_control"], row["n_missing"]) == (2, 2, 0)


def test_missing_rows_are_counted_in_balance(counties: pd.DataFrame) -> None:
    counties.loc[:4, "x"] = np.nan
    assert (balance_table(counties, "treated", ["x", "kind"])["n_missing"] == 5).all()


def test_entropy_balancing_balances_means_and_variances(counties: pd.DataFrame) -> None:
    counties.loc[0, "x"] = np.nan
    result = entropy_balance(counties, "treated", ["x", "kind"], moments=2)
    assert result.balance["std_difference_weighted"].abs().max() < 1e-8
    assert result.weights.index.equals(counties.index)
    assert result.weights[0] == 0
    assert "1 rows left out" in result.notes[0]
    used = counties.assign(w=result.weights).dropna()
    treated, control = used[used["treated"] == 1], used[used["treated"] == 0]
    assert control["w"].sum() == pytest.approx(len(treated))
    mean = np.average(control["x"], weights=control["w"])
    spread = np.average((control["x"] - mean) ** 2, weights=control["w"])
    assert spread == pytest.approx(treated["x"].var(ddof=0), rel=1e-6)


def test_entropy_balancing_says_when_it_cannot(counties: pd.DataFrame) -> None:
    counties["far"] = counties["x"] + 100 * counties["treated"]
    with pytest.raises(ModelError, match="farthest: far"):
        entropy_balance(counties, "treated", ["far"])
    counties["only"] = counties["treated"]
    with pytest.raises(ModelError, match="only takes one value"):
        entropy_balance(counties, "treated", ["only"])


def test_treatment_has_to_be_two_groups(counties: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="0 and 1 only"):
        balance_table(counties, "x", ["kind"])
    with pytest.raises(ModelError, match="nobody to compare"):
        balance_table(counties.assign(treated=1), "treated", ["kind"])


def test_matching_on_categories_is_exact(counties: pd.DataFrame) -> None:
    result = coarsened_exact_match(counties, "treated", ["kind"])
    share = counties["kind"].value_counts(normalize=True)
    control = counties["treated"] == 0
    assert result.weights[control].sum() == pytest.approx(result.n_control)
    weighted = counties.assign(w=result.weights)
    for group in (0, 1):
        rows = weighted[weighted["treated"] == group]
        found = rows.groupby("kind")["w"].sum() / rows["w"].sum()
        treated = counties[counties["treated"] == 1]["kind"].value_counts(normalize=True)
        assert found[share.index].to_numpy() == pytest.approx(treated[share.index].to_numpy())


def test_a_value_on_a_cut_belongs_to_the_cell_above() -> None:
    frame = pd.DataFrame({"t": [1, 0, 0], "x": [10.0, 9.0, 11.0]})
    assert coarsened_exact_match(frame, "t", ["x"], {"x": [10]}).weights.tolist() == [1, 0, 1]


def test_no_common_cell_is_an_error(counties: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="no cell"):
        coarsened_exact_match(counties.assign(only=counties["treated"]), "treated", ["only"])


def test_effective_sample_size() -> None:
    assert effective_sample_size(np.ones(7)) == 7
    assert effective_sample_size(np.array([1.0, 0.0, 0.0])) == 1


def test_propensity_is_calibrated_and_keeps_missing(counties: pd.DataFrame) -> None:
    counties.loc[3, "x"] = np.nan
    counties.index = [f"county {number}" for number in range(500)]
    scores = propensity_scores(counties, "treated", ["x", "kind"])
    assert np.isnan(scores["county 3"])
    known = scores.notna()
    assert scores[known].mean() == pytest.approx(counties["treated"][known].mean())
    table = overlap_table(scores, counties["treated"])
    assert table["n_treated"].sum() + table["n_control"].sum() == 499
