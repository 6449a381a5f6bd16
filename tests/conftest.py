"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from coopanalysis.panel import Panel, build_release, load_release
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE, processed_dir, project_root
from coopanalysis.reports import processes
from coopanalysis.reports.make import Task
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.records import Parts
from coopanalysis.reports.run import run_lock
from coopanalysis.reports.site import take_away
from coopanalysis.reports.site.documents import write_documents
from release_samples import write_release
from tools.check_pages.browser import find_chromium, open_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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
    whichever process is done first. One file begins with the public release, which takes as long to
    build as a dozen files to run; the other files that read it stand where it has been built.
    """
    for item in items:
        given = getattr(item, "fixturenames", ())
        if "mirror" in given:
            item.add_marker(pytest.mark.mirror)
        if {"browser", "laboratory", "site"} & set(given):
            item.add_marker(pytest.mark.slow)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    public = {item.path for item in items if item.get_closest_marker("mirror")}
    builders = [
        item.path for item in items if "public_release" in getattr(item, "fixturenames", ())
    ]

    def place(item: pytest.Item) -> tuple[bool, bool, bool]:
        return item.path not in builders[:1], item.path not in slow, item.path in public

    items.sort(key=place)


SERVER = "coopanalysis.reports.execute"
OF_A_RUN = (HOME_VARIABLE, MIRROR_VARIABLE, "SOURCE_DATE_EPOCH")
"""What a run has from its surroundings, and tells the server that it starts."""


def told(job: ReportJob, key: str, parts: Parts, environment: Mapping[str, str]) -> Task:
    """A task that tells its process what a server of its own would have told it."""
    of_run = {name: os.environ.get(name, "") for name in OF_A_RUN}
    return Task(job, key, parts, {**environment, **of_run})


@pytest.fixture(scope="session", autouse=True)
def warmed() -> Iterator[None]:
    """Keep the server that the first run starts for all runs of this process.

    It takes seconds to start; what is said of the server itself is tested `cold`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{SERVER}.Task", told)
        patch.setattr(f"{SERVER}.stop_server", lambda: None)
        yield
    processes.stop_server()


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each run of a test start and stop a server of its own, as the command does."""
    monkeypatch.setattr(f"{SERVER}.Task", Task)
    monkeypatch.setattr(f"{SERVER}.stop_server", processes.stop_server)
    processes.stop_server()
    yield
    processes.stop_server()


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
    """Reports folder with the documents of the site, and what it gives away of the demo release.

    Its sheets hold few rows: a workbook of the others takes as long as all the rest.
    """

    def write(home: Path) -> None:
        shutil.copytree(project_root() / "docs", home / "docs")
        write_documents(home / "reports")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(take_away, "too_large_for_a_sheet", lambda frame: len(frame) > 3_000)
            take_away.write_take_away(home / "reports", demo.release)

    return made_once("site", write) / "reports"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a file, each of which opens a context of its own."""
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    with open_browser() as context:
        assert context.browser is not None
        yield context.browser


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
