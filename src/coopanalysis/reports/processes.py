"""Processes of their own for reports and kernels: forked from a warmed server, or started plain.

The server is that of `multiprocessing`, with `warm.py` imported. Whoever starts a process ends it
with all it started; and where they are gone without a word, it ends by itself.
"""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Lock, Thread
from types import ModuleType
from typing import Any

from coopanalysis.errors import ReportError

KERNEL_ENVIRONMENT = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONWARNINGS": "",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYDEVD_USE_FRAME_EVAL": "NO",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
}
"""What every kernel inherits, and the server with it: what is read once, at the start.

A filter of warnings that somebody set for their own work would end libraries in the middle of
theirs, so there is none. The debugger that a plain kernel loads, and a forked one does not, would
say itself that it leaves frames alone. The last two let the C library keep memory that a column was
in for the next one, instead of giving it back and having every page of it cleared anew.
"""
MODULES_VARIABLE = "COOPANALYSIS_WARM"
"""Tells the server what to import beside what every kernel needs: names, with commas."""
PAGE = (
    "coopanalysis.reports.make",
    "coopanalysis.reports.notebook",
    "coopanalysis.reports.render",
)
"""What runs a notebook and makes its page."""
END_SECONDS = 5
_CANNOT = "No kernels can be forked from a warmed parent"
_server: Any = forkserver._forkserver  # it alone can be asked whether it runs, and to stop
_starting = Lock()
_modules: list[str] = []


def can_fork() -> bool:
    """Whether this system has what the warmed server needs."""
    return sys.platform == "linux"


def choose_method(modules: Sequence[str], *, plain: bool, say: Callable[[str], None]) -> str:
    """Start the warmed server unless plain processes are wanted, and name the way to start one.

    Where the server cannot be had, that is said, and plain processes do the same work.
    """
    if plain or not can_fork():
        return "spawn"
    try:
        start_server([*PAGE, *modules])
    except ReportError as error:
        say(f"{error} Starting plain ones.")
        return "spawn"
    return "forkserver"


def start_server(modules: Sequence[str]) -> None:
    """Start the server that processes are forked from, if it does not run, and see it warm."""
    if _modules:
        return
    if _server._forkserver_pid is not None:
        raise ReportError(f"{_CANNOT}: another program uses the fork server of this process.")
    forkserver.set_forkserver_preload(["coopanalysis.reports.warm"])
    _modules.extend(modules)
    try:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        start_process("forkserver", _tell_problem, sender)
        sender.close()
        problem = receiver.recv()
    except EOFError:
        problem = "it ended"
    except OSError as error:
        problem = str(error)
    if problem:
        stop_server()
        raise ReportError(f"{_CANNOT}: {problem}")


def _tell_problem(sender: Connection) -> None:
    from coopanalysis.reports import warm  # noqa: PLC0415  (imported by the server already)

    sender.send(warm.PROBLEM)


def stop_server() -> None:
    """End the server, if it runs; what was forked from it has been ended before."""
    if _modules and _server._forkserver_pid is not None:
        with suppress(ProcessLookupError):
            os.kill(_server._forkserver_pid, signal.SIGKILL)
        _server._stop()
    _modules.clear()
    forkserver.set_forkserver_preload(["__main__"])


def start_process(method: str, target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Start a process that calls a function: by "forkserver", "fork" or "spawn"."""
    # A worker of dask may be told that it has no children; it ends with its own all the same.
    multiprocessing.current_process().daemon = False
    process: BaseProcess = multiprocessing.get_context(method).Process(  # type: ignore[attr-defined]
        target=target, args=arguments, name="MainProcess"
    )
    if method == "fork":
        process.start()
    else:
        with _starting, _fresh_interpreter():
            process.start()
    return process


@contextmanager
def _fresh_interpreter() -> Iterator[None]:
    """Let what starts now have its environment from the start, and not run the caller's script."""
    wanted = {**KERNEL_ENVIRONMENT, MODULES_VARIABLE: ",".join(_modules)}
    before, main = {name: os.environ.get(name, "") for name in wanted}, sys.modules["__main__"]
    set_environment(wanted)
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        set_environment(before)


def set_environment(wanted: Mapping[str, str]) -> None:
    """Set variables of this process; an empty value takes one away."""
    for name, value in wanted.items():
        if value:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)


def end_process(process: BaseProcess) -> None:
    """End a process with all that it started: a kernel is in a group of its own."""
    import psutil  # noqa: PLC0415

    family = []
    with suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for one in family:
        with suppress(psutil.Error):
            one.kill()
    process.join(END_SECONDS)


def end_with_parent() -> None:
    """End this process when whoever asked for it is gone."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def end_group_with_parent() -> None:
    """Have Linux end this group of processes when whoever asked for it is gone.

    The end of a pipe is a signal that nothing in the group waits for: it ends even a process that
    is deep in a computation and runs no other thread.
    """
    import fcntl  # noqa: PLC0415  (Windows has none)

    os.setpgid(0, 0)
    parent = multiprocessing.parent_process()
    assert parent is not None
    pipe = parent.sentinel
    fcntl.fcntl(pipe, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([pipe], [], [], 0)[0]:
        os._exit(1)


def stop_on_terminate() -> None:
    """Let a request to end unwind as Ctrl-C does, so that nothing is left behind."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
