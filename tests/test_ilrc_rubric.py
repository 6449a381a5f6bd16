"""The rubric is read in its own direction, CSV or workbook, and bad cells cost their row."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from coopanalysis.errors import DataError
from coopanalysis.sources import READERS, read_rubric
from coopanalysis.sources.ilrc_rubric import LIMIT_COLUMNS, NAME_COLUMNS, TOTAL_COLUMN
from coopanalysis.vocabulary import PRACTICE_NAMES

HEADER = [*NAME_COLUMNS, *LIMIT_COLUMNS, TOTAL_COLUMN]


def line(code: object = "91001", marks: str = "1100000", total: object = 2) -> list[object]:
    """One row of the file; a space among the marks is a blank cell."""
    cells = [None if mark == " " else int(mark) for mark in marks]
    return [code, "Ash", "Northmark", "County", "Ashton", *cells, total]


def write_rubric(path: Path, lines: list[list[object]], header: list[str] = HEADER) -> Path:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *lines])
        return path
    book = Workbook()
    for cells in [header, *lines]:
        book.active.append(cells)
    book.save(path)
    return path


def test_the_headers_are_those_of_the_file() -> None:
    assert list(LIMIT_COLUMNS) == [
        "No 287(g)",
        "No ICE detention contract",
        "No ICE holds",
        "No ICE alerts",
        "Limits on ICE interrogations in jail",
        "Prohibition on asking about immigration status",
        "General prohibition on assistance to ICE",
    ]
    assert (HEADER[0], HEADER[4], HEADER[-1]) == ("GEOID FIPS", "Jail or Prison City", "ILRC Total")


@pytest.mark.parametrize("name", ["rubric.csv", "rubric.xlsx"])
def test_marks_keep_their_direction(tmp_path: Path, name: str) -> None:
    path = write_rubric(tmp_path / name, [line(), line(1003, "0 00001", None), line("91005")])
    reading = READERS["ilrc-rubric"](path, "rubric")
    frame = reading.frame
    assert frame["county_fips"].tolist() == ["91001", "01003", "91005"]
    assert [frame[f"limits_{practice}"].iloc[0] for practice in PRACTICE_NAMES] == [1, 1] + [0] * 5
    assert frame["limits_detention_contract"].isna().tolist() == [False, True, False]
    assert frame["limits_total_published"].isna().tolist() == [False, True, False]
    assert str(frame["limits_agreement_287g"].dtype) == "Int8"
    assert frame["source_row"].tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (line("9101x"), "county code is not five digits"),
        (line(""), "county code is not five digits"),
        (line(marks="1200000"), "'No ICE detention contract' is not 0, 1 or blank"),
        ([*line()[:5], "yes", *line()[6:]], "'No 287(g)' is not 0, 1 or blank"),
        (line(total="two"), "'ILRC Total' is not a whole number or blank"),
        (line()[:9], "wrong number of fields"),
        ([*line(), "1"], "wrong number of fields"),
    ],
)
def test_bad_cells_cost_their_row(tmp_path: Path, cells: list[object], reason: str) -> None:
    reading = read_rubric(write_rubric(tmp_path / "a.csv", [line(), cells]))
    assert (reading.rows_in, reading.rows_kept) == (2, 1)
    assert reading.rejects[["row", "reason"]].to_dict("records") == [{"row": 3, "reason": reason}]


def test_a_workbook_need_not_store_the_blank_cells_at_the_end_of_a_row(tmp_path: Path) -> None:
    reading = read_rubric(write_rubric(tmp_path / "a.xlsx", [line(), line("91003")[:9]]))
    assert reading.rows_kept == 2


def test_odd_totals_are_kept(tmp_path: Path) -> None:
    path = write_rubric(tmp_path / "a.csv", [line(total=total) for total in (0, 8, 31)])
    assert read_rubric(path).frame["limits_total_published"].tolist() == [0, 8, 31]


def test_missing_columns_are_named(tmp_path: Path) -> None:
    header = [name for name in HEADER if name not in ("No ICE holds", TOTAL_COLUMN)]
    path = write_rubric(tmp_path / "a.csv", [], header)
    with pytest.raises(DataError, match=r"lacks the columns \['No ICE holds', 'ILRC Total'\]"):
        read_rubric(path)


def test_other_case_order_and_columns(tmp_path: Path) -> None:
    header = [f" {name.upper()}" for name in reversed(HEADER)]
    path = write_rubric(tmp_path / "a.csv", [[*reversed(line()), "a note"]], [*header, "Notes"])
    pd.testing.assert_frame_equal(
        read_rubric(path).frame, read_rubric(write_rubric(tmp_path / "a.csv", [line()])).frame
    )


@pytest.mark.slow
@given(code=st.integers(0, 99_999), style=st.sampled_from(["{:05d}", "{:04d}", "{}", "{}.0"]))
def test_codes_that_became_numbers(
    tmp_path_factory: pytest.TempPathFactory, code: int, style: str
) -> None:
    path = write_rubric(tmp_path_factory.getbasetemp() / "codes.csv", [line(style.format(code))])
    reading = read_rubric(path)
    if code >= 1000 or style == "{:05d}":
        assert reading.frame["county_fips"].tolist() == [f"{code:05d}"]
    else:
        # No state has the code 00: four digits with a zero in front are no number of a code.
        assert reading.rows_rejected == 1


texts = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    st.sampled_from(["0", "1", "1.0", "", "91001", "1001", "31", "-1", "١"]),
)


@pytest.mark.slow
@given(lines=st.lists(st.lists(texts, min_size=13, max_size=13), max_size=5))
def test_no_row_is_lost_whatever_the_cells(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[object]]
) -> None:
    path = write_rubric(tmp_path_factory.getbasetemp() / "damaged.csv", lines)
    reading = read_rubric(path)
    filled = sum(any(str(cell).strip() for cell in cells) for cells in lines)
    assert reading.rows_in == reading.rows_kept + reading.rows_rejected == filled
    assert reading.frame["county_fips"].str.fullmatch("[0-9]{5}").all()
