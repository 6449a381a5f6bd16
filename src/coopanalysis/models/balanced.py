"""Whether compared rows are alike, and what is left of a difference once they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.comparability import balance_table, overlap_table, propensity_scores
from coopanalysis.models.design import read_column
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.fitting import fit
from coopanalysis.models.inference import result_row
from coopanalysis.models.matching import Balancing, coarsened_exact_match, entropy_balance
from coopanalysis.models.spec import ModelSpec

THIRDS = (1 / 3, 2 / 3)
ENTROPY, MATCHED = "Entropy balancing", "Coarsened exact matching"
BEFORE = "Before"
WEIGHT = "balancing_weight"


@dataclass(frozen=True)
class Balanced:
    """Balance before and after, sample sizes, overlap, and estimates on balanced rows.

    Attributes
    ----------
    balance : DataFrame, one row per covariate
        `covariate` (term), and standardized differences: "Before", and of each method that worked.
    samples : DataFrame, one row per method
        `method, n_treated, n_control, effective_controls, largest_difference, note`.
    overlap : DataFrame
        As of `overlap_table`; empty where the probability of treatment cannot be modelled.
    estimates : DataFrame, one row per method and adjustment
        `label`, result columns, `n_treated` and `effective_controls`, as of `Balancing`.
    fits : mapping of label to Estimates
        What the estimates are of.
    """

    balance: pd.DataFrame
    samples: pd.DataFrame
    overlap: pd.DataFrame
    estimates: pd.DataFrame
    fits: Mapping[str, Estimates]

    @property
    def methods(self) -> list[str]:
        """Methods that found weights."""
        return [name for name in (ENTROPY, MATCHED) if name in self.balance]


def compare_balanced(
    spec: ModelSpec,
    frame: pd.DataFrame,
    *,
    covariates: Sequence[str] = (),
    quantiles: Sequence[float] = THIRDS,
) -> Balanced:
    """Weight the rows of a model until both groups are alike, in two ways, and estimate again.

    Controls are weighted by entropy balancing, and by coarsened exact matching; with the weights
    stands the plain difference, and the model itself. A method that finds no weights, or a weighted
    design that cannot be fitted, says why in `samples`.

    Parameters
    ----------
    spec, frame : ModelSpec, DataFrame
        Least squares without weights, the treatment a column of zeros and ones; the index unique.
    covariates : sequence of str
        Terms in which the groups are to be alike; the controls of the spec if not given.
    quantiles : sequence of float
        Quantiles of each covariate over the rows used, at which matching cuts it.
    """
    used = frame.loc[fit(spec, frame).sample.rows]
    terms = list(covariates or spec.controls)
    cuts = {one: list(pd.Series(read_column(used, one)).quantile(list(quantiles))) for one in terms}
    before = balance_table(used, spec.treatment, terms)
    balance = pd.DataFrame({"covariate": terms, BEFORE: before["std_difference"]})
    n_treated, n_control = (int(before[name].iloc[0]) for name in ("n_treated", "n_control"))
    largest = float(balance[BEFORE].abs().max())
    samples: list[tuple[str, int, int, float, float, str]] = [
        (BEFORE, n_treated, n_control, n_control, largest, "")
    ]
    searches: dict[str, Callable[[], Balancing]] = {
        ENTROPY: lambda: entropy_balance(used, spec.treatment, terms),
        MATCHED: lambda: coarsened_exact_match(used, spec.treatment, terms, cuts),
    }
    fits: dict[str, Estimates] = {}
    estimates = []
    for method, search in searches.items():
        try:
            found = search()
        except ModelError as error:
            samples.append((method, 0, 0, 0, np.nan, str(error)))
            continue
        balance[method] = found.balance["std_difference_weighted"]
        largest = float(balance[method].abs().max())
        weighted, failed = _weighted(spec, used, method, found)
        sizes = (found.n_treated, found.n_control, found.effective_controls)
        samples.append((method, *sizes, largest, " ".join([*found.notes, *failed])))
        size = {"n_treated": found.n_treated, "effective_controls": found.effective_controls}
        estimates += [{**result_row(one.row, label=n), **size} for n, one in weighted.items()]
        fits |= weighted
    counts = ["method", "n_treated", "n_control", "effective_controls"]
    table = pd.DataFrame(samples, columns=[*counts, "largest_difference", "note"])
    overlap = _overlap(used, spec.treatment, terms)
    return Balanced(balance, table, overlap, pd.DataFrame(estimates), fits)


def _weighted(
    spec: ModelSpec, used: pd.DataFrame, method: str, found: Balancing
) -> tuple[dict[str, Estimates], list[str]]:
    """Weighted difference, and the same with controls and fixed effects; what cannot be fitted."""
    weighted = used.assign(**{WEIGHT: found.weights})
    weighted = weighted[weighted[WEIGHT] > 0]
    plain = replace(spec, controls=(), fixed_effects=(), weights=WEIGHT)
    designs = {method: plain, f"{method}, main design": replace(spec, weights=WEIGHT)}
    fits, failed = {}, []
    for label, one in designs.items():
        try:
            fits[label] = fit(one, weighted)
        except ModelError as error:
            failed.append(f"{label}: {error}")
    return fits, failed


def _overlap(used: pd.DataFrame, treatment: str, terms: Sequence[str]) -> pd.DataFrame:
    try:
        scores = propensity_scores(used, treatment, terms)
    except ModelError:
        return pd.DataFrame(columns=["low", "high", "n_treated", "n_control"])
    return overlap_table(scores, used[treatment])
