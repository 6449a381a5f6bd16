"""Errors of pairs across borders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import stats

from coopanalysis.errors import ModelError
from coopanalysis.models import (
    ModelSpec,
    average_marginal_effects,
    border_pairs,
    dyadic_errors,
    find_neighbours,
    fit,
)
from coopanalysis.models.dyadic import at_least
from coopanalysis.models.ols import fit_ols
from coopanalysis.panel import Panel
from trust import LONG

DRAWS = 200 if LONG else 80
SPEC = ModelSpec(
    "y", "policy", controls=("x",), fixed_effects=("pair",), vcov="CR1", cluster="state"
)


@pytest.fixture
def pairs() -> pd.DataFrame:
    """A board of 12 by 12 places in 16 states of 3 by 3."""
    row, column = np.divmod(np.arange(144), 12)
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"place": np.arange(144), "state": row // 3 * 4 + column // 3})
    frame[["x", "y"]] = random.normal(size=(144, 2))
    frame["y"] += 2 * random.normal(size=16)[frame["state"]]
    frame["x"] += random.normal(size=16)[frame["state"]]
    frame["policy"] = random.integers(0, 2, 144).astype(float)
    board = [shapely.box(c, r, c + 1, r + 1) for r, c in zip(row, column, strict=True)]
    near = find_neighbours(board, frame["place"].tolist(), "rook")
    return border_pairs(frame, near, place="place", group="state")


def test_errors_are_those_of_leaving_groups_and_borders_out(pairs: pd.DataFrame) -> None:
    estimates = fit(SPEC, pairs)
    found = dyadic_errors(estimates, pairs, group="state")
    touched = pairs.groupby("pair")["state"].agg(frozenset)
    of_row = pairs["pair"].map(touched)
    names = list(estimates.params.index)

    def squares(keep: list[pd.Series]) -> np.ndarray:
        moves = [(fit(SPEC, pairs[one]).params - estimates.params)[names] for one in keep]
        return sum(np.outer(move, move) for move in moves)

    by_state = squares([~of_row.map(lambda one, s=s: s in one) for s in range(16)])
    by_border = squares([of_row != border for border in of_row.unique()])
    expected = at_least(by_state - by_border, by_border)
    assert found.covariance.to_numpy() == pytest.approx(expected, rel=1e-8)
    assert found.n_clusters == 16
    assert found.df["policy"] == 15
    assert found.row["estimate"] == estimates.row["estimate"]
    effects = average_marginal_effects(found, ["policy"])
    assert effects["std_error"][0] == pytest.approx(found.row["std_error"])


def test_units_and_order_do_not_matter(pairs: pd.DataFrame) -> None:
    one = dyadic_errors(fit(SPEC, pairs), pairs, group="state").row["std_error"]
    other = pairs.assign(x=1e5 * pairs["x"] + 7).sample(frac=1, random_state=1)
    again = dyadic_errors(fit(SPEC, other), other, group="state").row["std_error"]
    assert again == pytest.approx(one)


def test_a_variance_is_never_negative_nor_less_than_that_of_the_borders() -> None:
    borders = np.array([[4.0, 0.5], [0.5, 1.0]])
    good = np.array([[5.0, 1.0], [1.0, 2.0]])
    assert at_least(good, borders) == pytest.approx(good)
    small = at_least(np.array([[1.0, 1.0], [1.0, 2.0]]), borders)
    assert np.diag(small) == pytest.approx([4, 2])
    assert small[0, 1] == pytest.approx(2)
    assert at_least(-good, borders) == pytest.approx(borders)
    mended = at_least(np.array([[5.0, 4.0], [4.0, 2.0]]), borders)
    assert np.linalg.eigvalsh(mended).min() > -1e-12
    assert (np.diag(mended) >= [5, 2]).all()


def test_rows_without_their_other_side_say_nothing(pairs: pd.DataFrame) -> None:
    alone = pairs.copy()
    alone.loc[alone.index[0], "y"] = np.nan
    gone = alone[alone["pair"] != alone["pair"].iloc[0]]
    one, other = (dyadic_errors(fit(SPEC, rows), rows, group="state") for rows in (alone, gone))
    assert one.row["std_error"] == pytest.approx(other.row["std_error"])


def test_what_are_no_pairs_is_refused(pairs: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="needs least squares with fixed_effects"):
        dyadic_errors(fit("y ~ policy + x", pairs), pairs, group="state")
    with pytest.raises(ModelError, match="1 pairs have not one row on each of two sides"):
        first = pairs["pair"] == pairs["pair"].iloc[0]
        same = pairs.assign(state=pairs["state"].mask(first, 3))
        dyadic_errors(fit(SPEC, same), same, group="state")


@pytest.mark.slow
@pytest.mark.mirror
@pytest.mark.parametrize("state_shock", [0.0, 0.5, 1.0])
def test_intervals_of_border_pairs_hold_the_truth(
    public_release: Panel, state_shock: float
) -> None:
    """Truth 0 on the public release's border pairs: counties differ, and states do."""
    policy, rate = "agreement_latest_list", "person_offenses_per_100k"
    frame = public_release.counties(2023)
    frame["y"] = public_release.usable_rate(frame, rate, 2)
    spec = ModelSpec(
        "y",
        policy,
        controls=("hispanic_share", "poverty_pct", "republican_share"),
        fixed_effects=("pair",),
        vcov="CR1",
        cluster="state_fips",
    )
    used = frame.loc[fit(replace(spec, fixed_effects=("state_fips",)), frame).sample.rows]
    drawn = public_release.boundaries
    near = find_neighbours(drawn["geometry"], drawn["county_fips"])
    used = used[used["county_fips"].isin(near.ids)]
    pairs = border_pairs(used, near, place="county_fips", group="state_fips")
    sample = fit(spec, pairs).sample
    rows = pairs.loc[sample.rows]
    county, state = (pd.factorize(rows[name])[0] for name in ("county_fips", "state_fips"))
    random, held, found = np.random.default_rng(2), [], []
    for _ in range(DRAWS):
        outcome = random.normal(size=county.max() + 1)[county]
        outcome += state_shock * random.normal(size=state.max() + 1)[state]
        plain = fit_ols(spec, replace(sample, outcome=outcome))
        both = plain.row, dyadic_errors(plain, pairs, group="state_fips").row
        held.append([row["conf_low"] <= 0 <= row["conf_high"] for row in both])
        found.append((plain.row["estimate"], both[1]["std_error"]))
    by_state, dyadic = np.mean(held, axis=0)
    assert by_state < 0.93
    assert stats.binom.cdf(round(dyadic * DRAWS), DRAWS, 0.95) > 0.01
    estimate, error = np.transpose(found)
    assert error.mean() == pytest.approx(estimate.std(), rel=0.2)
