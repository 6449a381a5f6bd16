"""Notebooks against their committed results: nbval, side by side, on kernels forked warm."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from coopanalysis import paths
from coopanalysis.errors import ReportError, UsageError
from coopanalysis.reports.execute import modules_to_warm
from coopanalysis.reports.plan import nearest, read_entries
from coopanalysis.reports.processes import KERNEL_ENVIRONMENT, MODULES_VARIABLE, can_fork
from coopanalysis.reports.resources import worker_count

NEEDED = ("pytest", "nbval", "xdist")
PROVISIONER_VARIABLE = "JUPYTER_DEFAULT_PROVISIONER_NAME"
PROVISIONER = "coopanalysis-fork"


def find_notebooks(names: Sequence[str]) -> list[Path]:
    """Find notebooks by path, by name or by the id of a report; without names, all."""
    folder = paths.notebooks_dir()
    if not names:
        return sorted(folder.glob("[0-9]*.ipynb"))
    known = {path.name: path for path in sorted(folder.glob("*.ipynb"))}
    known |= {entry.id: folder / entry.notebook for entry in read_entries(folder / "reports.toml")}
    found = {name: Path(name) if Path(name).is_file() else known.get(name) for name in names}
    for name, path in found.items():
        if path is None:
            raise UsageError(f"No notebook and no report '{name}'.{nearest(name, list(known))}")
    return list(dict.fromkeys(path for path in found.values() if path is not None))


def validate_notebooks(
    notebooks: Sequence[Path], *, words: Sequence[str] = (), plain: bool = False
) -> int:
    """Run notebooks, and compare results that are tagged for it with the committed ones.

    Returns the exit status of pytest. `words` are more words for pytest; `plain` starts each kernel
    as a process of its own.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ReportError(
            f"Validating notebooks needs {', '.join(missing)}: install coopanalysis[test]."
        )
    environment = {**os.environ, **KERNEL_ENVIRONMENT, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    if not plain and can_fork():
        environment[MODULES_VARIABLE] = ",".join(modules_to_warm(notebooks))
        environment[PROVISIONER_VARIABLE] = PROVISIONER
    command = [*_pytest(len(notebooks)), *words, *map(str, notebooks)]
    return subprocess.run(command, env=environment, check=False).returncode


def _pytest(count: int) -> list[str]:
    """Words that start pytest on its own settings, with the plugins it needs and no other."""
    workers = worker_count([0.0] * count)
    side_by_side = ["-p", "xdist", "-n", str(workers), "--dist", "loadfile"] if workers > 1 else []
    settings = ["-c", os.devnull, "--rootdir", os.curdir, "-p", "no:cacheprovider", "-p", "nbval"]
    return [sys.executable, "-m", "pytest", *settings, "--nbval-lax", *side_by_side]
