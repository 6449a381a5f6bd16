"""Kernels: forked from what is warm already where that can be, else started plain.

`ForkProvisioner` stands among the kernel provisioners of the installation as `coopanalysis-fork`:
with `JUPYTER_DEFAULT_PROVISIONER_NAME` set to it nbval and others use it, too.
"""

from __future__ import annotations

import atexit
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_client.session import json_packer
from jupyter_core.paths import jupyter_runtime_dir
from traitlets import default
from zmq import IPC_PATH_MAX_LEN

from coopanalysis.errors import ReportError
from coopanalysis.reports.processes import (
    MODULES_VARIABLE,
    end_group_with_parent,
    start_process,
    start_server,
)
from coopanalysis.reports.resources import limit_memory

PROVISIONER_NAME = "coopanalysis-fork"
LIMIT_VARIABLE = "COOPANALYSIS_LIMIT_MEGABYTES"


class ForkedKernel:
    """A process that is to be a kernel, with the methods of `subprocess.Popen`.

    It is forked before its parent starts a thread, and waits for the command that makes it one.
    """

    stdin = stdout = stderr = None

    def __init__(self, method: str) -> None:
        receiver, self._line = Pipe(duplex=False)
        self._process = start_process(method, _become_kernel, receiver)
        receiver.close()
        self.pid = self._process.pid or 0

    def begin(
        self, module: str, arguments: list[str], environment: Mapping[str, str], folder: Path | str
    ) -> None:
        """Let it run a module as `python -m` would."""
        self._line.send((module, arguments, dict(environment), str(folder)))

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; `subprocess.TimeoutExpired` if it runs for longer."""
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired("forked kernel", timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def _become_kernel(line: Connection) -> None:
    end_group_with_parent()
    module, arguments, environment, folder = line.recv()
    line.close()
    from coopanalysis.reports import warm  # noqa: PLC0415  (there already, but in no other process)

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:] = [folder, *warm.PATH]
    sys.argv = ["", *arguments]
    tempfile.tempdir = None
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()


class ForkProvisioner(LocalProvisioner):
    """Starts a kernel by a fork; as a process of its own where nothing warm is there."""

    latest: Any = None
    """Process of the kernel started last: it stays known when Jupyter has let go of it."""
    waiting: ForkedKernel | None = None
    """A process that waits to be the next kernel."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch a kernel, under the memory limit of the environment if there is one."""
        environment = dict(kwargs.get("env") or os.environ)
        limit = float(environment.pop(LIMIT_VARIABLE, 0))
        modules = environment.pop(MODULES_VARIABLE, None)
        module, arguments = _module(cmd)
        kernel = _warm_kernel(modules) if module else None
        if kernel is not None:
            self.process: Any = kernel
            self.cwd = kwargs.get("cwd", Path.cwd())
            kernel.begin(module, arguments, environment, self.cwd)
            self.pid = self.pgid = kernel.pid
            connection: KernelConnectionInfo = self.connection_info
        else:
            connection = await super().launch_kernel(cmd, **{**kwargs, "env": environment})
        ForkProvisioner.latest = self.process
        if limit:
            limit_memory(self.process, limit)
        return connection


def _warm_kernel(modules: str | None) -> ForkedKernel | None:
    """Take the kernel that waits, or fork one from a server; None where there is neither."""
    waiting, ForkProvisioner.waiting = ForkProvisioner.waiting, None
    if waiting is not None or modules is None:
        return waiting
    try:
        start_server(modules.split(","))
        return ForkedKernel("forkserver")
    except ReportError as error:
        print(f"{error} Starting plain ones.", file=sys.stderr)
        os.environ.pop(MODULES_VARIABLE)
        return None


def _module(cmd: list[str]) -> tuple[str, list[str]]:
    """Module and arguments of `python -X option -m module ...`; empty if it is another command."""
    same = Path(cmd[0]).resolve() == Path(sys.executable).resolve()
    if not same or "-m" not in cmd:
        return "", []
    at = cmd.index("-m") + 1
    return cmd[at], cmd[at + 1 :]


def pack(message: Any) -> bytes:
    """Write a message of a kernel as JSON in UTF-8; text that has no bytes there is replaced.

    Half of a pair, as a field of fixed width cuts an emoji, would otherwise stop the message that
    holds it within the kernel: a printed line, or the error of a cell, would be lost.
    """
    try:
        return json_packer(message)
    except UnicodeEncodeError:
        return json_packer(_mended(message))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(name): _mended(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(one) for one in value]
    return value


class ThisPython(KernelSpecManager):
    """Starts kernels with the running Python, whatever kernels are registered on the machine."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the specification of the one kernel there is."""
        start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        quiet = ["--log-level=CRITICAL", "--HistoryManager.enabled=False"]
        return KernelSpec(
            argv=[*start, *quiet, f"--Session.packer={pack.__module__}.{pack.__name__}"],
            display_name=kernel_name,
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER_NAME}},
        )


class ThisPythonManager(AsyncKernelManager):
    """Kernel manager that knows no other Python, and talks through files where that is possible.

    Sockets in a folder of its own cannot collide as ports do when several kernels start at
    once, and nobody else on the machine can listen. Systems allow about 100 characters for the
    path of a socket: where the temporary folder is deeper than that, ports serve.
    """

    @default("transport")
    def _files_before_ports(self) -> str:
        longest = len(os.fsencode(_socket_base())) + len("-99999")
        return "ipc" if os.name == "posix" and longest <= IPC_PATH_MAX_LEN else "tcp"

    @default("ip")
    def _own_folder(self) -> str:
        return _socket_base() if self.transport == "ipc" else "127.0.0.1"

    @default("kernel_spec_manager")
    def _only_this_python(self) -> KernelSpecManager:
        return ThisPython()


def _socket_base() -> str:
    """Path that the sockets of a kernel begin with; a number follows."""
    return str(Path(jupyter_runtime_dir()) / "kernel")


def register_provisioner() -> None:
    """Make the provisioner known, whether or not the installation lists it."""
    factory = KernelProvisionerFactory.instance()
    value = f"{ForkProvisioner.__module__}:{ForkProvisioner.__name__}"
    factory.provisioners[PROVISIONER_NAME] = EntryPoint(
        PROVISIONER_NAME, value, KernelProvisionerFactory.GROUP_NAME
    )
