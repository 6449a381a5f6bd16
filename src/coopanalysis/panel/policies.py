"""The policies a release knows: 0/1 columns of the county table, in words and with their days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
    note : str
        How many counties a day divides, for a policy in force by a day; else empty.
    """

    name: str
    label: str
    plural: str
    as_of: str = ""
    signed: str = ""
    sources: tuple[str, ...] = ()
    studied_as: str = ""
    note: str = ""

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


def policy_in_force_by(
    policy: Policy, day: str, county: pd.DataFrame, signed: pd.Series
) -> tuple[Policy, pd.Series]:
    """Return a policy as it was on a day, and its 0/1 column.

    Parameters
    ----------
    policy : Policy
        One whose counties signed on some day.
    day : str
        In ISO form; agreements signed on it are in force.
    county : DataFrame
        The county table.
    signed : Series, by county
        First day on which the agreements behind the policy were signed.

    Returns
    -------
    Policy
        Named `<policy>_by_<day>`.
    Series, index of `county`
        1 where signed by the day, 0 where the county does not have the policy at all. Missing
        where it signed later or on no known day: on that day it had none, but it is no county
        without the policy either, and would stand for both. Agreements that ended before the list
        of the policy are not known, and count as none.

    Raises
    ------
    UsageError
        If the day is not one, or no county had signed by it.
    """
    try:
        until = pd.Timestamp(pd.to_datetime(day, format="%Y-%m-%d"))
    except ValueError as error:
        raise UsageError(f"in_force_by='{day}' is not a day such as '2023-01-01'.") from error
    has, since = county[policy.name] == 1, county["county_fips"].map(signed)
    is_early = (has & (since <= until)).fillna(value=False).astype(bool)
    if not is_early.any():
        raise UsageError(
            f"No county of '{policy.name}' had signed by {in_words(day)}; the first signed on "
            f"{since[has].min():%Y-%m-%d}."
        )
    values = county[policy.name].astype("float64").where(is_early | ~has)
    n_early, n_later = int(is_early.sum()), int((has & ~is_early).sum())
    words = f"signed by {in_words(day)}"
    dated = replace(
        policy,
        name=f"{policy.name}_by_{until:%Y_%m_%d}",
        label=f"{policy.label}, {words}",
        plural=f"{policy.plural}, {words}",
        as_of=day,
        note=f"{n_early:,} counties had {words}; {n_later:,} that signed later are left out, being "
        "neither with nor without the policy.",
    )
    return dated, values


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
