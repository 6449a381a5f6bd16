"""Models of balanced counties and of space on counties with full coverage only."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks.comparable import Comparable, compare
from coopanalysis.checks.question import Question, ask
from coopanalysis.checks.space import Space, look_around

FULL_QUALITY = 1
"""Reporting quality of a county all of whose agencies reported."""


def compare_full_reporters(
    question: Question, comparable: Comparable, space: Space
) -> pd.DataFrame:
    """Set each balanced and spatial estimate beside the same among full reporters.

    Counties are balanced, and neighbours found, anew among those with full coverage.

    Parameters
    ----------
    question : Question
        The question under its stated rule.
    comparable, space
        Estimates under the stated rule.

    Returns
    -------
    DataFrame, one row per model that could be estimated under the stated rule
        `label`, then `estimate, conf_low, conf_high, n_obs` with the suffixes `_seen` and
        `_full`; the latter are missing where no weights could be found among full reporters.

    Raises
    ------
    ModelError
        If a spatial model cannot be fitted to the full reporters.
    """
    full = ask(
        question.panel, question.outcome, question.policy, question.year, least_quality=FULL_QUALITY
    )
    seen = _stack(comparable, space)
    strict = _stack(compare(full), look_around(full))
    return seen.merge(strict, on="label", how="left", suffixes=("_seen", "_full"), validate="1:1")


def _stack(comparable: Comparable, space: Space) -> pd.DataFrame:
    both = pd.concat([comparable.estimates, space.estimates], ignore_index=True)
    return both[["label", "estimate", "conf_low", "conf_high", "n_obs"]]
