"""States by category: a tile map of them, and a table of their laws and of local actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import pandas as pd

from coopanalysis.clean.law_status import LawStatus
from coopanalysis.display import sentences as say
from coopanalysis.display.figures import legend_html, plot_tile_map, show_chart
from coopanalysis.display.figures.style import HATCH, STATUS_COLOURS
from coopanalysis.display.html import Output
from coopanalysis.display.tables import ColumnFormat, show_table

CONFIDENCE_LABELS = {"high": "certain", "verify": "to verify"}
KIND_LABELS = {
    "requires": "requires or bars limits on",
    "both": "requires or bars limits on, and restricts,",
}
"""What a law does to cooperation: the table of laws does not tell a duty from a ban on limits."""
PRACTICE_LAW = {
    "required": "Required, or limits on it barred",
    "restricted": "Restricted",
    "none": "Neither",
    "both": "Both",
}
"""What the laws of a state say of a practice, as from `panel.practice_status`."""
NOT_TOLD_APART = (
    "Some laws require something, others only bar or void local limits on it; the table of laws "
    "does not tell the two apart but in the words of each."
)


@dataclass(frozen=True)
class Category:
    """One value of a column, as tables, sentences and figures show it.

    The label is short, for legends and tables; the phrase completes "Counties ..." or
    "residents ..."; the colour, `#rrggbb`, is the same in every figure.
    """

    label: str
    phrase: str
    colour: str


LAW_STATUS: dict[LawStatus, Category] = {
    "requires": Category(
        "Requires cooperation or bars limits on it",
        "in states whose laws require cooperation or bar limits on it",
        "#5B2A86",
    ),
    "restricts": Category(
        "Restricts cooperation",
        "in states whose laws restrict cooperation",
        STATUS_COLOURS["limits"],
    ),
    "both": Category(
        "Both kinds of law",
        "in states with laws of both kinds",
        "#D9A521",
    ),
    "neither": Category("Neither", "in states with no law counted", STATUS_COLOURS["none"]),
}
"""Status of a state's laws: colours in the family of the agreements, none of a party."""


