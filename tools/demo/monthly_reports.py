"""What the police of the fictional country sent to the FBI: months, gaps and offences.

Reporting follows the flags of the crime file. Where all agencies report (1), every force of the
county sends, most of them twelve months. Where most do (2), the county's own force sends a part
of the year. Where fewer do (3), it sends nothing if the county has a city force as well, and up
to five months if it is alone. Where none does (0), nobody sends. A city in several counties goes
by the flag of its first. Offences of the forces that send are those of the crime file: its rates
times residents, rounded, are shared out by the residents they serve.

Planted on top, as real files have them: months whose data are in a later month, and a few whose
later month never came; adjusted returns; counts made negative by an adjustment; forces that send
no clearances; a last month that says more than was sent; silent forces that nobody asks.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from tools.demo.county_lists import county_list, residents
from tools.demo.draws import Ints, uniform
from tools.demo.planted_faults import crime_in_list, great_city
from tools.demo.police import PARTS, make_forces
from tools.demo.world import make_world

PERSON: Final = {"murder": 0.006, "rape": 0.04, "robbery": 0.08, "aggravated_assault": 0.27}
"""Shares of offences against persons; the rest are simple assaults."""
PROPERTY: Final = {"burglary": 0.17, "motor_vehicle_theft": 0.11}
"""Shares of offences against property; the rest are larcenies."""
CLEARED: Final = {
    "murder": 0.5, "rape": 0.3, "robbery": 0.3, "aggravated_assault": 0.5,
    "simple_assault": 0.45, "burglary": 0.13, "larceny": 0.19, "motor_vehicle_theft": 0.13,
}  # fmt: skip
UNFOUNDED: Final = 0.015
GREAT_CITY_MONTHS: Final = {2021: 1, 2022: 5, 2023: 12}
QUARTERLY: Final = "030300060600090900121200"
"""January and February in March, and so on."""
FEBRUARY_HOLDS_JANUARY: Final = "02" + "00" * 11
OWN_MONTH: Final = "00" * 12
ADJUSTED_FROM: Final = 9
"""Simple assaults beyond which some may turn out to have been something else."""


@cache
def make_returns(year: int) -> pd.DataFrame:
    """Draw what every force sent in a year.

    The columns of `police.make_forces`; those that `return_a.simulate_return_a` writes; and what is
    true of them: `months` truly sent, `last_month`, `months_cleared`, and `status`, one of
    reported, reported-zero, not-reported, reported-elsewhere, not-expected.
    """
    forces = make_forces(year)
    patterns = [_pattern(*row) for row in _plan(forces, year)]
    sent = pd.DataFrame(patterns, columns=["actual_types", "included_in", "months"])
    forces = forces.join(sent)
    forces["last_month"] = [
        max([0, *(at for at, card in enumerate(types, 1) if card in "25")])
        for types in forces["actual_types"]
    ]
    draws = uniform(f"returns-cards-{year}", len(forces), 3)
    silent_on_cleared = pd.Series(draws[:, 0] < 0.08, index=forces.index)
    blank = pd.Series(" " * 12, index=forces.index)
    forces["cleared_types"] = forces["actual_types"].mask(silent_on_cleared, blank)
    forces["months_cleared"] = forces["months"].mask(silent_on_cleared, 0)
    forces = forces.join(_offences(forces, year))
    adjusted = (forces["months"] == 12) & (forces["simple_assault_actual"] > ADJUSTED_FROM)
    adjusted &= draws[:, 1] < 0.02
    _adjust(forces, adjusted)
    _count_cards(forces)
    silent = (forces["months"] == 0) & (forces["covered_by_ori7"] == "")
    unasked = silent & ((forces["kind"] == "college") | (draws[:, 2] < 0.05))
    forces["follow_up"] = np.where(unasked, "N", "Y")
    forces["mailing_group"] = np.where(unasked & (forces["kind"] == "college"), "7", "0")
    forces["status"] = _status(forces, unasked)
    return forces


def _plan(forces: pd.DataFrame, year: int) -> list[tuple[int, float, float]]:
    """For each force how many months it means to send, and two random numbers."""
    codes = county_list(year)["county_fips"]
    flag = forces["county_fips_1"].map(dict(zip(codes, crime_in_list(year)[:, 2], strict=True)))
    cities = set(forces.loc[forces["kind"] == "city", "county_fips_1"])
    shares_county = forces["county_fips_1"].isin(cities) & (forces["kind"] == "county")
    draws = uniform(f"returns-{year}", len(forces), 4)
    part = 6 + np.floor(6 * draws[:, 0])
    full = np.where(draws[:, 1] < 0.86, 12, part)
    few = np.where(shares_county, 0, 1 + np.floor(5 * draws[:, 0]))
    county = np.select([flag == 1, flag == 2, flag == 3], [full, part, few], 0)
    city = np.where(flag >= 1, full, 0)
    months = np.where(
        forces["kind"] == "county", county, np.where(forces["kind"] == "city", city, 0)
    )
    # Patrols and each second college send twelve months without an offence of their own.
    second = (forces["kind"] == "college") & (np.arange(len(forces)) % 2 == 0)
    months = np.where((forces["kind"] == "state") | second, 12, months).astype("int64")
    main = make_world().counties["county_fips"].iloc[great_city()[0]]
    great = (forces["kind"] == "city") & (forces["county_fips_1"] == main)
    months = np.where(great, GREAT_CITY_MONTHS[year], months)
    return list(zip(months.tolist(), draws[:, 2].tolist(), draws[:, 3].tolist(), strict=True))


def _pattern(months: int, gaps: float, kind: float) -> tuple[str, str, int]:
    """Twelve card types, where the data of each month are, and the months truly sent."""
    if months == 12 and kind < 0.03:
        return "5" * 12, QUARTERLY, 12
    if months == 12 and kind < 0.035:
        return "5 " + "5" * 10, FEBRUARY_HOLDS_JANUARY, 10
    if months == 12:
        return ("2" if kind < 0.06 else "5") * 12, OWN_MONTH, 12
    missing = "4" if kind < 0.05 else "0" if kind < 0.5 else " "
    if gaps < 0.6:
        return "5" * months + missing * (12 - months), OWN_MONTH, months
    start = int((gaps - 0.6) / 0.4 * 12)
    kept = {(start + 7 * step) % 12 for step in range(months)}
    return "".join("5" if at in kept else missing for at in range(12)), OWN_MONTH, months


def _offences(forces: pd.DataFrame, year: int) -> pd.DataFrame:
    """Share the county's offences out among the forces that send."""
    codes = county_list(year)["county_fips"]
    rates = np.nan_to_num(crime_in_list(year)[:, :2])
    totals = np.round(rates * residents(year)[:, None] / 100_000).astype("int64")
    served = forces[[f"population_{part}" for part in PARTS]].sum(axis=1)
    served = served.where((forces["months"] > 0) & forces["kind"].isin(["county", "city"]), 0)
    counts: dict[str, Ints] = {}
    for at, (kind, shares) in enumerate((("person", PERSON), ("property", PROPERTY))):
        of_county = forces["county_fips_1"].map(dict(zip(codes, totals[:, at], strict=True)))
        counts |= _split(_share_out(of_county, served, forces["county_fips_1"]), kind, shares)
    return pd.DataFrame({f"{name}_actual": values for name, values in counts.items()})


