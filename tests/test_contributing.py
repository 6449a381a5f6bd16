"""CONTRIBUTING.md names every dependency and every module on its floor."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from itertools import chain

import pytest

from coopanalysis.paths import project_root
from test_architecture import FLOORS

TEXT = (project_root() / "CONTRIBUTING.md").read_text(encoding="utf-8")


def first_cells(section: str) -> list[list[str]]:
    """Cells of each row of the table of a section."""
    part = TEXT[TEXT.index(f"## {section}") :]
    part = part[: part.find("\n## ", 1)] if "\n## " in part[1:] else part
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return [row for row in rows if not set(row[0]) <= set("- ")][1:]


def test_each_dependency_has_one_line() -> None:
    project = tomllib.loads((project_root() / "pyproject.toml").read_text("utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *chain.from_iterable(project["optional-dependencies"].values()),
    ]
    for name in ("requirements-truths.in", "requirements-bench.in"):
        lines = (project_root() / name).read_text("utf-8").splitlines()
        declared += [line for line in lines if line and not line.startswith("#")]
    wanted = {re.split(r"[\[<>=;]", text)[0] for text in declared} - {"coopanalysis"}
    named = [
        name
        for row in first_cells("Dependencies")
        for name in re.sub(r"\(.*?\)", "", row[0]).strip().split(", ")
    ]
    assert sorted(name.strip() for name in named) == sorted(wanted)


def test_each_module_stands_on_its_floor() -> None:
    told = {
        name: int(row[0])
        for row in first_cells("Architecture")
        for name in re.findall(r"`(\w+)/?`", row[1])
    }
    assert told == FLOORS


DOOR = re.compile(r"`([^`]+)`(?: \(([^)]*)\))?")
DOORS = {
    row[0]: DOOR.findall(row[1])
    for row in first_cells("Where to change what")
    if row[0] != "to add or change"
}
"""By what is to be changed, paths with the text that names what to look for in them."""


def doors_of(name: str) -> list[str]:
    """Paths that the recipe of a change names."""
    return [path for path, _ in DOORS[name]]


@pytest.mark.parametrize("name", DOORS)
def test_each_door_is_there_with_what_is_looked_for(name: str) -> None:
    assert DOORS[name]
    for path, symbols in DOORS[name]:
        door = project_root() / path
        files = [one for one in door.rglob("*.*") if one.is_file()] if door.is_dir() else [door]
        text = "\n".join(one.read_text("utf-8", errors="replace") for one in files)
        assert symbols, f"{path}: say what to look for"
        for symbol in re.findall(r"`([^`]+)`", symbols):
            assert symbol in text, f"{path} has no {symbol}"


@pytest.mark.slow
def test_the_example_of_the_readme_runs() -> None:
    readme = (project_root() / "README.md").read_text(encoding="utf-8")
    code = readme[readme.index("```python\n") + 10 :].partition("```")[0]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert "Unit: reported offences against persons" in done.stdout
