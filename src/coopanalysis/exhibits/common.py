"""Words that several notebooks share: policies, outcomes, sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from coopanalysis.associations import COVARIATES
from coopanalysis.catalog.columns import COUNTY, COUNTY_YEAR
from coopanalysis.display.page import note
from coopanalysis.display.sentences import format_date
from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel
from coopanalysis.vocabulary import PRACTICES

__all__ = ["Policy", "boundary_layouts", "find_policy", "note", "plain_notes", "policy_layouts"]


@dataclass(frozen=True)
class Policy:
    """A 0/1 column of the county table, in words.

    Attributes
    ----------
    name : str
        Column name.
    label : str
        Short name.
    plural : str
        Completes "Counties that ...".
    """

    name: str
    label: str
    plural: str

    @property
    def subject(self) -> str:
        """The counties with the policy."""
        return f"Counties that {self.plural}"


def find_policy(panel: Panel, name: str) -> Policy:
    """Return a policy of the release in words.

    Raises
    ------
    UsageError
        If it is no policy column, or the release does not know it for any county.
    """
    policies = {one.name: one for one in _policies(panel)}
    if name not in policies:
        raise UsageError(f"No policy '{name}'. There are: {', '.join(policies)}.")
    if panel.county[name].isna().all():
        known = [one for one in policies if panel.county[one].notna().any()]
        raise UsageError(
            f"Release '{panel.release}' does not know '{name}' for any county. "
            f"It knows: {', '.join(known)}."
        )
    return policies[name]


def list_dates(panel: Panel) -> tuple[str, str]:
    """Days of the earliest and of the latest participating list, in words."""
    days = sorted(
        one["list_date"]
        for one in panel.build["agreement_lists"]
        if one["list_kind"] == "participating"
    )
    return format_date(pd.Timestamp(days[0])), format_date(pd.Timestamp(days[-1]))


def agreement_as_of(panel: Panel) -> str:
    """What `agreement_287g` of this release refers to: the rubric, or a list of some day."""
    source = str(panel.county["practices_source"].iloc[0])
    entry = next(one for one in panel.build["inputs"] if one["id"] == source)
    if entry["layout"] == "ilrc-rubric":
        return f"the rubric of {entry['vintage']}"
    return f"the ICE list of {list_dates(panel)[1]}"


def policy_layouts(panel: Panel, name: str) -> tuple[str, ...]:
    """Where a policy column comes from, as `sentences.describe_sources` takes it."""
    lists = sorted(
        (one["list_date"], one["source"])
        for one in panel.build["agreement_lists"]
        if one["list_kind"] == "participating"
    )
    if name == "agreement_first_list":
        return (lists[0][1],)
    if name.endswith("_latest_list"):
        return (lists[-1][1],)
    return (str(panel.county["practices_source"].iloc[0]),)


def boundary_layouts(panel: Panel) -> tuple[str, ...]:
    """Which of the maps of a release neighbours are found on: the first one listed."""
    return (next(one["id"] for one in panel.build["inputs"] if one["layout"] == "topojson"),)


def plain_notes(notes: Iterable[object]) -> str:
    """Join the notes of several models: each once, with human names for columns."""
    parts = [part for one in notes if isinstance(one, str) for part in one.split("; ") if part]
    labels = {covariate.term: covariate.label for covariate in COVARIATES}
    labels |= {column.name: column.label for column in (*COUNTY.columns, *COUNTY_YEAR.columns)}
    labels["state_fips"] = "state"
    named = (
        re.sub(r"\b[a-z][a-z0-9_]+\b", lambda word: labels.get(word[0]) or word[0], part)
        for part in dict.fromkeys(parts)
    )
    return " ".join(f"{part[:1].upper()}{part[1:].rstrip('.')}." for part in named)


def _policies(panel: Panel) -> list[Policy]:
    first, latest = list_dates(panel)
    rubric = [
        Policy(one.name, one.label, one.plural)
        if one.name != "agreement_287g"
        else Policy(one.name, one.label, f"{one.plural} ({agreement_as_of(panel)})")
        for one in PRACTICES
    ]
    agreement = "have a county agency on the 287(g) list of"
    return [
        *rubric,
        Policy("agreement_first_list", f"On the list of {first}", f"{agreement} {first}"),
        Policy("agreement_latest_list", f"On the list of {latest}", f"{agreement} {latest}"),
    ]
