"""Imported once by the server that processes are forked from: what a report needs, made ready.

`multiprocessing` imports this module in its fork server before it forks anything (see
`processes.py`), and keeps quiet about what fails there: `PROBLEM` says it to whoever asks.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from coopanalysis.reports.processes import MODULES_VARIABLE, PAGE

KERNEL = (
    "psutil",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "coopanalysis.panel.load",
    "coopanalysis.display.page",
    "coopanalysis.display.tables",
    "coopanalysis.display.figures",
)
_NOTEBOOK, _RENDER = "coopanalysis.reports.notebook", "coopanalysis.reports.render"
_KEPT_OUT = ("debugpy", "polars")
"""A debugger that every kernel would load and no report uses, and what starts a thread when
imported, which statsmodels does. A notebook that asks for one imports it in its own kernel."""


def warm_up(names: Sequence[str]) -> None:
    """Import what notebooks need, and do once what each would do first; nothing shows in a report.

    Names are of modules, or of what a module has. One that a notebook alone names and that is
    missing is that notebook's to report.
    """
    needed = set(PAGE).intersection(names)
    for name in (*KERNEL, *needed):
        importlib.import_module(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            with suppress(ImportError, AttributeError):
                pkgutil.resolve_name(name)
    _draw()
    if needed:
        sys.modules[_RENDER].page_exporter()
        sys.modules[_NOTEBOOK].prepare()


def _draw() -> None:
    """Draw a figure, so that fonts are found and code is loaded; settings stay as they were."""
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    from coopanalysis.display.figures.places import draw_svg  # noqa: PLC0415
    from coopanalysis.display.figures.show import draw_png  # noqa: PLC0415

    before = dict(mpl.rcParams)
    with mpl.rc_context():
        figure = Figure(layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], label="Words")
        axes.legend()
        draw_png(figure)
        draw_svg(figure, finding="", alt="", labels={})
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
    sys.modules.update(dict.fromkeys(_KEPT_OUT))  # type: ignore[arg-type]
    try:
        warm_up([*filter(None, os.environ.pop(MODULES_VARIABLE, "").split(","))])
    except Exception as error:  # noqa: BLE001  (told to whoever asks for a process)
        return f"{type(error).__name__}: {error}"
    finally:
        for name in _KEPT_OUT:
            del sys.modules[name]
        gc.freeze()
        gc.enable()
    return _thread_problem()


PATH = [entry for entry in sys.path if entry]
"""Where modules are found, but for the current folder."""
PROBLEM = _problem()
