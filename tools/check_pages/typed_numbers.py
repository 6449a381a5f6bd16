"""Goal 7: no number in a sentence is typed. It changes with the results, or is found in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from coopanalysis.reports.goals import Miss
from coopanalysis.reports.plan import ReportJob
from tools.check_pages.parallel import map_in_processes
from tools.check_pages.perturbed_data import write_perturbed_project
from tools.check_pages.project_copy import run_in_copy, temporary_folder
from tools.check_pages.sentences import Sentence, all_numbers, numbers, read_sentences

STATE, COUNTY = "state_fips", "county_fips"
SEEDS = (3, 11, 29, 47, 71, 83, 101, 113)
MOST_TRIES = 6
FEWEST_SHARED = 12
"""Pages that take as long to compare as other processes take to start."""


def check_typed_numbers(jobs: Sequence[ReportJob]) -> dict[str, list[Miss]]:
    """Run reports of one release on perturbed data; numbers that stay are held against results.

    What still stays after a run is tried on other data again, up to `MOST_TRIES` times in all,
    because a rounded number, or the count of a small state, stays by chance now and then; a typed
    one stays in every try. A report about a state that some data leave out waits for the next.
    Gives misses of goal 7 by slug.
    """
    others: dict[str, list[str]] = {job.slug: [] for job in jobs}
    misses = {job.slug: [Miss(7, "no perturbed data have its state: add a seed")] for job in jobs}
    left = list(jobs)
    for seed in SEEDS:
        if not left:
            break
        again = []
        with temporary_folder() as folder:
            gone = write_perturbed_project(folder, jobs[0].release, seed, _counties(left))
            for job, page in run_in_copy(folder, [job for job in left if _state(job) not in gone]):
                if isinstance(page, str):
                    misses[job.slug] = [Miss(7, f"does not run on perturbed data: {page}")]
                else:
                    others[job.slug].append(page.read_text(encoding="utf-8"))
                    again.append(job)
        found = map_in_processes(
            _find_in_page, [(job, others[job.slug]) for job in again], FEWEST_SHARED
        )
        misses |= {job.slug: one for job, one in zip(again, found, strict=True)}
        again = [job for job in again if misses[job.slug] and len(others[job.slug]) < MOST_TRIES]
        left = [job for job in left if _state(job) in gone] + again
    return misses


def _find_in_page(tried: tuple[ReportJob, Sequence[str]]) -> list[Miss]:
    job, others = tried
    return find_typed_numbers(job.html_path.read_text(encoding="utf-8"), others, job.parameters)


def find_typed_numbers(
    html: str, others: Iterable[str], parameters: Mapping[str, Any] | None = None
) -> list[Miss]:
    """Find the numbers in sentences that stay when the data change, and stand in no result.

    `others` are the same report made from other data. Values of its parameters may be named.
    """
    given = set(all_numbers(" ".join(map(str, (parameters or {}).values()))))
    compared = [read_sentences(other, with_results=False) for other in others]
    misses = []
    for sentence in read_sentences(html):
        stays = set(numbers(sentence.text)) - given - sentence.results
        for texts in compared:
            if stays:
                stays &= set(_unchanged(sentence, texts))
        for number in sorted(stays):
            misses.append(
                Miss(7, f"{number} in a {sentence.kind} is in no result: '{sentence.text[:120]}'")
            )
    return misses


def _unchanged(sentence: Sentence, others: Iterable[Sentence]) -> Iterator[str]:
    """Numbers of a sentence that its counterpart on another page has in the same place."""
    words = sentence.text.split()
    best: tuple[float, list[str]] = (0.0, [])
    for other in others:
        if other.kind != sentence.kind:
            continue
        theirs = other.text.split()
        matcher = SequenceMatcher(None, words, theirs, autojunk=False)
        if matcher.real_quick_ratio() <= best[0]:
            continue
        same = [
            " ".join(words[m.a : m.a + m.size]) for m in matcher.get_matching_blocks() if m.size
        ]
        ratio = matcher.ratio()
        if ratio > best[0]:
            best = (ratio, same)
    for run in best[1]:
        yield from numbers(run)


def _state(job: ReportJob) -> str:
    """Code of the state that a report is about, or empty."""
    codes = (str(job.parameters[name])[:2] for name in (STATE, COUNTY) if name in job.parameters)
    return next(codes, "")


def _counties(jobs: Sequence[ReportJob]) -> set[str]:
    """Codes of the counties that reports are about."""
    return {str(job.parameters[COUNTY]) for job in jobs if COUNTY in job.parameters}
