from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from coopanalysis import filehash
from coopanalysis.filehash import HashMemory


def old(path: Path, text: str) -> str:
    """Write a file that was touched a minute ago, as far as its own time says."""
    path.write_text(text)
    past = time.time() - 60
    os.utime(path, (past, past))
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a minute have passed: files are no longer touched just now."""
    now = time.time_ns
    monkeypatch.setattr(filehash.time, "time_ns", lambda: now() + 60_000_000_000)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    whole = filehash._digest
    monkeypatch.setattr(filehash, "_digest", lambda name: seen.append(name) or whole(name))
    return seen


@pytest.mark.usefixtures("later")
def test_a_file_that_was_not_touched_is_not_read_again(tmp_path: Path, reads: list[str]) -> None:
    file, kept = tmp_path / "a", tmp_path / "memory"
    digest = old(file, "one")
    memory = HashMemory(kept)
    assert [memory.sha256(file), memory.sha256(file)] == [digest, digest]
    assert len(reads) == 1
    memory.save()
    assert HashMemory(kept).sha256(file) == digest
    assert len(reads) == 1


@pytest.mark.usefixtures("later")
def test_a_change_is_seen_even_where_size_and_time_are_put_back(tmp_path: Path) -> None:
    file = tmp_path / "a"
    memory = HashMemory()
    first = old(file, "one")
    assert memory.sha256(file) == first
    stat = file.stat()
    file.write_text("two")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert memory.sha256(file) == hashlib.sha256(b"two").hexdigest()


def test_a_file_touched_just_now_is_not_remembered(tmp_path: Path, reads: list[str]) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    memory = HashMemory()
    memory.sha256(file)
    memory.sha256(file)
    assert len(reads) == 2


def test_what_is_missing_or_broken_is_no_failure(tmp_path: Path) -> None:
    broken = tmp_path / "memory"
    broken.write_text("{not json")
    memory = HashMemory(broken)
    assert memory.sha256(tmp_path / "nowhere") == ""
    memory.recall("x", lambda: [1])
    memory.save()
    assert HashMemory(broken).recall("x", list) == [1]
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.usefixtures("later")
def test_a_memory_with_one_digit_changed_is_not_believed(tmp_path: Path) -> None:
    file, kept = tmp_path / "a", tmp_path / "memory"
    digest = old(file, "one")
    memory = HashMemory(kept)
    memory.sha256(file)
    memory.save()
    kept.write_text(kept.read_text().replace(digest, digest[::-1]))
    assert HashMemory(kept).sha256(file) == digest
    kept.write_text("{}")
    assert HashMemory(kept).sha256(file) == digest


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_named_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert HashMemory().sha256(tmp_path / "pipe") == ""
