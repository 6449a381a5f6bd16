"""Run notebooks, several at once, and keep what a failing one had to say."""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

from coopanalysis import paths
from coopanalysis.reports.crew import Crew, Worker
from coopanalysis.reports.forked import can_fork
from coopanalysis.reports.fresh import Decision, expected_seconds, read_history
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.progress import Outcome, Progress, ProgressCallback, Status
from coopanalysis.reports.records import keep_failure
from coopanalysis.reports.resources import worker_count
from coopanalysis.reports.versions import COMMIT_VARIABLE, git_commit
from coopanalysis.reports.worker import pack

LATE_IMPORTS = (
    "seaborn",
    "statsmodels.genmod.generalized_linear_model",
    "statsmodels.miscmodels.ordinal_model",
)
"""What cells import when they first need it: where several reports run, once for all of them."""
GRACE_SECONDS = 30.0
"""Beyond its limit a report may take this long to render; then its worker is ended."""


def execute(
    decisions: Sequence[Decision],
    *,
    workers: int | None = None,
    plain: bool = False,
    progress: ProgressCallback | None = None,
) -> list[Outcome]:
    """Make the reports that are not up to date; a failing one does not stop the others.

    Parameters
    ----------
    decisions : sequence of Decision
        From `fresh.decide`.
    workers : int, optional
        How many run at once; by default as many as there are cores and memory for.
    plain : bool
        Start each kernel as a process of its own, not forked from a warmed parent: slower, and
        the same pages.
    progress : callable, optional
        Called with each `Progress`, from one thread.

    Returns
    -------
    list of Outcome, in the order of the decisions
        The caller exits with status 1 if one of them failed.
    """
    say = progress or (lambda _: None)
    done = announce(decisions, say)
    stale = [decision for decision in decisions if not decision.is_current]
    if stale:
        with_plain = plain or not can_fork()
        for outcome in Shift(stale, say).run(workers, plain=with_plain):
            done[outcome.job.record_path] = outcome
    return [done[decision.job.record_path] for decision in decisions]


def announce(decisions: Sequence[Decision], say: ProgressCallback) -> dict[Path, Outcome]:
    """Say what will run and what stands; return what stands, by the path of its record."""
    for decision in decisions:
        status: Status = "current" if decision.is_current else "waiting"
        say(Progress(decision.job.slug, decision.job.release, status, reason=decision.words))
    return {d.job.record_path: Outcome(d.job, "current") for d in decisions if d.is_current}


class Shift:
    """One run of the reports that are stale.

    Parameters
    ----------
    decisions : sequence of Decision
    say : callable
        Takes each `Progress`.
    """

    def __init__(self, decisions: Sequence[Decision], say: ProgressCallback) -> None:
        self._say = say
        self._expected = expected_seconds([decision.job for decision in decisions])
        self._megabytes = [read_history(d.job).get("megabytes", 0.0) for d in decisions]
        # The longest first, so that no core waits for one at the end; the unknown before them, and
        # among these the longest notebook.
        self._waiting = sorted(
            decisions,
            key=lambda d: (
                -(self._expected[d.job.record_path] or float("inf")),
                -d.job.notebook.stat().st_size,
            ),
        )
        self._modules = modules_to_warm([decision.job.notebook for decision in decisions])
        self._left = len(decisions)
        self._lock = Lock()
        self._news: SimpleQueue[Progress | Outcome] = SimpleQueue()
        self._begun: dict[Path, tuple[float, ReportJob, Worker]] = {}
        self._stopped = False

    def run(self, workers: int | None, *, plain: bool) -> Iterator[Outcome]:
        """Run them all; yield each outcome as it comes."""
        count = min(workers or worker_count(self._megabytes), self._left)
        environment = {COMMIT_VARIABLE: git_commit(paths.project_root())}
        crew = Crew(self._modules, plain=plain, environment=environment)
        try:
            crew.warm_up(lambda words: self._say(Progress("", "", "waiting", reason=words)))
            threads = [Thread(target=self._work, args=(crew,), daemon=True) for _ in range(count)]
            for thread in threads:
                thread.start()
            yield from self._follow()
        finally:
            self._stopped = True
            crew.close()

    def _follow(self) -> Iterator[Outcome]:
        """Pass news on from the threads, and end workers that take far too long."""
        while self._left:
            try:
                news = self._news.get(timeout=0.5)
            except Empty:
                self._end_the_late()
                continue
            if isinstance(news, Outcome):
                self._left -= 1
                reason = news.error.partition("\n")[0]
                job, seconds = news.job, news.seconds
                self._say(
                    Progress(job.slug, job.release, news.status, seconds=seconds, reason=reason)
                )
                yield news
            else:
                self._say(news)

    def _end_the_late(self) -> None:
        for begun, job, worker in list(self._begun.values()):
            if time.monotonic() - begun > job.limit_seconds + GRACE_SECONDS:
                worker.kill()

    def _next(self) -> Decision | None:
        with self._lock:
            return self._waiting.pop(0) if self._waiting and not self._stopped else None

    def _work(self, crew: Crew) -> None:
        """Give a worker one job after the other, and another worker where one ended."""
        worker: Worker | None = None
        while (decision := self._next()) is not None:
            try:
                worker = worker or crew.start()
                outcome = self._one(worker, decision)
            except Exception as error:  # noqa: BLE001  (a thread that ends unheard hangs the run)
                outcome = self._lost(decision.job, 0.0, f"{type(error).__name__}: {error}")
            if outcome.status == "failed" and outcome.error.startswith(_LOST):
                worker = None
            if not self._stopped:
                self._news.put(outcome)

    def _one(self, worker: Worker, decision: Decision) -> Outcome:
        job, begun = decision.job, time.monotonic()
        self._begun[job.record_path] = begun, job, worker
        expected = self._expected[job.record_path]
        try:
            for message in worker.run(pack(job, decision.key, decision.parts)):
                kind = message["kind"]
                if kind == "done":
                    return Outcome(job, **_facts(message))
                self._news.put(Progress(**{**_facts(message), "expected": expected}))
            return self._lost(job, time.monotonic() - begun, worker.last_words())
        finally:
            self._begun.pop(job.record_path, None)

    def _lost(self, job: ReportJob, seconds: float, words: str) -> Outcome:
        """Record a worker that ended without a word as a failed report."""
        error = f"{_LOST} after {seconds:.0f} s ({words})"
        if not self._stopped:
            keep_failure(job, error, seconds)
        return Outcome(job, "failed", seconds, error)


def _facts(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "kind"}


_LOST = "The process that ran the notebook ended"


def modules_to_warm(notebooks: Sequence[Path]) -> list[str]:
    """Modules that a parent imports once before it forks the kernels of notebooks.

    Parameters
    ----------
    notebooks : sequence of Path
        One per run: a notebook that runs several times stands here as often.

    Returns
    -------
    list of str
        What plain Python cells import and, for several runs, `LATE_IMPORTS`.
    """
    late = LATE_IMPORTS if len(notebooks) > 1 else ()
    found: dict[str, None] = {}
    for notebook in dict.fromkeys(notebooks):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            if cell["cell_type"] == "code" and "import" in "".join(cell["source"]):
                found |= dict.fromkeys(_imported("".join(cell["source"])))
    return [*found, *late]


def _imported(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE))
    except SyntaxError:
        return
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
