"""The folder that can be put on a host: every page that stands, and nothing else."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from coopanalysis.errors import ReportError
from coopanalysis.reports.index import read_records, write_index
from coopanalysis.reports.marks import MARK
from coopanalysis.reports.plan import FIGURES
from coopanalysis.reports.site.counties import COUNTIES
from coopanalysis.reports.site.shell import DATA, PAGES

FOLDER = "site"
KEYS = shutil.ignore_patterns(MARK)
IMAGE = 'property="og:image" content='
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


def publish(reports: Path, target: Path, address: str = "") -> Published:
    """Copy the index, its pages, all built reports, and the notebooks of all, to a folder.

    The folder is replaced whole, once the new one is complete, unless it holds something else. All
    links are relative, so that it works under any path and from a disk. Only the pictures of shared
    addresses (`og:image`) must be whole: they are where the `address` of the site is told.
    """
    if target.exists() and any(target.iterdir()) and not (target / MARK).is_file():
        raise ReportError(f"{target} is not a site made here: move it away, or name another.")
    records = read_records(reports)
    built = sum(record["status"] == "built" for record in records)
    if not built:
        raise ReportError("No report stands: run `make reports` first.")
    write_index(reports)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(reports / PAGES, part / PAGES, ignore=KEYS)
    shutil.copy(reports / "index.html", part)
    for record in records:
        folder = part / record["release"]
        folder.mkdir(exist_ok=True)
        for name in (record["html"], record["notebook"]):
            if name and (reports / record["release"] / name).is_file():
                shutil.copy(reports / record["release"] / name, folder)
                if address and name == record["html"]:
                    tell_address(folder / name, address)
    for pages in sorted(reports.glob(f"*/{COUNTIES}")):
        shutil.copytree(pages, part / pages.relative_to(reports), ignore=KEYS)
    for beside in (DATA, FIGURES):
        if (reports / beside).is_dir():
            shutil.copytree(reports / beside, part / beside, ignore=KEYS)
    (part / MARK).touch()
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    files = [file for file in target.rglob("*") if file.is_file()]
    return Published(target, built, len(files), sum(f.stat().st_size for f in files))


def tell_address(page: Path, address: str) -> None:
    """Make the address of a page's picture whole; what reads it knows no other page."""
    text = page.read_text(encoding="utf-8")
    whole = text.replace(f'{IMAGE}"../', f'{IMAGE}"{address.rstrip("/")}/', 1)
    page.write_text(whole, encoding="utf-8")
