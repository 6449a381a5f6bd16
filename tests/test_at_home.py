"""What makes the project at home elsewhere: containers by the lock, a wheel with the demo."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from coopanalysis.catalog.sources import release_sources
from coopanalysis.errors import UsageError
from coopanalysis.paths import HOME_VARIABLE
from coopanalysis.reports.demo import PARTS, lay_out_demo

ROOT = Path(__file__).parents[1]
UV = ROOT / ".venv" / "bin" / "uv"


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


def workflow(name: str) -> dict[Any, Any]:
    return dict(yaml.safe_load(read(f".github/workflows/{name}.yml")))


def steps(job: dict[str, Any]) -> str:
    return "\n".join(one.get("run", "") for one in job["steps"])


def test_continuous_integration_caches_and_cancels_what_is_superseded() -> None:
    ci = workflow("ci")
    assert ci["concurrency"]["cancel-in-progress"] is True
    for job in ci["jobs"].values():
        (setup,) = (one for one in job["steps"] if "setup-python" in one.get("uses", ""))
        assert setup["with"]["cache"] == "pip"
        assert job["timeout-minutes"]
    assert "GITHUB_STEP_SUMMARY" in read(".ci/run")


def test_the_site_is_published_on_a_release() -> None:
    site = workflow("site")
    assert site[True]["release"] == {"types": ["published"]}  # YAML reads `on` as true
    assert "make site RELEASE=public ADDRESS=" in steps(site["jobs"]["build"])
    assert site["jobs"]["publish"]["needs"] == "build"
    assert "deploy-pages" in str(site["jobs"]["publish"]["steps"])


def test_pinned_addresses_are_checked_on_a_schedule() -> None:
    newer = workflow("newer")
    assert newer[True]["schedule"]
    fetched = steps(newer["jobs"]["addresses"])
    assert "data fetch --release public" in fetched
    for one in release_sources("public"):
        assert not one.on_request or f"--include {one.layout}" in fetched, one.id


@pytest.mark.parametrize("name", ["newer", "site"])
def test_actions_with_more_rights_than_to_read_are_pinned(name: str) -> None:
    assert workflow(name)["permissions"] == {"contents": "read"}
    used = re.findall(r"uses: (\S+)", read(f".github/workflows/{name}.yml"))
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", one) for one in used)


TEMPLATE = (
    "Overview", "Data availability and provenance statements", "Dataset list",
    "Computational requirements", "Description of programs", "Instructions to replicators",
    "List of reports and programs", "References",
)  # fmt: skip
"""Parts of the template README of the social science data editors, in its order."""


def test_the_replication_page_follows_the_template_and_names_every_report() -> None:
    reports = tomllib.loads(read("notebooks/reports.toml"))["report"]
    page = read("docs/replication.md")
    assert tuple(re.findall(r"^## (.+)$", page, re.MULTILINE)) == TEMPLATE
    for path in re.findall(r"`((?:data/raw|tests|tools|docs|benchmarks)/[\w./-]+)`", page):
        assert (ROOT / path).exists() or path.startswith("data/raw/public"), path
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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dist: Path = tmp_path_factory.mktemp("release") / "dist"
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (built,) = dist.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_brings_what_demo_needs(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for part in PARTS:
        assert any(one.startswith(f"coopanalysis/project/{part}") for one in names), part
    assert wheel.stat().st_size < 8_000_000


@pytest.mark.slow
@pytest.mark.skipif(not UV.is_file(), reason="there is no uv, and pip takes minutes")
def test_the_wheel_runs_in_an_empty_environment_as_the_checklist_says(
    wheel: Path, tmp_path: Path
) -> None:
    """The lines of docs/releasing.md, with uv in the place of pip and the versions of the lock."""
    (block,) = re.findall(r"```sh\n(.*?)```", read("docs/releasing.md"), re.DOTALL)
    empty = tmp_path / "empty"
    pip = f"{UV} pip install --quiet --python {empty} --constraint {ROOT}/requirements.lock"
    script = block.replace("/tmp/empty/bin/pip install", pip).replace("/tmp/empty", str(empty))
    assert script.count(str(empty)) == 3
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COOP", "PYTHON", "VIRTUAL"))}
    subprocess.run(
        ["bash", "-euc", script], cwd=wheel.parents[1], env={**kept, "TMPDIR": str(tmp_path)},
        check=True, timeout=1_800,
    )  # fmt: skip
    (index,) = tmp_path.glob("*/coopanalysis-demo/reports/index.html")
    assert "<title>" in index.read_text(encoding="utf-8")
