"""Which code a report is made with, and when: commit, versions of what shapes it, time."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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
