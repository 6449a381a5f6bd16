"""What a brief draws on, for its source lines: the ICE lists and their days, and its columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import pandas as pd

from coopanalysis.catalog.column import Column
from coopanalysis.catalog.sources import ICE_SERIES
from coopanalysis.display.source_lines import describe_sources, source_line
from coopanalysis.panel import Panel
from coopanalysis.panel.policies import in_words, participating_lists

Which = Literal["first", "latest", "all"]


def source_of_lists(panel: Panel, *more: str, which: Which = "all") -> str:
    """Source line of the lists of participating agencies, and of further layouts."""
    return describe_sources(panel.build, [*lists_of(panel, which=which), *more])


def source_of_columns(panel: Panel, columns: Iterable[Column]) -> str:
    """Source line of columns of the tables, as far as the release has them."""
    return describe_sources(panel.build, layouts_of(panel, columns))


def source_of_spells(panel: Panel) -> str:
    """Source line of all lists of participating agencies."""
    series = (
        [ICE_SERIES] if any(one["layout"] == ICE_SERIES for one in panel.build["inputs"]) else []
    )
    return source_line(panel, layouts=[*lists_of(panel), *series])


def lists_of(panel: Panel, kind: str = "participating", which: Which = "all") -> tuple[str, ...]:
    """Layouts, for `describe_sources`, of the ICE lists of one kind: all, or the latest.

    Where the release has none of the kind, the layout of all lists.
    """
    vintages = {one["id"]: one["vintage"] for one in panel.build["inputs"]}
    lists = [one for one in panel.build["agreement_lists"] if one["list_kind"] == kind]
    ordered = sorted(lists, key=lambda one: str(one["list_date"]))
    chosen = ordered[-1:] if which == "latest" else ordered
    return tuple(f"ice-287g {vintages[one['source']]}" for one in chosen) or ("ice-287g",)


def layouts_of(panel: Panel, columns: Iterable[Column]) -> list[str]:
    """Layouts, for `describe_sources`, that columns come from, as far as the release has them."""
    present = {one["layout"] for one in panel.build["inputs"] if not one["checked_only"]}
    named = {
        f"{layout} {column.vintage}" if column.vintage.isdigit() else layout: None
        for column in columns
        for layout in column.source.split(", ")
        if layout in present
    }
    rest = [one for one in named if one != "ice-287g"]
    return [*lists_of(panel), *rest] if "ice-287g" in named else rest


def agreement_as_of(panel: Panel) -> str:
    """What the practice `agreement_287g` of a release refers to: the rubric, or an ICE list."""
    policy = panel.policies["agreement_287g"]
    if policy.signed:
        return f"the ICE list of {in_words(policy.as_of)}"
    return f"the rubric of {policy.as_of}"


def list_dates(panel: Panel) -> tuple[str, str]:
    """Days of the earliest and of the latest participating list, in words."""
    days = [day for day, _ in participating_lists(panel.build)]
    return in_words(days[0]), in_words(days[-1])


def on_list(panel: Panel, which: Which, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Rows of the first or the latest list of participating agencies, all or some of them."""
    every = panel.agreements
    days = every.loc[every["list_kind"] == "participating", "list_date"]
    own = every if rows is None else rows
    own = own[own["list_kind"] == "participating"]
    chosen: pd.DataFrame = own[own["list_date"] == (days.min() if which == "first" else days.max())]
    return chosen
