"""Fetching: a file appears under its name only when every byte is right."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from coopanalysis.errors import FetchError
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE
from coopanalysis.sources import download as download_module
from coopanalysis.sources.download import check_address, download
from coopanalysis.sources.fetch import fetch_release

CONTENT = bytes(range(256)) * 800
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """A server on this machine that misbehaves as the path asks; it notes each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str]] = []
        self.release = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.seen.append((self.path, wanted))
        times = sum(path == self.path for path, _ in self.server.seen)
        kind = self.path.strip("/").split("/")[0]
        start = int(wanted.removeprefix("bytes=").rstrip("-") or 0) if wanted else 0
        if kind == "gone":
            self.send_error(404)
        elif kind == "busy" and times < 3:
            self.send_error(503)
        elif kind == "away":
            self.send_response(302)
            self.send_header("Location", "http://example.invalid/file")
            self.end_headers()
        elif kind == "moved":
            self.send_response(302)
            self.send_header("Location", "/sound/a.csv")
            self.end_headers()
        elif kind == "other":
            self.answer(CONTENT[::-1])
        elif kind == "short":
            self.answer(CONTENT[:1000])
        elif kind == "long":
            self.answer(CONTENT + b"more" * 100_000)
        elif kind == "stuck":
            self.answer(CONTENT, sent=10_000)
            self.server.release.wait(5)
        elif kind in ("cut", "cut-always") and (times < 3 or kind == "cut-always"):
            part = CONTENT[start:]
            self.answer(part, sent=min(len(part) // 2, 60_000), start=start)
            self.close_connection = True
        elif kind == "cut-no-ranges" and times < 3:
            self.answer(CONTENT, sent=60_000)
            self.close_connection = True
        elif kind == "cut-no-ranges":
            self.answer(CONTENT)
        else:
            self.answer(CONTENT[start:], start=start)

    def answer(self, body: bytes, sent: int | None = None, start: int = 0) -> None:
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body[:sent])
            self.wfile.flush()
        except OSError:
            self.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield running
    running.release.set()
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(download_module, "TIMEOUT", (2.0, 0.3))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    (home / "notebooks").mkdir(parents=True)
    (home / "notebooks" / "reports.toml").write_text("")
    (home / "data" / "raw").mkdir(parents=True)
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    return home


def declare(home: Path, *urls: str, digest: str = DIGEST, size: int = len(CONTENT)) -> None:
    entry = """
[[source]]
id = "source-{number}"
layout = "urban-crime"
path = "source-{number}/a.csv"
title = "t"
publisher = "p"
measures = "m"
licence = "l"
vintage = "2021"
url = "{url}"
sha256 = "{digest}"
bytes = {size}
"""
    text = "".join(
        entry.format(number=number, url=url, digest=digest, size=size)
        for number, url in enumerate(urls, 1)
    )
    (home / "data" / "raw" / "sources.toml").write_text(text)


def files(home: Path) -> list[str]:
    raw = home / "data" / "raw" / "public"
    return sorted(str(path.relative_to(raw)) for path in raw.rglob("*") if path.is_file())


def test_sound_files_appear_and_a_second_run_asks_nobody(project: Path, server: Server) -> None:
    declare(project, f"{server.address}/sound/a.csv", f"{server.address}/sound/b.csv")
    lines: list[str] = []
    summary = fetch_release("public", progress=lines.append)
    assert summary.fetched == ("source-1", "source-2")
    assert files(project) == ["source-1/a.csv", "source-2/a.csv"]
    assert (project / "data/raw/public/source-1/a.csv").read_bytes() == CONTENT
    assert "1/2: fetching source-1 (0.2 MB)" in lines[0]
    asked = len(server.seen)
    again = fetch_release("public")
    assert (again.fetched, again.present) == ((), ("source-1", "source-2"))
    assert len(server.seen) == asked


@pytest.mark.parametrize("kind", ["cut", "cut-no-ranges", "busy", "moved"])
def test_a_broken_connection_is_taken_up_again(project: Path, server: Server, kind: str) -> None:
    declare(project, f"{server.address}/{kind}/a.csv")
    fetch_release("public")
    assert files(project) == ["source-1/a.csv"]
    ranges = [wanted for _, wanted in server.seen if wanted]
    assert ranges == {
        "cut": ["bytes=57344-", "bytes=114688-"],
        "cut-no-ranges": ["bytes=57344-", "bytes=57344-"],
    }.get(kind, [])


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("gone", "answers 404"),
        ("other", "is another file: its SHA-256 is"),
        ("short", "has 1,000 bytes, and the manifest says 204,800"),
        ("long", "sends more than the 204,800 bytes declared"),
        ("cut-always", "broke off 4 times, last after"),
        ("stuck", "broke off 4 times, last after 8,192 of 204,800 bytes"),
        ("away", "http://example.invalid/file is not https"),
    ],
)
def test_a_file_that_is_not_right_never_appears(
    project: Path, server: Server, kind: str, message: str
) -> None:
    declare(project, f"{server.address}/{kind}/a.csv", f"{server.address}/sound/b.csv")
    with pytest.raises(FetchError) as caught:
        fetch_release("public")
    assert message in str(caught.value)
    assert "source-1" in str(caught.value)
    assert "--mirror" in str(caught.value)
    assert files(project) == ["source-2/a.csv"]


