"""Memory and cores: how many notebooks run at once, and what the process of one may have."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any

from coopanalysis.reports.processes import END_SECONDS

TYPICAL_MEGABYTES = 600.0
"""What a report is taken to need before it has been run once."""
MEGABYTE = 1 << 20
SHARE_OF_MEMORY = 0.8
_CGROUP = Path("/sys/fs/cgroup")


def worker_count(needs: Sequence[float]) -> int:
    """Decide how many reports run at once: as many as there are cores and memory for.

    `needs` are the megabytes each is expected to hold, 0 where that is not known.
    """
    largest = max((need or TYPICAL_MEGABYTES for need in needs), default=TYPICAL_MEGABYTES)
    by_memory = int(available_megabytes() * SHARE_OF_MEMORY / largest)
    return max(1, min(available_cores(), by_memory, len(needs)))


def available_cores() -> int:
    """Cores this process may use, by its affinity and the quota of its group."""
    if sys.platform == "linux":
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    try:
        quota, period = (_CGROUP / "cpu.max").read_text(encoding="ascii").split()
        return max(1, min(cores, round(int(quota) / int(period))))
    except (OSError, ValueError):
        return cores


def available_megabytes() -> float:
    """Memory that can be had without swapping, within the limit of this process's group."""
    import psutil  # noqa: PLC0415

    free = float(psutil.virtual_memory().available / MEGABYTE)
    try:
        limit = int((_CGROUP / "memory.max").read_text(encoding="ascii"))
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
        return min(free, (limit - used) / MEGABYTE)
    except (OSError, ValueError):
        return free


def limit_memory(process: Any, megabytes: float) -> None:
    """Hold a process to so much memory of its own.

    On Linux an allocation beyond it is a `MemoryError` in the notebook; elsewhere the process is
    killed once it has grown past it.
    """
    if sys.platform == "linux":
        import resource  # noqa: PLC0415

        held = _status(process.pid, "VmData")
        most = int((held + megabytes) * MEGABYTE)
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (most, most))
    else:
        Thread(target=_watch, args=(process, megabytes), daemon=True).start()


def _watch(process: Any, megabytes: float) -> None:
    import psutil  # noqa: PLC0415

    try:
        while process.poll() is None:
            if psutil.Process(process.pid).memory_info().rss > megabytes * MEGABYTE:
                process.kill()
            time.sleep(0.2)
    except psutil.Error:
        return


def how_it_ended(process: Any) -> tuple[str, bool]:
    """Say how a process ended, and whether want of memory can be the reason."""
    try:
        status = process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        return "or no longer answers", True
    if status >= 0:
        return f"with exit status {status}", False
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return f"by signal {name}", name in ("SIGKILL", "SIGABRT")


def peak_megabytes(pid: int) -> float:
    """Most memory a running process has held; 0 where the system does not say."""
    return _status(pid, "VmHWM")


def cpu_seconds(pid: int) -> float:
    """CPU that a running process has used; 0 where the system does not say."""
    import psutil  # noqa: PLC0415

    try:
        return float(sum(psutil.Process(pid).cpu_times()[:2]))
    except psutil.Error:
        return 0.0


def _status(pid: int, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((float(x.split()[1]) / 1024 for x in lines if x.startswith(f"{name}:")), 0.0)
