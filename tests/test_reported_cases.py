"""The 24 small inputs that were reported, each as what is right says beside it.

They stand beside the mirror of the public files, in `cases`; every kind has tests of its own too.
"""

from __future__ import annotations

import re
import runpy
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis import cli
from coopanalysis.errors import CoopError, UsageError
from coopanalysis.reports import ReportRun, run_reports
from engine_samples import entry, write_tiny_project

LIST_DATE = ["--list-date", "2025-06-01"]
NOTEBOOKS = (19, 21, 22, 24, 25, 26, 27)
MOVED = "from coopanalysis import page", "from coopanalysis.display import page"
"""What the notebooks of the cases import, and where it is now."""
HIDDEN = "[\u200b-\u200f\u202a-\u202e\u2060\ufeff]"


@pytest.fixture(scope="session")
def cases(mirror: Path) -> Path:
    folder = mirror.parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}")
    return folder


def find(cases: Path, number: int) -> Path:
    (folder,) = cases.glob(f"{number:02}-*")
    return folder


def test_every_case_is_tried(cases: Path) -> None:
    numbers = {int(folder.name[:2]) for folder in cases.iterdir()}
    assert numbers == {*FILES, *MODELS, *NOTEBOOKS, 36}


FILES = {
    1: ("ice-287g", LIST_DATE, "line 7 opens a quote that is never closed"),
    3: ("votes-president", [], "line 11 opens a quote that is never closed"),
    9: ("ice-287g", LIST_DATE, "rows in 3, rows kept 3, rows rejected 0"),
    11: ("ilrc-rubric", [], "names columns twice: ['No 287(g)']"),
    13: ("votes-president", [], "rejected 2: code is of another state than the row says"),
    28: ("ice-287g", LIST_DATE, "rows in 4, rows kept 4, rows rejected 0"),
    30: ("votes-president", [], "mended 2: codes had lost their leading zero"),
}


@pytest.mark.parametrize("number", FILES)
def test_a_file(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    layout, words, said = FILES[number]
    (file,) = (one for one in find(cases, number).iterdir() if one.suffix in (".csv", ".xlsx"))
    written = tmp_path / "read.parquet"
    cli.main(["data", "read", layout, str(file), *words, "-r", "demo", "-o", str(written)])
    shown = capsys.readouterr()
    assert said in shown.out + shown.err
    assert "Traceback" not in shown.err
    assert written.exists() == (number not in (1, 3, 11))
    if number == 9:
        frame = pd.read_parquet(written)
        assert "Dorosand County Sheriff" in frame["agency"].tolist()
        assert frame["county_fips"].tolist() == ["58057", "58059", "57001"]
    if number == 28:
        frame = pd.read_parquet(written)
        assert not frame["agency"].str.contains(HIDDEN).any()
        assert frame["signed_date"].notna().all()
    if number == 30:
        assert pd.read_parquet(written)["county_fips"].tolist()[:2] == ["01001", "01003"]


MODELS = {
    5: "as many columns constant within 's' as there are clusters",
    6: "the kernel reaches too far for these places",
    15: r"(\d+\.\d{6})\d*\n5\.0 \1\d*\n0\.1 \1\d*\n0\.3+ \1",
    17: r"a.csv HC1 all refused: separation(.|\n)*b.csv HC1 all refused: separation.*first: 40",
    32: "column 'signed' holds datetime64 values",
    34: r"'std_error': (0\.00100691326)\d+(.|\n)*'std_error': \1",
    37: r"now (0\.14183138105)\d+ by the convention \1",
    38: r"negbin now 0\.0449318\d+ (.|\n)*fractional_logit now 0\.0492558\d+ ",
    39: r"tiny ModelError .*\nhuge ModelError .*\nname ModelError two terms",
}


@pytest.mark.parametrize("number", MODELS)
def test_a_model(
    cases: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    folder = find(cases, number)
    monkeypatch.chdir(folder)
    files = sorted(file.name for file in folder.glob("*.csv"))
    monkeypatch.setattr(sys, "argv", ["repro.py", *files])
    refused = ""
    try:
        runpy.run_path("repro.py")
    except CoopError as error:
        refused = str(error)
    assert re.search(MODELS[number], capsys.readouterr().out + refused)


@pytest.fixture(scope="module")
def run(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> ReportRun:
    """A run of every notebook of a case, in one project."""
    folder = tmp_path_factory.mktemp("cases") / "project"
    write_tiny_project(folder, "", {})
    plan = []
    for number in NOTEBOOKS:
        case = find(cases, number)
        (facts,) = tomllib.loads((case / "entry.toml").read_text())["report"]
        plan.append(entry(f"case-{number}", topic=facts["topic"], reads=facts["reads"]))
        cells = (case / facts["notebook"]).read_text(encoding="utf-8").replace(*MOVED)
        (folder / "notebooks" / f"case-{number}.ipynb").write_text(cells, encoding="utf-8")
    (folder / "notebooks" / "reports.toml").write_text("\n".join(plan))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COOPANALYSIS_HOME", str(folder))
        return run_reports("demo")


def page(run: ReportRun, number: int) -> str:
    (job,) = (one.job for one in run.outcomes if one.job.id == f"case-{number}")
    return job.html_path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_a_notebook_shows(run: ReportRun) -> None:
    assert "Of the <strong>7</strong> agencies, 2 signed in May." in page(run, 19)
    assert "bad \N{REPLACEMENT CHARACTER} name" in page(run, 21)
    assert "red and plain" in page(run, 24)
    assert "nul\N{REPLACEMENT CHARACTER} bell" in page(run, 25)
    for number in (19, 21, 24, 25):
        text = page(run, number)
        assert "display.Markdown object" not in text
        assert "Traceback" not in text
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)


@pytest.mark.slow
def test_what_ends_a_notebook(run: ReportRun) -> None:
    errors = {outcome.job.id: outcome.error for outcome in run.failed}
    assert sorted(errors) == ["case-26", "case-27"]
    assert errors["case-26"].startswith("cell 4: SystemExit: 0. A report must run to its end")
    assert errors["case-27"].startswith("cell 4 ended its Python process by signal SIGSEGV")


@pytest.mark.slow
def test_a_number_that_is_none_is_no_parameter(
    run: ReportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COOPANALYSIS_HOME", str(run.outcomes[0].job.html_path.parents[2]))
    with pytest.raises(UsageError, match="takes a number, not 'nan'"):
        run_reports("demo", only="case-22", overrides={"share": "nan"})
