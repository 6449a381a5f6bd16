"""Refuse errors that take one estimate, shared by several counties, for several."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from coopanalysis.catalog.tables import SHARED_BY
from coopanalysis.errors import ModelError

YEAR = "year"
STATES = ("state_fips", "state", "state_abbr")
"""Columns of states: no survey area crosses their borders."""


def check_shared(names: Iterable[str], kept: pd.DataFrame, cluster: str | None) -> None:
    """Raise if a column is one estimate for several rows, and errors are not clustered by it.

    Survey estimates come from areas that are larger than many counties. Which counties have one
    and the same estimate stands in a column of its own, which the catalog names. Clusters have to
    hold each area as a whole: the column itself, or a coarser one such as the state.

    Parameters
    ----------
    names : iterable of str
        Columns a model uses other than its clusters.
    kept : DataFrame
        Rows used: these columns, the clusters, and the areas and years if they are at hand.
    cluster : str or None
        Column that errors are clustered by.

    Raises
    ------
    ModelError
        Names the column, the number of areas and of rows, and what to cluster by.
    """
    for name in names:
        area = SHARED_BY.get(name)
        if area is None or cluster in (area, *STATES):
            continue
        remedy = f"Cluster by it: vcov='CR1', cluster={area!r}, or by the state."
        if area not in kept:
            raise ModelError(
                f"column {name!r} is one survey estimate for all counties of an area, and the "
                f"frame lacks the column {area!r} that tells which. Keep that column. {remedy}"
            )
        keys = [area, YEAR] if YEAR in kept else [area]
        n_areas = _count(kept, keys)
        if cluster is not None and _count(kept, [*keys, cluster]) == n_areas:
            continue
        if n_areas < len(kept):
            raise ModelError(
                f"column {name!r} is one survey estimate for all counties of an area: the "
                f"{len(kept)} rows used hold {n_areas} of them, told by {area!r}. Errors "
                f"{_words(cluster)} would count each several times. {remedy}"
            )


def _count(kept: pd.DataFrame, names: list[str]) -> int:
    return int((~kept.duplicated(names)).sum())


def area_columns(names: Iterable[str], frame: pd.DataFrame) -> list[str]:
    """Columns of the frame that tell which rows share the estimates of these columns."""
    areas = dict.fromkeys(SHARED_BY[name] for name in names if name in SHARED_BY)
    wanted = [*areas, YEAR] if areas else []
    return [name for name in wanted if name in frame.columns]


def _words(cluster: str | None) -> str:
    return f"clustered by {cluster!r}" if cluster else "without clusters"
