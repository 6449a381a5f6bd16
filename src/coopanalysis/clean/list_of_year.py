"""Bring codes of a file that uses one county list for all years into the list of each year.

Only a place that changed its code and nothing else is carried over. Units that were divided,
merged or redrawn keep the code of the file, and meet nothing.
"""

from __future__ import annotations

import pandas as pd

_KEY = ["county_fips", "year"]


def in_list_of_year(frame: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Put the code that a place had in the list of the year for one of another list.

    Parameters
    ----------
    frame : DataFrame
        `county_fips` and `year`, each pair once.
    changes : DataFrame
        As from `sources.reference.read_county_changes`.

    Returns
    -------
    DataFrame, the same rows
        `county_fips` replaced where the place changed its code between the list of the file
        and that of the year, unless the file has the code of the year as well.
    """
    renamed = changes[
        (changes["old_fips"] != changes["new_fips"])
        & changes["forward_share"].eq(1)
        & changes["backward_share"].eq(1)
    ]
    codes = frame["county_fips"]
    for old, new, since in zip(
        renamed["old_fips"], renamed["new_fips"], renamed["list_year"], strict=True
    ):
        early = frame["year"].lt(since).astype(bool)
        codes = codes.mask((codes == new) & early, old).mask((codes == old) & ~early, new)
    moved = frame.assign(county_fips=codes)
    repeated = moved.duplicated(_KEY, keep=False) & (codes != frame["county_fips"])
    return moved.assign(county_fips=codes.mask(repeated, frame["county_fips"]))
