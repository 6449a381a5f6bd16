"""Rows of a raw file as text, the verdict on each, and how text becomes typed columns.

Values are text first, so that codes keep their zeros and a bad value is a rejected row with its
number instead of a failed file.

Codes that a spreadsheet turned into numbers (1001 for 01001, 1003.0 for 01003) are mended, not
refused. No state has the code 00, so a county code of four digits has one reading only, and
whoever saved the file in a spreadsheet cannot bring the zeros back there either. What a code of
another kind of damage would become, its state and name contradict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coopanalysis.catalog.raw_columns import LEAST_ROWS, LIMITS, NAME, WORDS, Limits
from coopanalysis.catalog.reject_reasons import (
    DUPLICATE_KEY,
    NOT_A_COUNTY_CODE,
    NOT_A_NAME,
    NOT_A_NUMBER,
    OUT_OF_RANGE,
    UNKNOWN_WORD,
)
from coopanalysis.errors import DataError
from coopanalysis.sources.reading import (
    PROVENANCE_COLUMNS,
    Reading,
    empty_rejects,
    rejects_frame,
)

COUNTY_WIDTH, STATE_WIDTH, IN_STATE_WIDTH = 5, 2, 3
_FRACTION = r"\.0*$"
_WHOLE = Limits(0, 1e12)
_PLAIN_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE](\+?[0-9]{1,3}|-[0-9]{1,2}))?$"
"""A number with a leading zero, or without a digit beside its point, has lost some; one as small
as 1e-100 is damaged too."""


class TextTable:
    """Rows of one file as text with provenance (`lines`), and what speaks against each.

    `columns` are those of the file, `rejects` rows whose cells could not be told apart.
    `reasons` says why a row is not used, and is missing while nothing speaks against it;
    `mended` says whether a code of the row had lost its leading zeros.
    """

    def __init__(
        self,
        path: Path,
        source: str,
        cells: pd.DataFrame,
        rows: Sequence[int] | npt.NDArray[np.int64],
        sheet: str = "",
    ) -> None:
        self.file, self.source = path.name, source or path.name
        self.columns = [str(name) for name in cells]
        self.lines = cells.assign(
            source_file=pd.Series(path.name, index=cells.index, dtype="str"),
            source_sheet=pd.Series(sheet, index=cells.index, dtype="str"),
            source_row=np.asarray(rows, dtype="int64"),
        )
        self.rejects = empty_rejects()
        self.reasons = pd.Series(None, index=cells.index, dtype="str")
        self.mended = pd.Series(False, index=cells.index)

    def reject(self, bad: pd.Series | npt.NDArray[np.bool_], reason: str | pd.Series) -> None:
        """Set a reason for the rows marked, or that of each, unless they have one already."""
        if bad.any():
            self.reasons = self.reasons.mask(bad & self.reasons.isna(), reason)

    def text(self, name: str) -> pd.Series:
        """Text with outer white space removed, and single blanks between words."""
        values = self.lines[name].str.strip()
        spaced = values.str.contains("  ", regex=False).any()
        return values.str.replace(r" {2,}", " ", regex=True) if spaced else values

    def matched(self, name: str, pattern: str, reason: str) -> pd.Series:
        """Text that has to match a pattern as a whole; rows with anything else are rejected."""
        values = self.text(name)
        self.reject(~matches(values, pattern), reason)
        return values

    def name(self, name: str, *, or_blank: bool = False) -> pd.Series:
        """Names of places or agencies; rows with anything else are rejected."""
        return self.matched(name, f"({NAME})?" if or_blank else NAME, f"{NOT_A_NAME}: {name}")

    def word(self, name: str, of: str) -> pd.Series:
        """One of the words that `catalog.raw_columns.WORDS` has; rows with others are rejected."""
        values = self.text(name)
        self.reject(~values.isin(WORDS[of]), f"{UNKNOWN_WORD}: {name}")
        return values

    def number(
        self, name: str, limits: Limits | None = None, *, missing: str | None = None
    ) -> pd.Series:
        """Numbers as float64; rows with something else, or beyond the limits, are rejected.

        `missing` is the text that stands for a missing value; without it a value must be there.
        """
        values = pa.array(self.lines[name])
        if missing is not None:
            values = pc.if_else(pc.equal(values, missing), None, values)
        try:
            numbers = pd.Series(pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid:
            numbers = pd.to_numeric(values.to_pandas(), errors="coerce").astype("float64")
        numbers.index = self.lines.index
        is_plain = pc.fill_null(pc.match_substring_regex(values, _PLAIN_NUMBER), False)
        numbers = numbers.where(is_plain.to_numpy(zero_copy_only=False))
        absent = numbers.isna()
        if absent.any():
            unexpected = absent if missing is None else absent & (self.lines[name] != missing)
            self.reject(unexpected, f"{NOT_A_NUMBER}: {name}")
        plain = numbers.to_numpy()
        outside = np.isinf(plain)
        if limits is not None:
            outside |= (plain < limits.minimum) | (plain > limits.maximum)
        self.reject(outside, f"{OUT_OF_RANGE}: {name}")
        return numbers

    def whole(self, name: str, limits: Limits = _WHOLE, *, missing: str | None = None) -> pd.Series:
        """Whole numbers as Int64; rows with something else are rejected.

        So is one in exponents: a program that writes `1.235e+04` has rounded it.
        """
        numbers = self.number(name, limits, missing=missing)
        rounded = self.lines[name].str.contains("e", case=False, regex=False)
        self.reject(rounded & numbers.notna(), f"{NOT_A_NUMBER}: {name} is in exponents")
        plain = numbers.to_numpy()
        bounded = (plain >= limits.minimum) & (plain <= limits.maximum)
        fraction = bounded & (np.floor(plain) != plain)
        self.reject(fraction, f"{NOT_A_NUMBER}: {name} is not a whole number")
        return numbers.where(bounded & ~fraction).astype("Int64")

    def code(self, name: str, width: int, *, zeros: int = 1) -> pd.Series:
        """Codes as text, with the leading zeros back that a spreadsheet took; see `codes`."""
        codes, mended = restore_zeros(self.text(name), width, zeros=zeros)
        self.mended |= mended
        return codes

    def county_fips(
        self, county: str, state: str = "", *, reason: str = NOT_A_COUNTY_CODE
    ) -> pd.Series:
        """County codes of five digits, joined from state and county where they are apart."""
        if state:
            codes, mended = join_county_codes(self.text(county), self.text(state))
            self.mended |= mended
        else:
            codes = self.code(county, 5)
        self.reject(~matches(codes, r"[0-9]{5}"), reason)
        return codes

    def reading(self, typed: Mapping[str, pd.Series], key: Sequence[str] = ()) -> Reading:
        """Rows kept, typed, and those rejected with their text; of a repeated key the first stays.

        Raises `DataError` if a column that has to vary has one value throughout, or none at all.
        """
        provenance = self.lines[list(PROVENANCE_COLUMNS)]
        frame = pd.concat([pd.DataFrame(typed, index=provenance.index), provenance], axis=1)
        if key:
            repeated = frame.loc[self.reasons.isna(), list(key)].duplicated()
            self.reject(
                repeated.reindex(frame.index, fill_value=False),
                f"{DUPLICATE_KEY}: {', '.join(key)}",
            )
        bad, rejects = self.reasons.notna(), self.rejects
        if bad.any():
            lines = self.lines[bad]
            refused = rejects_frame(self.source, lines, self.reasons[bad], lines[self.columns])
            rejects = pd.concat([rejects, refused]).sort_values("row", ignore_index=True)
        kept = frame[~bad].reset_index(drop=True) if bad.any() else frame
        _check_varies(self.file, kept)
        mended = int((self.mended & ~bad).sum())
        return Reading(self.source, kept, rejects, len(self.lines) + len(self.rejects), mended)


def matches(values: pd.Series, pattern: str) -> pd.Series:
    """Whether each text matches a pattern as a whole; a missing one does not."""
    return values.str.fullmatch(pattern).fillna(False).astype(bool)


def restore_zeros(text: pd.Series, width: int, *, zeros: int = 1) -> tuple[pd.Series, pd.Series]:
    """Put back leading zeros of codes, take off the `.0` of a number; and say which were mended.

    `text` has no white space around it, `width` is the digits of a code, and `zeros` how many of
    them may be leading zeros, and so lost. What is no code stays as it is.
    """
    whole = text.str.len().eq(width) & text.str.isdigit()
    if whole.all():
        return text, pd.Series(False, index=text.index)
    bare = text.str.replace(_FRACTION, "", regex=True)
    short = rf"[1-9][0-9]{{{width - zeros - 1},{width - 2}}}"
    is_code = bare.str.fullmatch(rf"[0-9]{{{width}}}|{short}").fillna(False).astype(bool)
    codes = text.mask(is_code, bare.str.zfill(width))
    return codes, is_code & (codes != text)


def join_county_codes(county: pd.Series, state: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Join the two parts of county codes, each with its zeros; and say which were mended.

    Parts of a wrong width are joined with a blank between them, so that a state in the place of
    a county cannot pass for one.
    """
    states, state_mended = restore_zeros(state, STATE_WIDTH)
    counties, county_mended = restore_zeros(county, IN_STATE_WIDTH, zeros=IN_STATE_WIDTH - 1)
    fit = states.str.len().eq(STATE_WIDTH) & counties.str.len().eq(IN_STATE_WIDTH)
    codes = (states + counties).where(fit, states + " " + counties)
    return codes, state_mended | county_mended


def _check_varies(where: str, frame: pd.DataFrame) -> None:
    """Raise if a column that has to vary is missing throughout, or one value throughout."""
    if len(frame) < LEAST_ROWS:
        return
    idle = []
    for name, limits in LIMITS.items():
        if not limits.varies or name not in frame:
            continue
        low, high = frame[name].min(), frame[name].max()
        if pd.isna(low):
            idle.append(f"{name} is missing")
        elif low == high:
            idle.append(f"{name} is {low:g}")
    if idle:
        raise DataError(
            where,
            f"{', '.join(idle)} in all of {len(frame):,} rows",
            "Fetch the file again; if it is right, declare in catalog/raw_columns.py that the "
            "column may be so.",
        )
