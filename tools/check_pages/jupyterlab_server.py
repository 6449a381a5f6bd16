"""A JupyterLab of its own on loopback: fresh folders, a random token, nothing of the user's."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat

from coopanalysis import paths
from coopanalysis.errors import ReportError

START_SECONDS = 180
_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab on copies of notebooks, and the token it asks for."""

    root: Path
    address: str
    token: str

    def link(self, notebook: str) -> str:
        """Address that opens one notebook in a workspace of its own."""
        space = f"ci-{secrets.token_hex(4)}"
        return f"{self.address}/lab/workspaces/{space}/tree/{notebook}?token={self.token}&reset"


@contextmanager
def start_lab(notebooks: Sequence[Path]) -> Iterator[Lab]:
    """Start JupyterLab on copies of notebooks, without outputs and execution counts.

    Counts from an earlier run would look like those of a run that is done.
    """
    with tempfile.TemporaryDirectory(prefix="coop-lab-") as name:
        folder = Path(name)
        root = folder / "root"
        root.mkdir()
        for notebook in notebooks:
            _copy_bare(notebook, root)
        lab = Lab(root, f"http://127.0.0.1:{_free_port()}", secrets.token_hex(16))
        with (folder / "log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                _command(lab, folder), cwd=root, env=_environment(folder), stdout=log, stderr=log
            )
            try:
                _wait(lab, process, folder / "log")
                yield lab
            finally:
                process.terminate()
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _copy_bare(notebook: Path, root: Path) -> None:
    nb = nbformat.read(notebook, as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(nb, root / notebook.name)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _command(lab: Lab, folder: Path) -> list[str]:
    settings = folder / "settings"
    settings.mkdir()
    (settings / "overrides.json").write_text(json.dumps(_SETTINGS), encoding="utf-8")
    options = {
        "ip": "127.0.0.1",
        "port": lab.address.rpartition(":")[2],
        "ServerApp.port_retries": "0",
        "IdentityProvider.token": lab.token,
        "ServerApp.root_dir": str(lab.root),
        "LabApp.expose_app_in_browser": "True",
        "LabApp.app_settings_dir": str(settings),
        "LabApp.news_url": "None",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    listed = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *listed]


def _environment(folder: Path) -> dict[str, str]:
    """Set folders that nothing of the user's is in; notebooks find the project all the same."""
    places = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    own = {f"JUPYTER_{place}": str(folder / place.lower()) for place in places}
    own |= {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_PREFER_ENV_PATH": "1"}
    home = {paths.HOME_VARIABLE: str(paths.project_root())}
    return os.environ | own | home | {"OPENBLAS_NUM_THREADS": "1"}


def _wait(lab: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers; no longer than the start may take."""
    last = time.monotonic() + START_SECONDS
    request = urllib.request.Request(
        f"{lab.address}/api/status", headers={"Authorization": f"token {lab.token}"}
    )
    while process.poll() is None and time.monotonic() < last:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    said = log.read_text(encoding="utf-8").splitlines()[-5:]
    raise ReportError("JupyterLab did not start:\n" + "\n".join(said))
