"""Sheets come out as a general reader sees them, and damage is told."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from coopanalysis.errors import DataError
from coopanalysis.sources import workbook
from coopanalysis.sources.workbook import read_sheets
from tools.demo.workbook_writer import workbook as simulated_workbook


def test_cells_become_text(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["name", None, 7, 2.5, True, date(2030, 2, 3), datetime(2030, 2, 3, 4, 5)])
    sheet.append([None, " "])
    sheet.append(["#N/A"])
    sheet["A3"].data_type = "e"
    sheet["A1"].hyperlink = "https://example.org/a"
    book.save(tmp_path / "a.xlsx")
    (found,) = read_sheets(tmp_path / "a.xlsx")
    assert found.name == "Sheet"
    assert found.rows[0] == (
        1,
        ["name", "", "7", "2.5", "1", "2030-02-03", "2030-02-03T04:05:00"],
    )
    assert found.rows[1] == (3, ["#N/A"])
    assert found.links == {(1, 0): "https://example.org/a"}


def test_a_date_no_calendar_has_stays_a_number(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"] = 99_999_999
    book.active["A1"].number_format = "mm/dd/yyyy"
    book.save(tmp_path / "a.xlsx")
    assert read_sheets(tmp_path / "a.xlsx")[0].rows == [(1, ["99999999"])]


def test_dates_counted_from_1904(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = datetime(1904, 1, 1)
    book.active["A1"] = date(2030, 2, 3)
    book.save(tmp_path / "a.xlsx")
    assert read_sheets(tmp_path / "a.xlsx")[0].rows == [(1, ["2030-02-03"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_in_the_encodings_that_spreadsheets_write(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('name,"two, words"\r\n\r\nDoña,"x\ny"\r\n'.encode(encoding))
    assert read_sheets(path)[0].rows == [(1, ["name", "two, words"]), (3, ["Doña", "x\ny"])]


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with pytest.raises(DataError, match="no such file"):
        read_sheets(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0\0\0\0")
    with pytest.raises(DataError, match="neither a workbook"):
        read_sheets(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "no workbook")
    with pytest.raises(DataError, match="save it as .xlsx"):
        read_sheets(path)


def _small_workbook() -> bytes:
    book = Workbook()
    book.active.append(["a", 1, date(2030, 1, 1)])
    book.active["A1"].hyperlink = "https://example.org/a"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


SMALL = _small_workbook()


@given(at=st.integers(0, len(SMALL) - 1), put=st.binary(max_size=8), cut=st.booleans())
def test_a_damaged_workbook_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, put: bytes, cut: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    path.write_bytes(SMALL[:at] + put + (b"" if cut else SMALL[at + len(put) :]))
    try:
        read_sheets(path)
    except DataError as error:
        assert "damaged.xlsx" in str(error)


def kind_of(path: Path) -> tuple[bool, frozenset[str]]:
    """Whether the sheet of a workbook has links, and the kinds of its cells."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    return "<hyperlink " in text, frozenset(re.findall(r'<c [^>]*t="(\w+)"', text))


@pytest.mark.mirror
def test_same_text_as_a_general_reader(mirror: Path) -> None:
    """The largest file of each kind: to read all takes a minute, and says no more."""
    files = sorted(mirror.glob("ice-287g-*/*.xlsx"), key=lambda path: path.stat().st_size)
    largest = {kind_of(path): path for path in files}
    assert len(largest) > 4
    for path in largest.values():
        (sheet,) = read_sheets(path)
        other = load_workbook(path).worksheets[0]
        expected, links = [], {}
        for number, cells in enumerate(other.iter_rows(), 1):
            texts = [
                str(cell.value.date() if isinstance(cell.value, datetime) else cell.value or "")
                for cell in cells
            ]
            texts = [text.replace("\u00a0", " ") for text in texts]
            if any(map(str.strip, texts)):
                expected.append((number, texts))
            links |= {
                (number, at): cell.hyperlink.target
                for at, cell in enumerate(cells)
                if cell.hyperlink
            }
        width = other.max_column
        assert [(n, cells + [""] * (width - len(cells))) for n, cells in sheet.rows] == expected
        assert sheet.links == links


