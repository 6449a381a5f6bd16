"""What a report depends on, in one hash: nothing heavy is imported to compute it."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import coopanalysis
from coopanalysis import paths
from coopanalysis.reports.plan import ReportJob

KEY_NAME = "coopanalysis-key"


def report_key(job: ReportJob) -> str:
    """Hash all that can change a report.

    The cells of the notebook (sources and tags, not outputs), parameters and titles, every
    source file of the package, the record of the build (it holds the hashes of the raw files),
    the lock and the Python version.
    """
    parts: dict[str, Any] = {
        "cells": notebook_cells(job.notebook),
        "parameters": job.parameters,
        "words": [job.title, job.description, job.topic],
        "package": package_hash(),
        "build": "" if job.data == "real" else file_hash(job.build_path),
        "reference": [
            [*one.values(), file_hash(paths.reference_dir() / one["file"])] for one in job.reference
        ],
        "lock": file_hash(paths.project_root() / "requirements.lock"),
        "python": platform.python_version(),
    }
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def notebook_cells(notebook: Path) -> list[list[Any]]:
    """Kind, source and tags of each cell."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [
        [cell["cell_type"], "".join(cell["source"]), cell.get("metadata", {}).get("tags", [])]
        for cell in cells
    ]


def file_hash(path: Path) -> str:
    """SHA-256 of a file; empty where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


@lru_cache(maxsize=1)
def package_hash() -> str:
    """SHA-256 over every source file of the package, by name."""
    root = Path(coopanalysis.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode("utf-8"))
            digest.update(path.read_bytes())
    return digest.hexdigest()


def standing_key(html: Path) -> str:
    """Key written in a rendered page; empty where there is no page, or a page of a failure."""
    if not html.is_file():
        return ""
    with html.open(encoding="utf-8") as stream:
        head = stream.read(40_000)
    found = re.search(rf'<meta name="{KEY_NAME}" content="([0-9a-f]{{64}})">', head)
    return found.group(1) if found else ""
