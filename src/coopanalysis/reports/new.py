"""A report of one's own, begun as a copy of one that is there."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.errors import ReportError, UsageError
from coopanalysis.reports.entries import nearest, read_entries
from coopanalysis.reports.records import write_atomically
from coopanalysis.seal import parse_json

LONGEST_ID = 60
OWN_TENS = (60, 70, 80)
"""Tens that numbers of own notebooks begin with: after the analyses, before the briefs."""
HEADLINE_TAGS = {"nbval-check-output", "keep_output"}
NOT_COPIED = ("id", "notebook", "title", "on_demand", "sweep")
"""Fields of an entry that the new one has of its own, or (a report of every place) has not."""
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


def new_report(name: str, source: str, title: str = "") -> Path:
    """Copy the notebook of a report and its entry in `reports.toml` under a new id.

    Outputs are left out but for the headline numbers: they are those of the copy until it is
    changed, and nbval then tells. A title that is not given is made of the words of the id.
    """
    plan = paths.notebooks_dir() / "reports.toml"
    known = {entry.id: entry for entry in read_entries(plan)}
    _check_name(name, list(known))
    if source not in known:
        raise UsageError(f"No report '{source}' to begin with.{nearest(source, list(known))}")
    words = title or name.replace("-", " ").capitalize()
    number = _free_number(plan.parent)
    notebook = plan.parent / f"{number:02d}_{name.replace('-', '_')}.ipynb"
    text = plan.read_text(encoding="utf-8")
    copied = next(one for one in tomllib.loads(text)["report"] if one["id"] == source)
    entry = {"id": name, "notebook": notebook.name, "title": words}
    entry |= {key: value for key, value in copied.items() if key not in NOT_COPIED}
    document = parse_json((plan.parent / known[source].notebook).read_text(encoding="utf-8"))
    write_atomically(notebook, _copy(document, words))
    written = "\n".join(["[[report]]", *_toml_lines(entry, "report")])
    write_atomically(plan, f"{text.rstrip()}\n\n{written}\n")
    return notebook


def _check_name(name: str, known: list[str]) -> None:
    if name in known:
        raise UsageError(f"There is a report '{name}' already. Choose another id.")
    if not _ID.fullmatch(name) or len(name) > LONGEST_ID:
        raise UsageError(
            f"'{name}' cannot be the id of a report, for files are named by it: use words of small "
            f"letters and digits with hyphens between them, such as my-question, of {LONGEST_ID} "
            "characters at most, a letter first."
        )


def _free_number(folder: Path) -> int:
    """First number for own notebooks that none has: 60, 70, 80, then 61, 71, 81 and so on."""
    taken = {path.name.partition("_")[0] for path in folder.glob("[0-9]*.ipynb")}
    for unit in range(10):
        for ten in OWN_TENS:
            if str(ten + unit) not in taken:
                return ten + unit
    raise ReportError(
        f"Every number of {OWN_TENS[0]} to {OWN_TENS[-1] + 9} is taken in {folder.name}/. Remove a "
        "notebook that is no longer needed, and its entry in reports.toml."
    )


def _copy(document: dict[str, Any], title: str) -> str:
    """Write a notebook under another title, with no outputs but headline numbers."""
    for cell in document["cells"]:
        if (
            cell["cell_type"] == "code"
            and not set(cell.get("metadata", {}).get("tags", [])) >= HEADLINE_TAGS
        ):
            cell["outputs"] = []
    first = document["cells"][0]
    if first["cell_type"] == "markdown":
        heading = f"# {title}"
        source = re.sub(r"\A# .*", lambda _: heading, "".join(first["source"]))
        first["source"] = source.splitlines(keepends=True)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _toml_lines(table: Mapping[str, Any], path: str) -> Iterator[str]:
    """Write a table as TOML: its values, then the tables in it."""
    later: list[tuple[str, list[Mapping[str, Any]]]] = []
    for key, value in table.items():
        name = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
        if isinstance(value, dict):
            later.append((f"[{path}.{name}]", [value]))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            later.append((f"[[{path}.{name}]]", value))
        else:
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"
    for head, tables in later:
        for one in tables:
            if not one or not all(isinstance(value, dict) for value in one.values()):
                yield head
            yield from _toml_lines(one, head.strip("[]"))
