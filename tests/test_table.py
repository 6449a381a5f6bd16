"""Reading delimited text: lines keep their numbers, and none is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopanalysis.errors import DataError
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import Reading, empty_rejects
from coopanalysis.sources.table import read_text_table

HEADER = "year,state,county,state_name,county_name,population"


def write(folder: Path, data: bytes, name: str = "sample.csv") -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def test_line_ends_marks_and_blank_lines(tmp_path: Path) -> None:
    file = write(tmp_path, b"\xef\xbb\xbfcode,name\r\n01,Alder\r\n\r\n02,Birch\r\n\r\n")
    table = read_text_table(file, "", ["code", "name"])
    assert table.source == "sample.csv"
    assert table.lines["code"].tolist() == ["01", "02"]
    assert table.lines["source_row"].tolist() == [2, 4]


def test_utf_8_and_latin_1_in_one_file(tmp_path: Path) -> None:
    file = write(tmp_path, "name\nPeñón\n".encode() + "Peñón\n".encode("latin-1"))
    assert read_text_table(file, "", ["name"]).lines["name"].tolist() == ["Peñón", "Peñón"]


def test_a_line_with_too_few_or_too_many_fields_is_a_reject(tmp_path: Path) -> None:
    file = write(tmp_path, b"code,n\n01,5\n02\n\n03,7,8\n04,9\n")
    table = read_text_table(file, "here", ["code", "n"])
    reading = table.reading({"code": table.text("code"), "n": table.whole("n")}, ["code"])
    assert reading.frame["source_row"].tolist() == [2, 6]
    assert reading.rejects["row"].tolist() == [3, 5]
    assert reading.rejects["raw"].tolist() == ['{"line": "02"}', '{"line": "03,7,8"}']
    assert (reading.rejects["reason"] == "wrong number of fields").all()
    assert reading.rows_in == 4


def test_a_bad_number_costs_its_row_only(tmp_path: Path) -> None:
    file = write(tmp_path, b"code,n\n01,5\n02,five\n03,-1\n04,NA\n05,2.5\n06,1e999\n")
    table = read_text_table(file, "here", ["code", "n"])
    reading = table.reading({"code": table.text("code"), "n": table.whole("n")}, ["code"])
    assert reading.frame["n"].tolist() == [5]
    assert reading.rejects.set_index("row")["reason"].to_dict() == {
        3: "not a number: n",
        4: "number out of range: n",
        5: "not a number: n",
        6: "not a number: n is not a whole number",
        7: "number out of range: n",
    }


def test_missing_text_is_missing_only_where_it_is_allowed(tmp_path: Path) -> None:
    table = read_text_table(write(tmp_path, b"n,m\nNA,NA\n"), "", ["n", "m"])
    assert pd.isna(table.number("n", missing="NA").iloc[0])
    assert table.reasons.isna().all()
    table.number("m")
    assert table.reasons.tolist() == ["not a number: m"]


@pytest.mark.parametrize("text", ["5", "-0.5", "0", "10.25", "1e+05", "1E-3"])
def test_numbers_as_programs_write_them(tmp_path: Path, text: str) -> None:
    table = read_text_table(write(tmp_path, f"a,n\nx,{text}\n".encode()), "", ["n"])
    assert table.number("n").tolist() == [float(text)]
    assert table.reasons.isna().all()


@pytest.mark.parametrize(
    "text", ["04.87", "007", "-01", ".5", "5.", "+5", "1e", "e5", "1 234", "0x1F"]
)
def test_a_number_that_lost_a_part_is_none(tmp_path: Path, text: str) -> None:
    table = read_text_table(write(tmp_path, f"a,n\nx,{text}\n".encode()), "", ["n"])
    assert table.number("n").isna().all()
    assert table.reasons.tolist() == ["not a number: n"]


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("O'Brien County", True),
        ("Doña Ana", True),
        ("University of Alaska: Main", True),
        ("", False),
        ("12", False),
        ("Coun\tty", False),
        ("A1 2B", False),
        ('Al\\\\"an', False),
    ],
)
def test_names(tmp_path: Path, text: str, is_name: bool) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    table = read_text_table(write(tmp_path, f"a,n\nx,{quoted}\n".encode()), "", ["n"])
    table.name("n")
    assert table.reasons.isna().all() == is_name


def test_a_repeated_key_keeps_the_first_row(tmp_path: Path) -> None:
    table = read_text_table(write(tmp_path, b"code,n\n01,5\n01,6\n"), "", ["code", "n"])
    reading = table.reading({"code": table.text("code"), "n": table.whole("n")}, ["code"])
    assert reading.frame["n"].tolist() == [5]
    assert reading.rejects["reason"].tolist() == ["key repeats an earlier row: code"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"fips,name\n01,Alder\n", "lacks the column code; expected code; found fips, name"),
        (b"code,code\n01,02\n", "has more than one column code"),
        (b"code, Code \n01,02\n", "has more than one column code"),
    ],
)
def test_an_unusable_file_is_one_clear_error(tmp_path: Path, data: bytes, problem: str) -> None:
    with pytest.raises(DataError) as caught:
        read_text_table(write(tmp_path, data), "", ["code"])
    assert str(caught.value).startswith(f"sample.csv: {problem}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv: cannot be read \(No such file"):
        read_text_table(tmp_path / "gone.csv", "", ["code"])


FIELD = st.text(alphabet='019NA .-"ñ,é\x00', max_size=6)
LINE = st.lists(FIELD, min_size=1, max_size=8).map(",".join)


@pytest.mark.slow
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=st.lists(LINE, max_size=12), encoding=st.sampled_from(["utf-8", "latin-1"]))
def test_no_row_of_a_damaged_file_is_lost(tmp_path: Path, lines: list[str], encoding: str) -> None:
    body = "\n".join([HEADER, *lines, "2021,90,001,Northmark,Alder County,5"])
    file = write(tmp_path, body.encode(encoding))
    try:
        reading = READERS["urban-population"](file)
    except DataError as error:
        assert "sample.csv" in str(error)
        return
    assert reading.rows_in == len(reading.frame) + len(reading.rejects)
    rows = [*reading.frame["source_row"], *reading.rejects["row"]]
    assert len(set(rows)) == len(rows)
    if '"' not in body:
        filled = [n for n, line in enumerate(lines, 2) if line.strip(",") or line.count(",") != 5]
        filled = [n for n in filled if lines[n - 2] != ""]
        assert sorted(rows) == [*filled, len(lines) + 2]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(codes=st.lists(st.text(alphabet="0159 -.Ao٣５", max_size=7), min_size=1, max_size=9))
def test_a_county_code_is_five_digits_as_written_or_its_line_goes(
    tmp_path: Path, codes: list[str]
) -> None:
    lines = "".join(f"{code},x\n" for code in codes)
    table = read_text_table(write(tmp_path, f"code,name\n{lines}".encode()), "", ["code", "name"])
    typed = {"county_fips": table.county_fips("code")}
    reading = table.reading(typed, ("county_fips",))
    bare = [re.sub(r"\.0*$", "", code.strip()) for code in codes]
    sound = [code.zfill(5) for code in bare if re.fullmatch("[0-9]{5}|[1-9][0-9]{3}", code)]
    assert reading.frame["county_fips"].tolist() == list(dict.fromkeys(sound))
    assert reading.rows_in == len(codes) == reading.rows_kept + reading.rows_rejected


@pytest.mark.parametrize("rows_in", [0, 2])
def test_rows_in_are_rows_kept_and_rows_rejected(rows_in: int) -> None:
    with pytest.raises(ValueError, match=f"{rows_in} rows in, but 1 kept and 0 rejected"):
        Reading("here", pd.DataFrame({"n": [1]}), empty_rejects(), rows_in)
