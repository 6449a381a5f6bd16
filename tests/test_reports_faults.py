"""What surrounds a run may be full, damaged or odd: it ends, and says what is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from matplotlib import font_manager

from coopanalysis.display.figures.style import use_house_style
from coopanalysis.errors import ReportError, UsageError
from coopanalysis.panel.record import read_build, table_sources
from coopanalysis.reports import run_reports
from coopanalysis.reports.marks import MARK, stands
from coopanalysis.reports.validate import find_notebooks
from coopanalysis.seal import sealed
from engine_samples import entry, write_tiny_project

BELL = "\x07"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COOPANALYSIS_HOME", str(tmp_path))
    notebooks = {"good": "", "good-too": ""}
    return write_tiny_project(tmp_path, "".join(map(entry, notebooks)), notebooks)


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_to_ends_the_run(project: Path) -> None:
    """As a full disk does: neither page nor record of the failure can be kept."""
    (project / "reports").mkdir()
    (project / "reports" / "demo").write_text("in the way")
    said: list[str] = []
    run = run_reports("demo", progress=said.append)
    assert [outcome.status for outcome in run.outcomes] == ["failed", "failed"]
    assert all("cannot be written or read" in outcome.error for outcome in run.failed)
    assert any(line.startswith("good failed: its files") for line in said)


@pytest.mark.slow
def test_damaged_records_of_the_engine_stop_no_run(project: Path) -> None:
    assert not run_reports("demo").failed
    folder = project / "reports" / "demo"
    before = (folder / "good.html").read_bytes()
    for name in ("good.json", ".engine/good.parts", ".engine/good.history"):
        (folder / name).write_bytes(b"\xff{")
    (project / "data" / "processed" / ".hashes").write_bytes(b"\x00[")
    (folder / "stray.json").mkdir()
    run = run_reports("demo")
    assert [outcome.status for outcome in run.outcomes] == ["built", "current"]
    assert len((folder / "good.html").read_bytes()) == len(before)


DEPTHS = (990, 100_000)
"""Of brackets: what the reader of JSON just lets pass, whose hash cannot be taken, and beyond."""


@pytest.mark.slow
@pytest.mark.parametrize("depth", DEPTHS)
def test_records_nested_too_deeply_are_made_anew(project: Path, depth: int) -> None:
    assert not run_reports("demo").failed
    folder = project / "reports" / "demo"
    before = (folder / "good.html").read_bytes()
    record = (folder / "good.json").read_text(encoding="utf-8")
    deep = nested(depth)
    assert record.startswith("{")
    (folder / "good.json").write_text(f'{{"deep": {deep}, {record[1:]}', encoding="utf-8")
    for name in ("good.parts", "good.history"):
        (folder / ".engine" / name).write_text(f'{{"seconds": {deep}}}', encoding="utf-8")
    run = run_reports("demo")
    assert [outcome.status for outcome in run.outcomes] == ["built", "current"]
    assert len((folder / "good.html").read_bytes()) == len(before)


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_record_of_a_build_nested_too_deeply_is_none(project: Path, depth: int) -> None:
    folder = project / "data" / "processed" / "demo"
    file = folder / "build.json"
    record = sealed(json.loads(file.read_bytes()) | {"deep": "here"})
    file.write_text(json.dumps(record), encoding="utf-8")
    assert read_build(folder) == record
    file.write_text(json.dumps(record).replace('"here"', nested(depth)), encoding="utf-8")
    assert read_build(folder) is None
    (folder / "datapackage.json").write_text(nested(depth), encoding="utf-8")
    assert table_sources(folder) == {}
    (folder / MARK).write_text(nested(depth), encoding="utf-8")
    assert not stands(folder, "any")


@pytest.mark.parametrize("text", [f'{{"cells": {"[" * 100_000}', '{"cells": ', "[]", '{"a": 1}'])
def test_a_notebook_that_is_no_notebook_is_named(project: Path, text: str) -> None:
    (project / "notebooks" / "good-too.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=r"good-too\.ipynb is no notebook"):
        run_reports("demo")


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_an_index_that_cannot_be_written_is_told(project: Path) -> None:
    (project / "reports" / "index.html").mkdir(parents=True)
    with pytest.raises(ReportError, match="index.html and the pages around it cannot be written"):
        run_reports("demo", retry_failed=True)


@pytest.mark.slow
@pytest.mark.parametrize("words", [[], ["--plain"]])
def test_a_filter_of_warnings_harms_nothing(project: Path, words: list[str]) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-m", "coopanalysis.front", "reports", "run", "--no-data", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 built" in done.stdout
    assert done.stderr == ""
    assert done.returncode == 0


def odd_cell(name: str) -> str:
    """Code that shows a table and a figure of a county of this name."""
    return f"""import pandas as pd
