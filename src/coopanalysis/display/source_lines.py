"""Source lines: who published what a table, a figure or an estimate draws on, and of when."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from coopanalysis.display.sentences import format_date, join_words
from coopanalysis.errors import UsageError
from coopanalysis.models import ModelSpec
from coopanalysis.models.terms import columns_of
from coopanalysis.panel import Panel

_LIST_OF = ", list of "
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def source_line(data: Panel, columns: Sequence[str] = (), layouts: Sequence[str] = ()) -> str:
    """Publishers and days of the raw files that columns come from, for below a figure.

    The files themselves, with versions and hashes, stand once on a page, under Provenance.
    Columns derived in a notebook have no file of their own; layouts are further files, as
    `describe_sources` takes them.
    """
    wanted = list(dict.fromkeys([*layouts, *layouts_of(data, columns)]))
    entries = find_inputs(data.build, wanted) if wanted else []
    own = [data.column(name).source for name in columns if name in data.named]
    who = list(dict.fromkeys(str(one["publisher"]).split(",")[0] for one in entries))
    who += [text for text in dict.fromkeys(own) if text]
    if not who:
        who = [f"computed from the tables of release '{data.release}'"]
    return _line(who, entries, data.release)


def describe_sources(build: Mapping[str, Any], layouts: Sequence[str] = ()) -> str:
    """Publishers with the titles of their files, from the record of the build.

    Of a layout with several files the one that is meant may be named by its vintage,
    "votes-president 2020", or by its id. Files that are only checked are not named.
    """
    chosen = find_inputs(build, layouts)
    titles: dict[str, list[str]] = {}
    for entry in chosen:
        titles.setdefault(entry["publisher"], []).append(entry["title"])
    parts = [f"{who}: {', '.join(_together(what))}" for who, what in titles.items()]
    return _line(parts, chosen, build["release"])


def _line(who: Sequence[str], entries: Sequence[Mapping[str, Any]], release: str) -> str:
    simulated = " Simulated data, demo release." if release == "demo" else ""
    as_of = describe_vintages([str(one["vintage"]) for one in entries])
    return f"{'; '.join(who)}.{f' Data as of {as_of}.' if as_of else ''}{simulated}"


def find_inputs(build: Mapping[str, Any], layouts: Sequence[str] = ()) -> list[Mapping[str, Any]]:
    """Inputs of a build by layout, by layout and vintage, or by id; all by default."""
    inputs, wanted = build["inputs"], set(layouts)
    names = [
        {entry["layout"], f"{entry['layout']} {entry['vintage']}", entry.get("id")}
        for entry in inputs
    ]
    missing = sorted(wanted - set().union(*names))
    if missing:
        known = sorted({entry["layout"] for entry in inputs})
        raise UsageError(f"The build has no input of layout {missing}; it has {known}.")
    return [
        entry
        for entry, called in zip(inputs, names, strict=True)
        if (not layouts or called & wanted) and not entry.get("checked_only")
    ]


def layouts_of(data: Panel, columns: Sequence[str]) -> list[str]:
    """Layouts that columns come from, dated where a column is, as far as the release has them."""
    present = {one["layout"] for one in data.build["inputs"] if not one.get("checked_only")}
    found: list[str] = []
    for name in columns:
        if name in data.policies:
            found += data.policies[name].sources
            continue
        column = data.column(name)
        dated = f" {column.vintage}" if column.vintage.isdigit() else ""
        found += [f"{one}{dated}" for one in column.source.split(", ") if one in present]
    return found


def columns_of_model(spec: ModelSpec) -> list[str]:
    """Columns that decide an estimate: outcome, terms, effects and weights."""
    names = [spec.outcome, spec.treatment, *spec.controls, *spec.fixed_effects]
    return columns_of([*names, *(name for name in (spec.weights, spec.exposure) if name)])


def source_of(data: Panel, *specs: ModelSpec) -> str:
    """Source line of one or several models."""
    return source_line(data, list(dict.fromkeys(n for one in specs for n in columns_of_model(one))))


def _together(titles: Sequence[str]) -> list[str]:
    """Name several lists of one kind once, with their days: "agencies, lists of ... and ..."."""
    days: dict[str, list[str]] = {}
    for title in dict.fromkeys(titles):
        name, mark, day = title.partition(_LIST_OF)
        kept = days.setdefault(name, [])
        if mark:
            kept.append(day.split(" (")[0])
    return [
        name + (f", list{'s' if len(of) > 1 else ''} of {join_words(of)}" if of else "")
        for name, of in days.items()
    ]


def describe_vintages(vintages: Sequence[str]) -> str:
    """Write the days or years of several sources; of more than three the span of years.

    The span ends on the last day that is named, if one is in the last year.
    """
    known = sorted(set(vintages))
    if len(known) <= 3:
        return join_words([_DAY.sub(lambda day: format_date(day[0]), one) for one in known])
    said = re.sub(r"\(.*?\)", "", " ".join(known))  # a remark is of no row that is used
    years = sorted(re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", said))
    if not years:
        return join_words(known)
    days = sorted(re.findall(rf"{years[-1]}-\d\d-\d\d", said))
    return f"{years[0]} to {format_date(days[-1]) if days else years[-1]}"
