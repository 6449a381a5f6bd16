"""Files beside the page of a report: read with doubt, and written whole or not at all."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.display.html import printable, strip_ansi
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.progress import Status
from coopanalysis.reports.versions import finish_time, run_seconds
from coopanalysis.seal import is_sound, parse_json, sealed

Parts = dict[str, str]
"""All that can change a report: hash or value by a name that a person understands."""
STATE_FOLDER = ".engine"
PART_SUFFIX = ".part"
_TEXTS = ("id", "title", "description", "topic", "finished")
_PLACES = re.compile(r"(?:/[\w.+-]+)+/(?:site-packages|lib/python[\d.]+|src|ipykernel_\d+)/")


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; text in UTF-8."""
    part = path.with_name(f".{path.name}.{os.getpid()}{PART_SUFFIX}")
    try:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def write_record(job: ReportJob, status: Status, seconds: float, extra: dict[str, Any]) -> None:
    """Write what the index and the next run need to know."""
    record = {
        "id": job.id,
        "slug": job.slug,
        "title": job.title,
        "description": job.description,
        "topic": job.topic,
        "order": job.order,
        "release": job.release,
        "data": job.data,
        "parameters": job.parameters,
        "status": status,
        "seconds": round(run_seconds(seconds), 1),
        "html": job.html_path.name if status == "built" else "",
        "notebook": job.notebook_path.name if job.notebook_path.is_file() else "",
    }
    text = json.dumps(sealed(record | extra), indent=1, ensure_ascii=False, sort_keys=True)
    write_atomically(job.record_path, text + "\n")


def read_record(path: Path) -> dict[str, Any]:
    """Record of a report; empty where the file is none: damaged, or of something else."""
    try:
        record = parse_json(path.read_bytes())
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


def state_path(record: Path, kind: str) -> Path:
    """Where what the last run left for the next is kept, beside a record: `parts`, or `history`."""
    return record.parent / STATE_FOLDER / f"{record.stem}.{kind}"


def read_state(record: Path, kind: str) -> dict[str, Any]:
    """What a run left for the next; empty where it is not known."""
    try:
        state = parse_json(state_path(record, kind).read_bytes())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def read_history(job: ReportJob) -> dict[str, float]:
    """Seconds and megabytes of the last run that succeeded; empty where they are not known."""
    try:
        facts = read_state(job.record_path, "history")
        return {name: float(facts[name]) for name in ("seconds", "megabytes")}
    except (ValueError, KeyError, TypeError):
        return {}


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


def keep_state(job: ReportJob, kind: str, state: Mapping[str, Any]) -> None:
    """Keep for the next run what a report was made from, or how much time and memory it took."""
    path = state_path(job.record_path, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(state, ensure_ascii=False, indent=0))


def is_made(job: ReportJob, key: str) -> bool:
    """Whether a page made of the same inputs, of which `key` is the hash, is on record."""
    record = read_record(job.record_path)
    return record.get("status") == "built" and record.get("key") == key


def keep_failure(job: ReportJob, key: str, error: str, seconds: float) -> None:
    """Write the record of a failure; the page of an earlier success goes if it is stale.

    A page made of the same inputs stays, and so does any where nothing can be written, as on a full
    disk: then the failure is told by the run alone.
    """
    if is_made(job, key):
        return
    finished = finish_time().strftime("%Y-%m-%dT%H:%M:%SZ")
    with suppress(OSError):
        job.folder.mkdir(parents=True, exist_ok=True)
        write_record(job, "failed", seconds, {"error": error, "finished": finished})
        job.html_path.unlink(missing_ok=True)


def sweep_parts(folder: Path) -> None:
    """Remove what a run that was killed had begun to write; only under the lock of a run."""
    for pattern in (f".*{PART_SUFFIX}", f"*/.*{PART_SUFFIX}", f"*/*/.*{PART_SUFFIX}"):
        for part in folder.glob(pattern):
            with suppress(OSError):
                part.unlink()


def hide_paths(text: str) -> str:
    """Leave out of what a program said where on this machine things are."""
    return _PLACES.sub("", text).replace(f"{paths.project_root()}/", "")


def excerpt(traceback: str, lines: int = 12) -> str:
    """Shorten a traceback to the failing cell and the error itself.

    Terminal colours and paths of the machine are left out.
    """
    plain = printable(strip_ansi(traceback))
    kept = [line.rstrip() for line in hide_paths(plain).splitlines() if line.strip(" -")]
    cell = next((at for at, line in enumerate(kept) if line.startswith("Cell In[")), None)
    if cell is None:
        return "\n".join(kept[-lines:])
    after = [at for at in range(cell + 1, len(kept)) if kept[at].startswith(("File ", "Cell In["))]
    end = min([*after, len(kept) - 1])
    return "\n".join([*kept[cell:end][-lines:], kept[-1]])
