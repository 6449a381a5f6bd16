"""County lists by year, and what became of each code.

The list of 2019 (`county_acs_2019.csv`) and the changes (`county_changes.csv`) give the list of
every year from 2000 on: Virginia's independent cities, Alaska's boroughs and census areas,
Connecticut's planning regions and the territories included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from coopanalysis.errors import DataError, UsageError
from coopanalysis.paths import reference_dir
from coopanalysis.sources.reference import read_county_acs_2019, read_county_changes

BASE_YEAR = 2019
FIRST_LIST_YEAR = 2000
LAST_LIST_YEAR = 2025
LAST_CODE = "56999"
"""Largest code of a county of a state; a release with none up to it is about fictional ones."""
TERRITORIES = ("60", "66", "69", "72", "78")

# Puerto Rico is in the ACS table; the other territories have no ACS.
_SMALL_TERRITORIES: dict[str, str] = {
    "60010": "Eastern District, American Samoa",
    "60020": "Manu'a District, American Samoa",
    "60030": "Rose Island, American Samoa",
    "60040": "Swains Island, American Samoa",
    "60050": "Western District, American Samoa",
    "66010": "Guam, Guam",
    "69085": "Northern Islands Municipality, Northern Mariana Islands",
    "69100": "Rota Municipality, Northern Mariana Islands",
    "69110": "Saipan Municipality, Northern Mariana Islands",
    "69120": "Tinian Municipality, Northern Mariana Islands",
    "78010": "St. Croix Island, Virgin Islands",
    "78020": "St. John Island, Virgin Islands",
    "78030": "St. Thomas Island, Virgin Islands",
}


@dataclass(frozen=True)
class Vintages:
    """What is needed to tell the county list of any year: that of `base_year`, and the changes.

    `names` has county and state by code, former codes too.
    """

    base_codes: frozenset[str]
    changes: pd.DataFrame
    names: Mapping[str, str]
    base_year: int = BASE_YEAR


def load_vintages() -> Vintages:
    """Read the list of 2019 and the changes from `data/raw/reference/`, once a folder."""
    return _read_vintages(reference_dir())


@lru_cache(maxsize=4)
def _read_vintages(_folder: Path) -> Vintages:
    base, changes = read_county_acs_2019(), read_county_changes()
    names = dict(zip(changes["old_fips"], changes["old_county"], strict=True))
    names |= dict(zip(changes["new_fips"], changes["new_county"], strict=True))
    names |= dict(zip(base["county_fips"], base["county"] + ", " + base["state"], strict=True))
    codes = frozenset(base["county_fips"]) | frozenset(_SMALL_TERRITORIES)
    return Vintages(codes, changes, names | _SMALL_TERRITORIES)


def county_codes(year: int, vintages: Vintages, *, territories: bool = False) -> frozenset[str]:
    """County codes of the list of a year, 2000 to 2025; `UsageError` for another one.

    A change counts from `list_year`, the first year whose list has it. With `territories` those of
    American Samoa, Guam, the Northern Marianas, Puerto Rico and the Virgin Islands are in it.
    """
    _check_year(year)
    codes = set(vintages.base_codes)
    for step_year, edges in _steps(vintages, vintages.base_year, year):
        old, new = set(edges["old_fips"]), set(edges["new_fips"])
        gone, come = (old, new) if step_year > vintages.base_year else (new, old)
        codes = (codes - gone) | come
    if not territories:
        codes = {code for code in codes if not is_territory(code)}
    return frozenset(codes)


def is_territory(code: str) -> bool:
    """Whether a county code lies in a territory, Puerto Rico included."""
    return code[:2] in TERRITORIES


def matching_years(codes: Iterable[str], vintages: Vintages) -> tuple[int, ...]:
    """Years whose list holds every one of the codes; none if they mix lists or are unknown."""
    wanted = set(codes)
    return tuple(
        year
        for year in range(FIRST_LIST_YEAR, LAST_LIST_YEAR + 1)
        if wanted <= county_codes(year, vintages, territories=True)
    )


def explain_code(code: str, vintages: Vintages) -> str:
    """Say in words what a code is: its name, what it came from and what became of it."""
    changes = vintages.changes
    name = vintages.names.get(code)
    if name is None:
        return f"{code} is no county code known here"
    moved = changes["old_fips"] != changes["new_fips"]
    gone = changes.loc[moved & changes["old_fips"].eq(code)]
    come = changes.loc[moved & changes["new_fips"].eq(code)]
    parts = [f"{code} {name}"]
    if len(come):
        parts.append(f"from {_joined(come['old_fips'])} in lists since {come['list_year'].iloc[0]}")
    if len(gone):
        parts.append(f"to {_joined(gone['new_fips'])} in lists since {gone['list_year'].iloc[0]}")
    return "; ".join(parts)


def check_codes(codes: pd.Series, year: int, vintages: Vintages, where: str) -> None:
    """Raise `DataError` naming the codes that are not in the list of a year, and why."""
    listed = county_codes(year, vintages, territories=True)
    strange = sorted(set(codes.dropna()) - listed)
    if not strange and not codes.isna().any():
        return
    shown = "; ".join(explain_code(code, vintages) for code in strange[:5])
    more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
    empty = f", and {int(codes.isna().sum())} rows have no code" if codes.isna().any() else ""
    years = matching_years(set(codes.dropna()), vintages)
    fits = f"The codes fit the lists of {years[0]} to {years[-1]}" if years else "No list fits"
    raise DataError(
        where,
        f"{len(strange)} codes are not in the county list of {year}: {shown}{more}{empty}",
        f"{fits}: name the year of the list the rows use, or correct them.",
    )


def _check_year(year: int) -> None:
    if not FIRST_LIST_YEAR <= year <= LAST_LIST_YEAR:
        raise UsageError(
            f"There is no county list of {year} here, only those of {FIRST_LIST_YEAR} to "
            f"{LAST_LIST_YEAR}. Name one of these years."
        )


def _steps(vintages: Vintages, start: int, stop: int) -> list[tuple[int, pd.DataFrame]]:
    years = vintages.changes["list_year"]
    low, high = min(start, stop), max(start, stop)
    between = vintages.changes.loc[(years > low) & (years <= high)]
    ordered = sorted(between["list_year"].unique().tolist(), reverse=bool(stop < start))
    return [(year, between.loc[between["list_year"].eq(year)]) for year in ordered]


def _joined(codes: pd.Series) -> str:
    return " and ".join(dict.fromkeys(codes))
