"""Later files are found where those of a release are from, and a place cannot lead astray."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agreement_samples import row, set_saved_day, write_list
from coopanalysis import cli
from coopanalysis.catalog.sources import release_listings, release_sources
from coopanalysis.errors import FetchError, UsageError
from coopanalysis.panel import load_release
from coopanalysis.paths import project_root
from coopanalysis.sources import download as download_module
from coopanalysis.sources import newer
from coopanalysis.sources.newer import file_at, newer_files

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAMES = [
    "participatingAgencies05182031am.xlsx",
    "participatingAgencies08012031am.xlsx",
    "participatingAgencies06302031pm.xlsx",
    "../participatingAgencies09012031am.xlsx",
    "readme.md",
]


class Server(ThreadingHTTPServer):
    """A host of files of one repository, whose answers a test may change."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        listed = [{"name": name, "size": 9000, "sha": "0" * 40} for name in NAMES]
        self.answers: dict[str, bytes] = {
            "/commits": json.dumps([{"sha": COMMIT}]).encode(),
            f"/files?ref={COMMIT}": json.dumps(listed).encode(),
        }
        self.leads: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""

    def do_GET(self) -> None:
        if self.path in self.server.leads:
            self.send_response(302)
            self.send_header("Location", self.server.leads[self.path])
            self.end_headers()
            return
        body = self.server.answers.get(self.path)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(download_module, "PAUSE_SECONDS", 0.0)
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def project(built_copy, server: Server) -> Path:
    """A release whose latest list is from the server."""
    raw: Path = built_copy()
    manifest, at = raw / "sources.toml", server.address
    text = manifest.read_text(encoding="utf-8")
    own = 'path = "list-2031/participatingAgencies05182031.xlsx"\n'
    address = f"{at}/raw/{'f' * 40}/participatingAgencies05182031am.xlsx"
    text = text.replace(own, f'{own}url = "{address}"\n')
    text += (
        f'\n[[listing]]\ntitle = "Lists"\ncommits = "{at}/commits"\n'
        f'files = "{at}/files?ref={{commit}}"\nurl = "{at}/raw/{{commit}}/{{file}}"\n'
    )
    manifest.write_text(text, encoding="utf-8")
    return raw


def test_later_files_are_told_with_pinned_addresses(
    project: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    (looked,) = newer_files("demo")
    assert looked.latest == date(2031, 5, 18)
    assert looked.addresses == [
        f"{server.address}/raw/{COMMIT}/participatingAgencies06302031pm.xlsx",
        f"{server.address}/raw/{COMMIT}/participatingAgencies08012031am.xlsx",
    ]
    assert cli.main(["data", "newer", "--release", "demo"]) == 0
    shown = capsys.readouterr().out
    assert "Lists: 2 later than 2031-05-18 (version 0123456789ab)" in shown
    assert f"coopanalysis data add {looked.addresses[0]}" in shown
    assert cli.main(["data", "newer", "--release", "demo", "--addresses"]) == 0
    assert capsys.readouterr().out.splitlines() == looked.addresses


@pytest.mark.slow
def test_a_later_file_is_added_by_its_address_and_is_not_later_then(
    project: Path, server: Server, tmp_path: Path
) -> None:
    name = NAMES[1]
    rows = [row(SIGNED=date(2031, 7, 20)), row(COUNTY="Birch County", SIGNED=date(2031, 7, 2))]
    made = set_saved_day(write_list(tmp_path / name, rows), date(2031, 8, 1))
    server.answers[f"/raw/{COMMIT}/{name}"] = made.read_bytes()
    address = newer_files("demo")[0].addresses[1]
    assert cli.main(["data", "add", address, "--release", "demo", "--yes"]) == 0
    added = next(one for one in release_sources("demo") if one.vintage == "2031-08-01")
    assert (added.url, added.optional, added.bytes) == (address, False, made.stat().st_size)
    assert load_release("demo").build["agreement_lists"][-1]["source"] == added.id
    assert newer_files("demo")[0].files == ()


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/commits", b"<html>", "answers no JSON"),
        ("/commits", b"[]", "answers no list of entries with sha"),
        ("/commits", b'[{"sha": "main"}]', "names no version: 'main'"),
        ("/commits", b'{"message": "slow down"}', "answers no list of entries"),
        (f"/files?ref={COMMIT}", b'[{"name": "a"}]', "answers no list of entries with name, size"),
        (f"/files?ref={COMMIT}", b" " * 5000, "sends more than the 4,000 bytes allowed"),
    ],
)
def test_what_is_no_listing_is_refused(
    project: Path,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    answer: bytes,
    said: str,
) -> None:
    monkeypatch.setattr(newer, "MOST_OF_LISTING", 4000)
    server.answers[path] = answer
    with pytest.raises(FetchError, match=said):
        newer_files("demo")


