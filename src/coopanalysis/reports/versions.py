"""Which code a report is made with: commit of the project, versions of what shapes it."""

from __future__ import annotations

import platform
import shutil
import subprocess
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
