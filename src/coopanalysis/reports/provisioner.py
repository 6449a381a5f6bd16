"""Kernels for everything that speaks Jupyter: forked from a warmed parent where there is one.

Named `coopanalysis-fork` among the kernel provisioners of the installation: with
`JUPYTER_DEFAULT_PROVISIONER_NAME=coopanalysis-fork` nbval and others use it, too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from coopanalysis.reports.forked import SOCKET_VARIABLE, ForkedProcess

PROVISIONER_NAME = "coopanalysis-fork"
LIMIT_VARIABLE = "COOPANALYSIS_LIMIT_MEGABYTES"
MEGABYTE = 1 << 20
LAST_SECONDS = 5.0
"""A kernel that is taken for dead has so long to end."""


class ForkProvisioner(LocalProvisioner):
    """Starts a kernel by forking the warmed parent; as a process of its own without one."""

    latest: Any = None
    """Process of the kernel started last: it stays known when Jupyter has let go of it."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch a kernel, under the memory limit of the environment if there is one."""
        environment = dict(kwargs.get("env") or os.environ)
        address = environment.pop(SOCKET_VARIABLE, "")
        limit = float(environment.pop(LIMIT_VARIABLE, 0))
        module, arguments = _module(cmd)
        if address and module and Path(address).exists():
            self.process: Any = ForkedProcess(
                module,
                arguments,
                address=address,
                environment=environment,
                folder=kwargs.get("cwd") or Path.cwd(),
                streams=(None, _stream(kwargs.get("stdout"), 1), _stream(kwargs.get("stderr"), 2)),
            )
            self.pid = self.pgid = self.process.pid
            self.cwd = kwargs.get("cwd", Path.cwd())
            connection: KernelConnectionInfo = self.connection_info
        else:
            connection = await super().launch_kernel(cmd, **{**kwargs, "env": environment})
        ForkProvisioner.latest = self.process
        if limit:
            limit_memory(self.process, limit)
        return connection


def _module(cmd: list[str]) -> tuple[str, list[str]]:
    """Module and arguments of `python -X option -m module ...`; empty if it is another command."""
    rest = list(cmd[1:])
    while rest and rest[0].startswith("-X"):
        rest = rest[1:] if len(rest[0]) > 2 else rest[2:]
    same = Path(cmd[0]).resolve() == Path(sys.executable).resolve()
    return (rest[1], rest[2:]) if same and len(rest) > 1 and rest[0] == "-m" else ("", [])


def _stream(stream: Any, inherited: int) -> Any:
    if stream == subprocess.DEVNULL:
        return None
    return inherited if stream in (None, subprocess.PIPE) else stream


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


def how_it_ended(process: Any) -> tuple[str, bool]:
    """Say how a process ended, and whether want of memory can be the reason.

    Parameters
    ----------
    process : Popen or ForkedProcess
    """
    try:
        status = process.wait(timeout=LAST_SECONDS)
    except subprocess.TimeoutExpired:
        return "or no longer answers", True
    if status >= 0:
        return f"with exit status {status}", False
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return f"by signal {name}", name in ("SIGKILL", "SIGABRT")


def _watch(process: Any, megabytes: float) -> None:
    import psutil  # noqa: PLC0415

    try:
        while process.poll() is None:
            if psutil.Process(process.pid).memory_info().rss > megabytes * MEGABYTE:
                process.kill()
            time.sleep(0.2)
    except psutil.Error:
        return


def peak_megabytes(pid: int) -> float:
    """Most memory a running process has held; 0 where the system does not say."""
    return _status(pid, "VmHWM")


def cpu_seconds(pid: int) -> float:
    """CPU that a running process has used; 0 where the system does not say."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


def _status(pid: int, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((float(x.split()[1]) / 1024 for x in lines if x.startswith(f"{name}:")), 0.0)
