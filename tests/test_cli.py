"""The command line: words, exit statuses, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopanalysis import __version__, cli
from coopanalysis.cli import reports as reports_commands
from coopanalysis.errors import DataError
from coopanalysis.paths import notebooks_dir
from coopanalysis.reports.entries import read_entries
from coopanalysis.reports.parameters import read_parameters


@pytest.mark.parametrize(
    "words",
    [[], ["data"], ["reports"], ["data", "read"], ["reports", "run"], ["reports", "new"]],
    ids=" ".join,
)
def test_help_at_every_level(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*words, "--help"]) == 0
    assert "Usage: " in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"coopanalysis {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["data", "nonsense"],
        ["data", "build", "--release", "dmeo"],
        ["reports", "run", "--release", "publik"],
        ["reports", "run", "--set", "no-equals-sign"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_misspelt_release_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["data", "build", "--release", "dmeo"])
    assert "Did you mean 'demo'?" in capsys.readouterr().err


def _raise(*_: object, **__: object) -> None:
    raise DataError("file.csv", "2 rows have no code", "Mend them", rows=[7, 9])


def test_failure_is_1_without_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("coopanalysis.panel.build_release", _raise)
    assert cli.main(["data", "build", "--release", "demo"]) == 1
    error = capsys.readouterr().err
    assert error == "error: file.csv: 2 rows have no code (rows 7, 9). Mend them\n"


@pytest.mark.parametrize(
    "words", [["--debug", "data", "build"], ["data", "build", "--debug"]], ids=" ".join
)
def test_debug_shows_the_traceback_and_keeps_the_status(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("coopanalysis.panel.build_release", _raise)
    assert cli.main(words) == 1
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert error.endswith("error: file.csv: 2 rows have no code (rows 7, 9). Mend them\n")


def test_a_misspelt_layout_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["data", "read", "ice-287", "a.xlsx", "-o", "a.parquet"]) == 2
    assert "No layout 'ice-287'. Did you mean 'ice-287g'" in capsys.readouterr().err


def test_a_folder_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["data", "read", "ilrc-rubric", str(tmp_path), "-o", str(tmp_path / "a.parquet")]
    assert cli.main(words) == 1
    assert "is a folder, not a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "yeer=2022"], "no parameter 'yeer'. Did you mean 'year'?"),
        (["--set", "year=1999"], "cannot be 1999. Allowed: 2021, 2022, 2023."),
        (["--set", "year=soon"], "takes a whole number, not 'soon'"),
        (["--set", "year=2022", "--set", "year=2023"], "gives 'year' more than once"),
        (["--only", "state-brief", "--set", "state=06"], "Did you mean 'state_fips'?"),
        (["--only", "data-audti"], "Did you mean 'data-audit'?"),
    ],
)
def test_nothing_is_fetched_or_built_for_a_wrong_request(
    words: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def never(*_: object) -> None:
        pytest.fail("the data was touched")

    monkeypatch.setattr(reports_commands, "_bring_up_to_date", never)
    only = [] if "--only" in words else ["--only", "crime-reporting"]
    assert cli.main(["reports", "run", *only, *words]) == 2
    assert said in capsys.readouterr().err


def test_the_list_names_every_report_and_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["reports", "list", "--release", "public"]) == 0
    shown = capsys.readouterr().out
    for entry in read_entries(notebooks_dir() / "reports.toml"):
        assert entry.id in shown
        for name in read_parameters(notebooks_dir() / entry.notebook):
            assert name == "release" or f"{name}=" in shown
    assert "year=2023  (one of 2021, 2022, 2023)" in shown
