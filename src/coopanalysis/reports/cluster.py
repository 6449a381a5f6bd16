"""Reports made by the workers of a dask cluster, which write to the project folder they share.

A worker of dask does in one of its threads what a thread does at home: it has each report made by
a process of its own, forked from a server that stays warm for as long as the worker runs.
"""

from __future__ import annotations

import hashlib
import os
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coopanalysis
from coopanalysis import paths
from coopanalysis.errors import ReportError
from coopanalysis.reports.execute import Run, modules_to_warm
from coopanalysis.reports.make import Task, make_apart
from coopanalysis.reports.processes import choose_method
from coopanalysis.reports.progress import Outcome, Progress, ProgressCallback
from coopanalysis.reports.records import PART_SUFFIX, write_atomically
from coopanalysis.reports.site.facts import release_facts
from coopanalysis.reports.stale import Decision
from coopanalysis.reports.versions import (
    COMMIT_VARIABLE,
    EPOCH_VARIABLE,
    git_commit,
    installed_versions,
)

if TYPE_CHECKING:
    from distributed import Client

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

    `scheduler` is an address of dask, such as `tcp://host:8786`. Nothing has run where no scheduler
    answers, a machine has other code or other versions, or does not see the project folder at the
    same path: a `ReportError` says which.
    """
    run = Run(decisions, progress)
    if not run.stale:
        return run.outcomes()
    name = f"run-{uuid.uuid4().hex[:12]}"
    options: dict[str, Any] = {
        "modules": modules_to_warm([one.job.notebook for one in run.stale]),
        "facts": machine_facts(),
        "plain": plain,
        "run": name,
    }
    with _connected(scheduler) as client:
        if not client.nthreads():
            run.say_waiting("No worker is there yet; waiting for one.")
            client.wait_for_workers(1)
        _check_machines(client, name)
        client.subscribe_topic(name, lambda event: run.news.put(Progress(**event[1]["said"])))
        keys = [f"{name}/{one.job.release}/{one.job.slug}" for one in run.stale]
        tasks = list(_tasks(run.stale))
        futures = client.map(run_task, tasks, key=keys, pure=False, retries=TRIES, **options)
        try:
            for one, future in zip(run.stale, futures, strict=True):
                run.follow(one, future)
            for release in {one.job.release for one in run.stale}:
                release_facts(release, paths.project_root())  # for the index, while others work
            return run.outcomes()
        finally:
            client.cancel(futures, force=True)
            client.unsubscribe_topic(name)


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


def _check_machines(client: Client, name: str) -> None:
    """Let every worker say what code it has, and whether it sees this folder."""
    mark = paths.reports_dir() / f".{name}{PART_SUFFIX}"
    write_atomically(mark, "")
    try:
        found = client.run(check_machine, mark, on_error="return")
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


def _tasks(stale: Sequence[Decision]) -> Iterator[Task]:
    root = paths.project_root()
    environment = {
        COMMIT_VARIABLE: git_commit(root),
        EPOCH_VARIABLE: os.environ.get(EPOCH_VARIABLE, ""),
        paths.HOME_VARIABLE: str(root),
    }
    for one in stale:
        yield Task(one.job, one.key, one.parts, environment)


def machine_facts() -> dict[str, str]:
    """What must be the same on every machine for pages to be the same: code and versions."""
    return {"source of the package": package_hash(), **installed_versions()}


@lru_cache(maxsize=1)
def package_hash() -> str:
    """Hash of every file of the package as this process has it."""
    folder = Path(coopanalysis.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def check_same(ours: Mapping[str, str], theirs: Mapping[str, str], machine: str) -> None:
    """Hold a machine to the code and the versions of whoever asks: else its pages would differ."""
    differs = [name for name in ours if ours[name] != theirs.get(name)]
    if differs:
        said = ", ".join(
            f"{name} ({ours[name][:12]} here, {theirs.get(name, 'none')[:12]} there)"
            for name in differs
        )
        raise ReportError(
            f"Worker {machine} differs in {said}. Install the same coopanalysis and the same lock "
            "there, and start its worker again."
        )


def check_machine(mark: Path) -> dict[str, str]:
    """Say what code and versions this machine has, if it sees a file of whoever asks."""
    if not mark.is_file():
        raise ReportError(
            f"{mark} is not to be seen here. Put the project folder on a disk that all machines "
            "see at the same path."
        )
    return machine_facts()


def run_task(
    task: Task, *, modules: Sequence[str], facts: Mapping[str, str], plain: bool, run: str
) -> Outcome:
    """Make one report; called by dask."""
    from distributed import get_worker  # noqa: PLC0415

    worker = get_worker()
    check_same(facts, check_machine(task.job.notebook), str(worker.name))
    key = worker.get_current_task()

    def is_wanted() -> bool:
        state: Any = worker.state.tasks.get(key)
        return state is not None and state.state not in ("cancelled", "released")

    method = choose_method(
        modules, plain=plain, say=lambda words: print(words, file=sys.stderr, flush=True)
    )

    def say(event: Progress) -> None:
        worker.log_event(run, {"said": asdict(event)})  # dask adds its own facts beside

    return make_apart(task, method, say, is_wanted)
