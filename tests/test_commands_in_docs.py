"""Every command in the README and the documents can be given, and those of the README are run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from coopanalysis.cli import app
from coopanalysis.panel import Panel
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE, project_root
from tools.check_pages.project_copy import copy_project, link_tables

ROOT = project_root()
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "data/raw/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "read").glob("*.md")),
]
BLOCK = re.compile(r"^```sh[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:\.venv/bin/)?(?:coopanalysis|make)(?: [^`]+)?)`")
ELSEWHERE = {
    "data newer": "tests/test_newer.py",
    "data add": "tests/test_add.py",
}
"""Commands that ask the network or change a release, and the tests that run them on small ones."""
KEPT = ("crime-reporting", "state-brief")
"""Reports that the README names, and a brief; CI makes every one by `make reports`."""


def lines(text: str) -> list[str]:
    return [
        line.partition("  #")[0].strip()
        for block in BLOCK.findall(text)
        for line in block.splitlines()
        if line.strip() and not line.startswith("#")
    ]


def commands(document: Path) -> list[str]:
    """Commands of this project in a document, in blocks and in sentences."""
    text = document.read_text(encoding="utf-8")
    found = [*lines(text), *INLINE.findall(BLOCK.sub("", text).replace("\n", " "))]
    ours = [one.removeprefix(".venv/bin/") for one in found]
    return [one for one in ours if one.split()[0] in ("coopanalysis", "make")]


README = commands(ROOT / "README.md")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_is_there(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for command in commands(document):
        program, *words = shlex.split(command)
        if program == "make":
            named = [word for word in words if "=" not in word]
            assert set(named) <= targets, command
        elif words:
            check_words(typer.main.get_command(app), words, command)


def check_words(command: Any, words: list[str], said: str) -> None:
    """Hold words against the groups, options and arguments that there are; nothing is run."""
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        name, *words = words
        assert name in command.commands, f"{said}: no command {name}"
        command = command.commands[name]
    if hasattr(command, "commands") or "..." in words:
        return
    known = {option for one in command.params for option in [*one.opts, *one.secondary_opts]}
    options = [word.partition("=")[0] for word in words if word.startswith("-")]
    assert set(options) <= known | {"--help", "--debug"}, said


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project with its tables and one national report, for the commands."""
    home: Path = tmp_path_factory.mktemp("readme")
    copy_project(home)
    plan = home / "notebooks" / "reports.toml"
    head, *entries = plan.read_text(encoding="utf-8").split("[[report]]\n")
    kept = [one for one in entries if tomllib.loads(one)["id"] in KEPT]
    plan.write_text("[[report]]\n".join([head, *kept]), encoding="utf-8")
    shutil.rmtree(home / "data" / "raw" / "reference")  # beside the releases, which are links
    (home / "data" / "raw" / "reference").symlink_to(ROOT / "data" / "raw" / "reference")
    for release in ("demo", "public"):
        if (ROOT / "data" / "processed" / release / "build.json").is_file():
            link_tables(home, release)
    shutil.copytree(ROOT / "docs", home / "docs")
    lists = sorted((ROOT / "data" / "raw" / "demo").glob("*participating-2026*/*.xlsx"))
    shutil.copy(lists[-1], home / "participatingAgencies.xlsx")
    yield home


def run(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    program, *words = shlex.split(command)
    if program == "coopanalysis":
        words = [sys.executable, "-m", "coopanalysis.front", *words]
    else:
        words = ["make", "--dry-run", "--directory", str(ROOT), *words]
    return subprocess.run(
        words, cwd=home, env={**os.environ, HOME_VARIABLE: str(home)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("command", dict.fromkeys(README))
def test_commands_of_the_readme_run(
    command: str, project: Path, demo: Panel, request: pytest.FixtureRequest
) -> None:
    assert demo.release == "demo"
    name = " ".join(command.split()[1:3])
    if name in ELSEWHERE:
        tests = (ROOT / ELSEWHERE[name]).read_text(encoding="utf-8")
        assert f'"data", "{name.split()[1]}"' in tests
        return
    if "public" in command and command.startswith("coopanalysis"):
        mirror = request.getfixturevalue("mirror")
        assert request.getfixturevalue("public_release").release == "public"
        os.environ.setdefault(MIRROR_VARIABLE, str(mirror))
        if not (project / "data" / "processed" / "public").exists():
            link_tables(project, "public")
    done = run(command, project)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
