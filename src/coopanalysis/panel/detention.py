"""Tables of detention: facilities by fiscal year, and counties by it."""

from __future__ import annotations

import pandas as pd

from coopanalysis.catalog.tables import DETENTION, DETENTION_FACILITY
from coopanalysis.clean.county_names import match_states
from coopanalysis.clean.detention import (
    DAILY,
    LIST,
    PANEL,
    RECORDS,
    county_detention,
    daily_years,
    listed_years,
    nearest_type,
    panel_code,
    panel_years,
    type_group,
)
from coopanalysis.clean.detention_places import UNPLACED, place_facilities
from coopanalysis.panel.inputs import FACILITY_CODES, Inputs
from coopanalysis.panel.joins import stack_rows
from coopanalysis.schema import conform
from coopanalysis.sources.detention_lists import LIST_YEARS

_FACTS = ["facility", "city", "state_text", "county_text", "place_fips", "facility_type"]


def build_detention(inputs: Inputs, places: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Build both tables from whichever records the release has; without any they have no rows.

    Parameters
    ----------
    inputs : Inputs
    places : DataFrame
        As from `facility_places`.

    Returns
    -------
    dict of DataFrame by name of table
        Columns of `catalog.tables.DETENTION_FACILITY` and of `DETENTION`.
    """
    records = [_record(inputs, layout) for layout in RECORDS if inputs.find(layout)]
    if not records:
        return {table.name: stack_rows([], table) for table in (DETENTION_FACILITY, DETENTION)}
    rows = pd.concat(records, ignore_index=True)
    rows = rows.merge(places, on="facility_code", how="left", validate="m:1")
    rows["county_match"] = rows["county_match"].fillna(UNPLACED)
    rows["facility_type"] = _types(rows, inputs)
    rows["type_group"] = type_group(rows["facility_type"])
    authorised = _said(rows, inputs, "authorization", "AUTHORIZED")
    rows["is_authorised"] = authorised.where(rows["record"] == LIST)
    rows["is_county_run"] = _said(rows, inputs, "operator", "COUNTY")
    counties = county_detention(rows)
    counties["state_fips"] = counties["county_fips"].str[:2]
    return {
        table.name: conform(frame, table).sort_values(list(table.key), ignore_index=True)
        for table, frame in ((DETENTION_FACILITY, rows), (DETENTION, counties))
    }


def facility_places(inputs: Inputs) -> pd.DataFrame:
    """One row per facility code that any file describes, with its county and how it was found.

    Name, city and type are those of ICE's list, else of the file of codes, else of the yearly
    statistics, else of the record of days, which has a name alone.
    """
    frames = [pd.DataFrame(columns=["facility_code", *_FACTS], dtype="str")]
    frames += [
        reading.frame for layout in (LIST, FACILITY_CODES) if (reading := inputs.find(layout))
    ]
    panel, daily = inputs.find(PANEL), inputs.find(DAILY)
    if panel:
        frames.append(panel.frame.assign(facility_code=panel_code(panel.frame)))
    if daily:
        names = daily.frame.drop_duplicates("facility_code")
        frames.append(names[["facility_code", "facility"]].astype("str"))
    known = pd.concat([frame.reindex(columns=["facility_code", *_FACTS]) for frame in frames])
    grouped = known.dropna(subset=["facility_code"]).groupby("facility_code", sort=True)
    facts = grouped.first().reset_index().astype(dict.fromkeys(_FACTS, "str"))
    facts["state_fips"] = match_states(facts["state_text"], inputs.states)
    base = inputs.counties
    outside = set(inputs.states["state_fips"]) - set(base["county_fips"].str[:2])
    placed = place_facilities(facts, base, outside)
    return placed.drop(columns=["state_text", "county_text", "place_fips"])


def _record(inputs: Inputs, layout: str) -> pd.DataFrame:
    reading = inputs.only(layout)
    if layout == LIST:
        rows = listed_years(reading.frame)
    elif layout == PANEL:
        rows = panel_years(reading.frame)
    else:
        rows = daily_years(reading.frame, layout)
    return rows.assign(source=reading.source)


def _types(rows: pd.DataFrame, inputs: Inputs) -> pd.Series:
    """Type of a facility in a year.

    That of ICE's list for the list; else that of the nearest year with one, of two as near the
    earlier, by the yearly statistics and by the list as one of its last fiscal year. Of two sites
    of one code, that under an agreement.
    """
    key = ["facility_code", "fiscal_year"]
    seen = [pd.DataFrame(columns=[*key, "facility_type"])]
    listed, panel = inputs.find(LIST), inputs.find(PANEL)
    if panel:
        frame = panel.frame.assign(facility_code=panel_code(panel.frame))
        frame = frame.assign(of_county=type_group(frame["facility_type"]) == "agreement")
        seen.append(frame.sort_values(["of_county", "source_row"], ascending=[False, True]))
    if listed:
        seen.append(listed.frame.assign(fiscal_year=LIST_YEARS[-1]))
    stated = pd.concat([frame[[*key, "facility_type"]] for frame in seen]).dropna()
    types = nearest_type(rows, stated.drop_duplicates(key))
    if listed:
        of_list = listed.frame.set_index("facility_code")["facility_type"]
        in_list = rows["facility_code"].map(of_list).astype("str")
        types = types.mask(rows["record"] == LIST, in_list)
    return types


def _said(rows: pd.DataFrame, inputs: Inputs, column: str, word: str) -> pd.Series:
    """Whether a cell of ICE's list begins with a word; missing of facilities it does not list."""
    listed = inputs.find(LIST)
    if listed is None:
        return pd.Series(pd.NA, index=rows.index, dtype="Int8")
    is_so = listed.frame.set_index("facility_code")[column].str.upper().str.startswith(word)
    return rows["facility_code"].map(is_so).astype("Int8")
