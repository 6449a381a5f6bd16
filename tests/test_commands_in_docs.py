"""Every command in the README and the documents is run: here, or by the test that is named."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
import typer

from coopanalysis.cli import app
from coopanalysis.panel import Panel
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE, project_root
from engine_samples import tiny_notebook
from release_samples import write_release
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
    "coopanalysis data newer": ("test_newer.py", '"data", "newer"'),
    "coopanalysis data add": ("test_add.py", '"data", "add"'),
    "coopanalysis reports run --scheduler": ("test_scaling_page.py", 'commands("here")'),
    "coopanalysis demo": ("test_at_home.py", 'read("docs/releasing.md")'),
}
"""Commands that ask others or change what they find, and how the tests that run them give them."""
KEPT = ("state-laws", "crime-reporting", "state-brief")
"""A quick report, one that the README names, and a brief; CI makes every one by `make reports`."""
IN_CI = ("check", "check-reports", "test", "test-fast")
"""Targets of make that `.ci/run` runs as they are: they would run this test."""
FEW_TESTS = "PYTEST_ADDOPTS"
IN_PART: dict[str, tuple[dict[str, str], int, str]] = {
    "bench": ({"BENCH": "engine:nothing"}, 0, r"nothing\n  the engine .*\nWritten: "),
    "coverage": (
        {},
        2,
        r"branches alone, clean/: [1-9](?s:.*)total of \d+ is less than",
    ),
    "faults": (
        {FEW_TESTS: "-k 'gives_the_same and 44'"},
        2,
        r"\| all \| 1\d\d \| .* \| 0 \| 0 \| 0 \|\n(?s:.*)1\d\d damages .* and 3,000 are needed",
    ),
    "trust": ({FEW_TESTS: "-k 'equal_variances or highest'"}, 2, r"coverage.md: \d+ rows"),
    "lock": ({}, 0, ""),
}
"""Targets that take minutes to hours: what shortens them, their status then, and what they say.

