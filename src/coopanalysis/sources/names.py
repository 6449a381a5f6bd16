"""Readers of the name lists: counties of one list year, and states.

Both lists are arguments of cleaning, never constants of it, so that a release about a
fictional country works in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from coopanalysis.catalog.raw_columns import NAME
from coopanalysis.catalog.reject_reasons import WRONG_FIELD_COUNT
from coopanalysis.errors import DataError
from coopanalysis.sources.codes import COUNTY_WIDTH, STATE_WIDTH, restore_zeros
from coopanalysis.sources.reading import Reading, empty_rejects
from coopanalysis.sources.workbook import Sheet, other_widths, read_sheets

STATE_NAME = r"[A-Z][a-z]+(?: (?:of|and|the|[A-Z][a-z]+))*"
"""Spelled exactly, since every page shows it; files that are held against the lists may differ in
punctuation and case."""
CANAL_ZONE = "CZ"
"""Prefix of the one place with a code of the FBI and none of a state."""
STATE_KINDS = ("state", "district", "territory")


def read_county_names(path: Path, source: str = "") -> Reading:
    """Read a county list in the layout `county-names` (`fips, name, name2`).

    Parameters
    ----------
    path : Path
        CSV file; `name` is `County, State`.
    source : str
        Id of the source; the file name by default.

    Returns
    -------
    Reading
        Frame with one row per county: `county_fips` (five characters), `county`, `state`, and
        provenance. Rows without a five-digit code or without a state are rejected.

    Raises
    ------
    DataError
        If the file cannot be read or lacks a column.
    """
    rows, reasons = read_named_columns(path, ("fips", "name"))
    place = rows["name"].str.strip().str.rpartition(",")
    place = place.reindex(columns=range(3), fill_value="")  # a file without rows has no parts
    codes, mended = restore_zeros(rows["fips"].str.strip(), COUNTY_WIDTH)
    frame = pd.DataFrame(
        {
            "county_fips": codes,
            "county": place[0].str.strip(),
            "state": place[2].str.strip(),
        }
    ).join(rows[["source_file", "source_sheet", "source_row"]])
    reasons = _first_reason(
        reasons,
        {
            "county code is not five digits": ~frame["county_fips"].str.fullmatch(r"[0-9]{5}"),
            "name is not 'County, State'": ~frame["county"].str.fullmatch(NAME)
            | ~frame["state"].str.fullmatch(NAME),
            "county code repeats an earlier row": frame["county_fips"].duplicated(),
        },
    )
    count = int((mended & reasons.isna()).sum())
    reading = Reading(source or path.name, frame, empty_rejects(), len(frame), count)
    return reading.reject(reasons, ["county_fips", "county", "state"])


def read_state_list(path: Path, source: str = "") -> Reading:
    """Read a list of states in the layout `state-list` (`state_fips,state_abbr,state,kind`).

    Returns
    -------
    Reading
        Frame with one row per state: `state_fips` (two characters), `state_abbr`, `state`,
        `kind` (state, district or territory), and provenance. Rows that break these rules are
        rejected.

    Raises
    ------
    DataError
        If the file cannot be read or lacks a column.
    """
    columns = ["state_fips", "state_abbr", "state", "kind"]
    rows, reasons = read_named_columns(path, columns)
    frame = rows.assign(**{name: rows[name].str.strip() for name in columns})
    frame["state_fips"], mended = restore_zeros(frame["state_fips"], STATE_WIDTH)
    reasons = _first_reason(
        reasons,
        {
            "state code is not two digits": ~frame["state_fips"].str.fullmatch(r"[0-9]{2}"),
            "state abbreviation is not two letters": ~frame["state_abbr"].str.fullmatch(
                r"[A-Z]{2}"
            ),
            "state is not named in words": ~frame["state"].str.fullmatch(STATE_NAME),
            f"kind is none of {', '.join(STATE_KINDS)}": ~frame["kind"].isin(STATE_KINDS),
            "state repeats an earlier row": frame["state_fips"].duplicated()
            | frame["state_abbr"].duplicated(),
        },
    )
    count = int((mended & reasons.isna()).sum())
    reading = Reading(source or path.name, frame, empty_rejects(), len(frame), count)
    return reading.reject(reasons, columns)


def read_ucr_states(path: Path, source: str = "") -> Reading:
    """Read a list of the FBI's state codes in the layout `ucr-states`.

    Returns
    -------
    Reading
        Frame with one row per code: `ucr_state` (two digits), `ori_prefix` (first letters of the
        agencies' identifiers), `state_fips` (missing for the Canal Zone, which has none),
        `state`, and provenance. Rows that break these rules are rejected.

    Raises
    ------
    DataError
        If the file cannot be read or lacks a column.
    """
    columns = ["ucr_state", "ori_prefix", "state_fips", "state"]
    rows, reasons = read_named_columns(path, columns)
    frame = rows.assign(**{name: rows[name].str.strip() for name in columns})
    frame["ucr_state"], mended = restore_zeros(frame["ucr_state"], STATE_WIDTH)
    frame["state_fips"], also = restore_zeros(frame["state_fips"], STATE_WIDTH)
    reasons = _first_reason(
        reasons,
        {
            "code of the FBI is not two digits": ~frame["ucr_state"].str.fullmatch(r"[0-9]{2}"),
            "prefix is not two letters": ~frame["ori_prefix"].str.fullmatch(r"[A-Z]{2}"),
            "state code is not two digits": ~frame["state_fips"].str.fullmatch(r"[0-9]{2}")
            & ~(frame["state_fips"].eq("") & frame["ori_prefix"].eq(CANAL_ZONE)),
            "state is not named in words": ~frame["state"].str.fullmatch(STATE_NAME),
            "code of the FBI repeats an earlier row": frame["ucr_state"].duplicated(),
            "prefix or state code repeats an earlier row": frame["ori_prefix"].duplicated()
            | (frame["state_fips"].duplicated() & (frame["state_fips"] != "")),
        },
    )
    frame = frame.assign(state_fips=frame["state_fips"].replace("", pd.NA).astype("str"))
    count = int(((mended | also) & reasons.isna()).sum())
    reading = Reading(source or path.name, frame, empty_rejects(), len(frame), count)
    return reading.reject(reasons, columns)


def read_named_columns(path: Path, required: Sequence[str]) -> tuple[pd.DataFrame, pd.Series]:
    """Read the one sheet of a file whose first row holds its column names.

    Column names are compared without regard to case and to white space. Columns that are not
    asked for are left out.

    Parameters
    ----------
    path : Path
        `.csv` or `.xlsx` file.
    required : sequence of str
        Column names, which are also the names in the result.

    Returns
    -------
    rows : DataFrame, one row per row of the file that holds any text
        The required columns as text (empty cell: empty text) and the provenance columns.
    reasons : Series of str, indexed like `rows`
        Why a row cannot be used whatever it holds: delimited text with more or fewer cells
        than the header, so that it is not known what each means. Missing for the others.

    Raises
    ------
    DataError
        If the file cannot be read, is empty, lacks a column, has one of them twice, or has
        them on several sheets.
    """
    wanted = {_header_key(name): name for name in required}
    sheets = [sheet for sheet in read_sheets(path) if sheet.rows]
    headers = [[_header_key(text) for text in sheet.rows[0][1]] for sheet in sheets]
    fitting = [at for at, header in enumerate(headers) if set(wanted) <= set(header)]
    if len(fitting) > 1:
        raise DataError(
            path.name,
            f"has the columns on {len(fitting)} sheets: "
            f"{', '.join(repr(sheets[at].name) for at in fitting)}",
            "Save the sheet that is meant as a file of its own.",
        )
    for at in fitting:
        sheet, header = sheets[at], headers[at]
        repeated = [name for key, name in wanted.items() if header.count(key) > 1]
        if repeated:
            raise DataError(
                path.name,
                f"names columns twice: {repeated}",
                "Keep the right one of each in a copy of the file.",
            )
        return _named_frame(path, sheet, {wanted[key]: header.index(key) for key in wanted})
    found = [text.strip() for text in sheets[0].rows[0][1] if text.strip()] if sheets else []
    lacking = [name for key, name in wanted.items() if not headers or key not in headers[0]]
    raise DataError(
        path.name,
        f"lacks the columns {lacking}; it has {found}",
        "Check that this is the right file; the names belong in its first row.",
    )


def _header_key(text: str) -> str:
    return " ".join(text.split()).casefold()


def _named_frame(
    path: Path, sheet: Sheet, positions: dict[str, int]
) -> tuple[pd.DataFrame, pd.Series]:
    body = sheet.rows[1:]
    data: dict[str, pd.Series] = {
        name: pd.Series([cells[at] if at < len(cells) else "" for _, cells in body], dtype="str")
        for name, at in positions.items()
    }
    frame = pd.DataFrame(data)
    is_ragged = np.array(other_widths(sheet, body, len(sheet.rows[0][1])), dtype=bool)
    reasons = pd.Series(None, index=frame.index, dtype="str").mask(is_ragged, WRONG_FIELD_COUNT)
    rows = frame.assign(
        source_file=pd.Series(path.name, index=frame.index, dtype="str"),
        source_sheet=pd.Series(sheet.name, index=frame.index, dtype="str"),
        source_row=pd.Series([number for number, _ in body], dtype="int64"),
    )
    return rows, reasons


def _first_reason(reasons: pd.Series, checks: dict[str, pd.Series]) -> pd.Series:
    """First reason against each row, in the order of the checks; missing where there is none."""
    for reason, failed in checks.items():
        reasons = reasons.mask(reasons.isna() & failed, reason)
    return reasons
