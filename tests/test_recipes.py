"""Each recipe of CONTRIBUTING.md, followed on a toy in a copy of the project.

A toy changes no file but the doors that its recipe names. All are followed in one copy, and the
real build, loader, models and pages then have to show what was added.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from openpyxl import load_workbook

from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel
from coopanalysis.paths import MIRROR_VARIABLE, project_root, reference_dir
from coopanalysis.reports.plan import load_plan
from release_samples import LAYOUTS, ROWS, write_manifest, write_release
from test_contributing import TEXT as CONTRIBUTING
from test_contributing import doors_of
from tools.check_pages.project_copy import copy_project, link_tables

PACKAGE = "src/coopanalysis"
COLUMNS = f"{PACKAGE}/catalog/columns/county.toml"
COUNTY_TABLE = f"{PACKAGE}/panel/county.py"
BUILT = "    return conform(county, COUNTY)"
Edits = dict[str, list[tuple[str, str]]]
"""By path the texts to put in place of others; in place of an empty one, at the end."""

LAYOUT = """
[jails]
key = ["county_fips"]
columns.county_fips = { raw = "fips", is = "county code" }
columns.jail_beds_count = { raw = "beds", is = "whole" }
"""


def column(name: str, dtype: str, unit: str, source: str, more: str = "") -> str:
    """The declaration of a column."""
    said = f'type = "{dtype}"\nunit = "{unit}"\nsource = "{source}"\nnullable = true\n{more}'
    return f'\n[columns.{name}]\ndescription = "Made for a test."\n{said}\n'


CELLS = [
    'release: str = "public"  # the toy',
    "from coopanalysis import display, fit, load_release",
    "data = load_release(release)\n"
    "counties = data.counties()\n"
    'counties["rate"] = [float(one) ** 2 for one in range(len(counties))]\n'
    'main = fit("rate ~ trains_staff + votes_per_resident", counties, vcov="HC4")',
    "display.show_main_estimate(main, wild=False)",
    "display.show_limits([display.describe_left_out(main)])",
    'display.show_known(counties, ["trains_staff", "jail_beds_count"])',
]


def toy_notebook() -> str:
    """A notebook that asks about what the other recipes added."""
    cells = [nbformat.v4.new_markdown_cell("# A toy\n\n**Question.** Does it stand?")]
    cells += [nbformat.v4.new_code_cell(source) for source in CELLS]
    cells[1].metadata["tags"] = ["parameters"]
    return str(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))


RECIPES: dict[str, Edits] = {
    "a file of a known layout": {"data/raw/sources.toml": []},  # written with the next
    "a source": {
        "data/raw/sources.toml": [],  # written with its file, which has a hash
        f"{PACKAGE}/catalog/layouts.toml": [("", LAYOUT)],
        COLUMNS: [
            ("", column("jail_beds_count", "Int64", "beds", "jails", 'label = "Beds of the jail"'))
        ],
        COUNTY_TABLE: [
            (
                BUILT,
                '    beds, declared = inputs.find("jails"), [COUNTY.column("jail_beds_count")]\n'
                "    county = joins.left_join_optional(county, beds and beds.frame, declared, "
                f'["county_fips"], ("county", "jails"))\n{BUILT}',
            )
        ],
    },
    "a column": {
        COLUMNS: [("", column("votes_per_resident", "float64", "votes per resident", "urban"))],
        COUNTY_TABLE: [
            (
                BUILT,
                '    cast = county["votes_count"].astype("float64")\n'
                '    each = cast / county["population_count"].astype("float64")\n'
                f"    county = county.assign(votes_per_resident=each)\n{BUILT}",
            )
        ],
    },
    "a practice": {
        f"{PACKAGE}/vocabulary.py": [
            (
                ")\nPRACTICE_NAMES",
                '    Practice("trains_staff", "Trains staff", "trains staff for ICE",\n'
                '             "train staff for ICE", "training of staff", "No training"),\n)\n'
                "PRACTICE_NAMES",
            )
        ],
        COLUMNS: [
            ("", column("trains_staff", "Int8", "0 or 1", "ilrc-rubric", "allowed = [0, 1]")),
            ("maximum = 7", "maximum = 8"),
        ],
    },
    "an error type": {
        f"{PACKAGE}/models/spec.py": [
            ("Vcov = Literal[", 'Vcov = Literal["HC4", "CR0", '),
            ("CLUSTERED: tuple[Vcov, ...] = (", 'CLUSTERED: tuple[Vcov, ...] = ("CR0", '),
        ],
        f"{PACKAGE}/models/linear/covariance.py": [
            (
                'if kind == "HC1":',
                'if kind == "HC4":\n        h = leverage()\n'
                "        adjusted = residual / (1 - h) ** (np.minimum(4, h / h.mean()) / 2)\n"
                '    elif kind == "HC1":',
            ),
            (
                'if spec.vcov == "CR1":',
                'if spec.vcov == "CR0":\n        sums = sum_by(sample.clusters, moves)\n'
                "        return sums.T @ sums, np.full(n_terms, sample.n_clusters - 1.0)\n"
                '    if spec.vcov == "CR1":',
            ),
        ],
    },
    "a status colour": {
        f"{PACKAGE}/display/figures/style.py": [
            ('"none": "#E2E2E2",', '"none": "#E2E2E2", "ended": "#123456",'),
            ('"none": "No agreement",', '"none": "No agreement", "ended": "Ended early",'),
        ],
        f"{PACKAGE}/reports/site/site.css": [("", "\n.chip.ended { --own: #123456; }\n")],
    },
    "a report": {
        "notebooks/60_toy.ipynb": [("", toy_notebook())],
        "notebooks/reports.toml": [
            (
                "",
                '\n[[report]]\nid = "toy"\nnotebook = "60_toy.ipynb"\ntitle = "A toy"\n'
                'description = "Made for a test."\ntopic = "policy"\n',
            )
        ],
    },
    "a county alias": {
        "data/raw/reference/corrections.toml": [
            (
                "",
                '[[county_alias]]\nstate = "NK"\ncounty_text = "The Old Shire"\n'
                'county_fips = "91001"\nreason = "Told by a test."\nseen_in = ["list-2031"]\n',
            )
        ]
    },
    "time and memory of a report": {"notebooks/reports.toml": [("", "limit_seconds = 123\n")]},
    "a limit of the models": {
        f"{PACKAGE}/models/linear/cluster_products.py": [
            ("MAX_EFFECT_COLUMNS = 2000", "MAX_EFFECT_COLUMNS = 0")
        ]
    },
    "the sentence of the main estimate": {
        f"{PACKAGE}/display/claims.py": [
            ("cannot be told apart: the 95%", "stand too near to each other: the 95%")
        ]
    },
}
COVARIATE = (
    "notebooks/reports.toml",
    [('"republican_share", "population_count"]', '"republican_share", "unemployment_pct"]')],
)
MOST = {"a file of a known layout": 1, "a source": 5, "a covariate": 2, "an error type": 2}


TEXTS = (".py", ".toml", ".md", ".j2", ".js")


def door_of(path: str, doors: list[str]) -> str:
    """The door that leads to a file: the file itself, or its folder."""
    found = [one for one in doors if path == one]
    found += [one for one in doors if one.endswith("/") and path.startswith(one)]
    assert found, f"{path} has to be touched, and CONTRIBUTING.md does not name it"
    return found[0]


@pytest.mark.parametrize("name", [*RECIPES, "a covariate"])
def test_a_recipe_names_the_files_that_its_toy_touches_and_no_others(name: str) -> None:
    doors = doors_of(name)
    touched = RECIPES.get(name, ["notebooks/20_demographics.ipynb", COVARIATE[0]])
    assert {door_of(path, doors) for path in touched} == set(doors)
    assert len(doors) <= MOST.get(name, len(doors))


def test_each_row_of_the_first_table_is_followed() -> None:
    section = CONTRIBUTING.partition("\n## Where to change what\n")[2]
    first, mark, _ = section.partition("\nDoors to the rest:\n")
    named = re.findall(r"^\| (?!to add|---)(.+?) \|", first, re.MULTILINE)
    assert mark and sorted(named) == sorted([*RECIPES, "a covariate"])


COUNTED = re.compile(
    r"\b(?:five|six|seven|eight|nine|[5-9]) (?:practices|covariates|error types|statuses)\b"
    r"|\b(?:all|of|the) (?:six|seven)\b",
    re.IGNORECASE,
)
"""Counts, in words, of what a recipe adds to."""


def lines_of(file: Path) -> list[str]:
    """Lines of a text, or of the cells of a notebook."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".ipynb":
        text = "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
    return text.splitlines()


