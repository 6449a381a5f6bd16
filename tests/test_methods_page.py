"""The methods page names what there is, asks enough, and holds no result."""

from __future__ import annotations

import importlib
import re
from typing import get_args

import pytest

from coopanalysis import models
from coopanalysis.checks.unseen import OSTER_FACTOR
from coopanalysis.figures.balance import BALANCED
from coopanalysis.models.spec import FAMILIES, VCOVS
from coopanalysis.paths import project_root

PAGE = (project_root() / "docs" / "methods.md").read_text(encoding="utf-8")
WORDS = {"code", "least_quality", "make trust"}


def test_every_name_in_code_exists() -> None:
    known = {*models.__all__, *FAMILIES, *VCOVS, *WORDS, "coopanalysis.models", "ModelSpec"}
    for name in sorted(set(re.findall(r"`([^`]+)`", PAGE)) - known):
        if name.startswith("checks."):
            importlib.import_module(f"coopanalysis.{name}")
        elif name.startswith("tests/"):
            assert (project_root() / name).exists(), name
        else:
            assert name.startswith("fit("), f"{name!r} is not there"


def test_every_family_and_error_is_on_the_page() -> None:
    for name in (*FAMILIES, *VCOVS):
        assert f"`{name}`" in PAGE, name
    assert get_args(models.spec.Vcov) == VCOVS


@pytest.mark.parametrize("heading", re.findall(r"^- \[(.+?)\]\(", PAGE, flags=re.M))
def test_the_contents_lead_somewhere(heading: str) -> None:
    assert f"\n## {heading}\n" in PAGE


def test_the_referee_asks_in_order() -> None:
    asked = [int(number) for number in re.findall(r"^\*\*(\d+)\. .+\?\*\*", PAGE, flags=re.M)]
    assert asked == list(range(1, len(asked) + 1))
    assert len(asked) >= 20


def test_no_result_is_typed() -> None:
    """Decimals on the page are settings of the code."""
    settings = {str(OSTER_FACTOR), str(BALANCED)}
    assert set(re.findall(r"\d+\.\d+", PAGE)) <= settings
