"""The folder that can be put on a host: every page that stands, and nothing else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coopanalysis.errors import ReportError
from coopanalysis.reports.index import read_records, write_index
from coopanalysis.reports.marks import MARK as KEY_FILE
from coopanalysis.reports.plan import FIGURES
from coopanalysis.reports.run import run_lock
from coopanalysis.reports.site.counties import COUNTIES
from coopanalysis.reports.site.shell import DATA, PAGES

FOLDER = "site"
KEYS = shutil.ignore_patterns(KEY_FILE)
_PICTURE = re.compile(r'(property="og:image" content=")(?:\.\./)*(?!https?://)')
_QUOTED = re.compile('(<span class="coop-address">)(?!https?://)')
_ASK = re.compile('<span class="coop-ask">.*?</span>', re.DOTALL)
MARK = ".nojekyll"
"""Tells a host that this is no source of a site; and that the folder is ours to replace."""


@dataclass(frozen=True)
class Published:
    """What a site holds: its folder, how many reports, how many files and bytes."""

    folder: Path
    reports: int
    files: int
    size: int

    def __str__(self) -> str:
        megabytes = self.size / 1e6
        return f"{self.reports} reports, {self.files} files, {megabytes:.1f} MB in {self.folder}"


def publish(
    reports: Path, target: Path, address: str = "", say: Callable[[str], None] = print
) -> Published:
    """Copy the index, its pages, all built reports, and the notebooks of all, to a folder.

    The folder is replaced whole, once the new one is complete, unless it holds something else; one
    process at a time does so. All links are relative, so that it works under any path and from a
    disk. Only what leaves the site must be whole, the pictures of shared addresses (`og:image`) and
    addresses to quote: they are where the `address` of the site is told.
    """
    if target.exists() and any(target.iterdir()) and not (target / MARK).is_file():
        raise ReportError(f"{target} is not a site made here: move it away, or name another.")
    records = read_records(reports)
    built = sum(record["status"] == "built" for record in records)
    if not built:
        raise ReportError("No report stands: run `make reports` first.")
    with run_lock(reports, say):
        try:
            _exchange(_gather(reports, target, records, address), target)
        except OSError as error:
            raise ReportError(describe_failure(target, error)) from error
    files = [file for file in target.rglob("*") if file.is_file()]
    return Published(target, built, len(files), sum(f.stat().st_size for f in files))


def describe_failure(folder: Path, error: OSError) -> str:
    """Say which file could not be written and what to do; of many that failed, the first."""
    many = error.args[0] if error.args and isinstance(error.args[0], list) else []
    said = f"{many[0][-1]} (and {len(many) - 1:,} more)" if many else str(error)
    return f"{folder} cannot be written: {said}. Free space, or mend permissions, and run it again."


def _gather(
    reports: Path, target: Path, records: Sequence[Mapping[str, Any]], address: str
) -> Path:
    """Put all of the site together in a folder beside the one that it is to replace."""
    write_index(reports)
    part = _beside(target, "part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(reports / PAGES, part / PAGES, ignore=KEYS)
    shutil.copy(reports / "index.html", part)
    for record in records:
        folder = part / record["release"]
        folder.mkdir(exist_ok=True)
        for name in (record["html"], record["notebook"]):
            if name and (reports / record["release"] / name).is_file():
                shutil.copy(reports / record["release"] / name, folder)
    for pages in sorted(reports.glob(f"*/{COUNTIES}")):
        shutil.copytree(pages, part / pages.relative_to(reports), ignore=KEYS)
    for beside in (DATA, FIGURES):
        if (reports / beside).is_dir():
            shutil.copytree(reports / beside, part / beside, ignore=KEYS)
    for page in sorted(part.rglob("*.html")) if address else ():
        tell_address(page, address)
    (part / MARK).touch()
    return part


def _exchange(part: Path, target: Path) -> None:
    """Put the new site where the old one is; one of the two stands whenever this is stopped."""
    old = _beside(target, "old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    try:
        part.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(f".{target.name}.{ending}")


def tell_address(page: Path, address: str) -> None:
    """Make the addresses on a page whole that another page needs: its picture, and what is quoted.

    Pages within know each other by relative addresses.
    """
    text, whole = page.read_text(encoding="utf-8"), f"{address.rstrip('/')}/"
    told = _PICTURE.sub(lambda found: f"{found[1]}{whole}", text)
    told = _QUOTED.sub(lambda found: f"{found[1]}{whole}", _ASK.sub("", told))
    if told != text:
        page.write_text(told, encoding="utf-8")
