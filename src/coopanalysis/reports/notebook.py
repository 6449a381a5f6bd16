"""The one place that knows how a notebook is run: papermill, with a kernel of this Python."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError

from coopanalysis.reports.kernels import (
    ForkProvisioner,
    ThisPythonManager,
    register_provisioner,
)
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.records import excerpt
from coopanalysis.reports.resources import cpu_seconds, how_it_ended, peak_megabytes

ENGINE_NAME = "coopanalysis"
CellCallback = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Executed:
    """A notebook that was run to its end, the most memory its kernel held, and its CPU seconds.

    `cpu` is that of the kernel, to start (`kernel`) and for the cells (`cells`); both are 0 where
    the system does not say, and so is `megabytes`.
    """

    notebook: NotebookNode
    megabytes: float
    cpu: dict[str, float]


class NotebookFailed(Exception):  # noqa: N818  (an outcome that is handled, not a defect)
    """A cell failed; carries the notebook as far as it came."""

    def __init__(self, message: str, notebook: NotebookNode) -> None:
        super().__init__(message)
        self.notebook = notebook


class Watch:
    """What is seen of a notebook while it runs: its cell, and the memory and CPU of its kernel."""

    def __init__(self, job: ReportJob, on_cell: CellCallback) -> None:
        self.job, self.on_cell = job, on_cell
        self.end = time.monotonic() + job.limit_seconds
        self.notebook: NotebookNode | None = None
        self.headings: list[str] = []
        self.cell = 0
        self.source = ""
        self.megabytes = self.started_with = self.cpu = 0.0

    def begin(self, notebook: NotebookNode) -> None:
        """Take up the notebook whose cells run next."""
        self.notebook, self.headings = notebook, _headings(notebook)

    def see(self, index: int) -> None:
        """Note which cell runs: its number as Jupyter counts, and its first lines."""
        assert self.notebook is not None
        if not self.cell:
            self.started_with = cpu_seconds(ForkProvisioner.latest.pid)
        cells = self.notebook.cells
        self.cell = sum(cell.cell_type == "code" for cell in cells[: index + 1])
        self.source = "\n".join(cells[index].source.splitlines()[:6])
        self.on_cell(index + 1, len(cells), self.headings[index])

    def seconds_left(self, _: NotebookNode) -> float:
        """Time left for a cell."""
        return max(self.end - time.monotonic(), 0.01)

    def measure(self) -> None:
        """See how much memory the kernel has held, and what CPU it has used."""
        self.megabytes = max(self.megabytes, peak_megabytes(ForkProvisioner.latest.pid))
        self.cpu = cpu_seconds(ForkProvisioner.latest.pid)

    def so_far(self) -> NotebookNode:
        """The notebook as far as it came."""
        return self.notebook or nbformat.read(self.job.notebook, as_version=4)

    def failed(self, said: str) -> NotebookFailed:
        """Failure of the cell that runs, with its first lines."""
        return NotebookFailed(f"cell {self.cell} {said}\n{self.source}", self.so_far())


class ReportEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's engine, with a callback for each cell and the notebook kept on failure."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        watch: Watch,
        **options: Any,
    ) -> None:
        """Run the cells of a notebook."""
        watch.begin(nb_man.nb)
        start, complete = nb_man.cell_start, nb_man.cell_complete

        def cell_start(cell: NotebookNode, cell_index: int | None = None, **rest: Any) -> None:
            watch.see(cell_index or 0)
            start(cell, cell_index, **rest)

        def cell_complete(cell: NotebookNode, cell_index: int | None = None, **rest: Any) -> None:
            watch.measure()
            complete(cell, cell_index, **rest)

        nb_man.cell_start, nb_man.cell_complete = cell_start, cell_complete
        options["kernel_manager_class"] = ThisPythonManager
        options["timeout_func"] = watch.seconds_left
        options["shutdown_kernel"] = "immediate"
        options["record_timing"] = False
        super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register(ENGINE_NAME, ReportEngine)


def prepare() -> None:
    """Do once what every first notebook of a process does: find provisioners, compile a schema."""
    register_provisioner()
    nbformat.validate(nbformat.v4.new_notebook())


def run_notebook(job: ReportJob, folder: Path, on_cell: CellCallback) -> Executed:
    """Run a notebook with the parameters of a job, within its limits.

    `folder` takes files on the way. `on_cell` is called before each cell with its number from 1,
    the number of cells, and the nearest heading above it. `NotebookFailed` says that a cell failed,
    the time was up, or the kernel died.
    """
    register_provisioner()
    watch = Watch(job, on_cell)
    try:
        papermill.execute_notebook(
            job.notebook,
            folder / "out.ipynb",
            parameters=job.parameters,
            engine_name=ENGINE_NAME,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            cwd=job.notebook.parent,
            watch=watch,
        )
    except PapermillExecutionError as error:
        raise _cell_failed(error, watch) from error
    except CellTimeoutError as error:
        limit = f"{job.limit_seconds:,.0f} s, the limit of this report (`limit_seconds`)"
        raise watch.failed(f"was still running after {limit}") from error
    except DeadKernelError as error:
        how, short_of_memory = how_it_ended(ForkProvisioner.latest)
        if short_of_memory:
            how += f"; it {_memory(watch)}. Where memory is short, the system kills, too"
        raise watch.failed(f"ended its Python process {how}") from error
    except (CellExecutionError, RuntimeError, OSError) as error:
        words = f"{type(error).__name__}: {excerpt(str(error))}"
        raise NotebookFailed(words, watch.so_far()) from error
    cpu = {"kernel": watch.started_with, "cells": watch.cpu - watch.started_with}
    return Executed(watch.so_far(), watch.megabytes, cpu)


def _cell_failed(error: PapermillExecutionError, watch: Watch) -> NotebookFailed:
    """Say what a cell raised; a kernel without memory for a traceback cannot say why."""
    traceback = excerpt("\n".join(error.traceback))
    if not traceback.strip():
        return watch.failed(f"failed and could not say why; its Python process {_memory(watch)}")
    words = f"cell {error.exec_count or watch.cell}: {error.ename}: {error.evalue}"
    if error.ename.endswith("MemoryError"):
        words += f" (its limit is {watch.job.limit_megabytes:,.0f} MB: `limit_megabytes`)"
    return NotebookFailed(f"{words}\n{traceback}", watch.so_far())


def _memory(watch: Watch) -> str:
    return (
        f"had held {watch.megabytes:,.0f} MB, and may add {watch.job.limit_megabytes:,.0f} to what "
        "it starts with (`limit_megabytes`)"
    )


def _headings(nb: NotebookNode) -> list[str]:
    """Nearest heading above each cell."""
    headings, last = [], ""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            found = re.findall(r"^#+\s+(.+)$", cell.source, re.MULTILINE)
            last = found[-1].strip() if found else last
        headings.append(last)
    return headings
