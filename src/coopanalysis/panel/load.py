"""Load the processed tables of a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.catalog.sources import check_release
from coopanalysis.panel.record import build_view, standing_build, table_sources
from coopanalysis.panel.release import Panel
from coopanalysis.panel.release_tables import declared_tables, undeclared


class BuildRecord(dict[str, Any]):
    """The record of a build, as far as whoever reads it declared to read it."""

    def __missing__(self, name: str) -> Any:
        if declared_tables():
            raise undeclared("build", f"the entry '{name}' of the record of the build")
        raise KeyError(name)


def load_release(release: str, root: Path | None = None) -> Panel:
    """Load the processed tables of a release.

    Parameters
    ----------
    release : str
        Name of the release.
    root : Path, optional
        Folder that holds one folder per release; by default the project's.

    Raises
    ------
    DataError
        If the release has not been built. If a table cannot be read, or a report did not
        declare it, when it is asked for.
    UsageError
        If there is no such release.
    """
    check_release(release)
    folder = root / release if root else paths.processed_dir(release)
    record = standing_build(folder)
    declared = declared_tables()
    seen = build_view(record, declared, table_sources(folder)) if declared else record
    panel = Panel(release=release, build=BuildRecord(seen), folder=folder)
    _LOADED[release] = panel
    return panel


_LOADED: dict[str, Panel] = {}


def loaded_releases() -> list[Panel]:
    """Releases that were loaded in this process, the last load of each."""
    return list(_LOADED.values())
