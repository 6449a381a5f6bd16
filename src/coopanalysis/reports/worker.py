"""A process that runs notebooks one after the other and renders their pages.

It takes jobs as lines on standard input and says how far it is as lines on standard output;
when its input closes, it ends.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from coopanalysis import paths
from coopanalysis.errors import CoopError
from coopanalysis.panel.record import FILES_VARIABLE, READS_VARIABLE
from coopanalysis.reports.forked import KERNEL_ENVIRONMENT
from coopanalysis.reports.keys import Parts
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.progress import Outcome, Progress
from coopanalysis.reports.records import (
    keep_failure,
    keep_history,
    keep_parts,
    write_atomically,
    write_record,
)

if TYPE_CHECKING:
    from nbformat import NotebookNode

Emit = Callable[[Progress], None]


def pack(job: ReportJob, key: str, parts: Parts) -> bytes:
    """Write a job as one line."""
    return base64.b64encode(pickle.dumps((job, key, parts))) + b"\n"


def main() -> None:
    """Take jobs until standard input closes."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    jobs: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_listen, args=(jobs,), daemon=True).start()

    def emit(kind: str, facts: dict[str, Any]) -> None:
        answers.write(json.dumps({"kind": kind, **facts}) + "\n")
        answers.flush()

    while line := jobs.get():
        job, key, parts = pickle.loads(base64.b64decode(line))
        outcome = make_report(job, key, parts, lambda event: emit("progress", asdict(event)))
        facts = {"status": outcome.status, "seconds": outcome.seconds, "error": outcome.error}
        emit("done", facts)


def _listen(jobs: SimpleQueue[bytes]) -> None:
    """Pass jobs on; when whoever gives them is gone, end at once, in the middle of one too."""
    for line in sys.stdin.buffer:
        jobs.put(line)
    os._exit(0)


OF_ONE_RUN = ("input_path", "output_path", "start_time", "end_time", "duration")
INJECTED = "injected-parameters"
"""Tag that papermill gives the cell of parameters that it adds, with a random id."""


def warm_worker() -> None:
    """Make what every report needs of papermill and nbconvert; called in the warmed parent."""
    importlib.import_module("coopanalysis.reports.engine").prepare()
    importlib.import_module("coopanalysis.reports.render").page_exporter()


def make_report(job: ReportJob, key: str, parts: Parts, emit: Emit) -> Outcome:
    """Run one notebook, render it, and write page, notebook and record; all or nothing each."""
    from coopanalysis.reports.engine import NotebookFailed, run_notebook  # noqa: PLC0415

    begun, cpu_before = time.monotonic(), time.process_time()

    def at_cell(cell: int, cells: int, heading: str) -> None:
        seconds = time.monotonic() - begun
        emit(Progress(job.slug, job.release, "running", cell, cells, heading, seconds))

    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        with environment(job):
            executed = run_notebook(job, at_cell)
        seconds, cpu_driven = time.monotonic() - begun, time.process_time()
        emit(Progress(job.slug, job.release, "rendering", seconds=seconds))
        _write_notebook(executed.notebook, job.notebook_path)
        _render(job, executed.notebook, key, seconds)
        keep_parts(job, parts)
        seconds = time.monotonic() - begun
        cpu = {"driver": cpu_driven - cpu_before, "page": time.process_time() - cpu_driven}
        keep_history(job, seconds, executed.megabytes, executed.cpu | cpu)
    except NotebookFailed as failure:
        with suppress(OSError):
            _write_notebook(failure.notebook, job.notebook_path)
        return _fail(job, str(failure), time.monotonic() - begun)
    except OSError as error:
        said = f"its files cannot be written or read: {error}. Free space, or mend permissions."
        return _fail(job, said, time.monotonic() - begun)
    except CoopError as error:
        return _fail(job, str(error), time.monotonic() - begun)
    return Outcome(job, "built", seconds)


def _render(job: ReportJob, nb: NotebookNode, key: str, seconds: float) -> None:
    from coopanalysis.reports.analysis_plan import read_analysis_plan  # noqa: PLC0415
    from coopanalysis.reports.provenance import data_as_of, read_inputs, run_facts  # noqa: PLC0415
    from coopanalysis.reports.render import render_report  # noqa: PLC0415
    from coopanalysis.reports.site.facts import release_facts  # noqa: PLC0415
    from coopanalysis.reports.site.thumbs import write_thumb  # noqa: PLC0415

    build = read_inputs(job)
    run = run_facts(seconds, paths.project_root())
    page = render_report(nb, job, build, run, key)
    write_atomically(job.html_path, page.html)
    made = {
        "title": page.title,
        "headline": page.headline,
        "data_as_of": data_as_of(build),
        "plan_sha256": read_analysis_plan().sha256,
        "finished": run.finished.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "page_sha256": hashlib.sha256(page.html.encode("utf-8")).hexdigest(),
        "notebook_sha256": hashlib.sha256(job.notebook_path.read_bytes()).hexdigest(),
    }
    write_record(job, "built", seconds, made | {"key": key})
    facts = {"id": job.id, "release": job.release, "slug": job.slug, "html": job.html_path.name}
    write_thumb(job.folder.parent, facts | {"key": key})
    release_facts(job.release, paths.project_root())  # kept for the index: pandas is loaded here


def _fail(job: ReportJob, error: str, seconds: float) -> Outcome:
    keep_failure(job, error, seconds)
    return Outcome(job, "failed", seconds, error)


def _write_notebook(nb: NotebookNode, path: Path) -> None:
    """Write an executed notebook without what no two runs share: paths, times, a random id."""
    import nbformat  # noqa: PLC0415

    for part in (nb, *nb.cells):
        for name in OF_ONE_RUN:
            part.metadata.get("papermill", {}).pop(name, None)
        if INJECTED in part.metadata.get("tags", []):
            part.id = INJECTED
    write_atomically(path, nbformat.writes(nb) + "\n")


@contextmanager
def environment(job: ReportJob) -> Iterator[None]:
    """Set what the kernel of a job inherits, for as long as it runs."""
    from coopanalysis.reports.provisioner import LIMIT_VARIABLE  # noqa: PLC0415

    wanted = KERNEL_ENVIRONMENT | {
        READS_VARIABLE: ",".join(job.reads),
        FILES_VARIABLE: json.dumps(job.files),
        LIMIT_VARIABLE: str(job.limit_megabytes),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


if __name__ == "__main__":
    main()
