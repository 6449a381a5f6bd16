"""Which modules an import reaches, on a small package."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopanalysis.filehash import HashMemory
from coopanalysis.reports.keys import notebook_imports
from coopanalysis.reports.reach import Reach, imports_of

FILES = {
    "__init__.py": "",
    "base.py": "x = 1",
    "plain/__init__.py": "from coopanalysis.plain.one import one",
    "plain/one.py": "from coopanalysis import base\none = 1",
    "plain/two.py": "def f():\n    from coopanalysis.far import deep",
    "far/__init__.py": "",
    "far/deep.py": "import coopanalysis.far.deeper",
    "far/deeper.py": "",
    "late/__init__.py": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from coopanalysis.late.a import first\n    from coopanalysis.late.b import second\n"
        "def __getattr__(name):\n    raise AttributeError\n"
    ),
    "late/a.py": "first = 1",
    "late/b.py": "from coopanalysis import base",
    "typed.py": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from coopanalysis.far import deep\nelse:\n    import coopanalysis.base\n"
    ),
}


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return Reach(HashMemory(), tmp_path)


@pytest.mark.parametrize(
    ("source", "files"),
    [
        ("import pandas", set()),
        ("from coopanalysis import base", {"__init__.py", "base.py"}),
        (
            "from coopanalysis.plain import one",
            {"__init__.py", "base.py", "plain/__init__.py", "plain/one.py"},
        ),
        (
            "def f():\n    import coopanalysis.plain.two",
            {"__init__.py", "base.py", "plain/__init__.py", "plain/one.py", "plain/two.py"}
            | {"far/__init__.py", "far/deep.py", "far/deeper.py"},
        ),
        (
            "from coopanalysis.late import first",
            {"__init__.py", "late/__init__.py", "late/a.py"},
        ),
        (
            "from coopanalysis import late",
            {"__init__.py", "base.py", "late/__init__.py", "late/a.py", "late/b.py"},
        ),
        ("import coopanalysis.late.a", {"__init__.py", "late/__init__.py", "late/a.py"}),
        ("from coopanalysis import typed", {"__init__.py", "base.py", "typed.py"}),
        ("from coopanalysis.nowhere import x", {"__init__.py"}),
    ],
)
def test_what_an_import_reaches(reach: Reach, source: str, files: set[str]) -> None:
    assert set(reach.files(imports_of(source)[0])) == files


def test_magic_lines_are_left_out_and_other_languages_reach_all() -> None:
    assert notebook_imports(["%matplotlib inline\nfrom coopanalysis import maps"]) == [
        ("coopanalysis", ["maps"], False)
    ]
    everything = {one[0] for one in notebook_imports(["%%bash\nls -l | head"])}
    assert {"coopanalysis.panel", "coopanalysis.models", "coopanalysis.display"} <= everything


def test_no_module_is_imported_by_a_computed_name() -> None:
    package = Path(__file__).parents[1] / "src" / "coopanalysis"
    computed = {
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        if "import_module(" in file.read_text(encoding="utf-8")
    }
    assert computed <= {"__init__.py", "display/__init__.py", "panel/__init__.py",
                        "reports/__init__.py", "reports/forkserver.py",
                        "reports/worker.py"}  # fmt: skip
