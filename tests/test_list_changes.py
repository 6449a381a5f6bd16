"""What a later list of agreements would change, said before it is added."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agreement_samples import COUNTIES, STATES, clean_list, row
from coopanalysis.catalog.sources import ICE_LIST, ICE_SERIES, release_sources
from coopanalysis.panel import Panel
from coopanalysis.panel.list_changes import Listed, change_lines, lists_between
from coopanalysis.panel.read import Lists

LISTS = Lists(COUNTIES, STATES)


def listed(demo: Panel, layout: str, vintage: str) -> Listed:
    """The latest list of the demo release, as one of another layout and day."""
    sources = [one for one in release_sources("demo") if "participating" in one.id]
    rows = demo.agreements[demo.agreements["list_kind"] == "participating"]
    return Listed(replace(sources[-1], layout=layout, vintage=vintage), rows)


@pytest.mark.parametrize(("layout", "known"), [(ICE_LIST, True), (ICE_SERIES, False)])
def test_a_list_that_reports_do_not_read_is_between_none(
    demo: Panel, layout: str, known: bool
) -> None:
    before = listed(demo, layout, "2026-06-01")
    between = [one.vintage for one in lists_between("demo", before)]
    assert between == (["2026-05-18", "2026-06-01"] if known else [])


def test_an_end_that_may_be_a_new_name_is_said_apart(tmp_path: Path) -> None:
    (source, *_) = [one for one in release_sources("demo") if one.layout == ICE_LIST]
    sides = []
    for at, names in enumerate(
        [("Orla Sheriff", "Orla Jail", "Ash Sheriff"), ("Orla Office", "Orla Police")]
    ):
        rows = [row(LAW_ENFORCEMENT_AGENCY=name, COUNTY="St. Orla County") for name in names[:2]]
        rows += [row(LAW_ENFORCEMENT_AGENCY=name) for name in names[2:]]
        file = clean_list(tmp_path / f"{at}.xlsx", rows, list_date=date(2030 + at, 6, 30))
        sides.append(Listed(replace(source, vintage=f"{2030 + at}-06-30"), file.frame))
    said = list(change_lines(*sides, LISTS, is_latest=False))
    assert "2 added, 1 gone, 2 gone, or under a new name, 0 renamed" in said[0]
    assert "  gone: Ash Sheriff, Northmark (task force model)" in said
    assert sum(line.startswith("  gone, or under a new name: Orla") for line in said) == 2
    assert said[-1].startswith("The latest list stays what it is")
