"""Where the time of the report engine goes: CPU by phase and notebook, and what cells spend it on.

Run `python benchmarks/profile_engine.py [--plain] [--no-cells]`. It runs reports of the demo
release on a copy of the project as `bench_engine.py` does, and prints three tables, which `run.py`
puts into README.md:

- CPU by phase of all reports, cold, from what the engine keeps beside each report: the kernel's
  start, its cells, what drives it (papermill), and the page. What is left of the CPU of the whole
  run is the command itself, the warmed server, and ends of processes.
- the same of each report alone, as when one notebook changed, and of the briefs of all states.
- what cells spend it on: each notebook once under cProfile in a process of its own, own time of
  functions by the package they belong to (built-in functions count for who calls them).
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench_engine import SHOW, Place, as_script

from coopanalysis import paths

PHASES = {"kernel": "kernel starts", "cells": "cells", "driver": "papermill", "page": "page"}
LIBRARIES = ("coopanalysis", "matplotlib", "PIL", "pandas", "numpy", "scipy", "pyarrow")
PROFILE_CELLS = "--cells-of"


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plain", action="store_true", help="plain kernels, not forked ones")
    parser.add_argument("--no-cells", action="store_true", help="no table of cells")
    parser.add_argument(PROFILE_CELLS, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cells_of:
        print(json.dumps(own_time(options.cells_of)))
        return 0
    with tempfile.TemporaryDirectory(prefix="b-") as folder:
        place = Place(Path(folder))
        os.environ[paths.HOME_VARIABLE] = str(place.home)
        say_phases(place, plain=options.plain)
        if not options.plain:
            say_other_runs(place)
        if not options.no_cells:
            say_cells(place)
    return 0


def say_phases(place: Place, *, plain: bool) -> None:
    """Print CPU by phase and notebook."""
    spent = place.cold(*(["--plain"] if plain else []))
    reports = _kept(place, "*")
    warm = parent_seconds(place.notebooks) if not plain else 0.0
    known = {phase: sum(one[phase] for one in reports.values()) for phase in PHASES}
    rest = spent.cpu - warm - sum(known.values())
    print(f"| CPU of a cold run, % of {spent.cpu:.1f} s | {' | '.join(PHASES.values())} | all |")
    print("| --- |" + " ---: |" * (len(PHASES) + 1))
    for name, one in sorted(reports.items(), key=lambda item: -sum(item[1].values())):
        print(_row(name, [*(one[phase] for phase in PHASES), sum(one.values())], spent.cpu))
    print(_row("all reports", [*known.values(), sum(known.values())], spent.cpu))
    blank = ["" for _ in PHASES]
    print(_row("warming the server", [*blank, warm], spent.cpu))
    print(_row("command, index, ends of processes", [*blank, rest], spent.cpu))
    print()


def say_other_runs(place: Place) -> None:
    """Print CPU by phase of each report alone, and of the briefs of all states."""
    from coopanalysis.reports.plan import load_plan  # noqa: PLC0415

    columns = [*PHASES.values(), "warming the server", "command, index, ends"]
    print(f"| CPU of other runs, % of each | {' | '.join(columns)} |")
    print("| --- |" + " ---: |" * len(columns))
    jobs = {job.notebook: job.slug for job in load_plan("demo")}
    for notebook in place.notebooks:
        spent = place.run("--only", jobs[notebook], "--force")
        name = f"{jobs[notebook]} alone, {spent.cpu:.1f} s"
        print(_parts(name, _kept(place, jobs[notebook]), parent_seconds([notebook]), spent.cpu))
    spent = place.cold("--all-states")
    kept = _kept(place, "state-brief*")
    warm = parent_seconds([place.state_brief] * 2)
    print(_parts(f"{len(kept)} state briefs, {spent.cpu:.1f} s", kept, warm, spent.cpu))
    print()


def _kept(place: Place, slugs: str) -> dict[str, dict[str, float]]:
    """CPU by phase that the engine keeps beside reports, by slug."""
    return {
        file.stem: json.loads(file.read_text(encoding="utf-8"))["cpu"]
        for file in sorted((place.home / "reports").rglob(f"{slugs}.history"))
    }


def _parts(name: str, kept: dict[str, dict[str, float]], warm: float, whole: float) -> str:
    known: list[float | str] = [sum(one[phase] for one in kept.values()) for phase in PHASES]
    rest = whole - warm - sum(float(one) for one in known)
    return _row(name, [*known, warm, rest], whole)


def _row(name: str, values: list[float | str], whole: float) -> str:
    cells = [one if isinstance(one, str) else f"{100 * one / whole:.1f}" for one in values]
    return f"| {name} | {' | '.join(cells)} |"


def parent_seconds(notebooks: Sequence[Path]) -> float:
    """CPU that the server which processes are forked from uses until it takes requests."""
    import psutil  # noqa: PLC0415

    from coopanalysis.reports.execute import modules_to_warm  # noqa: PLC0415
    from coopanalysis.reports.processes import choose_method, stop_server  # noqa: PLC0415
    from coopanalysis.reports.resources import cpu_seconds  # noqa: PLC0415

    choose_method(modules_to_warm(notebooks), plain=False, say=sys.exit)
    try:
        return sum(cpu_seconds(one.pid) for one in psutil.Process().children())
    finally:
        stop_server()


def say_cells(place: Place) -> None:
    """Print what cells spend their time on, in shares of each notebook."""
    print("| own time of cells, % | " + " | ".join([*LIBRARIES, "other", "imports"]) + " |")
    print("| --- |" + " ---: |" * (len(LIBRARIES) + 2))
    for notebook in [*place.notebooks, place.state_brief]:
        done = subprocess.run(
            [sys.executable, __file__, PROFILE_CELLS, str(notebook)],
            cwd=place.home / "notebooks",
            env=place.environment | {"MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        seconds: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        whole = sum(seconds.values())
        shares = [seconds.get(name, 0.0) for name in (*LIBRARIES, "other", "imports")]
        print(_row(notebook.stem, [*shares], whole), flush=True)


def own_time(notebook: Path) -> dict[str, float]:
    """Seconds that cells of a notebook spend in functions of each package, once it is warm."""
    from coopanalysis.reports.execute import modules_to_warm  # noqa: PLC0415
    from coopanalysis.reports.warm import warm_up  # noqa: PLC0415

    # as for a sweep, where nothing is imported late
    warm_up(modules_to_warm([notebook, notebook]))
    script = compile(f"{SHOW}\n{as_script(notebook, {})}", notebook.name, "exec")
    profile = cProfile.Profile()
    profile.enable()
    exec(script, {})
    profile.disable()
    found: dict[str, float] = {}
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if file == "~" and callers:
            for (caller, _, _), facts in callers.items():
                name = _library(caller)
                found[name] = found.get(name, 0.0) + facts[2]
        else:
            found[_library(file)] = found.get(_library(file), 0.0) + own
    return found


def _library(file: str) -> str:
    if "importlib" in file:
        return "imports"
    parts = Path(file).parts
    return next((name for name in LIBRARIES if name in parts), "other")


if __name__ == "__main__":
    sys.exit(main())
