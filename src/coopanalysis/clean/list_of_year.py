"""Bring codes of one county list into another: of each year, or the base list.

Only a place that changed its code and nothing else is carried over. Units that were divided,
merged or redrawn keep the code of the file, and meet nothing.
"""

from __future__ import annotations

import pandas as pd

_KEY = ["county_fips", "year"]


def in_list_of_year(frame: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Put the code that a place had in the list of the year for one of another list.

    `frame` has each pair of `county_fips` and `year` once. A code is kept where the file has the
    code of the year as well.
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


def codes_in_base_list(codes: pd.Series, base: pd.Series, changes: pd.DataFrame) -> pd.Series:
    """Put the code of the same place in the base list for the code of an older list.

    The code itself where the base list has it; that of the place it was renamed to, or that it
    became part of whole, where the base list has that one; missing for places that were divided
    and for codes that no change explains.
    """
    whole = changes[(changes["old_fips"] != changes["new_fips"]) & changes["forward_share"].eq(1)]
    onward = dict(zip(whole["old_fips"], whole["new_fips"], strict=True))
    known = set(base)
    found = {}
    for code in codes.unique():
        now, seen = code, {code}
        while now not in known and onward.get(now, now) not in seen:
            now = onward[now]
            seen.add(now)
        found[code] = now if now in known else None
    return codes.map(found).astype("str")
