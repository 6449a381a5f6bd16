"""Whether a file is, byte by byte, the one that a manifest means."""

from __future__ import annotations

import hashlib
from pathlib import Path

from coopanalysis.catalog.sources import Source


def sha256_of(path: Path) -> str:
    """Hex digest of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_blob_of(path: Path) -> str:
    """Id that git gives to the bytes of a file: their size is part of what is hashed."""
    start = f"blob {path.stat().st_size}\0".encode()
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.sha1(start, usedforsecurity=False)
        ).hexdigest()


def mismatch(path: Path, source: Source) -> str:
    """Say what makes a file another one than the manifest's; empty if nothing does.

    Size, SHA-256 and git blob id are compared as far as the entry declares them.
    """
    size = path.stat().st_size
    limit = source.bytes or source.max_bytes
    if limit and size > limit:
        kind = "bytes" if source.bytes else "bytes at most"
        return f"is longer than the {limit:,} {kind} of the manifest"
    if size < source.bytes:
        return f"has {size:,} bytes, and the manifest says {source.bytes:,}"
    for name, declared, digest in (
        ("SHA-256", source.sha256, sha256_of),
        ("git blob id", source.git_blob, git_blob_of),
    ):
        found = digest(path) if declared else ""
        if found != declared:
            return f"is another file: its {name} is {found}, and the manifest says {declared}"
    return ""


def is_sound(path: Path, source: Source) -> bool:
    """Whether a file is the one of the manifest."""
    return not mismatch(path, source)
