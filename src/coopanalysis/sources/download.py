"""Download one file: https only, no more bytes than declared, resumed where it was cut."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from coopanalysis import __version__
from coopanalysis.errors import FetchError

ATTEMPTS = 4
TIMEOUT = (10.0, 30.0)
PAUSE_SECONDS = 0.5
_CHUNK = 1 << 13
"""Bytes taken at a time; at most this many are lost where a connection breaks."""
_REDIRECTS = 5
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_RETRY_STATUS = {408, 425, 429, 500, 502, 503, 504}
_HEADERS = {"User-Agent": f"coopanalysis/{__version__}", "Accept-Encoding": "identity"}


class UnreachableError(FetchError):
    """No connection could be made at all; other files of the place will fare no better."""


class _CutError(Exception):
    """A connection that broke, or a server that asks to come back later."""


def check_address(address: str) -> str:
    """Return an address that may be used, or say why it may not.

    Raises
    ------
    FetchError
        Unless it is https, or http to this very machine.
    """
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return address
    raise FetchError(f"{address} is not https; http is only used for this machine itself")


def download(address: str, partial: Path, limit: int, say: Callable[[str], None]) -> None:
    """Write the bytes of an address to a file.

    A connection that breaks is taken up again where it broke, if the server knows ranges, and
    from the start if not.

    Parameters
    ----------
    address : str
        Where the file is.
    partial : Path
        File to write; whatever it holds is replaced.
    limit : int
        Size declared, in bytes. A file that is longer is not read further.
    say : callable
        Told of each new attempt.

    Raises
    ------
    UnreachableError
        If no connection could be made.
    FetchError
        If the server refuses, sends too much, or breaks off every time.
    """
    partial.write_bytes(b"")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _receive(address, partial, limit)
        except _CutError as cut:
            got = partial.stat().st_size
            if attempt == ATTEMPTS:
                raise FetchError(
                    f"{address} broke off {ATTEMPTS} times, last after {got:,} of {limit:,} "
                    f"bytes ({cut})"
                ) from cut
            say(f"  broken off after {got:,} of {limit:,} bytes; attempt {attempt + 1}")
            time.sleep(PAUSE_SECONDS * attempt)
        else:
            return


def _receive(address: str, partial: Path, limit: int) -> None:
    start = partial.stat().st_size
    headers = {**_HEADERS, "Range": f"bytes={start}-"} if start else _HEADERS
    try:
        with _open(address, headers) as response:
            resumed = start and response.status_code == requests.codes.partial
            if resumed and not _continues(response, start):
                resumed = False
                partial.write_bytes(b"")
                raise _CutError("the server resumed at another place")
            _save(response, partial, start if resumed else 0, limit)
            is_whole = "Content-Length" in response.headers
    except requests.exceptions.ConnectTimeout as error:
        raise UnreachableError(_no_connection(address)) from error
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.Timeout) as error:
        raise _CutError(type(error).__name__) from error
    except requests.exceptions.SSLError as error:
        raise FetchError(f"{address} has no valid certificate ({error})") from error
    except requests.exceptions.ConnectionError as error:
        never_connected = isinstance(error.args[0], urllib3.exceptions.MaxRetryError)
        if never_connected:
            raise UnreachableError(_no_connection(address)) from error
        raise _CutError(type(error).__name__) from error
    except requests.exceptions.RequestException as error:
        raise FetchError(f"{address} could not be read ({error})") from error
    if partial.stat().st_size < limit and not is_whole:
        raise _CutError("the server sent less than the whole file")


def _open(address: str, headers: dict[str, str]) -> requests.Response:
    """Ask for an address and follow redirections, each of them checked before it is used."""
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
    else:
        raise FetchError(f"{address} redirects more than {_REDIRECTS} times")
    if response.status_code in _RETRY_STATUS:
        response.close()
        raise _CutError(f"status {response.status_code}")
    if not response.ok:
        response.close()
        raise FetchError(f"{address} answers {response.status_code} {response.reason}")
    return response


def _continues(response: requests.Response, start: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _save(response: requests.Response, partial: Path, start: int, limit: int) -> None:
    size = start
    with partial.open("r+b") as file:
        file.seek(start)
        file.truncate()
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise FetchError(f"{response.url} sends more than the {limit:,} bytes declared")
            file.write(chunk)


def _no_connection(address: str) -> str:
    host = urlsplit(address).netloc
    return f"no connection to {host}: this machine may be offline, or the place is down"
