"""What a list of agreements has that the one before it has not, and which counts it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from coopanalysis.catalog.corrections import load_corrections
from coopanalysis.catalog.sources import ICE_LIST, ICE_SERIES, Source, release_sources, source_path
from coopanalysis.clean.agreements import clean_agreements
from coopanalysis.clean.compare_lists import compare_lists
from coopanalysis.errors import DataError
from coopanalysis.panel.county import agreement_flags
from coopanalysis.panel.read import Lists
from coopanalysis.sources import READERS, Reading
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

_WORDS = {
    "started": "added",
    "ended": "gone",
    "unclear": "gone, or under a new name",
    "renamed": "renamed",
    "retyped": "of another type",
}


@dataclass(frozen=True)
class Listed:
    """A list of agreements: its source, and its rows cleaned."""

    source: Source
    frame: pd.DataFrame


def list_before(release: str, kind: str, day: date, lists: Lists) -> tuple[Listed, date | None]:
    """The last list of a kind before a day (else the first), and the day of the newest.

    `DataError` if there is one of that very day, or none at all.
    """
    held = [one for one in release_sources(release) if one.layout in (ICE_LIST, ICE_SERIES)]
    found: tuple[Source, Reading] | None = None
    newest: date | None = None
    for source in sorted(held, key=lambda one: one.vintage, reverse=True):
        path = source_path(source, release)
        raw = READERS[ICE_LIST](path, source.id) if path.is_file() else None
        if raw is None or raw.frame["list_kind"].iloc[0] != kind:
            continue
        found, newest = (source, raw), newest or date.fromisoformat(source.vintage)
        if source.vintage == str(day):
            raise DataError(
                f"release '{release}'",
                f"has a list of {kind} agencies of {day} already, {source.id}",
                "If it is another day's, say so with --list-date YYYY-MM-DD.",
            )
        if source.vintage < str(day):
            break
    if found is None:
        raise DataError(
            f"release '{release}'",
            f"has no list of {kind} agencies at hand to compare with",
            f"Run `coopanalysis data fetch --release {release}` first.",
        )
    source, raw = found
    corrections = load_corrections()
    cleaned = clean_agreements(raw, lists.counties, lists.states, corrections, source.vintage)
    return Listed(source, cleaned.frame), newest


def lists_between(release: str, before: Listed) -> list[Source]:
    """Lists that become ones between when a later list is added: reports compare first and latest.

    All that reports read, but for the first of them; the one before is among them unless it is
    that.
    """
    read = [one for one in release_sources(release) if one.layout == ICE_LIST]
    earlier = [one for one in read if one.vintage < before.source.vintage]
    paths = {one.id: source_path(one, release) for one in earlier}
    kinds = {
        name: READERS[ICE_LIST](path, name).frame["list_kind"].iloc[0]
        for name, path in paths.items()
        if path.is_file()
    }
    kind = before.frame["list_kind"].iloc[0]
    same = sorted((one for one in earlier if kinds.get(one.id) == kind), key=lambda s: s.vintage)
    return [*same[1:], before.source] if same and before.source.layout == ICE_LIST else []


def change_lines(before: Listed, now: Listed, lists: Lists, *, is_latest: bool) -> Iterator[str]:
    """Say what is new, gone or renamed since the list before, and which counts that changes."""
    if before.source.vintage > now.source.vintage:
        yield f"No list is older: the nearest is {before.source.id}, and is not compared."
        return
    changes = compare_lists(before.frame, now.frame)
    kinds = changes["change"].mask(changes["unclear"], "unclear")
    counts = ", ".join(f"{int((kinds == one).sum())} {words}" for one, words in _WORDS.items())
    yield f"Against {before.source.id}: {counts}."
    states = lists.states.set_index("state_fips")["state"]
    for kind, words in _WORDS.items():
        for row in changes[kinds == kind].to_dict("records"):
            old, new = row["agency_earlier"], row["agency_later"]
            name = f"{old}, now {new}" if kind == "renamed" else new if pd.isna(old) else old
            model = SUPPORT_TYPE_LABELS[row["support_type"]].lower()
            yield f"  {words}: {name}, {states.get(row['state_fips'], '?')} ({model})"
    if not is_latest:
        yield "The latest list stays what it is: only the stretches on the lists change."
        return
    yield f"It would become the latest list, in the place of {before.source.id}:"
    for label, (old, new) in latest_counts(before, now, lists.counties["county_fips"]).items():
        yield f"  {label}: {old:,} before, {new:,} after"


def latest_counts(before: Listed, now: Listed, codes: pd.Series) -> dict[str, tuple[int, int]]:
    """Counts that hang on which list is the latest, before and after, by what is counted."""
    counted = []
    for one in (before, now):
        models = one.frame["support_type"].value_counts()
        flags = agreement_flags(codes, one.frame)["agreement_latest_list"]
        counted.append(
            {"agreements": len(one.frame)}
            | {label: int(models.get(name, 0)) for name, label in SUPPORT_TYPE_LABELS.items()}
            | {
                "counties with an agency of the county": int(flags.sum()),
                "counties without": int((flags == 0).sum()),
            }
        )
    return {label: (counted[0][label], counted[1][label]) for label in counted[0]}
