"""A declared family of hypotheses, and what many tests do to its p values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

import pandas as pd

from coopanalysis.models.fitting import as_spec
from coopanalysis.models.formula import Options
from coopanalysis.models.multiple import adjust_p_values, romano_wolf
from coopanalysis.models.spec import ModelSpec

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
    designs : mapping of hypothesis to str or ModelSpec
        Formula or spec; all clustered by the same column, or none clustered.
    frame
        As for `fit`.
    terms : sequence of str, optional
        Terms tested in every design, each a hypothesis of its own; the treatment of each design
        if not given.
    **options
        As for `fit`.

    Returns
    -------
    DataFrame, one row per hypothesis
        `hypothesis` (of the mapping), the columns of `romano_wolf`, and `p_value_bh` (Benjamini
        and Hochberg). Without rows if there is no design.

    Raises
    ------
    ModelError
        As `romano_wolf`.
    """
    specs = {name: as_spec(model, **options) for name, model in designs.items()}
    asked = [(name, term) for name in specs for term in terms or [specs[name].treatment]]
    if not asked:
        return pd.DataFrame(columns=["hypothesis", "term", *ADJUSTED])
    table = romano_wolf([specs[name] for name, _ in asked], frame, [term for _, term in asked])
    adjusted = adjust_p_values(table["p_value"], "benjamini-hochberg")
    table.insert(0, "hypothesis", [name for name, _ in asked])
    return table.assign(p_value_bh=adjusted)
