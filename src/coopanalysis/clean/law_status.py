"""Which state laws were in force on a day, and how many people lived under them.

Laws whose date or scope is not certain (`confidence` `verify`) are left out unless asked for,
and every answer says whether they would change it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coopanalysis.errors import DataError, UsageError

LawStatus = Literal["requires", "restricts", "both", "neither"]
LAW_STATUSES: tuple[LawStatus, ...] = get_args(LawStatus)

Day = str | dt.date | pd.Timestamp

_REQUIRING, _RESTRICTING = ("requires", "both"), ("restricts", "both")


def laws_in_force(laws: pd.DataFrame, on: Day, *, include_verify: bool = False) -> pd.DataFrame:
    """Laws that had begun and not ended on a day; one without a date is never among them.

    Laws whose date or scope is not certain are in it only with `include_verify`.
    """
    trusted = laws.loc[laws["confidence"].eq("high") | include_verify]
    in_force: NDArray[np.bool_] = _in_force(trusted, [_day(on)])[0]
    return trusted.loc[in_force].reset_index(drop=True)


def law_status(
    laws: pd.DataFrame, states: pd.DataFrame, on: Day, *, include_verify: bool = False
) -> pd.DataFrame:
    """Status of each state on a day: its laws require, restrict, do both or neither.

    Parameters
    ----------
    laws : DataFrame
        As from `sources.reference.read_state_laws`.
    states : DataFrame, one row per state
        Needs `state_fips`; its other columns are kept.
    on : str, date or Timestamp
        The day, as YYYY-MM-DD if text.
    include_verify : bool
        Whether `status` rests on uncertain laws too.

    Returns
    -------
    DataFrame, one row per row of `states`
        `status`; `since_date`, the day from which the laws counted gave that status without a
        break (missing for neither); `laws_count` in force and counted; `verify_laws_count` in
        force but uncertain; `undated_laws_count`, uncertain laws without a date, which cannot be
        placed in time; `status_if_verified`, the status if every uncertain law with a date
        holds; `possible_status`, if those without a date hold too; `is_uncertain`, whether the
        certain laws alone, with the uncertain ones, and with the undated ones too give different
        statuses (an undated law counts as possible on every day, so early days look less certain
        than they are).

    Raises
    ------
    DataError
        If a law names a state that `states` does not list.
    UsageError
        If the day is not a date.
    """
    _check_states(laws, states)
    day = _day(on)
    high = laws_in_force(laws, day)
    every = laws_in_force(laws, day, include_verify=True)
    counted = every if include_verify else high
    undated = laws.loc[laws["effective_date"].isna()]
    codes = states["state_fips"]
    table = states.reset_index(drop=True).assign(
        status=_statuses(codes, counted),
        since_date=_since(codes, laws, day, include_verify),
        laws_count=_counts(codes, counted),
        verify_laws_count=_counts(codes, every.loc[every["confidence"].eq("verify")]),
        undated_laws_count=_counts(codes, undated),
        status_if_verified=_statuses(codes, every),
        possible_status=_statuses(codes, pd.concat([every, undated])),
    )
    others = (_statuses(codes, high), table["possible_status"].to_numpy())
    table["is_uncertain"] = np.logical_or.reduce(
        [table["status_if_verified"].to_numpy() != other for other in others]
    )
    return table


def law_timeline(
    laws: pd.DataFrame, states: pd.DataFrame, until: Day, *, include_verify: bool = False
) -> pd.DataFrame:
    """Status of each state from each day on which a law of any state began or ended.

    Parameters
    ----------
    laws, states : DataFrame
        As for `law_status`.
    until : str, date or Timestamp
        The last day, which has rows too.
    include_verify : bool
        Whether the statuses rest on uncertain laws with a date too.

    Returns
    -------
    DataFrame, one row per (`on_date`, state), days in order
        The columns of `states` and `status`, which holds from `on_date` to the next one.

    Raises
    ------
    DataError
        If a law names a state that `states` does not list.
    UsageError
        If `until` is not a date, or no law had begun by then.
    """
    _check_states(laws, states)
    last = _day(until)
    known = laws.loc[laws["confidence"].eq("high") | include_verify]
    days = sorted({*known["effective_date"].dropna(), *known["ended_date"].dropna()})
    past = [day for day in days if day <= last]
    if not past:
        first = f"; the first begins on {days[0]:%Y-%m-%d}" if days else ""
        raise UsageError(f"No law counted is in force by {last:%Y-%m-%d}{first}.")
    past = sorted({*past, last})
    statuses = _statuses_on(states["state_fips"], known, past)
    return pd.concat(
        [states.assign(on_date=day, status=of) for day, of in zip(past, statuses, strict=True)],
        ignore_index=True,
    )


def _day(on: Day) -> pd.Timestamp:
    try:
        day = pd.Timestamp(on)
    except (ValueError, TypeError) as error:
        raise UsageError(f"'{on}' is not a date. Write it as YYYY-MM-DD.") from error
    if pd.isna(day):
        raise UsageError(f"'{on}' is not a date. Write it as YYYY-MM-DD.")
    return day


def _check_states(laws: pd.DataFrame, states: pd.DataFrame) -> None:
    unknown = laws.loc[~laws["state_fips"].isin(states["state_fips"])]
    if len(unknown):
        raise DataError(
            "state_laws.csv",
            f"{len(unknown)} laws of states that the list of states lacks: "
            f"{', '.join(unknown['state_fips'].unique())}",
            "Correct the state code, or pass a complete list of states.",
            unknown["source_row"].tolist() if "source_row" in unknown else (),
        )


def _statuses(codes: pd.Series, laws: pd.DataFrame) -> np.ndarray:
    requiring = codes.isin(laws.loc[laws["kind"].isin(_REQUIRING), "state_fips"])
    restricting = codes.isin(laws.loc[laws["kind"].isin(_RESTRICTING), "state_fips"])
    return _status_of(requiring.to_numpy(), restricting.to_numpy())


def _statuses_on(codes: pd.Series, laws: pd.DataFrame, days: Sequence[pd.Timestamp]) -> np.ndarray:
    """Status of each state on each day, shape (days, states): `_statuses` of the laws in force."""
    in_force = _in_force(laws, days)
    passed = laws["state_fips"].to_numpy()[:, None] == codes.to_numpy()
    requiring, restricting = (
        in_force @ (passed & laws["kind"].isin(kinds).to_numpy()[:, None])
        for kinds in (_REQUIRING, _RESTRICTING)
    )
    return _status_of(requiring, restricting)


def _in_force(laws: pd.DataFrame, days: Sequence[pd.Timestamp]) -> NDArray[np.bool_]:
    """Whether each law had begun and not ended on each day, shape (days, laws)."""
    on = np.array(days, dtype="datetime64[us]")[:, None]
    begun, ended = (
        laws[name].to_numpy(dtype="datetime64[us]") <= on
        for name in ("effective_date", "ended_date")
    )
    return np.asarray(begun & ~ended, dtype=bool)


def _status_of(requiring: np.ndarray, restricting: np.ndarray) -> np.ndarray:
    return np.select(
        [requiring & restricting, requiring, restricting],
        ["both", "requires", "restricts"],
        "neither",
    )


def _counts(codes: pd.Series, laws: pd.DataFrame) -> np.ndarray:
    return codes.map(laws["state_fips"].value_counts()).fillna(0).astype("int64").to_numpy()


def _since(codes: pd.Series, laws: pd.DataFrame, day: pd.Timestamp, verify: bool) -> np.ndarray:
    """Walk back through the days on which laws changed while the status stays the same."""
    known = laws.loc[laws["confidence"].eq("high") | verify]
    changes = {*known["effective_date"].dropna(), *known["ended_date"].dropna()}
    latest_first = sorted((moment for moment in changes if moment <= day), reverse=True)
    now, *before = _statuses_on(codes, known, [day, *latest_first])
    since = np.full(len(codes), np.datetime64("NaT"), dtype="datetime64[us]")
    unbroken = now != "neither"
    for change, then in zip(latest_first, before, strict=True):
        unbroken &= then == now
        since[unbroken] = np.datetime64(change, "us")
    return since
