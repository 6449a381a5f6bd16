"""A project of tiny notebooks that succeed, raise, hang, die or fill memory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import nbformat

from report_samples import sample_build

PARAMETERS = 'release: str = "demo"  # release\nnumber: int = 1  # any number'
SHOW = """from coopanalysis.display import page
page.show_headline(
    f"Places with it have {number} more than places without it.", unit="units",
    comparison="places without it", interval=(number - 1.0, number + 1.0), n=100 + number,
    design="association",
)"""
LIMITS = 'page.show_limits([f"{number + 3} places are not in the file: nothing is known of them."])'
FAULTS = {
    "raises": "{}['nowhere']",
    "hangs": "import time\ntime.sleep(600)",
    "hangs-in-c": "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
    "exits": "import os\nos._exit(3)",
    "fills-memory": "kept = []\nwhile True:\n    kept.append(list(range(100_000)))",
    "asks-for-memory": "import numpy as np\nheld = np.ones(10**10)",
}


def tiny_notebook(fault: str = "") -> nbformat.NotebookNode:
    """A notebook with a headline and limits, and perhaps a fault after them."""
    prose, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [
        prose("# A small question\n\nAsked of a few places."),
        code(PARAMETERS, metadata={"tags": ["parameters"]}),
        prose("## What stands at the top"),
        code("print('before the fault')"),
        code(SHOW),
        code(LIMITS),
    ]
    if fault:
        cells.insert(4, code(fault))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def write_tiny_project(folder: Path, plan: str, notebooks: dict[str, str]) -> Path:
    """Write a project folder.

    Parameters
    ----------
    folder : Path
    plan : str
        `reports.toml`.
    notebooks : dict of str
        Fault of each notebook by name.
    """
    (folder / "notebooks").mkdir(parents=True)
    (folder / "notebooks" / "reports.toml").write_text(plan, encoding="utf-8")
    for name, fault in notebooks.items():
        nbformat.write(tiny_notebook(fault), folder / "notebooks" / f"{name}.ipynb")
    processed = folder / "data" / "processed" / "demo"
    processed.mkdir(parents=True)
    (processed / "build.json").write_text(json.dumps(sample_build()), encoding="utf-8")
    return folder


def entry(name: str, **settings: object) -> str:
    """One `[[report]]`."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    head = f'[[report]]\nid = "{name}"\nnotebook = "{name}.ipynb"\ntitle = "{name}"\n'
    return head + "\n".join(lines) + "\n"


def faulty_project(folder: Path, names: Iterable[str] = FAULTS) -> Path:
    """Write a project with two good reports, and one for each fault."""
    faults = {name: FAULTS[name] for name in names}
    plan = entry("good") + entry("good-too")
    plan += "".join(
        entry(name, limit_seconds=4 if name.startswith("hangs") else 60, limit_megabytes=400)
        for name in faults
    )
    return write_tiny_project(folder, plan, {"good": "", "good-too": "", **faults})
