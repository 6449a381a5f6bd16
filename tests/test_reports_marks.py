"""Files made together stand only as they were written, whichever of them is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopanalysis.reports.marks import MARK, stands, write_mark


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, list[Path]]:
    """A folder with a page, and a page beside it, made from what "key" says."""
    folder = tmp_path / "counties"
    files = [folder / "50001.html", tmp_path / "list.html"]
    folder.mkdir()
    for file in files:
        file.write_text("17 of 100")
    write_mark(folder, "key", files)
    return folder, files


def test_files_stand_as_they_were_written(made: tuple[Path, list[Path]]) -> None:
    assert stands(made[0], "key")
    assert not stands(made[0], "other")
    assert not stands(made[0].parent, "key")


@pytest.mark.parametrize("place", [0, 1])
def test_a_changed_digit_or_a_lost_file_is_seen(made: tuple[Path, list[Path]], place: int) -> None:
    made[1][place].write_text("71 of 100")
    assert not stands(made[0], "key")
    made[1][place].unlink()
    assert not stands(made[0], "key")


@pytest.mark.parametrize("text", [b"", b"key", b"[1]", b'{"key": "key"}', b"\x92", b'"key"'])
def test_a_damaged_mark_marks_nothing(made: tuple[Path, list[Path]], text: bytes) -> None:
    (made[0] / MARK).write_bytes(text)
    assert not stands(made[0], "key")
