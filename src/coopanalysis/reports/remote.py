"""One report on a machine of a cluster: its inputs fetched, a child forked, its files sent back.

dask's worker calls `run_task` in one of its threads. It keeps a warmed parent for as long as the
inputs stay the same, and forks a fresh child from it for each report: nothing of one report is
left for the next.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import coopanalysis
from coopanalysis import paths
from coopanalysis.errors import ReportError
from coopanalysis.reports.crew import Crew, Worker
from coopanalysis.reports.forked import can_fork
from coopanalysis.reports.fresh import history_path
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.progress import Status
from coopanalysis.reports.site.shell import PAGES
from coopanalysis.reports.store import Store
from coopanalysis.reports.versions import installed_versions
from coopanalysis.reports.worker import pack

GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class Task:
    """What a machine needs to know to make one report.

    Attributes
    ----------
    job : ReportJob
        With paths below `root`.
    root : str
        Project folder of whoever asks.
    key : str
    run : str
        Name of the run, unlike any other.
    store : str
        Address of the store.
    inputs : str
        Hash of the list of input files.
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
    store: str
    inputs: str
    modules: tuple[str, ...]
    facts: Mapping[str, str]
    environment: Mapping[str, str]
    plain: bool = False

    @property
    def place(self) -> str:
        """Where in the store its files go."""
        return f"{self.run}/{self.job.release}/{self.job.slug}"


@dataclass(frozen=True)
class Made:
    """What a machine made of a task.

    Attributes
    ----------
    status, seconds, error
        As in `Outcome`.
    files : mapping
        Hash of each file by its path within the project.
    """

    status: Status
    seconds: float
    error: str
    files: Mapping[str, str]


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


def look_around(store: str, inputs: str) -> dict[str, str]:
    """Say what code and versions this machine has, once it has read from the store."""
    Store(store).get_input(inputs)
    return machine_facts()


def run_task(task: Task) -> Made:
    """Make one report; called by dask."""
    from distributed import get_worker  # noqa: PLC0415

    worker = get_worker()
    check_same(task.facts, machine_facts(), str(worker.name))
    key = worker.get_current_task()

    def say(facts: Mapping[str, Any]) -> None:
        worker.log_event(task.run, {"said": dict(facts)})

    def is_wanted() -> bool:
        state = worker.state.tasks.get(key)
        return state is not None and state.state not in ("cancelled", "released")

    return _site(Path(worker.local_directory)).make(task, say, is_wanted)


class Site:
    """The working folder of one worker of dask, and its warmed parent.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "coopanalysis"
        self._lock = Lock()
        self._crew: tuple[Any, Crew] | None = None
        self._idle: list[Crew] = []
        self._busy: dict[int, int] = {}

    def make(self, task: Task, say: Any, is_wanted: Any) -> Made:
        """Make one report in a child of its own, and put its files into the store."""
        store = Store(task.store)
        home = self._project(task, store)
        local = relocate(task.job, Path(task.root), home)
        with self._borrow(task, home) as crew:
            child = crew.start()
            try:
                facts = self._follow(child, local, task, say, is_wanted)
            finally:
                crew.end(child)
        files = {}
        made = [local.html_path, local.notebook_path, local.record_path, history_path(local)]
        pictures = local.folder.parent / PAGES / local.release
        for path in [*made, *pictures.glob(f"{local.slug}-{task.key[:8]}-*")]:
            if path.is_file():
                name = path.relative_to(home).as_posix()
                files[name] = store.put_output(task.place, path.read_bytes())
                path.unlink()
        return Made(facts["status"], facts["seconds"], facts["error"], files)

    def _follow(
        self, child: Worker, job: ReportJob, task: Task, say: Any, is_wanted: Any
    ) -> dict[str, Any]:
        """Pass on what the child says; end it when it is late, or no longer wanted."""
        begun, done = time.monotonic(), Event()

        def watch() -> None:
            while not done.wait(0.5):
                if time.monotonic() - begun > job.limit_seconds + GRACE_SECONDS or not is_wanted():
                    child.kill()
                    return

        Thread(target=watch, daemon=True).start()
        try:
            for message in child.run(pack(job, task.key, {})):
                if message["kind"] == "done":
                    return message
                say(message)
        finally:
            done.set()
        seconds = time.monotonic() - begun
        words = (
            f"The process that ran the notebook on {platform.node()} ended after {seconds:.0f} s"
        )
        return {"status": "failed", "seconds": seconds, "error": f"{words} ({child.last_words()})"}

    def _project(self, task: Task, store: Store) -> Path:
        """Lay out the input files as a project folder; each list of inputs has one of its own."""
        home = self._folder / task.inputs[:16]
        with self._lock:
            if not home.is_dir():
                self._folder.mkdir(parents=True, exist_ok=True)
                part = Path(tempfile.mkdtemp(dir=self._folder, prefix="part-"))
                for name, digest in json.loads(store.get_input(task.inputs)).items():
                    target = part / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(store.get_input(digest))
                part.rename(home)
        return home

    @contextmanager
    def _borrow(self, task: Task, home: Path) -> Iterator[Crew]:
        """Hand out the crew for the inputs of a task; end that of other inputs once it is free."""
        wanted = (home, task.modules, task.plain, dict(task.environment))
        with self._lock:
            if self._crew is None or self._crew[0] != wanted:
                if self._crew is not None:
                    self._idle.append(self._crew[1])
                self._crew = wanted, _crew(task, home)
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
        """End all processes, and remove the working folder."""
        with self._lock:
            crews = [*self._idle, *([self._crew[1]] if self._crew else [])]
            self._idle, self._crew = [], None
        for crew in crews:
            crew.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _crew(task: Task, home: Path) -> Crew:
    environment = {**task.environment, paths.HOME_VARIABLE: str(home)}
    crew = Crew(task.modules, plain=task.plain or not can_fork(), environment=environment)
    crew.warm_up(lambda words: print(words, file=sys.stderr))
    return crew


@lru_cache(maxsize=1)
def _site(folder: Path) -> Site:
    site = Site(folder)
    atexit.register(site.close)
    return site


def relocate(job: ReportJob, root: Path, home: Path) -> ReportJob:
    """Return the same job with its paths below another project folder."""
    moved = {
        name: home / getattr(job, name).relative_to(root)
        for name in ("notebook", "folder", "build_path")
    }
    return replace(job, **moved)
