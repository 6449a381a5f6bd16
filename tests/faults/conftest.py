"""The small release that damage is tried on, a copy for each file of tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_release import write_small_release
from trials import Laboratory

from coopanalysis.panel import build_release
from coopanalysis.paths import HOME_VARIABLE


@pytest.fixture(scope="module")
def laboratory(
    made_once: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Laboratory]:
    """A copy of a small release of sound files, built."""
    home = tmp_path_factory.mktemp("laboratory") / "home"
    with pytest.MonkeyPatch.context() as patch:

        def build(first: Path) -> None:
            patch.setenv(HOME_VARIABLE, str(first))
            write_small_release(first)
            build_release("demo")

        shutil.copytree(made_once("laboratory", build), home)
        patch.setenv(HOME_VARIABLE, str(home))
        yield Laboratory(home)
