"""The plan of analysis is there, dated, carried by the package, and holds no result."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from hatchling.build import build_wheel

from coopanalysis import paths
from coopanalysis.errors import DataError
from coopanalysis.paths import analysis_plan_file, notebooks_dir, project_root
from coopanalysis.reports.versions import read_analysis_plan

FILE = project_root() / "docs" / "plan.md"
PLAN = FILE.read_text(encoding="utf-8")


def project(folder: Path, plan: str | None) -> None:
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "reports.toml").touch()
    if plan is not None:
        (folder / "docs").mkdir()
        (folder / "docs" / "plan.md").write_text(plan, encoding="utf-8")


def test_the_wheel_carries_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project_root())
    wheel = tmp_path / build_wheel(str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("coopanalysis/project/docs/plan.md") == FILE.read_bytes()
        package = [name for name in archive.namelist() if name.endswith(".py")]
    source = project_root() / "src" / "coopanalysis"
    assert len(package) == len(list(source.rglob("*.py")))


def test_an_installed_package_has_the_plan_that_came_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path, plan=None)
    package = tmp_path / "site-packages" / "coopanalysis"
    package.mkdir(parents=True)
    brought = package / "project" / "docs" / "plan.md"
    brought.parent.mkdir(parents=True)
    brought.write_text(PLAN, encoding="utf-8")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(paths, "__file__", str(package / "paths.py"))
    assert analysis_plan_file() == brought


def test_the_plan_of_the_project_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, "# Ours\n\nFixed on 2 January 2030, by us.\n")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    assert read_analysis_plan().fixed == "2 January 2030"


def test_a_plan_without_a_day_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, "# Ours\n\nSoon.\n")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    with pytest.raises(DataError, match="Fixed on"):
        read_analysis_plan()


def test_the_plan_holds_no_result() -> None:
    """No decimals, no p values, no names of states: rules alone."""
    assert re.findall(r"\d+\.\d+|\bp [<=]|\bTexas\b|\bFlorida\b", PLAN) == []


@pytest.mark.parametrize("heading", re.findall(r"^- \[(.+?)\]\(#", PLAN, flags=re.M))
def test_the_contents_of_the_plan_lead_somewhere(heading: str) -> None:
    assert f"\n## {heading}\n" in PLAN


NOTEBOOKS = {
    name: "\n".join(
        "".join(cell["source"])
        for cell in json.loads((notebooks_dir() / f"{name}.ipynb").read_text())["cells"]
        if cell["cell_type"] == "code"
    )
    for name in (
        "05_claims", "12_state_laws", "20_demographics", "30_crime_reporting", "50_robustness"
    )
}  # fmt: skip
CRIME = ("30_crime_reporting", "50_robustness")


def row_of(table: str, first: str) -> str:
    """Second cell of a row of one of the plan's tables."""
    section = PLAN.partition(f"\n## {table}\n")[2].partition("\n## ")[0]
    (found,) = re.findall(rf"^\| {re.escape(first)}[^|]*\| ([^|]+) \|$", section, re.MULTILINE)
    return str(found)


def test_the_margins_are_those_of_the_notebooks() -> None:
    rate = row_of("Margins", "reported offences per 100,000 residents")
    points = row_of("Margins", "shares of counties")
    assert rate == "5 % of the mean rate of the counties compared"
    assert points == "2 percentage points"
    for name in CRIME:
        assert re.findall(r"^margin = (.+?)(?:  #.*)?$", NOTEBOOKS[name], re.MULTILINE) == [
            "0.05 * main.sample.outcome.mean()"
        ], name
    assert re.findall(r"^margin = (\S+)", NOTEBOOKS["20_demographics"], re.MULTILINE) == ["0.02"]
    for name in (*CRIME, "20_demographics"):
        assert "margin=margin" in NOTEBOOKS[name], name


FAMILIES = {
    "practices": ("20_demographics", "every practice", ["adjust_family(", "data.practices"]),
    "state laws": ("12_state_laws", "weighted by residents", ["adjust_family(", "weightings"]),
    "crime": ("50_robustness", "every year", ["adjust_family(", "most_agencies_reported"]),
    "variation": ("30_crime_reporting", "one joint test", ["vary(", "density", "coverage"]),
    "placebo outcomes": ("50_robustness", "one joint test", ["joint_test(", "earlier"]),
}


def test_the_families_are_those_of_the_notebooks() -> None:
    section = PLAN.partition("\n## Families\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| ([a-z ]+) \| (?!its)", section, re.MULTILINE) == list(FAMILIES)
    for name, (notebook, words, code) in FAMILIES.items():
        assert words in row_of("Families", name)
        for one in code:
            assert one in NOTEBOOKS[notebook], f"{name}: no {one} in {notebook}"
    adjusted = {name for name, text in NOTEBOOKS.items() if "adjust_family(" in text}
    assert adjusted == {"12_state_laws", "20_demographics", "50_robustness"}


COVARIATES = {
    "hispanic_share": "Hispanic share",
    "black_nonhispanic_share": "Black share",
    "poverty_pct": "poverty",
    "republican_share": "Republican share of the vote of 2020",
    "median_household_income_usd": "median household income",
    "population_count": "residents by doubling",
}
"""In the words of the plan."""


@pytest.mark.parametrize("name", ["05_claims", "20_demographics", *CRIME])
def test_the_covariates_are_those_of_the_plan(name: str) -> None:
    section = PLAN.partition("\nCovariates, in every model")[2].partition("\n\n")[0]
    assert all(words in " ".join(section.split()) for words in COVARIATES.values())
    (cell,) = re.findall(
        r"^(?:covariates = \(|blocks = \{)\n(.+?)^[)}]", NOTEBOOKS[name], re.M | re.S
    )
    found = re.findall(r"(?:per|log2)\((\w+)", cell)
    assert sorted(found) == sorted(COVARIATES), (
        "the plan has other covariates: say so under Covariates in docs/plan.md and in "
        "docs/methods.md, put them here, and into the other notebooks that are listed here"
    )


def test_the_designs_are_those_of_the_notebooks() -> None:
    assert '`vcov="CR2", cluster="state_fips"`' in PLAN.replace("(", "").replace(")", "")
    for name, text in NOTEBOOKS.items():
        assert re.findall(r"^errors = (.+)$", text, re.MULTILINE) == [
            '{"vcov": "CR2", "cluster": "state_fips"}'
        ], name
    for name in CRIME:
        assert "-12-31" in NOTEBOOKS[name], f"{name}: the policy before the rates"
        defaults = re.findall(r'^(outcome|least_quality): \w+ = "?(\w+)', NOTEBOOKS[name], re.M)
        assert dict(defaults) == {"outcome": "person_offenses_per_100k", "least_quality": "2"}
        assert "`person_offenses_per_100k`" in PLAN
    assert 'covariate: str = "hispanic_share"' in NOTEBOOKS["20_demographics"]
    assert "`hispanic_share`" in PLAN
