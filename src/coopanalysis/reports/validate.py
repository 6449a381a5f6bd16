"""Notebooks against their committed results, by nbval side by side; results that are accepted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from coopanalysis import paths
from coopanalysis.errors import ReportError, UsageError
from coopanalysis.reports.changed_numbers import change_lines
from coopanalysis.reports.entries import nearest, read_entries
from coopanalysis.reports.execute import modules_to_warm
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
    settings += ["-p", "coopanalysis.reports.changed_numbers"]
    return [sys.executable, "-m", "pytest", *settings, "--nbval-lax", *side_by_side]


def accept_notebooks(notebooks: Sequence[Path]) -> Iterator[str]:
    """Run notebooks in place and keep their headline results; say which numbers changed.

    The demo release must be built.
    """
    import nbformat  # noqa: PLC0415  (slow to import)

    jupyter = [sys.executable, "-m", "jupyter", "nbconvert", "--log-level", "ERROR"]
    for notebook in notebooks:
        old = nbformat.read(notebook, as_version=4).cells
        run = [*jupyter, "--to", "notebook", "--execute", "--inplace", str(notebook)]
        extra = ["--extra-keys", "metadata.language_info.version"]
        strip = [sys.executable, "-m", "nbstripout", "--keep-count", *extra, str(notebook)]
        for command in (run, strip):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                last = done.stderr.strip().splitlines()[-1:]
                raise ReportError(f"{notebook.name} was not accepted: {' '.join(last)}")
        new = nbformat.read(notebook, as_version=4).cells
        lines = [
            line
            for one, other in zip(old, new, strict=True)
            for line in change_lines(notebook, one.get("outputs", []), other.get("outputs", []))
        ]
        yield from lines
        yield (
            f"{notebook.name}: {len(lines)} numbers changed"
            if lines
            else f"{notebook.name}: as before"
        )
