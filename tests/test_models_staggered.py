"""Truths about policies that begin at different times, from the models there are.

Estimators for staggered adoption are not part of the package yet. What they are made of is: least
squares on differences, a logit, absorbed effects and their scores. These tests put them together
the long way, so that the truths T1 to T7 guard them already.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import special

import truth_data
from coopanalysis.models import ModelSpec, fit

TOLERANCE = 1e-5
COUNTY, YEAR, COHORT = "countyreal", "year", "first.treat"
NEVER = 0
TWO_WAY = ModelSpec("lemp", "on", fixed_effects=(COUNTY, YEAR), vcov="CR1", cluster=COUNTY)


def close(value: float) -> object:
    return pytest.approx(value, rel=TOLERANCE)


@pytest.fixture(scope="module")
def mpdta() -> pd.DataFrame:
    """Teen employment in 500 counties, 2003 to 2007; minimum wages rise in three cohorts."""
    return truth_data.mpdta()


def group_time(frame: pd.DataFrame, cohort: int, year: int, with_covariate: bool) -> tuple:
    """ATT of a cohort in a year, doubly robust, against the never treated; influence by county.

    Sant'Anna and Zhao (2020). Without covariates it is a difference of mean differences.
    """
    wide = frame.pivot_table(index=COUNTY, columns=YEAR, values="lemp")
    unit = frame.groupby(COUNTY)[["lpop", COHORT]].first()
    before = cohort - 1 if year >= cohort else year - 1
    used = unit[unit[COHORT].isin([cohort, NEVER])]
    data = used.assign(
        change=(wide[year] - wide[before])[used.index],
        treated=(used[COHORT] == cohort).astype(float),
    )
    treated, n = data["treated"].to_numpy(), len(data)
    x = np.column_stack([np.ones(n), data["lpop"]]) if with_covariate else np.ones((n, 1))
    controls = data[data["treated"] == 0]
    if with_covariate:
        outcome = fit(ModelSpec("change", "lpop", vcov="iid"), controls)
        chance = fit(ModelSpec("treated", "lpop", family="logit", vcov="iid"), data)
        predicted = x @ outcome.params.to_numpy()
        score = special.expit(chance.index)
        by_score = chance.scores @ chance.bread * n
    else:
        predicted = np.full(n, controls["change"].mean())
        score = np.full(n, treated.mean())
        by_score = np.zeros((n, 1))
    left = data["change"].to_numpy() - predicted
    inverse = np.linalg.inv(x.T @ (x * (1 - treated)[:, None]) / n)
    by_outcome = ((1 - treated) * left)[:, None] * x @ inverse
    compared = score * (1 - treated) / (1 - score)
    means = [float(np.average(left, weights=w)) for w in (treated, compared)]
    influence = (treated * (left - means[0]) - by_outcome @ (treated[:, None] * x).mean(axis=0)) / (
        treated.mean()
    )
    pull = (compared * (left - means[1]))[:, None] * x
    influence -= (
        compared * (left - means[1])
        + by_score @ pull.mean(axis=0)
        - by_outcome @ (compared[:, None] * x).mean(axis=0)
    ) / compared.mean()
    whole = pd.Series(influence / n, index=data.index).reindex(unit.index, fill_value=0.0)
    return means[0] - means[1], whole.to_numpy()


def average(frame: pd.DataFrame, cells: list[tuple[int, int]], covariate: bool = False) -> tuple:
    """Average over cells by the size of their cohort, and its error with that of the sizes."""
    cohort = frame.groupby(COUNTY)[COHORT].first().to_numpy()
    found = [group_time(frame, *cell, covariate) for cell in cells]
    effect = np.array([each[0] for each in found])
    member = np.column_stack([cohort == each[0] for each in cells]).astype(float)
    share = member.mean(axis=0)
    weight = share / share.sum()
    moved = (member - share) / share.sum() - np.outer((member - share).sum(axis=1), weight) / (
        share.sum()
    )
    influence = np.column_stack([each[1] for each in found]) @ weight + moved @ effect / len(cohort)
    return float(weight @ effect), influence


def size_of(influence: np.ndarray) -> float:
    return float(np.sqrt((influence**2).sum()))


COHORTS, YEARS = (2004, 2006, 2007), range(2004, 2008)
AFTER = [(cohort, year) for cohort in COHORTS for year in YEARS if year >= cohort]


def test_t1_simple_average_against_the_never_treated(mpdta: pd.DataFrame) -> None:
    """R did, att_gt and aggte(type = "simple")."""
    effect, influence = average(mpdta, AFTER)
    assert effect == close(-0.0399512752)
    assert size_of(influence) == close(0.0120340)


def test_t2_event_study(mpdta: pd.DataFrame) -> None:
    """R did, aggte(type = "dynamic"), years before by the year before them."""
    truth = {
        -3: 0.0305067,
        -2: -0.0005631,
        -1: -0.0244587,
        0: -0.0199318,
        1: -0.0509574,
        2: -0.1372587,
        3: -0.1008114,
    }
    found = {}
    for event, value in truth.items():
        cells = [(cohort, cohort + event) for cohort in COHORTS if cohort + event in YEARS]
        found[event] = average(mpdta, cells)
        # The table prints seven decimals.
        assert found[event][0] == pytest.approx(value, abs=6e-8)
    later = [found[event] for event in range(4)]
    assert np.mean([each[0] for each in later]) == pytest.approx(-0.0772398, abs=6e-8)
    assert size_of(np.mean([each[1] for each in later], axis=0)) == close(0.0199650)


def test_t3_one_cohort_in_one_year(mpdta: pd.DataFrame) -> None:
    """R did. Without covariates it is least squares on differences, with HC0's error."""
    for cell, effect, error in (
        ((2004, 2006), -0.1372587389, 0.0364357),
        ((2007, 2007), -0.0260544107, 0.0166554),
    ):
        found = group_time(mpdta, *cell, with_covariate=False)
        assert found[0] == close(effect)
        assert size_of(found[1]) == close(error)
        cohort, year = cell
        wide = mpdta.pivot_table(index=COUNTY, columns=YEAR, values="lemp")
        first = mpdta.groupby(COUNTY)[COHORT].first()
        data = pd.DataFrame({"change": wide[year] - wide[cohort - 1], "on": first == cohort})
        data = data[first.isin([cohort, NEVER])].astype(float)
        row = fit(ModelSpec("change", "on"), data).table.set_index("term").loc["on"]
        assert row["estimate"] == close(effect)
        assert row["std_error"] * np.sqrt(1 - 2 / len(data)) == close(error)


