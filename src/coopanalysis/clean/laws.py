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
from coopanalysis.vocabulary import PRACTICE_NAMES

LawStatus = Literal["requires", "restricts", "both", "neither"]
LAW_STATUSES: tuple[LawStatus, ...] = get_args(LawStatus)
LAW_STATUS_LABELS: dict[LawStatus, str] = {
    "requires": "Requires cooperation",
    "restricts": "Restricts cooperation",
    "both": "Requires and restricts",
    "neither": "Neither",
}

Day = str | dt.date | pd.Timestamp

_REQUIRING, _RESTRICTING = ("requires", "both"), ("restricts", "both")


def laws_in_force(laws: pd.DataFrame, on: Day, *, include_verify: bool = False) -> pd.DataFrame:
    """Laws in force on a day.

    Parameters
    ----------
    laws : DataFrame
        As from `sources.reference.read_state_laws`.
    on : str, date or Timestamp
        The day, as YYYY-MM-DD if text.
    include_verify : bool
        Whether to count laws whose date or scope is not certain.

    Returns
    -------
    DataFrame
        The rows of `laws` that had begun and not ended. A law without a date is never in it.

    Raises
    ------
    UsageError
        If the day is not a date.
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
        The day.
    include_verify : bool
        Whether `status` rests on uncertain laws too.

    Returns
    -------
    DataFrame, one row per row of `states`
        `status`; `since_date`, the day from which the laws counted gave that status without a
        break (missing for neither); `laws_count` in force and counted; `verify_laws_count` in
        force but uncertain; `undated_laws_count`, uncertain laws without a date, which cannot be
        placed in time; `status_if_verified`, the status if every uncertain law with a date
        holds; `is_uncertain`, whether the certain laws alone, with the uncertain ones, and with
        the undated ones too give different statuses (an undated law counts as possible on every
        day, so early days look less certain than they are).

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
    )
    possible = (_statuses(codes, high), _statuses(codes, pd.concat([every, undated])))
    table["is_uncertain"] = np.logical_or.reduce(
        [table["status_if_verified"].to_numpy() != other for other in possible]
    )
    return table


def county_law_status(status: pd.DataFrame, counties: pd.DataFrame) -> pd.DataFrame:
    """Counties, each with the law status of its state.

    Parameters
    ----------
    status : DataFrame
        As from `law_status`.
    counties : DataFrame, one row per county
        Needs `state_fips`.

    Returns
    -------
    DataFrame
        `counties` with `status`, `since_date`, `status_if_verified` and `is_uncertain`.

    Raises
    ------
    DataError
        If a county lies in a state without a status.
    """
    columns = ["state_fips", "status", "since_date", "status_if_verified", "is_uncertain"]
    merged = counties.merge(status[columns], on="state_fips", how="left", validate="m:1")
    lost = merged.loc[merged["status"].isna(), "state_fips"].unique().tolist()
    if lost:
        raise DataError(
            "county law status",
            f"counties of the states {', '.join(lost)} have no status",
            "Pass `law_status` a list of states that covers all counties.",
        )
    return merged


def law_exposure(counties: pd.DataFrame) -> pd.DataFrame:
    """How many states, counties and residents live under each status, and how they differ.

    Parameters
    ----------
    counties : DataFrame, one row per county
        As from `county_law_status` with the columns of `county_acs_2019`.

    Returns
    -------
    DataFrame, one row per status, in the order of `LAW_STATUSES`
        `states_count`, `counties_count`, `population_count` (persons), `population_share`,
        `uncertain_population_count` (in states whose status uncertain laws could change),
        `poverty_pct` and `unemployment_pct` pooled over residents from the counts behind them,
        `median_county_income_usd`, the median over counties of median household income (not
        the median over households).
    """
    groups = counties.groupby("status", observed=False)
    uncertain = counties.loc[counties["is_uncertain"]].groupby("status")["population_count"].sum()
    table = pd.DataFrame(
        {
            "states_count": groups["state_fips"].nunique(),
            "counties_count": groups.size(),
            "population_count": groups["population_count"].sum(),
            "uncertain_population_count": uncertain,
            "poverty_pct": 100
            * groups["poverty_count"].sum()
            / groups["poverty_universe_count"].sum(),
            "unemployment_pct": 100
            * groups["unemployed_count"].sum()
            / groups["labor_force_count"].sum(),
            "median_county_income_usd": groups["median_household_income_usd"].median(),
        }
    ).reindex(list(LAW_STATUSES))
    whole = ["states_count", "counties_count", "population_count", "uncertain_population_count"]
    table[whole] = table[whole].fillna(0).astype("int64")
    rates = ["poverty_pct", "unemployment_pct", "median_county_income_usd"]
    table[rates] = table[rates].astype("float64")
    share = table["population_count"] / table["population_count"].sum()
    table.insert(3, "population_share", share.astype("float64"))
    return table.rename_axis("status").reset_index()


def law_timeline(
    laws: pd.DataFrame,
    states: pd.DataFrame,
    counties: pd.DataFrame,
    *,
    include_verify: bool = False,
) -> pd.DataFrame:
    """Residents and counties under each status from each day on which a law began or ended.

    Population is that of one year throughout: the change over time is of laws, not of people.

    Returns
    -------
    DataFrame, one row per (`on_date`, `status`)
        `states_count`, `counties_count`, `population_count`, `population_share`.
    """
    _check_states(laws, states)
    known = laws.loc[laws["confidence"].eq("high") | include_verify]
    days = sorted({*known["effective_date"].dropna(), *known["ended_date"].dropna()})
    codes = states["state_fips"]
    residents = _residents(codes, counties)
    parts = []
    for day, statuses in zip(days, _statuses_on(codes, known, days), strict=True):
        by = residents.groupby(statuses).sum()
        parts.append(by.reindex(list(LAW_STATUSES), fill_value=0).assign(on_date=day))
    if not parts:
        return pd.DataFrame(columns=["on_date", "status", *residents, "population_share"])
    table = pd.concat(parts).rename_axis("status").reset_index()
    share = table["population_count"] / residents["population_count"].sum()
    table["population_share"] = share.astype("float64")
    return table[["on_date", "status", *residents, "population_share"]]


def _residents(codes: pd.Series, counties: pd.DataFrame) -> pd.DataFrame:
    """Whether a state has counties, how many, and their residents: one row per state code."""
    by = counties.groupby("state_fips")["population_count"].agg(["size", "sum"])
    lost = by.index.difference(pd.Index(codes)).tolist()
    if lost:
        raise DataError(
            "county law status",
            f"counties of the states {', '.join(lost)} have no status",
            "Pass a list of states that covers all counties.",
        )
    by = by.reindex(codes.to_numpy(), fill_value=0).astype("int64")
    by.columns = pd.Index(["counties_count", "population_count"])
    by.insert(0, "states_count", (by["counties_count"] > 0).astype("int64"))
    return by


def practices_of(laws: pd.DataFrame) -> pd.DataFrame:
    """Practices each law touches: one row per law, one column of true or false per practice."""
    lists = laws["practices"].fillna("").str.split(";")
    return pd.DataFrame(
        {name: lists.map(lambda names, name=name: name in names) for name in PRACTICE_NAMES},
        index=laws.index,
    ).astype("bool")


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
