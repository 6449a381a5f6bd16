"""Whether files made together stand as they were written, and from what."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from coopanalysis.filehash import hash_memory
from coopanalysis.reports.records import write_atomically
from coopanalysis.seal import parse_json

MARK = ".key"
"""File beside others that says what they were made from and the hash of each, written last."""


def write_mark(folder: Path, key: str, files: Iterable[Path]) -> None:
    """Say that files, of a folder or beside it, were made from what a key says."""
    hashes = {os.path.relpath(one, folder): hash_memory().sha256(one) for one in files}
    write_atomically(folder / MARK, json.dumps({"key": key, "files": hashes}, indent=0))


def stands(folder: Path, key: str) -> bool:
    """Whether all files of a mark are there, byte by byte, and made from what the key says."""
    try:
        mark = parse_json((folder / MARK).read_bytes())
    except (OSError, ValueError):
        return False
    if not isinstance(mark, dict) or mark.get("key") != key:
        return False
    files = mark.get("files")
    return isinstance(files, dict) and all(
        hash_memory().sha256(folder / name) == digest for name, digest in files.items()
    )
