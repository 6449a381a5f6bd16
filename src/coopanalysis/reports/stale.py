"""What a report depends on, part by part, and whether it would run: nothing heavy is imported.

A report is stale when one of its parts changed, and not otherwise:

- the cells of its notebook, sources and tags (outputs are no input), and its words;
- each parameter;
- each source file of the package;
- the processed tables it declares to read, and what its page says of the raw files behind them;
- the files of reference and the users' own files it names;
- the declarations of columns, whose words are in every sentence;
- the plan of analysis, the lock, the template, the versions of Python and of the package.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coopanalysis
from coopanalysis import paths
from coopanalysis.filehash import hash_memory
from coopanalysis.panel.record import BUILD_FILE, BUILD_TABLE, build_view, read_build, table_sources
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.records import Parts, read_parts, read_record
from coopanalysis.reports.style import TEMPLATE_FOLDER

MOST_REASONS = 4


@dataclass(frozen=True)
class Decision:
    """Whether a report would run: all that can change it, the hash of that, and why it would.

    There is no reason where it is up to date.
    """

    job: ReportJob
    key: str
    parts: Parts
    reasons: tuple[str, ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether the report stands and nothing it depends on has changed."""
        return not self.reasons

    @property
    def words(self) -> str:
        """The reasons in a line."""
        shown = list(self.reasons[:MOST_REASONS])
        more = len(self.reasons) - len(shown)
        return "; ".join([*shown, f"{more} more"] if more else shown) or "up to date"


def decide(jobs: Sequence[ReportJob], *, force: bool = False) -> list[Decision]:
    """Decide for each report whether it would run, and why; with `force` all would."""
    reader = PartsReader()
    decisions = [_decide(job, reader, force) for job in jobs]
    hash_memory().save()
    return decisions


def _decide(job: ReportJob, reader: PartsReader, force: bool) -> Decision:
    parts = report_parts(job, reader)
    key = report_key(job, parts)
    record = read_record(job)
    reasons = _reasons(job, key, parts, record)
    if force and not reasons:
        reasons = ["asked for"]
    return Decision(job, key, parts, tuple(reasons))


def _reasons(job: ReportJob, key: str, parts: Parts, record: dict[str, Any]) -> list[str]:
    before = read_parts(job)
    changed = changes(before, parts) if before else []
    if not record:
        return ["never made"]
    if record.get("status") == "failed":
        return ["failed last time", *changed]
    written = {job.html_path: record.get("page_sha256")}
    if "notebook_sha256" in record:
        written[job.notebook_path] = record["notebook_sha256"]
    for path, expected in written.items():
        standing = hash_memory().sha256(path)
        if not standing:
            return [f"{path.name} is missing"]
        if standing != expected:
            return [f"{path.name} is not as it was written", *changed]
    return [] if record.get("key") == key else changed or ["the page is of another run"]


def report_parts(job: ReportJob, reader: PartsReader | None = None) -> Parts:
    """List all that can change a report: hash or value by a name that a person understands.

    Such as "data/processed/demo/county.parquet", "models/fit.py" or "parameter policy". Reports
    that share a reader have what they share read once.
    """
    reader = reader or PartsReader()
    parts = {f"cells of {job.notebook.name}": reader.notebook(job.notebook)}
    parts |= {f"parameter {name}": repr(value) for name, value in job.parameters.items()}
    parts |= {"title": job.title, "description": job.description, "topic": job.topic}
    for one in job.reference:
        parts[f"data/raw/reference/{one['file']}"] = reader.reference(one["file"])
        parts[f"words on {one['file']}"] = " / ".join(one.values())
    parts |= {name: reader.own_file(name) for name in job.files}
    if job.data != "real":
        parts |= reader.data(job.release, job.reads)
    return parts | reader.surroundings()