def test_t4_doubly_robust_with_a_covariate(mpdta: pd.DataFrame) -> None:
    """R did with xformla = ~lpop: a logit and least squares among the controls."""
    effect, influence = average(mpdta, AFTER, covariate=True)
    assert effect == close(-0.0417517721)
    assert size_of(influence) == close(0.0115028)


def test_t5_interactions_of_cohort_and_time(mpdta: pd.DataFrame) -> None:
    """R fixest, sunab: cohorts by years since, averaged by counts, clustered by county."""
    event = mpdta[YEAR] - mpdta[COHORT]
    cells = {
        f"c{cohort}_{year - cohort}": ((mpdta[COHORT] == cohort) & (mpdta[YEAR] == year))
        for cohort in COHORTS
        for year in range(2003, 2008)
        if year != cohort - 1
    }
    frame = mpdta.assign(**{name: cell.astype(float) for name, cell in cells.items()})
    first, *rest = cells
    estimates = fit(replace(TWO_WAY, treatment=first, controls=tuple(rest)), frame)

    def averaged(chosen: pd.Series) -> tuple[float, float]:
        weight = np.array([(cells[name] & chosen).sum() for name in estimates.params.index])
        weight = weight / weight.sum()
        variance = weight @ estimates.covariance.to_numpy() @ weight
        return float(weight @ estimates.params.to_numpy()), float(np.sqrt(variance))

    treated = mpdta[COHORT] != NEVER
    for chosen, effect, error in (
        (treated & (event >= 0), -0.0399512752, 0.0117963),
        (treated & (event == 0), -0.0199318168, 0.0118575),
        (treated & (event == 3), -0.1008113631, 0.0345043),
    ):
        found = averaged(chosen)
        assert found[0] == close(effect)
        assert found[1] == close(error)


