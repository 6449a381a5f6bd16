"""Sentences on what a comparison leaves out and cannot show, with counts of the gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coopanalysis.clean.reporting import COUNTED_ELSEWHERE, HOLDS_OTHERS, REPORTING_STATUSES
from coopanalysis.display import sentences as say
from coopanalysis.display.model_details import left_out_words
from coopanalysis.display.words import group_name, in_sentence, release_of
from coopanalysis.models import Estimates
from coopanalysis.panel import Panel
from coopanalysis.panel.policies import Policy, in_words

ALL_REPORTED = REPORTING_STATUSES[0]
FEW = 100
"""Counties with a policy below which a page calls them few."""


def describe_left_out(estimates: Estimates, *, data: Panel | None = None) -> str:
    """Say how many counties a model uses, and why it leaves out the others."""
    left = estimates.n_rows - estimates.n_obs
    used = f"{say.out_of(estimates.n_obs, estimates.n_rows)} counties are used"
    if not left:
        return f"{used}."
    why = left_out_words(estimates.left_out, release_of(data))
    return f"{used}; {say.format_count(left)} are left out: {why}."


def describe_clusters(estimates: Estimates, *, data: Panel | None = None) -> str:
    """Say how many groups stand behind the errors of a model."""
    if estimates.spec.cluster is None:
        return "Each county counts as independent of the others, those of its state too."
    cluster = group_name(release_of(data), estimates.spec.cluster)
    groups = say.pluralise(estimates.n_clusters, cluster)
    return f"{groups} stand behind the errors, not thousands of independent counties."


def describe_uniform(estimates: Estimates, counties: pd.DataFrame) -> str:
    """Name the groups all of whose counties have a policy, or none: nothing differs within them.

    The fit has an outcome of 0 or 1, within groups; the counties are what it was fitted on.
    """
    used = counties.loc[estimates.sample.rows]
    has = used[estimates.spec.outcome].astype("float64")
    share = has.groupby(used["state"]).transform("mean")
    everyone, nobody = (sorted(used.loc[share == end, "state"].unique()) for end in (1.0, 0.0))
    groups, found = used["state"].nunique(), share.isin([0.0, 1.0])
    if not found.any():
        return (
            f"All {say.format_count(groups)} states have counties of both kinds, so that all of "
            "them enter the comparison within states."
        )
    told = [
        f"{said} in {say.join_words(names)}"
        for said, names in (("every county has it", everyone), ("no county has it", nobody))
        if names
    ]
    return (
        f"In {say.out_of(len(everyone) + len(nobody), groups)} states there is nothing to "
        f"compare: {'; '.join(told)}. Their counties, {say.out_of(found.sum(), len(used))} and "
        f"{say.format_count(has[found].sum())} of the {say.format_count(has.sum())} that have it, "
        "contribute nothing but a difference of zero."
    )


def describe_who_reported(
    counties: pd.DataFrame, outcome: str, policy: Policy, *, data: Panel | None = None
) -> str:
    """Say for what share of counties with and without a policy an outcome is known, and how well.

    The second pair of shares is of counties all of whose agencies reported, of all of each group.
    """
    label = in_sentence(release_of(data).column(outcome).label)
    known = counties[outcome].notna().groupby(counties[policy.name]).mean()
    full = (counties["reporting_status"] == ALL_REPORTED).groupby(counties[policy.name]).mean()
    return (
        f"Only counties that reported are compared: {label} can be used for "
        f"{say.format_share(known.get(1.0))} of the counties that {policy.plural} and for "
        f"{say.format_share(known.get(0.0))} of those that do not; all agencies reported in "
        f"{say.format_share(full.get(1.0))} and in {say.format_share(full.get(0.0))} of them."
    )


def describe_misplaced(counties: pd.DataFrame) -> list[str]:
    """Say how many counties are left out because offences are booked to another county."""
    status = counties["reporting_status"]
    counts = {one: int((status == one).sum()) for one in (COUNTED_ELSEWHERE, HOLDS_OTHERS)}
    if not any(counts.values()):
        return []
    listed = [f"{say.format_count(count)} {one}" for one, count in counts.items() if count]
    left = say.pluralise(sum(counts.values()), "county is", "counties are")
    return [
        f"{left} left out whatever the reporting quality, because the offences of several "
        f"counties are booked to one of them: {say.join_words(listed)}."
    ]


def describe_time_order(
    counties: pd.DataFrame, policy: Policy, year: int, *, data: Panel | None = None
) -> list[str]:
    """Say whether a policy was there before the rates of a year, and which counties that divides.

    The counties have one row each, those with the policy from later on among them.
    """
    if policy.of:
        release = release_of(data)
        left = len(counties) - len(release.with_policy(counties, policy))
        since = in_words(f"{release.agreement_spells['first_listed'].min():%Y-%m-%d}")
        return [
            f"The policy is an agreement in force on {in_words(policy.as_of)}, before the rates of "
            f"{year}, whether or not it ended since. {say.pluralise(left, 'county')} whose "
            "agreements began later, had ended or are of another kind are neither with nor without "
            f"it and are not compared. Agreements on no list since {since} are not known: counties "
            "that had one count as without any."
        ]
    if policy.signed:
        signed = counties.loc[counties[policy.name] == 1, policy.signed]
        later, known = int((signed.dt.year > year).sum()), int(signed.notna().sum())
        return [
            f"{say.format_count(later)} of {say.pluralise(known, 'county')} with a dated "
            f"agreement signed it after {year}: for them the outcome is a circumstance before "
            "adoption."
        ]
    return [f"{policy.note} The rates are of {year}."] if policy.note else []


def describe_compared(estimates: Estimates, policy: Policy, *, data: Panel | None = None) -> str:
    """Say how many of the counties of a model have a policy, and where it can be compared.

    The fit, with state effects or without, has the policy, a 0/1 column, as its treatment.
    """
    values = np.asarray(estimates.sample.columns[policy.name], dtype=float)
    n_with = int((values == 1).sum())
    text = f"{say.format_count(n_with)} of the {say.format_count(len(values))} counties compared "
    text += f"have the policy{', which are few' * (n_with < FEW)}"
    groups = estimates.spec.cluster
    if groups is None or estimates.sample.clusters is None:
        return f"{text}."
    kinds = pd.Series(values).groupby(np.asarray(estimates.sample.clusters)).nunique()
    label = group_name(release_of(data), groups)
    return (
        f"{text}; {say.format_count((kinds > 1).sum())} of {say.pluralise(len(kinds), label)} have "
        "counties of both kinds."
    )
