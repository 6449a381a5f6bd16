"""One report, in a process of its own: its notebook is run, and its page, its record written."""

from __future__ import annotations

import gc
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from coopanalysis.errors import CoopError
from coopanalysis.panel.record import FILES_VARIABLE, READS_VARIABLE
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.processes import (
    END_SECONDS,
    KERNEL_ENVIRONMENT,
    end_process,
    end_with_parent,
    set_environment,
    start_process,
)
from coopanalysis.reports.progress import Outcome, Progress, ProgressCallback
from coopanalysis.reports.records import (
    Parts,
    is_made,
    keep_failure,
    keep_state,
    write_atomically,
)
from coopanalysis.tempfolder import make_folder, remove_folder

if TYPE_CHECKING:
    from nbformat import NotebookNode

GRACE_SECONDS = 30.0
"""Beyond its limit a report may take this long to render; then its process is ended."""
LOOK_SECONDS = 0.5
SAID_FILE = "said.txt"
OF_ONE_RUN = ("input_path", "output_path", "start_time", "end_time", "duration")
INJECTED = "injected-parameters"
"""Tag that papermill gives the cell of parameters that it adds, with a random id."""


@dataclass(frozen=True)
class Task:
    """What a process needs to know to make one report; `environment` is set for it."""

    job: ReportJob
    key: str
    parts: Parts
    environment: Mapping[str, str]


def make_apart(
    task: Task, method: str, say: ProgressCallback, is_wanted: Callable[[], bool]
) -> Outcome:
    """Make one report in a process of its own, which is ended when late or no longer wanted.

    `method`, from `processes.choose_method`, is how it is started.
    """
    begun, folder = time.monotonic(), make_folder("coop-report-")
    receiver, sender = Pipe(duplex=False)
    try:
        process = start_process(method, _in_process, task, method, folder, sender)
        sender.close()
        try:
            end = begun + task.job.limit_seconds + GRACE_SECONDS
            outcome = _follow(receiver, say, lambda: time.monotonic() < end and is_wanted())
        finally:
            end_process(process)
        return outcome or _lost(task, begun, process.exitcode, folder, is_wanted())
    finally:
        receiver.close()
        remove_folder(folder)


def _follow(
    receiver: Connection, say: ProgressCallback, goes_on: Callable[[], bool]
) -> Outcome | None:
    """Pass on what the process says; None if it ended, or was to end, without an outcome."""
    while goes_on():
        if not receiver.poll(LOOK_SECONDS):
            continue
        try:
            said = receiver.recv()
        except EOFError:
            return None
        if isinstance(said, Outcome):
            return said
        say(said)
    return None


def _lost(task: Task, begun: float, status: int | None, folder: Path, is_wanted: bool) -> Outcome:
    """Record a process that ended without a word as a failed report."""
    seconds = time.monotonic() - begun
    try:
        lines = (folder / SAID_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    words = f"exit status {status}{f': {last}' if last else ''}"
    error = f"The process that ran the notebook ended after {seconds:.0f} s ({words})"
    if is_wanted:
        keep_failure(task.job, task.key, error, seconds)
    return Outcome(task.job, "failed", seconds, error)


def _in_process(task: Task, method: str, folder: Path, sender: Connection) -> None:
    """Make a report in this process, which was started for it."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # Ctrl-C is for the run alone to heed
    with (folder / SAID_FILE).open("wb") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    from coopanalysis.display.figures.show import DRAWINGS_VARIABLE  # noqa: PLC0415
    from coopanalysis.reports.kernels import LIMIT_VARIABLE, ForkedKernel, ForkProvisioner  # noqa: PLC0415

    job = task.job
    set_environment(
        {
            **KERNEL_ENVIRONMENT,
            **task.environment,
            "TMPDIR": str(folder),
            "JUPYTER_RUNTIME_DIR": str(folder),
            READS_VARIABLE: ",".join(job.reads),
            FILES_VARIABLE: json.dumps(job.files),
            LIMIT_VARIABLE: str(job.limit_megabytes),
            DRAWINGS_VARIABLE: str(folder),
        }
    )
    tempfile.tempdir = None
    kernel = ForkedKernel("fork") if method == "forkserver" else None
    ForkProvisioner.waiting = kernel
    gc.disable()  # this process lives for one report, and would only look for what is no garbage
    end_with_parent()
    try:
        sender.send(make_report(task, folder, sender.send))
    finally:
        if kernel is not None:
            kernel.kill()
            kernel.wait(END_SECONDS)


def make_report(task: Task, folder: Path, emit: ProgressCallback) -> Outcome:
    """Run one notebook, render it, and write page, notebook and record; all or nothing each."""
    from coopanalysis.reports.notebook import NotebookFailed, run_notebook  # noqa: PLC0415
    from coopanalysis.reports.render import write_report  # noqa: PLC0415

    job = task.job
    begun, cpu_before = time.monotonic(), time.process_time()

    def at_cell(cell: int, cells: int, heading: str) -> None:
        seconds = time.monotonic() - begun
        emit(Progress(job.slug, job.release, "running", cell, cells, heading, seconds))

    def failed(error: str) -> Outcome:
        seconds = time.monotonic() - begun
        keep_failure(job, task.key, error, seconds)
        return Outcome(job, "failed", seconds, error)

    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        executed = run_notebook(job, folder, at_cell)
        seconds, cpu_driven = time.monotonic() - begun, time.process_time()
        emit(Progress(job.slug, job.release, "rendering", seconds=seconds))
        _write_notebook(executed.notebook, job.notebook_path)
        write_report(job, executed.notebook, task.key, seconds, folder)
        keep_state(job, "parts", task.parts)
        seconds = time.monotonic() - begun
        spent = {"driver": cpu_driven - cpu_before, "page": time.process_time() - cpu_driven}
        cpu = {phase: round(used, 3) for phase, used in (executed.cpu | spent).items()}
        took = {"seconds": round(seconds, 2), "megabytes": round(executed.megabytes)}
        keep_state(job, "history", {**took, "cpu": cpu})  # CPU: for benchmarks/profile_engine.py
    except NotebookFailed as failure:
        if not is_made(job, task.key):
            with suppress(OSError):
                _write_notebook(failure.notebook, job.notebook_path)
        return failed(str(failure))
    except OSError as error:
        said = f"its files cannot be written or read: {error}. Free space, or mend permissions."
        return failed(said)
    except CoopError as error:
        return failed(str(error))
    return Outcome(job, "built", seconds)


def _write_notebook(nb: NotebookNode, path: Path) -> None:
    """Write an executed notebook without what no two runs share: paths, times, a random id."""
    import nbformat  # noqa: PLC0415

    for part in (nb, *nb.cells):
        for name in OF_ONE_RUN:
            part.metadata.get("papermill", {}).pop(name, None)
        if INJECTED in part.metadata.get("tags", []):
            part.id = INJECTED
    write_atomically(path, nbformat.writes(nb) + "\n")