def test_t6_imputation(mpdta: pd.DataFrame) -> None:
    """R didimputation: effects of county and year from the rows not treated yet."""
    on = ((mpdta[COHORT] != NEVER) & (mpdta[YEAR] >= mpdta[COHORT])).to_numpy()
    codes = [pd.factorize(mpdta[name])[0] for name in (COUNTY, YEAR)]
    design = np.hstack([np.eye(code.max() + 1)[code] for code in codes])[:, :-1]
    # The same effects as `fit` absorbs: its residuals among the untreated are these.
    outcome = mpdta["lemp"].to_numpy()
    solve = np.linalg.pinv(design[~on])
    left = outcome - design @ (solve @ outcome[~on])
    z = mpdta.assign(z=np.random.default_rng(1).normal(size=len(mpdta)))[~on]
    absorbed = fit(replace(TWO_WAY, treatment="z"), z)
    no_z = absorbed.sample.outcome - absorbed.index + 0.0
    slope = absorbed.params["z"]
    own = z["z"].to_numpy() - design[~on] @ (solve @ z["z"].to_numpy())
    assert no_z + slope * own == pytest.approx(left[~on], abs=1e-10)

    event = (mpdta[YEAR] - mpdta[COHORT]).to_numpy()
    cohort_year = mpdta[COHORT].astype(str) + "-" + mpdta[YEAR].astype(str)
    for chosen, effect, error in (
        (on, -0.0477099151, 0.0132225),
        (on & (event == 0), -0.0310669240, 0.0135772),
    ):
        share = chosen / chosen.sum()
        assert share @ left == close(effect)
        weight = share.copy()
        weight[~on] = -(share[on] @ design[on]) @ solve
        means = pd.Series(np.where(on, left, np.nan)).groupby(cohort_year.to_numpy())
        noise = np.where(on, left - means.transform("mean").to_numpy(), left)
        by_county = np.bincount(codes[0], weight * noise)
        assert size_of(by_county) == close(error)


@pytest.fixture(scope="module")
def castle() -> pd.DataFrame:
    """Castle doctrine laws; in force from the year they begin, as in bacondecomp.

    In causaldata `post` starts in the year after, which makes 21 rows differ.
    """
    frame = truth_data.castle()
    begun = frame["year"].where(frame["post"] == 1).groupby(frame["sid"]).transform("min") - 1
    changed = frame.assign(post=(frame["year"] >= begun).astype(float), later=frame["post"])
    assert (changed["post"] != changed["later"]).sum() == 21
    return changed


def test_t7_two_way_effects_and_what_they_are_made_of(castle: pd.DataFrame) -> None:
    """R bacondecomp: the coefficient, and the weights of its three kinds of comparison."""
    assert len(castle) == 550
    spec = ModelSpec("l_homicide", "post", fixed_effects=("sid", "year"), vcov="CR1", cluster="sid")
    row = fit(spec, castle).table.set_index("term").loc["post"]
    assert row["estimate"] == close(0.0818116169)
    assert row["std_error"] == close(0.0588742)

    # Goodman-Bacon (2021), theorem 1: shares of states and of years under the law.
    share = castle.groupby("sid")["post"].mean()
    size = share.value_counts(normalize=True)
    kinds = dict.fromkeys(("earlier-later", "later-earlier", "treated-untreated"), 0.0)
    for late, early in combinations(sorted(size.index), 2):
        both = size[late] * size[early]
        if late == 0:
            kinds["treated-untreated"] += both * early * (1 - early)
            continue
        kinds["earlier-later"] += both * (early - late) * (1 - early)
        kinds["later-earlier"] += both * late * (early - late)
    total = sum(kinds.values())
    truth = (0.0597633, 0.0318982, 0.9083386)
    for kind, weight in zip(kinds, truth, strict=True):
        assert kinds[kind] / total == pytest.approx(weight, abs=6e-8), kind
