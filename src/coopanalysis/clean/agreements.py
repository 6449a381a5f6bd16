"""Cleaning of ICE lists: one spelling for each state, type and model, dates, and the county."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date

import pandas as pd

from coopanalysis.catalog.corrections import Corrections, correct, tidy_cell
from coopanalysis.catalog.reject_reasons import DUPLICATE_ROW, NOT_A_DATE, OUT_OF_RANGE
from coopanalysis.catalog.tables import AGREEMENTS
from coopanalysis.clean.county_names import (
    apply_aliases,
    is_missing_text,
    match_counties,
    match_states,
)
from coopanalysis.errors import DataError
from coopanalysis.schema import conform
from coopanalysis.sources.ice_287g import LINK_COLUMNS, RAW_COLUMNS, SINCE, TEXT_COLUMNS
from coopanalysis.sources.reading import Reading

TYPE_SPELLINGS = {
    "county": "county",
    "municipality": "municipality",
    "muncipality": "municipality",
    "state agency": "state-agency",
    "state": "state-agency",
}
SUPPORT_SPELLINGS = {
    "jail enforcement model": "jail-enforcement",
    "task force model": "task-force",
    "task force officer": "task-force",
    "warrant service officer": "warrant-service",
    "warrant services officer": "warrant-service",
    "warrant service office": "warrant-service",
}
FIRST_SIGNING = pd.Timestamp("1996-09-30")
"""Day of the act that made section 287(g); nothing can have been signed before."""

_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][\d:.]+)?", re.ASCII)
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_LATE_ROWS = 5
_ERROR_CELL = re.compile(
    r"#(?:REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|"
    r"GETTING_DATA|#+)|=.*",
    re.IGNORECASE,
)
"""What a spreadsheet shows for a formula that failed, or that nobody computed. `#N/A` is not one
of them: the lists write it where there is no county."""
_WORD = re.compile(r"[^\W\d_]{2}")
_NO_NAME = re.compile(
    r"true|false|null|none|nan|na|[-+]?inf(?:inity)?|[-+]?0x[0-9a-f]+", re.IGNORECASE
)
_NO_COUNTY = {
    "an agency": re.compile(
        "sheriff|police|department|office|jail|correction|constable|patrol", re.IGNORECASE
    ),
    "a document": re.compile(r"\blink\b|https?:|www\.", re.IGNORECASE),
}
"""What stands under COUNTY where cells of a row, or names of columns, were exchanged; a person may
have given its county all the same."""
_REQUIRED_CELLS = ("type_text", "county_text", "signed_text")


def clean_agreements(
    reading: Reading,
    counties: pd.DataFrame,
    states: pd.DataFrame,
    corrections: Corrections,
    list_date: date | pd.Timestamp | str | None = None,
) -> Reading:
    """Clean an ICE list, and find the county of each agency: rows of the table `agreements`.

    Rejected are rows with an unknown state, type or support type, without an agency, with a
    county that is no name, with a date that is none or cannot be (before the act, after the
    list), with an error of a spreadsheet in any cell, with a blank cell under TYPE, COUNTY or
    SIGNED where the list has that column, and rows that repeat another one in everything.

    `DataError` if the day of the list is not known or cannot be right, if the list lacks a column
    that every one of its day has had, or if a correction is stale.
    """
    day = _list_day(reading, list_date)
    _check_columns(reading, day)
    raw = correct(reading.frame, reading.source, corrections)
    rows = raw.assign(
        source=reading.source,
        list_date=day,
        state_fips=match_states(raw["state_text"], states),
        agency=_tidied(raw["agency_text"]),
        agency_type=_spelt(raw["type_text"], TYPE_SPELLINGS),
        support_type=_spelt(raw["support_text"], SUPPORT_SPELLINGS),
        signed_date=parse_dates(raw["signed_text"]),
        **{name: document_addresses(raw[name]) for name in LINK_COLUMNS.values()},
    )
    rows = _place(rows, reading, counties, states, corrections)
    _check_list_day(reading, rows["signed_date"], day)
    reasons = _reasons(rows, reading.frame, day)
    is_state = rows["agency_type"] == "state-agency"
    rows = rows.assign(
        county_text=_tidied(rows["county_text"]).mask(is_missing_text(rows["county_text"])),
        county_fips=rows["county_fips"].mask(is_state),
        county_match=rows["county_match"].mask(is_state, "not-a-county-agency"),
    )
    rejects = reading.reject(reasons, RAW_COLUMNS).rejects
    kept = rows.loc[reasons.isna(), [column.name for column in AGREEMENTS.columns]]
    links = list(LINK_COLUMNS.values())
    left_out = reading.addresses_left_out + int(
        (raw[links].notna() & rows[links].isna()).sum().sum()
    )
    frame = conform(kept, AGREEMENTS)
    return Reading(reading.source, frame, rejects, reading.rows_in, addresses_left_out=left_out)


def parse_dates(text: pd.Series) -> pd.Series:
    """Read dates written `YYYY-MM-DD` or `M/D/YYYY`; anything else is missing, never guessed."""
    found = {cell: _parse_date(cell) for cell in text.dropna().unique()}
    return pd.Series([found.get(cell) for cell in text], index=text.index, dtype="datetime64[us]")


def document_addresses(addresses: pd.Series) -> pd.Series:
    """Addresses of texts that may be linked to: those of ICE's site, with `https`; else missing."""
    secure = addresses.str.replace(r"^http://(?=www\.)", "https://", regex=True)
    return secure.where(secure.str.fullmatch(AGREEMENTS.column("moa_url").pattern).eq(True))


