"""Notebooks against their committed results, by nbval side by side; results that are accepted.

As a plugin of pytest this says of a cell that nbval refuses which numbers changed in it, each with
its report, its name and both values, instead of two cut texts.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.errors import ReportError, UsageError
from coopanalysis.reports.entries import nearest, read_entries
from coopanalysis.reports.execute import modules_to_warm
from coopanalysis.reports.processes import KERNEL_ENVIRONMENT, MODULES_VARIABLE, can_fork
from coopanalysis.reports.resources import worker_count

NEEDED = ("pytest", "nbval", "xdist")
PROVISIONER_VARIABLE = "JUPYTER_DEFAULT_PROVISIONER_NAME"
PROVISIONER = "coopanalysis-fork"
_NUMBER = re.compile(r"[-\u2212]?\d[\d,]*(?:\.\d+)?%?")
_WORDS_BEFORE, _WORDS_AFTER, _LONGEST = 6, 3, 160


def find_notebooks(names: Sequence[str]) -> list[Path]:
    """Find notebooks by path, by name or by the id of a report; without names, all."""
    folder = paths.notebooks_dir()
    if not names:
        return sorted(folder.glob("[0-9]*.ipynb"))
    known = {path.name: path for path in sorted(folder.glob("*.ipynb"))}
    known |= {entry.id: folder / entry.notebook for entry in read_entries(folder / "reports.toml")}
    found = {name: Path(name) if Path(name).is_file() else known.get(name) for name in names}
    for name, path in found.items():
        if path is None:
            raise UsageError(f"No notebook and no report '{name}'.{nearest(name, list(known))}")
    return list(dict.fromkeys(path for path in found.values() if path is not None))


def validate_notebooks(
    notebooks: Sequence[Path], *, words: Sequence[str] = (), plain: bool = False
) -> int:
    """Run notebooks, and compare results that are tagged for it with the committed ones.

    Returns the exit status of pytest. `words` are more words for pytest; `plain` starts each kernel
    as a process of its own.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ReportError(
            f"Validating notebooks needs {', '.join(missing)}: install coopanalysis[test]."
        )
    environment = {**os.environ, **KERNEL_ENVIRONMENT, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    if not plain and can_fork():
        environment[MODULES_VARIABLE] = ",".join(modules_to_warm(notebooks))
        environment[PROVISIONER_VARIABLE] = PROVISIONER
    command = [*_pytest(len(notebooks)), *words, *map(str, notebooks)]
    return subprocess.run(command, env=environment, check=False).returncode


def _pytest(count: int) -> list[str]:
    """Words that start pytest on its own settings, with the plugins it needs and no other."""
    workers = worker_count([0.0] * count)
    side_by_side = ["-p", "xdist", "-n", str(workers), "--dist", "loadfile"] if workers > 1 else []
    settings = ["-c", os.devnull, "--rootdir", os.curdir, "-p", "no:cacheprovider", "-p", "nbval"]
    settings += ["-p", "coopanalysis.reports.validate"]
    return [sys.executable, "-m", "pytest", *settings, "--nbval-lax", *side_by_side]


def accept_notebooks(notebooks: Sequence[Path]) -> Iterator[str]:
    """Run notebooks in place and keep their headline results; say which numbers changed.

    The demo release must be built.
    """
    import nbformat  # noqa: PLC0415  (slow to import)

    jupyter = [sys.executable, "-m", "jupyter", "nbconvert", "--log-level", "ERROR"]
    for notebook in notebooks:
        old = nbformat.read(notebook, as_version=4).cells
        run = [*jupyter, "--to", "notebook", "--execute", "--inplace", str(notebook)]
        extra = ["--extra-keys", "metadata.language_info.version"]
        strip = [sys.executable, "-m", "nbstripout", "--keep-count", *extra, str(notebook)]
        for command in (run, strip):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                last = done.stderr.strip().splitlines()[-1:]
                raise ReportError(f"{notebook.name} was not accepted: {' '.join(last)}")
        new = nbformat.read(notebook, as_version=4).cells
        lines = [
            line
            for one, other in zip(old, new, strict=True)
            for line in change_lines(notebook, one.get("outputs", []), other.get("outputs", []))
        ]
        yield from lines
        yield (
            f"{notebook.name}: {len(lines)} numbers changed"
            if lines
            else f"{notebook.name}: as before"
        )


def changed_numbers(old: str, new: str) -> Iterator[tuple[str, str, str]]:
    """Compare two texts of a result; yield name, old value and new value of what differs.

    A number is named by the words around it, in a table by the first words of its row and its
    place in it. Where the words changed as well, it is the whole line.
    """
    before, after = ([line.strip() for line in text.splitlines()] for text in (old, new))
    old_shapes, new_shapes = ([_shape(one) for one in lines] for lines in (before, after))
    matcher = SequenceMatcher(None, old_shapes, new_shapes, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            for was, now in zip(before[a:b], after[c:d], strict=True):
                yield from _in_line(was, now)
        else:
            was, now = " / ".join(before[a:b]), " / ".join(after[c:d])
            yield "text", was[:_LONGEST] or "nothing", now[:_LONGEST] or "nothing"


def _shape(line: str) -> str:
    """Return the words of a line without its numbers and their alignment."""
    return _NUMBER.sub("#", " ".join(line.split()))


def _in_line(was: str, now: str) -> Iterator[tuple[str, str, str]]:
    pairs = zip(_NUMBER.finditer(was), _NUMBER.finditer(now), strict=True)
    for place, (one, other) in enumerate(pairs, start=1):
        if one[0] != other[0]:
            yield _name(was, one, place), one[0], other[0]


def _name(line: str, number: re.Match[str], place: int) -> str:
    if "  " in line:  # a row of a table
        first = _NUMBER.search(line)
        return f"{line[: first.start() if first else 0].strip()}, value {place}"
    before = " ".join(line[: number.start()].split()[-_WORDS_BEFORE:])
    after = " ".join(line[number.end() :].split()[:_WORDS_AFTER])
    return f"{before} [...] {after}".strip()


def change_lines(notebook: Path, old: Sequence[Any], new: Sequence[Any]) -> list[str]:
    """Write a line for each number that differs between the outputs of one cell."""
    folder = paths.notebooks_dir()
    entries = read_entries(folder / "reports.toml")
    reports = [one.id for one in entries if Path(one.notebook).name == notebook.name]
    report = ", ".join(reports) or notebook.name
    pairs = zip(_texts(old), _texts(new), strict=False)
    return [
        f"{report}: {name}: was {was}, is {now}"
        for one, other in pairs
        for name, was, now in changed_numbers(one, other)
    ]


def _texts(outputs: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(one.get("data", {}).get("text/plain", one.get("text", ""))) for one in outputs]


def pytest_configure() -> None:
    """Let nbval say which numbers changed."""
    from nbval.plugin import IPyNbCell  # noqa: PLC0415  (a dependency of tests alone)

    compare = IPyNbCell.compare_outputs

    def named(cell: Any, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        same = bool(compare(cell, test, ref, skip_compare))
        lines = [] if same else change_lines(Path(cell.parent.path), ref, test)
        if lines:
            cell.comparison_traceback = [
                *lines,
                "If that is meant: coopanalysis reports accept, with the id of the report.",
            ]
        return same

    IPyNbCell.compare_outputs = named
