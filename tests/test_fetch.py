"""Fetching: a file appears under its name only when every byte is right."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from coopanalysis import cli
from coopanalysis.catalog.sources import read_manifest
from coopanalysis.errors import DataError, FetchError, UsageError
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE
from coopanalysis.sources import download as download_module
from coopanalysis.sources.download import (
    FOLDER,
    STALE_SECONDS,
    check_address,
    download,
    partial_file,
)
from coopanalysis.sources.fetch import fetch_release
from coopanalysis.sources.identity import git_blob_of

CONTENT = bytes(range(256)) * 800
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """A server on this machine that misbehaves as the path asks; it notes each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str]] = []
        self.release = threading.Event()
        self.is_breaking = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""

    def do_GET(self) -> None:  # noqa: PLR0912
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
        elif kind == "trickles":
            self.answer(CONTENT, sent=1)
            while not self.server.release.wait(0.05):
                self.wfile.write(b"x")
        elif kind == "trickles-headers":
            while not self.server.release.wait(0.05):
                self.wfile.write(b"H")
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
        elif kind == "breaking" and self.server.is_breaking:
            self.answer(CONTENT[start:], sent=20_000, start=start)
            self.close_connection = True
        elif kind == "no-such-range" and wanted:
            self.send_error(416)
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
    found = (path.relative_to(raw) for path in raw.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if path.parts[0] != FOLDER)


def partials(home: Path) -> list[Path]:
    return sorted((home / "data" / "raw" / "public" / FOLDER).glob("*"))


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