Fewer tests than `faults`, `trust` and `coverage` ask for are refused by them, which is held, too.
"""
BLOCKS_OF = {
    "README.md": {"sh": "test_commands_in_docs.py", "python": "test_contributing.py"},
    "docs/releasing.md": {"sh": "test_at_home.py"},
    "docs/scaling.md": dict.fromkeys(("sh", "python", "yaml"), "test_scaling_page.py"),
    "docs/read": dict.fromkeys(("python", "sql", "r"), "test_take_away.py"),
}
"""The tests that run the blocks of a document, or of a folder of them, by language."""


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


TO_RUN = list(
    dict.fromkeys(
        command
        for document in DOCUMENTS
        if document.name not in ("CONTRIBUTING.md",) and document.parent.name != "raw"
        for command in commands(document)
    )
)
"""Commands of the README and of docs/, each once."""


def target_of(command: str) -> str:
    """Target of a command of make; empty for make alone."""
    named = [word for word in command.split()[1:] if "=" not in word]
    return named[0] if named else ""


def is_name(command: str) -> bool:
    """Whether a sentence only names a command, without what it cannot do without."""
    named: Any = typer.main.get_command(app)
    words = shlex.split(command)[1:]
    while hasattr(named, "commands") and words:
        named = named.commands[words.pop(0)]
    return not words and any(one.required for one in named.params)


def test_every_block_has_a_test_that_runs_it() -> None:
    for document in DOCUMENTS:
        place = document.relative_to(ROOT).as_posix()
        languages = set(re.findall(r"^ *```(\w+)", document.read_text("utf-8"), re.MULTILINE))
        known = BLOCKS_OF.get(place) or BLOCKS_OF.get(place.rpartition("/")[0], {})
        assert languages <= set(known), place
        for language in languages:
            test = (Path(__file__).parent / known[language]).read_text(encoding="utf-8")
            assert document.name in test or document.parent.name in test, known[language]


def test_what_is_only_named_is_run_with_its_words() -> None:
    for name in filter(is_name, (one for one in TO_RUN if one.startswith("coopanalysis"))):
        assert any(one.startswith(f"{name} ") for one in TO_RUN), name


def test_what_runs_elsewhere_is_run_there() -> None:
    for test, said in ELSEWHERE.values():
        assert said in (Path(__file__).parent / test).read_text(encoding="utf-8"), test
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for target in IN_CI:
        assert re.search(rf"phase make {target}$", script, re.MULTILINE), target


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
    kept = [
        f"on_demand = true\n{one}" if tomllib.loads(one)["id"] == "crime-reporting" else one
        for one in kept
    ]
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


def run(
    words: list[str], home: Path, timeout: float = 600, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=home, env={**os.environ, HOME_VARIABLE: str(home), **more},
        capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("command", [one for one in TO_RUN if one.startswith("coopanalysis")])
def test_commands_run(
    command: str, project: Path, demo: Panel, request: pytest.FixtureRequest
) -> None:
    assert demo.release == "demo"
    if is_name(command) or command.startswith(tuple(ELSEWHERE)):
        return  # held by the tests above
    if "public" in command:
        mirror = request.getfixturevalue("mirror")
        assert request.getfixturevalue("public_release").release == "public"
        os.environ.setdefault(MIRROR_VARIABLE, str(mirror))
        if not (project / "data" / "processed" / "public").exists():
            link_tables(project, "public")
    words = [sys.executable, "-m", "coopanalysis.front", *shlex.split(command)[1:]]
    done = run(words, project)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose release has two states and whose notebooks take no time of their own."""
    home: Path = tmp_path_factory.mktemp("small")
    write_release(home)
    for file in (ROOT / "Makefile", ROOT / "pyproject.toml", *ROOT.glob("requirements*.lock")):
        shutil.copy(file, home)
    shutil.copytree(ROOT / "docs", home / "docs")
    shutil.copy(ROOT / "data" / "raw" / "sources.toml", home / "data" / "raw")
    tiny, brief = tiny_notebook(), tiny_notebook()
    tiny.cells[3].metadata["tags"] = ["nbval-check-output", "keep_output"]
    nbformat.write(tiny, home / "notebooks" / "01_tiny.ipynb")
    brief.cells[1].source += '\nstate_fips: str = "91"  # state'
    nbformat.write(brief, home / "notebooks" / "90_state_brief.ipynb")
    (home / "notebooks" / "reports.toml").write_text(SMALL_PLAN, encoding="utf-8")
    return home


SMALL_PLAN = """
[[report]]
id = "tiny"
notebook = "01_tiny.ipynb"
title = "A small question"
topic = "data"

[[report]]
id = "state-brief"
notebook = "90_state_brief.ipynb"
title = "{state_fips}: a small brief"
topic = "state brief"
on_demand = true
[report.choices]
state_fips = "states"
[report.sweep]
state_fips = "states"
"""


def make(home: Path, command: str, *options: str) -> list[str]:
    """Words of a command of make for a small project, by this environment as it is."""
    venv = Path(sys.executable).parents[1]
    asked = command.replace("/a/copy", str(home))
    words = shlex.split(asked.replace("https://...", "https://a.example/site"))
    return [*words, *options, f"VENV={venv}", f"--old-file={venv / '.installed'}"]


OF_MAKE = dict.fromkeys(
    one.replace(" RELEASE=public", "")
    for one in [*TO_RUN, "make headlines", "make data"]
    if one.startswith("make")
)
"""Commands of make, of the one release that the small project has, each once."""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("command", OF_MAKE)
def test_targets_of_make_run(command: str, small: Path) -> None:
    target = target_of(command)
    if target in IN_PART:
        return  # held by the test below
    if target in IN_CI:
        done = run([*make(small, command, "--dry-run")], small)
    elif target in ("serve", "lab"):
        (serve if target == "serve" else open_lab)(small)
        return
    else:
        done = run(make(small, command), small, **{MIRROR_VARIABLE: ""})
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    made = {"reports": "reports/demo/tiny.html", "site": "site/demo/counties/91001.html"}
    assert (small / made.get(target, "Makefile")).is_file()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("target", IN_PART)
