"""The policies a release knows: 0/1 columns of the county table, in words and with their days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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
_SUPPORT_OF = {f"{support.replace('-', '_')}_latest_list": support for support in SUPPORT_TYPES}
"""Kind of agreement that a policy of a list is about; those of all kinds are not here."""
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
    stretches: pd.DataFrame,
    listed: Collection[str],
    lists: Sequence[pd.Timestamp],
    *,
    is_later: bool = False,
) -> tuple[Policy, pd.Series]:
    """Return a policy as in force on an ISO day, or `is_later` begun after it, and its 0/1 column.

    An agreement is in force from the day on which it was signed or, if that is earlier, first
    listed, until the last list that has it. On the day it is by the last of the `lists` up to then;
    before the first, by the day of signing alone.

    Parameters
    ----------
    policy : Policy
        Of a list.
    day : str
    county : DataFrame, one row per county
    stretches : DataFrame, one row per agreement of a county agency
        As from `county_stretches`, of all kinds.
    listed : collection of str
        Counties with an agreement of any kind on any list.
    lists : sequence of Timestamp
        Days of all lists, the earliest first.
    is_later : bool
        Whether to take counties of the policy's own list none of whose agreements began by the day.

    Returns
    -------
    Policy
    Series
        1 where it was in force (began later), 0 where no list has an agreement of the county.
        Missing where all agreements of the county began on the other side of the day, had ended or
        are of another kind: it is no county without any, and would stand for both. Agreements that
        are on no list are not known, and count as none.
    """
    when = _day(day, "signed_after" if is_later else "in_force_by")
    spoken, codes = in_words(day), county["county_fips"]
    began = stretches[["signed_date", "first_listed"]].min(axis=1)
    support = _SUPPORT_OF.get(policy.name, "")
    is_own = stretches["support_type"].eq(support) if support else pd.Series(True, began.index)
    has, lacks = (county[policy.name].eq(one).fillna(value=False).astype(bool) for one in (1, 0))
    if is_later:
        early = stretches.loc[~(began > when), "county_fips"]
        is_with = has & codes.isin(stretches["county_fips"]) & ~codes.isin(early)
    else:
        latest = max((one for one in lists if one <= when), default=lists[0])
        there = is_own & (began <= when) & (stretches["last_listed"] >= latest)
        is_with = codes.isin(stretches.loc[there, "county_fips"])
    count = int(is_with.sum())
    if not count:
        first = f"had one in force on {spoken}; the first began on {began[is_own].min():%Y-%m-%d}"
        what = f"signed after {spoken}" if is_later else first
        raise UsageError(f"No county of '{policy.name}' {what}.")
    kind = f" ({SUPPORT_TYPE_LABELS[support].lower()})" if support else ""
    agreement = f"287(g) agreement in force on {spoken}{kind}"
    left = int((~is_with & codes.isin(listed)).sum())
    dated = replace(
        policy,
        name=f"{policy.name}_{'after' if is_later else 'by'}_{when:%Y_%m_%d}",
        label=f"{policy.label}, signed after {spoken}" if is_later else agreement,
        plural=f"{policy.plural}, signed after {spoken}"
        if is_later
        else f"have a county agency with a {agreement}",
        as_of="" if is_later else day,
        note=f"{count:,} counties signed after {spoken}."
        if is_later
        else f"{count:,} counties had an agreement in force on {spoken}; {left:,} whose agreements "
        "began later, had ended or are of another kind are left out, being neither with nor "
        "without the policy.",
        of=policy.name,
    )
    return dated, is_with.astype("float64").where(is_with | (lacks & ~codes.isin(listed)))


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
