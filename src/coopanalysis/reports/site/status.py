"""Whether the files a page was made from are still the same, told without planning anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import coopanalysis
from coopanalysis.filehash import hash_memory
from coopanalysis.reports.records import read_state
from coopanalysis.reports.style import TEMPLATE_FOLDER

PACKAGE_FOLDER = Path(coopanalysis.__file__).parent


def add_status(folder: Path, records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give each record its `state`: built, stale or failed; and `changed`, one file that changed.

    What a run would find by planning (a word of `reports.toml`, a parameter) is not looked at:
    a page is called stale only where a file it was made from is another one now.
    """
    project = folder.parent
    known: dict[str, bool] = {}
    found = []
    for record in records:
        changed = ""
        if record["status"] == "built":
            page = folder / record["release"] / record["html"]
            parts = read_state(page.with_name(f"{record['slug']}.json"), "parts")
            whole = hash_memory().sha256(page) == record.get("page_sha256")
            changed = _first_change(parts, project, known) if whole else page.name
        state = "stale" if changed else record["status"]
        found.append({**record, "state": state, "changed": changed})
    hash_memory().save()
    return found


def _first_change(parts: Mapping[str, str], project: Path, known: dict[str, bool]) -> str:
    for name, digest in parts.items():
        place = _place(name, project)
        if place is None:
            continue
        mark = f"{name} {digest}"
        if mark not in known:
            known[mark] = hash_memory().sha256(place) == digest
        if not known[mark]:
            return name.removeprefix("template ")
    return ""


def _place(name: str, project: Path) -> Path | None:
    """File that a part stands for; None for parts that are no whole file."""
    if name.endswith(".py"):
        return PACKAGE_FOLDER / name
    if name.startswith("data/") or name == "requirements.lock":
        return project / name
    if name.startswith("template "):
        return TEMPLATE_FOLDER / "coopanalysis" / name.removeprefix("template ")
    return None
