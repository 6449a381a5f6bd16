"""The commands of docs/scaling.md, followed on this machine: two workers, a folder each."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import yaml

from coopanalysis import paths
from coopanalysis.panel import Panel
from engine_samples import entry, tiny_notebook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the page is written for a POSIX shell"),
]
PAGE = Path(__file__).parents[1] / "docs" / "scaling.md"
BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHORT = "--only tiny"
"""A report that takes no time of its own: what is followed here is the way it is made."""


def blocks(who: str) -> list[str]:
    return [text for _, name, text in BLOCK.findall(PAGE.read_text("utf-8")) if name == who]


def commands(who: str) -> list[str]:
    return [line for text in blocks(who) for line in text.splitlines() if line]


class Machines:
    """Stands in for the machines of the page: names, ports and disks are those of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.started: list[subprocess.Popen[bytes]] = []
        root = paths.project_root()
        kept = shutil.ignore_patterns("public", ".ipynb_checkpoints", ".hashes")
        for name in ("notebooks", "data"):
            shutil.copytree(root / name, self.project / name, ignore=kept)
        for name in ("requirements.lock", "pyproject.toml"):
            shutil.copy(root / name, self.project)
        nbformat.write(tiny_notebook(), self.project / "notebooks" / "tiny.ipynb")
        with (self.project / "notebooks" / "reports.toml").open("a", encoding="utf-8") as plan:
            plan.write(f"\n{entry('tiny', description='A small one.', topic='data')}")
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self.bin = self.tools(folder / "bin")
        self.environment = {
            **os.environ,
            "PATH": f"{self.bin}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}"
            f"{os.environ['PATH']}",
            "PYTHONPATH": path,
        }

    def tools(self, folder: Path) -> Path:
        """Words of the page that the installation may hold for another checkout, and of Slurm."""
        folder.mkdir()
        python = shlex.quote(sys.executable)
        jobs = shlex.quote(str(self.folder / "jobs.txt"))
        texts = {
            "coopanalysis": f'exec {python} -m coopanalysis.front "$@"',
            "dask": f'exec {python} -m dask "$@"',
            # As Slurm does, it keeps the script: whoever submits it removes it at once.
            "sbatch": 'cp "$1" "$1.kept" || exit 1\n'
            f'setsid sh "$1.kept" >"$1.log" 2>&1 </dev/null &\necho $! >>{jobs}\n'
            'echo "Submitted batch job $!"',
            "scancel": 'for job in "$@"; do kill -TERM -- "-$job" 2>/dev/null; done; exit 0',
        }
        for name, text in texts.items():
            file = folder / name
            file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return folder

    def here(self, command: str, name: str = "") -> str:
        """Write a command of the page for this machine."""
        for old, new in {
            "tcp://head:8786": f"tcp://127.0.0.1:{self.port}",
            "tcp://127.0.0.1:8786": f"tcp://127.0.0.1:{self.port}",
            "--host head": "--host 127.0.0.1",
            "--port 8786": f"--port {self.port}",
            "/scratch/coopanalysis": str(self.folder / name / "scratch"),
        }.items():
            command = command.replace(old, new)
        return command

    def start(self, name: str, command: str, **environment: str) -> None:
        """Start something that goes on, in a folder of its own."""
        place = self.folder / name
        place.mkdir()
        with (place / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                shlex.split(self.here(command, name)),
                cwd=place,
                env={**self.environment, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)

    def run(self, command: str) -> str:
        """Run a command of the page in the project folder; it must succeed."""
        words = shlex.split(self.here(command))
        done = subprocess.run(
            words,
            cwd=self.project,
            env={
                **self.environment,
                paths.HOME_VARIABLE: str(self.project),
                "SOURCE_DATE_EPOCH": "1760000000",
            },
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def pages(self) -> dict[str, bytes]:
        """Remove and return all pages, so that the next run makes them again."""
        folder = self.project / "reports"
        found = {page.name: page.read_bytes() for page in sorted(folder.glob("demo/*.html"))}
        shutil.rmtree(folder)
        return found

    def stop(self) -> None:
        for process in reversed(self.started):
            process.terminate()
        for process in self.started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def machines(demo: Panel, tmp_path: Path) -> Iterator[Machines]:
    assert demo.release == "demo"
    machines = Machines(tmp_path)
    yield machines
    machines.stop()


def shortened(command: str) -> str:
    """The same command for one report, not for all."""
    return f"{command} {SHORT}" if command.startswith("coopanalysis reports run") else command


def test_several_machines(machines: Machines) -> None:
    plan, alone, shared, *_ = commands("here")
    assert "would run" in machines.run(plan)
    assert "1 built" in machines.run(shortened(alone))
    expected = machines.pages()
    (scheduler,), (worker,) = commands("head"), commands("worker")
    machines.start("head", scheduler)
    machines.start("one", worker)
    machines.start("two", worker)
    assert "1 built" in machines.run(shortened(shared))
    assert machines.pages() == expected


def test_slurm(machines: Machines) -> None:
    (program,), (start,) = blocks("slurm.py"), commands("slurm")
    for old, new in (
        ('"--release", "public", "--all-states"', '"--only", "tiny"'),
        ("with SLURMCluster(", 'with SLURMCluster(\n        interface="lo",'),
    ):
        assert old in program
        program = program.replace(old, new)
    (machines.project / "slurm.py").write_text(machines.here(program), encoding="utf-8")
    assert "1 built" in machines.run(start.replace("python", shlex.quote(sys.executable), 1))
    jobs = (machines.folder / "jobs.txt").read_text(encoding="utf-8").split()
    assert len(jobs) == 2
    assert gone(jobs)


def gone(jobs: list[str], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any((Path("/proc") / job).exists() for job in jobs):
            return True
        time.sleep(0.2)
    return False


def test_kubernetes(machines: Machines) -> None:
    (text,) = blocks("dask.yaml")
    cluster = yaml.safe_load(text)
    name = cluster["metadata"]["name"]
    (scheduler,) = cluster["spec"]["scheduler"]["spec"]["containers"]
    (worker,) = cluster["spec"]["worker"]["spec"]["containers"]
    assert scheduler["image"] == worker["image"]
    port = cluster["spec"]["scheduler"]["service"]["ports"][0]["port"]
    kubectl = commands("kubernetes")
    assert f"kubectl port-forward service/{name}-scheduler {port}" in kubectl
    assert "kubectl apply --filename dask.yaml" in kubectl
    machines.start("scheduler", f"{shlex.join(scheduler['args'])} --host 127.0.0.1 --port {port}")
    assert cluster["spec"]["worker"]["replicas"] > 1  # of which one is enough for one report
    words = shlex.join(worker["args"]).replace("'$(DASK_WORKER_NAME)'", "pod-0")
    address = machines.here(f"tcp://127.0.0.1:{port}")
    machines.start("pod-0", words, DASK_SCHEDULER_ADDRESS=address)
    assert "1 built" in machines.run(shortened(commands("here")[-1]))


def test_every_command_is_followed() -> None:
    marked = {name for _, name, _ in BLOCK.findall(PAGE.read_text("utf-8"))}
    assert marked == {
        "here", "everywhere", "head", "worker", "slurm.py", "slurm", "dask.yaml", "kubernetes"
    }  # fmt: skip
    assert len(BLOCK.findall(PAGE.read_text("utf-8"))) == PAGE.read_text("utf-8").count("```") // 2


def test_the_installation_is_that_of_the_makefile() -> None:
    made = (PAGE.parents[1] / "Makefile").read_text(encoding="utf-8")
    first, second = commands("everywhere")
    for words in ("--no-deps --require-hashes", "-r requirements.lock"):
        assert words in first
        assert words in made
    assert "--no-deps --no-build-isolation" in second
    project = (PAGE.parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r"^cluster = \[", project, re.MULTILINE)
