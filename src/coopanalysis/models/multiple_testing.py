"""Many tests at once: p values that allow for the number of hypotheses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Unpack

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.fitting import Options, as_spec, fit
from coopanalysis.models.spec import ModelSpec

Method = Literal["holm", "benjamini-hochberg"]


def adjust_p_values(p_values: ArrayLike, method: Method = "holm") -> Floats:
    """Adjust the p values of one family of hypotheses for their number.

    Holm (1979) holds the chance of any false finding; Benjamini and Hochberg (1995) the expected
    share of false ones among the findings.

    Parameters
    ----------
    p_values : array-like
        0 to 1; missing ones stay missing and do not count.
    method : {"holm", "benjamini-hochberg"}
        Which of the two.
    """
    values = np.asarray(p_values, dtype=float)
    if ((values < 0) | (values > 1)).any():
        raise ModelError("p values lie between 0 and 1.")
    if method not in ("holm", "benjamini-hochberg"):
        raise ModelError(f"method {method!r} is not known: holm or benjamini-hochberg.")
    known = np.flatnonzero(~np.isnan(values))
    adjusted = np.full(len(values), np.nan)
    order = known[np.argsort(values[known], kind="stable")]
    count = len(order)
    if method == "holm":
        steps = np.maximum.accumulate(values[order] * (count - np.arange(count)))
    else:
        ratios = values[order] * count / np.arange(1, count + 1)
        steps = np.minimum.accumulate(ratios[::-1])[::-1]
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def romano_wolf(
    specs: Sequence[ModelSpec],
    frame: pd.DataFrame,
    terms: Sequence[str] | None = None,
    *,
    n_draws: int = 9_999,
    seed: int = 20160,
) -> pd.DataFrame:
    """Adjust the tests of several models jointly, using how their estimates go together.

    Each test is put on one scale by its own p value, so that it keeps the degrees of freedom of its
    model: a hypothesis alone has the p value of its model.

    Step-down over the largest statistics. Draws multiply each cluster's (or row's) contribution to
    an estimate by a standard normal number, the same for all models, which keeps their dependence;
    rows that a model does not use contribute nothing to it. Signs instead would take few values
    where clusters are few. p values are (1 + count) / (1 + draws), never below the model's own.
    Romano and Wolf (2005), Econometrica; Chernozhukov, Chetverikov and Kato (2013), Annals of
    Statistics, for the multipliers.

    Parameters
    ----------
    specs, frame : sequence of ModelSpec, DataFrame
        Models of any family, all clustered by the same column, or none clustered; and their data.
    terms : sequence of str, optional
        One term of each model, the hypothesis being that it is zero; the treatments if not given.
    n_draws, seed : int
        Draws of multipliers, and their seed.

    Returns
    -------
    DataFrame, one row per hypothesis
        `outcome, term, estimate, statistic, p_value, conf_low, conf_high, n_obs` (of the model
        alone), `p_value_holm`, `p_value_romano_wolf`.
    """
    names = [spec.treatment for spec in specs] if terms is None else list(terms)
    if len(specs) != len(names) or not names:
        raise ModelError(f"{len(specs)} models and {len(names)} terms: give one term per model.")
    if len({spec.cluster for spec in specs}) > 1:
        raise ModelError("Romano-Wolf needs the same clusters in every model.")
    # Rows are matched by their index, so that every row needs its own.
    numbered = frame.reset_index(drop=True)
    pairs = [(fit(spec, numbered), name) for spec, name in zip(specs, names, strict=True)]
    rows = [_hypothesis(each, name) for each, name in pairs]
    shares = pd.concat([_contributions(each, name) for each, name in pairs], axis=1).fillna(0.0)
    moves = shares.to_numpy()
    size = np.sqrt((moves**2).sum(axis=0))
    table = pd.DataFrame(rows)
    drawn = _drawn_statistics(moves / size, n_draws, seed)
    single = table["p_value"].to_numpy(dtype=float)
    seen = -special.ndtri(single / 2)
    return table.assign(
        p_value_holm=adjust_p_values(table["p_value"], "holm"),
        p_value_romano_wolf=np.maximum(step_down(seen, drawn), single),
    )


def _drawn_statistics(moves: Floats, n_draws: int, seed: int, chunk: int = 500) -> Floats:
    random = np.random.default_rng(seed)
    drawn = np.empty((n_draws, moves.shape[1]))
    for start in range(0, n_draws, chunk):
        size = min(chunk, n_draws - start)
        drawn[start : start + size] = np.abs(random.normal(size=(size, len(moves))) @ moves)
    return drawn


def step_down(seen: Floats, drawn: Floats) -> Floats:
    """Step-down p values from absolute statistics (k,) and their draws under the null (b, k)."""
    order = np.argsort(-seen, kind="stable")
    largest = np.maximum.accumulate(drawn[:, order[::-1]], axis=1)[:, ::-1]
    counts = (largest >= seen[order]).sum(axis=0)
    p_values = np.maximum.accumulate((1 + counts) / (1 + len(drawn)))
    adjusted = np.empty(len(seen))
    adjusted[order] = p_values
    return adjusted


def _hypothesis(estimates: Estimates, term: str) -> dict[str, object]:
    row = estimates.row_of(term)
    if np.isnan(row["p_value"]):
        raise ModelError(f"term {term!r} has no error: {' '.join(estimates.notes)}")
    names = ["term", "estimate", "statistic", "p_value", "conf_low", "conf_high", "n_obs"]
    return {"outcome": estimates.spec.outcome, **{name: row[name] for name in names}}


def _contributions(estimates: Estimates, term: str) -> pd.Series:
    """What each cluster or row adds to the error of an estimate."""
    sample = estimates.sample
    values = estimates.scores @ estimates.bread[:, list(estimates.params.index).index(term)]
    if sample.clusters is None:
        return pd.Series(values, index=sample.rows)
    sums = np.bincount(sample.clusters, values)
    return pd.Series(sums, index=pd.Index(list(sample.cluster_levels)))


ADJUSTED = ("p_value_bh", "p_value_holm", "p_value_romano_wolf")
"""Columns of p values that allow for the number of hypotheses."""


def adjust_family(
    designs: Mapping[str, str | ModelSpec],
    frame: pd.DataFrame,
    terms: Sequence[str] | None = None,
    **options: Unpack[Options],
) -> pd.DataFrame:
    """Test hypotheses on several designs, and adjust the p values for their number in three ways.

    Parameters
    ----------
    designs, frame, **options
        As for `fit_each`; all clustered by the same column, or none clustered.
    terms : sequence of str, optional
        Terms tested in every design, each a hypothesis of its own; each design's treatment if not
        given.

    Returns
    -------
    DataFrame, one row per hypothesis
        `hypothesis` (the name of its design), the columns of `romano_wolf`, and `p_value_bh`
        (Benjamini and Hochberg). Without rows if there is no design.
    """
    specs = {name: as_spec(model, **options) for name, model in designs.items()}
    asked = [(name, term) for name in specs for term in terms or [specs[name].treatment]]
    if not asked:
        return pd.DataFrame(columns=["hypothesis", "term", *ADJUSTED])
    table = romano_wolf([specs[name] for name, _ in asked], frame, [term for _, term in asked])
    adjusted = adjust_p_values(table["p_value"], "benjamini-hochberg")
    table.insert(0, "hypothesis", [name for name, _ in asked])
    return table.assign(p_value_bh=adjusted)
