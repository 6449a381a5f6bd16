"""The small release that damage is tried on, once for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from trials import Laboratory

from coopanalysis.paths import HOME_VARIABLE


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """A small release of sound files, built."""
    home = tmp_path_factory.mktemp("laboratory") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home))
        yield Laboratory(home)
