"""Codes that a spreadsheet turned into numbers: 1001 for 01001, 1003.0 for 01003.

They are mended, not refused. No state has the code 00, so a county code of four digits has one
reading only, and whoever saved the file in a spreadsheet cannot bring the zeros back there
either. What a code of another kind of damage would become, its state and name contradict.
"""

from __future__ import annotations

import pandas as pd

COUNTY_WIDTH, STATE_WIDTH, IN_STATE_WIDTH = 5, 2, 3
_FRACTION = r"\.0*$"


def restore_zeros(text: pd.Series, width: int, *, zeros: int = 1) -> tuple[pd.Series, pd.Series]:
    """Put back the leading zeros of codes, and take off the `.0` of a number.

    Parameters
    ----------
    text : Series of str
        Codes as they stand in the file, without white space around them.
    width : int
        Digits that a code has.
    zeros : int
        How many zeros a code may start with, and so have lost.

    Returns
    -------
    codes : Series of str
        Five characters for a code of five digits; what is no code is as it was.
    mended : Series of bool
        Where a code differs from the text.
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
    """Join the two parts of county codes, each with its zeros; parts of a wrong width do not fit.

    Returns
    -------
    codes : Series of str
        Five digits where both parts are codes; else both texts with a blank between them, so
        that a state in the place of a county cannot pass for one.
    mended : Series of bool
    """
    states, state_mended = restore_zeros(state, STATE_WIDTH)
    counties, county_mended = restore_zeros(county, IN_STATE_WIDTH, zeros=IN_STATE_WIDTH - 1)
    fit = states.str.len().eq(STATE_WIDTH) & counties.str.len().eq(IN_STATE_WIDTH)
    codes = (states + counties).where(fit, states + " " + counties)
    return codes, state_mended | county_mended
