"""In JupyterLab in a browser a planted error is found, and so is a figure without alt text."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tools.check_pages.browser import find_chromium
from tools.check_pages.jupyterlab import check_lab

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_chromium(), reason="no Chromium on this machine"),
]
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
ALT = "A" * 90
FIGURE = f"""from IPython.display import HTML
address = "data:image/png;base64,{PNG}"
HTML(f'<figure><img alt="{{alt}}" width="20" height="20" src="{{{{address}}}}"></figure>')"""
CELLS = {
    "good": FIGURE.format(alt=ALT),
    "fault": "1/0",
    "silent": FIGURE.format(alt="Figure 1"),
}


def test_each_fault_is_found(tmp_path: Path) -> None:
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebooks = []
    for name, source in CELLS.items():
        # Counts and outputs of an earlier run: they must not pass for those of this one.
        cells = [nbformat.v4.new_code_cell(text) for text in ("x = 1", source, "x + 1")]
        for number, cell in enumerate(cells, 1):
            cell.execution_count = number
        notebooks.append(tmp_path / f"{name}.ipynb")
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), notebooks[-1])
    found = check_lab(notebooks)
    assert found["good"] == []
    (error,) = found["fault"]
    assert error.goal == 20
    assert "cell 2: ZeroDivisionError" in error.problem
    (silent,) = found["silent"]
    assert silent.goal == 21
    assert "alt text of 8 characters" in silent.problem