def agency_key(agency: pd.Series) -> pd.Series:
    """Name of an agency without punctuation, upper case: equal for spellings of one name.

    The name is no key by itself: agencies of several states share one.
    """
    names = pd.Series(agency.dropna().unique(), dtype="str")
    bare = names.str.replace(r"[^\w\s]", "", regex=True).str.upper()
    keys = bare.str.replace(r"\s+", " ", regex=True).str.strip()
    return agency.map(dict(zip(names, keys, strict=True))).astype("str")


def unmatched_rows_for_corrections(cleaned: Reading, states: pd.DataFrame | None = None) -> str:
    """Rows that no county matches, as TOML entries of the corrections table.

    One `[[county_alias]]` for each state, text and agency; `county_fips` and `reason` are left
    for a person to fill in. With `states`, names of states stand in place of codes.
    """
    rows = cleaned.frame[cleaned.frame["county_match"] == "unmatched"]
    keys = ["state_fips", "county_text", "agency"]
    names = {} if states is None else dict(zip(states["state_fips"], states["state"], strict=True))
    entries = []
    for code, text, agency in rows[keys].drop_duplicates().itertuples(index=False, name=None):
        entries.append(
            "[[county_alias]]\n"
            f"state = {_quoted(names.get(code, code))}\n"
            f"county_text = {_quoted(text)}\n"
            f"agency = {_quoted(agency)}\n"
            'county_fips = ""\n'
            'reason = ""\n'
            f"seen_in = [{_quoted(cleaned.source)}]\n"
        )
    return "\n".join(entries)


def _list_day(reading: Reading, list_date: date | pd.Timestamp | str | None) -> pd.Timestamp:
    known = reading.frame["list_date"].dropna()
    if list_date is None and known.empty:
        raise DataError(
            reading.source,
            "the day of the list is not known: it is not in the file, nor in its name",
            "Give the day of the list as YYYY-MM-DD, on the command line with --list-date.",
        )
    return pd.Timestamp(known.iloc[0] if list_date is None else list_date)


def _check_columns(reading: Reading, day: pd.Timestamp) -> None:
    """Refuse a list that would be taken for one of an earlier layout, having lost a column."""
    lost = [
        title
        for title, since in SINCE.items()
        if day >= pd.Timestamp(since) and reading.frame[TEXT_COLUMNS[title]].isna().all()
    ]
    if lost and len(reading.frame):
        raise DataError(
            reading.source,
            f"the list of {day:%Y-%m-%d} lacks {', '.join(lost)}, which every list since "
            f"{SINCE[lost[0]]} has had",
            "Fetch the file again, or give the day of the list if another is meant; if ICE "
            "dropped the column, teach sources/ice_287g.py the new layout.",
        )


def _check_list_day(reading: Reading, signed: pd.Series, day: pd.Timestamp) -> None:
    """Refuse a day that several rows contradict: the day is wrong then, not the rows."""
    late = signed.gt(day) & signed.lt(day + pd.DateOffset(years=2))
    if late.sum() >= _LATE_ROWS:
        raise DataError(
            reading.source,
            f"{late.sum()} agreements were signed after the day of the list, {day:%Y-%m-%d}; "
            f"the last on {signed[late].max():%Y-%m-%d}",
            "The day is wrong (file names have been): give the day of the list as YYYY-MM-DD.",
            reading.frame.loc[late, "source_row"].tolist(),
        )


def _place(
    rows: pd.DataFrame,
    reading: Reading,
    counties: pd.DataFrame,
    states: pd.DataFrame,
    corrections: Corrections,
) -> pd.DataFrame:
    """Add `county_fips` and `county_match` by spelling, then by the corrections table."""
    codes, matches = match_counties(rows["state_fips"], rows["county_text"], counties)
    before = reading.frame["county_text"].fillna("")
    touched = before.ne(rows["county_text"].fillna("")) & matches.isin(["exact", "normalised"])
    matched = rows.assign(county_fips=codes, county_match=matches.mask(touched, "correction"))
    codes, matches = apply_aliases(matched, reading.source, corrections, counties, states)
    return matched.assign(county_fips=codes, county_match=matches)


