"""The one place that knows how a notebook is run: papermill, with a kernel of this Python."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_core.paths import jupyter_runtime_dir
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets import default
from zmq import IPC_PATH_MAX_LEN

from coopanalysis.reports.packer import pack
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.provisioner import (
    PROVISIONER_NAME,
    ForkProvisioner,
    cpu_seconds,
    how_it_ended,
    peak_megabytes,
)
from coopanalysis.reports.records import excerpt

ENGINE_NAME = "coopanalysis"
_RUNTIME_VARIABLE = "JUPYTER_RUNTIME_DIR"

CellCallback = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Executed:
    """A notebook that was run to its end.

    Attributes
    ----------
    notebook : NotebookNode
    megabytes : float
        Most memory its kernel held; 0 where the system does not say.
    cpu : dict of float
        CPU seconds of its kernel: to start (`kernel`) and for the cells (`cells`).
    """

    notebook: NotebookNode
    megabytes: float
    cpu: dict[str, float]


class NotebookFailed(Exception):  # noqa: N818  (an outcome that is handled, not a defect)
    """A cell failed; carries the notebook as far as it came."""

    def __init__(self, message: str, notebook: NotebookNode) -> None:
        super().__init__(message)
        self.notebook = notebook


def _latest_pid() -> int:
    return ForkProvisioner.latest.pid if ForkProvisioner.latest else 0


class Watch:
    """What is seen of a notebook while it runs.

    Parameters
    ----------
    on_cell : callable
    seconds : float
        Time the whole notebook may take.
    """

    def __init__(self, on_cell: CellCallback, seconds: float) -> None:
        self.on_cell = on_cell
        self.end = time.monotonic() + seconds
        self.notebook: NotebookNode | None = None
        self.cell = 0
        self.source = ""
        self.megabytes = 0.0
        self.started_with = self.cpu = 0.0

    def see(self, index: int) -> None:
        """Note which cell runs: its number as Jupyter counts, and its first lines."""
        if not self.cell:
            self.started_with = cpu_seconds(_latest_pid())
        cells = self.notebook.cells if self.notebook else []
        self.cell = sum(cell.cell_type == "code" for cell in cells[: index + 1])
        self.source = "\n".join(cells[index].source.splitlines()[:6]) if cells else ""

    def seconds_left(self, _: NotebookNode) -> float:
        """Time left for a cell."""
        return max(self.end - time.monotonic(), 0.01)

    def measure(self) -> None:
        """See how much memory the kernel has held, and what CPU it has used."""
        peak = peak_megabytes(_latest_pid())
        self.megabytes = max(self.megabytes, peak)
        self.cpu = cpu_seconds(_latest_pid())


class ThisPython(KernelSpecManager):
    """Starts kernels with the running Python, whatever kernels are registered on the machine."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the specification of the one kernel there is."""
        start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        quiet = ["--log-level=CRITICAL", "--HistoryManager.enabled=False"]
        return KernelSpec(
            argv=[*start, *quiet, f"--Session.packer={pack.__module__}.{pack.__name__}"],
            display_name=kernel_name,
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER_NAME}},
        )


def _socket_base() -> str:
    """Path that the sockets of a kernel begin with; a number follows."""
    return str(Path(jupyter_runtime_dir()) / "kernel")