def test_no_text_counts_what_a_recipe_adds_to() -> None:
    root = project_root()
    files = [root / "README.md", *root.glob("docs/**/*.md"), *root.glob("notebooks/*.ipynb")]
    files += [one for one in (root / PACKAGE).rglob("*.*") if one.suffix in TEXTS]
    found = [
        f"{file.relative_to(root)}, line {number}: {line.strip()}"
        for file in files
        if file.name != "coverage.md"  # of simulations, written by `make trust`
        for number, line in enumerate(lines_of(file), 1)
        if COUNTED.search(line)
    ]
    assert found == [], "write len(PRACTICES) and the like, or no number"


def follow(project: Path, path: str, edits: list[tuple[str, str]]) -> None:
    """Make the changes of one file."""
    file = project / path
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    for old, new in edits:
        assert not old or text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
        text = text.replace(old, new) if old else text + new
    file.write_text(text, encoding="utf-8")


def write_data(project: Path) -> None:
    """Write raw files of ten counties, with jails, an eighth practice and an odd county text."""
    demo = write_release(project, rubric=True)
    later = "list-2030-12/participatingAgencies12312030.xlsx"
    (demo / later).parent.mkdir()
    shutil.copy(demo / LAYOUTS["list-2031"][1], demo / later)
    book = load_workbook(demo / LAYOUTS["list-2031"][1])
    book.active["D2"] = "The Old Shire"
    book.save(demo / LAYOUTS["list-2031"][1])
    rubric = demo / "rubric" / "rubric.csv"
    head, *rows = rubric.read_text().splitlines()
    rows[2] = rows[2].replace(",1,1", ",0,0")
    told = [f"{head},No training", *(f"{row},{at % 2}" for at, row in enumerate(rows)), ""]
    rubric.write_text("\n".join(told))
    (demo / "jails").mkdir()
    (demo / "jails" / "beds.csv").write_text(
        "fips,beds\n" + "".join(f"{91001 + 2 * at},{10 + at}\n" for at in range(5))
    )
    layouts = LAYOUTS | {"rubric": ("ilrc-rubric", "rubric/rubric.csv", "2016")}
    layouts["jails"] = ("jails", "jails/beds.csv", "2030")
    layouts["list-2030-12"] = ("ice-287g", later, "2030-12-31")
    rows_of = ROWS | {"rubric": len(rows), "jails": 5, "list-2030-12": ROWS["list-2031"]}
    write_manifest(demo, rows_of, layouts)
    demo.rename(demo.with_name("public"))
    shutil.move(demo.with_name("public") / "sources.toml", demo.with_name("sources.toml"))


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a copy of the project shows in which every recipe was followed."""
    project = tmp_path_factory.mktemp("recipes")
    shutil.copytree(project_root() / PACKAGE, project / PACKAGE)
    shutil.copytree(project_root() / "docs", project / "docs")
    write_data(project)
    for name in ("county_acs_2019.csv", "county_changes.csv"):  # the names that the index asks for
        shutil.copy(reference_dir() / name, project / "data" / "raw" / "reference")
    for edits in RECIPES.values():
        for path, changes in edits.items():
            follow(project, path, changes)
    here = Path(__file__).parent
    words = os.environ | {"PYTHONPATH": str(project / "src"), "COOPANALYSIS_HOME": str(project)}
    words.pop(MIRROR_VARIABLE, None)
    told = project / "facts.json"
    done = subprocess.run(
        [sys.executable, str(here / "recipe_facts.py"), str(told)],
        capture_output=True, text=True, check=False, timeout=300, env=words,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    return found


@pytest.mark.slow
def test_a_file_of_a_known_layout_is_built(facts: dict[str, Any]) -> None:
    assert facts["lists"] == ["list-2030", "list-2030-12", "list-2031"]


@pytest.mark.slow
def test_a_source_is_built_traced_declared_and_shown(facts: dict[str, Any]) -> None:
    assert facts["beds"] == {f"91{1 + 2 * at:03}": 10 + at for at in range(5)}
    assert "jails/beds.csv, row 3" in facts["beds_traced"]
    assert "| `jail_beds_count` | whole number | beds |" in facts["dictionary"]
    assert facts["beds_label"] == "Beds of the jail" and "Beds of the jail" in facts["page"]


@pytest.mark.slow
def test_a_column_is_built_and_declared(facts: dict[str, Any]) -> None:
    assert facts["votes_per_resident"] == pytest.approx(100 / 1003)
    assert "`votes_per_resident`" in facts["dictionary"]


@pytest.mark.slow
def test_a_practice_is_read_counted_and_named(facts: dict[str, Any]) -> None:
    assert facts["practices"][-1] == "trains_staff" and len(facts["practices"]) == 8
    assert facts["practice_count"] == 5 and facts["most_practices"] == 8
    assert "Trains staff" in facts["page"] and "train staff for ICE" in facts["page"]


@pytest.mark.slow
def test_an_error_type_is_computed_and_named(facts: dict[str, Any]) -> None:
    """One needs leverages, the other clusters: both stand where the others do."""
    assert facts["errors"] == pytest.approx(facts["by_hand"])
    assert "errors HC4" in facts["page"]


@pytest.mark.slow
def test_a_status_has_its_colour_in_figures_and_on_the_site(facts: dict[str, Any]) -> None:
    colour, legend, style = facts["status"]
    assert colour == "#123456"
    assert "#123456" in legend and "Ended early" in legend
    assert ".chip.ended{--own: #123456}" in style


@pytest.mark.slow
def test_a_report_is_a_page_with_the_sentence_of_its_estimate(facts: dict[str, Any]) -> None:
    assert facts["failed"] == []
    assert "A toy" in facts["page"]
    assert "stand too near to each other" in facts["page"]
    assert "cannot be told apart" not in facts["page"]


@pytest.mark.slow
def test_an_alias_places_a_county_and_limits_hold(facts: dict[str, Any]) -> None:
    assert facts["aliased"] == [["The Old Shire", "91001"]]
    assert facts["limit_seconds"] == 123
    assert "the 1 effects that cross the clusters as columns, which is too many" in facts["refused"]


def test_a_page_can_be_asked_about_a_covariate_once_the_plan_lists_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: Panel
) -> None:
    """What its formula then shows is held in `test_notebook_runs.py`."""
    copy_project(tmp_path)
    link_tables(tmp_path, demo.release)
    monkeypatch.setenv("COOPANALYSIS_HOME", str(tmp_path))
    asked = (demo.release, "demographics", {"covariate": "unemployment_pct"})
    with pytest.raises(UsageError, match="unemployment_pct"):
        load_plan(*asked)
    follow(tmp_path, *COVARIATE)
    (job,) = load_plan(*asked)
    assert job.parameters["covariate"] == "unemployment_pct"