def _share_out(of_county: pd.Series, served: pd.Series, county: pd.Series) -> Ints:
    """Whole numbers in proportion to residents; what is left over goes to the last that sends."""
    everyone = served.groupby(county).transform("sum")
    part = of_county.fillna(0) * served / everyone.where(everyone > 0, 1)
    floor = part.astype("int64")
    given = floor.groupby(county).transform("sum")
    left = of_county.fillna(0).astype("int64") - given
    sends = served[served > 0]
    last = ~county[sends.index].duplicated(keep="last")
    takes = pd.Series(False, index=served.index)
    takes[last.index] = last
    return np.asarray(floor + left.where(takes, 0), dtype="int64")


def _split(total: Ints, kind: str, shares: dict[str, float]) -> dict[str, Ints]:
    """Divide a total among offences; the last kind takes the rest."""
    parts = {name: np.floor(share * total + 0.5).astype("int64") for name, share in shares.items()}
    rest = total - sum(parts.values())
    return parts | {"simple_assault" if kind == "person" else "larceny": np.asarray(rest)}


def _adjust(forces: pd.DataFrame, adjusted: pd.Series) -> None:
    """Take back more robberies than there were; they had been simple assaults."""
    rows = forces.index[adjusted]
    back = 1 + np.arange(len(rows)) % 3
    forces.loc[rows, "simple_assault_actual"] += forces.loc[rows, "robbery_actual"] + back
    forces.loc[rows, "robbery_actual"] = -back


def _count_cards(forces: pd.DataFrame) -> None:
    for name, share in CLEARED.items():
        actual = forces[f"{name}_actual"].clip(lower=0)
        cleared = np.floor(share * actual).astype("int64")
        forces[f"{name}_cleared"] = cleared.where(forces["months_cleared"] > 0, 0)
        forces[f"{name}_unfounded"] = np.floor(UNFOUNDED * actual).astype("int64")


def _status(forces: pd.DataFrame, unasked: pd.Series) -> pd.Series:
    sent = forces["months"] > 0
    none = (forces[[f"{name}_actual" for name in CLEARED]] == 0).all(axis=1)
    covered = forces["covered_by_ori7"] != ""
    status = pd.Series("not-reported", index=forces.index, dtype="str")
    status = status.mask(unasked, "not-expected").mask(covered, "reported-elsewhere")
    return status.mask(sent, "reported").mask(sent & none, "reported-zero")
