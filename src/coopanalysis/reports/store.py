"""Files by their hash, at a shared path or any address that fsspec knows.

Inputs of reports go to the machines of a cluster through it, and pages come back. What is read
is held against its hash, so that a file half-written or changed is never taken for whole.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from coopanalysis.errors import ReportError

INPUTS, RUNS = "inputs", "runs"


class Store:
    """A folder of files named by their hash.

    Parameters
    ----------
    address : str
        A path, or an address such as `s3://bucket/folder`.

    Raises
    ------
    ReportError
        If fsspec, or what it needs for this kind of address, is not installed.
    """

    def __init__(self, address: str) -> None:
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415

            self._files, root = url_to_fs(str(address))
        except (ImportError, ValueError) as error:
            raise ReportError(
                f"Nothing can be kept at {address}: {error}. Install coopanalysis[cluster], and "
                "the package fsspec names for such addresses."
            ) from error
        self.address = str(address)
        self._root = str(root).rstrip("/")

    def put_input(self, content: bytes) -> str:
        """Keep a file that many reports read, unless it is there; return its hash."""
        digest = hashlib.sha256(content).hexdigest()
        target = f"{self._root}/{INPUTS}/{digest}"
        if not self._files.exists(target):
            self._write(target, content)
        return digest

    def get_input(self, digest: str) -> bytes:
        """Read a file that many reports read.

        Raises
        ------
        ReportError
            If it is not there, or is not what its hash says.
        """
        return self._read(f"{self._root}/{INPUTS}/{digest}", digest)

    def put_output(self, place: str, content: bytes) -> str:
        """Keep a file that a report made; return its hash."""
        digest = hashlib.sha256(content).hexdigest()
        self._write(f"{self._root}/{RUNS}/{place}/{digest}", content)
        return digest

    def get_output(self, place: str, digest: str) -> bytes:
        """Read a file that a report made.

        Raises
        ------
        ReportError
            If it is not there, or is not what its hash says.
        """
        return self._read(f"{self._root}/{RUNS}/{place}/{digest}", digest)

    def remove(self, place: str) -> None:
        """Remove what a report, or a whole run, has left."""
        try:
            self._files.rm(f"{self._root}/{RUNS}/{place}", recursive=True)
        except OSError:
            return

    def _write(self, target: str, content: bytes) -> None:
        """Write a file whole: object stores do so by themselves, folders by renaming."""
        folder = target.rpartition("/")[0]
        if getattr(self._files, "async_impl", False):
            self._files.pipe_file(target, content)
            return
        self._files.makedirs(folder, exist_ok=True)
        part = f"{target}.{uuid.uuid4().hex}.part"
        self._files.pipe_file(part, content)
        self._files.mv(part, target)

    def _read(self, target: str, digest: str) -> bytes:
        try:
            content: Any = self._files.cat_file(target)
        except OSError as error:
            raise ReportError(
                f"{target} cannot be read here ({error}). Every machine must reach {self.address}: "
                "name a folder or an address that all of them see with --store."
            ) from error
        found = hashlib.sha256(content).hexdigest()
        if found != digest:
            raise ReportError(
                f"{target} is not what it was: its hash is {found[:12]}. Remove it, and run again."
            )
        return bytes(content)
