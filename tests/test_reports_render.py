from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from coopanalysis.display.page import show_headline, show_limits
from coopanalysis.errors import ReportError
from coopanalysis.reports.markdown import ProseRenderer, render_markdown
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.provenance import RunFacts, data_as_of
from coopanalysis.reports.render import Page, render_report
from coopanalysis.reports.style import page_style
from report_samples import sample_build
from tools.check_pages.browser import find_chromium, open_browser

HEADLINE = show_headline(
    "It is 3 higher.", unit="points", comparison="counties without", interval=(1, 5), n=10
)
LIMITS = show_limits(["4 counties are missing."])


def output(bundle: dict[str, object]) -> NotebookNode:
    return nbformat.v4.new_output("execute_result", data=bundle, execution_count=1)


def notebook(*extra: NotebookNode, slots: bool = True) -> NotebookNode:
    code = nbformat.v4.new_code_cell
    cells = [nbformat.v4.new_markdown_cell("# Title\n\nThe question.")]
    if slots:
        cells += [
            code("headline()", outputs=[output(HEADLINE._repr_mimebundle_())]),
            code("limits()", outputs=[output(LIMITS._repr_mimebundle_())]),
        ]
    return nbformat.v4.new_notebook(cells=[*cells, *extra])


@pytest.fixture
def render(tmp_path: Path) -> Callable[..., Page]:
    def call(nb: NotebookNode, release: str = "public", title: str = "A title") -> Page:
        job = ReportJob(
            id="sample",
            slug="sample",
            notebook=tmp_path / "01.ipynb",
            title=title,
            description="What it says.",
            topic="Policy",
            release=release,
            parameters={"release": release, "state_fips": "06"},
            folder=tmp_path,
            build_path=tmp_path / "build.json",
        )
        run = RunFacts(datetime(2026, 1, 2, tzinfo=UTC), 3.0, "abc123", {"Python": "3.11.7"})
        return render_report(nb, job, sample_build(release), run, "0" * 64)

    return call


def test_the_top_of_the_page(render: Callable[..., Page]) -> None:
    page = render(notebook())
    soup = BeautifulSoup(page.html, "html.parser")
    assert page.title == "A title"
    assert page.headline == "It is 3 higher."
    assert [h.get_text() for h in soup.find_all("h1")] == ["A title"]
    assert page.html.index("It is 3 higher.") < page.html.index("4 counties are missing.")
    assert page.html.index("4 counties are missing.") < page.html.index("The question.")
    assert str(soup.body).count("It is 3 higher.") == 1
    card = {str(one["property"]): one["content"] for one in soup.find_all("meta", property=True)}
    assert card["og:description"] == page.headline
    assert card["og:image"] == "../figures/public/sample/card.png"
    assert soup.find("script") is None
    assert "simulated" not in page.html


def test_demo_pages_say_simulated_everywhere(render: Callable[..., Page]) -> None:
    source = '<p class="coop-source">Source: Bureau. Data as of 2025.</p>'
    page = render(
        notebook(nbformat.v4.new_code_cell("x", outputs=[output({"text/html": source})])), "demo"
    )
    soup = BeautifulSoup(page.html, "html.parser")
    assert page.title == "A title (simulated data)"
    assert soup.find(class_="banner") is not None
    line = soup.find("p", class_="coop-source")
    assert line is not None
    assert "Simulated data." in line.get_text()
    assert render(notebook(), "demo", "Simulated things").title == "Simulated things"


def test_provenance_and_citation_are_filled(render: Callable[..., Page]) -> None:
    html = render(notebook()).html
    for entry in sample_build("public")["inputs"]:  # type: ignore[attr-defined]
        assert entry["sha256"] in html
    for words in (
        "abc123",
        "Python 3.11.7",
        "state_fips = &#x27;06&#x27;",
        "@misc{",
        "15 July 2025",
    ):
        assert words in html
    assert 'download="sample.ipynb"' in html


def test_the_name_of_folded_code_is_read_as_its_heading_is(render: Callable[..., Page]) -> None:
    heading = nbformat.v4.new_markdown_cell('## "Few counties" & <b>more</b>')
    page = render(notebook(heading, nbformat.v4.new_code_cell("2 + 2")))
    soup = BeautifulSoup(page.html, "html.parser")
    named = [one.get_text() for one in soup.select(".code summary")]
    assert named[-1] == 'Code: "Few counties" & more'


