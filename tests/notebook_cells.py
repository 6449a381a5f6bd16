"""Run the cells of a notebook in this process, and keep what each shows."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from typing import Any

import nbformat

from coopanalysis.display import Output
from coopanalysis.panel import load
from coopanalysis.paths import notebooks_dir
from coopanalysis.reports.render import NOTEBOOK_ONLY


@dataclass(frozen=True)
class NotebookRun:
    """What the cells of a notebook defined, and the value of the last line of those that have one.

    `on_page` leaves out what the cells for the notebook alone show.
    """

    names: dict[str, Any]
    shown: list[object]
    on_page: list[object]


def code_of(name: str, *, on_page: bool = False) -> list[str]:
    """Sources of the code cells of a notebook, or of those that make its page."""
    notebook = nbformat.read(notebooks_dir() / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if on_page:
        cells = [one for one in cells if NOTEBOOK_ONLY not in one.metadata.get("tags", [])]
    return [cell.source for cell in cells]


def run_cells(sources: list[str], page: list[str] | None = None) -> NotebookRun:
    """Run cells one after the other; `page` are those that make the page, all by default."""
    load._LOADED.clear()  # as in a new kernel, where no release has been loaded
    names: dict[str, Any] = {}
    shown, on_page = [], []
    for source in sources:
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
            shown.append(value)
            on_page += [value] if page is None or source in page else []
    return NotebookRun(names, shown, on_page)


@cache
def run_notebook(name: str) -> NotebookRun:
    """Run a notebook as it is, once for all tests of a file; nobody may change what it made."""
    return run_cells(code_of(name), code_of(name, on_page=True))


def outputs(shown: list[object]) -> list[Output]:
    """What was shown by the package, and not by pandas or a figure."""
    return [one for one in shown if isinstance(one, Output)]


def texts_of(shown: list[object]) -> str:
    """Everything that outputs say: plain text and HTML."""
    return "\n".join(f"{one.text}\n{one.html}" for one in outputs(shown))