def report_key(job: ReportJob, parts: Parts | None = None) -> str:
    """Hash all that can change a report."""
    text = json.dumps(parts or report_parts(job), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def changes(before: Parts, now: Parts) -> list[str]:
    """Say which parts differ, in words: "models/fit.py changed", "rates.csv is new"."""
    said = [f"{name} changed" for name in now if name in before and before[name] != now[name]]
    said += [f"{name} is new" for name in now if name not in before]
    return said + [f"{name} is no longer used" for name in before if name not in now]


class PartsReader:
    """Reads the parts that reports share, each once; holds for as long as no file changes."""

    def __init__(self) -> None:
        self._memory = hash_memory()
        self._known: dict[Any, Any] = {}

    def notebook(self, notebook: Path) -> str:
        """Hash of the kind, source and tags of each cell."""
        if notebook not in self._known:
            name = f"inputs of {self._memory.sha256(notebook)}"
            if self._memory.note(name) is None:
                cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
                inputs = [
                    [
                        one["cell_type"],
                        "".join(one["source"]),
                        one.get("metadata", {}).get("tags", []),
                    ]
                    for one in cells
                ]
                self._memory.keep(name, _hash(inputs))
            self._known[notebook] = str(self._memory.note(name))
        known: str = self._known[notebook]
        return known

    def reference(self, name: str) -> str:
        """Hash of a file of reference."""
        return self._memory.sha256(paths.reference_dir() / name)

    def own_file(self, name: str) -> str:
        """Hash of a user's own file."""
        return self._memory.sha256(paths.project_root() / name)

    def data(self, release: str, reads: tuple[str, ...]) -> Parts:
        """Processed files a report declares, and the record of the raw files behind them."""
        if (release, reads) not in self._known:
            self._known[release, reads] = self._data(release, reads)
        known: Parts = self._known[release, reads]
        return known

    def _data(self, release: str, reads: tuple[str, ...]) -> Parts:
        folder = paths.processed_dir(release)
        record = read_build(folder)
        if record is None:
            return {f"data/processed/{release}/{BUILD_FILE}": ""}
        written = [output["file"].removesuffix(".parquet") for output in record.get("outputs", [])]
        parts = {
            f"data/processed/{release}/{name}.parquet": self._memory.sha256(
                folder / f"{name}.parquet"
            )
            for name in reads or written
            if name != BUILD_TABLE
        }
        view = build_view(record, reads, table_sources(folder))
        for one in view.pop("inputs", []):
            parts[f"record of {one['path']}"] = _hash(one)
        parts["record of the build"] = _hash(view)
        return parts

    def surroundings(self) -> Parts:
        """The package, plan of analysis, lock, and versions."""
        if "surroundings" not in self._known:
            root = paths.project_root()
            folder = _package()
            parts = {
                file.relative_to(folder).as_posix(): self._memory.sha256(file)
                for file in sorted(folder.rglob("*.py"))
            }
            parts |= {
                f"template {file.name}": self._memory.sha256(file)
                for file in sorted(TEMPLATE_FOLDER.rglob("*"))
                if file.is_file()
            }
            parts |= {
                f"columns of {file.stem}": self._memory.sha256(file)
                for file in sorted((folder / "catalog" / "columns").glob("*.toml"))
            }
            parts[paths.PLAN_FILE] = self._memory.sha256(paths.analysis_plan_file())
            parts["requirements.lock"] = self._memory.sha256(root / "requirements.lock")
            parts["Python"] = platform.python_version()
            parts["version of the package"] = self._version(root / "pyproject.toml")
            self._known["surroundings"] = parts
        known: Parts = self._known["surroundings"]
        return known

    def _version(self, file: Path) -> str:
        """Version the project declares; read here, for asking the installation is slow."""
        name = f"version {self._memory.sha256(file)}"
        if self._memory.note(name) is None:
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            found = re.search(r'^version = "([^"]+)"', text, re.MULTILINE)
            self._memory.keep(name, found.group(1) if found else "")
        return str(self._memory.note(name))


def _package() -> Path:
    return Path(coopanalysis.__file__).parent


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
