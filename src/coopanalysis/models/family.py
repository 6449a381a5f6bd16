"""A declared family of hypotheses, and what many tests do to its p values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

import pandas as pd

from coopanalysis.models.fitting import as_spec
from coopanalysis.models.formula import Options
from coopanalysis.models.multiple import adjust_p_values, romano_wolf
from coopanalysis.models.spec import ModelSpec


def adjust_family(
    designs: Mapping[str, str | ModelSpec], frame: pd.DataFrame, **options: Unpack[Options]
) -> pd.DataFrame:
    """Test the treatment of every design, and adjust the p values for their number in three ways.

    Parameters
    ----------
    designs : mapping of hypothesis to str or ModelSpec
        Formula or spec; all clustered by the same column, or none clustered.
    frame, **options
        As for `fit`.

    Returns
    -------
    DataFrame, one row per hypothesis
        `hypothesis`, the columns of `romano_wolf`, and `p_value_bh` (Benjamini and Hochberg).

    Raises
    ------
    ModelError
        As `romano_wolf`.
    """
    specs = [as_spec(model, **options) for model in designs.values()]
    table = romano_wolf(specs, frame)
    adjusted = adjust_p_values(table["p_value"], "benjamini-hochberg")
    table.insert(0, "hypothesis", list(designs))
    return table.assign(p_value_bh=adjusted)
