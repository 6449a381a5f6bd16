"""A scheduler of dask and workers, as processes of their own with a working folder each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

WAIT_SECONDS = 90


class LocalCluster:
    """A cluster on this machine, on the loopback alone.

    Parameters
    ----------
    folder : Path
        Each process has a folder of its own below it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        file = folder / "scheduler.json"
        words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        self.start("scheduler", *words, "--scheduler-file", str(file))
        self.address = str(json.loads(wait_for(file))["address"])

    def start(self, name: str, *words: str) -> None:
        """Start a process in a folder of its own, without a project to be found from there."""
        place = self.folder / name
        place.mkdir()
        environment = {k: v for k, v in os.environ.items() if k != "COOPANALYSIS_HOME"}
        environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
        with (place / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words],
                cwd=place,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes[name] = process

    def worker(self, name: str) -> None:
        """Start a worker with its own working folder."""
        words = ["worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        words += ["--name", name, "--local-directory", str(self.folder / name / "work")]
        self.start(name, *words)

    def log(self, name: str) -> str:
        """What a process has said."""
        return (self.folder / name / "log.txt").read_text(encoding="utf-8")

    def stop(self) -> None:
        """End all."""
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(file: Path) -> str:
    """Wait until a file holds something; return it."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if file.is_file() and (text := file.read_text(encoding="utf-8")).strip().endswith("}"):
            return text
        time.sleep(0.1)
    raise AssertionError(f"{file.name} was not written")
