"""What makes the project at home elsewhere: containers by the lock, a wheel with the demo."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from coopanalysis.errors import UsageError
from coopanalysis.paths import HOME_VARIABLE
from coopanalysis.reports.demo import PARTS, lay_out_demo

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_container_installs_the_lock_with_its_hashes() -> None:
    docker = read("Dockerfile")
    assert "--require-hashes -r requirements.lock" in docker
    assert "--no-deps --no-build-isolation --editable ." in docker
    container = json.loads(read(".devcontainer/devcontainer.json"))
    assert (
        ROOT / ".devcontainer" / container["build"]["dockerfile"]
    ).resolve() == ROOT / "Dockerfile"
    assert read("binder/requirements.txt").split() == ["-r", "../requirements.lock"]
    assert "--no-deps --no-build-isolation --editable ." in read("binder/postBuild")


def test_issue_templates_are_whole() -> None:
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    told = {one.stem: yaml.safe_load(one.read_text(encoding="utf-8")) for one in forms}
    assert {"wrong-number", "new-data", "failure"} <= set(told)
    for name in set(told) - {"config"}:
        assert {"name", "description", "body"} <= set(told[name]), name


def test_every_python_that_is_declared_is_tested() -> None:
    classifiers = tomllib.loads(read("pyproject.toml"))["project"]["classifiers"]
    declared = [one.rpartition(" ")[2] for one in classifiers if "Python :: 3." in one]
    jobs = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]
    assert jobs["whole"]["strategy"]["matrix"]["python"] == declared
    assert all(f"python{one}" in read("Makefile") for one in declared)


def test_the_replication_page_names_every_report() -> None:
    reports = tomllib.loads(read("notebooks/reports.toml"))["report"]
    page = read("docs/replication.md")
    for one in reports:
        row = f"| {one['id']} | `notebooks/{one['notebook']}` |"
        assert row in page, f"add to docs/replication.md: {row}"


def test_demo_lays_out_a_project_and_goes_on_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(ROOT))
    folder = lay_out_demo(tmp_path / "here")
    assert all((folder / part).exists() for part in PARTS)
    mine = folder / "notebooks" / "reports.toml"
    mine.write_text("# mine", encoding="utf-8")
    monkeypatch.setenv(HOME_VARIABLE, str(ROOT))
    lay_out_demo(folder)
    assert mine.read_text(encoding="utf-8") == "# mine"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(UsageError, match="something else"):
        lay_out_demo(tmp_path / "other")


@pytest.mark.slow
def test_the_wheel_brings_what_demo_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for part in PARTS:
        assert any(one.startswith(f"coopanalysis/project/{part}") for one in names), part
    assert wheel.stat().st_size < 8_000_000
