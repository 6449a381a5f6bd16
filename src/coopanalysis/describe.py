"""Counts and shares that the notebooks show: no model, no judgement, every row accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coopanalysis.clean.municipal import stated_counties
from coopanalysis.clean.reporting import (
    ALL_REPORTING_STATUSES,
    county_in_year,
    reporting_status,
)
from coopanalysis.errors import UsageError
from coopanalysis.vocabulary import PRACTICES, SUPPORT_TYPE_LABELS


def rows_by_source(build: Mapping[str, Any]) -> pd.DataFrame:
    """Rows in, kept and rejected of each raw file.

    Parameters
    ----------
    build : mapping
        What `build.json` holds.

    Returns
    -------
    DataFrame, one row per raw file in the order of the manifest
        `source, title, rows_in, rows_kept, rows_rejected`.
    """
    inputs = pd.DataFrame(build["inputs"])
    inputs = inputs.rename(columns={"id": "source"})
    return inputs[["source", "title", "rows_in", "rows_kept", "rows_rejected"]]


def rejects_by_reason(rejects: pd.DataFrame) -> pd.DataFrame:
    """Rejected rows by source and kind of reason, with one example row each.

    Reasons that differ only in a number or a quoted value are one kind.

    Returns
    -------
    DataFrame
        `source, reason, rows_count, first_row`, most frequent first.
    """
    kind = rejects["reason"].str.replace(r"'[^']*'|\b\d+\b", "…", regex=True)
    grouped = rejects.assign(reason=kind).groupby(["source", "reason"], sort=False)["row"]
    table = grouped.agg(rows_count="size", first_row="min").reset_index()
    return table.sort_values("rows_count", ascending=False, kind="stable", ignore_index=True)


def practice_margins(county: pd.DataFrame, practices: Sequence[str] = ()) -> pd.DataFrame:
    """Counties with, without and with unknown value of each practice.

    Parameters
    ----------
    county : DataFrame
        The county table, or part of it.
    practices : sequence of str, optional
        Practice columns; all seven if empty.

    Returns
    -------
    DataFrame, one row per practice
        `practice, label, with_count, without_count, unknown_count, total_count, with_share`;
        the share is of the counties whose value is known, missing if there are none.
    """
    wanted = [p for p in PRACTICES if not practices or p.name in practices]
    rows = []
    for practice in wanted:
        values = county[practice.name]
        yes, no = int((values == 1).sum()), int((values == 0).sum())
        rows.append(
            {
                "practice": practice.name,
                "label": practice.label,
                "with_count": yes,
                "without_count": no,
                "unknown_count": int(values.isna().sum()),
                "total_count": len(county),
                "with_share": yes / (yes + no) if yes + no else np.nan,
            }
        )
    return pd.DataFrame(rows)


def observed_practices(county: pd.DataFrame) -> list[str]:
    """Names of the practices that the table knows for at least one county."""
    return [p.name for p in PRACTICES if county[p.name].notna().any()]


def score_distribution(county: pd.DataFrame) -> pd.DataFrame:
    """Counties and residents at each score from 0 to 7.

    Returns
    -------
    DataFrame, eight rows
        `cooperation_score, county_count, population_count`; counties without a score are not
        in it (see `practice_margins` for how many).
    """
    grouped = county.dropna(subset=["cooperation_score"]).groupby("cooperation_score")
    table = grouped.agg(
        county_count=("county_fips", "size"), population_count=("population_count", "sum")
    )
    return table.reindex(range(8), fill_value=0).rename_axis("cooperation_score").reset_index()


def by_state(county: pd.DataFrame, value: str) -> pd.DataFrame:
    """Mean of a column over the counties of each state.

    Returns
    -------
    DataFrame, one row per state, highest mean first
        `state, mean, known_count, county_count`.
    """
    if value not in county:
        raise UsageError(f"The county table has no column '{value}'.")
    values = county.assign(_value=county[value].astype("Float64"))
    table = values.groupby("state").agg(
        mean=("_value", "mean"), known_count=("_value", "count"), county_count=("_value", "size")
    )
    table["mean"] = table["mean"].astype("float64")
    return table.sort_values(["mean", "known_count"], ascending=False).reset_index()


def agreements_by_model(agreements: pd.DataFrame) -> pd.DataFrame:
    """Agencies and counties per list, agency type and support type.

    Returns
    -------
    DataFrame
        `list_date, agency_type, support_type, label, agency_count, county_count`, participating
        lists only. `county_count` counts distinct counties among rows that state one.
    """
    rows = agreements.assign(county_fips=stated_counties(agreements))
    rows = rows[rows["list_kind"] == "participating"]
    keys = ["list_date", "agency_type", "support_type"]
    table = rows.groupby(keys).agg(
        agency_count=("agency", "size"), county_count=("county_fips", "nunique")
    )
    table = table.reset_index()
    labels = table["support_type"].map(SUPPORT_TYPE_LABELS)
    return table.assign(label=labels)[[*keys, "label", "agency_count", "county_count"]]


def counties_with_county_agreement(agreements: pd.DataFrame) -> pd.DataFrame:
    """Distinct counties with at least one County-type agreement, per participating list.

    Returns
    -------
    DataFrame
        `list_date, county_count, rows_count, unmatched_rows_count`.
    """
    rows = agreements[
        (agreements["list_kind"] == "participating") & (agreements["agency_type"] == "county")
    ]
    table: pd.DataFrame = (
        rows.groupby("list_date")
        .agg(
            county_count=("county_fips", "nunique"),
            rows_count=("agency", "size"),
            unmatched_rows_count=("county_fips", lambda codes: int(codes.isna().sum())),
        )
        .reset_index()
    )
    return table


def agreement_status(county: pd.DataFrame) -> pd.Series:
    """Model of the county's agreement on the latest list, the furthest-reaching where several.

    Returns
    -------
    Series of str indexed by county_fips
        `task-force`, else `jail-enforcement`, else `warrant-service`, else `none`; missing where
        the release does not know.
    """
    status = pd.Series("none", index=county["county_fips"].to_numpy(), dtype="object")
    for support in ("warrant-service", "jail-enforcement", "task-force"):
        listed = county[f"{support.replace('-', '_')}_latest_list"].to_numpy(
            dtype=float, na_value=-1
        )
        status[listed == 1] = support
        status[listed == -1] = None
    return status.astype("str")


def reporting_by_policy(
    county: pd.DataFrame, county_year: pd.DataFrame, policy: str, year: int
) -> pd.DataFrame:
    """How crime was reported to the FBI in one year, by policy.

    Parameters
    ----------
    county, county_year : DataFrame
        The tables of a release.
    policy : str
        A 0/1 column of the county table.
    year : int
        A year with crime data.

    Returns
    -------
    DataFrame, one row per policy value (1, 0, unknown) and reporting status
        `policy, status, county_count, county_share, population_share`; shares are of the
        counties (residents) with that policy value.

    Raises
    ------
    UsageError
        If there is no crime data in the year.
    """
    frame = county_in_year(county, county_year, year)
    status = reporting_status(frame)
    group = frame[policy].map({1: "with", 0: "without"}).fillna("unknown").astype("str")
    counts = (
        frame.assign(policy=group, status=status)
        .groupby(["policy", "status"])
        .agg(county_count=("county_fips", "size"), population_count=("population_count", "sum"))
    )
    index = pd.MultiIndex.from_product(
        [[p for p in ("with", "without", "unknown") if (group == p).any()], ALL_REPORTING_STATUSES],
        names=["policy", "status"],
    )
    counts = counts.reindex(index, fill_value=0)
    totals = counts.groupby("policy").transform("sum")
    return counts.assign(
        county_share=counts["county_count"] / totals["county_count"],
        population_share=(counts["population_count"] / totals["population_count"]).astype(
            "float64"
        ),
    ).reset_index()
