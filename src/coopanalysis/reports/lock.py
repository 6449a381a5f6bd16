"""One run at a time: two would write the same files."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from coopanalysis.errors import ReportError

LOCK_FILE = ".lock"


@contextmanager
def run_lock(folder: Path, say: Callable[[str], None], *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a folder of reports; the system lets go of it however the process ends.

    That another run is at work is said once, or is an error where this one shall not `wait`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK_FILE).open("a+", encoding="ascii")
    except OSError as error:
        if not isinstance(error, PermissionError) and error.errno != errno.EROFS:
            raise ReportError(
                f"{folder.name}/{LOCK_FILE} cannot be written ({error}). Mend or remove it."
            ) from error
        yield  # where this run may not write there is nothing that two runs could both write
        return
    with file:
        if not _take(file.fileno()):
            file.seek(0)
            who = file.read().strip() or "unknown"
            said = f"Another run (process {who}) is making reports in {folder.name}/"
            if not wait:
                raise ReportError(f"{said}. Wait for it, or leave out --no-wait.")
            say(f"{said}; waiting for it.")
            while not _take(file.fileno()):
                time.sleep(0.1)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _take(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
