"""The county of facilities that declined detainers, known by name, city and state alone."""

from __future__ import annotations

import pandas as pd

from coopanalysis.catalog.corrections import Corrections
from coopanalysis.clean.county_names import apply_aliases, match_states
from coopanalysis.clean.detention import type_group
from coopanalysis.clean.detention_places import UNPLACED, named_county
from coopanalysis.clean.municipal import PLACED, city_counties, city_key
from coopanalysis.sources.reading import Reading

SUMMED_YEARS = (2014, 2015)
"""Years in which the code for a declined detainer was in use throughout; the last ends in July."""
_FEDERAL = (
    r"\bUS (?:MARSHALS?|PEN)\b|\b(?:FCI|FDC|FPC|SPC|USP)\b|\bFED ?(?:CORR|DET)|"
    r"\bCUST(?:ODY)? CASE\b"
)
"""Words in a name, its points left out: the Marshals, federal prisons, centres of ICE, and rooms of
its field offices that its list calls a custody case and types as a hold."""


def place_detainers(
    reading: Reading,
    listed: pd.DataFrame,
    police: pd.DataFrame | None,
    counties: pd.DataFrame,
    states: pd.DataFrame,
    corrections: Corrections,
) -> pd.DataFrame:
    """Add the county of each row and how it was found, and marks of federal and of shared names.

    Parameters
    ----------
    reading : Reading
        As from `read_detainers_declined`.
    listed : DataFrame
        Places of detention with `facility`, `city`, `state_fips`, `county_fips`, `facility_type`.
    police : DataFrame, optional
        The FBI's directory of agencies.
    counties, states : DataFrame
        The base list and the list of states.
    corrections : Corrections
        Its aliases say which county a city is where rules do not.

    Returns
    -------
    DataFrame
        Rows of the reading with `state_fips`, `county_fips`, `is_federal` (by its name, or by the
        type of the places of that name in the state) and `is_name_shared`; `county_match` is the
        first of these that finds one county: `facility-list` (places of that name in the state),
        `facility-name` (a county in the name), `correction`, `city` (places of that city),
        `police-list` (the FBI's directory has the city in one county); else `not-stated` (no
        state) or `unmatched`.
    """
    frame = reading.frame
    state = match_states(frame["state_text"], states)
    rows = frame.assign(
        source=reading.source,
        state_fips=state,
        county_text=frame["city"],
        agency=frame["facility"],
        county_fips=pd.Series(pd.NA, index=frame.index, dtype="str"),
        county_match=pd.Series(UNPLACED, index=frame.index, dtype="str"),
    )
    known = listed.dropna(subset=["county_fips", "state_fips"])
    rows = _filled(rows, _only(known, "facility", rows), "facility-list")
    rows = _filled(rows, named_county(frame["facility"], state, counties), "facility-name")
    codes, match = apply_aliases(rows, reading.source, corrections, counties, states)
    rows = rows.assign(county_fips=codes, county_match=match)
    rows = _filled(rows, _only(known, "city", rows), "city")
    if police is not None:
        keys = state + frame["city"].map(city_key).astype("str")
        directory = city_counties(keys.dropna(), police, counties, states)
        rows = _filled(rows, keys.map(directory).astype("str"), PLACED)
    nowhere = rows["county_fips"].isna() & state.isna()
    here = frame[["facility"]].assign(state_fips=state)
    namesakes = pd.concat([here, listed[["facility", "state_fips"]]])
    states_of_name = frame["facility"].map(namesakes.groupby("facility")["state_fips"].nunique())
    typed = listed.assign(group=type_group(listed["facility_type"])).dropna(subset=["state_fips"])
    is_federal = frame["facility"].str.replace(".", "", regex=False).str.contains(_FEDERAL)
    is_federal |= _only(typed, "facility", rows, "group") == "federal"
    return rows.assign(
        county_match=rows["county_match"].mask(nowhere, "not-stated"),
        is_federal=is_federal.fillna(value=False).astype("Int8"),
        is_name_shared=(states_of_name > 1).astype("Int8"),
    )


def summed_rows(placed: pd.DataFrame) -> pd.DataFrame:
    """Rows that sums by county are of: those of `SUMMED_YEARS` and of no federal facility."""
    return placed[placed["year"].isin(SUMMED_YEARS) & placed["is_federal"].eq(0)]


def declined_by_county(placed: pd.DataFrame) -> pd.DataFrame:
    """Detainers declined in each county, of the rows that are summed, where there are any."""
    rows = summed_rows(placed).dropna(subset=["county_fips"])
    return rows.groupby("county_fips", as_index=False).agg(
        detainers_declined_count=("declined_count", "sum")
    )


def _filled(rows: pd.DataFrame, found: pd.Series, how: str) -> pd.DataFrame:
    hit = rows["county_fips"].isna() & found.notna()
    return rows.assign(
        county_fips=rows["county_fips"].mask(hit, found),
        county_match=rows["county_match"].mask(hit, how),
    )


def _only(
    known: pd.DataFrame, name: str, rows: pd.DataFrame, value: str = "county_fips"
) -> pd.Series:
    """What all places that share a state and a name or city have alike, such as the county."""
    keys = [known["state_fips"], _letters(known[name])]
    ones = known.groupby(keys)[value].agg(["nunique", "first"])
    settled = ones.loc[ones["nunique"] == 1, "first"]
    wanted = pd.MultiIndex.from_arrays([rows["state_fips"], _letters(rows[name])])
    return pd.Series(settled.reindex(wanted).to_numpy(), index=rows.index, dtype="str")


def _letters(text: pd.Series) -> pd.Series:
    """Letters and digits alone, upper case; missing where there are none."""
    bare = text.str.upper().str.replace(r"[^A-Z0-9]", "", regex=True)
    return bare.where(bare != "")
