"""Places of detention, and detainers declined, for the counties of the small release.

Two states of the demo release have five of either, too few to damage. So the writers of the demo
release write their files for other places: one in every second county that the release has.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pandas as pd
import pytest

from tools.demo import files_detainers, files_detention

WRITERS: dict[str, Callable[[], tuple[bytes, int]]] = {
    "ice-facility-list": files_detention.facility_list,
    "facility-codes": files_detention.facility_codes,
    "facilities-panel": files_detention.facilities_panel,
    "facility-headcount": files_detention.headcount,
    "facility-daily": files_detention.facility_daily,
    "npr-declined": files_detainers.detainers_declined,
    "npr-outcomes": files_detainers.detainer_outcomes,
}
DAYS = {"HEADCOUNT_DAYS": ("2022-09-21", "2022-10-10"), "DAILY_DAYS": ("2022-10-01", "2022-10-20")}
"""Days of the records, few and in two fiscal years."""
VINTAGES = {
    "facility-headcount": " to ".join(DAYS["HEADCOUNT_DAYS"]),
    "facility-daily": " to ".join(DAYS["DAILY_DAYS"]),
}
KINDS = ("IGSA", "IGSA", "IGSA", "IGSA", "HOLD", "CDF")
REGION = "50999"
"""A code of no county of the base list, as planning regions have."""


def write_places(layout: str, counties: pd.DataFrame) -> bytes:
    """Write the file of a layout for `counties`: `county_fips, county, state, state_abbr`."""
    world = SimpleNamespace(regions=pd.DataFrame({"county_fips": [REGION]}))
    states = [SimpleNamespace(abbr=abbr) for abbr in counties["state_abbr"].unique()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files_detention, "places", lambda: _places(counties))
        patch.setattr(files_detention, "make_world", lambda: world)
        patch.setattr(files_detention, "STATES", states)
        patch.setattr(files_detainers, "declined", lambda: _declined(counties))
        for name, days in DAYS.items():
            patch.setattr(files_detention, name, days)
        return WRITERS[layout]()[0]


def _places(counties: pd.DataFrame) -> pd.DataFrame:
    chosen = counties.iloc[::2].reset_index(drop=True)
    number = chosen.index.to_series()
    base = chosen["county"].str.upper().str.rpartition(" ")[0]
    is_used = number % 9 != 4
    return pd.DataFrame(
        {
            "code": "D" + number.astype("str").str.zfill(4) + chosen["state_abbr"],
            "name": chosen["county"].str.upper() + " JAIL",
            "city": base,
            "county": base,
            "county_fips": chosen["county_fips"],
            "state": chosen["state_abbr"],
            "kind": [KINDS[at % len(KINDS)] for at in number],
            "held": (2 + number * 7 % 40).where(is_used, 0),
            "days": (365 - number % 5 // 4 * 353).where(is_used, 0),
        }
    )


def _declined(counties: pd.DataFrame) -> pd.DataFrame:
    """Two years of each; the first two have one name in common, in two states."""
    chosen = pd.concat([counties.iloc[[0, -1]], counties.iloc[1:-1:3]], ignore_index=True)
    rows = chosen.loc[chosen.index.repeat(2)].reset_index(drop=True)
    number = rows.index.to_series()
    facility = (rows["county"].str.upper() + " JAIL").mask(number < 4, files_detainers.SHARED_NAME)
    return pd.DataFrame(
        {
            "county_fips": rows["county_fips"],
            "facility": facility,
            "city": rows["county"].str.upper().str.rpartition(" ")[0],
            "state": rows["state"].str.upper(),
            "year": [files_detainers.YEARS[at % 2] for at in number],
            "declined": 1 + number * 5 % 31,
            "other": (number * 37 % 200).mask(number % 10 == 9, 0),
        }
    )
