"""Numbers with the sign on the last digit, and what becomes of damaged records."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopanalysis.errors import DataError
from coopanalysis.sources.return_a import layout, read_return_a
from coopanalysis.sources.return_a.parse import RECORDS_PER_BLOCK, decode_cells, parse_stream
from return_a_samples import YEAR, agencies
from tools.demo.return_a import master_records

NEGATIVE = "}JKLMNOPQR"
POSITIVE = "{ABCDEFGHI"


def cell(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("latin-1"), np.uint8).reshape(1, 5)


def overpunch(value: int) -> str:
    digits = f"{abs(value):05d}"
    return digits if value >= 0 else digits[:4] + NEGATIVE[int(digits[4])]


@given(st.integers(-99_999, 99_999))
def test_overpunch_round_trip(value: int) -> None:
    values, readable = decode_cells(cell(overpunch(value)))
    assert readable.all()
    assert values[0] == value


@given(st.integers(0, 9999), st.integers(0, 9))
def test_positive_signs_are_read_too(front: int, last: int) -> None:
    values, readable = decode_cells(cell(f"{front:04d}{POSITIVE[last]}"))
    assert readable.all()
    assert values[0] == front * 10 + last


@given(st.text(st.characters(max_codepoint=255), min_size=5, max_size=5))
def test_any_cell_is_a_number_or_unreadable(text: str) -> None:
    values, readable = decode_cells(cell(text))
    body = text.lstrip(" ")
    front, last = body[:-1], body[-1:]
    expected = not body or (
        all(letter in "0123456789" for letter in front)
        and last in {*"0123456789", *NEGATIVE, *POSITIVE}
    )
    assert bool(readable[0]) == expected
    assert readable[0] or values[0] == 0


def test_blank_cells_are_zero() -> None:
    values, readable = decode_cells(cell("     "))
    assert readable[0]
    assert values[0] == 0


def lines(count: int) -> list[bytes]:
    frame = pd.concat([agencies()] * (count // 4 + 1), ignore_index=True).head(count)
    frame["ori7"] = [f"QA{number:05d}" for number in range(count)]
    frame["covered_by_ori7"] = ""
    return [record.tobytes() for record in master_records(frame, YEAR)]


def read(folder: Path, data: bytes):
    path = folder / "file.txt"
    path.write_bytes(data)
    return read_return_a(path)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n\x1a"])
def test_line_ends_do_not_matter(tmp_path: Path, ending: bytes, tail: bytes) -> None:
    reading = read(tmp_path, ending.join(lines(6)) + tail)
    assert (reading.rows_in, reading.rows_kept) == (6, 6)
    assert reading.frame["source_row"].tolist() == [1, 2, 3, 4, 5, 6]


def test_damaged_lines_are_rejected_with_their_row(tmp_path: Path) -> None:
    text = lines(8)
    text[1] = text[1][:7000]
    text[3] = b""
    text[5] = text[5].replace(b"ASH", b"AS", 1)
    reading = read(tmp_path, b"\r\n".join(text) + b"\r\n")
    assert reading.rows_in == 8
    assert reading.rejects["row"].tolist() == [2, 4, 6]
    assert reading.rejects["reason"].str.contains("characters long").all()
    assert reading.frame["source_row"].tolist() == [1, 3, 5, 7, 8]


def test_damage_between_whole_blocks(tmp_path: Path) -> None:
    count = 2 * RECORDS_PER_BLOCK + 7
    text = lines(count)
    text[RECORDS_PER_BLOCK + 3] = b"short"
    reading = read(tmp_path, b"\r\n".join(text) + b"\r\n")
    assert (reading.rows_in, reading.rows_rejected) == (count, 1)
    assert reading.rejects.loc[0, "row"] == RECORDS_PER_BLOCK + 4
    whole = read(tmp_path, b"\r\n".join(lines(count)) + b"\r\n").frame
    same = whole.drop(index=RECORDS_PER_BLOCK + 3).reset_index(drop=True)
    assert reading.frame.equals(same)


@pytest.mark.parametrize(
    ("position", "put", "reason"),
    [
        (1, b"2", "record type"),
        (4, b"a", "agency identifier"),
        (14, b"1x", "year_in_century"),
        (14, b"  ", "year_in_century is blank"),
        (45, b" " * 9, "population_1 is blank"),
        (60, b"     1234", "population_2 is blank"),
        (42, b" 7", "last_month_reported is blank"),
        (42, b"13", "last month"),
        (45, b"-00000001", "population_1"),
        (306, b"13", "month that does not exist"),
        (315, b"7", "card type"),
        (463, b"0 001", "a count is no number"),
        (463, b"000-1", "a count is no number"),
        (200, b"\n", "control characters"),
    ],
)
def test_damaged_fields_are_rejected_with_the_reason(
    tmp_path: Path, position: int, put: bytes, reason: str
) -> None:
    text = lines(3)
    at = position - 1
    text[1] = text[1][:at] + put + text[1][at + len(put) :]
    reading = read(tmp_path, b"\r\n".join(text) + b"\r\n")
    assert (reading.rows_in, reading.rows_kept, reading.rows_rejected) == (3, 2, 1)
    assert reason in reading.rejects.loc[0, "reason"]
    assert reading.rejects.loc[0, "row"] == 2


def test_an_agency_twice_is_rejected(tmp_path: Path) -> None:
    text = lines(2)
    reading = read(tmp_path, b"\n".join([*text, text[0]]))
    assert reading.rejects["row"].tolist() == [3]


def test_accents_do_not_cost_a_record(tmp_path: Path) -> None:
    text = lines(2)
    text[0] = text[0][:120] + "CAÑADA".encode("latin-1") + text[0][126:]
    assert read(tmp_path, b"\n".join(text)).frame.loc[0, "agency"] == "CAÑADA"


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a,b\n1,2\n", b"x" * 10_000])
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DataError, match="7385"):
        read(tmp_path, data)


def test_a_file_without_line_ends_is_refused_early() -> None:
    with pytest.raises(DataError, match="no line end"):
        parse_stream(io.BytesIO(b"1" * 8_000_000), "endless")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_but_data_errors(tmp_path: Path, data: bytes) -> None:
    try:
        reading = read(tmp_path, data)
    except DataError:
        return
    assert reading.rows_in == reading.rows_kept + reading.rows_rejected


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.integers(0, 4 * (layout.RECORD_LENGTH + 2) - 1), st.binary(max_size=12)),
        max_size=6,
    )
)
def test_rows_in_are_kept_plus_rejected_whatever_is_damaged(
    tmp_path: Path, damage: list[tuple[int, bytes]]
) -> None:
    data = bytearray(b"\r\n".join(lines(4)) + b"\r\n")
    for at, put in damage:
        data[at : at + max(len(put) - 1, 0)] = put
    try:
        reading = read(tmp_path, bytes(data))
    except DataError:
        return
    assert reading.rows_in == reading.rows_kept + reading.rows_rejected
    assert not reading.frame["ori7"].isna().any()


@pytest.mark.parametrize("at", [0, 1, 3, 5, 12, 60, 116, 118, 150, 304, 305, 400, 3000, 6000])
@pytest.mark.parametrize("more", [True, False], ids=["a byte more", "a byte less"])
def test_a_record_shifted_by_a_byte_is_a_reject(tmp_path: Path, at: int, more: bool) -> None:
    records = [record.tobytes() for record in master_records(agencies(), YEAR)]
    whole = records[0]
    shifted = whole[:at] + b" " + whole[at:-1] if more else whole[:at] + whole[at + 1 :] + b"0"
    file = tmp_path / "master.txt"
    file.write_bytes(b"\r\n".join([shifted, *records[1:]]) + b"\r\n")
    reading = read_return_a(file)
    assert reading.rows_in == len(records)
    assert reading.rejects["row"].tolist() == [1]
