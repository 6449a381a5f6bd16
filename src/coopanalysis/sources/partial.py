"""Files on the way: kept between runs where a connection broke, never under their own name.

Each run receives into a file of its own, so that two runs at a time do no harm. A run that is
broken off leaves what it has under a common name, and the next one takes that over.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = ".partial"
STALE_SECONDS = 600.0
"""A file that nobody has written to for so long belongs to a run that was killed."""


@contextmanager
def partial_file(folder: Path, key: str) -> Iterator[Path]:
    """Give a file to receive into, with what an earlier run left of it.

    What tells these bytes from all others, such as an id with a hash, is the `key`. If the file
    is still there at the end and holds anything, it is kept for the next run; who receives into
    it moves it away when it is whole, and deletes it when it is wrong. The folder is made if need
    be, and removed when nothing is in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{key}.", suffix=".part", dir=folder)
    os.close(handle)
    partial, common = Path(name), folder / f"{key}.part"
    try:
        partial.chmod(0o644)
        _take_over(partial, common, folder.glob(f"{key}.*.part"))
        yield partial
    finally:
        if partial.is_file() and partial.stat().st_size:
            partial.replace(common)
        partial.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


def _take_over(partial: Path, common: Path, others: Iterator[Path]) -> None:
    """Put the longest file that no run is writing to in the place of an empty one."""
    idle = time.time() - STALE_SECONDS
    left = [other for other in others if other != partial and other.stat().st_mtime < idle]
    left += [common] if common.is_file() else []
    for file in sorted(left, key=lambda file: file.stat().st_size):
        file.replace(partial)
