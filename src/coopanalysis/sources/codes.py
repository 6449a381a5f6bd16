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
