"""Which county each row of a user's table names; rows that name none are refused together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from coopanalysis.clean.county_names import match_counties, match_states
from coopanalysis.clean.vintages import (
    LAST_CODE,
    county_codes,
    explain_code,
    load_vintages,
    matching_years,
)
from coopanalysis.errors import DataError
from coopanalysis.panel.own_cells import Cells

KEY = "county_fips"
PLACE_COLUMNS = (KEY, "state_fips", "state_abbr", "state", "county")
SHOWN_ROWS = 5

_MENDS = (
    ("had a thousands separator", r"^(\d{1,2}),(\d{3})(?=\.0*$|$)", r"\1\2"),
    ("had decimals", r"^(\d{4,5})\.0*$", r"\1"),
    ("had the prefix of a Census GEO_ID", r"^050\d*US(\d{5})$", r"\1"),
    ("had lost the leading zero", r"^(\d{4})$", r"0\1"),
)


@dataclass(frozen=True)
class Counties:
    """The counties a file may name.

    `frame` is joined to, `places` are the counties of the release with their names, and `list_year`
    says of which county list the codes of the frame are.
    """

    frame: pd.DataFrame
    places: pd.DataFrame
    list_year: int

    @property
    def are_fictional(self) -> bool:
        """Whether no list of counties has them, as in the demo release."""
        return not (self.places[KEY] <= LAST_CODE).any()

    def known_codes(self) -> set[str]:
        """Codes a file may hold: those of the list, also where the frame is a part of it."""
        own = set(self.frame[KEY])
        if self.are_fictional:
            return own | set(self.places[KEY])
        return own | county_codes(self.list_year, load_vintages(), territories=True)

    def named(self) -> pd.DataFrame:
        """Code, state and name of every county that has a name here."""
        columns = list(PLACE_COLUMNS)
        own = [self.frame[columns]] if set(columns) <= set(self.frame.columns) else []
        return pd.concat([*own, self.places[columns]]).drop_duplicates(KEY, ignore_index=True)


def find_codes(
    cells: Cells, counties: Counties, on: str, state: str | None
) -> tuple[pd.Series[str], dict[str, int]]:
    """Find the county of each row by its code or, with `state`, by its name within that state.

    Returns the codes, each once, and how many were mended by what was wrong. Names are matched by
    spelling rules, never by likeness. One `DataError` names all rows without a county of the list,
    and those that repeat one.
    """
    if state is None:
        codes, mended = mend_codes(cells.frame[on])
        faults = _code_faults(codes, cells.frame[on], counties)
    else:
        codes, mended, faults = _codes_of_names(cells, on, state, counties)
    _refuse(cells, codes, faults, counties)
    return codes, mended


def mend_codes(texts: pd.Series[str]) -> tuple[pd.Series[str], dict[str, int]]:
    """Give codes their five digits back where that is certain; count them by what was wrong.

    A code can be counted twice ("1,003.0").
    """
    mended = {}
    for how, pattern, put in _MENDS:
        changed = texts.str.replace(pattern, put, regex=True)
        count = int((changed != texts)[texts.notna()].sum())
        if count:
            mended[how] = count
        texts = changed
    return texts, mended


def _code_faults(
    codes: pd.Series[str], texts: pd.Series[str], counties: Counties
) -> dict[int, str]:
    """Say what is wrong with each row whose code is not of the list, by its position."""
    known = counties.known_codes()
    vintages = None if counties.are_fictional else load_vintages()
    missing = codes.isna()
    faults = {}
    for at, code in enumerate(codes):
        if code in known:
            continue
        if missing[at]:
            words = "has no code"
        elif not (len(code) == 5 and code.isdecimal()):
            words = f"{texts[at]!r} is no county code of five digits"
        elif vintages is None:
            words = f"{code} is no county of this release"
        else:
            words = explain_code(code, vintages)
        faults[at] = words
    return faults


def _codes_of_names(
    cells: Cells, county: str, state: str, counties: Counties
) -> tuple[pd.Series[str], dict[str, int], dict[int, str]]:
    """Find codes by name within the state; say what is wrong with each row that has none."""
    named = counties.named()
    states = named[["state_fips", "state_abbr", "state"]].drop_duplicates()
    texts, state_texts = cells.frame[county], cells.frame[state]
    in_state = match_states(state_texts.str.replace(r"^(\d)(\.0)?$", r"0\1", regex=True), states)
    codes, matches = match_counties(in_state, texts, named)
    faults = {}
    for at in map(int, codes.index[codes.isna()]):
        if pd.isna(texts[at]) or pd.isna(state_texts[at]):
            faults[at] = "has no county or no state"
        elif pd.isna(in_state[at]):
            faults[at] = f"no state {state_texts[at]!r} in this release"
        else:
            words = "names no county, or both a county and a city"
            faults[at] = f"{texts[at]!r} in {state_texts[at]} {words}"
    spelt = int((matches == "normalised").sum())
    otherwise = {"are spelt otherwise than in the county list": spelt}
    return codes, otherwise if spelt else {}, faults


def _refuse(
    cells: Cells, codes: pd.Series[str], faults: Mapping[int, str], counties: Counties
) -> None:
    """Raise one error for all rows that cannot be joined, if there are any."""
    first: dict[str, int] = {}
    repeats = {}
    for at, code in enumerate(codes):
        if at in faults:
            continue
        if code in first:
            repeats[at] = f"{code} is in row {cells.rows[first[code]]} already"
        first.setdefault(code, at)
    wrong = dict(sorted({**faults, **repeats}.items()))
    if not wrong:
        return
    shown = "; ".join(f"row {cells.rows[at]}: {wrong[at]}" for at in list(wrong)[:SHOWN_ROWS])
    more = f"; and {len(wrong) - SHOWN_ROWS:,} more" if len(wrong) > SHOWN_ROWS else ""
    kinds = [
        f"{len(found):,} {what}"
        for found, what in ((faults, "without a county of the list"), (repeats, "repeating one"))
        if found
    ]
    raise DataError(
        cells.where,
        f"{len(wrong):,} of {len(codes):,} rows cannot be joined ({', '.join(kinds)}): "
        f"{shown}{more}",
        f"Correct these rows or take them out.{_other_list(codes, faults, counties)}",
    )


def _other_list(codes: pd.Series[str], faults: Mapping[int, str], counties: Counties) -> str:
    """Say of which years' lists the codes are, where the faulty ones are of a list."""
    vintages = load_vintages()
    if counties.are_fictional:
        real = any(codes[at] in vintages.names for at in faults)
        return " The counties of this release are fictional: join real ones to another." * real
    listed = {code for code in codes.dropna() if code in vintages.names}
    if not {codes[at] for at in faults} & listed:
        return ""
    years = [year for year in matching_years(listed, vintages) if year != counties.list_year]
    if not years:
        return f" The counties joined to are those of the list of {counties.list_year}."
    return (
        f" The codes are of the county lists of {years[0]} to {years[-1]}; the counties joined to "
        f"are those of {counties.list_year}."
    )
