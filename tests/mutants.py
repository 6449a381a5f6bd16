"""Break the package in small ways, one at a time, and see whether its tests notice.

`python tests/mutants.py` prints a table for docs/reliability.md, and ends with status 1 if a mutant
of tests/mutants.toml survives. `python tests/mutants.py WORD` tries those whose file, old or new
text has that word.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PACKAGE = Path("src/coopanalysis")
LIST = Path(__file__).with_suffix(".toml")
COPIED = ("src", "tests", "tools", "notebooks", "data/raw", "docs", "pyproject.toml",
          "requirements.lock")  # fmt: skip
LIMIT_SECONDS = 900


@dataclass(frozen=True)
class Mutant:
    """A text in a file of the package, what stands in its place, and the tests that must notice."""

    file: str
    old: str
    new: str
    tests: str


def read_mutants() -> list[Mutant]:
    """Read the list of mutants."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))["file"]
    return [
        Mutant(entry["file"], old, new, entry["tests"])
        for entry in listed
        for old, new in entry["mutants"]
    ]


def lacking(mutant: Mutant) -> bool:
    """Whether the text that a mutant replaces is no longer there."""
    return mutant.old not in (PROJECT / PACKAGE / mutant.file).read_text(encoding="utf-8")


def copy_project(target: Path) -> None:
    """Copy what the tests need, so that no broken code ever writes tables of the project."""
    for name in COPIED:
        source, copy = PROJECT / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("public", "__pycache__"))
        else:
            shutil.copy(source, copy)


def do_tests_fail(tests: str, root: Path) -> bool:
    """Whether the tests of a file fail on the package as it stands in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header",
         "-m", "not mirror", f"tests/test_{tests}.py"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src"), "COOPANALYSIS_HOME": str(root)},
        capture_output=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout.decode()[-2000:])
    return done.returncode == 1


def is_killed(mutant: Mutant, root: Path) -> bool:
    """Whether the tests fail with a mutant in place."""
    file = root / PACKAGE / mutant.file
    sound = file.read_text(encoding="utf-8")
    file.write_text(sound.replace(mutant.old, mutant.new, 1), encoding="utf-8")
    try:
        return do_tests_fail(mutant.tests, root)
    finally:
        file.write_text(sound, encoding="utf-8")


def main(words: list[str]) -> int:
    """Try the mutants, print a row of a table for each, and say how many survived."""
    chosen = [m for m in read_mutants() if all(w in f"{m.file} {m.old} {m.new}" for w in words)]
    survived = 0
    print("| file | was | became | tests | outcome |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_project(root)
        for tests in sorted({one.tests for one in chosen}):
            if do_tests_fail(tests, root):
                raise SystemExit(f"tests/test_{tests}.py fails as it is: it would kill anything.")
        for mutant in chosen:
            killed = is_killed(mutant, root)
            survived += not killed
            cells = (mutant.file, f"`{mutant.old}`", f"`{mutant.new}`", f"test_{mutant.tests}.py")
            print(f"| {' | '.join(cells)} | {'killed' if killed else 'survived'} |", flush=True)
    print(f"\n{len(chosen)} mutants, {survived} survived.")
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
