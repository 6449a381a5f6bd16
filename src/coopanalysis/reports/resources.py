"""How many notebooks this machine can run at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

TYPICAL_MEGABYTES = 600.0
"""What a report is taken to need before it has been run once."""
SHARE_OF_MEMORY = 0.8
_CGROUP = Path("/sys/fs/cgroup")


def worker_count(needs: Sequence[float]) -> int:
    """Decide how many reports run at once: as many as there are cores and memory for.

    Parameters
    ----------
    needs : sequence of float
        Megabytes each report is expected to hold; 0 where it is not known.
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
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        free = int(lines["MemAvailable"].split()[0]) / 1024
    except (OSError, KeyError, ValueError):
        import psutil  # noqa: PLC0415  (where the system has no such file)

        free = psutil.virtual_memory().available / (1 << 20)
    try:
        limit = int((_CGROUP / "memory.max").read_text(encoding="ascii"))
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
        return min(free, (limit - used) / (1 << 20))
    except (OSError, ValueError):
        return free
