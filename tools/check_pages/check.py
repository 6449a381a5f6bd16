"""Hold every report that stands, and every notebook, to the goals, and tell what was missed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from coopanalysis.reports.goals import Miss, check_page
from coopanalysis.reports.index import read_records
from coopanalysis.reports.plan import FIGURES, ReportJob, load_plan
from coopanalysis.reports.provenance import read_inputs
from tools.check_pages.browser import find_chromium
from tools.check_pages.parallel import map_in_processes
from tools.check_pages.parallel_browsers import (
    OPENING_GOALS,
    SITE_GOALS,
    Visit,
    try_notebooks,
    try_pages,
)
from tools.check_pages.place_codes import check_places
from tools.check_pages.print_layout import find_pdftotext
from tools.check_pages.reproducible import check_repeats
from tools.check_pages.status_colours import check_colours
from tools.check_pages.typed_numbers import check_typed_numbers

STATIC_GOALS = (2, 3, 4, 5, 6, 8, 11, 13, 14, 15, 16)

Say = Callable[[str], None]
Record = Mapping[str, Any]
Draw = Callable[[Sequence[Record]], tuple[Sequence[Record], Sequence[Record]]]


@dataclass
class Checked:
    """What came of a check, by page or notebook: misses, and the goals that were checked.

    `notes` are for a person to look at; what stands in `unchecked` could not be checked for lack of
    a program, and that is no pass.
    """

    misses: dict[str, list[Miss]] = field(default_factory=dict)
    goals: dict[str, set[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def add(self, name: str, goals: Sequence[int], misses: Sequence[Miss]) -> None:
        """Add what some goals came to on one page."""
        self.goals.setdefault(name, set()).update(goals)
        kept = self.misses.setdefault(name, [])
        kept += [miss for miss in misses if miss not in kept]

    @property
    def failed(self) -> bool:
        """Whether anything was missed, or could not be checked."""
        return bool(self.unchecked) or any(self.misses.values())


def check_reports(folder: Path) -> Checked:
    """Read each built report below a folder of reports, and check what its HTML tells."""
    checked = Checked()
    built = []
    for record in read_records(folder):
        if record["status"] == "built":
            built.append((folder, record))
            checked.add(_name(record), STATIC_GOALS, [])
        else:
            words = "; ".join(line.strip() for line in record["error"].splitlines())
            checked.add(_name(record), (20,), [Miss(20, f"not built: {words}")])
    for (_, record), misses in zip(built, map_in_processes(_read_page, built), strict=True):
        checked.add(_name(record), STATIC_GOALS, misses)
    return checked


def _read_page(stands: tuple[Path, Mapping[str, Any]]) -> list[Miss]:
    folder, record = stands
    job = _job(record)
    html = (folder / record["release"] / record["html"]).read_text(encoding="utf-8")
    misses = check_page(
        html,
        simulated=job.is_simulated,
        real=job.data == "real",
        build=read_inputs(job),
    )
    return [*misses, *check_colours(html)]


def draw_pages(
    records: Sequence[Record], briefs: int, turn: str
) -> tuple[list[Record], list[Record]]:
    """Choose the pages to try in full, and those to open alone; another turn draws others.

    Of a national report that stands for several releases one is tried in full, and the others are
    opened; of briefs some are tried in full. A turn is a text, such as that of a commit.
    """
    national = {job.id for name in {one["release"] for one in records} for job in load_plan(name)}
    drawn = sorted(
        records, key=lambda one: hashlib.sha256(f"{turn} {_name(one)}".encode()).digest()
    )
    first = {one["slug"]: _name(one) for one in reversed(drawn) if one["id"] in national}
    some = [_name(one) for one in drawn if one["id"] not in national][:briefs]
    full = {*first.values(), *some}
    return (
        [one for one in records if _name(one) in full],
        [one for one in records if one["id"] in national and _name(one) not in full],
    )


def draw_notebooks(notebooks: Sequence[Path], count: int, turn: str) -> list[Path]:
    """Choose some of the notebooks; another turn draws others."""
    drawn = sorted(
        notebooks, key=lambda path: hashlib.sha256(f"{turn} {path.stem}".encode()).digest()
    )
    return sorted(drawn[:count])


def check_everything(
    folder: Path,
    notebooks: Sequence[Path],
    say: Say,
    draw: Draw = lambda records: (records, []),
) -> Checked:
    """Check all goals on reports that stand, and on notebooks; what HTML tells, on all.

    `draw` takes the records of all pages. It returns those to try in a browser and to run again,
    and those to open in a browser without looking for barriers.
    """
    begun = time.monotonic()
    checked = check_reports(folder)
    built, opened = draw([one for one in read_records(folder) if one["status"] == "built"])
    say(f"{len(checked.misses)} pages read in {_since(begun)}")
    for path in _of_many(folder):
        checked.add(_site_name(path, folder), STATIC_GOALS, _read_site_page(path))
    if find_chromium():
        visits = [
            *(Visit(_name(one), folder / one["release"] / one["html"]) for one in built),
            *(
                Visit(_name(one), folder / one["release"] / one["html"], goals=OPENING_GOALS)
                for one in opened
            ),
        ]
        _check_browsers(folder, visits, notebooks, checked, say)
    else:
        checked.unchecked.append("No Chromium here: goals 1, 9, 10, 12, 19 to 21 are unchecked.")
    for release in dict.fromkeys(record["release"] for record in built):
        mine = [_job(record) for record in built if record["release"] == release]
        _check_again(release, mine, checked, say)
    return checked


def _check_browsers(
    folder: Path,
    reports: Sequence[Visit],
    notebooks: Sequence[Path],
    checked: Checked,
    say: Say,
) -> None:
    """Try reports, the pages around them and notebooks in browsers."""
    if not find_pdftotext():
        checked.unchecked.append("No pdftotext (poppler-utils) here: goal 12 is unchecked.")
    visits = [*reports, Visit("index", folder / "index.html", folder)]
    visits += [
        Visit(f"pages/{path.stem}", path, folder, SITE_GOALS)
        for path in sorted(folder.glob("pages/*.html"))
    ]
    visits += [
        Visit(_site_name(path, folder), path, folder, SITE_GOALS) for path in _of_many(folder)
    ]
    begun = time.monotonic()
    for page in try_pages(visits):
        checked.add(page.name, page.goals, page.misses)
        checked.notes += [f"{page.name}: to be looked at: {note}" for note in page.notes]
    say(f"{len(visits)} pages opened in a browser in {_since(begun)}")
    begun = time.monotonic()
    for one in try_notebooks(notebooks):
        checked.add(f"notebooks/{one.name}", one.goals, one.misses)
    say(f"{len(notebooks)} notebooks run in JupyterLab in {_since(begun)}")


def _site_name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _read_site_page(path: Path) -> list[Miss]:
    """Hold the HTML of a county's page to what reports are held to, and a figure's to its part.

    What a page asks for (2) a browser tells; limits, sources and citation of a figure are in the
    report that its page leads to.
    """
    html = path.read_text(encoding="utf-8")
    is_figure = FIGURES in path.parts
    goals = {3, 4, 6, 17} if is_figure else {*STATIC_GOALS, 17} - {2}
    found = check_page(html, simulated="demo" in path.parts and not is_figure)
    return [*(miss for miss in found if miss.goal in goals), *check_colours(html)]


def _of_many(folder: Path) -> list[Path]:
    """Choose pages of counties, first, middle and last, and one of a figure: all are alike."""
    counties = sorted(folder.glob("*/counties/*.html"))
    few = sorted({counties[at] for at in (0, len(counties) // 2, -1)}) if counties else []
    return [*few, *sorted(folder.glob(f"{FIGURES}/*/*/*.html"))[:1]]


def _check_again(release: str, jobs: Sequence[ReportJob], checked: Checked, say: Say) -> None:
    """Run the reports of a release again: on the same data, on other data, for all places."""
    begun = time.monotonic()
    for goal, found in (
        (17, check_repeats(jobs)),
        (7, check_typed_numbers(jobs)),
    ):
        for slug, misses in found.items():
            checked.add(f"{release}/{slug}", (goal,), misses)
    places = check_places(release)
    for job in jobs:
        checked.add(f"{release}/{job.slug}", (18,), places.get(job.id, []))
    for name in places.keys() - {job.id for job in jobs}:
        checked.add(f"{release}/{name} (plan)", (18,), places[name])
    say(f"{len(jobs)} reports of release {release} run again, perturbed too, in {_since(begun)}")


def _since(begun: float) -> str:
    return f"{time.monotonic() - begun:.0f} s"


def _name(record: Mapping[str, Any]) -> str:
    return f"{record['release']}/{record['slug']}"


def _job(record: Mapping[str, Any]) -> ReportJob:
    """Plan the report that a record is of, with its own parameters and file names."""
    asked = {name: value for name, value in record["parameters"].items() if name != "release"}
    job = load_plan(record["release"], record["id"], asked)[0]
    return replace(job, slug=record["slug"])


def format_checks(checked: Checked) -> str:
    """Write a table of goal by page, below it each miss in words, and what was not checked."""
    goals = sorted(set().union(*checked.goals.values())) if checked.goals else []
    width = max((len(name) for name in checked.misses), default=0)
    lines = [f"{'goal'.ljust(width)} {' '.join(f'{goal:>2}' for goal in goals)}"]
    for name, found in checked.misses.items():
        missed = {miss.goal for miss in found}
        done = checked.goals[name] | missed
        marks = (" x" if g in missed else " ." if g in done else "  " for g in goals)
        lines.append(f"{name.ljust(width)} {' '.join(marks)}".rstrip())
    lines += [f"{name}: {miss}" for name, found in checked.misses.items() for miss in found]
    return "\n".join([*lines, *dict.fromkeys(checked.notes), *checked.unchecked])
