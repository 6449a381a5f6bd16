"""Counties of agencies from the FBI's directory: of municipal ones that state none, of officers.

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
_LOCAL_TYPES = ("City", "County")
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
    is_open = (agreements["agency_type"] == "municipality") & (
        agreements["county_match"] == "not-stated"
    )
    found = look_up_counties(agreements[is_open], police, counties, states)
    found = found.reindex(agreements.index)
    return agreements.assign(
        county_fips=agreements["county_fips"].fillna(found),
        county_match=agreements["county_match"].mask(found.notna(), PLACED),
    )


def look_up_counties(
    agencies: pd.DataFrame, police: pd.DataFrame, counties: pd.DataFrame, states: pd.DataFrame
) -> pd.Series:
    """County of the city of each agency, in the order of the rows; missing where not in one alone.

    `agencies` needs `state_fips` and `agency`.
    """
    keys = agencies["state_fips"] + agencies["agency"].map(city_key).astype("str")
    return keys.map(city_counties(keys, police, counties, states)).astype("str")


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


def agencies_by_county(
    police: pd.DataFrame, counties: pd.DataFrame, states: pd.DataFrame
) -> pd.DataFrame:
    """City and county agencies of the directory, once for each county that they name.

    Returns the rows of `police` with `county_fips`; what names no county of the list is left out.
    """
    local = police[police["agency_type"].isin(_LOCAL_TYPES)]
    state = match_states(local["state_text"].replace(_FBI_ABBREVIATIONS), states)
    rows = local.assign(state_fips=state, county_text=local["county_text"].str.split(r"\s*,\s*"))
    rows = rows.explode("county_text", ignore_index=True)
    codes, _ = match_counties(rows["state_fips"], rows["county_text"].astype("str"), counties)
    rows = rows.assign(county_fips=codes)[codes.notna()]
    return rows.drop_duplicates(["ori9", "county_fips"], ignore_index=True)


def officers_by_county(agencies: pd.DataFrame) -> pd.DataFrame:
    """Officers per 1,000 residents served, and the earliest year of the counts, by county.

    An agency of several counties counts in each of them with all that it serves: the ratio is that
    of the agencies at work there.
    """
    by_county = agencies.groupby("county_fips")
    sums = by_county[["officers_count", "population_count"]].sum().astype("float64")
    served = sums["population_count"].where(sums["population_count"] > 0)
    return pd.DataFrame(
        {
            "officers_per_1000_served": 1000 * sums["officers_count"] / served,
            "officers_earliest_year": by_county["year"].min().astype("Int64"),
        }
    ).reset_index()
