"""Between what a county's rate can lie if some of its police did not report.

With c the share of residents whose police reported, and u the rate among the others:

=========== ======================================================================================
denominator true rate of the county
=========== ======================================================================================
all         seen + (1 - c) * u, where the source divides by all residents: what is seen is a floor
covered     c * seen + (1 - c) * u, where it divides by the residents covered
=========== ======================================================================================
"""

from __future__ import annotations

from typing import Literal, TypedDict, Unpack, get_args

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats
from coopanalysis.models.row_selection import check_columns

Limit = float | str
Denominator = Literal["all", "covered"]
Silent = Literal["any", "no_less", "no_more"]


class Assumed(TypedDict, total=False):
    """What is assumed beside coverage and limits; see `rate_bounds`."""

    denominator: Denominator
    at_least: bool
    silent: Silent


def rate_bounds(
    frame: pd.DataFrame,
    rate: str,
    *,
    coverage: str,
    lowest: Limit,
    highest: Limit,
    **assumed: Unpack[Assumed],
) -> pd.DataFrame:
    """Least and greatest rate that each county can have had.

    With denominator "all" a rate seen at coverage 0 says that nothing is promised of coverage: it
    is a floor; the county's rate lies between it and the highest, and is at least the lowest.

    Parameters
    ----------
    frame : DataFrame, one row per county
        The data.
    rate : str
        Column with the rate seen; missing where nobody reported.
    coverage : str
        Column with the share of residents whose police reported, 0 to 1.
    lowest, highest : float or str
        Least and greatest rate among residents whose police did not report, in the unit of the
        rate: a number, or a column.
    denominator : {"all", "covered"}
        What the source divides by: all residents of the county (the default), or those covered.
    at_least : bool
        Whether the coverage is only promised, so that any share from it to 1 may be true where a
        rate was seen.
    silent : {"any", "no_less", "no_more"}
        Whether the rate among residents not covered may be anything between the limits, or is no
        less, or no more, than among those covered. Limits still hold.

    Returns
    -------
    DataFrame, index of `frame`
        `low, high`, `seen` (the rate, and the middle of the limits where there is none), and
        `coverage`. Missing where coverage is, or where somebody is covered and no rate is known.
    """
    denominator, at_least = assumed.get("denominator", "all"), assumed.get("at_least", False)
    silent = assumed.get("silent", "any")
    if denominator not in get_args(Denominator) or silent not in get_args(Silent):
        raise ModelError(
            f"denominator {denominator!r} with silent {silent!r}: choose from "
            f"{', '.join(get_args(Denominator))} and {', '.join(get_args(Silent))}."
        )
    check_columns(frame, [rate, coverage, *(n for n in (lowest, highest) if isinstance(n, str))])
    covered, seen = frame[coverage].to_numpy(dtype=float), frame[rate].to_numpy(dtype=float)
    limits = _read_limit(frame, lowest), _read_limit(frame, highest)
    _check(coverage, covered, limits)
    negative = int(((seen < 0) | (limits[0] < 0)).sum()) if denominator == "all" else 0
    if negative:
        raise ModelError(
            f"{rate!r} or its lowest limit is negative in {negative} rows: offences over all "
            "residents are counts per head. Bound the rate itself, not a transformation."
        )
    nobody = np.isnan(seen) & (covered == 0)
    ends = [_at(covered, seen, limits, denominator, silent)]
    if at_least:
        ends.append(_at(np.where(nobody, 0.0, 1.0), seen, limits, denominator, silent))
    low = np.minimum(ends[0][0], ends[-1][0])
    high = np.maximum(ends[0][1], ends[-1][1])
    if denominator == "all":
        is_floor = (covered == 0) & ~nobody
        low = np.where(is_floor, np.maximum(seen, limits[0]), low)
        high = np.where(is_floor, np.maximum(seen, limits[1]), high)
    like = np.where(nobody, (limits[0] + limits[1]) / 2, seen)
    return pd.DataFrame(
        {"low": low, "high": high, "seen": like, "coverage": covered}, index=frame.index
    )


def _at(
    covered: Floats,
    seen: Floats,
    limits: tuple[Floats, Floats],
    denominator: Denominator,
    silent: Silent,
) -> tuple[Floats, Floats]:
    """Ends of the county's rate at one coverage."""
    with np.errstate(divide="ignore", invalid="ignore"):
        among_covered = seen / covered if denominator == "all" else seen
    known = np.where(covered == 0, 0.0, seen if denominator == "all" else covered * seen)
    low, high = limits
    bound = np.where(covered > 0, np.clip(among_covered, low, high), np.nan)
    if silent == "no_less":
        low = np.where(np.isnan(bound), low, bound)
    elif silent == "no_more":
        high = np.where(np.isnan(bound), high, bound)
    return known + (1 - covered) * low, known + (1 - covered) * high


def _read_limit(frame: pd.DataFrame, limit: Limit) -> Floats:
    if isinstance(limit, str):
        return frame[limit].to_numpy(dtype=float)
    return np.full(len(frame), float(limit))


def _check(coverage: str, covered: Floats, limits: tuple[Floats, Floats]) -> None:
    outside = int(((covered < 0) | (covered > 1)).sum())
    if outside:
        raise ModelError(f"coverage {coverage!r} is outside 0 to 1 in {outside} rows.")
    crossed = int((limits[0] > limits[1]).sum())
    if crossed:
        raise ModelError(f"lowest exceeds highest in {crossed} rows.")
