"""The one place that knows how a notebook is run: papermill, with a kernel of this Python.

Something faster can take its place: `run_notebook` takes a job and a callback and returns an
executed notebook, or raises `NotebookFailed` with what there is of it.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.paths import jupyter_runtime_dir
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets import default

from coopanalysis.reports.execute import CELL_TIMEOUT_SECONDS, excerpt
from coopanalysis.reports.plan import ReportJob

ENGINE_NAME = "coopanalysis"
_RUNTIME_VARIABLE = "JUPYTER_RUNTIME_DIR"

CellCallback = Callable[[int, int, str], None]


class NotebookFailed(Exception):  # noqa: N818  (an outcome that is handled, not a defect)
    """A cell failed; carries the notebook as far as it came."""

    def __init__(self, message: str, notebook: NotebookNode) -> None:
        super().__init__(message)
        self.notebook = notebook


class ThisPython(KernelSpecManager):
    """Starts kernels with the running Python, whatever kernels are registered on the machine."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the specification of the one kernel there is."""
        start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        quiet = ["--log-level=CRITICAL"]
        return KernelSpec(argv=[*start, *quiet], display_name=kernel_name, language="python")


class ThisPythonManager(AsyncKernelManager):
    """Kernel manager that knows no other Python, and talks through files where that is possible.

    Sockets in a folder of its own cannot collide as ports do when several kernels start at
    once, and nobody else on the machine can listen.
    """

    @default("transport")
    def _files_before_ports(self) -> str:
        return "ipc" if os.name == "posix" else "tcp"

    @default("ip")
    def _own_folder(self) -> str:
        if self.transport == "ipc":
            return str(Path(jupyter_runtime_dir()) / "kernel")
        return "127.0.0.1"

    @default("kernel_spec_manager")
    def _only_this_python(self) -> KernelSpecManager:
        return ThisPython()


class ReportEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's engine, with a callback for each cell and the notebook kept on failure."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        on_cell: CellCallback,
        keep: list[NotebookNode],
        **options: Any,
    ) -> None:
        """Run the cells of a notebook."""
        keep.append(nb_man.nb)
        headings = _headings(nb_man.nb)
        start = nb_man.cell_start

        def cell_start(cell: NotebookNode, cell_index: int | None = None, **rest: Any) -> None:
            index = cell_index or 0
            on_cell(index + 1, len(nb_man.nb.cells), headings[min(index, len(headings) - 1)])
            start(cell, cell_index, **rest)

        nb_man.cell_start = cell_start
        options["kernel_manager_class"] = ThisPythonManager
        super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register(ENGINE_NAME, ReportEngine)


def run_notebook(job: ReportJob, on_cell: CellCallback) -> NotebookNode:
    """Run a notebook with the parameters of a job.

    Parameters
    ----------
    job : ReportJob
    on_cell : callable
        Called before each cell with its number from 1, the number of cells, and the nearest
        heading above it.

    Raises
    ------
    NotebookFailed
        If a cell fails, takes longer than the limit, or the kernel dies.
    """
    kept: list[NotebookNode] = []
    with tempfile.TemporaryDirectory(prefix="coop-") as folder, _runtime_folder(folder):
        try:
            papermill.execute_notebook(
                job.notebook,
                Path(folder) / "out.ipynb",
                parameters=job.parameters,
                engine_name=ENGINE_NAME,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                cwd=job.notebook.parent,
                execution_timeout=CELL_TIMEOUT_SECONDS,
                on_cell=on_cell,
                keep=kept,
            )
        except PapermillExecutionError as error:
            words = f"cell {error.exec_count}: {error.ename}: {error.evalue}"
            traceback = excerpt("\n".join(error.traceback))
            raise NotebookFailed(f"{words}\n{traceback}", _partial(kept, job)) from error
        except (CellTimeoutError, DeadKernelError, CellExecutionError) as error:
            words = f"{type(error).__name__}: {excerpt(str(error))}"
            raise NotebookFailed(words, _partial(kept, job)) from error
    return kept[-1]


@contextmanager
def _runtime_folder(folder: str) -> Iterator[None]:
    """Keep connection files of kernels in one folder, so that nothing is left behind."""
    before = os.environ.get(_RUNTIME_VARIABLE)
    os.environ[_RUNTIME_VARIABLE] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ[_RUNTIME_VARIABLE]
        else:
            os.environ[_RUNTIME_VARIABLE] = before


def _partial(kept: list[NotebookNode], job: ReportJob) -> NotebookNode:
    return kept[-1] if kept else nbformat.read(job.notebook, as_version=4)


def _headings(nb: NotebookNode) -> list[str]:
    """Nearest heading above each cell."""
    headings, last = [], ""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            found = re.findall(r"^#+\s+(.+)$", cell.source, re.MULTILINE)
            last = found[-1].strip() if found else last
        headings.append(last)
    return headings
