"""The methods page names what there is, asks enough, and holds no result."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from coopanalysis import models
from coopanalysis.catalog.tables import PROCESSED_TABLES
from coopanalysis.display.figures.coefficients import BALANCED
from coopanalysis.models.spec import FAMILIES, LIKELIHOOD_VCOVS, VCOVS
from coopanalysis.models.unobserved_confounding import OSTER_FACTOR
from coopanalysis.paths import notebooks_dir, project_root, reference_dir

PAGE = (project_root() / "docs" / "methods.md").read_text(encoding="utf-8")
WORDS = {"code", "glm", "least_quality", "make trust", *PROCESSED_TABLES}


def test_every_name_in_code_exists() -> None:
    known = {*models.__all__, *FAMILIES, *VCOVS, *WORDS, "coopanalysis.models", "ModelSpec"}
    columns = {column.name for table in PROCESSED_TABLES.values() for column in table.columns}
    reference = {file.name for file in reference_dir().iterdir()}
    corrections = (reference_dir() / "corrections.toml").read_text(encoding="utf-8")
    known |= columns | reference | set(re.findall(r"^\[\[\w+\]\]", corrections, re.M))
    for name in sorted(set(re.findall(r"`([^`]+)`", PAGE)) - known):
        if name.startswith("tests/"):
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


def test_the_draws_of_the_joint_test_are_those_of_the_notebook() -> None:
    text = (notebooks_dir() / "50_robustness.ipynb").read_text(encoding="utf-8")
    draws = re.findall(r"draw_curve\(.*n_permutations=(\d+), within=", text)
    assert draws == ["199"]
    assert f"within states {draws[0]} times" in PAGE
    assert 1 / (1 + int(draws[0])) == 5 / 1000


def test_the_page_of_coverage_says_of_every_method_where_it_holds() -> None:
    """Written by `make trust`; each design of the reports has a method that may be used."""
    text = (project_root() / "docs" / "coverage.md").read_text(encoding="utf-8")
    tables = [
        [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in part.splitlines()
            if re.match(r"\| (?!---|design)", line)
        ]
        for part in text.split("\n## ")[1:]
    ]
    hard, plain = tables
    methods = {method for _, method, *_ in plain}
    needed = {f"{family}, {vcov}" for family in FAMILIES for vcov in LIKELIHOOD_VCOVS}
    needed |= {f"ols, {vcov}" for vcov in (*VCOVS, "wild cluster bootstrap")}
    assert needed <= {", ".join(method.split(", ")[:2]) for method in methods}
    usable = set()
    for design, method, draws, held, rejected, verdict in hard + plain:
        assert int(draws.replace(",", "")) >= 400, design
        aim = 80 if "power" in design else 5
        excess = [95 - float(held.rstrip("%"))] if held else []
        excess += [float(rejected.rstrip("%")) - aim] if rejected else []
        word = "no" if max(excess) > 2 else "careful" if min(excess) < -2 else "yes"
        assert verdict.split(":")[0] == word, (design, method)
        assert word == "yes" or f"{rejected or held}" in verdict
        usable |= {design} if word != "no" else set()
    assert usable >= {design for design, *_ in hard}


def test_no_result_is_typed() -> None:
    """Decimals on the page are settings of the code."""
    settings = {str(OSTER_FACTOR), str(BALANCED)}
    assert set(re.findall(r"\d+\.\d+", PAGE)) <= settings
