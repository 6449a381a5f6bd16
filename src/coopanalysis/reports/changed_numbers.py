"""Which numbers of a notebook changed, each with its report, its name, and both values.

As a plugin of pytest this says of a cell that nbval refuses what changed in it, instead of two
cut texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.reports.entries import read_entries

_NUMBER = re.compile(r"[-\u2212]?\d[\d,]*(?:\.\d+)?%?")
_WORDS_BEFORE, _WORDS_AFTER, _LONGEST = 6, 3, 160


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
