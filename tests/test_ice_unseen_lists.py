"""Lists of days and layouts that nobody has seen: read as they are, or refused for what is new."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from openpyxl import load_workbook

from agreement_samples import HEADER, clean_list, row, write_list
from coopanalysis.catalog.corrections import Corrections, CountyAlias
from coopanalysis.errors import DataError
from coopanalysis.sources import read_agreements

FIELDS = ["state_text", "agency_text", "type_text", "county_text", "support_text", "signed_text"]


def read(path: Path, header: list[str | None], **changes: object):
    return read_agreements(write_list(path / "list.xlsx", [row(**changes), row()], header))


def test_the_order_of_columns_does_not_matter(tmp_path: Path) -> None:
    usual = read(tmp_path, HEADER).frame[FIELDS]
    for order in list(permutations(HEADER))[::4001]:
        assert read(tmp_path, list(order)).frame[FIELDS].equals(usual)


def test_titles_in_other_case_and_spacing_are_the_same(tmp_path: Path) -> None:
    usual = read(tmp_path, HEADER).frame[FIELDS]
    book = load_workbook(write_list(tmp_path / "b.xlsx", [row(), row()]))
    for cell in book.active[1]:
        cell.value = f"  {cell.value.title()}\n".replace(" ", "  ")
    book.save(tmp_path / "b.xlsx")
    assert read_agreements(tmp_path / "b.xlsx").frame[FIELDS].equals(usual)


@pytest.mark.parametrize("lines", [1, 4])
def test_lines_above_the_header_are_passed_over(tmp_path: Path, lines: int) -> None:
    book = load_workbook(write_list(tmp_path / "b.xlsx", [row(), row()]))
    book.active.insert_rows(1, lines)
    book.active["A1"] = "Participating agencies as of June 30, 2030"
    book.save(tmp_path / "b.xlsx")
    frame = read_agreements(tmp_path / "b.xlsx").frame
    assert frame["source_row"].tolist() == [lines + 2, lines + 3]


def test_empty_columns_in_between_and_after_are_no_columns(tmp_path: Path) -> None:
    header: list[str | None] = [HEADER[0], None, *HEADER[1:], None, None]
    assert read(tmp_path, header).frame["agency_text"].notna().all()


@pytest.mark.parametrize(
    "lacking", [{"ADDENDUM"}, {"ADDENDUM", "MOA"}, {"ADDENDUM", "COUNTY"},
                {"ADDENDUM", "COUNTY", "TYPE"}],
)  # fmt: skip
def test_a_list_may_lack_what_early_lists_lacked(tmp_path: Path, lacking: set[str]) -> None:
    reading = read(tmp_path, [name for name in HEADER if name not in lacking])
    assert reading.rows_kept == 2
    assert reading.frame["list_kind"].eq("participating").all()


@pytest.mark.parametrize(
    ("lacking", "named", "why"),
    [
        ({"TYPE"}, "TYPE", "every list with ADDENDUM"),
        ({"COUNTY"}, "COUNTY", "every list with ADDENDUM"),
        ({"MOA"}, "MOA", "every list with ADDENDUM"),
        ({"SIGNED"}, "SIGNED", "every list with ADDENDUM"),
        ({"TYPE", "ADDENDUM"}, "TYPE", "every list with COUNTY"),
        ({"SIGNED", "TYPE", "COUNTY", "MOA", "ADDENDUM"}, "TYPE", "every list of pending"),
        ({"SIGNED", "TYPE", "MOA", "ADDENDUM"}, "TYPE", "every list of pending"),
    ],
)
def test_a_list_that_lost_a_column_is_refused(
    tmp_path: Path, lacking: set[str], named: str, why: str
) -> None:
    with pytest.raises(DataError, match=rf"lacks the columns \['{named}'\].*{why}"):
        read(tmp_path, [name for name in HEADER if name not in lacking])


@pytest.mark.parametrize("text", ["link", "Link Pending", "https://www.example.org/a.pdf"])
def test_a_document_under_agency_refuses_the_list(tmp_path: Path, text: str) -> None:
    """As where the names of the columns of agencies and of documents were exchanged."""
    rows = [row(LAW_ENFORCEMENT_AGENCY=text), row()]
    with pytest.raises(DataError, match="text of a link under LAW ENFORCEMENT AGENCY in 1 rows"):
        read_agreements(write_list(tmp_path / "a.xlsx", rows))


def test_an_agency_under_county_costs_its_row(tmp_path: Path) -> None:
    """Cells of a row were exchanged, or names of columns; where a person knows better, it stays."""
    rows = [row(COUNTY="Ash County Sheriff's Office"), row()]
    cleaned = clean_list(tmp_path / "a.xlsx", rows)
    assert cleaned.rejects["reason"].tolist() == [
        "COUNTY names an agency: 'Ash County Sheriff's Office'"
    ]
    known = CountyAlias(
        "Northmark", "Ash County Sheriff's Office", "91001", "its address", ("a-list",)
    )
    corrected = clean_list(tmp_path / "a.xlsx", rows, corrections=Corrections(aliases=(known,)))
    assert corrected.frame["county_fips"].tolist() == ["91001", "91001"]


@pytest.mark.parametrize("name", ["participatingAgencies06302030.xlsx", "anything.xlsx"])
def test_without_signed_it_is_pending_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    header = [title for title in HEADER if title not in ("SIGNED", "ADDENDUM")]
    reading = read_agreements(write_list(tmp_path / name, [row()], header))
    assert reading.frame["list_kind"].tolist() == ["pending"]


def test_a_second_sheet_with_a_tally_is_left_alone_and_two_lists_are_refused(
    tmp_path: Path,
) -> None:
    book = load_workbook(write_list(tmp_path / "b.xlsx", [row()]))
    book.create_sheet("Tally").append(["STATE", "COUNT"])
    book.move_sheet("Tally", -1)
    book.save(tmp_path / "b.xlsx")
    assert read_agreements(tmp_path / "b.xlsx").rows_kept == 1
    book.create_sheet("Pending").append([*HEADER[:3], "SUPPORT TYPE"])
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(DataError, match="on each of 2 sheets: 'Sheet1', 'Pending'"):
        read_agreements(tmp_path / "b.xlsx")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("SIGNED", "DATE SIGNED", r"new columns \['DATE SIGNED'\]"),
        ("MOA", "MOA LINK", r"new columns \['MOA LINK'\]"),
        ("STATE", "ST", r"lacks the columns \['STATE'\]"),
        ("LAW ENFORCEMENT AGENCY", "LEA", r"lacks the columns \['LAW ENFORCEMENT AGENCY'\]"),
        ("SUPPORT TYPE", "MODEL", r"lacks the columns \['SUPPORT TYPE'\]"),
        ("COUNTY", "COUNTY FIPS", r"new columns \['COUNTY FIPS'\]"),
    ],
)
def test_a_column_under_a_new_name_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    header = [new if name == old else name for name in HEADER]
    with pytest.raises(DataError, match=words) as raised:
        read(tmp_path, header)
    assert raised.value.remedy


@pytest.mark.parametrize("new", ["STATUS", "TERMINATED", "EXPIRES", "NOTES"])
def test_a_column_that_may_change_what_a_row_means_is_refused(tmp_path: Path, new: str) -> None:
    with pytest.raises(DataError, match=rf"new columns \['{new}'\].*teach sources/ice_287g"):
        read(tmp_path, [*HEADER, new])


@pytest.mark.parametrize("name", ["a 07152031 b.xlsx", "list-12312099.xlsx", "02292028.xlsx"])
def test_any_day_in_a_name_is_understood(tmp_path: Path, name: str) -> None:
    frame = read_agreements(write_list(tmp_path / name, [row()])).frame
    assert frame["list_date"].notna().all()


def test_a_day_that_is_given_goes_before_the_name(tmp_path: Path) -> None:
    path = write_list(tmp_path / "participatingAgencies01152025.xlsx", [row()])
    frame = read_agreements(path, list_date=date(2026, 1, 15)).frame
    assert frame["list_date"].dt.strftime("%Y-%m-%d").tolist() == ["2026-01-15"]


def test_other_workbooks_are_refused(tmp_path: Path) -> None:
    book = load_workbook(write_list(tmp_path / "b.xlsx", [row()]))
    book.active.delete_rows(1)
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(DataError, match="lacks the columns"):
        read_agreements(tmp_path / "b.xlsx")
