"""Processes forked from a warmed parent, and kernels among them.

`WarmParent` starts the parent; `ForkedProcess` is what `subprocess.Popen` is for a process of
its own; `ForkProvisioner` gives kernels of that kind to everything that speaks Jupyter: papermill,
nbval, JupyterLab. Where there is no warmed parent it starts plain kernels.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from coopanalysis.errors import ReportError
from coopanalysis.reports.forkserver import READY
from coopanalysis.tempfolder import make_folder, remove_folder

SOCKET_VARIABLE = "COOPANALYSIS_WARM"
KERNEL_ENVIRONMENT = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONWARNINGS": "",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
}
"""What every kernel inherits, and the parent with it: what is read once, at the start.

A filter of warnings that somebody set for their own work would end libraries in the middle of
theirs, so there is none. The last two let the C library keep memory that a column was in for the
next one, instead of giving it back and having every page of it cleared anew.
"""


_CANNOT = "No kernels can be forked from a warmed parent"


def inherited(extra: Mapping[str, str]) -> dict[str, str]:
    """Environment of this process with what kernels need, and more; an empty value takes away."""
    merged = {**os.environ, **KERNEL_ENVIRONMENT, **extra}
    return {name: value for name, value in merged.items() if value or name not in extra}


def can_fork() -> bool:
    """Whether this system has what the warmed parent needs."""
    return sys.platform == "linux"


class WarmParent:
    """The warmed parent, for as long as it is needed.

    Parameters
    ----------
    modules : sequence of str
        Modules that the notebooks import.
    environment : mapping, optional
        Set for it while it warms up; as in `inherited`.
    kernels_only : bool
        Whether no worker will be asked for.

    Attributes
    ----------
    kernels, workers : Path
        Sockets that each are asked for at.

    Raises
    ------
    ReportError
        If it cannot warm up; plain kernels can do the same work then.
    """

    def __init__(
        self,
        modules: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        *,
        kernels_only: bool = False,
    ) -> None:
        self.folder = make_folder("coop-fork-")
        self.kernels, self.workers = self.folder / "kernels.sock", self.folder / "workers.sock"
        # Opened here, so that whoever asks while it warms up waits in the queue of the socket.
        wanted = [self.kernels] if kernels_only else [self.kernels, self.workers]
        try:
            listeners = [_listen(path) for path in wanted]
        except OSError as error:
            remove_folder(self.folder)
            raise ReportError(f"{_CANNOT}: {error} ({self.folder})") from error
        numbers = [str(listener.fileno()) for listener in listeners]
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", "coopanalysis.reports.forkserver", ",".join(numbers), *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=inherited(environment or {}),
            start_new_session=True,
            pass_fds=[listener.fileno() for listener in listeners],
        )
        for listener in listeners:
            listener.close()

    def wait_until_warm(self) -> None:
        """Return once it takes requests.

        Raises
        ------
        ReportError
            If it ended instead.
        """
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin is not None
        assert stdout is not None
        assert stderr is not None
        if stdout.readline() != READY:
            stdin.close()
            said = stderr.read().decode(errors="replace").strip().splitlines()
            self.close()
            raise ReportError(f"{_CANNOT}: {said[-1] if said else 'it ended'}")

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def close(self) -> None:
        """End it, and with it all it forked."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        remove_folder(self.folder)


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(64)
    return listener


class ForkedProcess:
    """A process forked from the warmed parent, with the methods of `subprocess.Popen`.

    Parameters
    ----------
    module : str
        Run as `python -m` would.
    arguments : sequence of str
    address : Path or str
        Socket of the parent.
    environment : mapping
    folder : Path or str
        Current folder of the process.
    streams : three of file, descriptor or None
        Standard input, output and error; None is the null device.
    """

    stdin = stdout = stderr = None

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        address: Path | str,
        environment: Mapping[str, str],
        folder: Path | str,
        streams: Sequence[IO[bytes] | int | None] = (None, None, None),
    ) -> None:
        self.returncode: int | None = None
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._said = b""
        request = {
            "module": module,
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": str(folder),
        }
        null = os.open(os.devnull, os.O_RDWR)
        try:
            descriptors = [null if one is None else _descriptor(one) for one in streams]
            self._link.connect(str(address))
            text = json.dumps(request).encode() + b"\n"
            sent = socket.send_fds(self._link, [text], descriptors)
            self._link.sendall(text[sent:])
        finally:
            os.close(null)
        self.pid: int = json.loads(self._line() or '{"pid": 0}')["pid"]
        if not self.pid:
            raise OSError("The warmed parent is gone.")

    def _line(self) -> bytes:
        while b"\n" not in self._said:
            more = self._link.recv(4096)
            if not more:
                return b""
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return line

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        if self.returncode is None:
            try:
                more = self._link.recv(4096, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
            except OSError:
                more = b""
            self._said += more
            if more and b"\n" not in self._said:
                return None
            self.returncode = json.loads(self._said)["exit"] if self._said else -signal.SIGKILL
            self._link.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises
        ------
        subprocess.TimeoutExpired
            If it runs for longer.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("forked process", timeout or 0.0)
            time.sleep(0.01)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def _descriptor(stream: IO[bytes] | int) -> int:
    return stream if isinstance(stream, int) else stream.fileno()
