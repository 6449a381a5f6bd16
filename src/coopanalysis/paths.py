"""Where things are, whatever folder a notebook, a test or a command runs in."""

from __future__ import annotations

import os
from pathlib import Path

from coopanalysis.errors import UsageError

HOME_VARIABLE = "COOPANALYSIS_HOME"
MIRROR_VARIABLE = "COOPANALYSIS_MIRROR"
PLAN_FILE = "docs/plan.md"


def project_root() -> Path:
    """Return the project folder.

    The environment variable `COOPANALYSIS_HOME` wins; then the folder this package is
    installed from (an editable install); then the nearest parent of the current folder that
    holds `notebooks/reports.toml`. `UsageError` if none of them is a project folder.
    """
    named = os.environ.get(HOME_VARIABLE)
    here = Path.cwd()
    candidates = [Path(named)] if named else [Path(__file__).parents[2], here, *here.parents]
    for candidate in candidates:
        if (candidate / "notebooks" / "reports.toml").is_file():
            return candidate.resolve()
    raise UsageError(
        f"No project folder: looked for notebooks/reports.toml in {candidates[0]}"
        f"{' and the current folder with its parents' if len(candidates) > 1 else ''}. "
        f"Change into the project, or set {HOME_VARIABLE}."
    )


def find_file(name: str | Path) -> Path:
    """Return the place of a file that a user names; it need not be there.

    An absolute path is taken as it is. A relative one is looked for in the current folder, and
    if there is no such file it is taken from the project folder: so it means the same file in
    JupyterLab (which runs in the notebook's folder), in a report, and on the command line.
    """
    path = Path(name).expanduser()
    return path if path.is_absolute() or path.is_file() else project_root() / path


def raw_dir() -> Path:
    """Folder of raw files, exactly as received."""
    return project_root() / "data" / "raw"


def own_dir() -> Path:
    """Folder of users' own files that reports join; elsewhere a notebook alone reads them."""
    return raw_dir() / "own"


def reference_dir() -> Path:
    """Folder of small tables of facts written for this project."""
    return raw_dir() / "reference"


def processed_dir(release: str) -> Path:
    """Folder of the tables built from one release."""
    return project_root() / "data" / "processed" / release


def analysis_plan_file() -> Path:
    """Plan of analysis: that of the project folder, else the one that came with the package."""
    package = Path(__file__).parent
    places = [
        project_root() / PLAN_FILE,
        package / "project" / PLAN_FILE,
        package.parents[1] / PLAN_FILE,
    ]
    return next((one for one in places if one.is_file()), places[0])


def notebooks_dir() -> Path:
    """Folder of the notebooks and of `reports.toml`."""
    return project_root() / "notebooks"


def reports_dir() -> Path:
    """Folder of the rendered reports."""
    return project_root() / "reports"
