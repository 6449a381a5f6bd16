"""Download one file: https only, no more bytes than declared, resumed where it was cut.

What is on the way is kept between runs where a connection broke, never under its own name. Each
run receives into a file of its own, so that two runs at a time do no harm; one that is broken off
leaves what it has under a common name, and the next one takes that over.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from coopanalysis import __version__
from coopanalysis.errors import FetchError

ATTEMPTS = 4
TIMEOUT = (10.0, 30.0)
PAUSE_SECONDS = 0.5
FIRST_SECONDS, SLOWEST_BYTES_PER_SECOND = 90.0, 20_000
"""A file may take the former, and as long as it takes at the latter; all attempts together."""
PROGRESS_SECONDS = 5.0
"""A download that takes longer than this says how far it is, as often."""
_CHUNK = 1 << 13
"""Bytes taken at a time; at most this many are lost where a connection breaks."""
_REDIRECTS = 5
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_NO_SUCH_RANGE = 416
_RETRY_STATUS = {408, 425, 429, 500, 502, 503, 504}
FOLDER = ".partial"
STALE_SECONDS = 600.0
"""A file that nobody has written to for so long belongs to a run that was killed."""
_HEADERS = {"User-Agent": f"coopanalysis/{__version__}", "Accept-Encoding": "identity"}


class UnreachableError(FetchError):
    """No connection could be made at all; other files of the place will fare no better."""


class WrongFileError(FetchError):
    """What came is not the file that was asked for; nothing of it is worth keeping."""


class _CutError(Exception):
    """A connection that broke, or a server that asks to come back later."""


def check_address(address: str) -> str:
    """Return an address that may be used; `FetchError` unless it is https, or this very machine."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return address
    raise FetchError(f"{address} is not https; http is only used for this machine itself")


def download(
    address: str,
    partial: Path,
    limit: int,
    say: Callable[[str], None],
    *,
    size: int = 0,
    same_host: bool = False,
) -> None:
    """Write the bytes of an address to a file, after those it holds already.

    A connection that breaks is taken up again where it broke, if the server knows ranges, and
    from the start if not. Nothing is read after `limit` bytes; `size` is what is declared, 0 if
    not known; `same_host` keeps redirections on the host of the address. `say` is told of each
    new attempt, and every few seconds how far it is.

    Raises `UnreachableError` if no connection could be made, `WrongFileError` if the server
    sends too much, `FetchError` if it refuses, breaks off every time, or takes too long.
    """
    partial.touch()
    received = _Received(partial, limit, size, say)
    received.host = urlsplit(address).netloc if same_host else ""
    seconds = FIRST_SECONDS + limit / SLOWEST_BYTES_PER_SECOND
    failures: list[Exception] = []

    def attempt() -> None:
        try:
            _attempt(address, received)
        except Exception as error:  # noqa: BLE001  (raised again where it is waited for)
            failures.append(error)

    # A server that sends a byte now and then never runs into the time a single read may take,
    # so that all of it is waited for, and no longer.
    thread = Thread(target=attempt, daemon=True)
    thread.start()
    try:
        thread.join(seconds)
    finally:
        received.given_up = thread.is_alive()
    if received.given_up:
        raise FetchError(
            f"{address} was not there after {seconds:,.0f} s ({received}): the place is too slow"
        )
    if failures:
        raise failures[0]


