"""Columns of the counties: for how many each is known, how it is spread, which go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pandas.api import types

from coopanalysis.catalog.column import Column
from coopanalysis.display import sentences as say
from coopanalysis.display.coverage import check_flag, count_flags
from coopanalysis.display.figures import (
    cooccurrence,
    plot_bars,
    plot_cooccurrence,
    plot_distribution,
    show_chart,
)
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.source_lines import source_line
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import column_words, in_sentence, release_of
from coopanalysis.errors import UsageError
from coopanalysis.models.row_selection import check_columns
from coopanalysis.panel import Panel
from coopanalysis.panel.policies import Policy

MOST_SHOWN = 0.995


def format_value(column: Column, value: Any) -> str:
    """Write a value of a column in its own unit."""
    words = column_words(column)
    if words.measure == "points":
        return say.format_percent(value * words.scale)
    if words.measure == "usd":
        return say.format_usd(value)
    return say.format_number(value, 0 if abs(value) >= 100 else 1)


def show_known(
    counties: pd.DataFrame, columns: Sequence[str], *, data: Panel | None = None
) -> Output:
    """Show for how many counties each column is known, with its mean and spread.

    The counties have one row each; the columns hold numbers, or are names of policies: `UsageError`
    for others.
    """
    data, names = release_of(data), [str(name) for name in columns]
    check_columns(counties, names)
    wrong = ", ".join(n for n in names if not types.is_numeric_dtype(counties[n]))
    if wrong:
        raise UsageError(
            f"Columns {wrong} hold no numbers. Leave them out, or derive a 0/1 column."
        )
    values, known = counties[names].astype("float64"), [data.column(name) for name in names]
    table = pd.DataFrame(
        {
            "label": [one.label for one in known],
            "known_count": values.notna().sum(),
            "missing_count": values.isna().sum(),
            "mean": [*map(format_value, known, values.mean())],
            "std": [*map(format_value, known, values.std())],
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
            "mean": ColumnFormat("Mean", kind="written"),
            "std": ColumnFormat("Standard deviation", kind="written"),
            "known_count": "Known",
            "missing_count": "Missing",
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
        If a column is not there, `by` holds other values, or one of the groups is empty.
    """
    check_flag(counties, str(by))
    check_columns(counties, [value])
    data, policy = release_of(data), str(by)
    column, words = data.column(value), data.column(policy)
    known = counties.dropna(subset=[value, policy])
    rows = known[[value]].assign(group=known[policy].map({1: "with", 0: "without"}))
    rows = rows[["group", value]]
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
    listed = [one.name for one in data.policies.values() if not one.of]
    names = [name for name in listed if data.county[name].notna().any()]
    table = count_flags(data.county, names).rename(columns={"column": "name"})
    table = table.assign(
        label=[data.policies[name].label for name in names],
        known_count=table["with_count"] + table["without_count"],
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


def show_shares(
    counties: pd.DataFrame, columns: Sequence[str], *, note: str = "", data: Panel | None = None
) -> Output:
    """Show the share of counties with each of some 0/1 columns as bars, the most common first.

    The counties have one row each; columns of your own, of 0 and 1, are named by
    `Panel.name_column`. The note is what the reader must know besides.
    """
    release, table = release_of(data), count_flags(counties, columns)
    table.insert(1, "label", [release.column(name).label for name in columns])
    asked = " or ".join(f"'{label}'" for label in table["label"])
    table = table.dropna(subset=["with_share"])
    if table.empty:
        return left_out(f"no county is known to have or not to have {asked}")
    table = table.sort_values("with_share", ascending=False, ignore_index=True)
    most, least = table.iloc[0], table.iloc[-1]
    reading = f"{most['label']}: {say.format_share(most['with_share'])} of counties"
    if len(table) > 1:
        reading += f"; {least['label']}: {say.format_share(least['with_share'])}"
    return show_chart(
        plot_bars(table, "label", "with_share", x_label="Share of counties", measure="share"),
        f"From most to least common: {say.join_words(list(table['label']))}. {reading}",
        finding=f"{reading}.",
        subtitle="Share of counties with each, of those for which it is known",
        chart="Bar chart",
        x="share of counties from 0 to 100 percent",
        y=say.pluralise(len(table), "bar"),
        note=note,
        source=source_line(release, list(table["column"])),
        data=table,
    )


def show_cooccurrence(
    counties: pd.DataFrame, columns: Sequence[str], *, data: Panel | None = None
) -> Output:
    """Show which 0/1 columns go together: of counties with one, the share with another.

    Rows of the counties with a missing value in one of the columns are left out.
    """
    release = release_of(data)
    known = [name for name in columns if counties[name].notna().any()]
    if len(known) < 2:
        told = f"the release knows none of {len(columns)}"
        if known:
            one = release.column(known[0]).label
            told = f"of {len(columns)} the release knows one: {one}"
        return left_out(f"two columns are needed, and {told}")
    labels = {name: release.column(name).label for name in known}
    pairs = cooccurrence(counties, labels)
    rarest = pairs.iloc[int(pairs["share"].argmin())]
    reading = (
        f"The least common companion: of the {say.format_count(rarest['counties_count'])} counties "
        f"with '{rarest['given']}', {say.format_share(rarest['share'])} also have "
        f"'{rarest['other']}'"
    )
    return show_chart(
        plot_cooccurrence(pairs),
        reading,
        subtitle="Of the counties that have what the row says, the share that have what the "
        "column says",
        chart="Heat map",
        x=f"{len(known)} things that a county has or has not",
        y="the same; darker means a larger share, from 0 to 100 percent",
        note="Read along rows: the shares depend on what is given.",
        source=source_line(release, known),
        data=pairs,
    )


def show_score(
    counties: pd.DataFrame, column: str, *, most: int, note: str = "", data: Panel | None = None
) -> Output:
    """Show how counties spread over a score: a whole number from none to the most there can be.

    The counties have one row each. The score goes from 0 to its highest possible value:
    `UsageError` if it has another one. Residents are counted too, where the frame has them.
    """
    release, values = release_of(data), counties[column].dropna().astype("float64")
    what = in_sentence(release.column(column).label)
    if values.empty:
        return left_out(f"the {what} is known of no county")
    if not values.isin(range(most + 1)).all():
        raise UsageError(f"Column '{column}' holds values other than 0, 1, ... {most}.")
    by_value = counties.loc[values.index].groupby(values.astype("int64"))
    counts = by_value.size().reindex(range(most + 1), fill_value=0)
    table = counts.rename_axis(column).rename("county_count").reset_index()
    if "population_count" in counties:
        residents = by_value["population_count"].sum().astype("int64")
        table["population_count"] = residents.reindex(range(most + 1), fill_value=0).to_numpy()
    mode, drawn = int(counts.to_numpy().argmax()), table.astype({column: "str"})
    reading = (
        f"The mean {what} is {say.format_number(values.mean(), 2)}; "
        f"{say.describe_share(counts[mode], len(values))} have {mode}"
    )
    return show_chart(
        plot_bars(drawn, column, "county_count", x_label="Counties", measure="count"),
        reading,
        subtitle=f"Counties by {what}, from 0 to {most}",
        chart="Bar chart",
        x="number of counties",
        y=f"{what} from 0 to {most}",
        note=note,
        source=source_line(release, [column]),
        data=table,
    )
