"""Readers of the name lists: counties of one list year, states, and the FBI's codes of states.

The lists are arguments of cleaning, never constants of it, so that a release about a fictional
country works in the same way.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import NAME
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import TextTable, read_named_table
from coopanalysis.sources.text_table import STATE_WIDTH, matches

STATE_NAME = r"[A-Z][a-z]+(?: (?:of|and|the|[A-Z][a-z]+))*"
"""Spelled exactly, since every page shows it; files that are held against the lists may differ in
punctuation and case."""
CANAL_ZONE = "CZ"
"""Prefix of the one place with a code of the FBI and none of a state."""
STATE_KINDS = ("state", "district", "territory")
_STATE_CODE, _TWO_LETTERS = r"[0-9]{2}", r"[A-Z]{2}"


def read_county_names(path: Path, source: str = "") -> Reading:
    """Read a county list in the layout `county-names` (`fips, name, name2`).

    Returns
    -------
    Reading
        One row per county: `county_fips` (five characters), `county`, `state`, and provenance.
        Rows without a five-digit code, or whose name is not `County, State`, are rejected.
    """
    table = _read_list(path, source, "fips", "name")
    codes = table.county_fips("fips", reason="county code is not five digits")
    place = table.text("name").str.rpartition(",")
    place = place.reindex(columns=range(3), fill_value="")  # a file without rows has no parts
    county, state = place[0].str.strip(), place[2].str.strip()
    named = matches(county, NAME) & matches(state, NAME)
    table.reject(~named, "name is not 'County, State'")
    table.reject(codes.duplicated(), "county code repeats an earlier row")
    return table.reading({"county_fips": codes, "county": county, "state": state})


def read_state_list(path: Path, source: str = "") -> Reading:
    """Read a list of states in the layout `state-list` (`state_fips,state_abbr,state,kind`).

    Returns
    -------
    Reading
        One row per state: `state_fips` (two characters), `state_abbr`, `state`, `kind` (state,
        district or territory), and provenance. Rows that break these rules are rejected.
    """
    table = _read_list(path, source, "state_fips", "state_abbr", "state", "kind")
    codes = _state_codes(table, "state_fips", "state code is not two digits")
    abbr = table.matched("state_abbr", _TWO_LETTERS, "state abbreviation is not two letters")
    state = table.matched("state", STATE_NAME, "state is not named in words")
    kind = table.matched("kind", "|".join(STATE_KINDS), f"kind is none of {', '.join(STATE_KINDS)}")
    table.reject(codes.duplicated() | abbr.duplicated(), "state repeats an earlier row")
    return table.reading({"state_fips": codes, "state_abbr": abbr, "state": state, "kind": kind})


def read_fbi_states(path: Path, source: str = "") -> Reading:
    """Read a list of the FBI's state codes in the layout `ucr-states`.

    Returns
    -------
    Reading
        One row per code: `ucr_state` (two digits), `ori_prefix` (first letters of the agencies'
        identifiers), `state_fips` (missing for the Canal Zone, which has none), `state`, and
        provenance. Rows that break these rules are rejected.
    """
    table = _read_list(path, source, "ucr_state", "ori_prefix", "state_fips", "state")
    ucr_state = _state_codes(table, "ucr_state", "code of the FBI is not two digits")
    prefix = table.matched("ori_prefix", _TWO_LETTERS, "prefix is not two letters")
    fips = table.code("state_fips", STATE_WIDTH)
    has_none = fips.eq("") & prefix.eq(CANAL_ZONE)
    table.reject(~matches(fips, _STATE_CODE) & ~has_none, "state code is not two digits")
    state = table.matched("state", STATE_NAME, "state is not named in words")
    table.reject(ucr_state.duplicated(), "code of the FBI repeats an earlier row")
    repeats = prefix.duplicated() | (fips.duplicated() & (fips != ""))
    table.reject(repeats, "prefix or state code repeats an earlier row")
    fips = fips.replace("", pd.NA).astype("str")
    columns = {"ucr_state": ucr_state, "ori_prefix": prefix, "state_fips": fips, "state": state}
    return table.reading(columns)


def _read_list(path: Path, source: str, *columns: str) -> TextTable:
    return read_named_table(path, source, dict(zip(columns, columns, strict=True)))


def _state_codes(table: TextTable, name: str, reason: str) -> pd.Series:
    codes = table.code(name, STATE_WIDTH)
    table.reject(~matches(codes, _STATE_CODE), reason)
    return codes
