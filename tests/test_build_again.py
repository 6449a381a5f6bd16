"""What stands of a build: it is taken as it is, made anew where a byte differs, or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from coopanalysis.catalog.sources import release_sources
from coopanalysis.errors import DataError
from coopanalysis.panel import build_release, examine_file
from coopanalysis.panel.read import read_one
from coopanalysis.panel.record import build_view, read_build, sound_table, table_sources
from coopanalysis.panel.verify import absent_rows
from coopanalysis.paths import processed_dir
from coopanalysis.sources import READERS

Home = Callable[..., Path]


def test_a_table_with_a_byte_changed_is_refused_and_built_again(built_copy: Home) -> None:
    built_copy()
    assert "nothing changed; the tables are up to date" in str(build_release("demo"))
    folder = processed_dir("demo")
    file = folder / "county.parquet"
    sound = file.read_bytes()
    assert sound_table(folder, "county") == file
    file.write_bytes(sound[:-9] + bytes([sound[-9] ^ 1]) + sound[-8:])
    with pytest.raises(DataError, match=r"county\.parquet.*is not the file that was built"):
        sound_table(folder, "county")
    again = build_release("demo")
    assert not again.was_current
    assert again.rows["county"] == 10
    assert file.read_bytes() == sound


def test_a_report_sees_of_a_build_what_is_behind_the_tables_that_it_declares(
    built_copy: Home,
) -> None:
    built_copy()
    folder = processed_dir("demo")
    record, sources = read_build(folder), table_sources(folder)
    assert record is not None
    whole = build_view(record, (), sources)
    assert whole["inputs"] == record["inputs"]
    assert not {"fingerprint", "outputs", "seal"} & set(whole)
    part = build_view(record, ("boundaries",), sources)
    assert [one["id"] for one in part["inputs"]] == ["shapes"]
    assert part["agreement_lists"] == []
    unknown = build_view(record, ("boundaries", "no such table"), sources)
    assert unknown["inputs"] == record["inputs"]


def test_a_file_with_its_address_and_name_takes_a_place_beside_the_old_one(
    built_copy: Home, tmp_path: Path
) -> None:
    raw = built_copy()
    old = next(one for one in release_sources("demo") if one.layout == "urban-crime")
    newer = tmp_path / Path(old.path).name
    newer.write_text((raw / old.path).read_text().replace("120.5", "125.5"))
    addition = examine_file(newer, "demo", url="https://www.example.org/crime.csv")
    assert (addition.source.url, addition.source.optional) == (
        "https://www.example.org/crime.csv",
        False,
    )
    assert addition.source.path != old.path
    assert addition.source.path.endswith(f"-{newer.name}")
    assert not any("has no address" in line for line in addition.lines)
    assert any("has no address" in line for line in examine_file(newer, "demo").lines)


def test_a_county_without_a_row_is_named_in_a_file_of_one_year(built_copy: Home) -> None:
    raw = built_copy()
    source = next(one for one in release_sources("demo") if one.layout == "votes-president")
    file = raw / source.path
    reading = READERS["votes-president"](file, source.id)
    counties = reading.frame[["county_fips"]]
    assert absent_rows(reading, source, counties, "votes.csv") == []
    less = replace(reading, rows_in=reading.rows_in - 1, frame=reading.frame.iloc[1:])
    (failure,) = absent_rows(less, source, counties, "votes.csv")
    assert f"without a row is county {reading.frame['county_fips'].iloc[0]}" in str(failure)


def test_a_folder_is_no_file_to_read_by_itself(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder, not a file"):
        read_one("urban-crime", tmp_path)
