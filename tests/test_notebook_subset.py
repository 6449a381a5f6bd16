"""A subset taken in one cell of a notebook reaches everything that stands below it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from coopanalysis.display import Output
from coopanalysis.display.results import effect_table
from coopanalysis.display.sentences import format_count, format_interval
from coopanalysis.models import Estimates
from coopanalysis.panel import load_release
from coopanalysis.paths import notebooks_dir
from notebook_cells import code_of, run_cells, texts_of

ANALYSES = ("01_tour", "20_demographics", "30_crime_reporting", "50_robustness")
SUBSET = re.compile(r"^# (counties = counties\[.*\])  # a subset$", flags=re.MULTILINE)
ABOUT_THE_RELEASE = ("Policies that release", "Published estimates")
"""Captions of tables that are not about the counties chosen."""


def estimates_in(names: dict[str, Any]) -> list[Estimates]:
    """Fits among the names of a notebook, those in dictionaries too."""
    values = [one for name, one in names.items() if not name.startswith("_")]
    values += [each for one in values if isinstance(one, dict) for each in one.values()]
    return [one for one in values if isinstance(one, Estimates)]


def marks_of(names: dict[str, Any]) -> set[str]:
    """Numbers that give the full sample away: counties used, and intervals, as they are written."""
    marks = set()
    for one in estimates_in(names):
        marks.add(format_count(one.n_obs))
        for _, row in effect_table(one).iterrows():
            marks.add(format_interval(row["conf_low"], row["conf_high"]))
    return {mark for mark in marks if len(re.findall(r"\d", mark)) > 3}


@pytest.mark.slow
@pytest.mark.parametrize("name", ANALYSES)
def test_nothing_of_the_full_sample_is_left_below_a_subset(name: str) -> None:
    path: Path = notebooks_dir() / f"{name}.ipynb"
    sources = code_of(path)
    assert sum(len(SUBSET.findall(source)) for source in sources) == 1
    full, shown = run_cells(sources)
    states = load_release("demo").county["state_abbr"].value_counts().index[:2]
    chosen = f"counties = counties[~counties['state_abbr'].isin({list(states)!r})]"
    few, shown_of_few = run_cells([SUBSET.sub(chosen, source) for source in sources])

    told = [
        one
        for one in shown_of_few
        if not (isinstance(one, Output) and any(t in one.text for t in ABOUT_THE_RELEASE))
    ]
    text = texts_of(told)
    assert len(few["counties"]) < len(full["counties"])
    marks, own = marks_of(full), marks_of(few)
    assert len(marks - own) > 5
    left = [
        mark for mark in marks - own if re.search(rf"(?<![\d.,]){re.escape(mark)}(?![\d,])", text)
    ]
    assert not left, f"numbers of the full sample stand below the subset: {left}"
    assert f"{len(full['counties']):,}" not in text
    before = {one.text for one in shown if isinstance(one, Output) and re.search(r"\d", one.text)}
    same = [one.text for one in told if isinstance(one, Output) and one.text in before]
    assert not same, f"outputs that did not follow the subset: {same}"
