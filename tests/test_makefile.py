"""What a target of the Makefile runs where a part of it fails."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from print_branches import branch_lines

PROJECT = Path(__file__).parents[1]
STUB = """#!/bin/sh
echo "ran: $*"
case "$*" in *{failing}*) exit 1;; esac
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def run_trust(folder: Path, failing: str) -> subprocess.CompletedProcess[str]:
    """Run `make trust` with a Python that only says what it was asked, and fails at one thing."""
    (folder / "bin").mkdir()
    for name in ("python", "coopanalysis"):
        file = folder / "bin" / name
        file.write_text(STUB.format(failing=failing), encoding="utf-8")
        file.chmod(0o755)
    (folder / ".installed").touch()
    words = ["make", "--no-print-directory", "trust", f"VENV={folder}"]
    return subprocess.run(
        words, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("failing", "status"),
    [
        ("nothing-of-it", 0),
        ("test_models_coverage.py", 2),
        ("write_coverage.py", 2),
        ("-q", 2),
        ("print_table.py", 2),
    ],
)
def test_the_table_of_faults_is_printed_whether_or_not_simulations_pass(
    tmp_path: Path, failing: str, status: int
) -> None:
    done = run_trust(tmp_path, failing)
    assert "tests/faults/print_table.py" in done.stdout, done.stderr
    assert done.returncode == status


def test_branches_are_counted_by_folder_and_in_all() -> None:
    counts = {"clean/a.py": (3, 4), "clean/b.py": (1, 4), "models/sub/c.py": (2, 2)}
    files = {
        f"src/coopanalysis/{name}": {"summary": {"covered_branches": few, "num_branches": all_}}
        for name, (few, all_) in counts.items()
    }
    assert branch_lines({"files": files}) == [
        "branches alone, clean/: 4 of 8, 50.0%",
        "branches alone, models/: 2 of 2, 100.0%",
        "branches alone, all: 6 of 10, 60.0%",
    ]
