"""What is wrong with files of a release is said, one line each, without building anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.panel.check import check_release_data
from coopanalysis.paths import processed_dir
from coopanalysis.seal import sealed
from release_samples import LAYOUTS, ROWS, write_manifest

Home = Callable[..., Path]
CRIME = LAYOUTS["crime"][1]


def rewrite(file: Path, data: bytes) -> None:
    """Put a table in the place of another, with a record that says that it was built so."""
    file.write_bytes(data)
    build = file.parent / "build.json"
    record = json.loads(build.read_bytes())
    (output,) = [one for one in record["outputs"] if one["file"] == file.name]
    output |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    build.write_text(json.dumps(sealed(record)), encoding="utf-8")


def test_a_sound_release_has_no_failure(built_copy: Home) -> None:
    built_copy()
    assert check_release_data("demo") == []


def test_a_table_that_is_missing_or_changed_is_named(built_copy: Home) -> None:
    built_copy()
    folder = processed_dir("demo")
    (folder / "county.parquet").unlink()
    listed = folder / "agreements.parquet"
    listed.write_bytes(listed.read_bytes()[:-1] + b"\x00")
    failures = check_release_data("demo")
    assert len(failures) == 2
    (missing,) = [one for one in failures if "county.parquet" in one]
    (changed,) = [one for one in failures if "agreements.parquet" in one]
    assert "the file is missing" in missing
    assert "is not the file that was built" in changed


def test_a_table_with_values_that_cannot_be_is_told_whatever_its_record_says(
    built_copy: Home,
) -> None:
    built_copy()
    file = processed_dir("demo") / "county.parquet"
    frame = pd.read_parquet(file)
    frame.loc[0, "population_count"] = -5
    rewrite(file, frame.to_parquet())
    failures = check_release_data("demo")
    assert failures
    assert all("population_count" in one for one in failures)


def test_a_table_that_is_none_is_told_whatever_its_record_says(built_copy: Home) -> None:
    built_copy()
    rewrite(processed_dir("demo") / "agreements.parquet", b"PAR1 and no more")
    (failure,) = check_release_data("demo")
    assert "agreements.parquet" in failure


def test_no_build_is_one_failure(built_copy: Home) -> None:
    built_copy()
    (processed_dir("demo") / "build.json").unlink()
    (failure,) = check_release_data("demo")
    assert "data build" in failure


@pytest.mark.parametrize(
    ("rows", "text", "words"),
    [
        (12, None, "has 11 data rows"),
        (11, "no,table\n1,2\n", "lacks the column"),
        (11, b"", "crime.csv"),
    ],
)
def test_a_raw_file_is_held_against_its_rows_and_its_reader(
    built_copy: Home, rows: int, text: str | bytes | None, words: str
) -> None:
    raw = built_copy()
    if text is not None:
        (raw / CRIME).write_bytes(text if isinstance(text, bytes) else text.encode())
    write_manifest(raw, {**ROWS, "crime": rows})
    failures = [one for one in check_release_data("demo") if "crime.csv" in one]
    assert len(failures) == 1
    assert words in failures[0]