def test_a_place_may_lead_on_to_itself_alone(project: Path, server: Server) -> None:
    server.answers["/moved"] = server.answers["/commits"]
    server.leads["/commits"] = "/moved"
    assert len(newer_files("demo")[0].files) == 2
    server.leads["/commits"] = f"http://localhost:{server.server_port}/moved"
    with pytest.raises(FetchError, match="leads to another place, http://localhost"):
        newer_files("demo")


@pytest.mark.parametrize("address", ["http://example.org/a.xlsx", "ftp://example.org/a.xlsx"])
def test_an_address_that_is_not_https_is_not_asked(address: str) -> None:
    with pytest.raises(FetchError, match="is not https"), file_at(address, print):
        pass


def test_an_address_needs_a_plain_name(server: Server) -> None:
    for end in ("", "..", "%2e%2e", "a%0Ab.xlsx"):
        with (
            pytest.raises(FetchError, match="no plain name"),
            file_at(f"{server.address}/{end}", print),
        ):
            pass


def test_a_release_without_a_listing_says_so() -> None:
    with pytest.raises(UsageError, match=r"has no \[\[listing\]\]"):
        newer_files("demo")


def test_the_public_listings_are_where_its_files_are_from() -> None:
    commits = [one.commits for one in release_listings("public")]
    assert len(commits) == 2
    assert all(one.startswith("https://api.github.com/repos/") for one in commits)
    for listing in release_listings("public"):
        start = listing.url.partition("{commit}")[0]
        assert any(one.url.startswith(start) for one in release_sources("public"))


STUB = """#!/bin/sh
echo "$(basename "$0") $*" >> "$LOG"
case "$*" in
  *--addresses*) cat "$ADDRESSES" ;;
  *--headlines*) echo "landscape: $(grep -c 'data add' "$LOG") counties" ;;
  *"data add"*bad*) echo "error: its day is not sure" >&2; exit 1 ;;
  "data add"*) echo "Against a list: 2 added" ;;
  ls-remote*) exit 2 ;;
  "pr create"*) while [ "$1" != --body-file ]; do shift; done; cp "$2" "$LOG.body" ;;
esac
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script of the scheduled workflow in a folder where every command is noted."""
    for name in ("make", "git", "gh", ".venv/bin/coopanalysis"):
        stub = tmp_path / ("bin" if "/" not in name else "") / name
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(STUB, encoding="utf-8")
        stub.chmod(0o755)
    (tmp_path / ".ci").mkdir()
    shutil.copy(project_root() / ".ci" / "newer", tmp_path / ".ci")
    return tmp_path


def run_script(folder: Path, *addresses: str) -> tuple[int, list[str]]:
    """Run it; its status and the commands it gave."""
    (folder / "addresses").write_text("".join(f"{one}\n" for one in addresses))
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    more = {"PATH": path, "LOG": str(folder / "log"), "ADDRESSES": str(folder / "addresses")}
    done = subprocess.run(
        ["bash", str(folder / ".ci" / "newer")], env={**os.environ, **more}, timeout=60, check=False
    )
    return done.returncode, (folder / "log").read_text().splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="the script is for a POSIX shell")
def test_the_scheduled_script_adds_and_opens_a_pull_request(script: Path) -> None:
    status, commands = run_script(script, "https://a.example/bad.xlsx", "https://a.example/b.xlsx")
    assert status == 0
    said = [one.split(" --")[0] for one in commands]
    assert said.index("coopanalysis reports run") < said.index(
        "coopanalysis data add https://a.example/b.xlsx"
    )
    assert said[-3].startswith("git -c user.name")
    assert said[-2:] == ["git push", "gh pr create"]
    body = (script / "log.body").read_text()
    assert "-landscape: 0 counties\n+landscape: 2 counties" in body
    assert "its day is not sure" in body
    assert "Against a list: 2 added" in body


@pytest.mark.skipif(sys.platform == "win32", reason="the script is for a POSIX shell")
def test_the_scheduled_script_opens_nothing_where_nothing_was_added(script: Path) -> None:
    assert run_script(script)[0] == 0
    status, commands = run_script(script, "https://a.example/bad.xlsx")
    assert status == 1
    assert not any("pr create" in one or "push" in one for one in commands)
