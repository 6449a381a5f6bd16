"""Take a file into a release: build with it, and let the release be so if that succeeds.

Nothing of the release changes before: the build is made in a copy of the project, of links, and the
manifest is put in the place of the old one in a single step.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from coopanalysis import paths
from coopanalysis.catalog.sources import manifest_path, source_path, with_entry
from coopanalysis.errors import BuildError, DataError
from coopanalysis.panel.build import BuildSummary, build_release
from coopanalysis.panel.examine import Addition
from coopanalysis.panel.inputs import Progress
from coopanalysis.panel.store import take_place
from coopanalysis.sources.download import FOLDER
from coopanalysis.tempfolder import make_folder, remove_folder


def add_file(addition: Addition, progress: Progress | None = None) -> BuildSummary:
    """Build a release with a file added, and take both over if that succeeds.

    Raises
    ------
    BuildError
        If the file cannot be used, or the build fails; the release is as it was.
    """
    name, release, source = addition.file.name, addition.release, addition.source
    stands = f"release '{release}' is as it was"
    if addition.problems:
        raise BuildError(f"{name} was not added; {stands}", addition.problems, "Mend the file.")
    target, manifest = source_path(source, release), manifest_path(release)
    with _trial(release) as home:
        staged = home / target.relative_to(paths.project_root().resolve())
        staged.parent.mkdir(parents=True, exist_ok=True)
        staged.unlink(missing_ok=True)  # what a run that was killed at the very end left
        shutil.copyfile(addition.file, staged)
        text = addition.manifest
        for entry in (*addition.moved, source):
            text = with_entry(text, entry)
        new = home / manifest.relative_to(paths.project_root())
        new.unlink()
        new.write_text(text, encoding="utf-8")
        try:
            with _project_in(home):
                summary = build_release(release, progress=progress)
        except BuildError as error:
            raise BuildError(
                f"{name} was not added; {stands}", error.failures, "Mend this and add it again."
            ) from error
        if manifest.read_text(encoding="utf-8") != addition.manifest:
            raise DataError(
                str(manifest), f"changed while {name} was being added; {stands}", "Add it again."
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(target)
            new.replace(manifest)  # from here on it is added
            take_place(home / "data" / "processed" / release, paths.processed_dir(release))
        except OSError as error:
            remedy = f"Mend its permissions, then run `coopanalysis data build -r {release}`."
            raise DataError(str(error.filename), f"cannot be written ({error})", remedy) from error
    return replace(summary, folder=paths.processed_dir(release))


@contextmanager
def _trial(release: str) -> Iterator[Path]:
    """A copy of what a build reads, of links to the files, beside the tables of the releases."""
    root = paths.project_root()
    (root / "data" / "processed").mkdir(parents=True, exist_ok=True)
    home = make_folder(f".{release}.trial.", root / "data" / "processed")
    try:
        (home / "notebooks").mkdir()
        _link(root / "notebooks" / "reports.toml", home / "notebooks" / "reports.toml")
        for folder in (paths.reference_dir(), paths.raw_dir() / release):
            shutil.copytree(
                folder, home / folder.relative_to(root), copy_function=_link,
                ignore=shutil.ignore_patterns(FOLDER),
            )  # fmt: skip
        manifest = manifest_path(release)
        if not (home / manifest.relative_to(root)).exists():
            _link(manifest, home / manifest.relative_to(root))
        yield home
    finally:
        remove_folder(home)


def _link(file: str | Path, copy: str | Path) -> None:
    try:
        os.link(Path(file).resolve(), copy)
    except OSError:
        shutil.copyfile(file, copy)


@contextmanager
def _project_in(home: Path) -> Iterator[None]:
    """Work in a copy of the project, which fetches nothing."""
    names = (paths.HOME_VARIABLE, paths.MIRROR_VARIABLE)
    before = {name: os.environ.pop(name, None) for name in names}
    os.environ[paths.HOME_VARIABLE] = str(home)
    try:
        yield
    finally:
        del os.environ[paths.HOME_VARIABLE]
        os.environ.update({name: value for name, value in before.items() if value is not None})
