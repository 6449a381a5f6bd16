"""Declarations of columns are data: what they may say is checked when they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopanalysis import vocabulary
from coopanalysis.catalog.tables import (
    COLUMNS_DIR,
    COUNTY,
    PROCESSED_TABLES,
    REFERENCE_TABLES,
    read_declaration,
)
from coopanalysis.errors import DataError

COLUMN = 'type = "str"\nunit = "none"\ndescription = "A code."\nsource = "all"\n'
BEGINNING = 'row_means = "one place"\nkey = ["place"]\n[columns.place]\n'


def declared(folder: Path, text: str) -> Path:
    path = folder / "places.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_new_column_is_one_entry(tmp_path: Path) -> None:
    more = '[columns.courts_count]\ntype = "Int64"\nunit = "courts"\nminimum = 0\n'
    more += 'description = "Courts."\nsource = "court-list"\nnullable = true\noptional = true\n'
    table = read_declaration(declared(tmp_path, BEGINNING + COLUMN + more))
    assert (table.name, table.key) == ("places", ("place",))
    assert [column.name for column in table.columns] == ["place", "courts_count"]
    assert table.column("courts_count").optional and table.column("courts_count").minimum == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (COLUMN.replace("unit", "units"), "unit is missing, units is no field"),
        (COLUMN.replace('"str"', '"text"'), "'text' is no type"),
        (COLUMN + "maximum_value = 3\n", "maximum_value is no field"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match="places.toml, column place") as caught:
        read_declaration(declared(tmp_path, BEGINNING + text))
    assert said in str(caught.value)


def test_a_key_is_made_of_columns(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="spot"):
        read_declaration(declared(tmp_path, (BEGINNING + COLUMN).replace('["place"]', '["spot"]')))


def test_every_file_is_a_table_and_practices_have_the_words_of_the_vocabulary() -> None:
    files = {path.stem for path in COLUMNS_DIR.glob("*.toml")}
    assert files == {*PROCESSED_TABLES, *REFERENCE_TABLES}
    for practice in vocabulary.PRACTICES:
        column = COUNTY.column(practice.name)
        assert (column.label, column.phrase) == (practice.label, practice.plural)
