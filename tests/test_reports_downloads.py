"""The CSV links of many tables stand together at the end; those of a few stay beside them."""

from __future__ import annotations

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from coopanalysis.display import tables
from coopanalysis.display.html import for_page
from coopanalysis.reports.sections import MOST_LINKS, gather_links


def cells(count: int, source: str = "Bureau.") -> list[nbformat.NotebookNode]:
    made = []
    for number in range(count):
        shown = tables.show_table(
            pd.DataFrame({"a": [number]}), caption=f"Table & {number}", source=source
        )
        cell = nbformat.v4.new_code_cell("x")
        cell.metadata["page_outputs"] = [for_page(str(shown.html)), "<p>Words.</p>"]
        made.append(cell)
    return made


@pytest.mark.parametrize("source", ["Bureau.", ""])
def test_links_of_many_tables_are_listed_by_caption(source: str) -> None:
    page = cells(MOST_LINKS + 1, source)
    before = [
        BeautifulSoup(cell.metadata["page_outputs"][0], "html.parser").find("a")["href"]
        for cell in page
    ]
    listed = BeautifulSoup(gather_links(page), "html.parser").find_all("a")
    assert [link["href"] for link in listed] == before
    assert [link.get_text() for link in listed[:2]] == ["CSV: Table & 0", "CSV: Table & 1"]
    for cell in page:
        table = BeautifulSoup(cell.metadata["page_outputs"][0], "html.parser")
        assert table.find("a") is None
        assert table.find("caption") is not None
        assert ("Source: Bureau." in table.get_text()) == bool(source)
        assert cell.metadata["page_outputs"][1] == "<p>Words.</p>"
        assert all(p.get_text(strip=True) for p in table.find_all("p"))


def test_links_of_few_tables_stay_beside_them() -> None:
    page = cells(MOST_LINKS)
    assert gather_links(page) == ""
    assert all("<a " in cell.metadata["page_outputs"][0] for cell in page)
