"""One model under every rule for missing reports: those that trust the reports, and ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from coopanalysis.models.bounds import Limit, four_ways, reporting_bounds
from coopanalysis.models.spec import ModelSpec

POINT_RULES = ("full coverage", "all as seen", "weighted by inverse probability")
"""Rules that give an estimate; the others give a range."""


def follow_rules(
    spec: ModelSpec,
    frame: pd.DataFrame,
    *,
    coverage: str,
    covariates: Sequence[str],
    limits: Mapping[str, tuple[Limit, Limit]],
) -> pd.DataFrame:
    """One model by three rules that trust the reports, and one range for each pair of limits.

    Parameters
    ----------
    spec, frame, coverage, covariates
        As for `four_ways`.
    limits : mapping of str to (lowest, highest)
        What is assumed of the rates of those who did not report, by its name.

    Returns
    -------
    DataFrame, one row per rule and treatment term
        As of `four_ways`, and `lowest, highest`, missing where nothing is assumed.

    Raises
    ------
    ModelError
        As `four_ways`.
    """
    first, *others = limits.items()
    name, (low, high) = first
    table = four_ways(
        spec, frame, coverage=coverage, covariates=covariates, lowest=low, highest=high
    )
    blocks = [table[table["rule"].isin(POINT_RULES)]]
    ranges = {name: table[~table["rule"].isin(POINT_RULES)]}
    for name, (low, high) in others:
        found = reporting_bounds(spec, frame, coverage=coverage, lowest=low, highest=high)
        ranges[name] = found.assign(note="")
    for name, block in ranges.items():
        low, high = limits[name]
        named = block.assign(rule=name)[table.columns]
        blocks.append(named.assign(lowest=low, highest=high))
    return pd.concat(blocks, ignore_index=True)