def _reasons(rows: pd.DataFrame, read: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """First reason against each row; missing where there is none."""
    signed, written = rows["signed_date"], ~is_missing_text(rows["signed_text"])
    unknown_type = rows["agency_type"].isna() & ~is_missing_text(rows["type_text"])
    checks = (
        *_unusable_cells(rows, read),
        (rows["state_fips"].isna(), "not a state: " + _shown(rows["state_text"])),
        (~_is_name(rows["agency"]), "no agency is named: " + _shown(rows["agency_text"])),
        (
            ~is_missing_text(rows["county_text"]) & ~_is_name(rows["county_text"]),
            "COUNTY is no name: " + _shown(rows["county_text"]),
        ),
        *(
            (
                rows["county_fips"].isna() & rows["county_text"].str.contains(words).eq(True),
                f"COUNTY names {what}: " + _shown(rows["county_text"]),
            )
            for what, words in _NO_COUNTY.items()
        ),
        (rows["support_type"].isna(), "not a support type: " + _shown(rows["support_text"])),
        (unknown_type, "not a type of agency: " + _shown(rows["type_text"])),
        (signed.isna() & written, f"{NOT_A_DATE}: " + _shown(rows["signed_text"])),
        (
            signed < FIRST_SIGNING,
            f"{OUT_OF_RANGE}: signed before the act of 1996: " + _shown(rows["signed_text"]),
        ),
        (
            signed > day,
            f"{OUT_OF_RANGE}: signed after the list of {day:%Y-%m-%d}: "
            + _shown(rows["signed_text"]),
        ),
    )
    reasons = pd.Series(pd.NA, index=rows.index, dtype="str")
    for failed, reason in checks:
        reasons = reasons.mask(reasons.isna() & failed, reason)
    return reasons.fillna(_duplicates(rows[reasons.isna()]))


def _unusable_cells(
    rows: pd.DataFrame, read: pd.DataFrame
) -> Iterator[tuple[pd.Series, str | pd.Series]]:
    """Where a cell holds an error, and where one is blank that says which county agreed to what.

    In a merged range all cells but the first are blank, so they are told here too. A cell that
    a correction emptied, or filled, is not blank.
    """
    for title, name in TEXT_COLUMNS.items():
        text = rows[name].fillna("").str.strip()
        failed = text.str.startswith(("#", "="))
        if failed.any():
            failed &= text.str.fullmatch(_ERROR_CELL).astype(bool)
            yield failed, f"{title} holds an error of the spreadsheet: " + _shown(rows[name])
        if name not in _REQUIRED_CELLS or not text.any():
            continue
        blank = text.eq("") if name == "county_text" else is_missing_text(rows[name])
        if blank.any():
            blank &= is_missing_text(read[name])
            yield blank, f"{title} is blank, or merged with the row above"


def _is_name(names: pd.Series) -> pd.Series:
    """Whether a text can be a name: it has a word, and is no value or error."""
    text = names.fillna("").str.strip()
    has_word = text.str.contains(_WORD).astype(bool)
    return has_word & ~text.str.fullmatch(_NO_NAME).astype(bool)


def _duplicates(rows: pd.DataFrame) -> pd.Series:
    """Reason against each row that repeats an earlier one in all that is kept of it."""
    keys = ["state_fips", "agency_type", "support_type", "signed_date", "county_fips"]
    named = rows[[*keys, "source_row"]].assign(
        agency=agency_key(rows["agency"]), county=rows["county_text"].fillna("")
    )
    first = named.groupby([*keys, "agency", "county"], dropna=False)["source_row"].transform("min")
    again = first < named["source_row"]
    return (f"{DUPLICATE_ROW}: the same as row " + first[again].astype("str")).astype("str")


def _spelt(text: pd.Series, spellings: dict[str, str]) -> pd.Series:
    return text.map(lambda cell: spellings.get(tidy_cell(cell).casefold())).astype("str")


def _tidied(text: pd.Series) -> pd.Series:
    return text.map(lambda cell: tidy_cell(cell) or None).astype("str")


def _shown(text: pd.Series) -> pd.Series:
    return ("'" + text.fillna("") + "'").astype("str")


def _quoted(text: str) -> str:
    """A TOML string; JSON writes the same escapes."""
    return json.dumps(text, ensure_ascii=False)


def _parse_date(cell: str) -> date | None:
    text = tidy_cell(cell)
    iso, american = _ISO_DATE.fullmatch(text), _US_DATE.fullmatch(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if american:
            return date(int(american[3]), int(american[1]), int(american[2]))
    except ValueError:
        return None
    return None
