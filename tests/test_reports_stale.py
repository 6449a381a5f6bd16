"""What makes a report stale, cause by cause, and what does not."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import coopanalysis
from coopanalysis import filehash
from coopanalysis.errors import DataError, ReportError
from coopanalysis.panel import Panel, load_release
from coopanalysis.panel.record import READS_VARIABLE, build_view
from coopanalysis.reports import run, stale, style
from coopanalysis.reports.marks import write_mark
from coopanalysis.reports.plan import ReportJob, load_plan
from coopanalysis.reports.progress import Outcome
from coopanalysis.reports.records import keep_failure, keep_state, write_record
from coopanalysis.reports.show import dot_lines, graph_lines, plan_lines, status_lines
from coopanalysis.reports.stale import Decision, decide
from report_samples import PLAN, sample_build, write_project

READS = 'reads = ["county"]\n'
NEW_PLAN = PLAN.replace('topic = "Crime reporting"\n', f'topic = "Crime reporting"\n{READS}', 1)


class Place:
    """A project whose two reports stand, with a copy of the package beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = write_project(folder / "project")
        self.package = folder / "package" / "coopanalysis"
        self.template = self.package / "reports" / "template"
        source = Path(coopanalysis.__file__).parent
        shutil.copytree(source, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        self.write("notebooks/reports.toml", NEW_PLAN)
        self.write("requirements.lock", "pandas==3.0\n")
        self.write("pyproject.toml", 'version = "0.1.0"\n')
        build = sample_build() | {
            "outputs": [{"file": f"{name}.parquet"} for name in ("county", "county_year")],
            "joins": ["a"],
            "fingerprint": "x",
        }
        self.write("data/processed/demo/build.json", json.dumps(build))
        behind = {"county": "ilrc-rubric", "county_year": "urban-crime"}
        resources = [
            {"name": table, "sources": [{"id": f"demo-{layout}"}]}
            for table, layout in behind.items()
        ]
        self.write("data/processed/demo/datapackage.json", json.dumps({"resources": resources}))
        for name in behind:
            self.write(f"data/processed/demo/{name}.parquet", name)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def append(self, path: Path, text: str) -> None:
        assert path.is_file()
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    def change_json(self, name: str, change: Callable[[Any], None]) -> None:
        document = json.loads((self.folder / name).read_text(encoding="utf-8"))
        change(document)
        self.write(name, json.dumps(document))

    def stand(self) -> None:
        """Leave both reports as a run that succeeded would."""
        for decision in decide(load_plan("demo")):
            made(decision)

    def reasons(self) -> dict[str, tuple[str, ...]]:
        return {one.job.id: one.reasons for one in decide(load_plan("demo"))}


def change_page(place: Place, change: Callable[[str], str]) -> None:
    page = place.folder / "reports" / "demo" / "rates.html"
    page.write_text(change(page.read_text()))


def made(decision: Decision) -> None:
    job = decision.job
    job.folder.mkdir(parents=True, exist_ok=True)
    page = f'<meta name="{style.KEY_NAME}" content="{decision.key}"><p>17 of 100.</p>'
    job.html_path.write_text(page)
    facts = {"key": decision.key, "finished": "2026-01-01T00:00:00Z"}
    facts["page_sha256"] = hashlib.sha256(page.encode()).hexdigest()
    write_record(job, "built", 2.0, facts)
    job.figures_folder.mkdir(parents=True, exist_ok=True)
    card = job.figures_folder / "card.png"
    card.write_bytes(b"card")
    write_mark(job.figures_folder, decision.key, [card])
    keep_state(job, "parts", decision.parts)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place(tmp_path)
    monkeypatch.setenv("COOPANALYSIS_HOME", str(place.folder))
    monkeypatch.setattr(stale, "_package", lambda: place.package)
    monkeypatch.setattr(stale, "TEMPLATE_FOLDER", place.template)
    place.stand()
    assert place.reasons() == {"rates": (), "rates-other": ()}
    return place


NOTEBOOK = "notebooks/01_rates.ipynb"
BUILD = "data/processed/demo/build.json"
BOTH = ("rates", "rates-other")
Change = Callable[[Place], object]

CAUSES: dict[str, tuple[Change, tuple[str, ...], str]] = {
    "source of a cell": (
        lambda p: p.change_json(NOTEBOOK, lambda d: d["cells"][3].update(source="seed = 1")),
        BOTH,
        "cells of 01_rates.ipynb changed",
    ),
    "tag of a cell": (
        lambda p: p.change_json(
            NOTEBOOK, lambda d: d["cells"][3]["metadata"].update(tags=["keep_output"])
        ),
        BOTH,
        "cells of 01_rates.ipynb changed",
    ),
    "page cut in half": (
        lambda p: change_page(p, lambda html: html[: len(html) // 2]),
        ("rates",),
        "rates.html is not as it was written",
    ),
    "one digit of a page": (
        lambda p: change_page(p, lambda html: html.replace("17", "71")),
        ("rates",),
        "rates.html is not as it was written",
    ),
    "parameter": (
        lambda p: p.write("notebooks/reports.toml", NEW_PLAN.replace("seed = 11", "seed = 12")),
        ("rates",),
        "parameter seed changed",
    ),
    "new parameter": (
        lambda p: p.write(
            "notebooks/reports.toml", NEW_PLAN.replace("seed = 11", "seed = 11\nweighted = true")
        ),
        ("rates",),
        "parameter weighted is new",
    ),
    "title": (
        lambda p: p.write("notebooks/reports.toml", NEW_PLAN.replace("Rates and p", "Our p")),
        ("rates",),
        "title changed",
    ),
    "module the notebook imports": (
        lambda p: p.append(p.package / "display" / "figures" / "show.py", "\n# more\n"),
        BOTH,
        "display/figures/show.py changed",
    ),
    "module the notebook does not import": (
        lambda p: p.append(p.package / "briefs" / "rows.py", "\n# more\n"),
        BOTH,
        "briefs/rows.py changed",
    ),
    "module that makes the page": (
        lambda p: p.append(p.package / "reports" / "render.py", "\n# more\n"),
        BOTH,
        "reports/render.py changed",
    ),
    "table it declares": (
        lambda p: p.write("data/processed/demo/county.parquet", "other"),
        BOTH,
        "data/processed/demo/county.parquet changed",
    ),
    "table only one reads": (
        lambda p: p.write("data/processed/demo/county_year.parquet", "other"),
        ("rates-other",),
        "data/processed/demo/county_year.parquet changed",
    ),
    "raw file behind a declared table": (
        lambda p: p.change_json(BUILD, lambda d: d["inputs"][0].update(sha256="0" * 64)),
        BOTH,
        "record of ilrc-rubric.csv changed",
    ),
    "raw file behind another table": (
        lambda p: p.change_json(BUILD, lambda d: d["inputs"][1].update(sha256="0" * 64)),
        ("rates-other",),
        "record of urban-crime.csv changed",
    ),
    "joins of the build": (
        lambda p: p.change_json(BUILD, lambda d: d.update(joins=["b"])),
        ("rates-other",),
        "record of the build changed",
    ),
    "lock": (
        lambda p: p.write("requirements.lock", "pandas==3.1\n"),
        BOTH,
        "requirements.lock changed",
    ),
    "plan of analysis": (
        lambda p: p.write("docs/plan.md", "Fixed on 1 January 2030.\n"),
        BOTH,
        "docs/plan.md changed",
    ),
    "template": (
        lambda p: p.append(p.template / "coopanalysis" / "page.css", "\nb{}\n"),
        BOTH,
        "template page.css changed",
    ),
    "version": (
        lambda p: p.write("pyproject.toml", 'version = "0.2.0"\n'),
        BOTH,
        "version of the package changed",
    ),
    "figure": (
        lambda p: (p.folder / "reports/figures/demo/rates/card.png").write_bytes(b"cord"),
        ("rates",),
        "its figures are not as they were written",
    ),
    "lost page": (
        lambda p: (p.folder / "reports/demo/rates.html").unlink(),
        ("rates",),
        "rates.html is missing",
    ),
    "lost record": (
        lambda p: (p.folder / "reports/demo/rates.json").unlink(),
        ("rates",),
        "never made",
    ),
}


@pytest.mark.parametrize("name", CAUSES)
def test_each_cause_makes_stale_whom_it_concerns_and_is_named(place: Place, name: str) -> None:
    change, stale, reason = CAUSES[name]
    change(place)
    found = place.reasons()
    assert {job for job, reasons in found.items() if reasons} == set(stale)
    for job in stale:
        assert found[job] == (reason,)
    place.stand()
    assert place.reasons() == {"rates": (), "rates-other": ()}


def _touch(place: Place) -> None:
    for path in [*place.folder.rglob("*.*"), *place.package.rglob("*.py")]:
        os.utime(path, (1_700_000_000, 1_700_000_000))


NO_CAUSES: dict[str, Change] = {
    "outputs and counts": lambda p: p.change_json(
        NOTEBOOK,
        lambda d: d["cells"][3].update(
            execution_count=7, outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}]
        ),
    ),
    "metadata of the notebook": lambda p: p.change_json(
        NOTEBOOK, lambda d: d["metadata"].update(authors=["someone"])
    ),
    "another notebook": lambda p: p.append(p.folder / "notebooks" / "02_broken.ipynb", "\n"),
    "the site": lambda p: p.append(p.package / "reports" / "site" / "site.js", "\n// more\n"),
    "a table nobody declares": lambda p: p.write("data/processed/demo/other.parquet", "x"),
    "when it was built": lambda p: p.change_json(BUILD, lambda d: d.update(fingerprint="y")),
    "another release": lambda p: p.change_json(
        "data/processed/public/build.json", lambda d: d["inputs"][0].update(sha256="0" * 64)
    ),
    "times of files": _touch,
    "choices that stay allowed": lambda p: p.write(
        "notebooks/reports.toml", NEW_PLAN.replace('["60", "06"]', '["60", "06", "07"]')
    ),
    "readme": lambda p: p.write("README.md", "words"),
}


@pytest.mark.parametrize("name", NO_CAUSES)
def test_nothing_else_makes_a_report_stale(place: Place, name: str) -> None:
    NO_CAUSES[name](place)
    assert place.reasons() == {"rates": (), "rates-other": ()}


def test_a_second_look_reads_no_file_that_was_not_touched(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, whole, seen = time.time_ns, filehash._digest, []
    monkeypatch.setattr(filehash.time, "time_ns", lambda: clock() + 60_000_000_000)
    monkeypatch.setattr(filehash, "_digest", lambda name: seen.append(name) or whole(name))
    page = place.folder / "reports" / "demo" / "rates.html"
    assert set(place.reasons().values()) == {()}
    assert page in set(map(Path, seen))
    filehash._memory.cache_clear()
    seen.clear()
    assert set(place.reasons().values()) == {()}
    assert seen == []
    page.touch()
    assert set(place.reasons().values()) == {()}
    assert list(map(Path, seen)) == [page]


def test_another_python_makes_all_stale(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "python_version", lambda: "3.99.1")
    assert set(place.reasons().values()) == {("Python changed",)}


def test_a_failure_is_taken_up_again(place: Place) -> None:
    job = load_plan("demo", "rates")[0]
    keep_failure(job, "another key", "cell 2: KeyError: 'x'", 1.0)
    assert place.reasons()["rates"] == ("failed last time",)
    lines = list(status_lines("demo"))
    assert lines[0].endswith("failed: cell 2: KeyError: 'x'")
    assert "up to date" in lines[1]


def test_plan_says_what_would_run_and_why(place: Place) -> None:
    assert list(plan_lines("demo"))[-1] == "0 of 2 would run."
    CAUSES["table only one reads"][0](place)
    CAUSES["parameter"][0](place)
    lines = list(plan_lines("demo"))
    assert lines[0] == "rates        run  parameter seed changed"
    assert lines[1] == "rates-other  run  data/processed/demo/county_year.parquet changed"
    assert lines[2].startswith("2 of 2 would run")


def test_pages_made_on_demand_are_known_where_they_stand(place: Place) -> None:
    text = (place.folder / "notebooks" / "reports.toml").read_text(encoding="utf-8")
    on_demand = text.replace('id = "rates-other"', 'id = "rates-other"\non_demand = true')
    place.write("notebooks/reports.toml", on_demand)
    assert [line.split()[0] for line in status_lines("demo")] == ["rates", "rates-other"]
    assert [line.split()[0] for line in status_lines("demo", ["rates-other"])] == ["rates-other"]
    assert list(plan_lines("demo"))[-1] == "0 of 2 would run."
    load_plan("demo", "rates-other")[0].record_path.unlink()
    assert [line.split()[0] for line in status_lines("demo")] == ["rates"]


def test_a_run_of_all_keeps_those_made_on_demand_fresh_where_they_stand(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_again: list[str] = []

    def executed(decisions: list[Decision], **_: Any) -> list[Outcome]:
        run_again.extend(one.job.id for one in decisions if not one.is_current)
        return []

    monkeypatch.setattr(run, "execute", executed)
    monkeypatch.setattr(run, "_write_index", lambda: place.folder / "index.html")
    text = (place.folder / "notebooks" / "reports.toml").read_text(encoding="utf-8")
    on_demand = text.replace('id = "rates-other"', 'id = "rates-other"\non_demand = true')
    place.write("notebooks/reports.toml", on_demand)
    assert run.already_current("demo", print)
    CAUSES["table only one reads"][0](place)
    assert not run.already_current("demo", print)
    run.run_reports("demo")
    assert run_again == ["rates-other"]
    run.run_reports("demo", only="rates")
    load_plan("demo", "rates-other")[0].record_path.unlink()
    run.run_reports("demo")
    assert run_again == ["rates-other"], "neither what was not asked for nor what does not stand"


def test_the_graph_names_tables_and_raw_files(place: Place) -> None:
    lines = list(graph_lines("demo", ["rates"]))
    assert "  data/processed/demo/county.parquet" in lines
    assert not any("county_year" in line for line in lines)
    drawn = "\n".join(dot_lines("demo"))
    assert '"data/processed/demo/county_year.parquet" -> "rates-other";' in drawn
    assert place


def test_a_table_that_does_not_exist_is_named(place: Place) -> None:
    place.write("notebooks/reports.toml", NEW_PLAN.replace('"county"', '"countty"'))
    with pytest.raises(ReportError, match="unknown table 'countty'. Did you mean 'county'"):
        load_plan("demo")


def job_named(jobs: list[ReportJob], **parameters: object) -> ReportJob:
    return next(job for job in jobs if parameters.items() <= job.parameters.items())


def test_names_of_a_sweep_never_collide(place: Place) -> None:
    values = ["a b", "a-b", "A B", "a_b", "ä b", "b", "x" * 90, "x" * 91, "", "é", "è", "1-2", "12"]
    plan = NEW_PLAN.replace('state_fips = ["60", "06"]', f"state_fips = {json.dumps(values)}")
    plan = plan.replace('[[report]]\nid = "rates-other"', (
        f"[report.sweep]\nstate_fips = {json.dumps(values)}\nseed = [1, -1, 10]\n"
        '[[report]]\nid = "rates-other"'
    ))  # fmt: skip
    place.write("notebooks/reports.toml", plan)
    jobs = load_plan("demo", "rates")
    assert len(jobs) == len(values) * 3
    assert len({job.slug.lower() for job in jobs}) == len(jobs)
    assert all(len(job.slug) <= 120 for job in jobs)
    alone = load_plan("demo", "rates", {"state_fips": "A B", "seed": "-1"})
    assert [job.slug for job in alone] == [job_named(jobs, state_fips="A B", seed=-1).slug]


def test_a_report_cannot_read_what_it_does_not_declare(
    demo: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(READS_VARIABLE, "county")
    panel = load_release("demo")
    assert panel.county.equals(demo.county)
    assert {one["layout"] for one in panel.build["inputs"]} >= {"ilrc-rubric"}
    assert "topojson" not in {one["layout"] for one in panel.build["inputs"]}
    with pytest.raises(DataError, match="the table 'county_year', which it does not declare"):
        _ = panel.county_year
    with pytest.raises(DataError, match='Add "build" to its `reads`'):
        _ = panel.build["joins"]
    monkeypatch.setenv(READS_VARIABLE, "county,build")
    assert load_release("demo").build["joins"] == demo.build["joins"]


def test_a_build_that_does_not_say_what_is_behind_a_table_shows_all(place: Place) -> None:
    record = json.loads((place.folder / BUILD).read_text(encoding="utf-8"))
    assert len(build_view(record, ("county",), {})["inputs"]) == 2
