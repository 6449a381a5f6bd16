"""What a notebook shows of a failure: the line of its own cell, and the message."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from coopanalysis.errors import BuildError, CoopError, DataError


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[InteractiveShell]:
    config = Config({"HistoryManager": {"enabled": False}})
    yield InteractiveShell.instance(config=config, ipython_dir=str(tmp_path))
    InteractiveShell.clear_instance()


def test_a_cell_shows_its_own_line_and_the_remedy_last(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("from coopanalysis import load_release\nload_release('pubic')")
    shown = capsys.readouterr().out.strip().splitlines()
    assert any("load_release('pubic')" in line for line in shown)
    assert not any("check_release" in line for line in shown)
    assert "Did you mean 'public'?" in shown[-1]
    assert len(shown) < 8


def test_outside_of_a_shell_the_lines_are_those_of_the_file() -> None:
    with pytest.raises(CoopError) as caught:
        raise CoopError("what, where, next")
    *lines, last = caught.value._render_traceback_()
    assert last == "CoopError: what, where, next"
    assert any(__file__ in line for line in lines)


def test_errors_come_home_from_another_process() -> None:
    """Pools send them pickled; one that could not be read there broke the whole pool."""
    one = DataError("a.csv", "2 rows are empty", "Mend them.", [3, 5])
    for error in (one, BuildError("The build failed", [one, CoopError("b")], "Mend all.")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
    assert str(one) == "a.csv: 2 rows are empty (rows 3, 5). Mend them."
    assert pickle.loads(pickle.dumps(one)).rows == (3, 5)