def test_code_is_folded_and_silent_cells_are_joined(render: Callable[..., Page]) -> None:
    cells = [nbformat.v4.new_code_cell(f"x{number} = {number}") for number in range(3)]
    heading = nbformat.v4.new_markdown_cell("## Part\n\nText.")
    soup = BeautifulSoup(render(notebook(heading, *cells)).html, "html.parser")
    folds = soup.find_all("details", class_="code")
    assert len(folds) == 2
    assert "x0 = 0\n\nx1 = 1\n\nx2 = 2" in folds[1].get_text()
    assert all(not fold.has_attr("open") for fold in folds)


def test_code_between_two_texts_is_one_fold_below_its_results(render: Callable[..., Page]) -> None:
    cells = [
        nbformat.v4.new_code_cell(
            f"x{number}", outputs=[output({"text/html": f"<p>Result {number}</p>"})]
        )
        for number in range(2)
    ]
    heading = nbformat.v4.new_markdown_cell("## Part\n\nText.")
    soup = BeautifulSoup(render(notebook(heading, *cells)).html, "html.parser")
    first, second = (soup.find("p", string=f"Result {number}") for number in range(2))
    fold = second.find_next("details")
    assert fold is first.find_next("details")
    assert "x0\n\nx1" in fold.get_text()


@pytest.mark.parametrize(
    ("nb", "message"),
    [
        (notebook(slots=False), "lacks headline and limits"),
        (
            notebook(
                nbformat.v4.new_code_cell("x", outputs=[output(HEADLINE._repr_mimebundle_())])
            ),
            "filled twice",
        ),
        (
            notebook(
                nbformat.v4.new_code_cell(
                    "x", outputs=[output({"image/png": "x", "text/plain": "<Figure>"})]
                )
            ),
            "no alt text",
        ),
        (
            notebook(
                nbformat.v4.new_code_cell(
                    "x", outputs=[output({"text/html": '<img src="data:image/png;base64,x">'})]
                )
            ),
            "goal 4",
        ),
        (
            notebook(
                nbformat.v4.new_code_cell(
                    "x", outputs=[output({"text/html": "<table><tr><td>1</td></tr></table>"})]
                )
            ),
            "no caption",
        ),
        (
            notebook(
                nbformat.v4.new_code_cell(
                    "x", outputs=[output({"text/plain": "C(state)[T.06]  0.1"})]
                )
            ),
            "bare model term",
        ),
        (
            notebook(
                nbformat.v4.new_code_cell("x", outputs=[output({"text/plain": "the mean is nan"})])
            ),
            "missing value",
        ),
        (
            notebook(
                nbformat.v4.new_code_cell(
                    "x", outputs=[output({"text/plain": "/home/someone/data.csv"})]
                )
            ),
            "path of the machine",
        ),
        (notebook(nbformat.v4.new_markdown_cell("## A\n\n#### B")), "skips from level 2 to 4"),
        (notebook(nbformat.v4.new_markdown_cell("# Another title")), "2 headings of the first"),
        (notebook(nbformat.v4.new_markdown_cell("See [there](#nowhere).")), "leads nowhere"),
        (notebook(nbformat.v4.new_markdown_cell("$\\left( x$")), "cannot be written"),
        (notebook(nbformat.v4.new_markdown_cell("$\\betta x$")), "betta is not known"),
        (
            notebook(
                nbformat.v4.new_code_cell(
                    "x",
                    outputs=[nbformat.v4.new_output("error", ename="E", evalue="no", traceback=[])],
                )
            ),
            "E: no",
        ),
    ],
)
def test_pages_that_misinform_are_refused(
    render: Callable[..., Page], nb: NotebookNode, message: str
) -> None:
    with pytest.raises(ReportError, match=message):
        render(nb)


def test_warnings_are_kept_without_paths(render: Callable[..., Page]) -> None:
    stream = nbformat.v4.new_output(
        "stream", name="stderr", text="/x/lib/python3.11/site-packages/a/b.py:1: Warning: odd\n"
    )
    html = render(notebook(nbformat.v4.new_code_cell("x", outputs=[stream]))).html
    assert "a/b.py:1: Warning: odd" in html
    assert "Messages" in html


def test_every_character_of_a_page_is_one_that_html_allows(render: Callable[..., Page]) -> None:
    cell = nbformat.v4.new_markdown_cell("## Bell\x07 County")
    page = render(notebook(cell), title="Bell\x07 County")
    assert "\x07" not in page.html + page.title
    assert page.html.count("Bell\ufffd County") >= 3


