"""One master file cleaned by itself is what a build makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis import cli
from coopanalysis.catalog.sources import release_sources, source_path
from coopanalysis.catalog.tables import AGENCY_YEAR
from coopanalysis.panel import Panel, read_one
from coopanalysis.panel.read import clean_master_file
from coopanalysis.schema import check_table
from coopanalysis.sources import read_return_a
from return_a_samples import YEAR, of_state, write
from tools.demo.return_a import master_records


def test_a_file_of_demo_is_cleaned_as_in_a_build(
    demo: Panel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = next(one for one in release_sources("demo") if one.layout == "fbi-return-a")
    out = tmp_path / "out.parquet"
    words = ["data", "read", "fbi-return-a", str(source_path(source, "demo")), "-o", str(out)]
    assert cli.main([*words, "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert counts == {
        "rows_in": source.rows,
        "rows_kept": source.rows,
        "rows_rejected": 0,
        "codes_mended": 0,
    }
    built = demo.agency_year[demo.agency_year["year"] == int(source.vintage)]
    found = check_table(pd.read_parquet(out), AGENCY_YEAR)
    pd.testing.assert_frame_equal(found, built.reset_index(drop=True))


def test_records_are_counted_and_their_parts_written(tmp_path: Path) -> None:
    lines = [record.tobytes() for record in master_records(of_state("AV", ucr_state="71"), YEAR)]
    path = tmp_path / "master.txt"
    path.write_bytes(b"\r\n".join([*lines, b"cut"]) + b"\r\n")
    reading, _ = read_one("fbi-return-a", path, tmp_path / "out.parquet", release="demo")
    assert (reading.rows_in, reading.rows_kept, reading.rows_rejected) == (5, 4, 1)
    parts = pd.read_parquet(tmp_path / "out.parquet")
    assert parts["ori7"].tolist() == ["AV00100", "AV00101", "AV00101", "AV00200", "AV00201"]
    assert parts["murder_actual"].sum() == reading.frame["murder_actual"].sum() == 3


def test_without_the_lists_of_the_release_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "coopanalysis.panel.read.source_path",
        lambda source, release: (
            tmp_path / "gone"
            if source.layout in ("urban-population", "police-employees")
            else source_path(source, release)
        ),
    )
    counties = ["001", "001", "002", "002"]
    path = write(tmp_path, of_state("AL", ucr_state="01", ucr_county_1=counties))
    frame, remark = clean_master_file(read_return_a(path))
    assert "'public' has not been fetched" in remark
    assert set(frame["state_fips"]) == {"01"}


def test_a_file_without_a_usable_record_gives_no_row(tmp_path: Path) -> None:
    (record, *_) = (one.tobytes() for one in master_records(of_state("AV", ucr_state="71"), YEAR))
    path = tmp_path / "master.txt"
    path.write_bytes(b"9" + record[1:] + b"\n")
    frame, _ = clean_master_file(read_return_a(path), "demo")
    assert frame.empty
    assert list(frame) == [column.name for column in AGENCY_YEAR.columns]
