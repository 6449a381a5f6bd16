"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from coopanalysis.panel import Panel, build_release, load_release
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE, processed_dir, project_root
from coopanalysis.reports.run import run_lock
from release_samples import write_release

# Examples that write files take as long as a busy machine lets them; that is no failure.
settings.register_profile("coopanalysis", deadline=None)
settings.load_profile("coopanalysis")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that reads the public files; put files with slow tests before the others.

    Files of quick tests then fill the time of whichever process is done first.
    """
    for item in items:
        if "mirror" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.mirror)
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
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """What gives a project with a small fictional release, built once, with a rubric or without."""

    @cache
    def build(rubric: bool) -> Path:
        home = tmp_path_factory.mktemp("small")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(HOME_VARIABLE, str(home))
            patch.delenv(MIRROR_VARIABLE, raising=False)
            write_release(home, rubric=rubric)
            build_release("demo")
        return home

    return build


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
