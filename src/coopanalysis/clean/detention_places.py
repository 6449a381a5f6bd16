"""The county of a place of detention: by its code, its name, ICE's list or its city.

A jail is an act of the county that runs it, so the county in its name comes before the county it
stands in: the jail of Nobles County is not of Nicollet, which the list has in that cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from coopanalysis.clean.county import match_counties

UNPLACED = "unmatched"
_NAMED = re.compile(r"^(?P<county>.+?)[ ,]+(?:COUNTY|CNTY|PARISH|BOROUGH|CO\.?)(?![A-Z])", re.I)
_CITY = re.compile(r"^(?P<city>.+?)[ ,]+CITY(?![A-Z])", re.I)


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
    """County whose name a facility's begins with, before County, Parish, Borough or City."""
    kinds = {name: _named(name) for name in names.dropna().unique()}
    codes, _ = match_counties(states, names.map(kinds).astype("str"), counties)
    return codes


def stated_county(texts: pd.Series, states: pd.Series, counties: pd.DataFrame) -> pd.Series:
    """County that a cell for counties states; a name that a city shares is the county's."""
    codes, _ = match_counties(states, texts, counties)
    as_county, _ = match_counties(states, texts + " County", counties)
    return codes.fillna(as_county)


def _named(name: str) -> str | None:
    county, city = _NAMED.match(name), _CITY.match(name)
    if county:
        return f"{county['county']} County"
    return f"{city['city']} City" if city else None


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
