"""The data dictionary: current, and without a column that nobody explained."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from coopanalysis.catalog.column import Column, Table
from coopanalysis.catalog.dictionary import PLACE, data_dictionary, write_dictionary
from coopanalysis.catalog.sources import release_sources
from coopanalysis.catalog.tables import PROCESSED_TABLES, REFERENCE_TABLES
from coopanalysis.panel import Panel
from coopanalysis.paths import project_root, reference_dir
from coopanalysis.sources import READERS

TABLES = {**PROCESSED_TABLES, **REFERENCE_TABLES}
COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]
REFERENCE_LAYOUTS = {name.replace("_", "-") for name in REFERENCE_TABLES}


def line_of(text: str, table: str, column: str) -> str:
    section = text.split(f"\n### {table}\n")[1].split("\n#", maxsplit=1)[0]
    (found,) = [line for line in section.splitlines() if line.startswith(f"| `{column}` |")]
    return found


def test_the_dictionary_is_current() -> None:
    now = data_dictionary(release_sources("public"))
    committed = (project_root() / PLACE).read_text(encoding="utf-8")
    assert committed == now, "run `make docs` and commit docs/data_dictionary.md"


def problems(table: Table, column: Column) -> list[str]:
    """What is wrong with the words of a column."""
    said = column.description.strip()
    strange = set(column.source.split(", ")) - {*READERS, *REFERENCE_LAYOUTS, "all"}
    found = {
        "no unit": not column.unit.strip(),
        "a description is a sentence": len(said) <= 3 or said[-1] not in ".:)",
        f"layouts that no reader has: {strange}": bool(strange),
    }
    return [f"{table.name}.{column.name}: {words}" for words, wrong in found.items() if wrong]


def test_no_column_lacks_unit_and_source() -> None:
    assert len(COLUMNS) > 250
    assert [problem for one in COLUMNS for problem in problems(*one)] == []


def test_every_table_and_column_stands_in_it_once() -> None:
    text = data_dictionary(release_sources("public"))
    for table, column in COLUMNS:
        assert column.unit in line_of(text, table.name, column.name)


def test_every_table_of_a_build_is_declared(demo: Panel) -> None:
    written = {output["file"].removesuffix(".parquet") for output in demo.build["outputs"]}
    assert written <= set(PROCESSED_TABLES)
    for name in REFERENCE_TABLES:
        assert (reference_dir() / f"{name}.csv").is_file()


def test_a_line_says_type_bounds_missing_and_source() -> None:
    text = data_dictionary(release_sources("public"))
    assert line_of(text, "county", "poverty_pct") == (
        "| `poverty_pct` | number | percent, 0 to 100 | Residents below the poverty line, ACS "
        "2013-2017. | 0 to 100 | yes | acs-wide |"
    )
    assert "| `0`, `1` | yes |" in line_of(text, "county", "agreement_latest_list")
    assert r"| `^\d{5}$` | no | county-names |" in line_of(text, "county", "county_fips")
    assert r"(agreement_287g\|" in line_of(text, "state_laws", "practices")
    assert "share one observation" in line_of(text, "county_year", "income_p50_usd")


def test_it_is_written_where_asked(tmp_path: Path) -> None:
    path = write_dictionary(tmp_path / "docs" / "out.md")
    assert path.read_text(encoding="utf-8").startswith("# Data dictionary\n")


def test_as_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / "notebooks").mkdir(parents=True)
    (home / "notebooks" / "reports.toml").write_text("")
    (home / "data").mkdir()
    (home / "data" / "raw").symlink_to(project_root() / "data" / "raw")
    monkeypatch.setenv("COOPANALYSIS_HOME", str(home))
    done = subprocess.run(
        [sys.executable, "-m", "coopanalysis.catalog.dictionary"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"wrote {home.resolve() / PLACE}\n"
    assert done.stderr == ""
