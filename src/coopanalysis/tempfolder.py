"""Folders for what is on the way, which the next run sweeps where a run was killed.

Whoever makes one holds a lock on it, and the system lets go of that lock however the process
ends: what nobody holds is litter.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

UNLOCKED_SECONDS = 60.0
"""So long a maker may take to lock a folder, which has a dot before its name until then."""
_held: dict[Path, int] = {}


def make_folder(prefix: str, parent: Path | None = None) -> Path:
    """Make an empty folder, and sweep those of the same prefix whose makers are gone.

    It is made in `parent`, by default where the system keeps temporary files.
    """
    place = Path(tempfile.gettempdir()) if parent is None else parent
    for old in place.glob(f"{prefix}*"):
        _sweep(old, 0)
    for old in place.glob(f".{prefix}*"):
        _sweep(old, UNLOCKED_SECONDS)
    bare = Path(tempfile.mkdtemp(prefix=f".{prefix}", dir=place))
    descriptor = _lock(bare)
    folder = bare.rename(bare.with_name(bare.name[1:]))
    if descriptor is not None:
        _held[folder] = descriptor
    return folder


def remove_folder(folder: Path) -> None:
    """Remove a folder, if it is still there, and let go of its lock."""
    shutil.rmtree(folder, ignore_errors=True)
    descriptor = _held.pop(folder, None)
    if descriptor is not None:
        os.close(descriptor)


def _sweep(folder: Path, youngest: float) -> None:
    """Remove a folder that nobody holds and nothing has changed for some seconds."""
    with suppress(OSError):
        if folder in _held or time.time() - folder.stat().st_mtime < youngest:
            return
        descriptor = _lock(folder)
        if descriptor is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """Lock a folder; None where somebody else holds it, or the system has no such locks."""
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
