"""Briefs of one state or one county: which agencies the lists name."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.briefs.places import Brief, load_county, load_state
from coopanalysis.clean.agreements import agency_key
from coopanalysis.display import sentences as say
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

__all__ = [
    "TYPE_LABELS",
    "Brief",
    "agencies",
    "agency_count",
    "by_type",
    "load_county",
    "load_state",
]
TYPE_LABELS = {
    "county": "County",
    "municipality": "Municipality",
    "state-agency": "State agency",
    "": "Type not stated",
}
AGENCY_WORDS = {
    "county": ("county agency", "county agencies"),
    "municipality": ("municipal agency", "municipal agencies"),
    "state-agency": ("agency of the state", "agencies of the state"),
    "": ("agency of no stated type", "agencies of no stated type"),
}
AGENCY = ["agency_type", "state_fips", "key"]


def agency_count(rows: pd.DataFrame) -> int:
    """Number of agencies: spellings of one name are one agency, a type is a different one."""
    return len(_keyed(rows).drop_duplicates(AGENCY))


def _keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """Add to rows of a list what tells its agencies apart."""
    return rows.assign(key=agency_key(rows["agency"]), agency_type=rows["agency_type"].fillna(""))


def agencies(rows: pd.DataFrame) -> pd.DataFrame:
    """Agencies of one list, one row each.

    `agency, agency_type, county_fips, county_match, models` (in words), `models_count` and
    `since_date` (earliest day of signing).
    """
    keyed = _keyed(rows).assign(model=rows["support_type"].map(SUPPORT_TYPE_LABELS))
    grouped = keyed.sort_values(["agency", "support_type"]).groupby(AGENCY, sort=True)
    table: pd.DataFrame = grouped.agg(
        agency=("agency", "first"),
        county_fips=("county_fips", "first"),
        county_match=("county_match", "first"),
        models=("model", lambda models: say.join_words(list(dict.fromkeys(models)))),
        models_count=("support_type", "nunique"),
        since_date=("signed_date", "min"),
    )
    return table.reset_index().sort_values(["agency_type", "agency"], ignore_index=True)


def by_type(rows: pd.DataFrame, where: Mapping[str, str] | None = None) -> str:
    """Count the agencies of a list by type, in words; `where` adds to those of a type."""
    counts = _keyed(rows).drop_duplicates(AGENCY)["agency_type"].value_counts()
    named = {kind: words for kind, words in AGENCY_WORDS.items() if kind in counts}
    said = {kind: say.pluralise(counts[kind], *words) for kind, words in named.items()}
    return say.join_words([text + (where or {}).get(kind, "") for kind, text in said.items()])
