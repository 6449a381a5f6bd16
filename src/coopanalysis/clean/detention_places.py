"""The county of a place of detention: by its code, its name, ICE's list or its city.

A jail is an act of the county that runs it, so the county in its name comes before the county it
stands in: the jail of Nobles County is not of Nicollet, which the list has in that cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from coopanalysis.clean.county_names import match_counties

UNPLACED = "unmatched"
_KIND = re.compile(r"[ ,]+(?:COUNTY|CNTY|CTY|PARISH|BOROUGH|CO\.?)(?![A-Z])", re.I)
_CITY = re.compile(r"^(?P<city>.+?)[ ,]+CITY(?![A-Z])", re.I)
_MOST_WORDS = 4
"""Words of the longest name of a county."""


def place_facilities(
    facilities: pd.DataFrame, counties: pd.DataFrame, territories: Iterable[str] = ()
) -> pd.DataFrame:
    """Add `county_fips` and `county_match` to facilities, one row each.

    Parameters
    ----------
    facilities : DataFrame
        `facility`, `city`, `state_fips`, `county_text` and `place_fips`; any may be missing.
    counties : DataFrame
        The base list. Codes of other lists, such as those of planning regions, do not count.
    territories : iterable of str
        State codes whose counties the base list leaves out.

    Returns
    -------
    DataFrame
        `county_match` is the first of these that finds one county: `facility-code` (the file of
        codes), `facility-name` (the county or city in its name), `facility-list` (the county that
        ICE's list states, a bare name taken for the county), `city` (all facilities of that
        city that the others placed are in one county); else `territory`, or `unmatched`.
    """
    states = facilities["state_fips"]
    by_code = facilities["place_fips"].where(facilities["place_fips"].isin(counties["county_fips"]))
    found = {
        "facility-code": by_code,
        "facility-name": named_county(facilities["facility"], states, counties),
        "facility-list": stated_county(facilities["county_text"], states, counties),
    }
    codes = pd.Series(pd.NA, index=facilities.index, dtype="str")
    match = pd.Series(UNPLACED, index=facilities.index, dtype="str")
    for how, candidates in found.items():
        hit = codes.isna() & candidates.notna()
        codes, match = codes.mask(hit, candidates), match.mask(hit, how)
    by_city = _county_of_city(facilities, codes)
    hit = codes.isna() & by_city.notna()
    codes, match = codes.mask(hit, by_city), match.mask(hit, "city")
    is_outside = codes.isna() & states.isin(list(territories))
    return facilities.assign(county_fips=codes, county_match=match.mask(is_outside, "territory"))


def named_county(names: pd.Series, states: pd.Series, counties: pd.DataFrame) -> pd.Series:
    """County that a name has before County, Parish or Borough, or city that it begins with.

    Of the words before, the longest run that names a county of the state counts.
    """
    found = pd.Series(pd.NA, index=names.index, dtype="str")
    for words in range(_MOST_WORDS, -1, -1):
        texts = {name: _named(name, words) for name in names.dropna().unique()}
        codes, _ = match_counties(states, names.map(texts).astype("str"), counties)
        found = found.fillna(codes)
    return found


def stated_county(texts: pd.Series, states: pd.Series, counties: pd.DataFrame) -> pd.Series:
    """County that a cell for counties states; a name that a city shares is the county's."""
    codes, _ = match_counties(states, texts, counties)
    as_county, _ = match_counties(states, texts + " County", counties)
    return codes.fillna(as_county)


def _named(name: str, words: int) -> str | None:
    """The words before the first kind of county in a name; with none asked for, its city."""
    kind = _KIND.search(name)
    if words and kind:
        before = name[: kind.start()].split()
        return f"{' '.join(before[-words:])} County" if len(before) >= words else None
    city = _CITY.match(name)
    return f"{city['city']} City" if city and not words and not kind else None


def _county_of_city(facilities: pd.DataFrame, codes: pd.Series) -> pd.Series:
    """County of the placed facilities of a city and state, where they are all in one."""
    keys = pd.DataFrame({"state": facilities["state_fips"], "city": _folded(facilities["city"])})
    placed = keys.assign(code=codes).dropna()
    ones = placed.groupby(["state", "city"])["code"].agg(["nunique", "first"])
    known = ones.loc[ones["nunique"] == 1, "first"]
    wanted = pd.MultiIndex.from_frame(keys)
    return pd.Series(known.reindex(wanted).to_numpy(), index=facilities.index, dtype="str")


def _folded(city: pd.Series) -> pd.Series:
    text = city.str.casefold().str.replace(".", "", regex=False).str.strip()
    return text.where(text != "")
