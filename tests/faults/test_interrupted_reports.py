"""Runs of reports that are killed or fill the disk: the last good pages stay, nothing hangs."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from coopanalysis.reports import run_reports
from coopanalysis.reports.records import PART_SUFFIX
from engine_samples import entry, write_tiny_project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs limits of Linux"),
]

LONG = os.environ.get("COOPANALYSIS_TRUST") == "1"
SEED = os.environ.get("COOPANALYSIS_SEED", "1")
COMMAND = (sys.executable, "-m", "coopanalysis.front", "reports", "run", "--no-data", "--force")
TOLD = ("Free space", "File too large", "No usable temporary directory")
"""By the run; by the system, within a cell; where no file at all can be written."""
Note = Callable[[str, object], None]
Pages = dict[str, bytes]


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Pages]:
    """Pages of a project of two notebooks that is made; asked again, as they are then."""
    monkeypatch.setenv("COOPANALYSIS_HOME", str(tmp_path))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")
    notebooks = {"good": "", "good-too": ""}
    write_tiny_project(tmp_path, "".join(map(entry, notebooks)), notebooks)
    assert not run_reports("demo").failed
    folder = tmp_path / "reports" / "demo"
    return lambda: {one.name: one.read_bytes() for one in sorted(folder.glob("*.html"))}


def start(before: Callable[[], object] | None = None) -> subprocess.Popen[str]:
    """A run that makes every page anew, in a process of its own."""
    return subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=before,  # noqa: PLW1509  (limits of that process alone)
    )  # fmt: skip


def check_again(pages: Callable[[], Pages], sound: Pages) -> None:
    """Run undisturbed: the same pages, and nothing half written beside them."""
    assert not run_reports("demo").failed
    assert pages() == sound
    left = Path(os.environ["COOPANALYSIS_HOME"], "reports").rglob(f".*{PART_SUFFIX}")
    assert not list(left)


@pytest.mark.parametrize("number", range(20 if LONG else 1))
def test_a_run_killed_at_any_moment_is_made_good_by_the_next(
    pages: Callable[[], Pages], number: int, record_property: Note
) -> None:
    sound, process = pages(), start()
    time.sleep(Random(f"{SEED} kill reports {number}").uniform(0.2, 6))
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert pages().items() <= sound.items(), "a page is whole or not there"
    check_again(pages, sound)
    record_property("damage", "runs of reports killed|can be told|same")


@pytest.mark.parametrize("number", range(20 if LONG else 3))
def test_on_a_full_disk_a_run_says_so_and_the_last_pages_stay(
    pages: Callable[[], Pages], number: int, record_property: Note
) -> None:
    sound = pages()
    sizes = (0, 3_000, 20_000)
    draw = Random(f"{SEED} disk of reports {number}")
    size = sizes[number] if number < len(sizes) else draw.randrange(25_000)
    process = start(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 1, said
    assert "Traceback" not in said, said
    assert any(words in said for words in TOLD), said
    assert pages() == sound
    check_again(pages, sound)
    record_property("damage", "full disk under reports|can be told|refused")
