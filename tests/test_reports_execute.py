"""The whole way, from a plan to pages and an index, on the sample project."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

import nbformat
import pytest

from coopanalysis.paths import analysis_plan_file
from coopanalysis.reports import ReportRun, run_reports
from coopanalysis.reports.execute import LATE_IMPORTS, modules_to_warm
from coopanalysis.reports.records import excerpt
from coopanalysis.reports.versions import read_analysis_plan
from report_samples import write_project
from tools.check_pages.check import check_reports, format_checks

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patched:
        yield patched


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return []


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch, lines: list[str]
) -> ReportRun:
    folder = tmp_path_factory.mktemp("project")
    patch.setenv("COOPANALYSIS_HOME", str(folder))
    patch.setenv("SOURCE_DATE_EPOCH", "1760000000")
    write_project(folder)
    return run_reports("demo", only=["rates", "broken"], progress=lines.append)


def test_one_failing_notebook_does_not_stop_the_others(run: ReportRun) -> None:
    assert [outcome.status for outcome in run.outcomes] == ["built", "failed"]
    assert [outcome.job.id for outcome in run.failed] == ["broken"]
    assert run.outcomes[0].job.html_path.is_file()


def test_the_partial_notebook_and_the_error_are_kept(run: ReportRun) -> None:
    (failed,) = run.failed
    assert "KeyError: 'no such column'" in failed.error
    assert "counties['no such column']" in failed.error
    assert not failed.job.html_path.exists()
    notebook = nbformat.read(failed.job.notebook_path, as_version=4)
    kinds = [output.output_type for cell in notebook.cells for output in cell.get("outputs", [])]
    assert kinds == ["error"]
    assert "input_path" not in notebook.metadata.papermill
    index = run.index.read_text(encoding="utf-8")
    assert "KeyError" in index
    assert "demo/broken.ipynb" in index


def test_progress_names_the_running_section(run: ReportRun, lines: list[str]) -> None:
    told = "\n".join(lines)
    assert re.search(
        r"rates +cell \d+ of 15: Difference by practice \(\d+ s, about \d+ s left\)", told
    )
    assert "built in" in told
    assert lines[-1] == "1 built, 1 failed. Open reports/index.html"


def test_parameters_reach_the_notebook(run: ReportRun) -> None:
    notebook = nbformat.read(run.outcomes[0].job.notebook_path, as_version=4)
    injected = [c for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", [])]
    assert "seed = 11" in injected[0].source


def test_a_second_run_does_nothing_and_a_forced_one_gives_the_same_bytes(run: ReportRun) -> None:
    page = run.outcomes[0].job.html_path
    before = page.read_bytes()
    said: list[str] = []
    again = run_reports("demo", only="rates", progress=said.append)
    assert [outcome.status for outcome in again.outcomes] == ["current"]
    assert said == ["rates  up to date", "1 up to date. Open reports/index.html"]
    forced = run_reports("demo", only="rates", force=True)
    assert [outcome.status for outcome in forced.outcomes] == ["built"]
    assert page.read_bytes() == before


def test_page_and_record_name_the_plan_of_analysis(run: ReportRun) -> None:
    job = run.outcomes[0].job
    page, plan = job.html_path.read_text(encoding="utf-8"), read_analysis_plan()
    assert plan.sha256 == hashlib.sha256(analysis_plan_file().read_bytes()).hexdigest()
    assert f"fixed on {plan.fixed}, SHA-256 <code>{plan.sha256[:12]}</code>" in page
    assert json.loads(job.record_path.read_text())["plan_sha256"] == plan.sha256


def test_a_changed_build_is_noticed(run: ReportRun) -> None:
    job = run.outcomes[0].job
    record = json.loads(job.build_path.read_text())
    record["inputs"][0]["rows_in"] = 999
    job.build_path.write_text(json.dumps(record))
    again = run_reports("demo", only="rates")
    assert [outcome.status for outcome in again.outcomes] == ["built"]
    assert ">999<" in job.html_path.read_text(encoding="utf-8")


def test_the_index_says_what_stands(run: ReportRun) -> None:
    index = run.index.read_text(encoding="utf-8")
    record = json.loads(run.outcomes[0].job.record_path.read_text())
    assert record["headline"] in index
    assert 'href="demo/rates.html"' in index
    assert "simulated data" in index


def test_an_unbuilt_release_is_a_failure_with_its_remedy(run: ReportRun) -> None:
    job = run.outcomes[0].job
    kept = job.build_path.read_text()
    job.build_path.unlink()
    try:
        again = run_reports("demo", only="rates")
    finally:
        job.build_path.write_text(kept)
    assert "coopanalysis data build --release demo" in again.failed[0].error
    assert not job.html_path.exists(), "a stale page would be taken for a good one"


def test_an_excerpt_shows_cell_and_error_without_machine_paths() -> None:
    traceback = (
        "\x1b[31m----\x1b[0m\nCell In[4], line 2\n----> 2 f()\n"
        "File /home/someone/venv/lib/python3.11/site-packages/pandas/core.py:3\n"
        "KeyError: 'x'"
    )
    assert excerpt(traceback) == "Cell In[4], line 2\n----> 2 f()\nKeyError: 'x'"
    assert excerpt("File /home/x/lib/python3.11/os.py\nOSError: no") == "File os.py\nOSError: no"


def test_every_report_is_checked_against_the_goals(run: ReportRun) -> None:
    run_reports("demo", only="rates")
    checked = check_reports(run.index.parent)
    assert checked.misses["demo/rates"] == []
    assert checked.misses["demo/broken"][0].problem.startswith("not built: cell 5: KeyError")
    assert checked.failed
    table = format_checks(checked)
    assert table.splitlines()[0].startswith("goal")
    assert "demo/broken: goal 20: not built" in table


def test_late_imports_are_warmed_for_several_runs_alone(run: ReportRun) -> None:
    notebook = run.outcomes[0].job.notebook
    assert not set(LATE_IMPORTS) & set(modules_to_warm([notebook]))
    assert set(LATE_IMPORTS) < set(modules_to_warm([notebook, notebook]))
