"""Counties of municipal agencies that state none, from the FBI's directory of agencies.

ICE fills in the county of municipal agencies list by list, so a count by county grows from that
alone. Here a name is looked up in another list instead. The result is marked `police-list`, and
belongs in no count beside counties that an agency states itself.
"""

from __future__ import annotations

import re

import pandas as pd

from coopanalysis.clean.county_names import match_counties, match_states, normalise_state

PLACED = "police-list"

_CITY_TYPES = ("City", "University or College")
_FBI_ABBREVIATIONS = {"NB": "NE", "GM": "GU"}
"""The FBI's own abbreviations where the post has another."""
_LEADING = re.compile(r"^(?:city|town|township|village|borough) of ")
_FORCE = re.compile(
    r"(?:\s+borough)?(?:'s)?\s+(?:(?:department of )?public safety(?: department)?|"
    r"police(?: services)?(?: department| dept\.?)?|constable'?s?(?: office)?|"
    r"marshal'?s?(?: office)?)$"
)


def city_key(agency: str) -> str:
    """Reduce the name of a city's force to the letters of the city.

    Examples
    --------
    >>> city_key("City of Fern Hill Police Department")
    'fernhill'
    """
    plain = " ".join(agency.casefold().replace("’", "'").split())
    return normalise_state(_FORCE.sub("", _LEADING.sub("", plain)))


def place_municipal_agencies(
    agreements: pd.DataFrame, police: pd.DataFrame, counties: pd.DataFrame, states: pd.DataFrame
) -> pd.DataFrame:
    """Find the county of municipal agencies that state none, by state and name of the city.

    `county_fips` is filled in and `county_match` set to `police-list` where the directory `police`
    has the city in that state, in one county and no other. All other rows are as they were.
    """
    open_rows = agreements[
        (agreements["agency_type"] == "municipality") & (agreements["county_match"] == "not-stated")
    ]
    keys = open_rows["state_fips"] + open_rows["agency"].map(city_key).astype("str")
    directory = city_counties(keys, police, counties, states)
    found = keys.map(directory).astype("str").reindex(agreements.index)
    return agreements.assign(
        county_fips=agreements["county_fips"].fillna(found),
        county_match=agreements["county_match"].mask(found.notna(), PLACED),
    )


def stated_counties(agreements: pd.DataFrame) -> pd.Series:
    """Counties of agreements without those looked up in the directory, for counts."""
    return agreements["county_fips"].where(agreements["county_match"] != PLACED)


def city_counties(
    wanted: pd.Series, police: pd.DataFrame, counties: pd.DataFrame, states: pd.DataFrame
) -> dict[str, str]:
    """County of each state and city key wanted that the directory has in one county only."""
    cities = police[police["agency_type"].isin(_CITY_TYPES)]
    state = match_states(cities["state_text"].replace(_FBI_ABBREVIATIONS), states)
    keys = state + cities["agency"].map(city_key).astype("str")
    listed = keys.isin(wanted)
    cities, state, keys = cities[listed], state[listed], keys[listed]
    # A cell that names several counties matches none, and so makes the city ambiguous.
    codes, _ = match_counties(state, cities["county_text"], counties)
    unique = pd.DataFrame({"key": keys, "county_fips": codes.fillna("")}).drop_duplicates()
    unique = unique[~unique["key"].duplicated(keep=False) & (unique["county_fips"] != "")]
    return dict(zip(unique["key"], unique["county_fips"], strict=True))
