"""Reports made by the workers of a dask cluster: the plan goes out, pages come back by hash."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from coopanalysis import paths
from coopanalysis.errors import ReportError
from coopanalysis.reports.execute import announce, modules_to_warm
from coopanalysis.reports.fresh import Decision, expected_seconds
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.progress import Outcome, Progress, ProgressCallback
from coopanalysis.reports.records import keep_failure, keep_parts, write_atomically
from coopanalysis.reports.remote import Made, Task, check_same, look_around, machine_facts, run_task
from coopanalysis.reports.site.facts import release_facts
from coopanalysis.reports.store import Store
from coopanalysis.reports.versions import COMMIT_VARIABLE, EPOCH_VARIABLE, git_commit

if TYPE_CHECKING:
    from distributed import Client, Future

STORE_FOLDER = ".store"
ANSWER_SECONDS = 20
TRIES = 2
FETCHERS = 8


def execute_on(
    scheduler: str,
    decisions: Sequence[Decision],
    *,
    store: str | None = None,
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
    store : str, optional
        Folder or fsspec address that this and every other machine reaches; inputs go there by
        their hash, pages come back the same way. By default a folder in `reports/`, which the
        others must see at the same path.
    plain : bool
        Start plain kernels there.
    progress : callable, optional
        Called with each `Progress`, from one thread.

    Raises
    ------
    ReportError
        If no scheduler answers, a machine has other code or other versions, or does not reach
        the store; nothing has run then.
    """
    say = progress or (lambda _: None)
    done = announce(decisions, say)
    stale = [decision for decision in decisions if not decision.is_current]
    if stale:
        place = Store(store or str(paths.reports_dir() / STORE_FOLDER))
        with _connected(scheduler) as client:
            handed = Handed(client, place, stale, say, plain=plain)
            for outcome in handed.run():
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


class Handed:
    """One run of stale reports on a cluster.

    Parameters
    ----------
    client : Client
    store : Store
    decisions : sequence of Decision
    say : callable
    plain : bool
    """

    def __init__(
        self,
        client: Client,
        store: Store,
        decisions: Sequence[Decision],
        say: ProgressCallback,
        *,
        plain: bool,
    ) -> None:
        self._client, self._store, self._say, self._plain = client, store, say, plain
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
        inputs = put_inputs(self._store, [d.job for d in self._decisions.values()])
        self._check_machines(inputs)
        self._client.subscribe_topic(self._run, self._hear)
        futures = self._client.map(
            run_task,
            list(self._tasks(inputs)),
            key=list(self._decisions),
            pure=False,
            retries=TRIES,
        )
        pool = ThreadPoolExecutor(FETCHERS)
        try:
            for future in futures:
                future.add_done_callback(lambda one: _submit(pool, self._collect, one))
            for release in {decision.job.release for decision in self._decisions.values()}:
                release_facts(release, self._root)  # kept for the index, while others work
            yield from self._follow()
        finally:
            pool.shutdown(cancel_futures=True)
            self._client.cancel(futures, force=True)
            self._client.unsubscribe_topic(self._run)
            self._store.remove(self._run)

    def _await_machines(self) -> None:
        if not self._client.nthreads():
            self._say(
                Progress("", "", "waiting", reason="No worker is there yet; waiting for one.")
            )
            self._client.wait_for_workers(1)

    def _check_machines(self, inputs: str) -> None:
        """Let every worker say what code it has, and whether it reaches the store."""
        found = self._client.run(look_around, self._store.address, inputs, on_error="return")
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

    def _tasks(self, inputs: str) -> Iterator[Task]:
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
                store=self._store.address,
                inputs=inputs,
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

    def _collect(self, future: Future[Made]) -> None:
        """Bring the files of one report here; runs in a thread of the pool."""
        decision = self._decisions[str(future.key)]
        job = decision.job
        try:
            if future.cancelled():
                return
            made = future.result()
            fetch_files(self._store, str(future.key), made, self._root)
            outcome = Outcome(job, made.status, made.seconds, made.error)
        except Exception as error:  # noqa: BLE001  (whatever a machine ran into is that report's)
            words = f"The cluster could not make it: {type(error).__name__}: {error}"
            keep_failure(job, words, 0.0)
            outcome = Outcome(job, "failed", 0.0, words)
        if outcome.status == "built":
            keep_parts(job, decision.parts)
        else:
            job.html_path.unlink(missing_ok=True)
        self._store.remove(str(future.key))
        self._news.put(outcome)


def _submit(pool: ThreadPoolExecutor, work: Callable[..., None], *words: Any) -> None:
    """Submit work, unless the run was stopped meanwhile."""
    try:
        pool.submit(work, *words)
    except RuntimeError:
        return


def put_inputs(store: Store, jobs: Sequence[ReportJob]) -> str:
    """Put all that reports are made from into a store.

    Returns
    -------
    str
        Hash of the list of files: names within the project, and their hashes.
    """
    root = paths.project_root()
    folders = [paths.reference_dir(), *{job.build_path.parent for job in jobs}]
    files = [path for folder in folders for path in folder.glob("[!.]*") if path.is_file()]
    files += [*{job.notebook for job in jobs}, paths.notebooks_dir() / "reports.toml"]
    files += [root / name for job in jobs for name in job.files]
    files += [paths.raw_dir() / "sources.toml", root / "requirements.lock", root / "pyproject.toml"]
    listed = {
        path.relative_to(root).as_posix(): store.put_input(path.read_bytes())
        for path in sorted(set(files))
        if path.is_file()
    }
    return store.put_input(json.dumps(listed, sort_keys=True).encode("utf-8"))


def fetch_files(store: Store, place: str, made: Made, root: Path) -> None:
    """Write the files of a report where a local run would have, the record last."""
    for name, digest in sorted(made.files.items(), key=lambda item: item[0].endswith(".json")):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, store.get_output(place, digest))
