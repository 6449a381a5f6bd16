"""Running notebooks: forked and plain kernels alike, faults, limits, sweeps."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from coopanalysis.errors import ReportError
from coopanalysis.reports import ReportRun, run_reports
from coopanalysis.reports.processes import PAGE, start_server
from coopanalysis.reports.progress import Progress, event_line
from engine_samples import FAULTS, entry, faulty_project, write_tiny_project
from report_samples import write_project

pytestmark = pytest.mark.slow
MANY = 10
needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOURCE_DATE_EPOCH", "1760000000")
        yield patched


def run_in(folder: Path, patch: pytest.MonkeyPatch, **options: object) -> ReportRun:
    patch.setenv("COOPANALYSIS_HOME", str(folder))
    return run_reports("demo", **options)


@needs_fork
def test_forked_and_plain_kernels_give_the_same_images_and_pages(
    tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    pages, images = [], []
    for name, plain in (("forked", False), ("plain", True)):
        folder = write_project(tmp_path / name)
        (outcome,) = run_in(folder, patch, only="rates", plain=plain).outcomes
        assert outcome.status == "built", outcome.error
        pages.append(outcome.job.html_path.read_bytes())
        images.append(re.findall(rb'src="data:image/png;base64,[^"]+"', pages[-1]))
    assert len(images[0]) == 2
    assert images[0] == images[1]
    assert pages[0] == pages[1]


FACTS = """import json, os, random, sys, warnings
import matplotlib as mpl, numpy as np
import pandas as pd
facts = {
    "path": sys.path, "main": sys.modules["__main__"].__name__, "argv": len(sys.argv),
    "rc": {k: str(v) for k, v in mpl.rcParams.items()}, "backend": mpl.get_backend(),
    "environment": sorted(k for k in os.environ if not k.startswith("JPY")),
    "warnings": [str(one) for one in warnings.filters], "here": os.getcwd(),
    "hash": hash("word"), "float": pd.get_option("display.precision"),
}
print(json.dumps(facts))
print(json.dumps([random.random(), np.random.random(), np.random.default_rng().random()]))"""


@needs_fork
@pytest.mark.usefixtures("cold")
def test_a_forked_kernel_is_a_fresh_one(tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    seen, drawn = [], []
    folder = write_tiny_project(tmp_path, entry("a") + entry("b"), {"a": FACTS, "b": FACTS})
    for plain in (False, True):
        for outcome in run_in(folder, patch, force=True, plain=plain, workers=1).outcomes:
            notebook = nbformat.read(outcome.job.notebook_path, as_version=4)
            text = "".join(o.text for o in notebook.cells[5].outputs)
            first, second = text.splitlines()
            seen.append(json.loads(first))
            drawn += json.loads(second)
    # Modules that are there already have added filters of their own; none is lost.
    filters = [set(facts.pop("warnings")) for facts in seen]
    assert filters[-1] <= filters[0]
    for name in seen[0]:
        values = [facts[name] for facts in seen]
        assert all(value == values[-1] for value in values), name
    assert len(set(drawn)) == len(drawn), "kernels drew the same numbers"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> ReportRun:
    return run_in(faulty_project(tmp_path_factory.mktemp("faulty") / "p"), patch)


def test_the_others_go_on(faulty: ReportRun) -> None:
    ended = {outcome.job.id: outcome.status for outcome in faulty.outcomes}
    assert ended == {"good": "built", "good-too": "built", **dict.fromkeys(FAULTS, "failed")}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("raises", r"cell 4: KeyError: 'nowhere'\n.*\n?.*\{\}\['nowhere'\]"),
        ("hangs", r"cell 4 was still running after 4 s, .*`limit_seconds`.*\nimport time"),
        ("hangs-in-c", r"cell 4 was still running after 4 s"),
        ("exits", r"cell 4 ended its Python process with exit status 3\nimport os"),
        ("fills-memory", r"cell 4.*(MemoryError|Python process.* \d+ MB)"),
        ("asks-for-memory", r"cell 4: \w*MemoryError: "),
    ],
)
def test_each_fault_is_told_and_the_partial_notebook_kept(
    faulty: ReportRun, name: str, words: str
) -> None:
    (outcome,) = (one for one in faulty.failed if one.job.id == name)
    assert re.search(words, outcome.error), outcome.error
    notebook = nbformat.read(outcome.job.notebook_path, as_version=4)
    printed = [o.text for c in notebook.cells for o in c.get("outputs", []) if "text" in o]
    # IPython, itself short of memory, may print a second traceback.
    assert printed[0] == "before the fault\n"
    assert len(printed) == 1 or name == "fills-memory"
    assert not outcome.job.html_path.exists()
    index = faulty.index.read_text(encoding="utf-8")
    assert f"demo/{name}.ipynb" in index


def test_no_temporary_file_is_left(faulty: ReportRun) -> None:
    assert not list(faulty.index.parent.rglob("*.part"))


def test_retry_takes_up_the_failed_alone(faulty: ReportRun, patch: pytest.MonkeyPatch) -> None:
    folder = faulty.index.parents[1]
    whole = (folder / "notebooks" / "good.ipynb").read_text(encoding="utf-8")
    (folder / "notebooks" / "raises.ipynb").write_text(whole, encoding="utf-8")
    for name in set(FAULTS) - {"raises"}:
        (folder / "reports" / "demo" / f"{name}.json").unlink()
    again = run_in(folder, patch, retry_failed=True)
    assert [(one.job.id, one.status) for one in again.outcomes] == [("raises", "built")]


def test_many_reports_of_one_notebook_do_not_collide(
    tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    plan = entry("many") + f"[report.sweep]\nnumber = {list(range(MANY))}\n"
    folder = write_tiny_project(tmp_path, plan, {"many": ""})
    told: list[Progress] = []
    outcomes = run_in(folder, patch, events=told.append).outcomes
    assert {one.status for one in outcomes} == {"built"}, [o.error for o in outcomes if o.error]
    for one in outcomes:
        number = one.job.parameters["number"]
        assert f"have {number} more than" in one.job.html_path.read_text(encoding="utf-8")
        notebook = one.job.notebook_path.read_text(encoding="utf-8")
        assert f"have {number} more than" in notebook
    assert len({one.job.html_path for one in outcomes}) == MANY
    assert len(list((folder / "reports" / "demo").glob("*.html"))) == MANY
    lines = [json.loads(event_line(event)) for event in told]
    assert sum(line["status"] == "built" for line in lines) == MANY
    again = run_in(folder, patch)
    assert {one.status for one in again.outcomes} == {"current"}


def test_several_releases_in_one_run_do_not_collide(
    tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    plan = entry("many") + "[report.sweep]\nnumber = [1, 2]\n"
    folder = write_tiny_project(tmp_path, plan, {"many": "print(release)"})
    processed = folder / "data" / "processed"
    shutil.copytree(processed / "demo", processed / "public")
    patch.setenv("COOPANALYSIS_HOME", str(folder))
    said: list[str] = []
    outcomes = run_reports(["demo", "public"], progress=said.append).outcomes
    assert {one.status for one in outcomes} == {"built"}, [o.error for o in outcomes if o.error]
    assert len({one.job.html_path for one in outcomes}) == 4
    for one in outcomes:
        notebook = nbformat.read(one.job.notebook_path, as_version=4)
        printed = [o.text for c in notebook.cells for o in c.get("outputs", []) if "text" in o]
        assert f"{one.job.release}\n" in printed
    assert sum(line.startswith("public/many--number-2") for line in said) > 1
    again = run_reports(["public", "demo"]).outcomes
    assert {one.status for one in again} == {"current"}


@needs_fork
@pytest.mark.usefixtures("cold")
def test_a_module_that_starts_a_thread_means_plain_kernels(
    tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "restless.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    path = os.pathsep.join([str(tmp_path / "lib"), *sys.path])
    patch.setenv("PYTHONPATH", path)
    folder = write_tiny_project(tmp_path / "p", entry("a"), {"a": "import restless"})
    said: list[str] = []
    run = run_in(folder, patch, progress=said.append)
    assert [outcome.status for outcome in run.outcomes] == ["built"]
    assert any("started the thread restless" in s or "Starting plain ones" in s for s in said)


@needs_fork
@pytest.mark.usefixtures("cold")
def test_polars_is_left_to_the_notebook_that_asks_for_it(
    tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    """It starts a thread, and statsmodels imports it wherever it is installed."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "polars.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "class DataFrame: ...\nclass Series: ...\n"
    )
    patch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "lib"), *sys.path]))
    notebooks = {"a": "import statsmodels.api", "b": "import polars\nframe = polars.DataFrame()"}
    folder = write_tiny_project(tmp_path / "p", entry("a") + entry("b"), notebooks)
    said: list[str] = []
    run = run_in(folder, patch, progress=said.append)
    assert [outcome.error for outcome in run.outcomes] == ["", ""]
    assert not any("plain ones" in one for one in said)


@needs_fork
def test_a_module_that_is_missing_is_the_notebooks_to_report(
    tmp_path: Path, patch: pytest.MonkeyPatch
) -> None:
    folder = write_tiny_project(tmp_path, entry("a"), {"a": "import no_such_module"})
    (outcome,) = run_in(folder, patch).outcomes
    assert "ModuleNotFoundError: No module named 'no_such_module'" in outcome.error


@needs_fork
@pytest.mark.usefixtures("cold")
def test_a_parent_that_cannot_warm_up_says_why(patch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "papermill.py").write_text("raise ImportError('broken on purpose')")
    patch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    with pytest.raises(ReportError, match="broken on purpose"):
        start_server(PAGE)
    assert not multiprocessing.active_children()
    patch.delenv("PYTHONPATH")
