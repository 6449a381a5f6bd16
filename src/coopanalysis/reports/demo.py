"""The demo release outside of a checkout: the project as the wheel brings it, in a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from coopanalysis.errors import UsageError
from coopanalysis.paths import HOME_VARIABLE, PLAN_FILE, project_root

BROUGHT = Path(__file__).parents[1] / "project"
"""Notebooks, raw files and documents in the wheel; a checkout has them as its own."""
PARTS = (
    "notebooks",
    "data/raw/demo",
    "data/raw/reference",
    "data/raw/sources.toml",
    PLAN_FILE,
    "docs/methods.md",
    "docs/data_dictionary.md",
)
"""What the wheel brings; pyproject.toml says the same."""


def lay_out_demo(folder: Path) -> Path:
    """Make a folder a project of the demo release, and this process work in it.

    A folder that is such a project already stays as it is, so that a second run does only what
    changed. One that holds anything else is an error.
    """
    source = BROUGHT if BROUGHT.is_dir() else project_root()
    if not (folder / "notebooks" / "reports.toml").is_file():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} holds something else: name a new folder.")
        for part in PARTS:
            target = folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (source / part).is_dir() else shutil.copy
            copy(source / part, target)
    os.environ[HOME_VARIABLE] = str(folder.resolve())
    return folder
