"""Columns of the counties: for how many each is known, and how a measure is spread by policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pandas.api import types

from coopanalysis.catalog.column import Column
from coopanalysis.display import sentences as say
from coopanalysis.display.figures import plot_distribution, show_chart
from coopanalysis.display.html import Output
from coopanalysis.display.source_lines import source_line
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import release_of
from coopanalysis.errors import UsageError
from coopanalysis.models.row_selection import check_columns
from coopanalysis.panel import Panel
from coopanalysis.panel.policies import Policy

MOST_SHOWN = 0.995


def format_value(column: Column, value: Any) -> str:
    """Write a value of a column in its own unit."""
    if column.unit.startswith("percent"):
        return say.format_percent(value)
    if column.unit.startswith("share") or column.allowed == (0, 1):
        return say.format_share(value)
    if "dollars" in column.unit:
        return say.format_usd(value)
    return say.format_count(value) if abs(value) >= 100 else say.format_number(value, 1)


def check_flag(counties: pd.DataFrame, name: str) -> None:
    """Raise if a column is not there, or holds other values than 0, 1 and missing."""
    check_columns(counties, [name])
    other = counties.loc[~counties[name].isin([0, 1]) & counties[name].notna(), name]
    if len(other):
        raise UsageError(
            f"Column '{name}' holds {len(other):,} values other than 0 and 1 (first: "
            f"{other.iloc[0]}). Derive a 0/1 column first, as in "
            f"counties.assign(high=counties['{name}'] > limit)."
        )


def show_known(
    counties: pd.DataFrame, columns: Sequence[str], *, data: Panel | None = None
) -> Output:
    """Show for how many counties each column is known, with its mean and spread.

    Parameters
    ----------
    counties : DataFrame, one row per county
        The counties asked about.
    columns : sequence of str
        Columns of numbers; a policy may be given by its name.

    Raises
    ------
    ModelError, UsageError
        If a column is not there (names the nearest), or holds no numbers.
    """
    data, names = release_of(data), [str(name) for name in columns]
    check_columns(counties, names)
    wrong = [n for n in names if not types.is_numeric_dtype(counties[n])]
    if wrong:
        raise UsageError(
            f"Columns {', '.join(wrong)} hold no numbers. Leave them out, or derive a 0/1 column."
        )
    values = counties[names].astype("float64")
    table = pd.DataFrame(
        {
            "label": [data.column(name).label for name in names],
            "known_count": values.notna().sum(),
            "missing_count": values.isna().sum(),
            "mean": [format_value(data.column(name), values[name].mean()) for name in names],
            "std": [format_value(data.column(name), values[name].std()) for name in names],
        }
    )
    return show_table(
        table,
        caption=f"For how many of {say.format_count(len(counties))} counties each variable is "
        "known",
        note="Mean and standard deviation over counties, each counted once; of what a county does "
        "or does not, the mean is the share that does.",
        source=source_line(data, names),
        columns={
            "label": "Variable",
            "known_count": "Known",
            "missing_count": "Missing",
            "mean": ColumnFormat("Mean", kind="written"),
            "std": ColumnFormat("Standard deviation", kind="written"),
        },
    )


def show_distribution(
    counties: pd.DataFrame, value: str, by: Policy | str, *, data: Panel | None = None
) -> Output:
    """Show how a measure is spread over counties with and without a policy.

    Parameters
    ----------
    counties : DataFrame, one row per county
        Those without a value, or of whom the policy is not known, are left out.
    value : str
        Column of the measure.
    by : Policy or str
        A 0/1 column.

    Raises
    ------
    ModelError, UsageError
        If a column is not there (names the nearest), `by` holds other values than 0 and 1, or one
        of the two groups is empty.
    """
    check_flag(counties, str(by))
    check_columns(counties, [value])
    data, policy = release_of(data), str(by)
    column, words = data.column(value), data.column(policy)
    known = counties.dropna(subset=[value, policy])
    rows = pd.DataFrame(
        {"group": known[policy].map({1: "with", 0: "without"}), value: known[value]}
    )
    middle = rows.groupby("group")[value].median()
    if len(middle) < 2:
        raise UsageError(
            f"All counties with a value of '{value}' are alike in '{policy}': there are no two "
            "groups to show. Take more counties, or another column."
        )
    reading = (
        f"Half of the counties that {words.phrase} have at most "
        f"{format_value(column, middle['with'])}, half of those that do not at most "
        f"{format_value(column, middle['without'])}"
    )
    end = float(rows[value].quantile(MOST_SHOWN))
    beyond = int((rows[value] > end).sum())
    ordered = rows.sort_values(["group", value], ignore_index=True)
    by_group = ordered.groupby("group")
    share = (by_group.cumcount() + 1) / by_group[value].transform("size")
    labels = {"with": "With the policy", "without": "Without it"}
    figure = plot_distribution(
        rows, value=value, group="group", labels=labels, x_label=column.label
    )
    figure.axes[0].set_xlim(float(rows[value].min()), end)
    return show_chart(
        figure,
        reading,
        subtitle=f"{column.label}: share of counties at or below each value; with the policy: "
        f"counties that {words.phrase}",
        chart="Cumulative distribution, two step lines",
        x=f"{column.label}, to {format_value(column, end)}",
        y="share of counties at or below, 0% to 100%",
        note=f"Each county counted once and as it is: no covariates. "
        f"{say.format_count(len(counties) - len(known))} counties without a value are left out; "
        f"{say.pluralise(beyond, 'county')} beyond the axis are in the lines and in the "
        "data.",
        source=source_line(data, [value, policy]),
        data=ordered.assign(share_at_or_below=share.round(4)),
    )


def show_choices(years: Sequence[int] = (), *, data: Panel | None = None) -> Output:
    """Show what the parameters may be in a release: its policies by name, and the years given."""
    data = release_of(data)
    listed = [one for one in data.policies.values() if not one.of]
    known = [one for one in listed if data.county[one.name].notna().any()]
    names = [one.name for one in known]
    table = pd.DataFrame(
        {
            "name": names,
            "label": [one.label for one in known],
            "known_count": [int(data.county[name].notna().sum()) for name in names],
            "with_count": [int((data.county[name] == 1).sum()) for name in names],
        }
    )
    of_years = f" Years: {', '.join(map(str, years))}." if years else ""
    states = ", ".join(sorted(data.county["state_abbr"].unique()))
    return show_table(
        table,
        caption=f"Policies that release '{data.release}' knows",
        note=f'"main" is {data.policy().name}.{of_years} States: {states}. '
        "Any column of `counties` can stand in a formula; `counties.columns` lists them.",
        source=source_line(data, names),
        columns={
            "name": "Value of the parameter",
            "label": "Policy",
            "known_count": "Counties known",
            "with_count": "With it",
        },
    )
