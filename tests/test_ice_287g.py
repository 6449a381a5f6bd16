"""Every layout of the ICE lists is read, and a new one is refused by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from agreement_samples import HEADER, row, write_list
from coopanalysis.errors import DataError
from coopanalysis.sources import READERS, read_agreements
from coopanalysis.sources.ice_287g import RAW_COLUMNS, date_in_name

LAYOUTS = {
    "web table": ["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA"],
    "without county": [name for name in HEADER if name not in ("COUNTY", "ADDENDUM")],
    "without addendum": [name for name in HEADER if name != "ADDENDUM"],
    "full": HEADER,
    "unnamed columns": [*HEADER, None, None],
    "pending without county": ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "SUPPORT TYPE"],
    "pending": ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE"],
    "pending with link": [name for name in HEADER if name not in ("SIGNED", "ADDENDUM")],
    "other case and order": ["Support  Type ", "state", "Law Enforcement Agency", "Signed"],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(tmp_path: Path, layout: str) -> None:
    header = LAYOUTS[layout]
    cells = {name: row().get(" ".join(name.upper().split())) for name in header if name}
    # The name of the file says the opposite of what the list is.
    path = write_list(tmp_path / "pendingAgencies06302030.xlsx", [cells, cells], header)
    reading = read_agreements(path)
    assert reading.rows_in == reading.rows_kept == 2
    frame = reading.frame
    assert set(RAW_COLUMNS) < set(frame)
    assert set(frame["list_kind"]) == {"pending" if "pending" in layout else "participating"}
    assert frame["list_date"].tolist() == [pd.Timestamp("2030-06-30")] * 2
    assert frame["agency_text"].tolist() == ["Ash County Sheriff's Office"] * 2
    assert frame["source_row"].tolist() == [2, 3]
    has_date = any(name and name.upper() == "SIGNED" for name in header)
    assert frame["signed_text"].dropna().tolist() == ["2030-01-02"] * (2 if has_date else 0)
    assert frame["county_text"].notna().all() == ("COUNTY" in header)


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_table_of_the_web_page(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "table.csv"
    table = (
        "STATE,LAW ENFORCEMENT AGENCY,SUPPORT TYPE,SIGNED,MOA\n"
        "Northmark,Ash County Sheriff’s Office,Jail Enforcement Model,2019-05-06,"
        "https://www.example.org/a.pdf\n"
        "Northmark,Birch County,Task Force Model,2020-07-08,link | addendum\n"
    )
    path.write_text(table.replace(",", delimiter), encoding="utf-8")
    frame = read_agreements(path, "a", date(2025, 2, 1)).frame
    assert frame["signed_text"].tolist() == ["2019-05-06", "2020-07-08"]
    assert frame["moa_url"].fillna("").tolist() == ["https://www.example.org/a.pdf", ""]
    assert frame["list_date"].iloc[0] == pd.Timestamp("2025-02-01")


def test_a_row_of_the_text_table_that_was_cut_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(
        "STATE,LAW ENFORCEMENT AGENCY,SUPPORT TYPE,SIGNED,MOA\n"
        "Northmark,Ash County Sheriff,Jail Enforcement Model,2019-05-06,\n"
        "Northmark,Birch County Sheriff,Task Force Model,2019-05-06\n"
    )
    reading = read_agreements(path)
    assert reading.rows_kept == 1
    rejected = reading.rejects[["row", "reason"]].to_dict("records")
    assert rejected == [{"row": 3, "reason": "wrong number of fields"}]


def test_empty_rows_and_a_second_sheet_are_no_rows(tmp_path: Path) -> None:
    path = write_list(tmp_path / "list.xlsx", [row(), {}, row(), {"STATE": "  "}, {}, {}])
    book = load_workbook(path)
    tally = book.create_sheet("Tally", 0)
    tally.append(["STATE", "COUNT"])
    tally.append(["NORTHMARK", 2])
    book.save(path)
    reading = read_agreements(path)
    assert reading.rows_in == 2
    assert reading.frame["source_row"].tolist() == [2, 4]
    assert set(reading.frame["source_sheet"]) == {"Sheet1"}
    assert reading.frame["list_date"].isna().all()


def test_a_list_without_rows(tmp_path: Path) -> None:
    reading = read_agreements(write_list(tmp_path / "list.xlsx", []))
    assert reading.rows_in == 0
    assert list(reading.frame)[: len(RAW_COLUMNS)] == RAW_COLUMNS


def test_what_is_new_is_named(tmp_path: Path) -> None:
    new = write_list(tmp_path / "a.xlsx", [row()], [*HEADER, "REVOKED"])
    with pytest.raises(DataError, match=r"a\.xlsx.*new columns \['REVOKED'\]"):
        read_agreements(new)
    twice = write_list(tmp_path / "b.xlsx", [row()], [*HEADER, "TYPE"])
    with pytest.raises(DataError, match=r"twice: \['TYPE'\]"):
        read_agreements(twice)
    lacking = write_list(tmp_path / "c.xlsx", [row()], ["STATE", "AGENCY", "SUPPORT TYPE"])
    with pytest.raises(DataError, match=r"lacks the columns \['LAW ENFORCEMENT AGENCY'\].*AGENCY"):
        read_agreements(lacking)
    book = load_workbook(write_list(tmp_path / "d.xlsx", [row()]))
    book.active["K2"] = "a note"
    book.save(tmp_path / "d.xlsx")
    with pytest.raises(DataError, match=r"without a name \(row 2\)"):
        read_agreements(tmp_path / "d.xlsx")
    book = load_workbook(write_list(tmp_path / "e.xlsx", [row()]))
    book.copy_worksheet(book.active)
    book.save(tmp_path / "e.xlsx")
    with pytest.raises(DataError, match="on each of 2 sheets"):
        read_agreements(tmp_path / "e.xlsx")


def test_links_stand_behind_their_cells(tmp_path: Path) -> None:
    rows = [row(MOA="link "), row(MOA="link pending"), row(MOA="link", ADDENDUM="link")]
    links = {
        "G2": "https://www.example.org/a.pdf",
        "G4": "mailto:a.person@example.org",
        "H4": "https://www.example.org/b.pdf",
    }
    frame = read_agreements(write_list(tmp_path / "a.xlsx", rows, links=links)).frame
    assert frame["moa_url"].fillna("").tolist() == ["https://www.example.org/a.pdf", "", ""]
    assert frame["addendum_url"].fillna("").tolist() == ["", "", "https://www.example.org/b.pdf"]


def test_no_mailbox_passes_in_a_text(tmp_path: Path) -> None:
    path = write_list(tmp_path / "a.xlsx", [row(COUNTY="Ash County (a.person@example.org)")])
    assert "@" not in read_agreements(path).frame.to_csv()


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("participatingAgencies07152025am.xlsx", date(2025, 7, 15)),
        ("pending_02272026.xlsx", date(2026, 2, 27)),
        ("list-13322025.xlsx", None),
        ("list.xlsx", None),
        ("2025-07-15.xlsx", None),
    ],
)
def test_date_in_name(name: str, day: date | None) -> None:
    assert date_in_name(name) == day


def test_reader_is_registered() -> None:
    assert READERS["ice-287g"] is read_agreements


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("source", "rows", "kind", "moa", "addendum"),
    [
        ("ice-287g-participating-2025-07-15", 811, "participating", 604, 39),
        ("ice-287g-pending-2025-07-14", 38, "pending", 0, 0),
        ("ice-287g-participating-2026-05-18", 1843, "participating", 1680, 45),
        ("ice-287g-pending-2026-02-27", 2, "pending", 0, 0),
    ],
)
def test_real_lists(
    mirror: Path, source: str, rows: int, kind: str, moa: int, addendum: int
) -> None:
    (path,) = (mirror / source).glob("*.xlsx")
    reading = read_agreements(path, source)
    frame = reading.frame
    assert (reading.rows_in, reading.rows_kept) == (rows, rows)
    assert set(frame["list_kind"]) == {kind}
    assert frame["list_date"].iloc[0] == pd.Timestamp(source[-10:])
    assert (frame["moa_url"].notna().sum(), frame["addendum_url"].notna().sum()) == (moa, addendum)
    links = pd.concat([frame["moa_url"], frame["addendum_url"]]).dropna()
    assert links.str.match(r"https?://[^/]").all()
    assert not links.str.contains("safelinks|@|%40|extension", regex=True, case=False).any()


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("source", "texts", "errors", "untidy"),
    [
        ("ice-287g-participating-2025-07-15", 582, 229, 251),
        ("ice-287g-participating-2026-05-18", 1608, 235, 435),
    ],
)
def test_real_county_texts(mirror: Path, source: str, texts: int, errors: int, untidy: int) -> None:
    (path,) = (mirror / source).glob("*.xlsx")
    county = read_agreements(path, source).frame["county_text"]
    missing = county.isin(["#N/A", "#NA", "N/A"])
    assert (county.notna().sum() - missing.sum(), missing.sum()) == (texts, errors)
    assert (county != county.str.strip()).sum() == untidy
