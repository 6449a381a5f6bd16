"""Run the cells of a notebook in this process, and keep what each shows."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat

from coopanalysis.display import Output
from coopanalysis.panel import load


def code_of(path: Path) -> list[str]:
    """Sources of the code cells of a notebook."""
    notebook = nbformat.read(path, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def run_cells(sources: list[str]) -> tuple[dict[str, Any], list[object]]:
    """Run cells one after the other.

    Returns
    -------
    names : dict
        What the cells defined.
    shown : list
        Value of the last line of each cell that ends in an expression.
    """
    load._LOADED.clear()  # as in a new kernel, where no release has been loaded
    names: dict[str, Any] = {}
    shown = []
    for source in sources:
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), "<cell>", "eval"), names))
    return names, shown


def texts_of(shown: list[object]) -> str:
    """Everything that outputs say: plain text and HTML."""
    outputs = [one for one in shown if isinstance(one, Output)]
    return "\n".join(f"{one.text}\n{one.html}" for one in outputs)
