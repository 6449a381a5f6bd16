"""A warmed parent that workers and kernels are forked from (Linux).

It imports what both need, and parts in two: one process goes on with what notebooks import, the
other with papermill and nbconvert, each on a core of its own. Neither starts a thread; each forks
a child for each request on its socket. A child runs a module as `python -m` would, in a process
group of its own. Whoever asked for a child keeps the connection open for as long as the child is
wanted: when it closes, the child is killed; when the parent's standard input closes, so are all of
them, and the second process with them.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

SHARED = ("pandas", "pyarrow", "jupyter_client.manager", "coopanalysis.display.page")
KERNELS = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "IPython.core.interactiveshell",
    "coopanalysis.panel.load",
    "coopanalysis.display.tables",
    "coopanalysis.display.figures",
    "pyarrow.dataset",
    "pyarrow.parquet",
)
WORKERS = (
    "coopanalysis.reports.worker",
    "coopanalysis.reports.engine",
    "coopanalysis.reports.render",
    "coopanalysis.reports.provenance",
    "coopanalysis.reports.site.facts",
    "coopanalysis.reports.site.thumbs",
    "pyarrow.parquet",
)
LONGEST_REQUEST = 1 << 20
READY = b"ready\n"


class Child:
    """One forked process and the connection of whoever asked for it."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid, self.connection = pid, connection

    def kill(self) -> None:
        """End the child with all it started."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def tell(self, status: int) -> None:
        """Say how it ended."""
        try:
            self.connection.sendall(json.dumps({"exit": status}).encode() + b"\n")
        except OSError:
            pass
        finally:
            self.connection.close()


def main(arguments: list[str]) -> None:
    """Warm up, say so, and fork until standard input closes.

    Parameters
    ----------
    arguments : list of str
        Descriptors of the sockets that kernels and workers are asked for at (one alone where no
        worker is wanted), with a comma; then the modules that the notebooks import.
    """
    numbers, *wanted = arguments
    kernels, *workers = (socket.socket(fileno=int(number)) for number in numbers.split(","))
    del sys.path[0]  # the current folder, which `python -m` puts there
    gc.disable()  # nothing imported is garbage, and a collection would touch all of it
    _load(SHARED)
    second = _part() if workers else None
    if workers and second is None:
        kernels.close()
        listener, answers = workers[0], 0
        _load(WORKERS)
        importlib.import_module("coopanalysis.reports.worker").warm_worker()
    else:
        for other in workers:
            other.close()
        listener, answers = kernels, 1
        warm_kernels(wanted)
    threads = other_threads()
    if threads:
        sys.exit(f"An import started the thread {threads[0]}; a forked process could hang.")
    gc.freeze()
    if second is not None and second.recv(len(READY)) != READY:
        sys.exit(1)  # the second process has said why
    os.write(answers, READY)
    request = _serve(listener, second)
    if request is not None:
        run(request)


def _part() -> socket.socket | None:
    """Fork the second process; in the first return the line to it, in the second None.

    The second has the line as its standard input, which closes when the first ends.
    """
    ours, theirs = socket.socketpair()
    if os.fork():
        theirs.close()
        return ours
    ours.close()
    os.dup2(theirs.fileno(), 0)
    theirs.close()
    return None


def other_threads() -> list[str]:
    """Names of threads beside the first one that a fork would leave behind half-way.

    The background thread of jemalloc, which comes with pyarrow, is started anew after a fork.
    """
    tasks = Path("/proc/self/task")
    names = {
        task.name: (task / "comm").read_text(encoding="utf-8").strip() for task in tasks.iterdir()
    }
    return [
        name
        for number, name in names.items()
        if number != str(os.getpid()) and name != "jemalloc_bg_thd"
    ]


def warm_kernels(wanted: list[str]) -> None:
    """Import what notebooks need, and draw once; nothing of it shows in a report.

    Raises
    ------
    ImportError
        If a module of this package, or of the tools that run notebooks, is missing. One that
        a notebook alone names is that notebook's to report.
    """
    _load(KERNELS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in wanted:
            try:
                importlib.import_module(name)
            except ImportError:
                continue
    _draw()


def _load(names: Iterable[str]) -> None:
    for name in names:
        importlib.import_module(name)


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
        sys.exit("Warming up changed the settings of matplotlib.")


def _serve(listener: socket.socket, second: socket.socket | None) -> dict[str, Any] | None:
    """Fork a child per request. In a child, return its request; in the parent None, at the end."""
    children: dict[int, Child] = {}
    poll = selectors.DefaultSelector()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    os.set_blocking(wake_read, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _end(children, second))
    poll.register(listener, selectors.EVENT_READ, "asked")
    poll.register(wake_read, selectors.EVENT_READ, "ended")
    poll.register(0, selectors.EVENT_READ, "owner")
    while True:
        for event, _ in poll.select():
            if event.data == "asked":
                connection, _ = listener.accept()
                request, descriptors = _receive(connection)
                if request is None:
                    connection.close()
                    continue
                pid = os.fork()
                if pid == 0:
                    poll.close()
                    sockets = [listener, connection, *(c.connection for c in children.values())]
                    _leave_parent([*sockets, *filter(None, [second])], (wake_read, wake_write))
                    return {**request, "descriptors": descriptors}
                os.setpgid(pid, pid)
                for descriptor in descriptors:
                    os.close(descriptor)
                children[pid] = Child(pid, connection)
                connection.sendall(json.dumps({"pid": pid}).encode() + b"\n")
                poll.register(connection, selectors.EVENT_READ, pid)
            elif event.data == "ended":
                _drain(wake_read)
                _reap(children, poll)
            elif event.data == "owner":
                _end(children, second)
            elif event.data in children and not _is_open(children[event.data].connection):
                children[event.data].kill()
                poll.unregister(children[event.data].connection)


def _receive(connection: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """Read one request: a line of JSON, with the three standard descriptors."""
    connection.settimeout(10)
    try:
        text, descriptors, _, _ = socket.recv_fds(connection, LONGEST_REQUEST, 3)
        while text and not text.endswith(b"\n"):
            text += connection.recv(LONGEST_REQUEST)
        connection.settimeout(None)
        return json.loads(text), list(descriptors)
    except (OSError, ValueError):
        return None, []


def _is_open(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except BlockingIOError:
        pass


def _reap(children: dict[int, Child], poll: selectors.BaseSelector) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        child = children.pop(pid, None)
        if child is not None:
            child.kill()  # what it started and left behind
            if child.connection in poll.get_map():
                poll.unregister(child.connection)
            child.tell(os.waitstatus_to_exitcode(status))


def _end(children: dict[int, Child], second: socket.socket | None) -> NoReturn:
    """End all children and the second process, see them gone, and end."""
    if second is not None:
        second.close()
    for child in children.values():
        child.kill()
    with suppress(ChildProcessError):
        while True:
            os.wait()
    os._exit(0)


def _leave_parent(sockets: Sequence[socket.socket], wake: tuple[int, int]) -> None:
    """Let go of all that is the parent's."""
    os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for one in sockets:
        one.close()
    for descriptor in wake:
        os.close(descriptor)


def run(request: dict[str, Any]) -> NoReturn:
    """Become the process that was asked for: `python -m module arguments`.

    Of a module that is here already, `main` is called.
    """
    for target, descriptor in enumerate(request["descriptors"]):
        os.dup2(descriptor, target)
    os.closerange(3, max(request["descriptors"], default=2) + 1)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.path.insert(0, request["folder"])
    sys.argv = ["", *request["arguments"]]
    gc.enable()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    status = 0
    try:
        loaded = sys.modules.get(request["module"])
        if loaded is not None:
            loaded.main()
        else:
            runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:  # noqa: BLE001  (what an interpreter does at its outermost level)
        sys.excepthook(*sys.exc_info())
        status = 1
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
