"""Make reports, several at once, each in a process of its own; what a failing one said is kept."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

from coopanalysis import paths
from coopanalysis.reports.make import Task, make_apart
from coopanalysis.reports.processes import choose_method, stop_server
from coopanalysis.reports.progress import Outcome, Progress, ProgressCallback, Status
from coopanalysis.reports.records import expected_seconds, keep_failure, read_history
from coopanalysis.reports.resources import worker_count
from coopanalysis.reports.stale import Decision
from coopanalysis.reports.versions import COMMIT_VARIABLE, git_commit
from coopanalysis.seal import parse_json

LATE_IMPORTS = ("seaborn", "statsmodels.genmod.generalized_linear_model")
"""What cells import when they first need it: where several reports run, once for all of them."""


def execute(
    decisions: Sequence[Decision],
    *,
    workers: int | None = None,
    plain: bool = False,
    progress: ProgressCallback | None = None,
) -> list[Outcome]:
    """Make the reports that are not up to date; a failing one does not stop the others.

    As many run at once as there are cores and memory for, unless `workers` says otherwise. `plain`
    processes are not forked from a warmed server: slower, and the same pages. `progress` is called
    from one thread. The outcomes stand in the order of the decisions.
    """
    run = Run(decisions, progress)
    if not run.stale:
        return run.outcomes()
    needs = [read_history(one.job).get("megabytes", 0.0) for one in run.stale]
    modules = modules_to_warm([one.job.notebook for one in run.stale])
    environment = {COMMIT_VARIABLE: git_commit(paths.project_root())}
    stopped = Event()
    pool = ThreadPoolExecutor(min(workers or worker_count(needs), len(run.stale)))
    try:
        method = choose_method(modules, plain=plain, say=run.say_waiting)
        for one in run.stale:
            task = Task(one.job, one.key, one.parts, environment)
            wanted = lambda: not stopped.is_set()  # noqa: E731
            run.follow(one, pool.submit(make_apart, task, method, run.news.put, wanted))
        return run.outcomes()
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)
        stop_server()


class Run:
    """One run of reports, here or on a cluster: what is stale, and the news of it.

    The stale stand with the longest first, so that no core waits for one at the end; the unknown
    before them, and among these the longest notebook. `news` takes each `Progress`, from any
    thread.
    """

    def __init__(
        self, decisions: Sequence[Decision], progress: ProgressCallback | None = None
    ) -> None:
        self._decisions, self._say = decisions, progress or (lambda _: None)
        stale = [one for one in decisions if not one.is_current]
        self._expected = expected_seconds([one.job for one in stale])
        self.stale = sorted(
            stale,
            key=lambda one: (
                -(self._expected[one.job.record_path] or float("inf")),
                -one.job.notebook.stat().st_size,
            ),
        )
        self.news: SimpleQueue[Any] = SimpleQueue()
        self._followed: dict[Any, Decision] = {}
        for one in decisions:
            status: Status = "current" if one.is_current else "waiting"
            self._say(Progress(one.job.slug, one.job.release, status, reason=one.words))

    def say_waiting(self, words: str) -> None:
        """Say what the whole run waits for, or does without."""
        self._say(Progress("", "", "waiting", reason=words))

    def follow(self, decision: Decision, future: Any) -> None:
        """Follow the report that a future of a pool or of dask will have made."""
        self._followed[future] = decision
        future.add_done_callback(self.news.put)

    def outcomes(self) -> list[Outcome]:
        """Pass on news until all that is followed has ended; the outcomes, in the order asked."""
        done = {one.job.record_path: Outcome(one.job, "current") for one in self._decisions}
        left = len(self._followed)
        while left:
            try:
                news = self.news.get(timeout=0.5)  # Windows hears no Ctrl-C in a longer wait
            except Empty:
                continue
            if isinstance(news, Progress):
                path = paths.reports_dir() / news.release / f"{news.slug}.json"
                self._say(replace(news, expected=self._expected.get(path, 0.0)))
                continue
            left -= 1
            outcome = self._ended(self._followed[news], news)
            job, reason = outcome.job, outcome.error.partition("\n")[0]
            ended = Progress(job.slug, job.release, outcome.status, reason=reason)
            self._say(replace(ended, seconds=outcome.seconds))
            done[job.record_path] = outcome
        return list(done.values())

    def _ended(self, decision: Decision, future: Any) -> Outcome:
        try:
            outcome: Outcome = future.result()
        except Exception as error:  # noqa: BLE001  (whatever a machine ran into is that report's)
            words = f"It could not be made: {type(error).__name__}: {error}"
            keep_failure(decision.job, decision.key, words, 0.0)
            outcome = Outcome(decision.job, "failed", 0.0, words)
        return outcome


def modules_to_warm(notebooks: Sequence[Path]) -> list[str]:
    """List what plain Python cells of notebooks import and take of it, for several runs more.

    A notebook that runs several times stands in `notebooks` as often; `LATE_IMPORTS` are the more.
    """
    late = LATE_IMPORTS if len(notebooks) > 1 else ()
    found: dict[str, None] = {}
    for notebook in dict.fromkeys(notebooks):
        cells = parse_json(notebook.read_text(encoding="utf-8"))["cells"]
        imported: dict[str, str] = {}
        for cell in cells:
            if cell["cell_type"] == "code":
                found |= dict.fromkeys(_named("".join(cell["source"]), imported))
    return [*found, *late]


def _named(source: str, imported: dict[str, str]) -> Iterator[str]:
    """Full names of what a cell imports, and of what it takes of the imported; these are noted."""
    try:
        tree = ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {one.asname or one.name.partition(".")[0]: one.name for one in node.names}
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            full = {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
            imported |= full
            yield from (node.module, *full.values())
        elif isinstance(node, ast.Attribute):
            owner = imported.get(ast.unparse(node.value))
            yield from [f"{owner}.{node.attr}"] if owner else []
