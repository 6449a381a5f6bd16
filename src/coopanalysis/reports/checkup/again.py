"""Goals 7, 17 and 18: reports run again, on the same data, on other data, for all states."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.errors import UsageError
from coopanalysis.reports.checkup.elsewhere import (
    copy_project,
    link_tables,
    run_elsewhere,
    same_but_run,
)
from coopanalysis.reports.checkup.perturb import write_perturbed_project
from coopanalysis.reports.checkup.typed import check_typed
from coopanalysis.reports.fresh import decide
from coopanalysis.reports.goals import Miss
from coopanalysis.reports.parameters import allowed_values, read_parameters
from coopanalysis.reports.plan import Entry, ReportJob, load_plan, read_entries

PLACES = ("state_fips", "county_fips", "state")
MOST_PLACES_TRIED = 60
SEEDS = (3, 11, 29)


def check_repeats(jobs: Sequence[ReportJob]) -> dict[str, list[Miss]]:
    """Run reports of one release again, and compare the pages byte by byte.

    Parameters
    ----------
    jobs : sequence of ReportJob
        Of one release; their pages stand.

    Returns
    -------
    dict
        Misses of goal 17 by slug. A page that is not of this code and data cannot be compared,
        and says so.
    """
    misses: dict[str, list[Miss]] = {job.slug: [] for job in jobs}
    current = []
    for decision in decide(jobs):
        if decision.is_current:
            current.append(decision.job)
        else:
            words = f"stale ({decision.words}): run `make reports`, then check again"
            misses[decision.job.slug].append(Miss(17, words))
    for job, again in _second_pages(current, misses, 17):
        first, second = (
            same_but_run(p.read_text(encoding="utf-8")) for p in (job.html_path, again)
        )
        if first != second:
            words = f"a second run gives another page, from: {_first_difference(first, second)}"
            misses[job.slug].append(Miss(17, words))
    return misses


def check_typed_numbers(jobs: Sequence[ReportJob]) -> dict[str, list[Miss]]:
    """Run reports of one release on perturbed data; numbers that stay are held against results.

    What still stays after a run is tried on other data again, twice at the most, because a rounded
    number stays by chance now and then.
    """
    misses: dict[str, list[Miss]] = {job.slug: [] for job in jobs}
    others: dict[str, list[str]] = {job.slug: [] for job in jobs}
    left = list(jobs)
    for seed in SEEDS:
        for job, again in _second_pages(left, misses, 7, seed):
            others[job.slug].append(again.read_text(encoding="utf-8"))
            html = job.html_path.read_text(encoding="utf-8")
            misses[job.slug] = check_typed(html, others[job.slug], job.parameters)
        left = [job for job in left if misses[job.slug] and others[job.slug]]
    return misses


def check_places(release: str) -> dict[str, list[Miss]]:
    """Plan each report that is about a place for every state, and for places that are none.

    Returns
    -------
    dict
        Misses of goal 18 by id of report; only of reports with such a parameter.
    """
    found: dict[str, list[Miss]] = {}
    for entry in read_entries(paths.notebooks_dir() / "reports.toml"):
        declared = read_parameters(paths.notebooks_dir() / entry.notebook)
        names = [name for name in PLACES if name in declared]
        if names and release in entry.releases:
            found[entry.id] = [m for name in names for m in _check_place(entry, release, name)]
    return found


def _check_place(entry: Entry, release: str, name: str) -> Iterator[Miss]:
    values = allowed_values(entry.choices.get(name), release)
    if not values:
        yield Miss(18, f"any text passes as {name}: list its values under [report.choices]")
        return
    for value in values[:: max(1, len(values) // MOST_PLACES_TRIED)]:
        planned = load_plan(release, entry.id, {name: str(value)})[0].parameters[name]
        if planned != value or type(planned) is not type(value):
            yield Miss(18, f"{name} {value!r} reaches the notebook as {planned!r}")
    zero = next((str(v) for v in values if str(v).startswith("0")), "06")
    known = {str(value) for value in values}
    for wrong in {"00", "00999", "Nowhere", zero.lstrip("0")} - known:
        try:
            load_plan(release, entry.id, {name: wrong})
        except UsageError:
            continue
        yield Miss(18, f"{name} {wrong!r} is no error")


def _second_pages(
    jobs: Sequence[ReportJob], misses: dict[str, list[Miss]], goal: int, seed: int | None = None
) -> Iterator[tuple[ReportJob, Path]]:
    """Run reports in a project of their own, with a seed on perturbed data; yield their pages."""
    if not jobs:
        return
    release = jobs[0].release
    with tempfile.TemporaryDirectory(prefix="coop-") as name:
        folder = Path(name).resolve()
        if seed is None:
            copy_project(folder)
            link_tables(folder, release)
        else:
            write_perturbed_project(folder, release, seed, _states(jobs))
        for job, outcome in zip(jobs, run_elsewhere(folder, jobs), strict=True):
            if outcome.status != "built":
                how = "again" if seed is None else "on perturbed data"
                words = f"does not run {how}: {outcome.error.splitlines()[0][:200]}"
                misses[job.slug] = [*misses[job.slug], Miss(goal, words)]
            else:
                yield job, outcome.job.html_path


def _states(jobs: Sequence[ReportJob]) -> set[str]:
    """Codes of the states that reports are about."""
    return {
        str(job.parameters[name])[:2] for job in jobs for name in PLACES if name in job.parameters
    }


def _first_difference(first: str, second: str) -> str:
    at = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
    return f"{first[max(0, at - 30) : at + 40]!r} against {second[max(0, at - 30) : at + 40]!r}"


def standing_job(record: Mapping[str, Any]) -> ReportJob:
    """Plan the report that a record is of, with its own parameters and file names."""
    asked = {name: value for name, value in record["parameters"].items() if name != "release"}
    job = load_plan(record["release"], record["id"], asked)[0]
    return replace(job, slug=record["slug"])
