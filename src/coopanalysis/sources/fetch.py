"""Obtain the raw files of a release: from their addresses, or from a mirror.

A file appears under its name only when it is, byte by byte, the one of the manifest. What is on
the way stands in a folder of its own: kept where a connection broke, so that the next run goes
on from there, and removed where it is not the file that was asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from coopanalysis.catalog.sources import Source, release_dir, release_sources, source_path
from coopanalysis.errors import FetchError, UsageError
from coopanalysis.paths import MIRROR_VARIABLE
from coopanalysis.sources.download import (
    FOLDER,
    UnreachableError,
    WrongFileError,
    check_address,
    download,
    partial_file,
)
from coopanalysis.sources.identity import is_sound, mismatch

Progress = Callable[[str], None]

_REMEDY = (
    f"No partial file stands under its name. Run `coopanalysis data fetch` again, and what broke "
    f"off goes on where it broke; or give a folder or an address that has the files with "
    f"--mirror or {MIRROR_VARIABLE}."
)


@dataclass(frozen=True)
class FetchSummary:
    """What a fetch did, by id of the source.

    `fetched` were obtained now, `present` were there already and are sound, `changed` were there
    and are not those of the manifest (they are left as they are), those `without_address` are
    committed with the project or dropped in by hand, and those `on_request` are not there, and
    fetched only when asked for.
    """

    release: str
    fetched: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    without_address: tuple[str, ...] = ()
    on_request: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{len(self.fetched)} fetched", f"{len(self.present)} there already"]
        if self.changed:
            parts.append(f"{len(self.changed)} differ from the manifest: {', '.join(self.changed)}")
        if self.on_request:
            parts.append(
                f"{len(self.on_request)} more with --include: {', '.join(self.on_request)}"
            )
        return f"{self.release}: {', '.join(parts)}"


def fetch_release(
    release: str,
    mirror: str | Path | None = None,
    progress: Progress | None = None,
    *,
    include: Sequence[str] = (),
) -> FetchSummary:
    """Obtain every file of a release that has an address and is not there yet.

    Parameters
    ----------
    release : str
        Name of the release.
    mirror : str or Path, optional
        Folder or address that has the files under the paths of the manifest; by default the
        environment variable `COOPANALYSIS_MIRROR`, else each file's own address.
    progress : callable, optional
        Called with one line of text for each file, and for each few seconds of a long one.
    include : sequence of str
        Ids or layouts of files that are fetched on request only.

    Returns
    -------
    FetchSummary
        A file that is there but is not the one of the manifest is left alone and named in
        `changed`; the build tells what is different in it.

    Raises
    ------
    FetchError
        If files could not be obtained or are not those asked for; names each of them.
    UsageError
        If there is no such release, or nothing of a name in `include`.
    """
    say = progress or (lambda _: None)
    origin = str(mirror or os.environ.get(MIRROR_VARIABLE, "")).strip()
    sources = release_sources(release)
    _check_names(include, sources, release)
    groups: dict[str, list[Source]] = {
        name: [] for name in ("missing", "present", "changed", "without_address", "on_request")
    }
    for source in sources:
        groups[_state(source, source_path(source, release), include)].append(source)
    _fetch(groups["missing"], release, origin, say)
    for source in groups["changed"]:
        say(
            f"{release}: {source.id} is there but is not the file of the manifest; it was left "
            "as it is. Delete it to fetch it anew."
        )
    ids = {name: tuple(source.id for source in group) for name, group in groups.items()}
    summary = FetchSummary(release, fetched=ids.pop("missing"), **ids)
    say(str(summary))
    return summary


def _check_names(include: Sequence[str], sources: Sequence[Source], release: str) -> None:
    known = [*dict.fromkeys(name for source in sources for name in (source.layout, source.id))]
    for name in include:
        if name not in known:
            near = ", ".join(get_close_matches(name, known, n=3)) or ", ".join(known)
            raise UsageError(
                f"Release '{release}' has no source or layout '{name}'. The nearest: {near}."
            )


def _state(source: Source, target: Path, include: Sequence[str]) -> str:
    if not source.url:
        return "without_address"
    if target.is_file():
        return "present" if is_sound(target, source) else "changed"
    if source.on_request and not {source.id, source.layout} & set(include):
        return "on_request"
    return "missing"


def _fetch(sources: Sequence[Source], release: str, origin: str, say: Progress) -> None:
    if sources and origin and "://" not in origin and not Path(origin).expanduser().is_dir():
        raise FetchError(
            f"The mirror {origin} is no folder that is there. Name a folder, or an address that "
            f"begins with https://, with --mirror or {MIRROR_VARIABLE}."
        )
    failures: list[str] = []
    for number, source in enumerate(sources, 1):
        say(f"{release} {number}/{len(sources)}: fetching {source.id} ({_size(source)})")
        try:
            _obtain(source, release, origin, say)
        except FetchError as error:
            failures.append(f"{source.id}: {error}")
            if isinstance(error, UnreachableError):
                break
        except OSError as error:
            failures.append(f"{source.id}: cannot be written ({error})")
    if failures:
        lines = "\n".join(f"  {number}. {line}" for number, line in enumerate(failures, 1))
        raise FetchError(f"{len(failures)} files could not be fetched:\n{lines}\n{_REMEDY}")


def _obtain(source: Source, release: str, origin: str, say: Progress) -> None:
    target = source_path(source, release)
    key = f"{source.id}-{(source.sha256 or source.git_blob)[:16]}"
    with partial_file(release_dir(release) / FOLDER, key) as partial:
        try:
            if origin and "://" not in origin:
                _copy(Path(origin).expanduser() / source.path, partial, source)
            else:
                address = f"{origin.rstrip('/')}/{source.path}" if origin else source.url
                _receive(source, check_address(address), partial, say)
            _check(partial, source)
        except WrongFileError:
            partial.unlink()
            raise
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(target)


def _check(partial: Path, source: Source) -> None:
    problem = mismatch(partial, source)
    if problem:
        raise WrongFileError(problem)


def _receive(source: Source, address: str, partial: Path, say: Progress) -> None:
    """Download what is missing of a file, or all of it if what is there does not fit."""
    left = partial.stat().st_size
    if left and is_sound(partial, source):
        return
    if source.bytes and left >= source.bytes:
        partial.write_bytes(b"")
        left = 0
    if left:
        say(f"  going on after {left:,} bytes of an earlier run")
    limit = source.bytes or source.max_bytes
    download(address, partial, limit, say, size=source.bytes)
    if left and not is_sound(partial, source):
        say("  what an earlier run left does not fit; once more from the start")
        partial.write_bytes(b"")
        download(address, partial, limit, say, size=source.bytes)


def _copy(origin: Path, partial: Path, source: Source) -> None:
    """Copy no more than one byte over the size declared: enough to see that it is too long."""
    if origin.exists() and not origin.is_file():
        raise WrongFileError(f"in the mirror, {origin} is no regular file")
    try:
        with origin.open("rb") as readable:
            data = readable.read((source.bytes or source.max_bytes) + 1)
    except OSError as error:
        raise WrongFileError(f"the mirror has no readable {origin} ({error.strerror})") from error
    partial.write_bytes(data)


def _size(source: Source) -> str:
    if not source.bytes:
        return f"at most {source.max_bytes / 1e6:.0f} MB"
    return f"{source.bytes / 1e6:.1f} MB" if source.bytes >= 1e5 else f"{source.bytes / 1e3:.0f} kB"
