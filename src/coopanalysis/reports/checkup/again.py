"""Goals 7, 17 and 18: reports run again, on the same data, on other data, for all states."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from coopanalysis.reports.checkup.spread import spread
from coopanalysis.reports.checkup.typed import check_typed
from coopanalysis.reports.fresh import decide
from coopanalysis.reports.goals import Miss
from coopanalysis.reports.parameters import allowed_values, read_parameters
from coopanalysis.reports.plan import Entry, ReportJob, load_plan, read_entries

STATE, COUNTY = CODES = ("state_fips", "county_fips")
PLACES = (*CODES, "state")
MOST_PLACES_TRIED = 60
SEEDS = (3, 11, 29, 47, 71, 83, 101, 113)
MOST_TRIES = 6


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
    with _folder() as folder:
        copy_project(folder)
        link_tables(folder, jobs[0].release)
        for job, page in _run(folder, current):
            if isinstance(page, str):
                misses[job.slug].append(Miss(17, f"does not run again: {page}"))
                continue
            first, second = (
                same_but_run(p.read_text(encoding="utf-8")) for p in (job.html_path, page)
            )
            if first != second:
                words = f"a second run gives another page, from: {_first_difference(first, second)}"
                misses[job.slug].append(Miss(17, words))
    return misses


def check_typed_numbers(jobs: Sequence[ReportJob]) -> dict[str, list[Miss]]:
    """Run reports of one release on perturbed data; numbers that stay are held against results.

    What still stays after a run is tried on other data again, up to `MOST_TRIES` times in all,
    because a rounded number, or the count of a small state, stays by chance now and then; a typed
    one stays in every try. A report about a state that some data
    leave out waits for the next.

    Returns
    -------
    dict
        Misses of goal 7 by slug.
    """
    others: dict[str, list[str]] = {job.slug: [] for job in jobs}
    misses = {job.slug: [Miss(7, "no perturbed data have its state: add a seed")] for job in jobs}
    left = list(jobs)
    for seed in SEEDS:
        if not left:
            break
        again = []
        with _folder() as folder:
            gone = write_perturbed_project(folder, jobs[0].release, seed, _counties(left))
            for job, page in _run(folder, [job for job in left if _state(job) not in gone]):
                if isinstance(page, str):
                    misses[job.slug] = [Miss(7, f"does not run on perturbed data: {page}")]
                else:
                    others[job.slug].append(page.read_text(encoding="utf-8"))
                    again.append(job)
        found = spread(_typed, [(job, others[job.slug]) for job in again])
        misses |= {job.slug: one for job, one in zip(again, found, strict=True)}
        again = [job for job in again if misses[job.slug] and len(others[job.slug]) < MOST_TRIES]
        left = [job for job in left if _state(job) in gone] + again
    return misses


def _typed(tried: tuple[ReportJob, Sequence[str]]) -> list[Miss]:
    job, others = tried
    return check_typed(job.html_path.read_text(encoding="utf-8"), others, job.parameters)


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


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="coop-") as name:
        yield Path(name).resolve()


def _run(folder: Path, jobs: Sequence[ReportJob]) -> Iterator[tuple[ReportJob, Path | str]]:
    """Run reports in a project of their own; yield each with its page, or why there is none."""
    for job, outcome in zip(jobs, run_elsewhere(folder, jobs), strict=True):
        is_built = outcome.status == "built"
        yield job, outcome.job.html_path if is_built else outcome.error.splitlines()[0][:200]


def _state(job: ReportJob) -> str:
    """Code of the state that a report is about, or empty."""
    codes = (str(job.parameters[name])[:2] for name in CODES if name in job.parameters)
    return next(codes, "")


def _counties(jobs: Sequence[ReportJob]) -> set[str]:
    """Codes of the counties that reports are about."""
    return {str(job.parameters[COUNTY]) for job in jobs if COUNTY in job.parameters}


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
