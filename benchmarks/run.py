"""Run every benchmark beside this file, and write their ratios below the text of `README.md`.

Run `make bench` or `python benchmarks/run.py [NAME ...]`, with names like `return_a` of
`bench_return_a.py`, or `engine:nothing,data` for cases of one; benchmarks that are not named keep
the rows they have. Each is a process of its own, one after the other, with one thread for linear
algebra. Return status 1 if a goal was missed or a script failed.
"""

from __future__ import annotations

import os
import platform
import re
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
TABLE = """| script | ratio | value | goal | met |
| --- | --- | ---: | --- | --- |
"""


def main(words: list[str]) -> int:
    """Run the benchmarks named, or all; write the table.

    `NAME=FILE` takes what a script printed before: rows it has replace those of the same name.
    """
    saved = dict(word.split("=", 1) for word in words if "=" in word)
    cases = dict(word.split(":", 1) for word in words if ":" in word and "=" not in word)
    names = [re.split("[:=]", word)[0] for word in words]
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
        if name in saved:
            status, found = _read(script, Path(saved[name]))
        else:
            status, found = _run(script, [one for one in cases.get(name, "").split(",") if one])
        old = rows.get(f"| {script.name}", []) if name in {**saved, **cases} else []
        rows[f"| {script.name}"] = _merged(old, found)
        if status:
            failed.append(name)
    kept = [line for script in scripts for line in rows.get(f"| {script.name}", [])]
    is_kept = bool(names) and not {"engine", "profile"} & ({*names} - {*cases})
    profile = _old_profile() if is_kept else _profile(saved.get("profile"))
    head = README.read_text(encoding="utf-8").partition(TABLE)[0]
    text = head + TABLE + "\n".join([*kept, "", _machine(), "", PROFILE_HEAD, "", profile, ""])
    README.write_text(text, encoding="utf-8")
    print(f"Written: {README}" + (f". Missed or failed: {', '.join(failed)}" if failed else ""))
    return int(bool(failed))


def _run(script: Path, cases: list[str]) -> tuple[int, list[str]]:
    """Run one script, or cases of it, and show what it prints; return its ratios as rows."""
    print(f"== {script.name}", flush=True)
    rows = []
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, str(script), *cases], stdout=subprocess.PIPE, text=True, env=environment
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
