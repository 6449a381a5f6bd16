"""Month in which Secure Communities was activated, by county (Stata file).

Codes are integers without leading zero; month and year are floats with missing values. A
missing month means that the compilation has none, not that the programme never came: it
covered the whole country by January 2013. Rows are numbered as Stata numbers observations,
from 1, since the file has no header line. Column `l` has no documented meaning and is left
out.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import LIMITS
from coopanalysis.catalog.reject_reasons import (
    DUPLICATE_KEY,
    NOT_A_COUNTY_CODE,
    NOT_A_DATE,
    NOT_A_NAME,
    OTHER_STATE,
)
from coopanalysis.errors import DataError
from coopanalysis.sources.codes import COUNTY_WIDTH, STATE_WIDTH, restore_zeros
from coopanalysis.sources.raw_text import read_bytes, visible
from coopanalysis.sources.reading import Reading, empty_rejects
from coopanalysis.sources.table import check_columns, check_varies

_RAW = ["countyname", "countyfips", "state", "statefips", "activation_month", "activation_year"]
_ABBR = r"^[A-Z]{2}$"


def read_secure_communities(path: Path, source: str = "") -> Reading:
    """Read the month of activation by county.

    Returns
    -------
    Reading
        `county_fips`, `county_text` (as in the file, often abbreviated), `state_abbr`,
        `activation_date` (first day of the month; missing means not in the compilation).

    Raises
    ------
    DataError
        If the file is no Stata file or lacks a column.
    """
    raw = _read_stata(path)
    check_columns(path.name, list(raw.columns), _RAW)
    raw = raw.assign(source_file=path.name, source_sheet="", source_row=range(1, len(raw) + 1))
    month, year = (_number(raw[f"activation_{part}"]) for part in ("month", "year"))
    code, _ = restore_zeros(_text(raw["countyfips"]), COUNTY_WIDTH)
    state, _ = restore_zeros(_text(raw["statefips"]), STATE_WIDTH)
    county, abbr = _text(raw["countyname"]), _text(raw["state"])
    stated = month.notna() & year.notna()
    sound = (month % 1 == 0) & (year % 1 == 0)
    for values, name in ((month, "activation_month"), (year, "activation_year")):
        sound &= values.between(LIMITS[name].minimum, LIMITS[name].maximum)
    reasons = pd.Series(None, index=raw.index, dtype="str")
    reasons = reasons.mask(~(stated & sound) & (month.notna() | year.notna()), NOT_A_DATE)
    is_code = code.str.fullmatch(r"[0-9]{5}").astype(bool) & (code >= "01001")
    reasons = reasons.mask(~is_code, NOT_A_COUNTY_CODE)
    other = f"{OTHER_STATE}: statefips " + state.replace("", "missing")
    reasons = reasons.mask(is_code & (code.str[:2] != state), other)
    for values, pattern, column in ((county, "[A-Za-z]", "countyname"), (abbr, _ABBR, "state")):
        unnamed = reasons.isna() & ~values.str.contains(pattern).astype(bool)
        reasons = reasons.mask(unnamed, f"{NOT_A_NAME}: {column}")
    usable = reasons.isna()
    reasons = reasons.mask(usable & code.where(usable).duplicated(), DUPLICATE_KEY)
    date = pd.to_datetime({"year": year.where(sound), "month": month.where(sound), "day": 1})
    frame = raw.assign(
        county_fips=code,
        county_text=county,
        state_abbr=abbr,
        activation_date=date.astype("datetime64[us]"),
    )
    columns = ["county_fips", "county_text", "state_abbr", "activation_date"]
    provenance = ["source_file", "source_sheet", "source_row"]
    reading = Reading(source or path.name, frame, empty_rejects(), len(frame))
    reading = reading.reject(reasons, _RAW)
    check_varies(path.name, reading.frame)
    return Reading(
        reading.source, reading.frame[columns + provenance], reading.rejects, reading.rows_in
    )


def _text(values: pd.Series) -> pd.Series:
    """Visible text; a cell that is missing, or a column of numbers, is text as well."""
    return values.astype("str").fillna("").map(visible).str.strip().astype("str")


def _number(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values, errors="coerce").astype("float64")


def _read_stata(path: Path) -> pd.DataFrame:
    read_bytes(path)
    try:
        return pd.read_stata(path, convert_dates=False, convert_categoricals=False)
    except Exception as error:  # pandas trusts the offsets in the file: any error can follow
        raise DataError(
            path.name, f"is no readable Stata file ({error})", "Fetch or restore the file."
        ) from error
