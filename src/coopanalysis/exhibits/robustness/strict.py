"""Exhibit of balanced and spatial models on counties with full coverage."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks import Checks
from coopanalysis.checks.full_reports import FULL_QUALITY
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    format_count,
    format_interval,
    format_number,
    is_missing,
    pluralise,
)
from coopanalysis.display.tables import show_table
from coopanalysis.errors import ModelError
from coopanalysis.exhibits.common import boundary_layouts, note
from coopanalysis.exhibits.robustness.words import source_of, unit_of

UNKNOWN = "cannot be estimated"
WHY_TWO = (
    "Two of the four rules are not given here. Weights for reporting have no place in the "
    "likelihood of the spatial models, and multiplied with balancing weights they would undo the "
    "balance. Bounds need an estimate that is linear in the rates for weights and neighbours that "
    "do not depend on who reported, and here both do."
)


def coverage_limits(checks: Checks) -> list[str]:
    """How many balanced and spatial estimates change sign where all agencies reported."""
    if checks.question.least_quality == FULL_QUALITY:
        return []
    try:
        kept, both = _same_signs(checks.full_reports)
    except ModelError as error:
        return [f"Balanced and spatial models cannot be held to full coverage: {error}"]
    return [
        f"{both - kept} of {pluralise(both, 'balanced or spatial estimate')} change sign when only "
        "counties with full coverage are compared."
    ]


def show_full_coverage(checks: Checks) -> Output:
    """Balanced and spatial estimates by the stated rule and with full coverage."""
    question = checks.question
    if question.least_quality == FULL_QUALITY:
        return note(f"The stated rule is full coverage already. {WHY_TWO}")
    try:
        table = checks.full_reports
    except ModelError as error:
        return note(f"No models on counties with full coverage: {error}")
    shown = pd.DataFrame(
        {
            "label": table["label"],
            **{
                rule: [_cell(row, rule) for _, row in table.iterrows()] for rule in ("full", "seen")
            },
            "counties": [
                f"{_count(row['n_obs_full'])} / {_count(row['n_obs_seen'])}"
                for _, row in table.iterrows()
            ],
        }
    )
    return show_table(
        shown,
        caption=f"Balanced and spatial models by coverage: difference in {unit_of(question)}",
        note=f"{_meaning(table)} In brackets 95% intervals, errors as where each model first "
        f"stands; counties in the order of the rules. {WHY_TWO}",
        source=source_of(question, *boundary_layouts(question.panel)),
        columns={
            "label": "Model",
            "full": "Full coverage only",
            "seen": "Stated rule, as reported",
            "counties": "Counties",
        },
    )


def _cell(row: pd.Series, rule: str) -> str:
    if is_missing(row[f"estimate_{rule}"]):
        return UNKNOWN
    interval = format_interval(row[f"conf_low_{rule}"], row[f"conf_high_{rule}"])
    return f"{format_number(row[f'estimate_{rule}'])} ({interval})"


def _count(value: object) -> str:
    return "none" if is_missing(value) else format_count(value)


def _meaning(table: pd.DataFrame) -> str:
    both = table.dropna(subset=["estimate_full", "estimate_seen"])
    signs, _ = _same_signs(table)
    moved = (both["estimate_full"] - both["estimate_seen"]).abs()
    half = (both["conf_high_seen"] - both["conf_low_seen"]) / 2
    return (
        f"With full coverage only, {signs} of {len(both)} estimates keep their sign; an estimate "
        f"moves by at most {format_number(moved.max())}, and by less than half its 95% interval "
        f"in {int((moved < half).sum())}."
    )


def _same_signs(table: pd.DataFrame) -> tuple[int, int]:
    both = table.dropna(subset=["estimate_full", "estimate_seen"])
    return int((both["estimate_full"] * both["estimate_seen"] > 0).sum()), len(both)
