"""The command line: words, exit statuses, no traceback."""

from __future__ import annotations

import pytest

from coopanalysis import __version__, cli
from coopanalysis.errors import DataError


@pytest.mark.parametrize(
    "words", [[], ["data"], ["reports"], ["data", "read"], ["reports", "run"]], ids=" ".join
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


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coopanalysis.panel.build_release", _raise)
    with pytest.raises(DataError):
        cli.main(["--debug", "data", "build", "--release", "demo"])
