"""Corrections say what they expect, and a stale one stops the build."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.catalog.corrections import (
    Correction,
    Corrections,
    correct,
    load_corrections,
    tidy_cell,
)
from coopanalysis.errors import DataError

FRAME = pd.DataFrame(
    {"source_row": [2, 3], "county_text": ["Ash  County ", None], "other": ["x", "y"]}
)
GOOD = """
[[correction]]
source = "a-list"
row = 2
column = "county_text"
expected = "Ash County"
put = "Birch County"
reason = "the next list says so"

[[county_alias]]
state = "Northmark"
county_text = "Ahs County"
county_fips = "91001"
reason = "misspelt"
seen_in = ["a-list"]

[[agency_alias]]
state_fips = "91"
agency = "Ash PD"
same_as = "Ash Police"
reason = "spelt out"
seen_in = ["a-list"]
goes_on_in = ["another"]
"""


def _load(tmp_path: Path, text: str) -> Corrections:
    path = tmp_path / "corrections.toml"
    path.write_text(text, encoding="utf-8")
    return load_corrections(path)


def test_entries_are_read_and_applied(tmp_path: Path) -> None:
    table = _load(tmp_path, GOOD)
    assert table.aliases[0].seen_in == ("a-list",)
    assert table.for_source("another") == ()
    (name,) = table.agency_aliases
    assert (name.agency, name.same_as, name.support_type) == ("Ash PD", "Ash Police", "")
    corrected = correct(FRAME, "a-list", table)
    assert corrected["county_text"].fillna("").tolist() == ["Birch County", ""]
    assert FRAME["county_text"].iloc[0] == "Ash  County "
    pd.testing.assert_frame_equal(correct(FRAME, "another", table), FRAME)


def test_a_cell_can_be_filled_and_emptied() -> None:
    entries = (
        Correction("a", 2, "county_text", "Ash County", "", "wrong"),
        Correction("a", 3, "county_text", "", "Fir County", "the agency is of Fir County"),
    )
    corrected = correct(FRAME, "a", Corrections("c", entries))
    assert corrected["county_text"].fillna("").tolist() == ["", "Fir County"]


@pytest.mark.parametrize(
    ("row", "column", "expected", "message"),
    [
        (2, "county_text", "Fir County", "is stale: expected 'Fir County', found 'Ash County'"),
        (9, "county_text", "Ash County", "the source has 0 such rows"),
        (2, "county", "Ash County", "the source has no such column"),
    ],
)
def test_stale_entries_are_named(row: int, column: str, expected: str, message: str) -> None:
    table = Corrections("c.toml", (Correction("a", row, column, expected, "x", "why"),))
    with pytest.raises(
        DataError, match=rf"c\.toml, correction of a row {row}, {column}: {message}"
    ):
        correct(FRAME, "a", table)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('reason = "misspelt"', "", r"county_alias 1: lacks 'reason'"),
        ('reason = "misspelt"', 'reason = " "', "1 entries whose reason is empty"),
        ("row = 2", 'row = "2"', "row = '2', which is not a whole number"),
        ('put = "Birch County"', 'put = "x"\nwhy = "x"', "has the unknown 'why'"),
        ('"91001"', '"9100"', "county_fips is '9100', not five digits"),
        ("[[county_alias]]", "[[alias]]", r"unknown tables \['alias'\]"),
        ("row = 2", "row =", "is not valid TOML"),
        ('reason = "spelt out"', 'reason = ""', "1 entries whose reason is empty"),
        ('goes_on_in = ["another"]', "goes_on_in = []", "which is not a list of texts"),
        ('same_as = "Ash Police"', 'same_as = "ASH  PD"', "'ASH  PD' that it is another name too"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _load(tmp_path, GOOD.replace(old, new))


def test_two_entries_for_one_cell(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two entries"):
        _load(tmp_path, GOOD + GOOD)


def test_missing_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing"):
        load_corrections(tmp_path / "none.toml")


def test_the_table_of_the_project_is_sound() -> None:
    table = load_corrections()
    entries = (*table.corrections, *table.aliases, *table.agency_aliases)
    assert all(len(entry.reason) > 20 for entry in entries)


def test_tidy_cell() -> None:
    assert tidy_cell(" a\u00a0\n b ") == "a b"
    assert tidy_cell(None) == tidy_cell(float("nan")) == ""
