"""What every page of the site of the public release costs, against one brief by the report engine.

Run `python benchmarks/bench_site.py`; it needs the mirror of the public files and takes as long as
`make site RELEASE=public`. On a copy of the notebooks in a temporary folder: the national reports,
the brief of every state, then the page of every county with the tables to take away; last, the
brief of one state alone, as a reader would ask for it. CPU is that of a command and all its
descendants, on all cores; a page is charged its share of the command that made it.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ratios import say_ratio

from coopanalysis import paths

PARTS = ("notebooks", "data/raw", "docs", "requirements.lock", "pyproject.toml")
COMMAND = (sys.executable, "-m", "coopanalysis.front")
SITE = (sys.executable, "-m", "coopanalysis.reports.site", "--release", "public")
MOST_CPU_A_COUNTY = 0.5


def main() -> int:
    """Print the ratios; return 1 if a goal is missed."""
    project = paths.project_root()
    mirror = os.environ.get(paths.MIRROR_VARIABLE) or str(project.parent / "shared" / "mirror")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "project"
        for part in PARTS:
            source, target = project / part, home / part
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, target)
        os.environ[paths.HOME_VARIABLE] = str(home)
        run = (*COMMAND, "reports", "run", "--release", "public")
        spend(*COMMAND, "data", "fetch", "--release", "public", "--mirror", mirror)
        spend(*COMMAND, "data", "build", "--release", "public")
        reports = home / "reports" / "public"
        costs = {"a national report": spend(*run)}
        counts = {"a national report": len(list(reports.glob("*.html")))}
        costs["a state brief"] = spend(*run, "--all-states")
        counts["a state brief"] = len(list(reports.glob("state-brief--*.html")))
        costs["a county page"] = spend(*SITE)
        counts["a county page"] = len(list(reports.glob("counties/*.html")))
        alone = spend(*run, "--only", "state-brief", "--set", "state_fips=48", "--force")
        for page, (wall, cpu) in costs.items():
            at_most = MOST_CPU_A_COUNTY if page == "a county page" else None
            named = f"{page}, of {counts[page]:,}"
            met = say_ratio(f"{named}: CPU seconds", cpu / counts[page], at_most=at_most)
            say_ratio(f"{named}: wall seconds", wall / counts[page])
        county = costs["a county page"][1] / counts["a county page"]
        say_ratio("CPU: a county page / the brief of Texas alone", county / alone[1])
        files = [one for one in (home / "site").rglob("*") if one.is_file()]
        size = sum(one.stat().st_size for one in reports.glob("counties/*.html"))
        say_ratio("kilobytes a county page", size / counts["a county page"] / 1e3)
        whole = sum(one.stat().st_size for one in files)
        say_ratio(f"megabytes of the whole site, {len(files):,} files", whole / 1e6)
    return int(not met)


def spend(*command: str) -> tuple[float, float]:
    """Run a command, which must succeed; return its wall and CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-3000:]}")
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
