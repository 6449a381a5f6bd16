"""The processes that run notebooks: forked from a warmed parent, or started one by one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO, Any

from coopanalysis.errors import ReportError
from coopanalysis.reports.forked import (
    SOCKET_VARIABLE,
    ForkedProcess,
    WarmParent,
    inherited,
)
from coopanalysis.tempfolder import make_folder, remove_folder

MODULE = "coopanalysis.reports.worker"


class Crew:
    """Starts workers and ends all of them, with what they started, whatever happens.

    Parameters
    ----------
    modules : sequence of str
        Modules that the notebooks import.
    plain : bool
        Start a process of its own for each worker and kernel.
    environment : mapping, optional
        Set for all of them; what is empty is not set at all.
    """

    def __init__(
        self,
        modules: Sequence[str],
        *,
        plain: bool,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = make_folder("coop-crew-")
        self._environment = dict(environment or {})
        self._modules, self._plain = modules, plain
        self._parent: WarmParent | None = None
        self._workers: list[Worker] = []
        self._numbers = count()

    def warm_up(self, say: Callable[[str], None]) -> None:
        """Return once workers can be started: plain ones, which is said, if none can be forked."""
        if self._plain:
            return
        try:
            self._parent = WarmParent(self._modules, self._environment)
            self._parent.wait_until_warm()
        except ReportError as error:
            self._parent = None
            say(f"{error} Starting plain ones.")

    def start(self) -> Worker:
        """Start a worker."""
        worker = Worker(self.folder, next(self._numbers), self._parent, self._environment)
        self._workers.append(worker)
        return worker

    def end(self, worker: Worker) -> None:
        """End one worker, with what it started."""
        worker.kill()
        self._workers.remove(worker)

    def close(self) -> None:
        """End every worker and kernel, and remove their temporary files."""
        for worker in self._workers:
            worker.kill()
        if self._parent is not None:
            self._parent.close()
        remove_folder(self.folder)


class Worker:
    """One worker process and the lines to and from it.

    Parameters
    ----------
    folder : Path
        For temporary files.
    number : int
    parent : WarmParent or None
        The warmed parent, if there is one.
    extra : mapping
        Set in its environment.
    """

    def __init__(
        self, folder: Path, number: int, parent: WarmParent | None, extra: Mapping[str, str]
    ) -> None:
        self._errors = folder / f"worker-{number}.txt"
        environment = inherited({**extra, "TMPDIR": str(folder)})
        if parent is not None:
            environment[SOCKET_VARIABLE] = str(parent.kernels)
        address = parent.workers if parent is not None else None
        self._input, self._output, self._process = self._start(address, environment)

    def _start(
        self, address: Path | None, environment: Mapping[str, str]
    ) -> tuple[IO[bytes], IO[bytes], subprocess.Popen[bytes] | ForkedProcess]:
        with self._errors.open("wb") as errors:
            if address is None:
                process = subprocess.Popen(
                    [sys.executable, "-m", MODULE],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=environment,
                    start_new_session=True,
                )
                assert process.stdin is not None
                assert process.stdout is not None
                return process.stdin, process.stdout, process
            theirs_in, ours_in = os.pipe()
            ours_out, theirs_out = os.pipe()
            try:
                forked = ForkedProcess(
                    MODULE,
                    [],
                    address=address,
                    environment=environment,
                    folder=Path.cwd(),
                    streams=(theirs_in, theirs_out, errors),
                )
            finally:
                os.close(theirs_in)
                os.close(theirs_out)
            return os.fdopen(ours_in, "wb"), os.fdopen(ours_out, "rb"), forked

    def run(self, line: bytes) -> Iterator[dict[str, Any]]:
        """Give it a job; yield what it says, up to the end of the job or of the worker."""
        try:
            self._input.write(line)
            self._input.flush()
        except (OSError, ValueError):
            return
        for said in self._output:
            message = json.loads(said)
            yield message
            if message["kind"] == "done":
                return

    def last_words(self) -> str:
        """What a worker that ended wrote about it."""
        status = self._process.wait(timeout=10)
        try:
            lines = self._errors.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"exit status {status}{f': {said}' if said else ''}"

    def kill(self) -> None:
        """End it with all it started."""
        if isinstance(self._process, ForkedProcess):
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
        else:
            _kill_family(self._process)
        for pipe in (self._input, self._output):
            with suppress(OSError):
                pipe.close()


def _kill_family(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its descendants: a kernel is in a session of its own."""
    if process.poll() is not None:
        return
    import psutil  # noqa: PLC0415

    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        family = []
    process.kill()
    for one in family:
        try:
            one.kill()
        except psutil.Error:
            continue
    process.wait()


def stop_on_terminate() -> None:
    """Let a request to end unwind as Ctrl-C does, so that nothing is left behind."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
