"""Which ICE lists an exhibit draws on, for its source line."""

from __future__ import annotations

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
