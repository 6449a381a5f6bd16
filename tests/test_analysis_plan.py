"""The plan of analysis is there, dated, carried by the package, and holds no result."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from hatchling.build import build_wheel

from coopanalysis import paths
from coopanalysis.errors import DataError
from coopanalysis.paths import analysis_plan_file, project_root
from coopanalysis.reports.analysis_plan import read_analysis_plan

FILE = project_root() / "docs" / "plan.md"
PLAN = FILE.read_text(encoding="utf-8")


def project(folder: Path, plan: str | None) -> None:
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "reports.toml").touch()
    if plan is not None:
        (folder / "docs").mkdir()
        (folder / "docs" / "plan.md").write_text(plan, encoding="utf-8")


def test_the_wheel_carries_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project_root())
    wheel = tmp_path / build_wheel(str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("coopanalysis/plan.md") == FILE.read_bytes()
        package = [name for name in archive.namelist() if name.endswith(".py")]
    source = project_root() / "src" / "coopanalysis"
    assert len(package) == len(list(source.rglob("*.py")))


def test_an_installed_package_has_the_plan_that_came_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path, plan=None)
    package = tmp_path / "site-packages" / "coopanalysis"
    package.mkdir(parents=True)
    (package / "plan.md").write_text(PLAN, encoding="utf-8")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(paths, "__file__", str(package / "paths.py"))
    assert analysis_plan_file() == package / "plan.md"


def test_the_plan_of_the_project_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, "# Ours\n\nFixed on 2 January 2030, by us.\n")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    assert read_analysis_plan().fixed == "2 January 2030"


def test_a_plan_without_a_day_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, "# Ours\n\nSoon.\n")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    with pytest.raises(DataError, match="Fixed on"):
        read_analysis_plan()


def test_the_plan_holds_no_result() -> None:
    """No decimals, no p values, no names of states: rules alone."""
    assert re.findall(r"\d+\.\d+|\bp [<=]|\bTexas\b|\bFlorida\b", PLAN) == []


@pytest.mark.parametrize("heading", re.findall(r"^- \[(.+?)\]\(#", PLAN, flags=re.M))
def test_the_contents_of_the_plan_lead_somewhere(heading: str) -> None:
    assert f"\n## {heading}\n" in PLAN
