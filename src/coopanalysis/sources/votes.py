"""Votes for president by county, scraped from news sites; not certified.

Alaska counts by state house district, under codes that look like counties and in one year
partly are; its rows are set aside. The District of Columbia may come by ward, with ward 1
under the code of the whole: wards are summed.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import CROSS_CHECKS
from coopanalysis.catalog.reject_reasons import OUT_OF_RANGE, VOTE_DISTRICT, WARD_SUMMED
from coopanalysis.sources.cross_checks import reject_contradictions
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import read_text_table
from coopanalysis.sources.text_table import matches

ALASKA = "02"
DISTRICT_OF_COLUMBIA = "11"
_COUNTS = {
    "republican_votes_count": "votes_gop",
    "democratic_votes_count": "votes_dem",
    "votes_count": "total_votes",
}
_NAMES = ["state_name", "county_fips", "county_name"]


def read_votes_president(path: Path, source: str = "") -> Reading:
    """Read votes for president by county.

    Returns
    -------
    Reading
        `county_fips`, `county`, `state`, `republican_votes_count`, `democratic_votes_count`,
        `votes_count`. Districts of Alaska are rejects. Wards of the District of Columbia are
        rejects too, but for the first, which holds the sum of all.
    """
    table = read_text_table(path, source, [*_NAMES, *_COUNTS.values()])
    codes = table.county_fips("county_fips")
    typed = {
        "county_fips": codes,
        "county": table.name("county_name"),
        "state": table.name("state_name"),
        **table.wholes(_COUNTS),
    }
    table.reject(codes.str.startswith(ALASKA).astype(bool), VOTE_DISTRICT)
    parts = typed["republican_votes_count"] + typed["democratic_votes_count"]
    more = (parts > typed["votes_count"]).fillna(False).astype(bool)
    table.reject(more, f"{OUT_OF_RANGE}: two candidates have more votes than were cast")
    reject_contradictions(table, CROSS_CHECKS["votes-president"])
    _sum_wards(typed, table.reasons.isna())
    table.reject(matches(codes, r"110(?!01)[0-9]{2}"), WARD_SUMMED)
    return table.reading(typed, ("county_fips",))


def _sum_wards(typed: dict[str, pd.Series], sound: pd.Series) -> None:
    wards = typed["county_fips"].str.startswith(DISTRICT_OF_COLUMBIA).astype(bool) & sound
    if wards.sum() < 2:
        return
    whole = wards & (typed["county_fips"] == f"{DISTRICT_OF_COLUMBIA}001")
    for name in _COUNTS:
        typed[name] = typed[name].mask(whole, typed[name][wards].sum())
    typed["county"] = typed["county"].mask(whole, typed["state"])
