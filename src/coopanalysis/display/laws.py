"""Laws and local actions in a table, with their days in words."""

from __future__ import annotations

import pandas as pd

from coopanalysis.display.html import Output
from coopanalysis.display.sentences import format_date
from coopanalysis.display.tables import show_table

CONFIDENCE_LABELS = {"high": "certain", "verify": "to verify"}
KIND_LABELS = {"both": "requires and restricts"}


def show_laws(
    laws: pd.DataFrame, on: str | pd.Timestamp, *, caption: str, source: str, note: str = ""
) -> Output:
    """Show laws, or actions of counties and cities, each with kind, days, citation and source.

    Parameters
    ----------
    laws : DataFrame, one row per law
        In the form of `sources.reference.read_state_laws`, with `place` if of counties and cities.
        Rows are shown by place or state, then by date.
    on : str or Timestamp
        Day from which dates are seen: "not yet, from ...".
    caption, source, note : str
        As for every table.

    Raises
    ------
    UsageError
        If there is no law to show.
    """
    local = "place" in laws
    ordered = laws.sort_values(
        ["state", *(["place"] if local else []), "effective_date", "name"], ignore_index=True
    )
    cited = "Source: " + ordered["source"].str.rstrip(".") + "."
    known = ordered["citation"].notna()
    table = ordered.assign(
        place=ordered["place"] + ", " + ordered["state_abbr"] if local else ordered["state"],
        kind=ordered["kind"].replace(KIND_LABELS)
        + ", "
        + ordered["confidence"].map(CONFIDENCE_LABELS),
        dates=describe_dates(ordered, on),
        cited=(ordered["citation"].fillna("No citation known") + ". " + cited).where(
            known | (not local), cited
        ),
    )
    of_place = {"place": "Place"} if local else {}
    of_state = {"place": "State"} if not local and len(set(table["place"])) > 1 else {}
    return show_table(
        table,
        caption=caption,
        note=note,
        source=source,
        columns={
            **of_place,
            "name": "Action" if local else "Law",
            **of_state,
            "kind": "Kind, confidence",
            "dates": "In force",
            "summary": "What it does",
            "cited": "Citation and source",
        },
    )


def describe_dates(laws: pd.DataFrame, on: str | pd.Timestamp) -> list[str]:
    """Say from when until when each law is in force, and whether it is on a day.

    Parameters
    ----------
    laws : DataFrame
        `effective_date` and `ended_date`; missing is not known, or still in force.
    on : str or Timestamp
        The day.
    """
    day = pd.Timestamp(on)
    written = []
    for began, ended in zip(laws["effective_date"], laws["ended_date"], strict=True):
        text = "day not known" if pd.isna(began) else f"from {format_date(began)}"
        if not pd.isna(ended):
            text += f" until {format_date(ended)}"
        written.append(f"not yet, {text}" if began > day else text)
    return written