def describe_extent(table: pd.DataFrame) -> pd.Series:
    """Say how far each group reaches: "2 states with 9 counties and 1.6 million residents (32%)".

    The table has a row per group: `states_count`, `counties_count`, `population_count` (persons)
    and `population_share` (0 to 1).
    """
    said = {
        group: f"{say.pluralise(row['states_count'], 'state')} with "
        f"{say.pluralise(row['counties_count'], 'county')} and "
        f"{say.format_millions(row['population_count'])} residents "
        f"({say.format_share(row['population_share'])})"
        for group, row in table.iterrows()
    }
    return pd.Series(said, dtype="object")


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
    column, categories : str, mapping of str to Category
        Column of categories; words and colour of each value.
    what : str
        What the colours stand for, with its day: opens the finding and heads the legend.
    since, uncertain : str, optional
        Column of the day since when, whose year stands below the name; and of truth values, hatched
        over the colour, for what is not certain.

    Raises
    ------
    UsageError
        If a value has no category, two states share a square, or there is none.
    """
    tiles = states.assign(below=states[since].dt.strftime("%Y").fillna("") if since else "")
    colours, below = {value: one.colour for value, one in categories.items()}, since and "below"
    figure = plot_tile_map(tiles, colours, status=column, second_line=below, hatched=uncertain)
    groups = [(one, tiles[tiles[column].eq(value)]) for value, one in categories.items()]
    own = [(one, group) for one, group in groups if len(group)]
    doubtful = int(tiles[uncertain].sum()) if uncertain else 0
    finding, named = _words_of_tiles(own, what, doubtful)
    entries = [(one.colour, one.label, _extent(group)) for one, group in own]
    hatched = (HATCH, "Hatched over its colour: not certain", say.pluralise(doubtful, "state"))
    entries += [hatched] * bool(doubtful)
    return show_chart(
        figure,
        ". ".join([finding.rstrip("."), *named]),
        finding=finding,
        subtitle="One square per state, whatever its area or population"
        + ("; the year is that from which its colour has held" if since else ""),
        chart="Tile map",
        x=f"{say.pluralise(len(tiles), 'equal square')}, one per state, placed roughly as on a map",
        y="category of the state by colour" + (", hatched if not certain" if doubtful else ""),
        note=note,
        source=source,
        data=tiles.drop(columns=["below", "tile_row", "tile_column"]),
        legend=legend_html(entries, what),
        wide=True,
    )


def _words_of_tiles(
    own: Sequence[tuple[Category, pd.DataFrame]], what: str, doubtful: int
) -> tuple[str, list[str]]:
    """Count the states of each category, and name those of all but the largest."""
    counts = [
        f"{say.lower_first(one.label)} in {say.pluralise(len(group), 'state')}"
        for one, group in own
    ]
    finding = f"{what}: {say.join_words(counts)}."
    if doubtful:
        finding += f" The status of {say.pluralise(doubtful, 'state')} is not certain."
    largest = max((group for _, group in own), key=len)
    return finding, [
        f"{one.label}: {say.join_words(group['state_abbr'].tolist())}"
        for one, group in own
        if group is not largest
    ]


def _extent(states: pd.DataFrame) -> str:
    if "population_count" not in states:
        return say.pluralise(len(states), "state")
    residents = say.format_millions(states["population_count"].sum())
    return f"{say.pluralise(len(states), 'state')}, {residents} residents"


def show_laws(
    laws: pd.DataFrame, on: str | pd.Timestamp, *, caption: str, source: str, note: str = ""
) -> Output:
    """Show laws, or actions of counties and cities, each with kind, days, citation and documents.

    The laws, at least one, have the form of `sources.reference.read_state_laws`, with `place` if of
    counties and cities. They are shown by place or state, then by date; dates are seen from the day
    `on`: "not yet, from ...".
    """
    local = "place" in laws
    place = ["place"] if local else []
    rows = laws.sort_values(["state", *place, "effective_date", "name"], ignore_index=True)
    citation = rows["citation"].fillna("" if local else "No citation known")
    cited = (citation + ". Source: " + rows["source"].str.rstrip(".")).str.removeprefix(". ")
    table = rows.assign(
        place=rows["place"] + ", " + rows["state_abbr"] if local else rows["state"],
        kind=rows["kind"].replace(KIND_LABELS)
        + " cooperation, "
        + rows["confidence"].map(CONFIDENCE_LABELS),
        dates=describe_dates(rows, on),
        cited=with_documents(cited, rows["source_url"]),
    )
    first = {"name": "Law", "dates": "In force"}
    if local:
        first = {"place": "Place", "dates": "In force", "name": "Action"}
    of_state = {"place": "State"} if not local and len(set(table["place"])) > 1 else {}
    return show_table(
        table,
        caption=caption,
        note=note,
        source=source,
        columns={
            **first,
            **of_state,
            "kind": "Kind, confidence",
            "summary": ColumnFormat("What it does", answer=True),
            "cited": ColumnFormat("Citation, source, documents", kind="links"),
        },
    )


def with_documents(words: pd.Series, addresses: pd.Series) -> pd.Series:
    """Make cells of links: the words of each row, then the sites of its documents.

    Addresses are separated by semicolons, as in the column `source_url` of the tables of facts;
    where they are missing the cell says that no document was found.
    """
    cells = []
    for said, given in zip(words, addresses, strict=True):
        found = [] if pd.isna(given) else given.split("; ")
        sites = [(str(urlsplit(one).hostname), one) for one in found]
        cells.append(((said, ""), *(sites or [("no document found", "")])))
    return pd.Series(cells, index=words.index, dtype="object")


def describe_dates(laws: pd.DataFrame, on: str | pd.Timestamp) -> list[str]:
    """Say from when until when each law is in force, and whether it is on a day.

    A missing `effective_date` is not known; a missing `ended_date` is still in force.
    """
    day = pd.Timestamp(on)
    written = []
    for began, ended in zip(laws["effective_date"], laws["ended_date"], strict=True):
        text = "day not known" if pd.isna(began) else f"from {say.format_date(began)}"
        if not pd.isna(ended):
            text += f" until {say.format_date(ended)}"
        written.append(f"not yet, {text}" if began > day else text)
    return written
