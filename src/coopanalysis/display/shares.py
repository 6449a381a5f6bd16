"""How common 0/1 columns are, which go together, and how many of them a county has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.columns import check_flag
from coopanalysis.display.figures import cooccurrence, plot_bars, plot_cooccurrence, show_chart
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.source_lines import source_line
from coopanalysis.display.words import in_sentence, release_of
from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel


def count_flags(counties: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Counties with, without and with unknown value of 0/1 columns, one row per column.

    `column, with_count, without_count, unknown_count, total_count, with_share`; the share is of
    the counties whose value is known, missing if there are none.
    """
    rows = []
    for name in columns:
        check_flag(counties, name)
        values = counties[name].astype("float64")
        yes, no, unknown = (int(found.sum()) for found in (values == 1, values == 0, values.isna()))
        share = yes / (yes + no) if yes + no else np.nan
        rows.append((name, yes, no, unknown, len(counties), share))
    kinds = ["with_count", "without_count", "unknown_count", "total_count", "with_share"]
    return pd.DataFrame(rows, columns=["column", *kinds])


def show_shares(
    counties: pd.DataFrame, columns: Sequence[str], *, note: str = "", data: Panel | None = None
) -> Output:
    """Show the share of counties with each of some 0/1 columns as bars, the most common first.

    Parameters
    ----------
    counties : DataFrame, one row per county
    columns : sequence of str
        0/1 columns; those of your own are named by `Panel.name_column`.
    note : str
        What the reader must know besides.
    """
    release = release_of(data)
    table = count_flags(counties, columns).dropna(subset=["with_share"])
    if table.empty:
        asked = " or ".join(f"'{release.column(name).label}'" for name in columns)
        return left_out(f"no county is known to have or not to have {asked}")
    table.insert(1, "label", [release.column(name).label for name in table["column"]])
    table = table.sort_values("with_share", ascending=False, ignore_index=True)
    most, least = table.iloc[0], table.iloc[-1]
    reading = f"{most['label']}: {say.format_share(most['with_share'])} of counties"
    if len(table) > 1:
        reading += f"; {least['label']}: {say.format_share(least['with_share'])}"
    return show_chart(
        plot_bars(
            table,
            category="label",
            value="with_share",
            x_label="Share of counties",
            measure="share",
        ),
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
    """Show which of some 0/1 columns go together: of counties with one, the share with another.

    Parameters
    ----------
    counties : DataFrame, one row per county
        Rows with a missing value in one of the columns are left out.
    columns : sequence of str
        0/1 columns.
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

    Parameters
    ----------
    counties : DataFrame, one row per county
    column : str
        The score.
    most : int
        Its highest possible value. Residents are counted too, where the frame has them.
    note : str
        What the reader must know besides.

    Raises
    ------
    UsageError
        If a value is no whole number from 0 to `most`.
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
    mode = int(counts.to_numpy().argmax())
    reading = (
        f"The mean {what} is {say.format_number(values.mean(), 2)}; "
        f"{say.describe_share(counts[mode], len(values))} have {mode}"
    )
    return show_chart(
        plot_bars(
            table.astype({column: "str"}),
            category=column,
            value="county_count",
            x_label="Counties",
            measure="count",
        ),
        reading,
        subtitle=f"Counties by {what}, from 0 to {most}",
        chart="Bar chart",
        x="number of counties",
        y=f"{what} from 0 to {most}",
        note=note,
        source=source_line(release, [column]),
        data=table,
    )
