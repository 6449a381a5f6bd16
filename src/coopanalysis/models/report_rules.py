"""One model under every rule for missing reports: those that trust the reports, and ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NotRequired

import pandas as pd

from coopanalysis.models.bounds import reporting_bounds
from coopanalysis.models.rate_bounds import Assumed, Limit
from coopanalysis.models.reporting import COLUMNS, point_rules
from coopanalysis.models.spec import ModelSpec

POINT_RULES = ("full coverage", "all as seen", "weighted by inverse probability")
"""Rules that give an estimate; the others give a range."""


class Range(Assumed):
    """What a range assumes of silent police: as `reporting_bounds` takes it."""

    lowest: Limit
    highest: Limit
    coverage: NotRequired[str]


class _Asked(Assumed):
    lowest: Limit
    highest: Limit
    coverage: str


def follow_rules(
    spec: ModelSpec,
    frame: pd.DataFrame,
    *,
    coverage: str,
    covariates: Sequence[str],
    ranges: Mapping[str, Range],
    groups: Sequence[str] = (),
    seen: str | None = None,
) -> pd.DataFrame:
    """One model by three rules that trust the reports, and one range for each assumption.

    Parameters
    ----------
    spec, frame, coverage, covariates, groups, seen
        As for `four_ways`.
    ranges : mapping of str to Range
        What is assumed of the rates of those who did not report, by its name: limits, and what
        differs from the defaults of `rate_bounds`; `coverage` is that of the rules unless given.

    Returns
    -------
    DataFrame, one row per rule and treatment term
        As of `four_ways`, and `lowest, highest`, missing where nothing is assumed.

    Raises
    ------
    ModelError
        As `four_ways`.
    """
    columns = [str(one["coverage"]) for one in ranges.values() if "coverage" in one]
    blocks = [
        point_rules(
            spec,
            frame,
            coverage=coverage,
            covariates=covariates,
            groups=groups,
            others=[*columns, *([seen] if seen else [])],
        )
    ]
    of_seen = replace(spec, outcome=seen or spec.outcome)
    for name, assumed in ranges.items():
        asked: _Asked = {"coverage": coverage, **assumed}
        found = reporting_bounds(of_seen, frame, **asked).assign(rule=name, note="")
        blocks.append(found[COLUMNS].assign(lowest=asked["lowest"], highest=asked["highest"]))
    return pd.concat(blocks, ignore_index=True)
