"""Reports made by the workers of a dask cluster, which write to the project folder they share."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from coopanalysis import paths
from coopanalysis.errors import ReportError
from coopanalysis.reports.execute import announce, modules_to_warm
from coopanalysis.reports.fresh import Decision, expected_seconds
from coopanalysis.reports.progress import Outcome, Progress, ProgressCallback
from coopanalysis.reports.records import (
    PART_SUFFIX,
    keep_failure,
    keep_parts,
    write_atomically,
)
from coopanalysis.reports.remote import Task, check_machine, check_same, machine_facts, run_task
from coopanalysis.reports.site.facts import release_facts
from coopanalysis.reports.versions import COMMIT_VARIABLE, EPOCH_VARIABLE, git_commit

if TYPE_CHECKING:
    from distributed import Client, Future

ANSWER_SECONDS = 20
TRIES = 2


def execute_on(
    scheduler: str,
    decisions: Sequence[Decision],
    *,
    plain: bool = False,
    progress: ProgressCallback | None = None,
) -> list[Outcome]:
    """Make the reports that are not up to date on a cluster; else as `execute.execute` does.

    Parameters
    ----------
    scheduler : str
        Address of a scheduler of dask, such as `tcp://host:8786`.
    decisions : sequence of Decision
        From `fresh.decide`.
    plain : bool
        Start plain kernels there.
    progress : callable, optional
        Called with each `Progress`, from one thread.

    Raises
    ------
    ReportError
        If no scheduler answers, a machine has other code or other versions, or does not see the
        project folder at the same path; nothing has run then.
    """
    say = progress or (lambda _: None)
    done = announce(decisions, say)
    stale = [decision for decision in decisions if not decision.is_current]
    if stale:
        with _connected(scheduler) as client:
            for outcome in ClusterRun(client, stale, say, plain=plain).run():
                done[outcome.job.record_path] = outcome
    return [done[decision.job.record_path] for decision in decisions]


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    try:
        from distributed import Client  # noqa: PLC0415
    except ImportError as error:
        raise ReportError(
            "Running on a cluster needs dask: install coopanalysis[cluster]."
        ) from error
    try:
        client = Client(scheduler, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ReportError(
            f"No scheduler answers at {scheduler}: {error}. Start one with `dask scheduler`."
        ) from error
    try:
        yield client
    finally:
        client.close()


class ClusterRun:
    """One run of stale reports on a cluster.

    Parameters
    ----------
    client : Client
    decisions : sequence of Decision
    say : callable
    plain : bool
    """

    def __init__(
        self,
        client: Client,
        decisions: Sequence[Decision],
        say: ProgressCallback,
        *,
        plain: bool,
    ) -> None:
        self._client, self._say, self._plain = client, say, plain
        self._run = f"run-{uuid.uuid4().hex[:12]}"
        self._expected = expected_seconds([decision.job for decision in decisions])
        self._decisions = {
            f"{self._run}/{d.job.release}/{d.job.slug}": d
            for d in sorted(decisions, key=lambda d: -self._expected[d.job.record_path])
        }
        self._news: SimpleQueue[Progress | Outcome] = SimpleQueue()
        self._root = paths.project_root()

    def run(self) -> Iterator[Outcome]:
        """Hand out all; yield each outcome as it comes."""
        self._await_machines()
        self._check_machines()
        self._client.subscribe_topic(self._run, self._hear)
        futures = self._client.map(
            run_task,
            list(self._tasks()),
            key=list(self._decisions),
            pure=False,
            retries=TRIES,
        )
        try:
            for future in futures:
                future.add_done_callback(self._collect)
            for release in {decision.job.release for decision in self._decisions.values()}:
                release_facts(release, self._root)  # kept for the index, while others work
            yield from self._follow()
        finally:
            self._client.cancel(futures, force=True)
            self._client.unsubscribe_topic(self._run)

    def _await_machines(self) -> None:
        if not self._client.nthreads():
            self._say(
                Progress("", "", "waiting", reason="No worker is there yet; waiting for one.")
            )
            self._client.wait_for_workers(1)

    def _check_machines(self) -> None:
        """Let every worker say what code it has, and whether it sees this folder."""
        mark = paths.reports_dir() / f".{self._run}{PART_SUFFIX}"
        write_atomically(mark, "")
        try:
            found = self._client.run(check_machine, mark, on_error="return")
        finally:
            mark.unlink()
        ours = machine_facts()
        for machine, facts in found.items():
            if isinstance(facts, ReportError):
                raise ReportError(f"Worker {machine}: {facts}")
            if not isinstance(facts, Mapping):
                raise ReportError(
                    f"Worker {machine} cannot run reports: {facts!r}. Install the same "
                    "coopanalysis[cluster] there, from the same lock."
                )
            check_same(ours, facts, str(machine))

    def _tasks(self) -> Iterator[Task]:
        modules = tuple(modules_to_warm([d.job.notebook for d in self._decisions.values()]))
        environment = {
            COMMIT_VARIABLE: git_commit(self._root),
            EPOCH_VARIABLE: os.environ.get(EPOCH_VARIABLE, ""),
        }
        for decision in self._decisions.values():
            yield Task(
                job=decision.job,
                root=str(self._root),
                key=decision.key,
                run=self._run,
                modules=modules,
                facts=machine_facts(),
                environment=environment,
                plain=self._plain,
            )

    def _hear(self, event: tuple[Any, dict[str, Any]]) -> None:
        """Take what a worker says of a report that runs there."""
        facts = {name: value for name, value in event[1]["said"].items() if name != "kind"}
        self._news.put(Progress(**facts))

    def _follow(self) -> Iterator[Outcome]:
        left = len(self._decisions)
        while left:
            news = self._news.get()
            if isinstance(news, Progress):
                path = paths.reports_dir() / news.release / f"{news.slug}.json"
                self._say(replace(news, expected=self._expected.get(path, 0.0)))
                continue
            left -= 1
            job, reason = news.job, news.error.partition("\n")[0]
            self._say(
                Progress(job.slug, job.release, news.status, seconds=news.seconds, reason=reason)
            )
            yield news

    def _collect(self, future: Future[Outcome]) -> None:
        """Take up what became of one report; runs in a thread of dask."""
        decision = self._decisions[str(future.key)]
        job = decision.job
        try:
            if future.cancelled():
                return
            outcome = future.result()
        except Exception as error:  # noqa: BLE001  (whatever a machine ran into is that report's)
            words = f"The cluster could not make it: {type(error).__name__}: {error}"
            keep_failure(job, words, 0.0)
            outcome = Outcome(job, "failed", 0.0, words)
        if outcome.status == "built":
            keep_parts(job, decision.parts)
        self._news.put(outcome)
