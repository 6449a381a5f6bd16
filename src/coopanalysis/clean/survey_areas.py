"""Which counties carry one and the same estimate, because survey areas are larger than they are.

Estimates from survey microdata come from areas of 100,000 residents and more laid over counties.
Counties of one area get the same numbers, some of them equal only to about fifteen digits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

RELATIVE_TOLERANCE = 1e-12


def survey_areas(frame: pd.DataFrame, values: Sequence[str]) -> pd.DataFrame:
    """Group the counties of each state and year that have the same set of values.

    Numbers are the same if they differ by less than `RELATIVE_TOLERANCE` of their size. Indexed
    like `frame`: `survey_area`, the smallest county code of the group, and
    `shared_counties_count`, 1 for a county alone (Int16). Both are missing where a value is.
    """
    whole = frame[list(values)].notna().all(axis=1)
    rows = frame.loc[whole]
    keys = [rows["county_fips"].str[:2], rows["year"]]
    keys += [pd.Series(_ranks(rows[name]), index=rows.index) for name in values]
    groups = rows["county_fips"].groupby(keys)
    return pd.DataFrame(
        {
            "survey_area": groups.transform("min").reindex(frame.index),
            "shared_counties_count": groups.transform("size").reindex(frame.index).astype("Int16"),
        }
    )


def _ranks(values: pd.Series) -> np.ndarray:
    """Number distinct values; neighbours closer than the tolerance have one number.

    Rounding would part two equal values that lie on the two sides of a rounding step.
    """
    numbers = values.to_numpy(dtype="float64")
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    steps = np.diff(ordered, prepend=ordered[:1]) > RELATIVE_TOLERANCE * np.abs(ordered)
    ranks = np.empty(len(numbers), dtype="int64")
    ranks[order] = np.cumsum(steps)
    return ranks
