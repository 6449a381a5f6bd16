"""Reports made by two workers of dask on this machine, each with a working folder of its own."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_samples import LocalCluster
from coopanalysis.errors import ReportError
from coopanalysis.reports import ReportRun, run_reports
from coopanalysis.reports.cluster import check_machine
from coopanalysis.reports.progress import Progress
from engine_samples import entry, faulty_project, write_tiny_project
from report_samples import write_project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOURCE_DATE_EPOCH", "1760000000")
        yield patched


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    cluster = LocalCluster(tmp_path_factory.mktemp("cluster"))
    cluster.worker("one")
    cluster.worker("two")
    yield cluster
    cluster.stop()


def run_in(folder: Path, patch: pytest.MonkeyPatch, **options: object) -> ReportRun:
    patch.setenv("COOPANALYSIS_HOME", str(folder))
    return run_reports("demo", **options)


def wait_for_workers(cluster: LocalCluster, count: int) -> None:
    from distributed import Client  # noqa: PLC0415

    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=180)


def files(folder: Path) -> set[str]:
    places = ((folder / "reports").rglob("*"), folder.glob("reports/.engine/*"))
    return {p.relative_to(folder).as_posix() for place in places for p in place if p.is_file()}


def test_pages_are_the_same_to_the_byte_as_of_a_local_run(
    cluster: LocalCluster, tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    wait_for_workers(cluster, 2)
    here, there = write_project(tmp_path / "here"), write_project(tmp_path / "there")
    (local,) = run_in(here, patch, only="rates").outcomes
    told: list[Progress] = []
    (remote,) = run_in(
        there, patch, only="rates", scheduler=cluster.address, events=told.append
    ).outcomes
    assert remote.status == local.status == "built", remote.error
    page = remote.job.html_path.read_bytes()
    assert page == local.job.html_path.read_bytes()
    assert len(re.findall(rb'src="data:image/png;base64,[^"]+"', page)) == 2
    assert files(there) == files(here)
    running = [event for event in told if event.status == "running"]
    assert running
    assert running[-1].heading
    assert [event.status for event in told][-1] == "built"
    again = run_in(there, patch, only="rates", scheduler=cluster.address)
    assert [one.status for one in again.outcomes] == ["current"]
    assert run_in(there, patch, only="rates").outcomes[0].status == "current"


def test_each_fault_is_told_and_the_others_go_on(
    cluster: LocalCluster, tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    faults = ("raises", "hangs", "exits")
    folder = faulty_project(tmp_path / "p", faults)
    run = run_in(folder, patch, scheduler=cluster.address)
    ended = {outcome.job.id: outcome.status for outcome in run.outcomes}
    assert ended == {"good": "built", "good-too": "built", **dict.fromkeys(faults, "failed")}
    (raised,) = (one for one in run.failed if one.job.id == "raises")
    assert raised.error.startswith("cell 4: KeyError: 'nowhere'")
    assert all(one.job.notebook_path.is_file() for one in run.failed)
    assert not any(one.job.html_path.exists() for one in run.failed)
    assert "KeyError" in run.index.read_text(encoding="utf-8")
    assert not list((folder / "reports").rglob("*.part"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_an_interrupted_run_ends_its_children_there(
    cluster: LocalCluster, tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    folder = write_tiny_project(tmp_path / "p", entry("a"), {"a": "import time; time.sleep(600)"})

    def interrupt(event: Progress) -> None:
        if event.status == "running" and event.cell >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in(folder, patch, scheduler=cluster.address, events=interrupt)
    assert not list((folder / "reports" / "demo").glob("*")), "nothing is half done"
    end = time.monotonic() + 20
    while time.monotonic() < end and kernels(cluster.folder):
        time.sleep(0.2)
    assert not kernels(cluster.folder)
    good = write_tiny_project(tmp_path / "q", entry("b"), {"b": ""})
    assert run_in(good, patch, scheduler=cluster.address).outcomes[0].status == "built"


def kernels(folder: Path) -> list[str]:
    """Sleeping notebooks below the working folders of a cluster."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            here = str((place / "cwd").readlink())
        except OSError:
            continue
        if here.startswith(str(folder)) and here.endswith("/notebooks"):
            found.append(place.name)
    return found


def test_another_package_there_is_told_before_anything_runs(
    cluster: LocalCluster, tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    folder = write_tiny_project(tmp_path / "p", entry("a"), {"a": ""})
    with pytest.MonkeyPatch.context() as other:
        facts = {"source of the package": "0" * 64, "pandas": "2.0"}
        other.setattr("coopanalysis.reports.cluster.machine_facts", lambda: facts)
        with pytest.raises(ReportError, match=r"differs in source of the package .*, pandas"):
            run_in(folder, patch, scheduler=cluster.address)
    assert not list((folder / "reports" / "demo").glob("*.json"))


def test_no_scheduler_is_told(tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    folder = write_tiny_project(tmp_path / "p", entry("a"), {"a": ""})
    patch.setattr("coopanalysis.reports.cluster.ANSWER_SECONDS", 1)
    with pytest.raises(ReportError, match="No scheduler answers at tcp://127.0.0.1:1"):
        run_in(folder, patch, scheduler="tcp://127.0.0.1:1")


def test_a_machine_that_does_not_see_the_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="see at the same path"):
        check_machine(tmp_path / "elsewhere")


def test_the_environment_is_left_alone() -> None:
    assert "COOPANALYSIS_COMMIT" not in os.environ


UNTIL_KILLED = """import time
from pathlib import Path
while not Path({flag!r}).exists():
    time.sleep(0.05)"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_reports_of_a_killed_worker_are_taken_up_by_the_other(
    cluster: LocalCluster, tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    """It kills one of the workers of all tests here, and so stands last."""
    plan = entry("many") + f"[report.sweep]\nnumber = {list(range(6))}\n"
    flag = tmp_path / "killed"
    held = UNTIL_KILLED.format(flag=str(flag))
    folder = write_tiny_project(tmp_path / "p", plan, {"many": held})
    patch.delenv("SOURCE_DATE_EPOCH")  # as it is when people run reports
    wait_for_workers(cluster, 2)
    doomed = cluster.processes["one"]
    told: list[Progress] = []

    def listen(event: Progress) -> None:
        told.append(event)
        held = {one.slug for one in told if one.status == "running" and one.cell >= 5}
        if len(held) == 2 and doomed.poll() is None:
            doomed.kill()
            doomed.wait()
            flag.touch()

    outcomes = run_in(folder, patch, scheduler=cluster.address, events=listen).outcomes
    assert doomed.poll() == -signal.SIGKILL
    assert [one.status for one in outcomes] == ["built"] * 6, [one.error for one in outcomes]
    for one in outcomes:
        number = one.job.parameters["number"]
        assert f"have {number} more than" in one.job.html_path.read_text(encoding="utf-8")
    first = [event.slug for event in told if event.status == "running" and event.cell == 1]
    assert len(first) > len(set(first)) == 6, "the report that was lost was begun twice"
    assert gone(cluster.folder / "one")
    assert "Starting plain ones" not in cluster.log("one") + cluster.log("two")


def gone(folder: Path, seconds: float = 10) -> bool:
    """Whether no process has its working folder there any more."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not living(folder):
            return True
        time.sleep(0.1)
    return False


def living(folder: Path) -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            inside = str(folder).encode() in (place / "environ").read_bytes()
            if inside or str((place / "cwd").readlink()).startswith(str(folder)):
                found.append((place / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found