def test_prose_has_anchors_and_formulas() -> None:
    prose = ProseRenderer()
    html = render_markdown("## Same\n\n## Same\n\n## Limits\n\n$x^2$ and\n\n$$y = 1$$", prose)
    assert [heading.anchor for heading in prose.headings] == ["same", "same-2", "limits-2"]
    assert html.count("<math") == 2
    assert "$" not in html


def test_the_newest_day_of_the_release() -> None:
    assert data_as_of(sample_build()) == "15 July 2025"
    assert data_as_of({"inputs": [{"vintage": "2013-2017"}]}) == "2013-2017"


def test_records_that_end_on_another_day_than_the_lists_say_theirs() -> None:
    build = sample_build()
    records = {
        "facility-daily": "2022-10-01 to 2024-03-10", "npr-declined": "2007-10-01 to 2015-07-19",
        "urban-crime": "2021-2023",
    }  # fmt: skip
    build["inputs"] = [{"vintage": "2026"}]  # a reference table has no layout
    build["inputs"] += [{"layout": one, "vintage": span} for one, span in records.items()]
    assert data_as_of(build, ["county"]) == "15 July 2025", "it reads neither"
    assert data_as_of(build, ["county", "detention"]) == (
        "15 July 2025 (agreements) and 10 March 2024 (detention)"
    )
    assert data_as_of(build, ["county_year"]) == "15 July 2025 (agreements) and 2021-2023 (crime)"
    assert data_as_of(build, ["detention_facility", "detainers_declined"]) == (
        "15 July 2025 (agreements), 10 March 2024 (detention) and 19 July 2015 (detainers)"
    )


def test_the_style_sheet_asks_for_nothing_outside() -> None:
    style = page_style()
    assert "url(" not in style
    assert "@import" not in style
    assert "prefers-color-scheme: dark" in style
    assert "/*" not in style


def test_words_are_explained_where_they_occur(render: Callable[..., Page]) -> None:
    prose = nbformat.v4.new_markdown_cell("## Part\n\nA placebo, and [Moran's I](#part).")
    code = nbformat.v4.new_code_cell("median = 1")
    soup = BeautifulSoup(render(notebook(prose, code)).html, "html.parser")
    section = soup.find("section", {"aria-labelledby": "words"})
    assert section is not None
    terms = [dt.get_text() for dt in section.find_all("dt")]
    assert {"Placebo", "Spatial dependence", "95% interval"} <= set(terms)
    assert "Median" not in terms, "code is not read"
    assert soup.select_one('.contents a[href="#words"]') is not None
    assert "Placebo" not in render(notebook()).html


@pytest.mark.slow
def test_all_code_unfolds_without_a_script(render: Callable[..., Page], tmp_path: Path) -> None:
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    cells = [nbformat.v4.new_code_cell(f"# line {number}") for number in range(2)]
    path = tmp_path / "page.html"
    path.write_text(render(notebook(*cells)).html, encoding="utf-8")
    with open_browser(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        code, box = page.get_by_text("# line 1"), page.get_by_label("Show all code")
        seen = "e => e.checkVisibility()"
        assert not code.evaluate(seen)
        box.focus()
        page.keyboard.press("Space")
        assert code.evaluate(seen)
        page.emulate_media(media="print")
        assert code.evaluate(seen)
        page.emulate_media(media="screen")
        box.focus()  # paper has no boxes
        page.keyboard.press("Space")
        assert not code.evaluate(seen)


def test_a_formula_and_the_mark_after_it_stay_on_one_line() -> None:
    html = render_markdown("It is $x^2$. Then $y$ follows.", ProseRenderer())
    soup = BeautifulSoup(html, "html.parser")
    kept, *others = soup.select(".term")
    assert not others
    assert kept.get_text().endswith(".")
    assert kept.find("math") is not None
    assert ".term{white-space: nowrap}" in page_style()


def test_a_description_is_a_finding_and_no_estimate(render: Callable[..., Page]) -> None:
    assert '<h2 id="main-estimate">Main estimate</h2>' in render(notebook()).html
    described = show_headline(
        "31 of 40 do.",
        unit="counties",
        comparison="none",
        n=40,
        design="description",
    )
    nb = notebook()
    nb.cells[1].outputs = [output(described._repr_mimebundle_())]
    html = render(nb).html
    assert '<h2 id="main-estimate">Finding</h2>' in html
    assert "Main estimate" not in html