def test_offline_is_said_once_and_clearly(project: Path, server: Server) -> None:
    closed = server.address
    server.shutdown()
    server.server_close()
    declare(project, f"{closed}/sound/a.csv", f"{closed}/sound/b.csv")
    with pytest.raises(FetchError, match=r"no connection to 127\.0\.0\.1.*offline") as caught:
        fetch_release("public")
    assert "source-2" not in str(caught.value)
    assert files(project) == []
    assert not (project / "data/raw/public/source-1").exists()


def test_a_file_that_is_there_is_never_overwritten(project: Path, server: Server) -> None:
    declare(project, f"{server.address}/sound/a.csv")
    changed = project / "data/raw/public/source-1/a.csv"
    changed.parent.mkdir(parents=True)
    changed.write_text("my own edit")
    lines: list[str] = []
    summary = fetch_release("public", progress=lines.append)
    assert summary.changed == ("source-1",)
    assert changed.read_text() == "my own edit"
    assert any("Delete it to fetch it anew" in line for line in lines)


def test_a_folder_stands_in_for_the_network(project: Path, tmp_path: Path) -> None:
    declare(project, "https://example.invalid/a.csv", "https://example.invalid/b.csv")
    mirror = tmp_path / "mirror"
    for number in (1, 2):
        (mirror / f"source-{number}").mkdir(parents=True)
        (mirror / f"source-{number}" / "a.csv").write_bytes(CONTENT)
    assert fetch_release("public", mirror).fetched == ("source-1", "source-2")
    assert files(project) == ["source-1/a.csv", "source-2/a.csv"]


def test_a_folder_with_a_wrong_or_missing_file(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(project, "https://example.invalid/a.csv", "https://example.invalid/b.csv")
    (tmp_path / "mirror" / "source-1").mkdir(parents=True)
    (tmp_path / "mirror" / "source-1" / "a.csv").write_bytes(CONTENT + b"x" * 1000)
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path / "mirror"))
    with pytest.raises(FetchError) as caught:
        fetch_release("public")
    assert "source-1: is longer than the 204,800 bytes" in str(caught.value)
    assert "source-2: the mirror has no readable" in str(caught.value)
    assert files(project) == []


def test_an_address_stands_in_for_the_network(project: Path, server: Server) -> None:
    declare(project, "https://example.invalid/a.csv")
    fetch_release("public", f"{server.address}/sound/")
    assert server.seen == [("/sound/source-1/a.csv", "")]


def test_only_https_leaves_this_machine() -> None:
    assert check_address("https://example.org/a")
    assert check_address("http://localhost:8000/a")
    for address in ("http://example.org/a", "ftp://example.org/a", "file:///etc/hosts", "a.csv"):
        with pytest.raises(FetchError, match="is not https"):
            check_address(address)


def test_too_long_a_file_is_not_read_to_its_end(server: Server, tmp_path: Path) -> None:
    partial = tmp_path / "a.part"
    with pytest.raises(FetchError, match="sends more than the 1,000 bytes"):
        download(f"{server.address}/long/a.csv", partial, 1000, lambda _: None)
    assert partial.stat().st_size <= 1000


@pytest.mark.mirror
def test_the_manifest_fits_the_mirror(
    mirror: Path, project: Path, pytestconfig: pytest.Config
) -> None:
    manifest = pytestconfig.rootpath / "data" / "raw" / "sources.toml"
    (project / "data" / "raw" / "sources.toml").write_bytes(manifest.read_bytes())
    summary = fetch_release("public", mirror)
    assert len(summary.fetched) == len(files(project)) >= 12
    assert {"ilrc-rubric", "states"} <= set(summary.without_address)
