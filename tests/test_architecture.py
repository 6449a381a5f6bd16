"""The floors of the package: a module imports from its own floor or from below."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import coopanalysis
from coopanalysis.catalog.tables import COUNTY, COUNTY_YEAR
from coopanalysis.panel.record import NOT_BUILDING
from coopanalysis.paths import notebooks_dir, project_root

PACKAGE = Path(coopanalysis.__file__).parent
parse = cache(ast.parse)
"""Each source is parsed once for all tests."""
FLOORS = {
    "errors": 0,
    "filehash": 0,
    "paths": 0,
    "seal": 0,
    "tempfolder": 0,
    "vocabulary": 0,
    "catalog": 1,
    "schema": 1,
    "sources": 2,
    "clean": 3,
    "panel": 4,
    "models": 5,
    "display": 6,
    "briefs": 7,
    "reports": 8,
    "cli": 9,
    "front": 10,
}
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem != "__init__"
)


def room(path: Path) -> str:
    """Name of the top-level module or folder a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(source: str) -> set[str]:
    """Top-level names of this package that a module imports, lazy imports included."""
    found = set()
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            pytest.fail(f"relative import on line {node.lineno}")
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("coopanalysis"):
            parts = (node.module or "").split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {
                n.name.split(".")[1] for n in node.names if n.name.startswith("coopanalysis.")
            }
    return found - {"__version__"}


def test_every_room_has_a_floor() -> None:
    assert {room(path) for path in MODULES} <= set(FLOORS)


def imports_from_above(path: Path) -> set[str]:
    """Rooms that a module imports, and that stand above its own or beside it in clean and panel."""
    floor = FLOORS[room(path)]
    imported = imported_rooms(path.read_text(encoding="utf-8"))
    beside = {name for name in imported if FLOORS[name] == floor in (3, 4)} - {room(path)}
    return beside | {name for name in imported if FLOORS[name] > floor}


def test_imports_go_downwards() -> None:
    found = {str(path.relative_to(PACKAGE)): imports_from_above(path) for path in MODULES}
    assert {name: above for name, above in found.items() if above} == {}


def imported_packages(source: str) -> set[str]:
    """First names of all that a module imports, lazy imports included."""
    nodes = list(ast.walk(parse(source)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_the_package_imports_nothing_from_tools_or_tests() -> None:
    beside = {"tools", "benchmarks", *(path.stem for path in Path(__file__).parent.glob("*.py"))}
    found = {path: imported_packages(path.read_text("utf-8")) & beside for path in MODULES}
    assert {path.name: names for path, names in found.items() if names} == {}
    assert imported_packages("def f():\n    from tools.demo import truth") == {"tools"}


def test_an_upward_import_would_be_seen() -> None:
    assert imported_rooms("from coopanalysis.reports import plan") == {"reports"}
    assert imported_rooms("def f():\n    from coopanalysis import models") == {"models"}


PLACES_AND_REPORTING = {
    "county",
    "county_fips",
    "offenses_misplaced",
    "population_count",
    "reporting_quality",
    "state",
    "state_abbr",
    "state_fips",
    "year",
}
"""Columns that display may know by name: where a county is, who lives there, and who reported."""
RATE_MAPS = {"most_agencies_reported", "property_offenses_per_100k"}
"""Default of the maps of rates, and the column that says which years have any."""


@pytest.mark.parametrize("folder", ["display", "models"])
def test_what_shows_or_fits_knows_no_question_of_a_notebook(folder: str) -> None:
    """Policies, outcomes and covariates are named in notebooks and in the catalog alone."""
    declared = {column.name for table in (COUNTY, COUNTY_YEAR) for column in table.columns}
    named = {
        node.value
        for path in (PACKAGE / folder).rglob("*.py")
        for node in ast.walk(parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert named & declared <= PLACES_AND_REPORTING | RATE_MAPS


def test_only_the_notebooks_of_briefs_call_pages_made_for_them() -> None:
    for path in sorted(notebooks_dir().glob("[0-9]*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        rooms = imported_rooms(code)
        public = {"Estimates", "ModelSpec", "fit", "fit_each", "load_release", "parse_formula"}
        below = {name for name, floor in FLOORS.items() if floor <= FLOORS["display"]}
        is_brief = path.name.startswith("9")
        assert rooms <= below | public | ({"briefs"} if is_brief else set()), path.name


def imported_modules(path: Path, known: set[str]) -> set[str]:
    """Modules and packages of ours that a module imports as it is imported itself."""
    waiting, found = list(parse(path.read_text(encoding="utf-8")).body), set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("coopanalysis"):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else str(node.module) for name in names}
        elif isinstance(node, ast.If | ast.Try | ast.With):
            waiting += node.body
    return found & known


def test_what_a_build_does_not_depend_on_is_imported_by_no_module_that_builds() -> None:
    panel = {path.name: path.read_text(encoding="utf-8") for path in PACKAGE.glob("panel/*.py")}
    assert set(NOT_BUILDING) < set(panel), "a module has moved: name it in panel/record.py"
    for name in set(panel) - {*NOT_BUILDING, "__init__.py"}:
        found = set(re.findall(r"coopanalysis\.panel\.(\w+)", panel[name]))
        reading = {f"{module}.py" for module in found} & set(NOT_BUILDING)
        assert reading <= {"record.py"}, name


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Packages are held to it too, so that any module can be the first that is imported."""
    paths = {
        ".".join((*path.relative_to(PACKAGE.parent).with_suffix("").parts,)).removesuffix(
            ".__init__"
        ): path
        for path in PACKAGE.rglob("*.py")
    }
    waiting = {name: imported_modules(path, set(paths)) for name, path in paths.items()}
    while free := {name for name, others in waiting.items() if not others & set(waiting)}:
        waiting = {name: others for name, others in waiting.items() if name not in free}
    assert not waiting, f"modules in a circle, or above one: {sorted(waiting)}"


ALONE = """
import importlib, pkgutil, sys
import matplotlib.figure, pandas, papermill, pyarrow.parquet, scipy.special  # slow, and not ours
import coopanalysis, tools
names = [
    found.name
    for package in (coopanalysis, tools)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if found.ispkg or found.name.count(".") == 1
]
for name in names:
    ours = [one for one in sys.modules if one.partition(".")[0] in ("coopanalysis", "tools")]
    for loaded in ours:
        del sys.modules[loaded]
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(name, error)
"""


@pytest.mark.slow
def test_every_package_can_be_imported_first() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        cwd=project_root(),
    )
    assert done.stdout == "", "imports go in a circle"
