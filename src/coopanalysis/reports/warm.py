"""Imported once by the server that processes are forked from: what a report needs, made ready.

`multiprocessing` imports this module in its fork server before it forks anything (see
`processes.py`), and keeps quiet about what fails there: `PROBLEM` says it to whoever asks.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

from coopanalysis.reports.processes import MODULES_VARIABLE, PAGE

KERNEL = (
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "IPython.core.interactiveshell",
    "coopanalysis.panel.load",
    "coopanalysis.display.page",
    "coopanalysis.display.tables",
    "coopanalysis.display.figures",
)
_RENDER = "coopanalysis.reports.render"
_KEPT_OUT = "polars"
"""Starts a thread when imported, which statsmodels does where it is installed. A notebook that asks
for it imports it in its own kernel."""


def warm_up(modules: Iterable[str]) -> None:
    """Import what notebooks need, and draw once; nothing of it shows in a report.

    A module that a notebook alone names and that is missing is that notebook's to report.
    """
    for name in KERNEL:
        importlib.import_module(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in modules:
            try:
                importlib.import_module(name)
            except ImportError:
                if name in PAGE:
                    raise
    _draw()
    if _RENDER in sys.modules:
        sys.modules[_RENDER].page_exporter()


def _draw() -> None:
    """Draw a figure, so that fonts are found and code is loaded; settings stay as they were."""
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    before = dict(mpl.rcParams)
    with mpl.rc_context():
        figure = Figure(layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], label="Words")
        axes.legend()
        FigureCanvasAgg(figure).draw()
    if dict(mpl.rcParams) != before:
        raise ImportError("Warming up changed the settings of matplotlib.")


def _thread_problem() -> str:
    """Name a thread beside the first one, which a fork would leave behind half-way.

    The background thread of jemalloc, which comes with pyarrow, is started anew after a fork.
    """
    for task in Path("/proc/self/task").iterdir():
        name = (task / "comm").read_text(encoding="utf-8").strip()
        if task.name != str(os.getpid()) and name != "jemalloc_bg_thd":
            return f"An import started the thread {name}; a forked process could hang."
    return ""


def _problem() -> str:
    gc.disable()  # nothing imported is garbage, and a collection would touch all of it
    sys.modules[_KEPT_OUT] = None  # type: ignore[assignment]
    try:
        warm_up(filter(None, os.environ.pop(MODULES_VARIABLE, "").split(",")))
    except Exception as error:  # noqa: BLE001  (told to whoever asks for a process)
        return f"{type(error).__name__}: {error}"
    finally:
        del sys.modules[_KEPT_OUT]
        gc.freeze()
        gc.enable()
    return _thread_problem()


PATH = [entry for entry in sys.path if entry]
"""Where modules are found, but for the current folder."""
PROBLEM = _problem()
