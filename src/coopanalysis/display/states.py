"""States by category: one square each, coloured, hatched where the category is not certain."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.display.categories import Category
from coopanalysis.display.figures import legend_html, show_figure
from coopanalysis.display.figures.tiles import plot_tile_map
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    describe_chart,
    format_millions,
    join_words,
    lower_first,
    pluralise,
)


def show_state_tiles(
    states: pd.DataFrame,
    column: str,
    categories: Mapping[str, Category],
    *,
    what: str,
    source: str,
    since: str = "",
    uncertain: str = "",
    note: str = "",
) -> Output:
    """Show a tile map of the states by category.

    Parameters
    ----------
    states : DataFrame, one row per state
        `state_abbr`, `tile_row`, `tile_column` (as from `panel.load_laws`) and the columns named
        here; with `population_count` the legend says how many people live under each category.
    column : str
        Column of categories.
    categories : mapping of str to Category
        Words and colour of each value.
    what : str
        What the colours stand for, with its day: opens the finding and heads the legend.
    source : str
        Source line.
    since : str, optional
        Column of the day since when; its year stands below the name.
    uncertain : str, optional
        Column of truth values: hatched over the colour, for what is not certain.
    note : str
        Below the figure.

    Raises
    ------
    UsageError
        If a value has no category, two states share a square, or there is none.
    """
    tiles = states.assign(below=states[since].dt.strftime("%Y").fillna("") if since else "")
    figure = plot_tile_map(
        tiles,
        {value: one.colour for value, one in categories.items()},
        status=column,
        second_line="below" if since else None,
        hatched=uncertain or None,
    )
    names = {
        value: group["state_abbr"].tolist() for value, group in tiles.groupby(column, sort=False)
    }
    found = [value for value in categories if value in names]
    counts = [
        f"{lower_first(categories[value].label)} in {pluralise(len(names[value]), 'state')}"
        for value in found
    ]
    finding = f"{what}: {join_words(counts)}."
    doubtful = int(tiles[uncertain].sum()) if uncertain else 0
    if doubtful:
        finding += f" The status of {pluralise(doubtful, 'state')} is not certain."
    largest = max(found, key=lambda value: len(names[value]))
    named = [
        f"{categories[value].label}: {join_words(names[value])}"
        for value in found
        if value != largest
    ]
    return show_figure(
        figure,
        finding=finding,
        subtitle="One square per state, whatever its area or population"
        + ("; the year is that from which its colour has held" if since else ""),
        alt=describe_chart(
            "Tile map",
            x=f"{pluralise(len(tiles), 'equal square')}, one per state, placed roughly as on a map",
            y="category of the state by colour" + (", hatched if not certain" if doubtful else ""),
            reading=". ".join([finding.rstrip("."), *named]),
        ),
        note=note,
        source=source,
        data=tiles.drop(columns=["below", "tile_row", "tile_column"]),
        legend=legend_html(_entries(tiles, column, categories, found, doubtful), what),
        wide=True,
    )


def _entries(
    tiles: pd.DataFrame,
    column: str,
    categories: Mapping[str, Category],
    found: list[str],
    doubtful: int,
) -> list[tuple[str, str, str]]:
    entries = []
    for value in found:
        own = tiles[tiles[column].eq(value)]
        remark = pluralise(len(own), "state")
        if "population_count" in own:
            remark += f", {format_millions(own['population_count'].sum())} residents"
        entries.append((categories[value].colour, categories[value].label, remark))
    if doubtful:
        remark = pluralise(doubtful, "state")
        entries.append(("hatch", "Hatched over its colour: not certain", remark))
    return entries
