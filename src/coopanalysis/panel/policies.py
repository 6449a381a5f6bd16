"""The policies a release knows: 0/1 columns of the county table, in words and with their days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import pandas as pd

from coopanalysis.catalog.column import Column
from coopanalysis.catalog.sources import ICE_SERIES
from coopanalysis.errors import UsageError
from coopanalysis.panel.defaults import MAIN_POLICIES
from coopanalysis.vocabulary import MAIN, PRACTICES, SUPPORT_TYPE_LABELS, SUPPORT_TYPES

AGREEMENT = "287(g)"
RUBRIC = "ilrc-rubric"
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
        For a policy asked for by a day: how many counties the day divides, or what is known of
        its time; else empty.
    of : str
        Column of the list that a policy asked for by a day is from; else empty.
    """

    name: str
    label: str
    plural: str
    as_of: str = ""
    signed: str = ""
    sources: tuple[str, ...] = ()
    studied_as: str = ""
    note: str = ""
    of: str = ""

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

    Columns of zeros and ones that the user named (`own`) are policies too, with their words.
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


def policy_by_day(
    policy: Policy,
    day: str,
    county: pd.DataFrame,
    signed: pd.Series,
    listed: Collection[str],
    *,
    is_later: bool = False,
) -> tuple[Policy, pd.Series]:
    """Return a policy as signed by an ISO day, or `is_later` after it, and its 0/1 column.

    `signed` is by county; `listed` are the counties with an agreement of any kind on any list. The
    column is 1 where signed by (after) the day, 0 where no list has an agreement of the county.
    Missing where it signed on the other side of the day or on none that is known, or has an
    agreement of another kind or on another list alone: it is no county without any, and would
    stand for both. Agreements that are on no list are not known, and count as none.
    """
    when = _day(day, "signed_after" if is_later else "in_force_by")
    spoken = in_words(day)
    since = county["county_fips"].map(signed)
    has, lacks = (county[policy.name].eq(one).fillna(value=False).astype(bool) for one in (1, 0))
    is_other = lacks & county["county_fips"].isin(listed)
    is_with = has & ((since > when) if is_later else (since <= when))
    count = int(is_with.sum())
    if not count:
        first = f"had signed by {spoken}; the first signed on {since[has].min():%Y-%m-%d}"
        what = f"signed after {spoken}" if is_later else first
        raise UsageError(f"No county of '{policy.name}' {what}.")
    words = f"signed {'after' if is_later else 'by'} {spoken}"
    note = f"{count:,} counties {words}."
    if not is_later:
        note = (
            f"{count:,} counties had {words}; {int(has.sum()) - count:,} that signed later, and "
            f"{int(is_other.sum()):,} with another agreement, are left out, being neither with nor "
            "without the policy."
        )
    dated = replace(
        policy,
        name=f"{policy.name}_{'after' if is_later else 'by'}_{when:%Y_%m_%d}",
        label=f"{policy.label}, {words}",
        plural=f"{policy.plural}, {words}",
        as_of="" if is_later else day,
        note=note,
        of=policy.name,
    )
    return dated, is_with.astype("float64").where(is_with | (lacks & ~is_other))


def known_before(policy: Policy, day: str) -> Policy:
    """Return a policy without days of signing, with a note on what is known of its time."""
    if policy.as_of > day:
        raise UsageError(
            f"'{policy.name}' is as of {policy.as_of} and has no days of signing, so that it "
            f"cannot be told who had it by {day}."
        )
    if not policy.as_of:
        return replace(policy, note="Since when a county has the policy is not known.")
    return replace(
        policy,
        note=f"The policy is as of {policy.as_of}; since when a county has it is not known.",
    )


def _day(day: str, asked: str) -> pd.Timestamp:
    try:
        return pd.Timestamp(pd.to_datetime(day, format="%Y-%m-%d"))
    except ValueError as error:
        raise UsageError(f"{asked}='{day}' is not a day such as '2023-01-01'.") from error


def list_policies(build: Mapping[str, Any]) -> list[Policy]:
    """Policies that a build has columns of: the practices of the rubric, and agreements by list.

    The words of a practice name the edition of the rubric, where the build has one.
    """
    rubric = next((one for one in build["inputs"] if one["layout"] == RUBRIC), None)
    edition = "" if rubric is None else str(rubric["vintage"])
    words = f" (the rubric of {edition})" if edition else ""
    sources = () if rubric is None else (str(rubric["id"]),)
    practices = [
        Policy(
            one.name,
            f"{one.label}, rubric of {edition}" if edition else one.label,
            f"{one.plural}{words}",
            edition,
            sources=sources,
            studied_as=STUDIED_AS.get(one.name, ""),
        )
        for one in PRACTICES
    ]
    return [*practices, *_of_lists(participating_lists(build))]


def participating_lists(build: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Day and id of each list of participating agencies, the earliest first."""
    return sorted(
        (str(one["list_date"]), str(one["source"]))
        for one in build["agreement_lists"]
        if one["list_kind"] == "participating"
    )


def list_days(build: Mapping[str, Any]) -> list[pd.Timestamp]:
    """Days of all lists of participating agencies, the earliest first."""
    series = [str(one["vintage"]) for one in build["inputs"] if one["layout"] == ICE_SERIES]
    days = {*series, *(day for day, _ in participating_lists(build))}
    return sorted(pd.Timestamp(day) for day in days)


def in_words(day: str) -> str:
    """Write an ISO day as `18 May 2026`."""
    when = pd.Timestamp(day)
    return f"{when.day} {when:%B %Y}"


def _of_lists(lists: list[tuple[str, str]]) -> list[Policy]:
    if not lists:
        return []
    signed, phrase = "agreement_signed_date", "have a county agency on the 287(g) list of"
    found = []
    for which, (day, source) in (("first", lists[0]), ("latest", lists[-1])):
        name, label = f"agreement_{which}_list", f"On the list of {in_words(day)}"
        plural = f"{phrase} {in_words(day)}"
        found.append(Policy(name, label, plural, day, signed, (source,), AGREEMENT))
    for support in SUPPORT_TYPES:
        label = SUPPORT_TYPE_LABELS[support]
        name, words = f"{support.replace('-', '_')}_latest_list", f"list of {in_words(day)}"
        plural = f"{phrase} {in_words(day)} ({label.lower()})"
        found.append(Policy(name, f"{label}, {words}", plural, day, signed, (source,), AGREEMENT))
    return found
