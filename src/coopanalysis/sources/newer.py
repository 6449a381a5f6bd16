"""Look where files of a release are from for later ones, and receive one by its address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from coopanalysis.catalog.sources import Listing, Source, release_listings, release_sources
from coopanalysis.errors import FetchError, UsageError
from coopanalysis.seal import parse_json
from coopanalysis.sources.download import check_address, download
from coopanalysis.sources.ice_287g import date_in_name

MOST_OF_LISTING, MOST_OF_FILE = 4_000_000, 100_000_000
"""Bytes beyond which an answer is not read: a folder of a thousand files has one million."""
_PLAIN_NAME = re.compile(r"\w[\w. -]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class LaterFile:
    """A file that is later than those of a release: the day in its name, its size, its address."""

    name: str
    day: date
    size: int
    address: str


@dataclass(frozen=True)
class Looked:
    """What a listing has now: the latest day of the release, and the files after it by day."""

    listing: Listing
    latest: date
    commit: str
    files: tuple[LaterFile, ...]

    @property
    def lines(self) -> Iterator[str]:
        """The same in words, with the command that takes each file in."""
        count = f"{len(self.files)} later" if self.files else "none later"
        at = f"version {self.commit[:12]}"
        yield f"{self.listing.title}: {count} than {self.latest} ({at})"
        for one in self.files:
            yield f"  {one.name}, by its name of {one.day}, {one.size:,} bytes"
            yield f"    coopanalysis data add {one.address}"

    @property
    def addresses(self) -> list[str]:
        """Addresses alone, the oldest first, so that each is compared with the one before."""
        return [one.address for one in self.files]


def newer_files(release: str) -> list[Looked]:
    """Look at every listing of a release's manifest for files after its latest.

    Files are chosen by the day in their names; which day they are of is told by their content when
    they are added. `UsageError` if the manifest has no listing, `FetchError` if one cannot be read.
    """
    listings = release_listings(release)
    if not listings:
        raise UsageError(
            f"The manifest of release '{release}' has no [[listing]]: its files come from nowhere "
            "that could have later ones."
        )
    return [_look(listing, release_sources(release)) for listing in listings]


def _look(listing: Listing, sources: tuple[Source, ...]) -> Looked:
    pattern = re.escape(listing.url).replace(r"\{commit\}", "[^/]+").replace(r"\{file\}", "[^/]+")
    own = [one for one in sources if re.fullmatch(pattern, one.url)]
    if not own:
        raise UsageError(
            f"No file of the release is from {listing.url}: mend `url` of the listing."
        )
    latest = max(date.fromisoformat(one.vintage) for one in own)
    commit = str(_answer(listing.commits, "sha")[0]["sha"])
    if not _COMMIT.fullmatch(commit):
        raise FetchError(f"{listing.commits} names no version: {commit[:60]!r}")
    files = []
    for one in _answer(listing.files.format(commit=commit), "name", "size"):
        name = str(one["name"])
        day = date_in_name(name)
        if day and day > latest and _PLAIN_NAME.fullmatch(name):
            address = listing.url.format(commit=commit, file=name)
            files.append(LaterFile(name, day, int(one["size"]), check_address(address)))
    return Looked(listing, latest, commit, tuple(sorted(files, key=lambda one: one.day)))


def _answer(address: str, *names: str) -> list[dict[str, Any]]:
    """Entries of a list in JSON, each with some names."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "answer"
        download(check_address(address), file, MOST_OF_LISTING, lambda _: None, same_host=True)
        try:
            entries = parse_json(file.read_bytes())
        except ValueError as error:
            raise FetchError(f"{address} answers no JSON ({error})") from error
    whole = isinstance(entries, list) and entries
    if not whole or not all(isinstance(one, dict) and set(names) <= set(one) for one in entries):
        raise FetchError(f"{address} answers no list of entries with {', '.join(names)}")
    return list(entries)


@contextmanager
def file_at(place: str, say: Callable[[str], None]) -> Iterator[tuple[Path, str]]:
    """Give a file, by its path or its address, and that address; empty for a path."""
    if "://" not in place:
        yield Path(place).expanduser(), ""
        return
    name = unquote(urlsplit(check_address(place)).path).rpartition("/")[2]
    if not _PLAIN_NAME.fullmatch(name):
        raise FetchError(f"{place} ends in no plain name of a file")
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        download(place, file, MOST_OF_FILE, say, same_host=True)
        yield file, place
