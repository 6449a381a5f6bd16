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
    NOT_A_COUNTY_CODE,
    NOT_A_DATE,
    NOT_A_NAME,
    OTHER_STATE,
)
from coopanalysis.sources.raw_text import read_bytes, readable, visible
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import TextTable, check_columns
from coopanalysis.sources.text_table import COUNTY_WIDTH, STATE_WIDTH, matches, restore_zeros

_RAW = ["countyname", "countyfips", "state", "statefips", "activation_month", "activation_year"]
_ANY_LETTER = "(?s:.*[A-Za-z].*)"


def read_secure_communities(path: Path, source: str = "") -> Reading:
    """Read the month of activation by county.

    Returns
    -------
    Reading
        `county_fips`, `county_text` (as in the file, often abbreviated), `state_abbr`,
        `activation_date` (first day of the month; missing means not in the compilation).
    """
    raw = read_stata(path)
    check_columns(path.name, list(raw.columns), _RAW)
    cells = pd.DataFrame({name: _visible(raw[name]) for name in _RAW})
    table = TextTable(path, source, cells, range(1, len(raw) + 1))
    code, _ = restore_zeros(table.text("countyfips"), COUNTY_WIDTH)
    state, _ = restore_zeros(table.text("statefips"), STATE_WIDTH)
    table.reject(~matches(code, r"[0-9]{5}") | (code < "01001"), NOT_A_COUNTY_CODE)
    other = f"{OTHER_STATE}: statefips " + state.replace("", "missing")
    table.reject(code.str[:2] != state, other)
    date, is_sound = _first_days(raw["activation_year"], raw["activation_month"])
    table.reject(~is_sound, NOT_A_DATE)
    typed = {
        "county_fips": code,
        "county_text": table.matched("countyname", _ANY_LETTER, f"{NOT_A_NAME}: countyname"),
        "state_abbr": table.matched("state", "[A-Z]{2}", f"{NOT_A_NAME}: state"),
        "activation_date": date,
    }
    return table.reading(typed, ("county_fips",))


def _first_days(years: pd.Series, months: pd.Series) -> tuple[pd.Series, pd.Series]:
    """First day of each month; and whether there is such a month, or none is stated."""
    year, month = (
        pd.to_numeric(part, errors="coerce").astype("float64") for part in (years, months)
    )
    sound = (month % 1 == 0) & (year % 1 == 0)
    for values, name in ((month, "activation_month"), (year, "activation_year")):
        sound &= values.between(LIMITS[name].minimum, LIMITS[name].maximum)
    date = pd.to_datetime({"year": year.where(sound), "month": month.where(sound), "day": 1})
    return date.astype("datetime64[us]"), sound | (month.isna() & year.isna())


def _visible(values: pd.Series) -> pd.Series:
    """Visible text; a cell that is missing, or a column of numbers, is text as well."""
    return values.astype("str").fillna("").map(visible).str.strip().astype("str")


def read_stata(path: Path) -> pd.DataFrame:
    """Read a Stata file as it is; `DataError` if it is none."""
    read_bytes(path)
    # pandas trusts the offsets in the file: any error can follow.
    with readable(path.name, "Stata file", Exception):
        return pd.read_stata(path, convert_dates=False, convert_categoricals=False)
