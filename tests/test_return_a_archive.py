"""A master file is opened however it is packed, and damage is named."""

from __future__ import annotations

import gzip
import importlib.util
import lzma
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from coopanalysis.errors import DataError
from coopanalysis.sources.return_a import read_return_a
from coopanalysis.sources.return_a.archive import open_archive
from return_a_samples import agencies, write

HAS_PPMD = importlib.util.find_spec("pyppmd") is not None


@pytest.fixture
def text(tmp_path: Path) -> bytes:
    with zipfile.ZipFile(write(tmp_path, agencies())) as archive:
        return archive.read(archive.namelist()[0])


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def ppmd_zip(path: Path, data: bytes, crc: int | None = None) -> Path:
    import pyppmd  # noqa: PLC0415

    encoder = pyppmd.Ppmd8Encoder(8, 4 << 20, 0)
    packed = encoder.encode(data) + encoder.flush()
    packed = struct.pack("<H", (8 - 1) | (4 - 1) << 4) + packed
    checksum = zlib.crc32(data) if crc is None else crc
    sizes = struct.pack("<III", checksum, len(packed), len(data))
    name = b"RETA2013.TXT"
    method = struct.pack("<HHHH", 0, 98, 0, 33) + sizes
    local = b"PK\x03\x04" + struct.pack("<H", 63) + method + struct.pack("<HH", len(name), 0)
    central = b"PK\x01\x02" + struct.pack("<HH", 63, 63) + method
    central += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    body = local + name + packed
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(body), 0)
    path.write_bytes(body + central + end)
    return path


def test_every_packing_gives_the_same_rows(tmp_path: Path, text: bytes) -> None:
    paths = [tmp_path / name for name in ("a.txt", "a.gz", "a.xz")]
    for path, data in zip(paths, (text, gzip.compress(text), lzma.compress(text)), strict=True):
        path.write_bytes(data)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        paths.append(zipped(tmp_path / f"{method}.zip", {"a.txt": text}, method))
    if HAS_PPMD:
        paths.append(ppmd_zip(tmp_path / "a.zipx", text))
    frames = [read_return_a(path, "same").frame.drop(columns="source_file") for path in paths]
    assert len(frames[0]) == 4
    for frame in frames[1:]:
        assert frame.equals(frames[0])


def test_the_kind_is_told_by_content(tmp_path: Path, text: bytes) -> None:
    misnamed = tmp_path / "RETA2013.txt"
    misnamed.write_bytes(gzip.compress(text))
    assert read_return_a(misnamed).rows_kept == 4


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.zip: there is no such file"):
        read_return_a(tmp_path / "nothing.zip")


def test_two_members_are_refused_by_name(tmp_path: Path, text: bytes) -> None:
    path = zipped(tmp_path / "two.zip", {"a.txt": text, "b.txt": text})
    with pytest.raises(DataError, match=r"holds 2 files.*a\.txt, b\.txt"):
        read_return_a(path)


def test_resource_forks_are_no_members(tmp_path: Path, text: bytes) -> None:
    path = zipped(tmp_path / "mac.zip", {"a.txt": text, "__MACOSX/._a.txt": b"x"})
    assert read_return_a(path).rows_kept == 4


@pytest.mark.parametrize("kind", ["gz", "xz", "zip"])
def test_truncated_files_are_damaged(tmp_path: Path, text: bytes, kind: str) -> None:
    packed = {
        "gz": gzip.compress,
        "xz": lzma.compress,
        "zip": lambda data: zipped(tmp_path / "whole.zip", {"a": data}).read_bytes(),
    }[kind](text)
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    with pytest.raises(DataError, match="is damaged"):
        read_return_a(path)


def test_a_flipped_byte_is_found_by_the_checksum(tmp_path: Path, text: bytes) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": text}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="is damaged"):
        read_return_a(path)


@pytest.mark.skipif(not HAS_PPMD, reason="pyppmd is not installed")
def test_ppmd_checksum_is_verified(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(DataError, match="checksum does not match"):
        read_return_a(ppmd_zip(tmp_path / "a.zipx", text, crc=1))


@pytest.mark.skipif(not HAS_PPMD, reason="pyppmd is not installed")
def test_ppmd_is_streamed_in_small_reads(tmp_path: Path, text: bytes) -> None:
    buffer, read = bytearray(1000), b""
    with open_archive(ppmd_zip(tmp_path / "a.zipx", text)) as stream:
        while count := stream.readinto(buffer):  # type: ignore[attr-defined]
            read += buffer[:count]
    assert read == text


def test_ppmd_without_its_package_says_how_to_install_it(
    tmp_path: Path, text: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "a.zipx", {"a.txt": text}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[8:10] = data[central + 10 : central + 12] = struct.pack("<H", 98)
    path.write_bytes(data)
    monkeypatch.setitem(sys.modules, "pyppmd", None)
    with pytest.raises(DataError, match="pip install 'pyppmd"):
        read_return_a(path)