@pytest.mark.slow
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
    assert len(partials(project)) == (kind in ("cut-always", "stuck"))


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


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["trickles", "trickles-headers"])
def test_a_file_may_not_take_for_ever(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(download_module, "FIRST_SECONDS", 0.5)
    partial = tmp_path / "a.part"
    begun = time.monotonic()
    with pytest.raises(FetchError, match="too slow"):
        download(f"{server.address}/{kind}/a.csv", partial, 10_000, lambda _: None)
    assert time.monotonic() - begun < 5
    server.release.set()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_named_pipe_in_the_mirror_is_no_file(project: Path, tmp_path: Path) -> None:
    declare(project, "https://example.invalid/a.csv")
    (tmp_path / "mirror" / "source-1").mkdir(parents=True)
    os.mkfifo(tmp_path / "mirror" / "source-1" / "a.csv")
    with pytest.raises(FetchError, match="is no regular file"):
        fetch_release("public", tmp_path / "mirror")


@pytest.mark.parametrize(
    "path", ["../a.csv", "/etc/a.csv", "a/../../b.csv", "../reference/a.csv", "..\\a", "C:/a", ""]
)
def test_a_path_may_not_lead_out(project: Path, path: str) -> None:
    declare(project, "https://example.invalid/a.csv")
    manifest = project / "data" / "raw" / "sources.toml"
    text = re.sub(r"path = .*", lambda _: f"path = '{path}'", manifest.read_text())
    manifest.write_text(text)
    with pytest.raises(DataError, match="may lead out of the folder of the release"):
        read_manifest(manifest)


def test_a_link_may_not_lead_out(project: Path, tmp_path: Path) -> None:
    declare(project, "https://example.invalid/a.csv")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = project / "data" / "raw" / "public"
    folder.mkdir(parents=True)
    (folder / "source-1").symlink_to(elsewhere)
    with pytest.raises(DataError, match="leads out of the folder of release 'public'"):
        fetch_release("public", tmp_path)


def leave(home: Path, content: bytes, name: str = "") -> Path:
    """Put what an earlier run left of source-1 where the next one looks for it."""
    folder = home / "data" / "raw" / "public" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / (name or f"source-1-{DIGEST[:16]}.part")
    file.write_bytes(content)
    return file


def test_the_next_run_goes_on_where_the_last_one_broke(project: Path, server: Server) -> None:
    declare(project, f"{server.address}/breaking/a.csv")
    with pytest.raises(FetchError, match="broke off 4 times, last after 65,536 of 204,800"):
        fetch_release("public")
    assert files(project) == []
    assert partials(project)[0].read_bytes() == CONTENT[:65_536]
    server.is_breaking = False
    lines: list[str] = []
    fetch_release("public", progress=lines.append)
    assert server.seen[-1][1] == "bytes=65536-"
    assert "  going on after 65,536 bytes of an earlier run" in lines
    assert (project / "data/raw/public/source-1/a.csv").read_bytes() == CONTENT
    assert not (project / "data/raw/public" / FOLDER).exists()


def test_what_was_left_is_not_believed(project: Path, server: Server) -> None:
    declare(project, f"{server.address}/sound/a.csv")
    leave(project, b"\0" * 50_000)
    lines: list[str] = []
    fetch_release("public", progress=lines.append)
    assert [wanted for _, wanted in server.seen] == ["bytes=50000-", ""]
    assert "  what an earlier run left does not fit; once more from the start" in lines
    assert (project / "data/raw/public/source-1/a.csv").read_bytes() == CONTENT
    assert partials(project) == []


@pytest.mark.parametrize(
    ("content", "asked"),
    [(CONTENT, []), (CONTENT[::-1], [""]), (CONTENT + b"more", [""]), (b"", [""])],
    ids=["whole", "whole but wrong", "too long", "empty"],
)
def test_nothing_is_asked_that_is_there_already(
    project: Path, server: Server, content: bytes, asked: list[str]
) -> None:
    declare(project, f"{server.address}/sound/a.csv")
    leave(project, content)
    fetch_release("public")
    assert [wanted for _, wanted in server.seen] == asked
    assert (project / "data/raw/public/source-1/a.csv").read_bytes() == CONTENT


def test_a_server_that_cannot_go_on_from_there(project: Path, server: Server) -> None:
    declare(project, f"{server.address}/no-such-range/a.csv")
    leave(project, CONTENT[:100])
    fetch_release("public")
    assert [wanted for _, wanted in server.seen] == ["bytes=100-", ""]
    assert files(project) == ["source-1/a.csv"]


def test_two_runs_at_a_time_do_not_share_a_file(project: Path) -> None:
    folder = project / "data" / "raw" / FOLDER
    with partial_file(folder, "key") as first:
        first.write_bytes(b"abc")
        with partial_file(folder, "key") as second:
            assert second != first
            assert second.read_bytes() == b""
            second.write_bytes(b"ab")
        first.write_bytes(b"abcd")
    assert [path.name for path in folder.iterdir()] == ["key.part"]
    with partial_file(folder, "key") as third:
        assert third.read_bytes() == b"abcd"
        third.unlink()
    assert not folder.exists()


def test_what_a_killed_run_left_is_taken_over_when_nobody_writes_to_it(
    project: Path, server: Server
) -> None:
    declare(project, f"{server.address}/sound/a.csv")
    killed = leave(project, CONTENT[:70_000], f"source-1-{DIGEST[:16]}.abc.part")
    long_ago = time.time() - STALE_SECONDS - 60
    os.utime(killed, (long_ago, long_ago))
    leave(project, CONTENT[:90_000], f"source-1-{DIGEST[:16]}.def.part")
    leave(project, CONTENT[:10_000])
    fetch_release("public")
    assert server.seen[-1][1] == "bytes=70000-"
    assert [path.name for path in partials(project)] == [f"source-1-{DIGEST[:16]}.def.part"]


def test_a_long_download_says_how_far_it_is(
    project: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "PROGRESS_SECONDS", 0.0)
    declare(project, f"{server.address}/sound/a.csv")
    lines: list[str] = []
    fetch_release("public", progress=lines.append)
    shown = [line for line in lines if line.startswith("  ")]
    assert shown[0] == "  0.0 of 0.2 MB (4%)"
    assert shown[-1] == "  0.2 of 0.2 MB (100%)"


BLOB = hashlib.sha1(b"blob 204800\0" + CONTENT).hexdigest()


def declare_blob(home: Path, url: str, blob: str = BLOB, limit: int = 300_000) -> None:
    declare(home, url)
    manifest = home / "data" / "raw" / "sources.toml"
    text = manifest.read_text().replace(f'sha256 = "{DIGEST}"', f'git_blob = "{blob}"')
    manifest.write_text(text.replace(f"bytes = {len(CONTENT)}", f"max_bytes = {limit}"))


def test_a_git_blob_id_verifies_a_file_of_unknown_size(project: Path, server: Server) -> None:
    declare_blob(project, f"{server.address}/cut/a.csv")
    lines: list[str] = []
    assert fetch_release("public", progress=lines.append).fetched == ("source-1",)
    assert "fetching source-1 (at most 0 MB)" in lines[0]
    assert fetch_release("public").present == ("source-1",)
    (project / "data/raw/public/source-1/a.csv").write_bytes(CONTENT[:-1] + b"?")
    assert fetch_release("public").changed == ("source-1",)


@pytest.mark.parametrize(
    ("kind", "limit", "message"),
    [
        ("other", 300_000, f"is another file: its git blob id is .*, and the manifest says {BLOB}"),
        ("short", 300_000, "is another file: its git blob id is"),
        ("sound", 200_000, "sends more than the 200,000 bytes allowed"),
        ("breaking", 300_000, "broke off 4 times, last after 65,536 bytes"),
    ],
)
def test_a_git_blob_id_keeps_other_files_out(
    project: Path, server: Server, kind: str, limit: int, message: str
) -> None:
    declare_blob(project, f"{server.address}/{kind}/a.csv", limit=limit)
    with pytest.raises(FetchError, match=message):
        fetch_release("public")
    assert files(project) == []


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_gives_the_same_id(tmp_path: Path) -> None:
    for content in (b"", b"a\n", CONTENT):
        (tmp_path / "file").write_bytes(content)
        shown = subprocess.run(
            ["git", "hash-object", "--no-filters", "file"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        assert git_blob_of(tmp_path / "file") == shown


def on_request(home: Path, server: Server) -> None:
    declare(home, *(f"{server.address}/sound/{name}.csv" for name in "abc"))
    manifest = home / "data" / "raw" / "sources.toml"
    first, *others = manifest.read_text().split("[[source]]")[1:]
    marked = [
        entry.replace("urban-crime", "fbi-return-a") + "optional = true\non_request = true\n"
        for entry in others
    ]
    manifest.write_text("".join(f"[[source]]{entry}" for entry in (first, *marked)))


def test_files_on_request_are_fetched_by_id_or_layout(project: Path, server: Server) -> None:
    on_request(project, server)
    lines: list[str] = []
    summary = fetch_release("public", progress=lines.append)
    assert (summary.fetched, summary.on_request) == (("source-1",), ("source-2", "source-3"))
    assert lines[-1].endswith("2 more with --include: source-2, source-3")
    assert fetch_release("public", include=["source-3"]).fetched == ("source-3",)
    assert fetch_release("public", include=["fbi-return-a"]).fetched == ("source-2",)
    assert fetch_release("public").present == ("source-1", "source-2", "source-3")


def test_a_misspelt_request_names_the_nearest(project: Path, server: Server) -> None:
    on_request(project, server)
    with pytest.raises(UsageError, match="no source or layout 'return-a'.*fbi-return-a"):
        fetch_release("public", include=["return-a"])
    assert server.seen == []
    assert cli.main(["data", "fetch", "--include", "source-9"]) == 2
    assert cli.main(["data", "fetch", "--include", "source-2", "--include", "source-3"]) == 0
    assert len(files(project)) == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (f'sha256 = "{DIGEST}"', "", "neither sha256 nor git_blob"),
        (f"bytes = {len(CONTENT)}", "", "neither bytes nor max_bytes"),
        ("bytes =", "on_request = true\nbytes =", "on request only, and not optional"),
    ],
)
def test_an_entry_that_could_not_be_verified_is_refused(
    project: Path, old: str, new: str, message: str
) -> None:
    declare(project, "https://example.invalid/a.csv")
    manifest = project / "data" / "raw" / "sources.toml"
    manifest.write_text(manifest.read_text().replace(old, new))
    with pytest.raises(DataError, match=message):
        read_manifest(manifest)


def test_return_a_of_2005_to_2012_can_be_had(pytestconfig: pytest.Config) -> None:
    sources = read_manifest(pytestconfig.rootpath / "data" / "raw" / "sources.toml")
    found = {source.vintage: source for source in sources if source.layout == "fbi-return-a"}
    assert set(found) == {"1974", *map(str, range(2005, 2014))}
    for year, source in found.items():
        assert source.on_request == (year != "2013")
        assert source.path.startswith("fbi-return-a/")
        assert source.url.endswith(f"/masterfiles/{source.path.partition('/')[2]}")
        assert year in source.path
        assert (len(source.git_blob), source.bytes) == (40, 0) or len(source.sha256) == 64


@pytest.mark.mirror
def test_return_a_on_request_from_the_mirror(
    mirror: Path, project: Path, pytestconfig: pytest.Config
) -> None:
    manifest = pytestconfig.rootpath / "data" / "raw" / "sources.toml"
    (project / "data" / "raw" / "sources.toml").write_bytes(manifest.read_bytes())
    summary = fetch_release("public", mirror, include=["fbi-return-a-1974"])
    assert {"fbi-return-a-1974", "fbi-return-a-2013"} <= set(summary.fetched)
    assert set(summary.on_request) == {f"fbi-return-a-{year}" for year in range(2005, 2013)}


@pytest.mark.mirror
def test_the_manifest_fits_the_mirror(
    mirror: Path, project: Path, pytestconfig: pytest.Config
) -> None:
    manifest = pytestconfig.rootpath / "data" / "raw" / "sources.toml"
    (project / "data" / "raw" / "sources.toml").write_bytes(manifest.read_bytes())
    summary = fetch_release("public", mirror)
    assert len(summary.fetched) == len(files(project)) >= 12
    assert {"ilrc-rubric", "states"} <= set(summary.without_address)
