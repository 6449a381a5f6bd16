"""A report begun as a copy of another: its notebook, its entry, and a page made of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coopanalysis import cli
from coopanalysis.errors import ReportError, UsageError
from coopanalysis.panel import Panel
from coopanalysis.paths import notebooks_dir, project_root
from coopanalysis.reports import run_reports
from coopanalysis.reports.entries import read_entries
from coopanalysis.reports.new import HEADLINE_TAGS, new_report
from coopanalysis.reports.plan import load_plan
from report_samples import write_project
from tools.check_pages.project_copy import copy_project, link_tables


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: Panel) -> Path:
    """This project, copied, with the tables of the demo release."""
    folder = tmp_path / "project"
    copy_project(folder)
    link_tables(folder, demo.release)
    monkeypatch.setenv("COOPANALYSIS_HOME", str(folder))
    return folder


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one small notebook."""
    monkeypatch.setenv("COOPANALYSIS_HOME", str(tmp_path))
    return write_project(tmp_path)


def raw_entries(folder: Path) -> dict[str, dict[str, Any]]:
    text = (folder / "notebooks" / "reports.toml").read_text(encoding="utf-8")
    return {one["id"]: one for one in tomllib.loads(text)["report"]}


OWN = ("id", "notebook", "title", "on_demand", "sweep")


@pytest.mark.parametrize(
    "source", [entry.id for entry in read_entries(notebooks_dir() / "reports.toml")]
)
def test_every_report_can_be_begun_with(copied: Path, source: str) -> None:
    plan = copied / "notebooks" / "reports.toml"
    before = plan.read_text(encoding="utf-8")
    notebook = new_report("my-question", source)
    assert notebook == copied / "notebooks" / "60_my_question.ipynb"
    assert plan.read_text(encoding="utf-8").startswith(before.rstrip()), "what was there stays"
    entries = raw_entries(copied)
    new, old = entries["my-question"], entries[source]
    assert (new["notebook"], new["title"]) == (notebook.name, "My question")
    assert {k: v for k, v in new.items() if k not in OWN} == {
        k: v for k, v in old.items() if k not in OWN
    }
    (job,) = load_plan("demo", "my-question")
    assert job.notebook == notebook


def test_the_notebook_is_the_same_but_for_title_and_outputs(copied: Path) -> None:
    source = copied / "notebooks" / "30_crime_reporting.ipynb"
    document = json.loads(source.read_text(encoding="utf-8"))
    stale = {"output_type": "stream", "name": "stdout", "text": ["by hand\n"]}
    plain = next(c for c in document["cells"] if c["cell_type"] == "code")
    plain["outputs"] = [stale]
    source.write_text(json.dumps(document), encoding="utf-8")
    path = new_report("my-question", "crime-reporting", "Do my counties differ?")
    new = nbformat.read(path, as_version=4)
    nbformat.validate(new)
    old = nbformat.read(source, as_version=4)
    assert new.cells[0].source.startswith("# Do my counties differ?\n\n**Question.**")
    assert [c.source for c in new.cells[1:]] == [c.source for c in old.cells[1:]]
    for cell in (cell for cell in new.cells if cell.cell_type == "code"):
        assert bool(cell.outputs) == (set(cell.metadata.get("tags", [])) >= HEADLINE_TAGS)


def test_numbers_go_by_tens_and_never_take_that_of_another(sample: Path) -> None:
    named = [new_report(f"question-{number}", "rates").name[:2] for number in range(5)]
    assert named == ["60", "70", "80", "61", "71"]
    for number in range(60, 90):
        (sample / "notebooks" / f"{number}_taken.ipynb").touch()
    with pytest.raises(ReportError, match="Every number of 60 to 89 is taken"):
        new_report("one-more", "rates")


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("rates", "rates", "There is a report 'rates' already"),
        ("My question", "rates", "cannot be the id of a report"),
        ("my--question", "rates", "cannot be the id of a report"),
        ("../question", "rates", "cannot be the id of a report"),
        ("q" * 61, "rates", "of 60 characters at most"),
        ("2016", "rates", "a letter first"),
        ("my-question", "ratse", "Did you mean 'rates'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    sample: Path, name: str, source: str, said: str
) -> None:
    before = sorted(sample.rglob("*"))
    plan = (sample / "notebooks" / "reports.toml").read_bytes()
    with pytest.raises(UsageError, match=said):
        new_report(name, source)
    assert sorted(sample.rglob("*")) == before
    assert (sample / "notebooks" / "reports.toml").read_bytes() == plan


def test_the_command_says_what_to_do_next(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["reports", "new", "my-question", "--from", "rates"]) == 0
    said = capsys.readouterr().out
    assert "notebooks/60_my_question.ipynb" in said
    assert "coopanalysis reports run --only my-question" in said
    assert cli.main(["reports", "new", "my-question", "--from", "rates"]) == 2
    assert project_root() == sample.resolve()


@pytest.mark.slow
def test_a_new_report_that_joins_a_file_of_ones_own_runs_and_renders(
    copied: Path, demo: Panel
) -> None:
    path = new_report("my-question", "state-laws")
    plan = copied / "notebooks" / "reports.toml"
    text = plan.read_text(encoding="utf-8")
    own = copied / "data" / "raw" / "own"
    if own.is_symlink():  # of a developer who has such files
        own.unlink()
    own.mkdir()
    table = demo.county[["county_fips"]].assign(jail_beds=range(len(demo.county)))
    table.to_csv(own / "mine.csv", index=False)
    document = nbformat.read(path, as_version=4)
    join = (
        "from coopanalysis.panel import load_release\n"
        "data = load_release(release)\n"
        'counties = data.join(data.county, "data/raw/own/mine.csv")\n'
        "print(data.joined[0].sentence)"
    )
    document.cells.insert(3, nbformat.v4.new_code_cell(join))  # a refusal need not wait
    nbformat.write(document, path)
    (refused,) = run_reports("demo", only="my-question").failed
    assert 'rite files = ["data/raw/own/mine.csv"] into its entry' in refused.error
    head, _, tail = text.rpartition('title = "My question"')
    declared = 'files = ["data/raw/own/mine.csv"]\ntitle = "My question"'
    plan.write_text(f"{head}{declared}{tail}", encoding="utf-8")
    run = run_reports("demo", only="my-question")
    assert not run.failed, run.failed
    page = run.outcomes[0].job.html_path.read_text(encoding="utf-8")
    assert "My question" in page
    assert "mine.csv (SHA-256 " in page
    assert "<dt>Own files</dt><dd><code>data/raw/own/mine.csv</code>, SHA-256 <code>" in page