from coopanalysis.display import figures, tables
name = {name!r}
data = pd.DataFrame({{"county": [name, "=Other"], "share": [0.1, 0.9]}})
figure, axes = figures.new_figure(2.0)
axes.barh(data["county"], data["share"])
source = "Bureau. Data as of 15 July 2025."
display(tables.show_table(data, caption="Shares", source=source))
figures.show_figure(
    figure, finding="The second is common", subtitle="Share of counties",
    alt="Bar chart of the share of counties by county, from ten to ninety percent; the second "
    "county is nine times as common.", note="", source=source, data=data,
)"""


WITHOUT_GLYPH = chr(0x7E23) + chr(0x13080) + chr(0xE000)
"""A sign of Chinese, one of Egyptian, and one that no font has."""


def test_no_font_of_figures_has_these_glyphs() -> None:
    use_house_style()
    font = font_manager.get_font(font_manager.findfont(font_manager.FontProperties()))
    assert not set(map(ord, WITHOUT_GLYPH)) & set(font.get_charmap())


@pytest.mark.slow
def test_names_whose_glyphs_no_font_has_fail_no_page_and_fool_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COOPANALYSIS_HOME", str(tmp_path))
    name = f"{WITHOUT_GLYPH} | County"
    plan = entry("odd").replace('title = "odd"', f'title = "{name}"') + entry("good")
    write_tiny_project(tmp_path, plan, {"odd": odd_cell(name), "good": ""})
    run = run_reports("demo")
    assert [outcome.error for outcome in run.outcomes] == ["", ""]
    html = run.outcomes[0].job.html_path.read_text(encoding="utf-8")
    assert name in html
    page = BeautifulSoup(html, "html.parser")
    assert page.find("img", src=re.compile("^data:image/png"))
    told = page.get_text()
    assert all(f"Glyph {ord(one)} " in told for one in WITHOUT_GLYPH), "what it lacks is said"
    index = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    cards = BeautifulSoup(index, "html.parser").find_all(class_="card")
    links = {card.h3.a.get_text(): card.h3.a["href"] for card in cards}
    names = {name: "demo/odd.html", "good": "demo/good.html"}
    assert links == {f"{one} (simulated data)": address for one, address in names.items()}


@pytest.mark.slow
def test_odd_names_fail_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COOPANALYSIS_HOME", str(tmp_path))
    cell = odd_cell("Cash $a_1$ & $ave$ | $$ " + BELL + chr(0x1F600) + " County")
    write_tiny_project(tmp_path, entry("odd"), {"odd": cell})
    run = run_reports("demo")
    assert [outcome.error for outcome in run.outcomes] == [""]
    html = run.outcomes[0].job.html_path.read_text(encoding="utf-8")
    assert BELL not in html
    assert "Cash $a_1$ &amp; $ave$ | $$ \ufffd\U0001f600 County" in html


def test_notebooks_are_found_by_path_name_and_report(project: Path) -> None:
    wanted = (project / "notebooks" / "good.ipynb").resolve()
    for name in (str(wanted), "good.ipynb", "good"):
        assert [path.resolve() for path in find_notebooks([name])] == [wanted]
    with pytest.raises(UsageError, match="No notebook and no report 'godo'. Did you mean 'good'"):
        find_notebooks(["godo"])
