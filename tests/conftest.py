"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings

from coopanalysis.panel import Panel, build_release, load_release
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE, processed_dir, project_root
from coopanalysis.reports.run import run_lock
from coopanalysis.reports.site.documents import write_documents
from coopanalysis.reports.site.take_away import write_take_away
from release_samples import write_release

# Examples that write files take as long as a busy machine lets them; that is no failure. The same
# tree draws the same ones, so that a run can be repeated; with a seed each run draws others.
settings.register_profile(
    "coopanalysis",
    deadline=None,
    max_examples=40,
    derandomize="COOPANALYSIS_SEED" not in os.environ,
)
settings.load_profile("coopanalysis")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they are given: public files, or a release that takes seconds to make.

    Files with slow tests are put before the others, so that files of quick ones fill the time of
    whichever process is done first.
    """
    for item in items:
        given = getattr(item, "fixturenames", ())
        if "mirror" in given:
            item.add_marker(pytest.mark.mirror)
        if "laboratory" in given:
            item.add_marker(pytest.mark.slow)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def mirror() -> Path:
    """Folder with the real public files; tests that need it skip where it is not there."""
    named = os.environ.get(MIRROR_VARIABLE) or os.environ.get("MIRROR")
    folder = Path(named) if named else project_root().parent / "shared" / "mirror"
    if not (folder / "MANIFEST.toml").is_file():
        pytest.skip(f"no mirror of the public files at {folder}; set {MIRROR_VARIABLE}")
    return folder


@pytest.fixture(scope="session")
def demo() -> Panel:
    """The demo release, built if anything changed."""
    build_release("demo")
    return load_release("demo")


@pytest.fixture(scope="session")
def public_release(mirror: Path) -> Panel:
    """The public release from the mirror, built if anything changed, by one process at a time."""
    with run_lock(processed_dir("public").parent, lambda _: None):
        build_release("public", mirror=mirror)
    return load_release("public")


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """What gives a folder that one process fills for all of a run, to be read or copied."""
    base: Path = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name: str, fill: Callable[[Path], object]) -> Path:
        folder = shared / "once" / name
        with run_lock(folder, lambda _: None):
            if not (folder / "made").is_dir():
                shutil.rmtree(folder / "begun", ignore_errors=True)
                (folder / "begun").mkdir()
                fill(folder / "begun")
                (folder / "begun").rename(folder / "made")
        return folder / "made"

    return make


@pytest.fixture(scope="session")
def built_once(made_once: Callable[..., Path]) -> Callable[[bool], Path]:
    """What gives a project with a small fictional release, built once, with a rubric or without."""

    def build(home: Path, rubric: bool) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(HOME_VARIABLE, str(home))
            patch.delenv(MIRROR_VARIABLE, raising=False)
            write_release(home, rubric=rubric)
            build_release("demo")

    return lambda rubric: made_once(f"small-{rubric}", partial(build, rubric=rubric))


@pytest.fixture(scope="session")
def site(demo: Panel, made_once: Callable[..., Path]) -> Path:
    """Reports folder with the documents of the site, and what it gives away of the demo release."""

    def write(home: Path) -> None:
        shutil.copytree(project_root() / "docs", home / "docs")
        write_documents(home / "reports")
        write_take_away(home / "reports", demo.release)

    return made_once("site", write) / "reports"


@pytest.fixture
def built_copy(
    built_once: Callable[[bool], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """What makes a copy of such a project the one at work; it gives its folder of raw files."""

    def copy(*, rubric: bool = False) -> Path:
        shutil.copytree(built_once(rubric), tmp_path / "home")
        monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
        monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
        return tmp_path / "home" / "data" / "raw" / "demo"

    return copy
