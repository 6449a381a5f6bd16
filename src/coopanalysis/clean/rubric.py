"""Cleaning of the ILRC rubric: turned round to cooperation, totals recomputed, one row a county."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from coopanalysis.catalog.reject_reasons import (
    CONFLICTING_ROW,
    DUPLICATE_ROW,
    NOT_A_COUNTY_CODE,
    TERRITORY,
)
from coopanalysis.sources.reading import PROVENANCE_COLUMNS, Reading
from coopanalysis.vocabulary import PRACTICE_NAMES

LIMITS = [f"limits_{name}" for name in PRACTICE_NAMES]
RAW_COLUMNS = [
    "county_fips", "county", "state", "jurisdiction", "jail_city", *LIMITS, "limits_total_published"
]  # fmt: skip


def clean_rubric(reading: Reading, counties: pd.DataFrame) -> Reading:
    """Turn the rubric (1 = limits cooperation) round to practices of cooperation, by county.

    The frame has `county_fips, county, state`, the practices (1 = cooperates, missing where
    blank), `cooperation_score` (their number; missing if any is), `limits_total_published` as
    printed, and provenance. Rejected are rows of territories, rows whose code is not in the county
    list, further rows of a county that say the same, and every row of a county whose rows
    contradict each other.
    """
    rows = reading.frame
    practices = pd.DataFrame(
        {name: (1 - rows[f"limits_{name}"]).astype("Int8") for name in PRACTICE_NAMES}
    )
    score = practices.sum(axis=1, skipna=False).astype("Int8")
    reasons = _place_reasons(rows["county_fips"], counties)
    reasons = reasons.fillna(_repeat_reasons(rows[reasons.isna()]))
    kept = pd.concat(
        [
            rows[["county_fips", "county", "state"]],
            practices,
            score.rename("cooperation_score"),
            rows[["limits_total_published", *PROVENANCE_COLUMNS]],
        ],
        axis=1,
    )[reasons.isna()].reset_index(drop=True)
    rejects = reading.reject(reasons, RAW_COLUMNS).rejects
    return replace(reading, frame=kept, rejects=rejects)


def rubric_disagreements(cleaned: Reading) -> pd.DataFrame:
    """Counties whose printed total is not the sum of their limits, in the order of the file.

    `published` and `recomputed` (number of limits, 0 to 7; missing where a mark is blank). Totals
    that no county can have are listed even where a mark is blank.
    """
    rows = cleaned.frame
    most = len(PRACTICE_NAMES)
    published = rows["limits_total_published"].astype("Int16")
    recomputed = (most - rows["cooperation_score"]).astype("Int16")
    wrong = published.ne(recomputed).fillna(False) | ~published.between(0, most).fillna(True)
    table = rows[["county_fips", "county", "state"]].assign(
        published=published, recomputed=recomputed, source_row=rows["source_row"]
    )
    return table[wrong.astype("bool")].reset_index(drop=True)


def _place_reasons(code: pd.Series, counties: pd.DataFrame) -> pd.Series:
    """Reason against each code that is not in the county list."""
    is_listed = code.isin(counties["county_fips"])
    state_listed = code.str[:2].isin(counties["county_fips"].str[:2])
    reasons = pd.Series(pd.NA, index=code.index, dtype="str")
    reasons = reasons.mask(~state_listed, TERRITORY + ": state code " + code.str[:2])
    return reasons.mask(state_listed & ~is_listed, f"{NOT_A_COUNTY_CODE}: " + code)


def _repeat_reasons(rows: pd.DataFrame) -> pd.Series:
    """Reason against further rows of a county: the same again, or a contradiction.

    Where rows contradict each other nothing tells which is right, so none is kept.
    """
    reasons: dict[int, str] = {}
    for _, group in rows[rows["county_fips"].duplicated(keep=False)].groupby("county_fips"):
        numbers = group["source_row"].tolist()
        differing = [name for name in LIMITS if len(group[name].drop_duplicates()) > 1]
        for at, index in enumerate(group.index):
            if differing:
                other = numbers[0] if at else numbers[1]
                reasons[index] = (
                    f"{CONFLICTING_ROW}: row {other} of the same county differs in "
                    f"{', '.join(name.removeprefix('limits_') for name in differing)}"
                )
            elif at:
                reasons[index] = f"{DUPLICATE_ROW}: the same as row {numbers[0]}"
    return pd.Series(reasons, index=rows.index, dtype="str")
