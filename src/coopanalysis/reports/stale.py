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
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coopanalysis
from coopanalysis import paths
from coopanalysis.errors import CoopError
from coopanalysis.filehash import hash_memory
from coopanalysis.panel.record import BUILD_FILE, BUILD_TABLE, build_view, read_build, table_sources
from coopanalysis.reports.entries import read_entries
from coopanalysis.reports.marks import stands
from coopanalysis.reports.place_names import PLACES
from coopanalysis.reports.plan import ReportJob, load_plan
from coopanalysis.reports.records import Parts, read_record, read_state
from coopanalysis.reports.style import TEMPLATE_FOLDER
from coopanalysis.seal import parse_json

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


def planned_jobs(
    release: str,
    only: str | Sequence[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> list[ReportJob]:
    """Plan what is asked for; where nothing is, those made on demand that stand are among it."""
    standing = [] if only or overrides else jobs_on_demand(release)
    return [*load_plan(release, only, overrides), *standing]


def jobs_on_demand(release: str) -> list[ReportJob]:
    """Plan again the reports made on demand of which a page, or a failure, stands."""
    path = paths.notebooks_dir() / "reports.toml"
    demanded = {entry.id for entry in read_entries(path) if entry.on_demand}
    found: dict[str, ReportJob] = {}
    for file in sorted((paths.reports_dir() / release).glob("*.json")):
        record = read_record(file)
        if record.get("id") not in demanded:
            continue
        given = {
            name: record["parameters"][name] for name in PLACES if name in record["parameters"]
        }
        with suppress(CoopError):  # a place or a parameter that is no more cannot be made again
            jobs = load_plan(release, record["id"], given)
            found |= {one.slug: one for one in jobs if one.slug == record["slug"]}
    return list(found.values())


def decide(jobs: Sequence[ReportJob], *, force: bool = False) -> list[Decision]:
    """Decide for each report whether it would run, and why; with `force` all would."""
    known: dict[Any, Any] = {}
    decisions = []
    for job in jobs:
        parts = report_parts(job, known)
        key = report_key(job, parts)
        reasons = _reasons(job, key, parts, read_record(job.record_path))
        decisions.append(Decision(job, key, parts, tuple(reasons or ["asked for"] * force)))
    hash_memory().save()
    return decisions


def _reasons(job: ReportJob, key: str, parts: Parts, record: dict[str, Any]) -> list[str]:
    before = read_state(job.record_path, "parts")
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
    if record.get("key") != key:
        return changed or ["the page is of another run"]
    return [] if stands(job.figures_folder, key) else ["its figures are not as they were written"]


def report_parts(job: ReportJob, known: dict[Any, Any] | None = None) -> Parts:
    """List all that can change a report: hash or value by a name that a person understands.

    Such as "data/processed/demo/county.parquet", "models/fit.py" or "parameter policy". What
    several reports share is kept in `known`, and read once.
    """
    known = {} if known is None else known

    def once(read: Callable[..., Any], *about: Any) -> Any:
        if (read, about) not in known:
            known[read, about] = read(*about)
        return known[read, about]

    parts = {f"cells of {job.notebook.name}": once(_cells, job.notebook)}
    parts |= {f"parameter {name}": repr(value) for name, value in job.parameters.items()}
    parts |= {"title": job.title, "description": job.description, "topic": job.topic}
    for one in job.reference:
        file = paths.reference_dir() / one["file"]
        parts[f"data/raw/reference/{one['file']}"] = hash_memory().sha256(file)
        parts[f"words on {one['file']}"] = " / ".join(one.values())
    parts |= {name: hash_memory().sha256(paths.project_root() / name) for name in job.files}
    if job.data != "real":
        parts |= once(data_parts, job.release, job.reads)
    parts |= once(package_parts)
    return parts


def report_key(job: ReportJob, parts: Parts | None = None) -> str:
    """Hash all that can change a report."""
    text = json.dumps(parts or report_parts(job), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def changes(before: Parts, now: Parts) -> list[str]:
    """Say which parts differ, in words: "models/fit.py changed", "rates.csv is new"."""
    said = [f"{name} changed" for name in now if name in before and before[name] != now[name]]
    said += [f"{name} is new" for name in now if name not in before]
    return said + [f"{name} is no longer used" for name in before if name not in now]


def _cells(notebook: Path) -> str:
    """Hash of the kind, source and tags of each cell of a notebook."""

    def work_out() -> str:
        cells = parse_json(notebook.read_text(encoding="utf-8"))["cells"]
        return hash_of(
            [
                [one["cell_type"], "".join(one["source"]), one.get("metadata", {}).get("tags", [])]
                for one in cells
            ]
        )

    memory = hash_memory()
    return str(memory.recall(f"inputs of {memory.sha256(notebook)}", work_out))


def data_parts(release: str, reads: tuple[str, ...]) -> Parts:
    """Processed files a report declares, and the record of the raw files behind them."""
    folder = paths.processed_dir(release)
    record = read_build(folder)
    if record is None:
        return {f"data/processed/{release}/{BUILD_FILE}": ""}
    written = [output["file"].removesuffix(".parquet") for output in record.get("outputs", [])]
    parts = {
        f"data/processed/{release}/{name}.parquet": hash_memory().sha256(folder / f"{name}.parquet")
        for name in reads or written
        if name != BUILD_TABLE
    }
    view = build_view(record, reads, table_sources(folder))
    for one in view.pop("inputs", []):
        parts[f"record of {one['path']}"] = hash_of(one)
    parts["record of the build"] = hash_of(view)
    return parts


def package_parts() -> Parts:
    """The package, plan of analysis, lock, and versions."""
    root, folder, memory = paths.project_root(), _package(), hash_memory()
    files = {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*.py"))}
    template = (file for file in sorted(TEMPLATE_FOLDER.rglob("*")) if file.is_file())
    files |= {f"template {file.name}": file for file in template}
    columns = sorted((folder / "catalog" / "columns").glob("*.toml"))
    files |= {f"columns of {file.stem}": file for file in columns}
    files[paths.PLAN_FILE] = paths.analysis_plan_file()
    files["requirements.lock"] = root / "requirements.lock"
    parts = {name: memory.sha256(file) for name, file in files.items()}
    parts["Python"] = platform.python_version()
    parts["version of the package"] = _version(root / "pyproject.toml")
    return parts


def _version(file: Path) -> str:
    """Version the project declares; read here, for asking the installation is slow."""
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    found = re.search(r'^version = "([^"]+)"', text, re.MULTILINE)
    return found[1] if found else ""


def _package() -> Path:
    return Path(coopanalysis.__file__).parent


def hash_of(value: Any) -> str:
    """Hash of a value that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
