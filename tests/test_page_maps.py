"""Maps answer to touch, mouse and keyboard with county and value; figures can be taken away."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import nbformat
import pandas as pd
import pytest
import shapely
from nbformat import NotebookNode
from PIL import Image

from coopanalysis.display.figures import show_figure
from coopanalysis.display.figures.places import county_labels, draw_svg
from coopanalysis.display.figures.show import DRAWINGS_VARIABLE
from coopanalysis.display.html import Output
from coopanalysis.display.maps import plot_county_map
from coopanalysis.reports.figure_images import WIDTH, lay_out, read_words, whole_png
from coopanalysis.reports.figures import PageFigure, take_figures, write_figures
from coopanalysis.reports.site.publish import tell_address
from coopanalysis.reports.site.shell import address_span
from coopanalysis.reports.style import content_policy, page_script, page_style

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIDE = 3
NAMES = [f"Alder{letter} County" for letter in "abcdefghi"]
SVG = "{http://www.w3.org/2000/svg}"
REPORT = "demo/sample"


def counties() -> pd.DataFrame:
    """Nine square counties: the first row in the south, numbered from west to east."""
    places = [(at % SIDE, at // SIDE) for at in range(SIDE**2)]
    return pd.DataFrame(
        {
            "county_fips": [f"600{at:02}" for at in range(SIDE**2)],
            "state_fips": "60",
            "county": NAMES,
            "state": "Aldermark",
            "value": [1234.5, *range(1, SIDE**2 - 1), None],
            "geometry": [shapely.box(x, y, x + 1, y + 1) for x, y in places],
        }
    )


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Output:
    monkeypatch.setenv(DRAWINGS_VARIABLE, str(tmp_path))
    frame = counties()
    drawn = plot_county_map(
        frame, frame.set_index("county_fips")["value"], "classes", legend_title="n", breaks=[9, 2e3]
    )
    return show_figure(
        drawn.figure,
        finding="One county has more than a thousand",
        subtitle="A made-up number, by county",
        alt="County map. Across: nine fictional counties. By colour: up to 9, or up to 2,000.",
        note="",
        source="Fictional file. Data as of 15 July 2025. Simulated data.",
        data=frame[["county_fips", "county", "state", "value"]],
        legend=drawn.legend,
        wide=True,
    )


@pytest.fixture
def taken(shown: Output, tmp_path: Path) -> tuple[NotebookNode, PageFigure]:
    cells = [nbformat.v4.new_markdown_cell(), nbformat.v4.new_code_cell()]
    cells[0].metadata["page_html"] = '<h2 id="where">Where?</h2>'
    cells[1].metadata["page_outputs"] = [shown.html]
    (figure,) = take_figures(cells, REPORT, "(2026). Release demo.", tmp_path)
    return cells[1], figure


def test_labels_say_name_and_value() -> None:
    labels = county_labels(counties().drop(columns=["geometry", "state_fips"]))
    assert labels["60000"] == "Aldera County, Aldermark: 1,234.5"
    assert labels["60008"] == "Alderi County, Aldermark: not known"


def test_a_figure_has_a_name_that_stays_and_files(
    taken: tuple[NotebookNode, PageFigure], tmp_path: Path
) -> None:
    cell, figure = taken
    (html,) = cell.metadata["page_outputs"]
    assert figure.address == f"figures/{REPORT}/where-county-map"
    assert 'id="figure-where-county-map"' in html
    write_figures(tmp_path / "figures" / REPORT, [figure], b"card")
    beside = tmp_path / "demo"
    links = re.findall(r'href="(\.\./figures/[^"]*)"', html)
    assert {Path(one).suffix for one in links} == {".png", ".svg", ".html"}
    assert all((beside / one).resolve().is_file() for one in links)
    assert "&lt;iframe src=" in html
    assert "Release demo." in html
    write_figures(tmp_path / "figures" / REPORT, [], b"card")
    assert [one.name for one in (tmp_path / "figures" / REPORT).iterdir()] == ["card.png"]


def test_two_figures_of_a_kind_in_a_section_have_two_names(shown: Output) -> None:
    cell = nbformat.v4.new_code_cell()
    cell.metadata["page_outputs"] = [shown.html, shown.html]
    names = [Path(one.address).name for one in take_figures([cell], REPORT, "", None)]
    assert names == ["top-county-map", "top-county-map-2"]


def test_the_svg_says_each_county_and_that_it_is_simulated(
    taken: tuple[NotebookNode, PageFigure],
) -> None:
    svg = taken[1].svg
    assert svg is not None
    root = ElementTree.fromstring(svg)
    titles = [one.findtext(f"{SVG}title") for one in root.iter(f"{SVG}g") if one.get("data-county")]
    labels = county_labels(counties().drop(columns=["geometry", "state_fips"]))
    assert sorted(str(one) for one in titles) == sorted(labels.values())
    assert "Simulated data" in "".join(root.itertext())
    assert root.findtext(f"{SVG}title") == "One county has more than a thousand"


WITHIN = (
    "One county has more than a thousand", "A made-up number, by county", "over 9 to 2,000",
    "Fictional file. Data as of 15 July 2025", f"figures/{REPORT}/where-county-map.html",
)  # fmt: skip


def test_the_images_to_take_away_say_what_they_show(
    taken: tuple[NotebookNode, PageFigure],
) -> None:
    """A title, the legend, the source with its day and the address are within SVG and PNG."""
    cell, figure = taken
    assert figure.svg is not None
    said = " ".join("".join(ElementTree.fromstring(figure.svg).itertext()).split())
    for words in WITHIN:
        assert words in said
    with (
        Image.open(io.BytesIO(figure.png)) as drawn,
        Image.open(io.BytesIO(figure.whole_png)) as whole,
    ):
        bare, image = drawn.convert("RGB"), whole.convert("RGB")
    assert image.width == bare.width
    words = read_words(cell.metadata["page_outputs"][0], figure.address)
    layout = lay_out(words, bare.height * WIDTH / bare.width)
    scale = bare.width / WIDTH
    top, middle = round(layout.top * scale), (bare.width // 6, bare.height // 2)
    assert image.getpixel((middle[0], top + middle[1])) == bare.getpixel(middle)
    for line in layout.lines:
        left, base, size = (round(one * scale) for one in (line.x, line.y, line.size))
        box = image.crop((left, base - size, min(image.width, left + 6 * size), base))
        assert min(box.convert("L").getextrema()) < 140, f"{line.text} is drawn"
        assert left + line.size < image.width
        assert base < image.height
    said = " ".join(line.text for line in layout.lines)
    assert [one for one in WITHIN if one not in said] == []
    assert figure.whole_png == whole_png(figure.png, words)


@pytest.fixture
def page_at(
    taken: tuple[NotebookNode, PageFigure], tmp_path: Path
) -> Iterator[Callable[..., Path]]:
    def write(script: bool = True) -> Path:
        policy = content_policy(page_style(), page_script())
        (html,) = taken[0].metadata["page_outputs"]
        file = tmp_path / "demo" / "sample.html"
        file.parent.mkdir(exist_ok=True)
        (tmp_path / "pages").mkdir(exist_ok=True)
        (tmp_path / "pages" / "counties-demo.html").write_text("<!DOCTYPE html><title>t</title>")
        file.write_text(
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>t</title>'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            f"<style>{page_style()}</style></head><body><main>{html}</main>"
            f"<script>{page_script()}</script></body></html>"
        )
        return file

    yield write


@pytest.mark.slow
def test_a_map_answers_to_mouse_touch_and_keys(
    page_at: Callable[..., Path], browser: Browser
) -> None:
    with browser.new_context(has_touch=True) as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda one: said.append(one.text))
        page.on("pageerror", lambda one: said.append(str(one)))
        page.goto(page_at().as_uri())
        box = page.locator(".coop-map")
        box.wait_for()
        tip = page.locator(".coop-tip")
        frame = box.bounding_box()
        assert frame is not None

        def middle_of(at: int) -> dict[str, float]:
            image = page.locator(".coop-map img").bounding_box()
            assert image is not None
            return {
                "x": image["width"] * (at % SIDE + 0.5) / SIDE,
                "y": image["height"] * 0.96 * (SIDE - at // SIDE - 0.5) / SIDE,
            }

        box.hover(position=middle_of(0))
        assert tip.inner_text() == "Aldera County, Aldermark: 1,234.5"
        box.tap(position=middle_of(8))
        assert tip.inner_text() == "Alderi County, Aldermark: not known"
        box.press("Escape")
        assert tip.is_hidden()
        for key, name in (
            ("ArrowRight", "Aldere"),
            ("ArrowLeft", "Alderd"),
            ("ArrowDown", "Aldera"),
            ("ArrowDown", "Aldera"),
            ("ArrowRight", "Alderb"),
        ):
            box.press(key)
            assert tip.inner_text().startswith(f"{name} County"), key
        assert page.locator(".coop-map[tabindex='0']").count() == 1
        second = middle_of(1)
        for go in (
            lambda: box.press("Enter"),
            lambda: box.click(position=second),
            lambda: [box.press("Escape"), box.tap(position=second), box.tap(position=second)],
        ):
            box.press("Escape")
            box.press("ArrowRight")
            while not tip.inner_text().startswith("Alderb County"):
                box.press("ArrowDown" if tip.inner_text().startswith("Aldere") else "ArrowRight")
            here = page.url
            go()
            page.wait_for_url("**/pages/counties-demo.html#c60001", wait_until="commit")
            page.goto(here)
            box.wait_for()
        address = page.locator(".coop-embed .coop-address").text_content()
        assert address == "figures/demo/sample/where-county-map.html", "on a disk there is no host"
        asked = page.eval_on_selector_all(".coop-ask", "all => all.map(one => one.hidden)")
        assert asked == [False] * 2, "of the code and of the citation"
        assert said == []


@pytest.mark.slow
def test_without_script_a_map_is_a_picture_with_its_words(
    page_at: Callable[..., Path], browser: Browser
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(page_at().as_uri())
        assert page.locator("figure img").is_visible()
        assert page.locator(".coop-map").count() == 0
        code = page.locator(".coop-embed").text_content()
        assert code is not None
        assert 'src="figures/demo/sample/where-county-map.html"' in code


def test_the_same_map_gives_the_same_svg() -> None:
    frame, texts = counties(), []
    for _ in range(2):
        drawn = plot_county_map(
            frame,
            frame.set_index("county_fips")["value"],
            "classes",
            legend_title="n",
            breaks=[2e3],
        )
        texts.append(draw_svg(drawn.figure, finding="A", alt="B", labels={}))
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_the_page_of_a_figure_can_be_shown_on_another_from_a_disk_and_a_host(
    taken: tuple[NotebookNode, PageFigure],
    tmp_path: Path,
    page_at: Callable[..., Path],
    browser: Browser,
) -> None:
    write_figures(tmp_path / "figures" / REPORT, [taken[1]], b"card")
    (tmp_path / "other.html").write_text(
        f'<!DOCTYPE html><title>t</title><iframe src="{taken[1].address}.html" width="100%" '
        'height="460"></iframe>'
    )
    report = page_at().relative_to(tmp_path)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        host = f"http://127.0.0.1:{server.server_port}"
        with browser.new_context() as context:
            for address in ((tmp_path / "other.html").as_uri(), f"{host}/other.html"):
                page = context.new_page()
                page.goto(address)
                inside = page.frame_locator("iframe")
                inside.locator(".coop-map").press("ArrowRight")
                assert inside.locator(".coop-tip").inner_text().startswith("Aldere County")
                width = inside.locator("img").evaluate("image => image.naturalWidth")
                assert width > 0, "the image of the page is shown"
                foot = inside.locator(".coop-source").last
                assert foot.evaluate("one => one.getBoundingClientRect().bottom <= innerHeight")
            page = context.new_page()
            page.goto(f"{host}/{report}")
            address = page.locator(".coop-embed .coop-address").text_content()
            assert address == f"{host}/{taken[1].address}.html"
            hidden = page.eval_on_selector_all(".coop-ask", "all => all.map(one => one.hidden)")
            assert hidden
            assert all(hidden)
        server.shutdown()


def test_a_site_that_is_told_its_address_makes_pictures_of_shared_links_whole(
    tmp_path: Path,
) -> None:
    page = tmp_path / "sample.html"
    home = "https://example.org/counties/"
    for up in ("", "../", "../../../"):
        page.write_text(
            f'<meta property="og:image" content="{up}figures/demo/sample/card.png">'
            f'<p>{address_span("demo/a.html")}<span class="coop-ask">, with it</span></p>'
        )
        for _ in range(2):  # told twice, it stays whole
            tell_address(page, home)
            assert page.read_text() == (
                f'<meta property="og:image" content="{home}figures/demo/sample/card.png">'
                f"<p>{address_span(f'{home}demo/a.html')}</p>"
            )
