"""Run notebooks, several at once, and keep what a failing one had to say."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from coopanalysis import paths
from coopanalysis.errors import CoopError
from coopanalysis.reports.keys import report_key, standing_key
from coopanalysis.reports.plan import ReportJob

if TYPE_CHECKING:
    from nbformat import NotebookNode

WORKERS = 2
CELL_TIMEOUT_SECONDS = 900
KERNEL_ENVIRONMENT = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

Status = Literal["waiting", "running", "rendering", "built", "failed", "current"]


@dataclass(frozen=True)
class Progress:
    """Where one report stands.

    Attributes
    ----------
    slug, release : str
        Which report.
    status : Status
        "current" means that nothing had changed.
    cell, cells : int
        Cell that runs (from 1) and number of cells; 0 before it starts.
    heading : str
        Nearest heading above that cell.
    seconds : float
        Since the report was begun.
    """

    slug: str
    release: str
    status: Status
    cell: int = 0
    cells: int = 0
    heading: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """How one report ended.

    Attributes
    ----------
    job : ReportJob
    status : "built", "failed" or "current"
    seconds : float
    error : str
        Excerpt of the failure; empty where there is none.
    """

    job: ReportJob
    status: Status
    seconds: float = 0.0
    error: str = ""


ProgressCallback = Callable[[Progress], None]


def execute_jobs(
    jobs: Sequence[ReportJob],
    *,
    workers: int = WORKERS,
    force: bool = False,
    progress: ProgressCallback | None = None,
) -> list[Outcome]:
    """Make the reports that are not up to date; a failing one does not stop the others.

    Parameters
    ----------
    jobs : sequence of ReportJob
        From `plan.load_plan`.
    workers : int
        How many run at once.
    force : bool
        Run those that are up to date too.
    progress : callable, optional
        Called with each `Progress`, from one thread at a time.

    Returns
    -------
    list of Outcome, in the order of the jobs
        The caller exits with status 1 if one of them failed.
    """
    say = progress or (lambda _: None)
    keys = {job.record_path: report_key(job) for job in jobs}
    current = [] if force else [job for job in jobs if is_current(job, keys[job.record_path])]
    done = {job.record_path: Outcome(job, "current") for job in current}
    for job in current:
        say(Progress(job.slug, job.release, "current"))
    waiting = [job for job in jobs if job.record_path not in done]
    for job in waiting:
        say(Progress(job.slug, job.release, "waiting"))
    if waiting:
        for outcome in _run_pool(waiting, keys, min(workers, len(waiting)), say):
            done[outcome.job.record_path] = outcome
    return [done[job.record_path] for job in jobs]


def is_current(job: ReportJob, key: str) -> bool:
    """Tell whether a report stands and nothing it depends on has changed."""
    return job.record_path.is_file() and standing_key(job.html_path) == key


def _run_pool(
    jobs: Sequence[ReportJob], keys: dict[Path, str], workers: int, say: ProgressCallback
) -> Iterator[Outcome]:
    context = multiprocessing.get_context("spawn")
    events: SimpleQueue[Progress | None] = context.SimpleQueue()

    def relay() -> None:
        while (event := events.get()) is not None:
            say(event)

    listener = Thread(target=relay, daemon=True)
    listener.start()
    try:
        with ProcessPoolExecutor(workers, context, _start_worker, (events,)) as pool:
            running = {pool.submit(make_report, job, keys[job.record_path]): job for job in jobs}
            for future in as_completed(running):
                yield _outcome(future, running[future], say)
    finally:
        events.put(None)
        listener.join(timeout=10)


def _outcome(future: Future[Outcome], job: ReportJob, say: ProgressCallback) -> Outcome:
    """Result of a worker; one that died without a word is a failed report, not a crash."""
    error = future.exception()
    if error is None:
        return future.result()
    excerpt = f"{type(error).__name__}: {error}"
    _keep_failure(job, excerpt, 0.0)
    say(Progress(job.slug, job.release, "failed"))
    return Outcome(job, "failed", 0.0, excerpt)


_events: SimpleQueue[Progress | None] | None = None


def _start_worker(events: SimpleQueue[Progress | None]) -> None:
    global _events  # noqa: PLW0603  (a worker process has one queue for its whole life)
    _events = events
    os.environ.update(KERNEL_ENVIRONMENT)


def _emit(event: Progress) -> None:
    if _events is not None:
        _events.put(event)


def make_report(job: ReportJob, key: str) -> Outcome:
    """Run one notebook, render it, and write page, notebook and record; all or nothing each."""
    from coopanalysis.reports.engine import NotebookFailed, run_notebook  # noqa: PLC0415

    begun = time.monotonic()

    def at_cell(cell: int, cells: int, heading: str) -> None:
        seconds = time.monotonic() - begun
        _emit(Progress(job.slug, job.release, "running", cell, cells, heading, seconds))

    job.folder.mkdir(parents=True, exist_ok=True)
    try:
        with _environment():
            nb = run_notebook(job, at_cell)
        seconds = time.monotonic() - begun
        _emit(Progress(job.slug, job.release, "rendering", seconds=seconds))
        _write_notebook(nb, job.notebook_path)
        _render(job, nb, key, seconds)
    except NotebookFailed as failure:
        _write_notebook(failure.notebook, job.notebook_path)
        return _fail(job, str(failure), time.monotonic() - begun)
    except CoopError as error:
        return _fail(job, str(error), time.monotonic() - begun)
    seconds = time.monotonic() - begun
    _emit(Progress(job.slug, job.release, "built", seconds=seconds))
    return Outcome(job, "built", seconds)


def _render(job: ReportJob, nb: NotebookNode, key: str, seconds: float) -> None:
    from coopanalysis.reports.provenance import data_as_of, read_inputs, run_facts  # noqa: PLC0415
    from coopanalysis.reports.render import render_report  # noqa: PLC0415

    build = read_inputs(job)
    run = run_facts(seconds, paths.project_root())
    page = render_report(nb, job, build, run, key)
    write_atomically(job.html_path, page.html)
    made = {
        "title": page.title,
        "headline": page.headline,
        "data_as_of": data_as_of(build),
        "finished": run.finished.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    _write_record(job, "built", seconds, made | {"key": key})


def _fail(job: ReportJob, error: str, seconds: float) -> Outcome:
    _keep_failure(job, error, seconds)
    _emit(Progress(job.slug, job.release, "failed", seconds=seconds))
    return Outcome(job, "failed", seconds, error)


def _keep_failure(job: ReportJob, error: str, seconds: float) -> None:
    """Write the record of a failure; the page of an earlier success goes, for it is stale."""
    job.folder.mkdir(parents=True, exist_ok=True)
    job.html_path.unlink(missing_ok=True)
    finished = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _write_record(job, "failed", seconds, {"error": error, "finished": finished})


def _write_record(job: ReportJob, status: Status, seconds: float, extra: dict[str, Any]) -> None:
    record = {
        "id": job.id,
        "slug": job.slug,
        "title": job.title,
        "description": job.description,
        "topic": job.topic,
        "order": job.order,
        "release": job.release,
        "data": job.data,
        "parameters": job.parameters,
        "status": status,
        "seconds": round(seconds, 1),
        "html": job.html_path.name if status == "built" else "",
        "notebook": job.notebook_path.name if job.notebook_path.is_file() else "",
    }
    text = json.dumps(record | extra, indent=1, ensure_ascii=False, sort_keys=True)
    write_atomically(job.record_path, text + "\n")


def _write_notebook(nb: NotebookNode, path: Path) -> None:
    import nbformat  # noqa: PLC0415

    for name in ("input_path", "output_path"):
        nb.metadata.get("papermill", {}).pop(name, None)
    write_atomically(path, nbformat.writes(nb) + "\n")


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


@contextmanager
def _environment() -> Iterator[None]:
    """Set what a kernel inherits, for as long as it runs."""
    before = {name: os.environ.get(name) for name in KERNEL_ENVIRONMENT}
    os.environ.update(KERNEL_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def excerpt(traceback: str, lines: int = 12) -> str:
    """Shorten a traceback to the failing cell and the error itself.

    Terminal colours and paths of the machine are left out.
    """
    plain = re.sub(r"\x1b\[[0-9;]*m", "", traceback)
    plain = re.sub(r"(?:/[\w.+-]+)+/(?:site-packages|lib/python[\d.]+|src)/", "", plain)
    plain = plain.replace(f"{paths.project_root()}/", "")
    kept = [line.rstrip() for line in plain.splitlines() if line.strip(" -")]
    cell = next((at for at, line in enumerate(kept) if line.startswith("Cell In[")), None)
    if cell is None:
        return "\n".join(kept[-lines:])
    after = [at for at in range(cell + 1, len(kept)) if kept[at].startswith(("File ", "Cell In["))]
    end = min([*after, len(kept) - 1])
    return "\n".join([*kept[cell:end][-lines:], kept[-1]])