def _attempt(address: str, received: _Received) -> None:
    """Receive, and take up again what broke."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _receive(address, received)
        except _CutError as cut:
            if attempt == ATTEMPTS:
                raise FetchError(
                    f"{address} broke off {ATTEMPTS} times, last after {received} ({cut})"
                ) from cut
            received.say(f"  broken off after {received}; attempt {attempt + 1}")
            time.sleep(PAUSE_SECONDS * attempt)
        else:
            return


class _Received:
    """What has been received of one file, and how to say so."""

    def __init__(self, partial: Path, limit: int, size: int, say: Callable[[str], None]) -> None:
        self.partial, self.limit, self.size, self.say = partial, limit, size, say
        self.said = time.monotonic()
        self.given_up = False
        self.host = ""

    def __str__(self) -> str:
        return f"{self.bytes:,} of {self.size:,} bytes" if self.size else f"{self.bytes:,} bytes"

    @property
    def bytes(self) -> int:
        return self.partial.stat().st_size

    def save(self, response: requests.Response, start: int) -> None:
        got = start
        with self.partial.open("r+b") as file:
            file.seek(start)
            file.truncate()
            for chunk in response.iter_content(_CHUNK):
                got += len(chunk)
                if got > self.limit:
                    kind = "declared" if self.size else "allowed"
                    raise WrongFileError(
                        f"{response.url} sends more than the {self.limit:,} bytes {kind}"
                    )
                if self.given_up:
                    return
                file.write(chunk)
                if time.monotonic() - self.said >= PROGRESS_SECONDS:
                    self.said = time.monotonic()
                    self.say(f"  {self._share(got) if self.size else f'{got / 1e6:.1f} MB'}")

    def _share(self, got: int) -> str:
        return f"{got / 1e6:.1f} of {self.size / 1e6:.1f} MB ({got / self.size:.0%})"


def _receive(address: str, received: _Received) -> None:
    start = received.bytes
    headers = {**_HEADERS, "Range": f"bytes={start}-"} if start else _HEADERS
    try:
        with _open(address, headers, received.host) as response:
            resumed = start and response.status_code == requests.codes.partial
            goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            if response.status_code == _NO_SUCH_RANGE or (resumed and not goes_on):
                received.partial.write_bytes(b"")
                raise _CutError("the server cannot go on from there")
            received.save(response, start if resumed else 0)
            is_whole = "Content-Length" in response.headers
    except requests.exceptions.SSLError as error:
        raise FetchError(f"{address} has no valid certificate ({error})") from error
    except requests.exceptions.ConnectionError as error:
        never_connected = isinstance(error.args[0], urllib3.exceptions.MaxRetryError)
        if never_connected:
            raise UnreachableError(
                f"no connection to {urlsplit(address).netloc}: this machine may be offline, or the "
                "place is down"
            ) from error
        raise _CutError(type(error).__name__) from error
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.Timeout) as error:
        raise _CutError(type(error).__name__) from error
    except requests.exceptions.RequestException as error:
        raise FetchError(f"{address} could not be read ({error})") from error
    if received.bytes < received.size and not is_whole:
        raise _CutError("the server sent less than the whole file")


def _open(address: str, headers: dict[str, str], host: str) -> requests.Response:
    """Ask for an address and follow redirections, each of them checked before it is used.

    They stay on a host, if one is given.
    """
    for _ in range(_REDIRECTS):
        response = requests.get(
            check_address(address),
            headers=headers,
            stream=True,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        if not response.is_redirect:
            break
        response.close()
        address = urljoin(address, response.headers["Location"])
        if host and urlsplit(address).netloc != host:
            raise FetchError(f"{host} leads to another place, {address}; it was not followed")
    else:
        raise FetchError(f"{address} redirects more than {_REDIRECTS} times")
    status = response.status_code
    if response.ok or (status == _NO_SUCH_RANGE and "Range" in headers):
        return response
    response.close()
    if status in _RETRY_STATUS:
        raise _CutError(f"status {status}")
    raise FetchError(f"{address} answers {status} {response.reason}")


@contextmanager
def partial_file(folder: Path, key: str) -> Iterator[Path]:
    """Give a file to receive into, with what an earlier run left of it.

    What tells these bytes from all others, such as an id with a hash, is the `key`. If the file
    is still there at the end and holds anything, it is kept for the next run; who receives into
    it moves it away when it is whole, and deletes it when it is wrong. The folder is made if need
    be, and removed when nothing is in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{key}.", suffix=".part", dir=folder)
    os.close(handle)
    partial, common = Path(name), folder / f"{key}.part"
    try:
        partial.chmod(0o644)
        _take_over(partial, common, folder.glob(f"{key}.*.part"))
        yield partial
    finally:
        if partial.is_file() and partial.stat().st_size:
            partial.replace(common)
        partial.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


def _take_over(partial: Path, common: Path, others: Iterator[Path]) -> None:
    """Put the longest file that no run is writing to in the place of an empty one."""
    idle = time.time() - STALE_SECONDS
    left = [other for other in others if other != partial and other.stat().st_mtime < idle]
    left += [common] if common.is_file() else []
    for file in sorted(left, key=lambda file: file.stat().st_size):
        file.replace(partial)
