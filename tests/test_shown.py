"""A result looks right in JupyterLab and is the same on the page, which has its own style."""

from __future__ import annotations

import nbformat
import pytest

from coopanalysis.display.html import LAB_STYLE, Output, for_lab, for_page
from coopanalysis.paths import notebooks_dir

HTML = '<figure class="coop-figure"><img alt="x"></figure>'


def test_a_result_carries_its_style_to_jupyterlab_and_leaves_it_there() -> None:
    bundle = Output(HTML, "a figure")._repr_mimebundle_()
    html = str(bundle["text/html"])
    assert html.startswith(LAB_STYLE)
    assert HTML in html
    assert for_page(html) == HTML
    assert for_page(HTML) == HTML
    assert bundle["text/plain"] == "a figure"


def test_the_style_touches_nothing_but_results() -> None:
    rules = LAB_STYLE.removeprefix("<style>").removesuffix("</style>").split("}")
    selectors = [one for rule in rules if rule for one in rule.split("{")[0].split(",")]
    assert len(selectors) > 20
    assert all(one.startswith(".jp-OutputArea .coop-shown") for one in selectors)
    assert len(LAB_STYLE) < 2_500


def test_a_slot_holds_what_the_page_shows() -> None:
    bundle = Output("<p>1</p>", "1", "headline")._repr_mimebundle_()
    slot = bundle["application/vnd.coopanalysis.slot+json"]
    assert slot == {"slot": "headline", "html": "<p>1</p>", "text": "1"}


@pytest.mark.parametrize("path", sorted(notebooks_dir().glob("[0-9]*.ipynb")), ids=lambda p: p.stem)
def test_committed_results_carry_the_style_of_today(path) -> None:  # type: ignore[no-untyped-def]
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            html = "".join(output.get("data", {}).get("text/html", ""))
            assert not html or html == for_lab(for_page(html))
            assert not html or LAB_STYLE in html, "run `make headlines`"
