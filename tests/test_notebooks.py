"""Notebooks are the analysis, and their form is held cell by cell."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coopanalysis.paths import notebooks_dir

NOTEBOOKS = sorted(notebooks_dir().glob("[0-9]*.ipynb"))
HEADLINE_TAGS = {"nbval-check-output", "keep_output"}
MOST_LINES = 12


def code_cells(path: Path) -> list[Any]:
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: Any) -> set[str]:
    return set(cell.metadata.get("tags", []))


def test_there_are_notebooks() -> None:
    names = [path.stem for path in NOTEBOOKS]
    assert {"00_data_audit", "10_policy_landscape", "20_demographics", "30_crime_reporting"} <= set(
        names
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_opens_with_title_then_parameters(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    first, second = notebook.cells[:2]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    for word in ("**Question.**", "**Unit of analysis.**", "cannot show"):
        assert word in first.source, f"the opening cell lacks {word}"
    aims = ("**Estimand.**", "**What is counted.**")
    assert sum(word in first.source for word in aims) == 1, f"says neither or both of {aims}"
    assert "parameters" in tags(second)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_parameters_are_typed_commented_literals_with_the_demo_as_default(path: Path) -> None:
    source = next(cell.source for cell in code_cells(path) if "parameters" in tags(cell))
    lines = source.splitlines()
    statements = ast.parse(source).body
    assert all(isinstance(statement, ast.AnnAssign) for statement in statements)
    for statement in statements:
        ast.literal_eval(statement.value)  # raises if it is not a literal
        assert "#" in lines[statement.end_lineno - 1], f"no comment: {lines[statement.lineno - 1]}"
    assert re.search(r'^release: str = "demo"', source, flags=re.M)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_states_are_named_to_readers_and_not_abbreviated(path: Path) -> None:
    for cell in code_cells(path):
        for call in (one for one in ast.walk(ast.parse(cell.source)) if isinstance(one, ast.Call)):
            if ast.unparse(call.func).endswith(("leave_out", "describe_uniform")):
                assert "state_abbr" not in ast.unparse(call), ast.unparse(call)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_are_short_and_define_nothing(path: Path) -> None:
    for cell in code_cells(path):
        tree = ast.parse(cell.source)
        lines = [line for line in cell.source.splitlines() if line.strip()]
        if "parameters" not in tags(cell):
            assert len(lines) <= MOST_LINES, f"{len(lines)} lines: {lines[0]}"
        for node in ast.walk(tree):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda), cell.source
            if isinstance(node, ast.Attribute):
                is_text = isinstance(node.value, ast.Constant)
                is_checked = ast.unparse(node) == "data.join" or is_text
                assert node.attr != "join" or is_checked, cell.source
                assert node.attr != "apply", cell.source
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "merge":
                assert "validate" in {one.arg for one in node.keywords}, cell.source
            if isinstance(node, ast.Import):
                assert all(alias.name != "re" for alias in node.names), cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_headline_numbers_are_committed_and_nothing_else(path: Path) -> None:
    cells = code_cells(path)
    headline = [cell for cell in cells if tags(cell) >= HEADLINE_TAGS]
    assert headline, "no cell carries the committed headline numbers"
    assert all(cell.outputs for cell in headline)
    assert any(re.search(r"\d", str(cell.outputs)) for cell in headline)
    assert not [cell for cell in cells if cell not in headline and cell.outputs]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_execution_counts_run_in_order(path: Path) -> None:
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_result_is_typed_into_prose(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    decimals = re.findall(r"(?<![\w(])\d+\.\d+(?![\w)])", prose)
    assert not decimals, f"numbers typed into prose: {decimals}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_words_stay_neutral(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    prose = "\n".join(
        cell.source for cell in notebook.cells if cell.cell_type == "markdown"
    ).lower()
    loaded = [
        "sanctuary",
        "illegal alien",
        "crackdown",
        "soft on",
        "causes ",
        "leads to",
        "impact of",
    ]
    assert not [word for word in loaded if word in prose]
