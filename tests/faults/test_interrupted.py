"""Builds that are killed, fill the disk, may not write, or meet hostile names."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from grids import read_grid, write_grid
from trials import Laboratory

from coopanalysis.panel import build_release
from coopanalysis.panel.record import is_current
from coopanalysis.paths import processed_dir

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs limits and rights of Linux"),
]

LONG = os.environ.get("COOPANALYSIS_TRUST") == "1"
SEED = os.environ.get("COOPANALYSIS_SEED", "1")
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=HYPERLINK(\"http://x\")",
    "{{ 7 * 7 }}", "$(touch x)", "../../../etc/passwd", "x" * 3000, "Robert'); DROP TABLE--",
    "\u202egnp.exe", "%s %n {0}", "Police Dept\u0301 \U0001f600",
)  # fmt: skip
NAME_COLUMNS = {"ice-287g": "LAW ENFORCEMENT AGENCY", "police-employees": "pub_agency_name"}
Note = Callable[[str, object], None]


def start(laboratory: Laboratory, before: Callable[[], object] | None = None) -> subprocess.Popen:
    """A build from nothing, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "coopanalysis.front", "data", "build", "--release", "demo"],
        env={**os.environ, "COOPANALYSIS_HOME": str(laboratory.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=before,  # noqa: PLW1509  (limits of that process alone)
    )


def touch_manifest(laboratory: Laboratory) -> None:
    """Make the build that stands one of another manifest, so that the next one builds."""
    manifest = laboratory.demo / "sources.toml"
    manifest.write_text(f"{laboratory.manifest}# {time.time_ns()}\n", encoding="utf-8")


def check_again(laboratory: Laboratory) -> None:
    """Build undisturbed: the same tables, and nothing left beside them."""
    build_release("demo")
    assert is_current("demo")
    check_tables(laboratory)


def check_tables(laboratory: Laboratory) -> None:
    """Hold the tables that stand to those of the sound files, and find nothing left beside them."""
    assert laboratory.difference() == ""
    left = {one.name for one in processed_dir("demo").parent.iterdir()} - {".hashes", ".lock"}
    assert left == {"demo"}


def said_well(said: str, status: int) -> bool:
    return status == 1 and "Traceback" not in said and ("Free space" in said or "cannot" in said)


@pytest.mark.parametrize("number", range(40 if LONG else 1))
def test_a_build_killed_at_any_moment_is_made_good_by_the_next(
    laboratory: Laboratory, number: int, record_property: Note
) -> None:
    touch_manifest(laboratory)
    process = start(laboratory)
    time.sleep(Random(f"{SEED} kill {number}").uniform(0.2, 5))
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    check_again(laboratory)
    record_property("damage", "builds killed|can be told|same")


@pytest.mark.parametrize("number", range(20 if LONG else 1))
def test_a_disk_that_is_full_is_told_and_the_last_build_stays(
    laboratory: Laboratory, number: int, record_property: Note
) -> None:
    """No file may grow beyond a limit, as where the disk is full: the system says so the same."""
    touch_manifest(laboratory)
    size = Random(f"{SEED} disk {number}").choice((0, 1, 100, 2000, 5000, 9000))
    said, _ = (
        done := start(laboratory, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    ).communicate(timeout=300)
    assert said_well(said, done.returncode), said
    assert laboratory.difference() == ""
    check_again(laboratory)
    record_property("damage", "full disk|can be told|refused")


def drop_rights() -> None:
    """Let even the superuser write only where the rights of the folder allow it."""
    libc = ctypes.CDLL(None, use_errno=True)
    for right in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, right, 0, 0, 0)


def test_a_project_that_may_only_be_read_is_told(
    laboratory: Laboratory, record_property: Note
) -> None:
    touch_manifest(laboratory)
    folder = processed_dir("demo").parent
    folder.chmod(0o555)
    try:
        said, _ = (done := start(laboratory, drop_rights)).communicate(timeout=300)
    finally:
        folder.chmod(0o755)
    if done.returncode == 0:
        pytest.skip("the rights of the superuser cannot be dropped here")
    assert said_well(said, done.returncode), said
    check_tables(laboratory)
    record_property("damage", "read-only project|can be told|refused")


def test_hostile_names_change_no_number(laboratory: Laboratory, record_property: Note) -> None:
    """The table of agreements may differ: an agency's name can tell its county."""
    entries = [one for one in laboratory.entries if one["layout"] in NAME_COLUMNS]
    for number, name in enumerate(HOSTILE):
        entry = entries[number % len(entries)]
        suffix, sound = Path(entry["path"]).suffix, laboratory.sound[entry["id"]]
        grid = read_grid(suffix, sound)
        row = grid[1 + number % (len(grid) - 1)]
        row[grid[0].index(NAME_COLUMNS[entry["layout"]])] = name
        outcome, said = laboratory.try_file(entry, write_grid(suffix, grid, sound))
        if said.startswith("agreements.") or ".agency" in said:
            outcome = "same"
        record_property("damage", f"hostile names|can be told|{outcome}")
        assert outcome in ("same", "refused"), f"{name!r} in {entry['id']}: {said}"