def test_long_targets_run_in_part(target: str, project: Path, demo: Panel) -> None:
    assert any(target_of(one) == target for one in OF_MAKE)
    for name in ("Makefile", "pyproject.toml", *(one.name for one in ROOT.glob("requirements*"))):
        shutil.copy(ROOT / name, project)
    shutil.rmtree(project / "tests", ignore_errors=True)  # a folder where `coverage` was
    for name in ("src", "tools", "tests"):
        (project / name).unlink(missing_ok=True)
        (project / name).symlink_to(ROOT / name)
    if target == "coverage":
        hide_other_tests(project, "test_county_names.py")
    shutil.copytree(ROOT / "benchmarks", project / "benchmarks", dirs_exist_ok=True)
    shortened, status, said = IN_PART[target]
    options = [f"{name}={value}" for name, value in shortened.items() if name != FEW_TESTS]
    more = {name: value for name, value in shortened.items() if name == FEW_TESTS}
    done = run(make(project, f"make {target}", *options), project, **more)
    if target == "lock" and re.search("Failed to fetch|error sending request", done.stderr):
        pytest.skip("no package index answers")
    assert done.returncode == status, done.stdout[-2000:] + done.stderr[-2000:]
    locks = [one.read_text(encoding="utf-8") for one in project.glob("requirements*.lock")]
    assert all("--hash=sha256:" in one and "://" not in one for one in locks)
    assert re.search(said, done.stdout + done.stderr), done.stdout[-2000:] + done.stderr[-2000:]


def hide_other_tests(home: Path, kept: str) -> None:
    """Leave one file of tests, and what tests share."""
    (home / "tests").unlink()
    (home / "tests").mkdir()
    for file in (ROOT / "tests").glob("*.py"):
        if not file.name.startswith("test_") or file.name == kept:
            (home / "tests" / file.name).symlink_to(file)


def open_lab(home: Path) -> None:
    """Open JupyterLab on a small project without a browser, ask for its page, and end it."""
    settings = {"open_browser": False, "allow_root": True}
    (home / "jupyter").mkdir(exist_ok=True)
    config = home / "jupyter" / "jupyter_server_config.json"
    config.write_text(json.dumps({"ServerApp": settings}), encoding="utf-8")
    with subprocess.Popen(
        make(home, "make lab"), cwd=home, text=True, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, HOME_VARIABLE: str(home), "JUPYTER_CONFIG_DIR": str(config.parent)},
    ) as server:  # fmt: skip
        try:
            assert server.stderr
            said = (re.search(r"http://127.0.0.1:\S+", line) for line in server.stderr)
            address = next(filter(None, said)).group()
            for _ in range(100):  # it says so before it listens
                with suppress(URLError), urlopen(address, timeout=60) as page:
                    assert b"JupyterLab" in page.read()
                    return
                time.sleep(0.3)
            pytest.fail(f"{address} did not answer in 30 seconds")
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def serve(home: Path) -> None:
    """Show the site of a small project, ask for its index, and end it."""
    if not (home / "site" / "index.html").is_file():
        done = run(make(home, "make site"), home, **{MIRROR_VARIABLE: ""})
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    words = make(home, "make serve", "PORT=0")
    with subprocess.Popen(
        words, cwd=home, env={**os.environ, HOME_VARIABLE: str(home)}, text=True,
        stdout=subprocess.PIPE, start_new_session=True,
    ) as server:  # fmt: skip
        try:
            assert server.stdout
            said = (line for line in server.stdout if line.startswith("http://127.0.0.1:"))
            with urlopen(next(said).strip(), timeout=60) as page:
                assert b"<title>" in page.read()
        finally:
            os.killpg(server.pid, signal.SIGTERM)
