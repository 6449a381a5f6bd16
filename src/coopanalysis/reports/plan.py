"""Which notebook with which parameters makes which report, checked before anything runs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.catalog.sources import check_release
from coopanalysis.display.html import file_stem
from coopanalysis.errors import ReportError, UsageError
from coopanalysis.panel.defaults import main_place
from coopanalysis.reports.entries import (
    Entry,
    Report,
    check_files,
    check_reads,
    nearest,
    read_entries,
)
from coopanalysis.reports.parameters import (
    Parameter,
    allowed_values,
    check_value,
    check_vocabulary,
    parse_text,
    read_parameters,
)
from coopanalysis.reports.place_names import PLACES, place_name
from coopanalysis.vocabulary import MAIN, PRACTICES

RELEASE_PARAMETER = "release"
LONGEST_SLUG = 120
FIGURES = "figures"
"""Folder beside those of the releases that holds the figures of all reports."""
_SAFE = re.compile(r"(?=.*[a-z])[a-z0-9]+(_[a-z0-9]+)*|[0-9]+(-[0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class ReportJob(Report):
    """One report to make: a notebook with its parameters, for one release.

    The `slug` names its files: the id, and the parameters that were set by hand, so that a sweep
    never overwrites another report. `parameters` has every value passed to the notebook, `order` is
    the place in `reports.toml`.
    """

    slug: str
    notebook: Path
    release: str
    parameters: dict[str, Any]
    folder: Path
    build_path: Path
    order: int = 0

    @property
    def is_simulated(self) -> bool:
        """Whether the page is made from simulated data: the demo release, but for real facts."""
        return self.release == "demo" and self.data != "real"

    @property
    def html_path(self) -> Path:
        """The rendered page."""
        return self.folder / f"{self.slug}.html"

    @property
    def notebook_path(self) -> Path:
        """The executed notebook."""
        return self.folder / f"{self.slug}.ipynb"

    @property
    def record_path(self) -> Path:
        """What the index and the next run need to know of the last run."""
        return self.folder / f"{self.slug}.json"

    @property
    def figures_folder(self) -> Path:
        """Folder of its figures to take away."""
        return self.folder.parent / FIGURES / self.release / self.slug


def load_plan(
    release: str,
    only: str | Sequence[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    plan_path: Path | None = None,
) -> list[ReportJob]:
    """Plan the reports of a release.

    They are those of the ids in `only`, else all but those made on demand. Of `overrides`,
    parameters set by hand, text is read by the type the notebook declares: "06" for a text
    parameter stays "06". A report, parameter or value that does not exist is a `UsageError` with
    the nearest valid names; what cannot be planned as it stands is a `ReportError`.
    """
    check_release(release)
    path = plan_path or paths.notebooks_dir() / "reports.toml"
    entries = read_entries(path)
    chosen = _choose(entries, release, [only] if isinstance(only, str) else only)
    jobs = [
        job
        for entry in chosen
        for job in _jobs(entry, release, overrides or {}, entries.index(entry), path.parent)
    ]
    _check_slugs(jobs)
    return jobs


def _choose(entries: list[Entry], release: str, only: Sequence[str] | None) -> list[Entry]:
    if only is None:
        return [e for e in entries if release in e.releases and not e.on_demand]
    by_id = {entry.id: entry for entry in entries}
    for name in only:
        if name not in by_id:
            raise UsageError(f"No report '{name}'.{nearest(name, list(by_id))}")
        if release not in by_id[name].releases:
            raise UsageError(
                f"Report '{name}' is not made from release '{release}', only from "
                f"{', '.join(by_id[name].releases)}."
            )
    return [by_id[name] for name in dict.fromkeys(only)]


def _jobs(
    entry: Entry, release: str, overrides: Mapping[str, Any], order: int, folder: Path
) -> Iterator[ReportJob]:
    """Plan the reports of one entry: one, or one for each value of its sweep."""
    check_reads(entry, release)
    check_files(entry)
    declared = read_parameters(folder / entry.notebook)
    for name in overrides:
        _known(name, declared, entry.id)
    swept = {
        name: allowed_values(choices, release) or []
        for name, choices in entry.sweep.items()
        if name not in overrides
    }
    shared = {name: getattr(entry, name) for name in Report.__dataclass_fields__}
    allowed = cache(lambda name: allowed_values(entry.choices.get(name), release))
    for chosen in product(*swept.values()):
        by_hand = {**overrides, **dict(zip(swept, chosen, strict=True))}
        values = _values(entry, release, by_hand, declared, allowed)
        texts = {
            name: _fill(shared[name], declared, values, entry.id)
            for name in ("title", "description")
        }
        yield ReportJob(
            **shared | texts,
            slug=_slug(entry.id, {name: values[name] for name in by_hand}),
            notebook=folder / entry.notebook,
            release=release,
            parameters=values,
            folder=paths.reports_dir() / release,
            build_path=paths.processed_dir(release) / "build.json",
            order=order,
        )


def _values(
    entry: Entry,
    release: str,
    by_hand: Mapping[str, Any],
    declared: Mapping[str, Parameter],
    allowed: Callable[[str], list[Any] | None],
) -> dict[str, Any]:
    """Value of each parameter that is passed to the notebook, checked."""
    if RELEASE_PARAMETER not in declared:
        raise ReportError(
            f"{entry.notebook}: the cell tagged `parameters` does not declare "
            f"`{RELEASE_PARAMETER}: str`, which every report needs."
        )
    if RELEASE_PARAMETER in by_hand:
        raise UsageError("The release is not set as a parameter: name it with --release.")
    values: dict[str, Any] = {RELEASE_PARAMETER: release}
    values |= {
        name: main_place(name, MAIN, release)
        for name in PLACES
        if name in declared and declared[name].default == MAIN
    }
    values |= dict(entry.parameters)
    values |= {
        name: parse_text(_known(name, declared, entry.id), text) if isinstance(text, str) else text
        for name, text in by_hand.items()
    }
    for name, value in values.items():
        parameter = _known(name, declared, entry.id)
        check_value(parameter, value, allowed(name), entry.id, release)
    for choices in entry.choices.values():
        check_vocabulary(choices)
    absent = [name for name in entry.choices if name not in declared]
    if absent:
        raise entry.wrong(f"has choices for unknown {absent}.")
    return values


def _known(name: str, declared: Mapping[str, Parameter], report: str) -> Parameter:
    if name not in declared:
        raise UsageError(
            f"Report '{report}' has no parameter '{name}'.{nearest(name, list(declared))}"
        )
    return declared[name]


def _slug(report: str, set_by_hand: Mapping[str, Any]) -> str:
    """Name the files of a report; two sets of parameters never have one name.

    A value that a file name cannot carry as it is (capitals, signs, spaces, length) goes with
    the start of its hash.
    """
    parts = [report]
    for name, value in sorted(set_by_hand.items()):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        stem = file_stem(text, "empty")
        exact = _SAFE.fullmatch(text) and stem == text.replace("_", "-")
        parts.append(f"{name}-{stem}" if exact else f"{name}-{stem}-{_digest(value)}")
    slug = "--".join(parts)
    if len(slug) <= LONGEST_SLUG:
        return slug
    return f"{slug[: LONGEST_SLUG - 20].rstrip('-_')}--{_digest(dict(sorted(set_by_hand.items())))}"


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode("utf-8")).hexdigest()[:10]


def _check_slugs(jobs: Sequence[ReportJob]) -> None:
    """No report may overwrite another, on a disk that knows no capitals either."""
    names = [job.slug.lower() for job in jobs]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ReportError(
            f"reports.toml: {twice[:3]} would be written by more than one report. Rename one."
        )


def _fill(text: str, declared: Mapping[str, Parameter], values: dict[str, Any], report: str) -> str:
    defaults = {name: parameter.default for name, parameter in declared.items()}
    labels = {practice.name: practice.label.lower() for practice in PRACTICES}
    release = str(values[RELEASE_PARAMETER])
    words = {
        name: labels.get(str(value)) or place_name(name, value, release)
        for name, value in (defaults | values).items()
        if f"{{{name}" in text
    }
    try:
        return text.format(**words)
    except (KeyError, IndexError, ValueError) as error:
        raise ReportError(
            f"reports.toml: the title or description of '{report}' names {error}, which is no "
            f"parameter of its notebook. There are: {', '.join(declared)}."
        ) from error
