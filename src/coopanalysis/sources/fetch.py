"""Obtain the raw files of a release: from their addresses, or from a mirror.

A file appears under its name only after its size and SHA-256 are those of the manifest. What
is on the way stands beside it under a temporary name, and is removed whatever happens.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coopanalysis.catalog.sources import Source, release_sources, source_path
from coopanalysis.errors import FetchError
from coopanalysis.paths import MIRROR_VARIABLE
from coopanalysis.sources.download import UnreachableError, check_address, download

Progress = Callable[[str], None]

_REMEDY = (
    f"Nothing partial was left. Run `coopanalysis data fetch` again, or give a folder or an "
    f"address that has the files with --mirror or {MIRROR_VARIABLE}."
)


@dataclass(frozen=True)
class FetchSummary:
    """What a fetch did, by id of the source.

    Attributes
    ----------
    release : str
        Name of the release.
    fetched, present : tuple of str
        Files obtained now, and files that were there already and are sound.
    changed : tuple of str
        Files that were there and are not those of the manifest; they are left as they are.
    without_address : tuple of str
        Files committed with the project or dropped in by hand.
    """

    release: str
    fetched: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    without_address: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{len(self.fetched)} fetched", f"{len(self.present)} there already"]
        if self.changed:
            parts.append(f"{len(self.changed)} differ from the manifest: {', '.join(self.changed)}")
        return f"{self.release}: {', '.join(parts)}"


def fetch_release(
    release: str, mirror: str | Path | None = None, progress: Progress | None = None
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
        Called with one line of text for each file.

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
        If there is no such release.
    """
    say = progress or _silent
    origin = str(mirror or os.environ.get(MIRROR_VARIABLE, "")).strip()
    done: dict[str, list[str]] = {"fetched": [], "present": [], "changed": [], "none": []}
    failures: list[str] = []
    sources = release_sources(release)
    for number, source in enumerate(sources, 1):
        target = source_path(source, release)
        if not source.url:
            done["none"].append(source.id)
        elif target.is_file():
            done["present" if is_sound(target, source) else "changed"].append(source.id)
        else:
            say(f"{release} {number}/{len(sources)}: fetching {source.id} ({_size(source)})")
            try:
                _obtain(source, target, origin, say)
                done["fetched"].append(source.id)
            except FetchError as error:
                failures.append(f"{source.id}: {error}")
                if isinstance(error, UnreachableError):
                    break
    if failures:
        lines = "\n".join(f"  {number}. {line}" for number, line in enumerate(failures, 1))
        raise FetchError(f"{len(failures)} files could not be fetched:\n{lines}\n{_REMEDY}")
    for identifier in done["changed"]:
        say(
            f"{release}: {identifier} is there but is not the file of the manifest; it was left "
            "as it is. Delete it to fetch it anew."
        )
    summary = FetchSummary(
        release,
        *(tuple(done[name]) for name in ("fetched", "present", "changed", "none")),
    )
    say(str(summary))
    return summary


def sha256_of(path: Path) -> str:
    """Hex digest of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_sound(path: Path, source: Source) -> bool:
    """Whether a file has the size and the SHA-256 of the manifest."""
    return path.stat().st_size == source.bytes and sha256_of(path) == source.sha256


def _obtain(source: Source, target: Path, origin: str, say: Progress) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with _temporary(target) as partial:
        if origin and "://" not in origin:
            _copy(Path(origin).expanduser() / source.path, partial, source.bytes)
        else:
            address = f"{origin.rstrip('/')}/{source.path}" if origin else source.url
            check_address(address)
            download(address, partial, source.bytes, say)
        _verify(partial, source)
        partial.replace(target)


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    partial = Path(name)
    try:
        partial.chmod(0o644)
        yield partial
    finally:
        partial.unlink(missing_ok=True)
        if not any(target.parent.iterdir()):
            target.parent.rmdir()


def _copy(origin: Path, partial: Path, limit: int) -> None:
    """Copy no more than one byte over the size declared: enough to see that it is too long."""
    try:
        with origin.open("rb") as readable:
            partial.write_bytes(readable.read(limit + 1))
    except OSError as error:
        raise FetchError(f"the mirror has no readable {origin} ({error.strerror})") from error


def _verify(partial: Path, source: Source) -> None:
    size = partial.stat().st_size
    if size > source.bytes:
        raise FetchError(f"is longer than the {source.bytes:,} bytes of the manifest")
    if size < source.bytes:
        raise FetchError(f"has {size:,} bytes, and the manifest says {source.bytes:,}")
    digest = sha256_of(partial)
    if digest != source.sha256:
        raise FetchError(
            f"is another file: its SHA-256 is {digest}, and the manifest says {source.sha256}"
        )


def _size(source: Source) -> str:
    return f"{source.bytes / 1e6:.1f} MB" if source.bytes >= 1e5 else f"{source.bytes / 1e3:.0f} kB"


def _silent(_: str) -> None:
    """Say nothing."""
