from __future__ import annotations

import base64
import io
import json
import re
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from coopanalysis.display.figures.style import STATUS_COLOURS
from coopanalysis.errors import ReportError, UsageError
from coopanalysis.paths import project_root
from coopanalysis.reports.goals import Tags, _check_outline, _check_tables
from coopanalysis.reports.index import write_index
from coopanalysis.reports.site.__main__ import main, serve
from coopanalysis.reports.site.cards import main_finding
from coopanalysis.reports.site.counties import places_script
from coopanalysis.reports.site.documents import document_page, glossary_page
from coopanalysis.reports.site.facts import County, release_facts
from coopanalysis.reports.site.origin import cite_page
from coopanalysis.reports.site.publish import publish
from coopanalysis.reports.site.shell import DOCUMENTS, site_style
from coopanalysis.reports.site.thumbs import WIDE, choose_image, scale_image
from coopanalysis.reports.style import tidy_style
from site_samples import record, write_records, write_tables
from tools.check_pages.browser import find_chromium, open_browser

DOCUMENT = """# Methods & more

What stands here.

- [First](#first-part)
- [Second](#second_part)

## First part

$\\hat y$ and `code`, [second](#second_part), [a file](../src/x.py), [there](https://example.org/a).

| name | means |
| --- | --- |
| `a` | $x^2$ |
| b |  |

| name | means |
| --- | --- |
| c | d |

## second_part

- a
- b
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_tables(tmp_path)
    page = f'<img alt="County map." src="data:image/png;base64,{_png(300, 200)}">'
    failed = record(2, status="failed")
    write_records(tmp_path / "reports", record(1) | {"page": page}, failed)
    for name, text in (("r1.ipynb", "{}"), ("r2.ipynb", "{}")):
        (tmp_path / "reports" / "public" / name).write_text(text, encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "methods.md").write_text(DOCUMENT, encoding="utf-8")
    return tmp_path


def _png(width: int, height: int) -> str:
    image = Image.new("RGB", (width, height), "white")
    image.paste("black", (20, 20, width - 20, height - 20))
    raw = io.BytesIO()
    image.save(raw, "PNG")
    return base64.b64encode(raw.getvalue()).decode("ascii")


def test_a_document_becomes_a_page() -> None:
    soup = BeautifulSoup(document_page(DOCUMENT, "pages/methods.html"), "html.parser")
    assert [*_check_outline(Tags(soup)), *_check_tables(Tags(soup))] == []
    assert [h.get_text() for h in soup.find_all("h1")] == ["Methods & more"]
    contents = [str(a["href"]) for a in soup.select(".contents a")]
    assert contents == ["#first-part", "#second_part"]
    main = soup.main
    assert main is not None
    links = [str(a["href"]) for a in main.find_all("a")]
    assert links == ["#second_part", "https://example.org/a"], "its own contents are left out"
    captions = [c.get_text() for c in soup.find_all("caption")]
    assert captions == ["First part", "First part, table 2"]
    heads = [(th["scope"], th.get_text()) for th in soup.find_all("th")][:3]
    assert heads == [("col", "name"), ("col", "means"), ("row", "a")]
    assert len(soup.find_all("math")) == 2
    assert len(main.find_all("li")) == 2


def test_pages_link_to_each_other_by_relative_addresses() -> None:
    page = document_page(DOCUMENT, "pages/methods.html")
    soup = BeautifulSoup(page, "html.parser")
    assert [str(a["href"]) for a in soup.select(".mast a")] == [
        "../index.html",
        "../pages/methods.html",
        "../pages/dictionary.html",
        "../pages/glossary.html",
    ]
    here = soup.select_one(".mast [aria-current]")
    assert here is not None
    assert here.get_text() == "Methods"
    assert "default-src 'none'" in page


def test_documents_link_to_each_other() -> None:
    text = "# A\n\nSee the [plan](plan.md) and [simulations](coverage.md).\n\n## B\n\nMore.\n"
    main = BeautifulSoup(document_page(text, "pages/methods.html"), "html.parser").main
    assert main is not None
    links = {link.get_text(): link["href"] for link in main.find_all("a")}
    assert links == {"plan": "plan.html"}, "a file without a page stays as text"


def test_the_glossary_can_be_linked_to() -> None:
    soup = BeautifulSoup(glossary_page(), "html.parser")
    assert list(_check_outline(Tags(soup))) == []
    assert soup.find(id="coverage") is not None


def test_counties_are_packed_and_can_be_read_back(project: Path) -> None:
    facts = release_facts("public", project)
    assert facts is not None
    assert facts == release_facts("public", project), "what was kept is what was computed"
    script = places_script(facts, has_pages=True)
    packed = json.loads(script.partition(" = ")[2].rstrip(";\n"))
    assert packed["counties"] == [
        "0013o=Ash Parish\n0030sCedar\n9010w~County 60901",
        "0010rBirch",
    ]
    assert packed["pages"] is True
    assert packed["states"] == [["60", "Ardenia", "X0"], ["61", "Belmora", "X1"]]
    assert [name for name, _ in facts.policies] == ["agreement_latest_list", "agreement_first_list"]


@pytest.mark.parametrize(
    ("headline", "shown"),
    [
        ("It is 3.1% (2 to 4). Of 13 others, all agree.", "It is 3.1% (2 to 4)."),
        (
            "A 287(g) list. This is an association, not an effect. More.",
            "A 287(g) list. This is an association, not an effect.",
        ),
        ("", ""),
    ],
)
def test_a_card_shows_one_sentence_and_its_claim(headline: str, shown: str) -> None:
    assert main_finding(headline) == shown


def test_pictures_are_small_and_show_the_map() -> None:
    first, second = _png(300, 100), _png(900, 2000)
    tag = '<img alt="{}" src="data:image/png;base64,{}">'
    html = tag.format("Bar chart.", first) + tag.format("County map. Of", second)
    assert choose_image(html) == second
    assert choose_image(tag.format("Bar chart.", first)) == first
    assert choose_image(tag.format("Bar chart.", first), maps_only=True) is None
    raw = scale_image(base64.b64decode(second), WIDE)
    assert len(raw) < 20_000
    with Image.open(io.BytesIO(raw)) as image:
        assert image.size == WIDE
        assert image.format == "WEBP"


def test_a_status_has_one_colour_in_figures_and_in_the_index() -> None:
    style = site_style().lower()
    for word, status in (
        ("task", "task-force"),
        ("jail", "jail-enforcement"),
        ("warrant", "warrant-service"),
    ):
        chip = f".chip.{word}{{--own: {STATUS_COLOURS[status].lower()}}}"
        assert chip in style, f"reports/site/site.css has not {chip}"


def test_a_style_is_tidied_and_stays_one() -> None:
    assert tidy_style("/* x */ a { b: c; }\n@media print { d e { f: g h } }") == (
        "a{b: c}\n@media print{d e{f: g h}\n}"
    )


def test_the_site_is_complete_and_relative(project: Path) -> None:
    made = publish(project / "reports", project / "site")
    assert made.reports == 1
    site = project / "site"
    names = {file.relative_to(site).as_posix() for file in site.rglob("*") if file.is_file()}
    assert {"index.html", "public/r1.html", "public/r1.ipynb", "pages/methods.html"} <= names
    assert not {name for name in names if name.endswith(".json") or name.startswith(".s")}
    for page in (site / "index.html", *(site / "pages").glob("*.html")):
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for tag in soup.find_all(["a", "img", "script"]):
            address = str(tag.get("href") or tag.get("src") or "#")
            if address.startswith(("#", "data:", "https:")):
                continue
            assert not re.match(r"[/\\]|file:", address), f"{page.name}: {address}"
            if "dictionary" in address:
                continue  # of a document this project has not
            assert (page.parent / address.partition("#")[0]).is_file(), f"{page.name}: {address}"
    assert publish(project / "reports", site).files == made.files


def test_a_cited_address_is_whole_without_a_script_or_says_what_it_lacks(project: Path) -> None:
    cited = cite_page("Title", "public/r1.html", {"release": "public", "inputs": []})
    (project / "reports" / "public" / "r1.html").write_text(f"<p>{cited}</p>", encoding="utf-8")
    site = project / "site"
    for home, said in (
        ("", "public/r1.html (after the address of the site)"),
        ("https://example.org/a", "https://example.org/a/public/r1.html"),
    ):
        publish(project / "reports", site, home)
        page = BeautifulSoup((site / "public" / "r1.html").read_text("utf-8"), "html.parser")
        assert page.get_text().endswith(f" {said}")
        pages = [one.read_text("utf-8") for one in site.rglob("*.html")]
        assert all(
            address.startswith(home)
            for page in pages
            for address in re.findall('class="?coop-address"?>([^<]*)', page)
        )


def test_names_do_not_fool_the_list_of_counties(project: Path) -> None:
    facts = release_facts("public", project)
    assert facts is not None
    names = ("A|B County", "=C County", "D\nE County", "F Parish")
    counties = tuple(County(f"6000{at}", name, 0, 9, ()) for at, name in enumerate(names))
    odd = replace(facts, counties=counties, others=())
    packed = json.loads(places_script(odd, has_pages=False).partition(" = ")[2].rstrip(";\n"))
    rows = [row[4 + packed["width"] :] for row in packed["counties"][0].split("\n")]
    read = [row[1:] if row.startswith("=") else f"{row} County" for row in rows]
    assert read == ["A|B County", "=C County", "D E County", "F Parish"]


def test_a_port_that_is_taken_is_told(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"Port {port} .*make serve PORT={port + 1}"):
            serve(project, port)
    with pytest.raises(UsageError, match="PORT=8000"):
        serve(project, 99_999)


def test_a_site_replaces_nothing_else(project: Path) -> None:
    (project / "site").mkdir()
    (project / "site" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError, match="not a site made here"):
        publish(project / "reports", project / "site")
    with pytest.raises(ReportError, match="make reports"):
        publish(project / "nothing", project / "other")


def test_a_failure_on_the_way_is_told_and_leaves_the_old_site(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site, full = project / "site", OSError(28, "No space left on device")
    publish(project / "reports", site)
    before = (site / "index.html").read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise shutil.Error([("a", "b", str(full)), ("c", "d", str(full))])

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copytree", fail)
        with pytest.raises(ReportError, match=r"No space left .* \(and 1 more\)\. Free space"):
            publish(project / "reports", site)
    assert (site / "index.html").read_bytes() == before
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == ".site.part":
            raise full
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(ReportError, match="Free space, or mend permissions"):
            publish(project / "reports", site)
    assert (site / "index.html").read_bytes() == before
    with monkeypatch.context() as patch:
        patch.setattr("coopanalysis.paths.reports_dir", lambda: project / "reports")
        patch.setattr("coopanalysis.reports.site.__main__.publish", lambda *_: fail())
        assert main([]) == ReportError.exit_status
    assert "Free space" in capsys.readouterr().err


def test_every_page_of_the_site_says_what_it_is_where_it_is_shared(project: Path) -> None:
    path = write_index(project / "reports")
    for page in (path, *sorted((path.parent / "pages").glob("*.html"))):
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        tags = {str(one.get("property")): one.get("content") for one in soup.select("meta")}
        assert soup.title is not None
        assert tags["og:title"] == soup.title.get_text()
        assert tags["og:description"]


def test_no_document_asks_a_reader_of_the_site_for_a_command() -> None:
    """Commands of the house are for those who have its code: a page leaves them out."""
    docs = project_root() / "docs"
    for name, address in DOCUMENTS.items():
        source = docs / name
        text = document_page(source.read_text(encoding="utf-8"), address)
        shown = BeautifulSoup(text, "html.parser").get_text(" ")
        found = re.findall(r"[^.]{0,40}(?:\bmake [a-z]+\b`|coopanalysis (?:data|reports) )", shown)
        assert not re.search(r"coopanalysis (data|reports) [a-z]|\bmake (trust|docs)\b", shown), (
            name,
            found,
        )


@pytest.mark.slow
def test_no_barrier_on_any_page_of_the_site(project: Path) -> None:
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    from tools.check_pages.axe import check_axe  # noqa: PLC0415

    path, passed = write_index(project / "reports"), set[str]()
    with open_browser() as context:
        for page in (path, *sorted((path.parent / "pages").glob("*.html"))):
            misses, _ = check_axe(context, page, passed)
            assert misses == [], page.name
