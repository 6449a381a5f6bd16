"""The policies a release knows: 0/1 columns of the county table, in words and with their days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import pandas as pd

from coopanalysis.catalog.column import Column
from coopanalysis.errors import UsageError
from coopanalysis.panel.defaults import MAIN_POLICIES
from coopanalysis.vocabulary import MAIN, PRACTICES, SUPPORT_TYPE_LABELS, SUPPORT_TYPES

AGREEMENT = "287(g)"
STUDIED_AS = {"agreement_287g": AGREEMENT, "holds_on_detainer": "detainer"}


@dataclass(frozen=True)
class Policy:
    """A 0/1 column of the counties, in words.

    Attributes
    ----------
    name : str
        Column; `str(policy)` gives it, so that it can stand in a formula.
    label : str
        Short name.
    plural : str
        Completes "Counties that ...".
    as_of : str
        Day or year that the column describes, in ISO form; empty where nobody said.
    signed : str
        Column with the day since when a county has the policy; empty where there is none.
    sources : tuple of str
        Raw files that the column comes from, by id.
    studied_as : str
        Word by which publications name such a policy; empty where none is known to study it.
    """

    name: str
    label: str
    plural: str
    as_of: str = ""
    signed: str = ""
    sources: tuple[str, ...] = ()
    studied_as: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """The counties with the policy."""
        return f"Counties that {self.plural}"


def find_policy(
    name: str,
    policies: Iterable[Policy],
    county: pd.DataFrame,
    release: str,
    own: Mapping[str, Column] | None = None,
) -> Policy:
    """Return the policy of a name, or the release's own for "main".

    Parameters
    ----------
    name : str
        Column, or "main".
    policies : iterable of Policy
        Those that the release has columns of.
    county : DataFrame
        County table of the release.
    release : str
        Name of the release.
    own : mapping of str to Column, optional
        Columns that the user named; those of zeros and ones are policies too, with their words.

    Raises
    ------
    UsageError
        If there is none of that name, or the release does not know it for any county; lists
        those that it knows.
    """
    flags = {one: column for one, column in (own or {}).items() if column.allowed == (0, 1)}
    if name in flags:
        return Policy(name, flags[name].label, flags[name].phrase)
    by_name = {one.name: one for one in policies}
    known = [one for one in by_name if county[one].notna().any()]
    asked = MAIN_POLICIES.get(release, next(iter(known), "")) if name == MAIN else name
    if asked in known:
        return by_name[asked]
    listed = f"It knows: {', '.join([*known, *flags])}."
    if asked in by_name:
        raise UsageError(
            f"Release '{release}' does not know '{asked}' for any county. {listed} "
            f'"{MAIN}" takes its own.'
        )
    near = get_close_matches(asked, [*by_name, *flags], n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise UsageError(
        f"No policy '{asked}' in release '{release}'.{hint} {listed} A 0/1 column of your own is "
        'one after data.join(...), or data.name_column(..., unit="0 or 1").'
    )


def list_policies(build: Mapping[str, Any], practices_source: str) -> list[Policy]:
    """Policies that a build has columns of: the seven practices, and agreements by list.

    Parameters
    ----------
    build : mapping
        What `build.json` holds.
    practices_source : str
        Id of the raw file that `agreement_287g` comes from.
    """
    vintages = {one["id"]: (one["layout"], str(one["vintage"])) for one in build["inputs"]}
    lists = participating_lists(build)
    layout, vintage = vintages[practices_source]
    rubric_only = layout == "ilrc-rubric"
    policies = []
    for one in PRACTICES:
        listed = one.name == "agreement_287g" and not rubric_only
        day = lists[-1][0] if listed else vintage if rubric_only else ""
        words = f"the ICE list of {in_words(day)}" if listed else f"the rubric of {vintage}"
        shown = f"{one.plural} ({words})" if one.name == "agreement_287g" else one.plural
        signed = "agreement_signed_date" if listed else ""
        studied = STUDIED_AS.get(one.name, "")
        own = Policy(one.name, one.label, shown, day, signed, (practices_source,), studied)
        policies.append(own)
    return [*policies, *_of_lists(lists)]


def participating_lists(build: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Day and id of each list of participating agencies, the earliest first."""
    return sorted(
        (str(one["list_date"]), str(one["source"]))
        for one in build["agreement_lists"]
        if one["list_kind"] == "participating"
    )


def in_words(day: str) -> str:
    """Write an ISO day as `18 May 2026`."""
    when = pd.Timestamp(day)
    return f"{when.day} {when:%B %Y}"


def _of_lists(lists: list[tuple[str, str]]) -> list[Policy]:
    if not lists:
        return []
    (first, first_source), (latest, source) = lists[0], lists[-1]
    phrase = "have a county agency on the 287(g) list of"
    signed = "agreement_signed_date"
    found = [
        Policy(
            f"agreement_{which}_list",
            f"On the list of {in_words(day)}",
            f"{phrase} {in_words(day)}",
            day,
            signed,
            (origin,),
            AGREEMENT,
        )
        for which, day, origin in (
            ("first", first, first_source),
            ("latest", latest, source),
        )
    ]
    for support in SUPPORT_TYPES:
        label = SUPPORT_TYPE_LABELS[support]
        found.append(
            Policy(
                f"{support.replace('-', '_')}_latest_list",
                f"{label}, list of {in_words(latest)}",
                f"{phrase} {in_words(latest)} ({label.lower()})",
                latest,
                signed,
                (source,),
                AGREEMENT,
            )
        )
    return found