def test_one_byte_more_anywhere_in_the_end_of_the_archive_is_refused_with_a_reason(
    tmp_path: Path,
) -> None:
    """The end says where the parts lie: moved, it may point to before the file begins."""
    path = tmp_path / "moved.xlsx"
    refused = 0
    for at in range(len(SMALL) - 22, len(SMALL)):
        path.write_bytes(SMALL[:at] + b"\n" + SMALL[at:])
        try:
            read_sheets(path)
        except DataError as error:
            assert "moved.xlsx" in str(error)
            refused += 1
    assert refused


def rewritten(path: Path, old: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> Path:
    """Put one text in place of another in a part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new, 1)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def book_of(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    for cells in rows:
        book.active.append(cells)
    book.save(path)
    return path


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1" t="inlineStr"><is><t>{}</t></is></c>',
        '<c r="A1" t="str"><f>B1</f><v>{}</v></c>',
    ],
    ids=["inline", "formula"],
)
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Ash_x000D_\nCounty", "Ash\r\nCounty"),
        ("a_x005F_x000D_b", "a_x000D_b"),
        ("_xD83D__xDE00_", "\U0001f600"),
        ("_x0007_bell_x00AD_", "bell"),
        ("_x12_ _xZZZZ_", "_x12_ _xZZZZ_"),
    ],
)
def test_escapes_are_undone(tmp_path: Path, cell: str, written: str, read: str) -> None:
    path = book_of(tmp_path / "a.xlsx", [1])
    old = '<c r="A1" t="n"><v>1</v></c>'
    (sheet,) = read_sheets(rewritten(path, old, cell.format(written)))
    assert sheet.rows == [(1, [read])]


def test_escapes_of_shared_strings_and_names_of_sheets_are_undone(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(simulated_workbook("A_x0020_B", [["Ash_x000D_ County"]], {}))
    (sheet,) = read_sheets(path)
    assert (sheet.name, sheet.rows) == ("A B", [(1, ["Ash\r County"])])
    rewritten(path, "<v>0</v>", "<v>-1</v>")
    with pytest.raises(DataError, match="there is no shared string -1"):
        read_sheets(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('r="B1"', 'r="ZZZZZZ1"'),
        ('r="B1"', 'r="XFE1"'),
        ('r="B1"', 'r="AAAAAAAAAAAAAAAAAAAAAAAA"'),
        ('r="B1"', 'r="A1"'),
        ('r="B1"', 'r="\u00c51"'),
        ('<row r="2"', '<row r="99999999999999999999"'),
        ('<row r="2"', '<row r="1"'),
        ('<row r="2"', '<row r="0"'),
    ],
)
def test_a_cell_that_no_sheet_has_is_refused(tmp_path: Path, old: str, new: str) -> None:
    path = book_of(tmp_path / "a.xlsx", ["a", "b"], ["c", "d"])
    with pytest.raises(DataError, match="is not a workbook that can be read .ValueError"):
        read_sheets(rewritten(path, old, new))


def test_a_part_too_large_to_unpack_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book_of(tmp_path / "a.xlsx", ["a" * 2000])
    monkeypatch.setattr(workbook, "LARGEST_PART", 1000)
    with pytest.raises(DataError, match="would unpack to"):
        read_sheets(path)


def test_a_formula_that_nobody_computed_is_no_empty_cell(tmp_path: Path) -> None:
    path = book_of(tmp_path / "a.xlsx", ["a", "=UPPER(A1)"])
    (sheet,) = read_sheets(path)
    assert sheet.rows == [(1, ["a", "=UPPER(A1)"])]
