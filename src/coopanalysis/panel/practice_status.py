"""Each practice of each county on a day: what is seen of it, and what state law says of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from coopanalysis.clean.detention import (
    DAILY,
    HEADCOUNT,
    LIST,
    PANEL,
    county_detention,
    fiscal_year,
)
from coopanalysis.clean.law_status import Day, laws_in_force
from coopanalysis.panel.policies import in_words, list_days
from coopanalysis.panel.release import Panel
from coopanalysis.panel.state_laws import StateLaws
from coopanalysis.vocabulary import PRACTICE_NAMES

AGREEMENT = "agreement_287g"
DETENTION = "detention_contract"
HOLDS = "holds_on_detainer"
_BEST_RECORDS = (DAILY, HEADCOUNT, LIST, PANEL)
"""Of a fiscal year the first of these that has it counts."""
Seen = tuple[set[str], str]
"""Counties that have a practice, and when."""


class KnownPractices(NamedTuple):
    """Practices of which something is known of some county of a release.

    `coded` from written policy; `on_record`, on ICE's lists of agreements or in its counts of
    people held, where use is on record and a contract is not; `refused`, not coded, of which
    requests that were declined are on record. One can be coded and on record.
    """

    coded: list[str]
    on_record: list[str]
    refused: list[str]


def practices_known(data: Panel) -> KnownPractices:
    """Say which practices are coded and which are on record, the same on every page."""
    rows = {AGREEMENT: data.agreements, DETENTION: data.detention_facility}
    coded = [one for one in PRACTICE_NAMES if data.county[one].notna().any()]
    refused = [HOLDS] * bool(data.county["detainers_declined_count"].notna().any())
    return KnownPractices(
        coded,
        [one for one, own in rows.items() if len(own)],
        [one for one in refused if one not in coded],
    )


def known_of(counties: pd.DataFrame) -> pd.DataFrame:
    """1, 0 or missing for each practice of each county, as far as it is known to have it or not.

    Agreements are those of county agencies on the latest list; the others are coded from written
    policy. Use of detention is in none: without use there may be a contract.
    """
    known = counties[list(PRACTICE_NAMES)]
    return known.assign(**{AGREEMENT: counties["agreement_latest_list"]})


def practice_status(
    data: Panel,
    laws: StateLaws | None,
    on: Day,
    *,
    include_verify: bool = False,
    detention: str = "agreement_used_30_days",
) -> pd.DataFrame:
    """What is seen of each practice of each county on a day, and what the law of its state says.

    Where the two differ, no law need be broken: a restriction may leave exceptions, and a duty
    may begin later.

    Parameters
    ----------
    data : Panel
    laws : StateLaws or None
        As from `load_laws`; real, so that none holds in the fictional states of the demo.
    on : str, date or Timestamp
        Agreements are those of the latest list of that day or before, detention is that of the
        latest fiscal year on record up to that of the day.
    include_verify : bool
        Whether to count laws whose date or scope is not certain.
    detention : str
        Which use of places of detention counts, a 0/1 column of the table `detention`. All of them
        ask for use: that a facility is said to be under an agreement shows none.

    Returns
    -------
    DataFrame, one row per county and practice
        `county_fips`, `state_fips`, `practice`; `seen` (1, 0, or missing where nobody knows);
        `known_by` ("listed" on ICE's lists, "recorded" in ICE's counts of people held, where 0
        is no use and not the lack of a contract, "coded" from written policy, "unknown"); `as_of`,
        the day, or the fiscal year with the days recorded of it, in words; `law` ("required",
        "restricted", "both", "none"); `differs`, whether it is seen though restricted, or looked
        for and not seen though required.
    """
    day = pd.Timestamp(on)
    counties = data.county[["county_fips", "state_fips", *PRACTICE_NAMES]]
    counties = counties.astype(dict.fromkeys(PRACTICE_NAMES, "float64"))
    coded_in = {one: data.policies[one].as_of for one in PRACTICE_NAMES}
    known = dict.fromkeys(PRACTICE_NAMES, "coded")
    listed, recorded = _listed(data, day), _recorded(data, day, detention)
    counties[AGREEMENT] = float("nan")
    for practice, seen, how in ((AGREEMENT, listed, "listed"), (DETENTION, recorded, "recorded")):
        if seen is not None:
            counties[practice] = counties["county_fips"].isin(seen[0]) * 1.0
            coded_in[practice], known[practice] = seen[1], how
    table = counties.melt(["county_fips", "state_fips"], var_name="practice", value_name="seen")
    for name, words in (("known_by", known), ("as_of", coded_in)):
        table[name] = table["practice"].map(words)
    table.loc[table["seen"].isna(), ["known_by", "as_of"]] = ["unknown", ""]
    return _with_law(table, laws, day, include_verify=include_verify)


def _with_law(
    table: pd.DataFrame, laws: StateLaws | None, day: pd.Timestamp, *, include_verify: bool
) -> pd.DataFrame:
    """Add what the laws in force say of each practice, and where it differs from what is seen."""
    if laws is None:
        return table.assign(law="none", differs=False)
    in_force = laws_in_force(laws.laws, day, include_verify=include_verify)
    said = in_force.assign(practice=in_force["practices"].str.split(";")).explode("practice")
    pairs = pd.MultiIndex.from_frame(table[["state_fips", "practice"]])
    requires, restricts = (
        pairs.isin(
            pd.MultiIndex.from_frame(
                said.loc[said["kind"].isin([kind, "both"]), ["state_fips", "practice"]]
            )
        )
        for kind in ("requires", "restricts")
    )
    table["law"] = np.select(
        [requires & restricts, requires, restricts], ["both", "required", "restricted"], "none"
    )
    against = (table["seen"] == 1) & table["law"].eq("restricted")
    table["differs"] = against | ((table["seen"] == 0) & table["law"].eq("required"))
    return table


def listed_where_barred(
    data: Panel, laws: StateLaws, *, include_verify: bool = False
) -> pd.DataFrame:
    """Find agreements that a list named on a day on which the law of the state restricted them.

    Parameters
    ----------
    data, laws, include_verify
        As for `practice_status`.

    Returns
    -------
    DataFrame, one row per agreement, stretch on the lists and law
        The columns of `agreement_spells`, agencies of any type; `signed`, "before the law", "under
        the law" or "on a day not known"; and `law`, `citation`, `law_date`, the day from which the
        law holds, `summary`.
    """
    barred = _restricting(laws.laws, AGREEMENT, include_verify=include_verify)
    both = data.agreement_spells.merge(barred, on="state_fips", how="inner", validate="m:m")
    holds = both["law_date"] <= both["last_listed"]
    ended = both["ended_date"] <= both["first_listed"]
    signed = np.select(
        [both["signed_date"] < both["law_date"], both["signed_date"].notna()],
        ["before the law", "under the law"],
        "on a day not known",
    )
    both = both.assign(signed=signed)[holds & ~ended]
    return both.drop(columns="ended_date").reset_index(drop=True)


def held_where_barred(
    data: Panel,
    laws: StateLaws,
    status: pd.DataFrame,
    on: Day,
    *,
    detention: str = "agreement_used_30_days",
) -> pd.DataFrame:
    """Find counties with detention on record where a law in force restricts contracts.

    Parameters
    ----------
    data, laws
        As for `practice_status`.
    status : DataFrame
        As from `practice_status` of the day `on`.
    detention : str
        The use that counts, the one that `status` was asked for.

    Returns
    -------
    DataFrame, one row per county and law
        `county_fips`, `facilities` (those used so in the fiscal year and record that the status is
        of), `county_run_count`, how many of them ICE's list says the county runs, and `law`,
        `citation`, `law_date`, `summary`.
    """
    is_seen = status["practice"].eq(DETENTION) & status["known_by"].eq("recorded")
    seen = status[is_seen & status["differs"] & status["law"].eq("restricted")]
    barred = _restricting(laws_in_force(laws.laws, on, include_verify=True), DETENTION)
    places = _places_used(data, pd.Timestamp(on), detention).groupby("county_fips")
    named = places["facility"].agg("; ".join).rename("facilities").reset_index()
    named["county_run_count"] = places["is_county_run"].sum().to_numpy()
    rows = seen[["county_fips", "state_fips"]].merge(
        named, on="county_fips", how="left", validate="1:1"
    )
    return rows.merge(barred, on="state_fips", how="inner", validate="m:m")


def _places_used(data: Panel, day: pd.Timestamp, definition: str) -> pd.DataFrame:
    """Places that by themselves would make a county one with detention on a day."""
    places = data.detention_facility
    record, year = _latest_record(data, day, definition) or ("", 0)
    of_record = places["record"].eq(record)
    places = places[of_record & places["fiscal_year"].eq(year)]
    alone = county_detention(places.assign(county_fips=places["facility_code"]))
    used = alone.loc[alone[definition] == 1, "county_fips"]
    return places[places["facility_code"].isin(used)]


def _restricting(
    laws: pd.DataFrame, practice: str, *, include_verify: bool = False
) -> pd.DataFrame:
    """Laws that restrict a practice, certain ones unless asked for: words, and their days."""
    certain = laws["confidence"].eq("high") | include_verify
    restricts = laws["kind"].isin(["restricts", "both"]) & certain
    names = laws["practices"].str.split(";").map(lambda some: practice in some)
    of_laws = ["state_fips", "name", "citation", "effective_date", "ended_date", "summary"]
    barred = laws.loc[restricts & names, of_laws]
    return barred.rename(columns={"name": "law", "effective_date": "law_date"})


def _recorded(data: Panel, day: pd.Timestamp, definition: str) -> Seen | None:
    """Counties with detention in the latest fiscal year on record; None where there is none."""
    latest = _latest_record(data, day, definition)
    if latest is None:
        return None
    record, year = latest
    table = data.detention
    of_year = table["record"].eq(record) & table["fiscal_year"].eq(year)
    used = table[of_year & table[definition].eq(1)]
    return set(used["county_fips"]), name_fiscal_year(data.detention_facility, record, year)


def _latest_record(data: Panel, day: pd.Timestamp, definition: str) -> tuple[str, int] | None:
    """Record and fiscal year, the latest up to a day, that can tell a definition."""
    table = data.detention
    year = int(fiscal_year(pd.Series([day])).iloc[0])
    rows = table[(table["fiscal_year"] <= year) & table[definition].notna()]
    if rows.empty:
        return None
    rows = rows[rows["fiscal_year"] == rows["fiscal_year"].max()]
    record = min(rows["record"].unique(), key=_BEST_RECORDS.index)
    return record, int(rows["fiscal_year"].iloc[0])


def name_fiscal_year(places: pd.DataFrame, record: str, year: int) -> str:
    """Name a fiscal year, and the days of it that a record reaches where these are not all.

    `places` is the table `detention_facility`. A record without days does not tell them.
    """
    words = f"fiscal year {year}"
    rows = places[places["record"].eq(record) & places["fiscal_year"].eq(year)]
    last = rows["recorded_to_date"].max()
    if pd.isna(last):
        return words
    first = last - pd.Timedelta(days=int(rows["days_recorded_count"].max()) - 1)
    if (first, last) == (pd.Timestamp(year - 1, 10, 1), pd.Timestamp(year, 9, 30)):
        return words
    return f"{words} ({in_words(f'{first:%Y-%m-%d}')} to {in_words(f'{last:%Y-%m-%d}')})"


def _listed(data: Panel, day: pd.Timestamp) -> Seen | None:
    """Counties with a county agency on the latest list up to a day; None where there is none."""
    from coopanalysis.panel.county import county_stretches  # noqa: PLC0415  (slow to import)

    days = [one for one in list_days(data.build) if one <= day]
    if not days:
        return None
    spells = data.agreement_spells
    there = (spells["first_listed"] <= days[-1]) & (spells["last_listed"] >= days[-1])
    listed = county_stretches(spells[there], data.county)["county_fips"]
    return set(listed.dropna()), in_words(f"{days[-1]:%Y-%m-%d}")
