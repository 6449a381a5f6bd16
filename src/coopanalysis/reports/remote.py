"""One report on a machine of a cluster that sees the project folder at the same path.

dask's worker calls `run_task` in one of its threads. It keeps a warmed parent for as long as the
notebooks stay the same, and forks a fresh child from it for each report: nothing of one report is
left for the next.
"""

from __future__ import annotations

import atexit
import hashlib
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import coopanalysis
from coopanalysis import paths
from coopanalysis.errors import ReportError
from coopanalysis.reports.crew import Crew, Worker
from coopanalysis.reports.forked import can_fork
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.progress import Outcome
from coopanalysis.reports.records import keep_failure
from coopanalysis.reports.versions import installed_versions
from coopanalysis.reports.worker import pack

GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class Task:
    """What a machine needs to know to make one report.

    Attributes
    ----------
    job : ReportJob
    root : str
        Project folder.
    key : str
    run : str
        Name of the run, unlike any other.
    modules : tuple of str
        What the notebooks import.
    facts : mapping
        Code and versions that a machine must have: `machine_facts`.
    environment : mapping
        Set for worker and kernel.
    plain : bool
    """

    job: ReportJob
    root: str
    key: str
    run: str
    modules: tuple[str, ...]
    facts: Mapping[str, str]
    environment: Mapping[str, str]
    plain: bool = False


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
    """Hold a machine to the code and the versions of whoever asks.

    Raises
    ------
    ReportError
        If something differs; its pages would, too.
    """
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
    """Say what code and versions this machine has, if it sees a file of whoever asks.

    Raises
    ------
    ReportError
        If it does not: its pages would not arrive.
    """
    if not mark.is_file():
        raise ReportError(
            f"{mark} is not to be seen here. Put the project folder on a disk that all machines "
            "see at the same path."
        )
    return machine_facts()


def run_task(task: Task) -> Outcome:
    """Make one report; called by dask."""
    from distributed import get_worker  # noqa: PLC0415

    worker = get_worker()
    check_same(task.facts, check_machine(task.job.notebook), str(worker.name))
    key = worker.get_current_task()

    def say(facts: Mapping[str, Any]) -> None:
        worker.log_event(task.run, {"said": dict(facts)})

    def is_wanted() -> bool:
        state = worker.state.tasks.get(key)
        return state is not None and state.state not in ("cancelled", "released")

    return _site().make(task, say, is_wanted)


class Site:
    """The warmed parent of one worker of dask, and those before it that are still at work."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._crew: tuple[Any, Crew] | None = None
        self._idle: list[Crew] = []
        self._busy: dict[int, int] = {}

    def make(self, task: Task, say: Any, is_wanted: Any) -> Outcome:
        """Make one report in a child of its own."""
        with self._borrow(task) as crew:
            child = crew.start()
            try:
                return self._follow(child, task, say, is_wanted)
            finally:
                crew.end(child)

    def _follow(self, child: Worker, task: Task, say: Any, is_wanted: Any) -> Outcome:
        """Pass on what the child says; end it when it is late, or no longer wanted."""
        job, begun, done = task.job, time.monotonic(), Event()

        def watch() -> None:
            while not done.wait(0.5):
                if time.monotonic() - begun > job.limit_seconds + GRACE_SECONDS or not is_wanted():
                    child.kill()
                    return

        Thread(target=watch, daemon=True).start()
        try:
            for message in child.run(pack(job, task.key, {})):
                if message["kind"] == "done":
                    return Outcome(job, message["status"], message["seconds"], message["error"])
                say(message)
        finally:
            done.set()
        seconds = time.monotonic() - begun
        error = (
            f"The process that ran the notebook on {platform.node()} ended after {seconds:.0f} s "
            f"({child.last_words()})"
        )
        if is_wanted():
            keep_failure(job, error, seconds)
        return Outcome(job, "failed", seconds, error)

    @contextmanager
    def _borrow(self, task: Task) -> Iterator[Crew]:
        """Hand out the crew for the notebooks of a task; end that of others once it is free."""
        wanted = (task.root, task.modules, task.plain, dict(task.environment))
        with self._lock:
            if self._crew is None or self._crew[0] != wanted:
                if self._crew is not None:
                    self._idle.append(self._crew[1])
                self._crew = wanted, _crew(task)
            crew = self._crew[1]
            self._busy[id(crew)] = self._busy.get(id(crew), 0) + 1
        try:
            yield crew
        finally:
            with self._lock:
                self._busy[id(crew)] -= 1
                free = [old for old in self._idle if not self._busy.get(id(old))]
                self._idle = [old for old in self._idle if old not in free]
            for old in free:
                old.close()

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            crews = [*self._idle, *([self._crew[1]] if self._crew else [])]
            self._idle, self._crew = [], None
        for crew in crews:
            crew.close()


def _crew(task: Task) -> Crew:
    environment = {**task.environment, paths.HOME_VARIABLE: task.root}
    crew = Crew(task.modules, plain=task.plain or not can_fork(), environment=environment)
    crew.warm_up(lambda words: print(words, file=sys.stderr))
    return crew


@lru_cache(maxsize=1)
def _site() -> Site:
    site = Site()
    atexit.register(site.close)
    return site
