"""How long the whole public release takes to build, against merely reading the same bytes.

Run `python benchmarks/bench_build.py`; it needs the mirror of the public files. In one run, in
turns:

- reading: every file of the release with the fastest reader of its format at hand, into whatever
  that reader returns, and nothing else: `pyarrow.csv` (all cores) for delimited text, the
  package's own readers for Excel and dBASE, `pandas.read_stata`, `json.loads` for TopoJSON; a
  master file of Return A is unpacked and no more;
- building: hashes, reading, cleaning, joining, checks, maps and Parquet, from nothing.

The median of each is compared: for the whole release, and for all of it but Return A, whose one
file takes longer to unpack than all the others to read. Beside it stand the most memory that a
build by itself takes, and a second build after one list of agreements more, against a build from
nothing. `--profile` shows where the build spends its time instead.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.csv
import pyarrow.parquet
from ratios import say_ratio

from coopanalysis import paths
from coopanalysis.catalog.sources import Source, release_sources, source_path
from coopanalysis.panel import build_release
from coopanalysis.sources.dbase import read_dbase
from coopanalysis.sources.fetch import fetch_release
from coopanalysis.sources.return_a.archive import open_archive
from coopanalysis.sources.workbook import read_sheets

GOAL, GOAL_GIGABYTES, GOAL_ADDED = 3.0, 2.5, 0.1
REPEATS, ADDED = 7, 3
"""Turns of reading and building, and of building with a list less and then with it."""


def _unpack(path: Path) -> int:
    with open_archive(path) as stream:
        return sum(map(len, iter(lambda: stream.read(1 << 22), b"")))


FASTEST: dict[str, Callable[[Path], Any]] = {
    ".csv": pyarrow.csv.read_csv,
    ".gz": pyarrow.csv.read_csv,
    ".parquet": pyarrow.parquet.read_table,
    ".xlsx": read_sheets,
    ".dta": pd.read_stata,
    ".json": lambda path: json.loads(path.read_bytes()),
    ".topojson": lambda path: json.loads(path.read_bytes()),
    ".dbf": lambda path: read_dbase(path, "", []),
    ".zip": _unpack,
    ".zipx": _unpack,
}


def main() -> int:
    """Print the ratio; return 1 if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        _build()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        return 0
    project = paths.project_root()
    mirror = os.environ.pop(paths.MIRROR_VARIABLE, "") or str(project.parent / "shared" / "mirror")
    with tempfile.TemporaryDirectory() as folder:
        _copy_project(project, Path(folder))
        os.environ[paths.HOME_VARIABLE] = folder
        fetch_release("public", mirror)
        if options.profile:
            _profile()
            return 0
        whole = _compare("the whole release", options.repeats)
        are_met = [
            say_ratio("building / reading, the whole release", whole, at_most=GOAL),
            say_ratio("most memory of a build, GB", _gigabytes(), at_most=GOAL_GIGABYTES),
            say_ratio(
                "a second build with one list more / a build",
                _adding(Path(folder), min(options.repeats, ADDED)),
                at_most=GOAL_ADDED,
            ),
        ]
        _leave_out_return_a(Path(folder))
        rest = _compare("all but Return A", options.repeats)
        say_ratio("building / reading, all but Return A", rest)
        return int(not all(are_met))


def _gigabytes() -> float:
    """Most memory of a build in a process of its own, in GB of 10^9 bytes."""
    command = [sys.executable, __file__, "--once"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(run.stdout.splitlines()[-1]) / 1e9


def _adding(home: Path, repeats: int) -> float:
    """Time of a build after the newest list joined the manifest, in builds without it."""
    manifest = home / "data" / "raw" / "sources.toml"
    lines = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    newest = max(at for at, line in enumerate(lines) if line.startswith("  { day = "))
    without, adding = [], []
    for _ in range(repeats):
        manifest.write_text("".join([*lines[:newest], *lines[newest + 1 :]]), encoding="utf-8")
        without.append(_timed(_build))
        manifest.write_text("".join(lines), encoding="utf-8")
        adding.append(_timed(lambda: build_release("public")))
    print(f"  one list more     {1000 * statistics.median(adding):8.0f} ms (median)")
    return statistics.median(adding) / statistics.median(without)


def _leave_out_return_a(home: Path) -> None:
    manifest = home / "data" / "raw" / "sources.toml"
    head, *entries = manifest.read_text(encoding="utf-8").split("[[source]]")
    kept = [entry for entry in entries if 'layout = "fbi-return-a"' not in entry]
    manifest.write_text("[[source]]".join([head, *kept]), encoding="utf-8")


def _copy_project(project: Path, home: Path) -> None:
    raw = home / "data" / "raw"
    (home / "notebooks").mkdir()
    (home / "notebooks" / "reports.toml").touch()
    shutil.copytree(project / "data" / "raw" / "reference", raw / "reference")
    shutil.copy(project / "data" / "raw" / "sources.toml", raw)


def _compare(what: str, repeats: int) -> float:
    files = _files()
    by_format = dict.fromkeys(sorted({path.suffix for path in files}), 0.0)
    reading, building = [], []
    _build()
    for _ in range(repeats):
        spent = dict.fromkeys(by_format, 0.0)
        for path in files:
            spent[path.suffix] += _timed(lambda path=path: FASTEST[path.suffix](path))
        reading.append(sum(spent.values()))
        for suffix, seconds in spent.items():
            by_format[suffix] += seconds / repeats
        building.append(_timed(_build))
    size = sum(path.stat().st_size for path in files)
    print(
        f"{what}: {len(files)} files, {size / 1e6:.1f} MB, {os.cpu_count()} cores, {repeats} turns"
    )
    for suffix, seconds in by_format.items():
        print(f"  reading {suffix:10}{1000 * seconds:8.0f} ms")
    read, built = statistics.median(reading), statistics.median(building)
    print(f"  reading all       {1000 * read:8.0f} ms (median)")
    print(f"  building          {1000 * built:8.0f} ms (median)")
    print(f"  building / reading = {built / read:.2f}")
    return built / read


def _files() -> list[Path]:
    here = [source_path(source, "public") for source in _present()]
    strange = [path.name for path in here if path.suffix not in FASTEST]
    if strange:
        print(f"no plain reader here for {', '.join(strange)}: left out of the reading")
    return [path for path in here if path.suffix in FASTEST]


def _present() -> list[Source]:
    return [s for s in release_sources("public") if source_path(s, "public").is_file()]


def _build() -> None:
    shutil.rmtree(paths.processed_dir("public"), ignore_errors=True)
    build_release("public")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _profile() -> None:
    _build()
    profile = cProfile.Profile()
    profile.runcall(_build)
    pstats.Stats(profile).sort_stats("cumulative").print_stats("coopanalysis", 60)


if __name__ == "__main__":
    sys.exit(main())
