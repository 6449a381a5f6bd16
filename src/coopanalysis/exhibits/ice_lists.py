"""Which files an exhibit draws on, for its source line: the ICE lists, and those of its columns."""

from __future__ import annotations

from collections.abc import Iterable

from coopanalysis.catalog.column import Column
from coopanalysis.panel import Panel


def lists_of(panel: Panel, kind: str = "participating", which: str = "all") -> tuple[str, ...]:
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
