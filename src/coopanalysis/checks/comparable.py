"""Whether the compared counties are alike, and what is left of the difference once they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coopanalysis.associations import COVARIATE_TERMS, COVARIATES
from coopanalysis.checks.question import Question, policy_row, result_row
from coopanalysis.errors import ModelError
from coopanalysis.models import (
    Balancing,
    balance_table,
    coarsened_exact_match,
    effective_sample_size,
    entropy_balance,
    fit,
    overlap_table,
    propensity_scores,
)

THIRDS = (1 / 3, 2 / 3)
ENTROPY, MATCHED = "Entropy balancing", "Coarsened exact matching"


@dataclass(frozen=True)
class Comparable:
    """Balance before and after, sample sizes, overlap, and estimates on balanced counties.

    Attributes
    ----------
    balance : DataFrame, one row per covariate
        `label, before`, and one column of standardized differences per method that worked.
    samples : DataFrame, one row per method
        `method, n_treated, n_control, effective_controls, largest_difference, note`.
    overlap : DataFrame
        `low, high, n_treated, n_control` by the probability of the policy; empty where it cannot
        be modelled.
    estimates : DataFrame, one row per method and adjustment
        `label` and result columns.
    """

    balance: pd.DataFrame
    samples: pd.DataFrame
    overlap: pd.DataFrame
    estimates: pd.DataFrame

    @property
    def methods(self) -> list[str]:
        """Methods that found weights."""
        return [name for name in (ENTROPY, MATCHED) if name in self.balance]


def compare(question: Question) -> Comparable:
    """Weight the counties of the main design until they are alike, in two ways."""
    used = question.used
    cuts = {name: list(used[name].quantile(list(THIRDS))) for name in COVARIATE_TERMS}
    before = balance_table(used, question.policy, COVARIATE_TERMS)
    balance = pd.DataFrame(
        {"label": [one.label for one in COVARIATES], "before": before["std_difference"]}
    )
    n_control = int(before["n_control"].iloc[0])
    samples = [_sample_row("Before", int(before["n_treated"].iloc[0]), n_control, n_control)]
    samples[0]["largest_difference"] = float(balance["before"].abs().max())
    estimates = []
    for method in (ENTROPY, MATCHED):
        try:
            found = (
                entropy_balance(used, question.policy, COVARIATE_TERMS)
                if method == ENTROPY
                else coarsened_exact_match(used, question.policy, COVARIATE_TERMS, cuts)
            )
        except ModelError as error:
            samples.append({**_sample_row(method, 0, 0, 0), "note": str(error)})
            continue
        balance[method] = found.balance["std_difference_weighted"]
        samples.append(_balanced_row(method, found))
        estimates += _estimates(question, method, found)
    return Comparable(balance, pd.DataFrame(samples), _overlap(question), pd.DataFrame(estimates))


def _sample_row(method: str, treated: int, control: int, effective: float) -> dict[str, object]:
    return {
        "method": method,
        "n_treated": treated,
        "n_control": control,
        "effective_controls": effective,
        "largest_difference": np.nan,
        "note": "",
    }


def _balanced_row(method: str, found: Balancing) -> dict[str, object]:
    row = _sample_row(method, found.n_treated, found.n_control, found.effective_controls)
    largest = float(found.balance["std_difference_weighted"].abs().max())
    return {**row, "largest_difference": largest, "note": " ".join(found.notes)}


def _estimates(question: Question, method: str, found: Balancing) -> list[dict[str, object]]:
    """Weighted difference, and the same with covariates and state effects as well."""
    weighted = question.used.assign(_weight=found.weights)
    weighted = weighted[weighted["_weight"] > 0]
    rows = []
    for label, spec in (
        (method, replace(question.spec, controls=(), fixed_effects=(), weights="_weight")),
        (f"{method}, main design", replace(question.spec, weights="_weight")),
    ):
        estimates = fit(spec, weighted)
        size = effective_sample_size(weighted["_weight"].to_numpy(dtype=float))
        rows.append(result_row(policy_row(estimates), label=label, effective_n=size))
    return rows


def _overlap(question: Question) -> pd.DataFrame:
    used = question.used
    try:
        scores = propensity_scores(used, question.policy, COVARIATE_TERMS)
    except ModelError:
        return pd.DataFrame(columns=["low", "high", "n_treated", "n_control"])
    return overlap_table(scores, used[question.policy])
