"""Tables of R: every cell as R has it, and no cell of a file that is damaged."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopanalysis.errors import DataError
from coopanalysis.sources.r_table import read_r_table
from r_samples import r_table

TABLE = {"place": ["Ash", "Ñandú", None], "code": ["001", "", "003"]}


def cells(folder: Path, data: bytes) -> dict[str, list[str]]:
    file = folder / "table.rds"
    file.write_bytes(data)
    lines = read_r_table(file, "", ["place", "code"]).lines
    return {name: lines[name].tolist() for name in TABLE}


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("rows", [None, [1, 2, 5]])
@pytest.mark.parametrize("packed", [True, False])
def test_cells_are_those_of_the_table(
    tmp_path: Path, version: int, rows: list[int] | None, packed: bool
) -> None:
    data = r_table(TABLE, version=version, rows=rows, packed=packed)
    assert cells(tmp_path, data) == {"place": ["Ash", "Ñandú", ""], "code": ["001", "", "003"]}


def test_rows_are_numbered_from_one(tmp_path: Path) -> None:
    (tmp_path / "t.rds").write_bytes(r_table(TABLE, rows=[4, 9, 7]))
    lines = read_r_table(tmp_path / "t.rds", "", []).lines
    assert lines["source_row"].tolist() == [1, 2, 3]
    assert set(lines["source_file"]) == {"t.rds"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"X\n", b"A\n", "does not start like one"),
        (b"\x00\x00\x00\x03\x00\x04", b"\x00\x00\x00\x04\x00\x04", "version 4"),
        (b"\x00\x00\x03\x13", b"\x00\x00\x03\x0e", "it holds numbers"),
        (b"\x00\x00\x00\x10\x00\x00\x00\x03", b"\x00\x00\x00\x0d\x00\x00\x00\x03", "integers"),
        (b"\x00\x00\x00\x03Ash", b"\x00\x00\x00\x04Ash", "no text of it has"),
        (b"\x00\x00\x00\x03Ash", b"\x00\x00\x00\x02Ash", "stands where a text was"),
        (b"\x00\x00\x00\x03Ash", b"\x7f\xff\xff\xffAsh", "no room"),
        (b"\x00\x00\x00\x03Ash", b"\x80\x00\x00\x00Ash", "no room"),
        (b"Ash", b"A\x00h", "no text of it has"),
        (b"Ash", b"A\xf1h", "no text of it has"),
        (b"data.frame", b"data_frame", "no data frame"),
        (b"row.names", b"raw.names", "not as long as it has rows"),
        (b"\xff\xff\xff\xfd", b"\xff\xff\xff\xfc", "not as long as it has rows"),
        (b"\x00\x00\x00\xfe", b"\x00\x00\x00\xfe\x00", "1 bytes follow on its end"),
        (b"\x00\x00\x00\xfe", b"", "no readable R table"),
        (b"place", b"plase", "lacks the column place"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, old: bytes, new: bytes, said: str) -> None:
    stream = r_table(TABLE, packed=False)
    at = stream.index(old)
    with pytest.raises(DataError, match=said):
        cells(tmp_path, gzip.compress(stream[:at] + new + stream[at + len(old) :]))


def test_row_names_that_repeat_and_columns_of_two_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="row names repeat"):
        cells(tmp_path, r_table(TABLE, rows=[1, 2, 2]))
    with pytest.raises(DataError, match="not as long"):
        cells(tmp_path, r_table({**TABLE, "code": ["001"]}))


@pytest.mark.parametrize("packed", [True, False])
def test_no_cut_gives_a_table(tmp_path: Path, packed: bool) -> None:
    data = r_table(TABLE, packed=packed)
    for length in range(1, len(data)):
        with pytest.raises(DataError):
            cells(tmp_path, data[:length])


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_changes_at_most_one_letter(tmp_path: Path, at: int, bit: int) -> None:
    """In the packed bytes it is refused, or is one that means nothing; in the stream likewise."""
    sound = cells(tmp_path, r_table(TABLE))
    packed = bytearray(r_table(TABLE))
    packed[at % len(packed)] ^= 1 << bit
    try:
        assert cells(tmp_path, bytes(packed)) == sound
    except DataError as error:
        assert "table.rds" in str(error)
    stream = bytearray(r_table(TABLE, packed=False))
    stream[at % len(stream)] ^= 1 << bit
    try:
        found = cells(tmp_path, gzip.compress(bytes(stream)))
    except DataError:
        return
    pairs = [
        (one, other) for name in TABLE for one, other in zip(sound[name], found[name], strict=True)
    ]
    apart = [(one, other) for one, other in pairs if one != other]
    assert sum(len(one) != len(other) for one, other in apart) == 0
    assert sum(a != b for one, other in apart for a, b in zip(one, other, strict=True)) <= 1


@pytest.mark.mirror
@pytest.mark.slow
def test_the_crosswalk_is_read_as_rdata_reads_it(mirror: Path) -> None:
    rdata = pytest.importorskip("rdata", reason="reads R's files: `make test` installs it")
    file = mirror / "leaic-2012-crosswalk" / "crosswalk.rds"
    theirs = rdata.read_rds(file)
    table = read_r_table(file, "", list(theirs))
    ours = table.lines[table.columns].astype("object")
    assert len(ours) == 23_916
    filled = theirs.astype("object").where(theirs.notna(), "").reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, filled, check_names=False)
