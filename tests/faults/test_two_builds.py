"""Two builds of a release give the same files, byte by byte, wherever and however they run.

The short form makes the tables of the demo release, one report and the brief of one state. The long
one (COOPANALYSIS_TRUST=1, `make trust`) makes every report and brief of both releases.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

LONG = os.environ.get("COOPANALYSIS_TRUST") == "1"
PROJECT = Path(__file__).parents[2]
PARTS = ("notebooks", "data/raw", "requirements.lock", "pyproject.toml")
ONE_REPORT, ONE_STATE = "policy-landscape", "57"
TAKEN_AWAY = (
    "county.csv", "county.xlsx", "county.parquet", "changes.json", "changes.atom",
    "datapackage.json", "ro-crate-metadata.json",
)  # fmt: skip
COMMAND = ("-m", "coopanalysis.front")
LIMIT_SECONDS = 3600
EVERY, MOST_ROWS = (60, 1_000_000) if LONG else (640, 3_000)
SITE = f"""
from coopanalysis.reports.site import __main__, county_pages, take_away
codes, too_large = county_pages.county_codes, take_away.too_large_for_a_sheet
county_pages.county_codes = lambda release: codes(release)[::{EVERY}]
county_pages.CHUNK = 1
take_away.too_large_for_a_sheet = lambda frame: len(frame) > {MOST_ROWS} or too_large(frame)
raise SystemExit(__main__.main(["--release", "{{release}}", "--workers", "{{workers}}"]))
"""
"""Makes the site with the page of each 60th county, or 640th, and the tables to take away.

They are few, so each is a piece of work of its own: as many processes as there are share them.
In the short form a sheet holds fewer rows, so that most of the tables have none.
"""

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Surroundings:
    """Where and how a build runs, which must not show in what it makes."""

    folder: str
    zone: str
    locale: str
    umask: int
    hash_seed: str
    workers: str


HERE = Surroundings("here", "UTC", "C.UTF-8", 0o022, "1", "1")
THERE = Surroundings("over there/Größe", "Asia/Kathmandu", "C", 0o077, "77", "2")


def shorten(plan: Path) -> None:
    """Leave one report in a plan, and the brief of one state as one that every run makes."""
    head, *entries = plan.read_text(encoding="utf-8").split("[[report]]\n")
    kept = [one for one in entries if tomllib.loads(one)["id"] in (ONE_REPORT, "state-brief")]
    text = "[[report]]\n".join([head, *kept]).replace("on_demand = true\n", "")
    every = '[report.sweep]\nstate_fips = "states"\n'
    assert text.count(every) == 1
    plan.write_text(text.replace(every, every.replace('"states"', f'["{ONE_STATE}"]')), "utf-8")


def build(place: Path, release: str, around: Surroundings, mirror: Path | None) -> dict[str, bytes]:
    """Build a release, its reports and the site in a folder of its own; return all published."""
    root = place / around.folder
    for part in PARTS:
        source, target = PROJECT / part, root / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("public"))
        else:
            shutil.copy(source, target)
    home = place / f"home of {around.hash_seed}"
    home.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LC_")},
        "COOPANALYSIS_HOME": str(root),
        "HOME": str(home),
        "SOURCE_DATE_EPOCH": "1760000000",
        "TZ": around.zone,
        "LC_ALL": around.locale,
        "PYTHONHASHSEED": around.hash_seed,
    }
    if not LONG:
        shorten(root / "notebooks" / "reports.toml")
    fetch = [["data", "fetch", "--release", release, "--mirror", str(mirror)]] if mirror else []
    words = ["reports", "run", "--release", release, "--workers", around.workers]
    for command in (*fetch, words, *([[*words, "--all-states"]] if LONG else [])):
        run([*COMMAND, *command], root, environment, around.umask)
    site = SITE.format(release=release, workers=around.workers)
    run(["-c", site], root, environment, around.umask)
    found = [root / "data/processed" / release, root / "reports", root / "site"]
    files = [file for folder in found for file in folder.rglob("*") if file.is_file()]
    shown = {file.relative_to(root): file for file in files}
    return {
        name.as_posix(): file.read_bytes()
        for name, file in shown.items()
        if not any(part.startswith(".") for part in name.parts)
    }


def run(words: Sequence[str], folder: Path, environment: dict[str, str], umask: int) -> None:
    """Run Python to its end, which must be a good one."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def check_same(place: Path, release: str, mirror: Path | None) -> None:
    """Build twice, and compare every published file."""
    one, other = (build(place, release, around, mirror) for around in (HERE, THERE))
    assert sorted(one) == sorted(other)
    assert {"site/index.html", "reports/index.html"} < set(one)
    assert {f"site/data/{release}/{name}" for name in TAKEN_AWAY} < set(one)
    for part in ("counties/", "state-brief--", f"{ONE_REPORT}.html", f"{ONE_REPORT}.ipynb"):
        assert any(name.startswith(f"site/{release}/{part}") for name in one), part
    drawn = {Path(name).suffix for name in one if name.startswith(f"site/figures/{release}/")}
    assert drawn == {".html", ".png", ".svg"}
    assert f"site/data/{release}/{release}.duckdb" in one
    assert [name for name in one if one[name] != other[name]] == []


def test_two_builds_of_the_demo_release_are_the_same_to_the_byte(tmp_path: Path) -> None:
    check_same(tmp_path, "demo", None)


@pytest.mark.mirror
@pytest.mark.skipif(not LONG, reason="takes minutes; `make trust` runs it")
def test_two_builds_of_the_public_release_are_the_same_to_the_byte(
    tmp_path: Path, mirror: Path
) -> None:
    check_same(tmp_path, "public", mirror)
