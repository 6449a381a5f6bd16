"""What would run and why, what stands, and what depends on what, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from coopanalysis import paths
from coopanalysis.catalog.sources import check_release
from coopanalysis.reports.entries import read_entries
from coopanalysis.reports.parameters import Parameter, allowed_values, read_parameters
from coopanalysis.reports.place_names import PLACES
from coopanalysis.reports.plan import RELEASE_PARAMETER, load_plan
from coopanalysis.reports.records import expected_seconds, read_record
from coopanalysis.reports.stale import Decision, decide, jobs_on_demand, planned_jobs


def list_lines(release: str) -> Iterator[str]:
    """Write each report with its notebook, its parameters as they stand, and what they may be."""
    path = paths.notebooks_dir() / "reports.toml"
    check_release(release)
    for entry in read_entries(path):
        if release not in entry.releases:
            continue
        title = entry.title.format_map(dict.fromkeys(PLACES, "A place"))
        demand = "  (only when asked for, by --only)" if entry.on_demand else ""
        yield f"{entry.id:<18} {title}{demand}"
        yield f"{'':<18} {entry.notebook}"
        given = entry.parameters
        for name, parameter in read_parameters(path.parent / entry.notebook).items():
            if name == RELEASE_PARAMETER:
                continue
            value = given.get(name, parameter.default)
            allowed = _allowed(entry.choices.get(name), parameter, release)
            yield f"{'':<18}   {name}={value}  ({allowed})"


def _allowed(choices: Any, parameter: Parameter, release: str) -> str:
    if parameter.name in PLACES or choices is None:
        return parameter.comment or parameter.words
    return "one of " + ", ".join(str(value) for value in allowed_values(choices, release) or [])


def plan_lines(
    release: str, only: Sequence[str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """Write which reports would run, why, and how long that is expected to take.

    Without words of what is asked for, those made on demand that stand are among them.
    """
    decisions = decide(planned_jobs(release, only, overrides))
    width = _width(decisions)
    for one in decisions:
        yield f"{one.job.slug:<{width}}  {'  ' if one.is_current else 'run'}  {one.words}"
    stale = [one.job for one in decisions if not one.is_current]
    times = expected_seconds(stale)
    known = [seconds for seconds in times.values() if seconds]
    about = f", about {sum(known):.0f} s of work" if known else ""
    new = f" (not known of {len(stale) - len(known)})" if known and len(known) < len(stale) else ""
    yield f"{len(stale)} of {len(decisions)} would run{about}{new}."


def status_lines(release: str, only: Sequence[str] | None = None) -> Iterator[str]:
    """Write what stands, what is stale, and what failed, pages made on demand included."""
    standing = jobs_on_demand(release)
    ids = {one.id for one in standing}
    planned = [name for name in only or () if name not in ids]
    ordinary = load_plan(release, planned or None) if planned or not only else []
    standing = [one for one in standing if not only or one.id in only]
    decisions = decide([*ordinary, *standing])
    width = _width(decisions)
    for one in decisions:
        record = read_record(one.job.record_path)
        if not record:
            yield f"{one.job.slug:<{width}}  not made yet"
            continue
        stands = "up to date" if one.is_current else f"stale: {one.words}"
        if record["status"] == "failed":
            stands = f"failed: {record['error'].splitlines()[0]}"
        yield f"{one.job.slug:<{width}}  {record['finished']}  {record['seconds']:.0f} s  {stands}"


def headline_lines(release: str, only: Sequence[str] | None = None) -> Iterator[str]:
    """Write the main finding of each report that stands."""
    for job in load_plan(release, only):
        record = read_record(job.record_path)
        if record:
            yield f"{job.slug}: {record.get('headline') or record['status']}"


def graph_lines(release: str, only: Sequence[str] | None = None) -> Iterator[str]:
    """Write below each report its notebook and the data it depends on."""
    for one in decide(load_plan(release, only)):
        yield f"{one.job.slug}  ({one.job.notebook.name})"
        for name in one.parts:
            if name.startswith("data/"):
                yield f"  {name}"
            elif name.startswith("record of ") and "/" in name:
                yield f"    {name.removeprefix('record of ')}"


def dot_lines(release: str, only: Sequence[str] | None = None) -> Iterator[str]:
    """Write the same as a graph in the language of Graphviz."""
    yield "digraph reports {"
    yield "  rankdir=LR;"
    for one in decide(load_plan(release, only)):
        yield f'  "{one.job.slug}" [shape=box];'
        yield f'  "{one.job.notebook.name}" -> "{one.job.slug}";'
        for name in one.parts:
            if name.startswith("data/"):
                yield f'  "{name}" -> "{one.job.slug}";'
    yield "}"


def _width(decisions: Sequence[Decision]) -> int:
    return max((len(one.job.slug) for one in decisions), default=0)
