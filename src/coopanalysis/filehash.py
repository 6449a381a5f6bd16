"""Hashes of files, remembered for as long as a file is not touched.

A file whose size, times and inode are what they were is not read again. A file touched within
the last two seconds is hashed but not remembered: a second change within the clock's grain
would not be seen.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from coopanalysis import paths

MEMORY_FILE = ".hashes"
FORMAT = 2
LITTER_SECONDS = 600.0
RACY_NANOSECONDS = 2_000_000_000


class HashMemory:
    """Hashes by path, and what was worked out from a file's text by its hash.

    They are kept between runs in a file, if one is given.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._files: dict[str, list[Any]] = {}
        self._notes: dict[str, Any] = {}
        self._changed = False
        kept = _read(file) if file else None
        if kept is not None:
            self._files, self._notes = kept["files"], kept["notes"]

    def sha256(self, path: Path | str) -> str:
        """SHA-256 of a file, as hex digits; empty where there is no regular file."""
        name = os.fspath(path)
        try:
            facts = os.stat(name)  # noqa: PTH116  (several thousand calls in a run)
        except OSError:
            return ""
        if not stat.S_ISREG(facts.st_mode):
            return ""  # a named pipe would be waited for
        mark = [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino]
        known = self._files.get(name)
        if known is not None and known[1:] == mark:
            return str(known[0])
        digest = _digest(name)
        if digest and max(mark[1], mark[2]) < time.time_ns() - RACY_NANOSECONDS:
            self._files[name] = [digest, *mark]
            self._changed = True
        return digest

    def recall(self, name: str, work_out: Callable[[], Any]) -> Any:
        """Return what was worked out of the text of a file, under a name that holds its hash."""
        if self._notes.get(name) is None:
            self._notes[name] = work_out()
            self._changed = True
        return self._notes[name]

    def save(self) -> None:
        """Write the memory, if it changed; a folder that cannot be written to is no failure."""
        if not self._changed or self._file is None:
            return
        text = json.dumps({"files": self._files, "notes": self._notes})
        text = f"{_seal(text.encode())}\n{text}"
        part = self._file.with_name(f"{self._file.name}.{os.getpid()}.part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(text, encoding="utf-8")
            part.replace(self._file)
            for left in self._file.parent.glob(f"{self._file.name}.*.part"):
                if time.time() - left.stat().st_mtime > LITTER_SECONDS:
                    left.unlink(missing_ok=True)  # of a run that was killed
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        self._changed = False


def _read(file: Path) -> dict[str, Any] | None:
    """Read a memory; None where it is not, to the bit, what was written."""
    try:
        seal, _, text = file.read_bytes().partition(b"\n")
    except OSError:
        return None
    if seal.decode("ascii", "replace") != _seal(text):
        return None
    kept: dict[str, Any] = json.loads(text)
    return kept


def _seal(text: bytes) -> str:
    return f"{FORMAT} {hashlib.sha256(text).hexdigest()}"


def hash_memory() -> HashMemory:
    """Return the memory of the project."""
    return _memory(paths.project_root() / "data" / "processed" / MEMORY_FILE)


@lru_cache(maxsize=4)
def _memory(file: Path) -> HashMemory:
    return HashMemory(file)


def _digest(name: str) -> str:
    try:
        with open(name, "rb") as stream:  # noqa: PTH123
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
