"""Which reports would run, and why: the parts of each are held against those of its last run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from coopanalysis.filehash import hash_memory
from coopanalysis.reports.keys import (
    Parts,
    PartsReader,
    changes,
    report_key,
    report_parts,
)
from coopanalysis.reports.plan import ReportJob
from coopanalysis.seal import is_sound

STATE_FOLDER = ".engine"
MOST_REASONS = 4
_TEXTS = ("id", "title", "description", "topic", "finished")


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


def read_record(job: ReportJob) -> dict[str, Any]:
    """Record of the last run of a report; empty where there is none that can be read."""
    return load_record(job.record_path)


def load_record(path: Path) -> dict[str, Any]:
    """Record of a report; empty where the file is none: damaged, or of something else."""
    try:
        record = json.loads(path.read_bytes())
        stands = record["status"] == "built"
        name = path.stem
        names = {"release": path.parent.name, "slug": name, "html": f"{name}.html" * stands}
        if any(record[field] != value for field, value in names.items()):
            return {}
        texts = [record[field] for field in _TEXTS] + ([] if stands else [record["error"]])
        datetime.fromisoformat(record["finished"])
        sound = all(isinstance(text, str) for text in texts)
        sound &= record["notebook"] in ("", f"{name}.ipynb")
        sound &= isinstance(record["parameters"], dict) and float(record["seconds"]) >= 0
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return record if sound and is_sound(record) else {}


def parts_path(job: ReportJob) -> Path:
    """Where the parts of a report's last run are kept."""
    return job.folder / STATE_FOLDER / f"{job.slug}.parts"


def history_path(job: ReportJob) -> Path:
    """Where it is kept how long a report took."""
    return job.folder / STATE_FOLDER / f"{job.slug}.history"


def read_history(job: ReportJob) -> dict[str, float]:
    """Seconds and megabytes of the last run that succeeded; empty where they are not known."""
    try:
        facts = json.loads(history_path(job).read_bytes())
        return {"seconds": float(facts["seconds"]), "megabytes": float(facts["megabytes"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def read_parts(job: ReportJob) -> Parts:
    """Parts of the last run; empty where they are not known."""
    try:
        parts = json.loads(parts_path(job).read_bytes())
    except (OSError, ValueError):
        return {}
    return parts if isinstance(parts, dict) else {}


def expected_seconds(jobs: Sequence[ReportJob]) -> dict[Path, float]:
    """How long each report is expected to take, by the path of its record; 0 if unknown.

    As last time, or as long as its like in the middle.
    """
    known = {job.record_path: read_history(job).get("seconds", 0.0) for job in jobs}
    like: dict[Path, list[float]] = {}
    for job in jobs:
        if known[job.record_path]:
            like.setdefault(job.notebook, []).append(known[job.record_path])
    typical = {notebook: sorted(times)[len(times) // 2] for notebook, times in like.items()}
    return {
        job.record_path: known[job.record_path] or typical.get(job.notebook, 0.0) for job in jobs
    }
