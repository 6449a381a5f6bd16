"""Whether the code of a row is that of the state and the county that the row names."""

from __future__ import annotations

import pandas as pd

from coopanalysis.catalog.reject_reasons import OTHER_COUNTY, OTHER_STATE
from coopanalysis.clean.county_names import match_counties, match_states, normalise_county
from coopanalysis.sources.reading import PROVENANCE_COLUMNS, Reading

CODES = ("county_fips", "id", "state_fips", "place_fips")
STATES = ("state", "state_abbr", "state_text")
COUNTIES = (
    ("county_fips", "county"),
    ("county_fips", "county_text"),
    ("county_fips", "short_name"),
    ("id", "name"),
    ("county_fips_2020", "county_2020"),
    ("county_fips_2022", "county_2022"),
)
"""Columns of readers' frames with a code, and with the name of the same county."""
SPELLED = ("county",)
"""Of these, names that every file spells as the list does, but for what `_is_like` bridges."""


def has_places(reading: Reading) -> bool:
    """Whether a reading has codes of counties or states, which lists and names may contradict."""
    codes = {*CODES, *(code for code, _ in COUNTIES)}
    return not codes.isdisjoint(reading.frame.columns)


def reject_other_places(reading: Reading, counties: pd.DataFrame, states: pd.DataFrame) -> Reading:
    """Reject rows whose code is of another state or county than the row names.

    Of a code in the list, names of `SPELLED` have to be like that of the list. Other names count
    only if they are those of another state, or of another county in the state: lists of other
    years, abbreviations and misspellings name none, and contradict nothing.
    """
    frame = reading.frame
    reasons = pd.Series(pd.NA, index=frame.index, dtype="str")
    code = next((name for name in CODES if name in frame), "")
    for name in STATES if code else ():
        if name in frame:
            found = match_states(frame[name], states)
            wrong = found.notna() & frame[code].notna() & (found != frame[code].str[:2])
            reasons = reasons.mask(reasons.isna() & wrong, f"{OTHER_STATE}: {code} and {name}")
    for code, name in COUNTIES:
        if code in frame and name in frame:
            wrong = _is_other_county(frame[code], frame[name], counties)
            reasons = reasons.mask(reasons.isna() & wrong, f"{OTHER_COUNTY}: {code} and {name}")
    shown = [str(name) for name in frame if name not in (*PROVENANCE_COLUMNS, "geometry")]
    return reading.reject(reasons, shown)


def _is_like(name: str, listed: str) -> bool:
    """Whether two spellings can be of one county: the same letters, and not county and city.

    `Charles City` is short for Charles City County, and a `?` stands for a letter that was lost.
    """
    one, other = normalise_county(name), normalise_county(listed)
    if one.base == other.base:
        return one.kind == other.kind or not one.kind or not other.kind
    lost, letters = name.count("?"), iter(other.base)
    if lost and len(other.base) - len(one.base) == lost:
        return all(letter in letters for letter in one.base)
    return one.base + one.kind == other.base


def _is_other_county(codes: pd.Series, names: pd.Series, counties: pd.DataFrame) -> pd.Series:
    """Where a name is not that of the code's county; see `reject_other_places`."""
    of_code = dict(zip(counties["county_fips"], counties["county"], strict=True))
    listed = codes.map(of_code).astype("str")
    unlike = (codes.notna() & names.fillna("").ne("") & (names != listed)).astype(bool)
    pairs = list(zip(names[unlike], listed[unlike].fillna(""), strict=True))
    likes = {pair: _is_like(*pair) for pair in set(pairs)}
    still = pd.Series([not likes[pair] for pair in pairs], index=codes.index[unlike], dtype="bool")
    unlike = still.reindex(codes.index, fill_value=False)
    if not unlike.any():
        return unlike
    states = codes[unlike].str[:2]
    near = counties[counties["county_fips"].str[:2].isin(states)]
    found, _ = match_counties(states, names[unlike], near)
    other = found.notna() & (found != codes[unlike])
    if names.name in SPELLED:
        other |= listed[unlike].notna()
    return other.reindex(codes.index, fill_value=False).astype(bool)
