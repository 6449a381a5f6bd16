"""Under which plan a report is made, with which code, and when: commit, versions, time."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from coopanalysis.errors import DataError
from coopanalysis.paths import PLAN_FILE, analysis_plan_file

PACKAGES = (
    "coopanalysis",
    "pandas",
    "numpy",
    "scipy",
    "statsmodels",
    "matplotlib",
    "seaborn",
    "geopandas",
    "papermill",
    "nbconvert",
)
NO_COMMIT = "not available"
COMMIT_VARIABLE = "COOPANALYSIS_COMMIT"
"""Commit that whoever starts a run has asked for once, for all its reports."""

EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
"""Seconds since 1970 that stand for the time of every run, so that it can be repeated to the byte;
how long a run took is 0 then."""
SHOWN_DIGITS = 12
_FIXED = re.compile(r"^Fixed on (\d{1,2} [A-Z][a-z]+ \d{4})\b", re.MULTILINE)


def finish_time() -> datetime:
    """Time that a run is said to have ended, in UTC."""
    epoch = os.environ.get(EPOCH_VARIABLE)
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)


def run_seconds(seconds: float) -> float:
    """Time that a run is said to have taken."""
    return 0.0 if os.environ.get(EPOCH_VARIABLE) else seconds


def installed_versions() -> dict[str, str]:
    """Version of Python, and of each package that shapes numbers or pages."""
    versions = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def git_commit(root: Path) -> str:
    """Commit of the project folder."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return NO_COMMIT

    def ask(*words: str) -> str:
        call = [git, "-C", str(root), *words]
        answer = subprocess.run(call, capture_output=True, text=True, check=False, timeout=20)
        return answer.stdout.strip() if answer.returncode == 0 else ""

    commit = ask("rev-parse", "HEAD")
    changed = ask("status", "--porcelain", "--untracked-files=no")
    return f"{commit}{' with changes not committed' if changed else ''}" or NO_COMMIT


@dataclass(frozen=True)
class AnalysisPlan:
    """A plan of analysis: the day it was fixed on, in words, and the hash of its bytes."""

    fixed: str
    sha256: str

    @property
    def short(self) -> str:
        """First digits of the hash, as pages show it."""
        return self.sha256[:SHOWN_DIGITS]


def read_analysis_plan() -> AnalysisPlan:
    """Read the day and the hash of the plan of analysis; a plan that says no day is an error."""
    file = analysis_plan_file()
    if not file.is_file():
        raise DataError(PLAN_FILE, "the file is missing", "Restore it from version control.")
    raw = file.read_bytes()
    found = _FIXED.search(raw.decode("utf-8"))
    if found is None:
        raise DataError(
            PLAN_FILE,
            "no line begins with the day on which the plan was fixed",
            "Begin one with 'Fixed on 30 November 2026', for example.",
        )
    return AnalysisPlan(found[1], hashlib.sha256(raw).hexdigest())
