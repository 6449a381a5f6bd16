"""Comparisons in which nothing should be found, and the estimate without each state."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coopanalysis.checks.question import Question, policy_row, result_row
from coopanalysis.errors import ModelError
from coopanalysis.models import fit, specification_curve

N_PERMUTATIONS = 499
FIRST_YEAR, LAST_YEAR = 2014, 2016


@dataclass(frozen=True)
class Placebos:
    """What is found where nothing should be.

    Attributes
    ----------
    outcomes : DataFrame, one row per placebo outcome, the real outcome last
        `label, is_placebo`, result columns in standard deviations of the outcome.
    future : DataFrame, at most one row
        Agreements signed after the year of the rates, against none: `label`, result columns in
        the outcome's own unit.
    future_note : str
        Why there is none, or whom it compares.
    permutation_p : float
        Share of permutations of the policy within states with a t statistic at least as large.
    n_permutations : int
        Permutations.
    without_state : DataFrame, one row per state left out
        `state`, result columns, `change` against the main estimate.
    """

    outcomes: pd.DataFrame
    future: pd.DataFrame
    future_note: str
    permutation_p: float
    n_permutations: int
    without_state: pd.DataFrame


def try_placebos(question: Question, n_permutations: int = N_PERMUTATIONS) -> Placebos:
    """Placebo outcomes, placebo policies, and every state left out once."""
    future, why = _future_agreements(question)
    curve = specification_curve(
        [question.spec], question.frame, n_permutations=n_permutations, within="state_fips"
    )
    return Placebos(
        outcomes=_outcomes(question),
        future=future,
        future_note=why,
        permutation_p=curve.summary["p_median"],
        n_permutations=n_permutations,
        without_state=_without_states(question),
    )


def _outcomes(question: Question) -> pd.DataFrame:
    """Characteristics from before the policy, on the counties that the main design uses."""
    used = question.used.merge(_earlier(question), on="county_fips", how="left", validate="1:1")
    labels = {
        "unemployment_pct": "Unemployment, 2013 to 2017",
        "population_growth": f"Growth of population, {FIRST_YEAR} to {LAST_YEAR}",
        "other_race_before": f"Share of other races, {FIRST_YEAR}",
        question.outcome: f"The outcome itself, {question.year}",
    }
    rows = []
    for name, label in labels.items():
        values = used[name].astype("float64")
        standard = used.assign(**{name: (values - values.mean()) / values.std()})
        row = policy_row(fit(replace(question.spec, outcome=name), standard))
        rows.append(result_row(row, label=label, is_placebo=name != question.outcome))
    return pd.DataFrame(rows)


def _earlier(question: Question) -> pd.DataFrame:
    """Growth of population (log) over two early years, and a share before them, by county."""
    years = question.panel.county_year.set_index(["county_fips", "year"])
    first, last = (
        years.xs(year, level="year")[["population_count", "other_race_share"]].astype("float64")
        for year in (FIRST_YEAR, LAST_YEAR)
    )
    growth = np.log(last["population_count"]) - np.log(first["population_count"])
    earlier = {"population_growth": growth, "other_race_before": first["other_race_share"]}
    return pd.DataFrame(earlier).reset_index()


def _future_agreements(question: Question) -> tuple[pd.DataFrame, str]:
    empty = pd.DataFrame()
    if not question.policy.startswith("agreement"):
        return empty, "The policy has no dates, so that later adopters cannot be told from earlier."
    signed = question.frame["agreement_signed_date"]
    later = signed.dt.year > question.year
    kept = question.frame[(question.frame[question.policy] == 0) & signed.isna() | later]
    kept = kept.assign(**{question.policy: later[kept.index].astype("float64")})
    note = (
        f"{int(later.sum())} counties whose agreement was signed after {question.year} against "
        "those without any; counties that had signed by then are left out."
    )
    try:
        estimates = fit(question.spec, kept)
    except ModelError as error:
        return empty, f"{note} It could not be estimated: {error}"
    row = policy_row(estimates)
    used = int(later[estimates.sample.rows].sum())
    note += f" {used} of those signed later have a usable rate and stand in the estimate."
    label = f"Agreements signed after {question.year}"
    return pd.DataFrame([result_row(row, label=label)]), note


def _without_states(question: Question) -> pd.DataFrame:
    used, rows = question.used, []
    main = float(question.row["estimate"])
    for state, inside in used.groupby("state"):
        row = policy_row(fit(question.spec, used.drop(index=inside.index)))
        change = float(row["estimate"]) - main
        rows.append(result_row(row, state=state, left_out_count=len(inside), change=change))
    return pd.DataFrame(rows)
