"""Open a master file however it is packed: text, gzip, xz, zip, or zip with PPMd."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from coopanalysis.errors import DataError

PPMD_METHOD: Final = 98
PPMD_PACKAGE: Final = "pyppmd>=1.3.1"
_GZIP, _XZ, _ZIP = b"\x1f\x8b", b"\xfd7zXZ\x00", b"PK\x03\x04"
_PPMD_BLOCK: Final = 1 << 20


@contextmanager
def open_archive(path: Path) -> Iterator[BinaryIO]:
    """Open the one file packed at `path` as a stream of bytes.

    The kind of packing is told by the first bytes, never by the name. `DataError` if there is no
    such file, it is damaged (also where that shows only while reading), it holds none or several
    files, or it is packed in a way that needs a package which is not installed.
    """
    if not path.is_file():
        raise DataError(str(path), "there is no such file", "Check the path.")
    try:
        with path.open("rb", buffering=0) as raw, _unpack(raw, path) as stream:
            yield stream
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise _damaged(path, str(error) or type(error).__name__) from error


@contextmanager
def _unpack(raw: io.FileIO, path: Path) -> Iterator[BinaryIO]:
    magic = raw.read(6)
    raw.seek(0)
    if magic.startswith(_GZIP):
        with gzip.GzipFile(fileobj=raw) as stream:
            yield cast(BinaryIO, stream)
    elif magic == _XZ:
        with lzma.LZMAFile(cast(BinaryIO, raw)) as stream:
            yield cast(BinaryIO, stream)
    elif magic.startswith(_ZIP):
        with zipfile.ZipFile(cast(BinaryIO, raw)) as archive:
            yield _open_member(archive, raw, path)
    else:
        yield cast(BinaryIO, raw)


def _open_member(archive: zipfile.ZipFile, raw: io.FileIO, path: Path) -> BinaryIO:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        names = ", ".join(member.filename for member in members[:5])
        raise DataError(
            str(path),
            f"holds {len(members)} files, expected one master file ({names})",
            "Unpack it and read the master file itself.",
        )
    member = members[0]
    if member.compress_type == PPMD_METHOD:
        return cast(BinaryIO, PpmdStream(raw, member, path))
    try:
        return cast(BinaryIO, archive.open(member))
    except (NotImplementedError, RuntimeError) as error:
        raise DataError(
            str(path), f"cannot be unpacked: {error}", "Unpack it with another program."
        ) from error


class PpmdStream(io.RawIOBase):
    """A zip member packed with PPMd (variant I), which the standard library cannot read.

    Its size and checksum are verified while reading.
    """

    def __init__(self, raw: io.FileIO, member: zipfile.ZipInfo, path: Path) -> None:
        super().__init__()
        self._path, self._member = path, member
        packed = _packed_bytes(raw, member, path)
        (word,) = struct.unpack_from("<H", packed)
        order, megabytes, restore = (word & 15) + 1, ((word >> 4) & 255) + 1, word >> 12
        try:
            from pyppmd import Ppmd8Decoder  # noqa: PLC0415  (the only reader of such files)

            self._decoder = Ppmd8Decoder(order, megabytes << 20, restore)
        except ImportError as error:
            raise DataError(
                str(path),
                "is packed with PPMd, and the package that unpacks it is not installed",
                f"Run: pip install '{PPMD_PACKAGE}'; or unpack the file and read the text.",
            ) from error
        except ValueError as error:
            raise _damaged(path, f"PPMd settings {word:#06x}: {error}") from error
        self._packed, self._left, self._checksum = packed[2:], member.file_size, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the start of `buffer` with the next bytes; 0 at the end."""
        size = min(len(buffer), self._left, _PPMD_BLOCK)
        if not size:
            return 0
        try:
            block = self._decoder.decode(self._packed, size)
        except ValueError as error:
            raise _damaged(self._path, f"PPMd data: {error}") from error
        self._packed = b""
        if not block:
            raise _damaged(self._path, f"ends {self._left:,} bytes early")
        self._left -= len(block)
        self._checksum = zlib.crc32(block, self._checksum)
        if not self._left and self._checksum != self._member.CRC:
            raise _damaged(self._path, "the checksum does not match")
        buffer[: len(block)] = block
        return len(block)


def _packed_bytes(raw: io.FileIO, member: zipfile.ZipInfo, path: Path) -> bytes:
    raw.seek(member.header_offset)
    local = raw.read(30)
    if len(local) < 30 or not local.startswith(_ZIP):
        raise _damaged(path, "the member's local heading is missing")
    if member.flag_bits & 1:
        raise DataError(str(path), "is encrypted", "Unpack it with its password first.")
    name, extra = struct.unpack_from("<HH", local, 26)
    raw.seek(member.header_offset + 30 + name + extra)
    packed = raw.read(member.compress_size)
    if len(packed) < max(member.compress_size, 3):
        raise _damaged(path, "the packed bytes end early")
    return packed


def _damaged(path: Path, what: str) -> DataError:
    return DataError(str(path), f"is damaged: {what}", "Fetch it again, and compare its checksum.")
