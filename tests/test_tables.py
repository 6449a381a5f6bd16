from __future__ import annotations

from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from coopanalysis.display import tables
from coopanalysis.display.tables import ColumnFormat
from coopanalysis.errors import UsageError


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "county": ["Alder & <Ash>", "Birch"],
            "hispanic_share": [0.123, np.nan],
            "population_count": pd.array([12345, pd.NA], dtype="Int64"),
            "agreement_signed_date": pd.to_datetime(["2025-07-15", None]),
            "rate": [1.23456, 22.0],
        }
    )


def test_structure_of_a_table(frame: pd.DataFrame) -> None:
    shown = tables.show_table(frame, caption="Two counties", note="A note.", source="Bureau.")
    soup = BeautifulSoup(shown.html, "html.parser")
    assert soup.caption is not None
    assert soup.caption.get_text() == "Two counties"
    assert {th["scope"] for th in soup.find_all("th")} == {"col", "row"}
    box = soup.find(class_="coop-scroll")
    assert box is not None
    assert (box["role"], box["tabindex"], box["aria-label"]) == ("region", "0", "Two counties")
    cells = [cell.get_text() for cell in soup.find_all(["td"])]
    assert cells[:4] == ["12.3%", "12,345", "15 July 2025", "1.23"]
    assert cells[4:7] == ["not available"] * 3
    assert "nan" not in shown.html.lower()
    assert "<Ash>" not in shown.html
    assert "A note." in shown.text


def test_labels_come_from_the_dictionary_unless_given(frame: pd.DataFrame) -> None:
    heads = {"county": "Place", "population_count": ColumnFormat(unit="persons")}
    html = tables.show_table(frame, caption="c", columns=heads).html
    assert ">Place<" in html
    assert "Residents <small>persons</small>" in html
    assert "Hispanic share" not in html


def test_the_csv_holds_the_table(frame: pd.DataFrame) -> None:
    html = tables.show_table(frame[["county", "rate"]], caption="Rates of two").html
    link = BeautifulSoup(html, "html.parser").find("a", download=True)
    assert link is not None
    assert link["download"] == "rates-of-two.csv"


def test_small_p_values_are_not_zero() -> None:
    html = tables.show_table(pd.DataFrame({"t": ["a"], "p_value": [1e-9]}), caption="c").html
    assert "&lt;0.001" in html


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"caption": " "}, "needs a caption"),
        ({"caption": "c", "columns": {"absent": "x"}}, "No columns"),
        ({"caption": "c", "columns": {"rate": ColumnFormat(digits=4)}}, "more than 3 decimals"),
    ],
)
def test_wrong_calls_are_named(
    frame: pd.DataFrame, options: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        tables.show_table(frame, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [0, 301])
def test_empty_and_endless_tables_are_refused(rows: int) -> None:
    with pytest.raises(UsageError, match=f"has {rows} rows"):
        tables.show_table(pd.DataFrame({"a": range(rows)}), caption="c")


def test_long_data_are_cut_and_say_so() -> None:
    html, note = tables.data_table(pd.DataFrame({"a": range(301)}), caption="c")
    assert html.count("<tr>") == 61
    assert note == "The first 60 of 301 rows; the CSV holds all of them."
    assert tables.data_table(pd.DataFrame({"a": range(300)}), caption="c")[1] == ""


def test_long_texts_ask_for_room_and_short_ones_do_not() -> None:
    frame = pd.DataFrame({"name": ["a"], "reading": ["many words " * 6], "n_count": [1]})
    cells = BeautifulSoup(tables.show_table(frame, caption="Rows").html, "html.parser").find_all(
        "td"
    )
    assert [cell.get("class") for cell in cells] == [["long"], ["num"]]


def test_amounts_written_as_text_stand_right_and_plotted_columns_have_names() -> None:
    frame = pd.DataFrame({"name": ["A", "B"], "mean": ["$1,200", "3.4%"], "n_clusters": [4.0, 5.0]})
    shown = tables.show_table(
        frame,
        caption="Rows",
        columns={"name": "Name", "mean": ColumnFormat("Mean", kind="written")},
    )
    assert "<td class=num>$1,200</td>" in shown.html
    table, _ = tables.data_table(frame, caption="Data")
    assert ">Clusters</th>" in table
    assert "<td class=num>4</td>" in table


def test_a_cell_of_links_leads_to_each_address_and_the_csv_names_them() -> None:
    cell = (("Jail <model>", "https://www.example.org/a.pdf?x=1&y=2"), ("addendum", ""))
    frame = pd.DataFrame({"agency": ["Ash"], "texts": pd.Series([cell], dtype="object")})
    columns = {"agency": "Agency", "texts": ColumnFormat("Text", kind="links")}
    shown = tables.show_table(frame, caption="Agreements", columns=columns)
    (link,) = BeautifulSoup(shown.html, "html.parser").select("td a")
    assert link["href"] == "https://www.example.org/a.pdf?x=1&y=2"
    assert f"<td>{link}, addendum</td>" in shown.html
    assert "Jail <model>, addendum" in shown.text
    (saved,) = BeautifulSoup(shown.html, "html.parser").select(".coop-download")
    assert "Jail <model> https://www.example.org/a.pdf?x=1&y=2" in unquote(str(saved["href"]))


def test_rows_are_stacked_where_the_answer_has_no_room_beside_their_names() -> None:
    frame = pd.DataFrame({"name": ["A"], "day": ["1 May 2025"], "share": [0.5]})
    marked = {"name": "Name", "day": "Day", "share": ColumnFormat("Share", "of 2", answer=True)}
    soup = BeautifulSoup(tables.show_table(frame, caption="c", columns=marked).html, "html.parser")
    table = soup.select_one("table.coop-stack")
    assert table is not None
    cells = [(td["data-label"], td.get("class")) for td in table.select("td")]
    assert cells == [("Day", None), ("Share of 2", ["num", "coop-answer"])]
    beside = tables.show_table(frame[["name", "share"]], caption="c").html
    assert "coop-stack" not in beside
    long = frame.assign(day="many words " * 6)
    assert "coop-stack" in tables.show_table(long, caption="c").html, "long texts go below"
    for kind, unbroken in (
        ("text", "of person_offenses_count"),
        ("written", "12 (from 1 to 30).."),
    ):
        kinds = {"name": "Name", "day": ColumnFormat("Day", kind=kind)}
        html = tables.show_table(frame.assign(day=unbroken), caption="c", columns=kinds).html
        assert "coop-stack" in html, "what no break parts goes below"
    assert (
        "coop-stack"
        not in tables.show_table(frame.assign(day=f"{'a word ' * 6}"), caption="c").html
    )
