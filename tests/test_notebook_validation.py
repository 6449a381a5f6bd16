"""A changed number in a committed notebook is caught by `make notebooks`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from coopanalysis.panel import Panel
from coopanalysis.paths import notebooks_dir


def validate(notebook: Path) -> subprocess.CompletedProcess[str]:
    """Run nbval on one notebook, as `make notebooks` does."""
    words = ["-m", "coopanalysis.front", "reports", "validate"]
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.run(
        [sys.executable, *words, str(notebook)],
        capture_output=True,
        text=True,
        check=False,
        cwd=notebook.parent,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_make_notebooks_does_the_same() -> None:
    makefile = (notebooks_dir().parent / "Makefile").read_text(encoding="utf-8")
    assert "coopanalysis reports validate\n" in makefile


PARENT = """from pathlib import Path
import os
assert "coopanalysis.reports.warm" in Path(f"/proc/{os.getppid()}/cmdline").read_text()"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_its_kernels_are_forked_from_a_warmed_parent(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PARENT)])
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(notebook, tmp_path / "one.ipynb")
    result = validate(tmp_path / "one.ipynb")
    assert result.returncode == 0, result.stdout[-2000:]
    assert "1 passed" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("tampered", [False, True], ids=["as committed", "one digit changed"])
def test_a_changed_headline_fails(demo: Panel, tmp_path: Path, tampered: bool) -> None:
    assert demo.release == "demo"
    notebook = nbformat.read(notebooks_dir() / "30_crime_reporting.ipynb", as_version=4)
    kept = ["keep_output" in cell.metadata.get("tags", []) for cell in notebook.cells]
    notebook.cells = notebook.cells[: kept.index(True) + 1]  # `make notebooks` runs the others
    if tampered:
        cell = notebook.cells[-1]
        data = cell.outputs[0].data
        change = re.sub(
            r"\d", lambda digit: str((int(digit[0]) + 1) % 10), data["text/plain"], count=1
        )
        assert change != data["text/plain"]
        data["text/plain"] = change
    copy = tmp_path / "30_crime_reporting.ipynb"
    nbformat.write(notebook, copy)
    result = validate(copy)
    assert (result.returncode != 0) is tampered, result.stdout[-2000:]
    if tampered:
        assert re.search(r"crime-reporting: .*: was \S+, is \S+", result.stdout)
        assert "reports accept" in result.stdout
