"""What surrounds a run may be full, damaged or odd: it ends, and says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coopanalysis.errors import ReportError, UsageError
from coopanalysis.reports import run_reports
from coopanalysis.reports.validate import find_notebooks
from engine_samples import entry, write_tiny_project

BELL = "\x07"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COOPANALYSIS_HOME", str(tmp_path))
    notebooks = {"good": "", "good-too": ""}
    return write_tiny_project(tmp_path, "".join(map(entry, notebooks)), notebooks)


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_to_ends_the_run(project: Path) -> None:
    """As a full disk does: neither page nor record of the failure can be kept."""
    (project / "reports").mkdir()
    (project / "reports" / "demo").write_text("in the way")
    said: list[str] = []
    run = run_reports("demo", progress=said.append)
    assert [outcome.status for outcome in run.outcomes] == ["failed", "failed"]
    assert all("cannot be written or read" in outcome.error for outcome in run.failed)
    assert any(line.startswith("good failed: its files") for line in said)


@pytest.mark.slow
def test_damaged_records_of_the_engine_stop_no_run(project: Path) -> None:
    assert not run_reports("demo").failed
    folder = project / "reports" / "demo"
    before = (folder / "good.html").read_bytes()
    for name in ("good.json", ".engine/good.parts", ".engine/good.history"):
        (folder / name).write_bytes(b"\xff{")
    (project / "data" / "processed" / ".hashes").write_bytes(b"\x00[")
    (folder / "stray.json").mkdir()
    run = run_reports("demo")
    assert [outcome.status for outcome in run.outcomes] == ["built", "current"]
    assert len((folder / "good.html").read_bytes()) == len(before)


def test_an_index_that_cannot_be_written_is_told(project: Path) -> None:
    (project / "reports" / "index.html").mkdir(parents=True)
    with pytest.raises(ReportError, match="index.html and the pages around it cannot be written"):
        run_reports("demo", retry_failed=True)


@pytest.mark.slow
@pytest.mark.parametrize("words", [[], ["--plain"]])
def test_a_filter_of_warnings_harms_nothing(project: Path, words: list[str]) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-m", "coopanalysis.front", "reports", "run", "--no-data", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 built" in done.stdout
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.slow
def test_odd_names_fail_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COOPANALYSIS_HOME", str(tmp_path))
    cell = f"""import pandas as pd
from coopanalysis.display import figures, tables
name = {"Cash $a_1$ & $ave$ | $$ " + BELL + chr(0x1F600) + " County"!r}
data = pd.DataFrame({{"county": [name, "=Other"], "share": [0.1, 0.9]}})
figure, axes = figures.new_figure(2.0)
axes.barh(data["county"], data["share"])
source = "Bureau. Data as of 15 July 2025."
display(tables.show_table(data, caption="Shares", source=source))
figures.show_figure(
    figure, finding="The second is common", subtitle="Share of counties",
    alt="Bar chart of the share of counties by county, from ten to ninety percent; the second "
    "county is nine times as common.", note="", source=source, data=data,
)"""
    write_tiny_project(tmp_path, entry("odd"), {"odd": cell})
    run = run_reports("demo")
    assert [outcome.error for outcome in run.outcomes] == [""]
    html = run.outcomes[0].job.html_path.read_text(encoding="utf-8")
    assert BELL not in html
    assert "Cash $a_1$ &amp; $ave$ | $$ \ufffd\U0001f600 County" in html


def test_notebooks_are_found_by_path_name_and_report(project: Path) -> None:
    wanted = (project / "notebooks" / "good.ipynb").resolve()
    for name in (str(wanted), "good.ipynb", "good"):
        assert [path.resolve() for path in find_notebooks([name])] == [wanted]
    with pytest.raises(UsageError, match="No notebook and no report 'godo'. Did you mean 'good'"):
        find_notebooks(["godo"])