class ThisPythonManager(AsyncKernelManager):
    """Kernel manager that knows no other Python, and talks through files where that is possible.

    Sockets in a folder of its own cannot collide as ports do when several kernels start at
    once, and nobody else on the machine can listen. Systems allow about 100 characters for the
    path of a socket: where the temporary folder is deeper than that, ports serve.
    """

    @default("transport")
    def _files_before_ports(self) -> str:
        longest = len(os.fsencode(_socket_base())) + len("-99999")
        return "ipc" if os.name == "posix" and longest <= IPC_PATH_MAX_LEN else "tcp"

    @default("ip")
    def _own_folder(self) -> str:
        return _socket_base() if self.transport == "ipc" else "127.0.0.1"

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
        watch: Watch,
        **options: Any,
    ) -> None:
        """Run the cells of a notebook."""
        watch.notebook = nb_man.nb
        headings = _headings(nb_man.nb)
        start, complete = nb_man.cell_start, nb_man.cell_complete

        def cell_start(cell: NotebookNode, cell_index: int | None = None, **rest: Any) -> None:
            index = cell_index or 0
            watch.see(index)
            heading = headings[min(index, len(headings) - 1)]
            watch.on_cell(index + 1, len(nb_man.nb.cells), heading)
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
    """Make the kernel provisioner known, whether or not the installation lists it."""
    factory = KernelProvisionerFactory.instance()
    value = f"{ForkProvisioner.__module__}:{ForkProvisioner.__name__}"
    factory.provisioners[PROVISIONER_NAME] = EntryPoint(
        PROVISIONER_NAME, value, KernelProvisionerFactory.GROUP_NAME
    )


def run_notebook(job: ReportJob, on_cell: CellCallback) -> Executed:
    """Run a notebook with the parameters of a job, within its limits.

    Parameters
    ----------
    job : ReportJob
    on_cell : callable
        Called before each cell with its number from 1, the number of cells, and the nearest
        heading above it.

    Raises
    ------
    NotebookFailed
        If a cell fails, the notebook takes longer than its limit, or the kernel dies.
    """
    prepare()
    watch = Watch(on_cell, job.limit_seconds)
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
                watch=watch,
            )
        except PapermillExecutionError as error:
            words = f"cell {error.exec_count or watch.cell}: {error.ename}: {error.evalue}"
            if error.ename.endswith("MemoryError"):
                words += f" (its limit is {job.limit_megabytes:,.0f} MB: `limit_megabytes`)"
            traceback = excerpt("\n".join(error.traceback))
            if not traceback.strip():
                words = (
                    f"cell {watch.cell} failed and could not say why; its Python process had held "
                    f"{watch.megabytes:,.0f} MB, and may add {job.limit_megabytes:,.0f} to what it "
                    "starts with (`limit_megabytes`)"
                )
                traceback = watch.source
            raise NotebookFailed(f"{words}\n{traceback}", _partial(watch, job)) from error
        except CellTimeoutError as error:
            words = (
                f"cell {watch.cell} was still running after {job.limit_seconds:,.0f} s, the limit "
                f"of this report (`limit_seconds`)\n{watch.source}"
            )
            raise NotebookFailed(words, _partial(watch, job)) from error
        except DeadKernelError as error:
            words = f"cell {watch.cell} ended its Python process {_how(watch, job)}\n{watch.source}"
            raise NotebookFailed(words, _partial(watch, job)) from error
        except (CellExecutionError, RuntimeError, OSError) as error:
            words = f"{type(error).__name__}: {excerpt(str(error))}"
            raise NotebookFailed(words, _partial(watch, job)) from error
    cpu = {"kernel": watch.started_with, "cells": watch.cpu - watch.started_with}
    return Executed(_partial(watch, job), watch.megabytes, cpu)


def _how(watch: Watch, job: ReportJob) -> str:
    """Say by which signal or status a kernel ended; memory only where that may be why."""
    how, short_of_memory = how_it_ended(ForkProvisioner.latest)
    if not short_of_memory:
        return how
    return (
        f"{how}; it had held {watch.megabytes:,.0f} MB, and may add {job.limit_megabytes:,.0f} to "
        "what it starts with (`limit_megabytes`). Where memory is short, the system kills, too"
    )


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


def _partial(watch: Watch, job: ReportJob) -> NotebookNode:
    return watch.notebook or nbformat.read(job.notebook, as_version=4)


def _headings(nb: NotebookNode) -> list[str]:
    """Nearest heading above each cell."""
    headings, last = [], ""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            found = re.findall(r"^#+\s+(.+)$", cell.source, re.MULTILINE)
            last = found[-1].strip() if found else last
        headings.append(last)
    return headings
