"""Runs that are interrupted or killed, and two at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_samples import entry, write_tiny_project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


def heed_interrupts() -> None:
    """Let Ctrl-C do what it does in a terminal."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Project:
    """A project folder and the runs started in it."""

    def __init__(self, folder: Path, temporary: Path, plan: str, notebooks: dict[str, str]) -> None:
        self.folder = write_tiny_project(folder / "project", plan, notebooks)
        self.temporary = temporary
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> subprocess.Popen[str]:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        process = subprocess.Popen(
            [sys.executable, "-m", "coopanalysis.front", "reports", "run", "--no-data", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **os.environ,
                "COOPANALYSIS_HOME": str(self.folder),
                "TMPDIR": str(self.temporary),
                "PYTHONPATH": path,
                "PYTHONUNBUFFERED": "1",
            },
            start_new_session=True,
            # Tests that a shell runs in the background are started deaf to Ctrl-C, and would hand
            # that on.
            preexec_fn=heed_interrupts,  # noqa: PLW1509  (one call, in a process of its own)
        )
        self.started.append(process)
        return process

    def processes(self) -> list[int]:
        """Processes that belong to this project, by their environment."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if str(self.folder).encode() in (place / "environ").read_bytes():
                    found.append(int(place.name))
            except OSError:
                continue
        return found

    def all_gone(self, seconds: float = 10) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.processes():
                return True
            time.sleep(0.1)
        return False


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A temporary folder with a short path, as machines have; that of a socket is limited."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        yield Path(folder)


@pytest.fixture
def hanging(tmp_path: Path, temporary: Path) -> Iterator[Project]:
    project = Project(
        tmp_path,
        temporary,
        entry("a") + entry("b"),
        dict.fromkeys("ab", "import time; time.sleep(600)"),
    )
    yield project
    for process in project.started:
        process.kill()
        process.wait()
    assert project.all_gone()


def read_until(process: subprocess.Popen[str], word: str, times: int = 1) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        times -= word in line
        if times <= 0:
            return lines
    raise AssertionError("".join(lines))


@pytest.mark.parametrize(
    ("words", "number"),
    [([], signal.SIGINT), (["--plain"], signal.SIGTERM)],
    ids=["forked, Ctrl-C", "plain, terminate"],
)
def test_an_interrupted_run_leaves_nothing(
    hanging: Project, words: list[str], number: signal.Signals
) -> None:
    process = hanging.start(*words)
    read_until(process, "What stands at the top", times=2)
    assert len(hanging.processes()) >= 5, "run, workers and kernels"
    process.send_signal(number)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Stopped." in said
    assert "Traceback" not in said
    assert hanging.all_gone()
    assert not list((hanging.folder / "reports").rglob("*.part"))
    assert not list((hanging.folder / "reports").rglob("*.ipynb"))
    assert not list(hanging.temporary.iterdir())


@pytest.mark.parametrize("words", [[], ["--plain"]], ids=["forked", "plain"])
def test_a_killed_run_leaves_no_process(hanging: Project, words: list[str]) -> None:
    process = hanging.start("--only", "a", *words)
    read_until(process, "What stands at the top")
    process.kill()
    process.communicate()
    assert hanging.all_gone()


WAITING = """import time
from pathlib import Path
while not Path({flag!r}).exists():
    time.sleep(0.05)"""


def test_a_second_run_waits_or_says_so_and_finds_nothing_to_do(
    tmp_path: Path, temporary: Path
) -> None:
    flag = tmp_path / "go on"
    project = Project(tmp_path, temporary, entry("a"), {"a": WAITING.format(flag=str(flag))})
    first = project.start()
    read_until(first, "What stands at the top")
    refused, _ = project.start("--no-wait").communicate(timeout=60)
    assert project.started[-1].returncode == 1
    assert "Another run (process" in refused
    second = project.start()
    read_until(second, f"Another run (process {first.pid}) is making reports")
    flag.touch()
    said, _ = second.communicate(timeout=120)
    assert "a  up to date" in said
    assert second.returncode == 0
    whole, _ = first.communicate(timeout=60)
    assert "1 built" in whole
    assert first.returncode == 0


def test_what_a_killed_run_began_to_write_goes_with_the_next(
    tmp_path: Path, temporary: Path
) -> None:
    quick = Project(tmp_path, temporary, entry("a"), {"a": ""})
    folder = quick.folder / "reports" / "demo"
    folder.mkdir(parents=True)
    half = folder / ".a.html.123.part"
    half.write_text("<html>")
    done = quick.start("--quiet")
    said, _ = done.communicate(timeout=120)
    assert (done.returncode, said) == (0, "")
    assert not half.exists()


def test_a_temporary_folder_deeper_than_a_socket_may_be(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 12) / ("deeper" * 12)
    deep.mkdir(parents=True)
    done = Project(tmp_path, deep, entry("a"), {"a": "print(1)"}).start()
    said, _ = done.communicate(timeout=120)
    assert done.returncode == 0, said
    assert "No kernels can be forked from a warmed parent" in said
    assert "1 built" in said
