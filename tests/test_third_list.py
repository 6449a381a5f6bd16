"""A third list of participating agencies, as a project has after its next look at ICE's page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from coopanalysis.panel import build_release, load_release
from coopanalysis.panel.policies import participating_lists
from coopanalysis.paths import HOME_VARIABLE
from coopanalysis.reports import run_reports
from release_samples import edit

PROJECT = Path(__file__).parents[1]
REPORT = "policy-landscape"
THIRD = "ice-287g-list-2025-04-08"
"""A list of the demo's series that states types and counties, as the two lists of days do."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo release in a folder of its own, with its report."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    for part in ("notebooks", "data/raw/demo", "data/raw/reference"):
        shutil.copytree(PROJECT / part, tmp_path / part)
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


@pytest.mark.slow
def test_a_third_list_is_built_and_the_landscape_counts_its_counties(project: Path) -> None:
    block = f'id = "demo-{THIRD}"\nlayout = "ice-287g'
    edit(project / "data/raw/demo/sources.toml", f'{block}-series"', f'{block}"')
    build_release("demo")
    panel = load_release("demo")
    days = [day for day, _ in participating_lists(panel.build)]
    assert sorted(days) == ["2025-04-08", "2025-07-15", "2026-05-18"]
    lists = panel.agreements[panel.agreements["list_kind"] == "participating"]
    local = lists[lists["agency_type"] == "county"]
    expected = local.groupby("list_date")["county_fips"].nunique()
    assert len(expected) == len(days)

    (outcome,) = run_reports("demo", only=REPORT).outcomes
    assert (outcome.status, outcome.error) == ("built", "")
    text = BeautifulSoup(
        outcome.job.html_path.read_text(encoding="utf-8"), "html.parser"
    ).get_text()
    for day, count in expected.items():
        words = f"{count:,} counties on {day.day} {day:%B %Y}"
        assert re.search(re.escape(words), re.sub(r"\s+", " ", text)), words
