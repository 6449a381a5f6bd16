"""The tests that the pages on reliability and security name exist; so do the texts of mutants."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mutants
from coopanalysis.paths import project_root

TESTS = Path(__file__).parent
FILE = re.compile(r"(?<![\w/])(?:tests/)?((?:[a-z_]+/)?(?:test_)?[a-z_0-9]+\.py)")


def rows(page: str) -> list[str]:
    """Pieces of a page that stand together: rows of tables, and paragraphs."""
    text = (project_root() / "docs" / page).read_text(encoding="utf-8")
    return re.split(r"\n\n|\n(?=\|)", text)


def lacking(page: str) -> list[str]:
    """What a page names of the tests that is not there: files, and tests beside a file."""
    missing = []
    for row in rows(page):
        named = [name for text in re.findall(r"`([^`\s]+)`", row) for name in FILE.findall(text)]
        files = [TESTS / name for name in dict.fromkeys(named)]
        tests = [file for file in files if file.name.startswith("test_") or "faults" in file.parts]
        missing += [str(file) for file in tests if not file.is_file()]
        source = "".join(file.read_text(encoding="utf-8") for file in tests if file.is_file())
        for test in re.findall(r"`(test_\w+)`", row):
            if f"def {test}(" not in source:
                missing.append(test)
    return missing


@pytest.mark.parametrize("page", ["security.md", "reliability.md"])
def test_every_test_that_is_named_exists(page: str) -> None:
    assert lacking(page) == []


def test_each_defence_names_a_test_that_shows_it() -> None:
    body = [row for row in rows("security.md") if row.startswith("| ")]
    defences = [row for row in body if "shown by" not in row and not row.startswith("| ---")]
    assert len(defences) > 15
    assert [
        row for row in defences if not re.search(r"`(tests/)?test_\w+\.py`|tests/faults/", row)
    ] == []


def test_mutants_are_of_the_code_as_it_is() -> None:
    listed = mutants.read_mutants()
    assert [one for one in listed if mutants.lacking(one)] == []
    tests = {TESTS / f"test_{one.tests}.py" for one in listed}
    assert [file for file in tests if not file.is_file()] == []
