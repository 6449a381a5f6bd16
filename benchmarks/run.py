"""Run every benchmark beside this file, and write their ratios to `README.md`.

Run `make bench` or `python benchmarks/run.py [NAME ...]`, with names like `return_a` of
`bench_return_a.py`; benchmarks that are not named keep the rows they have. Each is a process of
its own, one after the other, with one thread for linear algebra. Return status 1 if a goal was
missed or a script failed.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from ratios import MARK

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
PROFILE = HERE / "profile_engine.py"
PROFILE_HEAD = "## Profile of the report engine"
PACKAGES = ("pandas", "numpy", "pyarrow")
HEAD = """# Benchmarks

Ratios, not seconds: both sides of each were measured in one run on one machine. `make bench`
runs every script here and writes this file. Benchmarks on real files need them in a folder,
named by `MIRROR=` or the environment variable `COOPANALYSIS_MIRROR`; those of models need the
libraries of `requirements-bench.in`, which `make bench` installs. What a script compares, and with
what, stands at its top.

Which fields `pandas.read_fwf` is given decides its time, so there are three rows of it. The goal's
reading is the row of all fields that are decoded, because "the same fields" are those that both
sides turn into numbers and text, and each of them decides whether a record is kept. The rows of
fewer fields say what the same reading is worth against a reader that skips the others.

Two things to know when reading them. Unpacking the file of 2013 (PPMd) takes about twenty times as
long as reading it, so it is on neither side of the ratios of `bench_return_a.py`, and it hides the
rest in the ratio of the whole release: the row below it leaves Return A out. A year of Return A
that the tables hold already is not unpacked again.

`bench_engine.py` holds the report engine against a shell loop of papermill and nbconvert (as pip
installs them, and with this project's lock) and against the same code as plain scripts without a
page. Both sides of a row were measured in one run, in turns. The loop of the briefs is timed for
four states and reckoned up to all of the release. A value that misses its goal is reported as it
came.

The rows of a cold run were last taken on cores that a dozen other programs shared: of them the
ratios of CPU say something, those of wall times little. In turns with it on the same cores, the
engine before it, with a fork server of its own making, used 30.8 s of CPU for a cold run, this one
31.5 s. The other rows of the engine, and its profile, are of that earlier one, taken while little
else ran.

What does not hold is explained by the profile below the table, which `profile_engine.py` writes.
On two cores a ratio of wall times is at most twice the ratio of CPU, and an engine that cost
nothing would still cost what plain scripts do. So twice `loop / plain scripts` is the most that any
engine can reach here, of which the engine gets the share that `engine / plain scripts` leaves.

- All reports, cold, and the briefs, in wall time: cells are two thirds of the CPU and more, and the
  loop spends them too. Only cheaper cells, or more cores, bring either nearer to its goal.
- All reports, cold, in CPU: the rest is warming the server (of which the scripts pay the imports of
  their cells, and not ipykernel, papermill and nbconvert), pages, the command with the index and
  the ends of processes, starts of kernels, and papermill. It is as much whatever the cells cost:
  when cells become cheaper, this ratio rises.
- One notebook changed: warming and cells are most of it, for every report (the second table). The
  server imports what the loop's kernel imports, and papermill and nbconvert after it, one thing
  after the other on one core; then the same cells run. What is saved is that the loop's two
  commands import much of it twice. A server that outlives the run would save more, and a run leaves
  no process behind.
- nbval: the same cells on both sides, on two cores instead of one, each with a server of its own;
  the robustness notebook, which starts first, is the longest part that cannot be shared out.

| script | ratio | value | goal | met |
| --- | --- | ---: | --- | --- |
"""


def main(words: list[str]) -> int:
    """Run the benchmarks named, or all; write the table.

    `NAME=FILE` takes what a script printed before: rows it has replace those of the same name.
    """
    saved = dict(word.split("=", 1) for word in words if "=" in word)
    names = [word.partition("=")[0] for word in words]
    scripts = sorted(HERE.glob("bench_*.py"))
    known = {script.stem.removeprefix("bench_"): script for script in scripts}
    strange = [name for name in names if name not in (*known, "profile")]
    if strange:
        print(f"No benchmark {', '.join(strange)}. There are: {', '.join(known)}.")
        return 2
    rows = {line.split(" | ")[0]: [] for line in _old_rows()}
    for line in _old_rows():
        rows[line.split(" | ")[0]].append(line)
    failed = []
    for name, script in known.items():
        if names and name not in names:
            continue
        status, found = _read(script, Path(saved[name])) if name in saved else _run(script)
        old = rows.get(f"| {script.name}", []) if name in saved else []
        rows[f"| {script.name}"] = _merged(old, found)
        if status:
            failed.append(name)
    kept = [line for script in scripts for line in rows.get(f"| {script.name}", [])]
    profile = _old_profile() if names and "engine" not in names else _profile(saved.get("profile"))
    text = HEAD + "\n".join([*kept, "", _machine(), "", PROFILE_HEAD, "", profile, ""])
    README.write_text(text, encoding="utf-8")
    print(f"Written: {README}" + (f". Missed or failed: {', '.join(failed)}" if failed else ""))
    return int(bool(failed))


def _run(script: Path) -> tuple[int, list[str]]:
    """Run one script and show what it prints; its ratios as rows of the table."""
    print(f"== {script.name}", flush=True)
    rows = []
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        for line in process.stdout or ():
            mark, *cells = line.rstrip("\n").split("\t")
            if mark == MARK:
                rows.append(f"| {script.name} | {' | '.join(cells)} |")
            else:
                print(line, end="", flush=True)
    return process.returncode, rows


def _read(script: Path, file: Path) -> tuple[int, list[str]]:
    """Rows among what a script printed before."""
    lines = file.read_text(encoding="utf-8").splitlines()
    marked = [line.split("\t")[1:] for line in lines if line.startswith(f"{MARK}\t")]
    return 0, [f"| {script.name} | {' | '.join(cells)} |" for cells in marked]


def _merged(old: list[str], new: list[str]) -> list[str]:
    """Put new rows in the place of those with the same name; the others stay, new names last."""
    by_name = {row.split(" | ")[1]: row for row in [*old, *new]}
    return list(by_name.values())


def _profile(saved: str | None) -> str:
    """Return what the profile of the engine prints: now, or before into a file."""
    if saved:
        return Path(saved).read_text(encoding="utf-8").strip()
    done = subprocess.run(
        [sys.executable, str(PROFILE)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _old_profile() -> str:
    text = README.read_text(encoding="utf-8") if README.is_file() else ""
    return text.partition(PROFILE_HEAD)[2].strip()


def _old_rows() -> list[str]:
    if not README.is_file():
        return []
    lines = README.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("| bench_")]


def _machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"Last run on {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, {packages}."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
