"""A section that a release cannot fill is not on the page; one line says what and why."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.reports.sections import fold_sections, without_left_out


def code(*shown: Output) -> NotebookNode:
    outputs = [new_output("display_data", data=one._repr_mimebundle_()) for one in shown]
    return new_code_cell("x = 1", outputs=outputs)


def texts(cells: list[Any]) -> list[str]:
    return [cell.source.splitlines()[0] for cell in cells if cell.cell_type == "markdown"]


def test_only_sections_without_any_result_go_with_their_texts() -> None:
    cells = [
        new_markdown_cell("# Title"),
        new_markdown_cell("## Kept\nText."),
        code(Output("<p>a</p>", "a")),
        code(left_out("a is not known")),
        new_markdown_cell("## Gone"),
        new_markdown_cell("More of what is gone."),
        code(),
        code(left_out("b is not known")),
        code(left_out("nor is f")),
        new_markdown_cell("### Gone too"),
        code(left_out("c is not known")),
        new_markdown_cell("## Prose alone stays"),
        new_markdown_cell("## Half"),
        code(Output("<p>d</p>", "d")),
        new_markdown_cell("### Its lower half"),
        code(left_out("e is not known")),
    ]
    before = [len(cell.get("outputs", [])) for cell in cells]
    kept, reasons = without_left_out(cells)
    assert texts(kept) == ["# Title", "## Kept", "## Prose alone stays", "## Half"]
    assert reasons == [
        "Kept (a is not known)",
        "Gone (b is not known; nor is f)",
        "Gone too (c is not known)",
        "Its lower half (e is not known)",
    ]
    assert sum(cell.cell_type == "code" for cell in kept) == 8
    assert sum(len(cell.get("outputs", [])) for cell in kept) == 2
    assert [len(cell.get("outputs", [])) for cell in cells] == before


def test_a_notebook_that_fills_everything_stays_as_it_is() -> None:
    cells = [new_markdown_cell("# Title"), code(Output("<p>a</p>", "a"))]
    assert without_left_out(cells) == (cells, [])


def test_a_marked_section_is_folded_under_its_question_and_answer() -> None:
    def text(html: str, folded: bool = False) -> NotebookNode:
        cell = new_markdown_cell()
        cell.metadata = NotebookNode(page_html=html, folded=folded)
        return cell

    result = new_code_cell()
    result.metadata["page_outputs"] = ['<p class="coop-reading">It holds.</p>']
    cells = [
        text('<h2 id="one">One?</h2>\n<p>Why.</p>', folded=True),
        result,
        text('<h2 id="two">Two?</h2>'),
    ]
    fold_sections(cells, every=False)
    opened = cells[0].metadata["page_open"]
    assert opened == (
        '<details class="coop-fold"><summary><h2>One?</h2>'
        '<span class="answer">It holds.</span></summary><div id="one">'
    )
    assert "<h2" not in cells[0].metadata["page_html"]
    assert result.metadata["page_close"] == "</div></details>"
    assert "page_open" not in cells[2].metadata
