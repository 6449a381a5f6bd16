from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.errors import ReportError, UsageError
from coopanalysis.reports import place_names
from coopanalysis.reports.plan import load_plan
from coopanalysis.reports.stale import report_key
from report_samples import PLAN, write_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COOPANALYSIS_HOME", str(tmp_path))
    return write_project(tmp_path)


def replan(project: Path, old: str, new: str) -> None:
    assert old in PLAN
    (project / "notebooks" / "reports.toml").write_text(PLAN.replace(old, new), encoding="utf-8")


def test_reports_of_a_release(project: Path) -> None:
    demo, public = load_plan("demo"), load_plan("public")
    assert [job.id for job in demo] == ["rates", "rates-other"]
    assert [job.id for job in public] == ["rates"]
    first = demo[0]
    assert first.parameters == {"release": "demo", "seed": 11}
    assert first.title == "Rates and practices: holds on detainers"
    assert first.html_path == project.resolve() / "reports" / "demo" / "rates.html"


def test_codes_stay_text_and_a_sweep_overwrites_nothing(project: Path) -> None:
    (job,) = load_plan("demo", "rates", {"state_fips": "06", "seed": "12", "weighted": "yes"})
    assert job.parameters["state_fips"] == "06"
    assert job.parameters["seed"] == 12
    assert job.parameters["weighted"] is True
    assert job.slug == "rates--seed-12--state_fips-06--weighted-true"


@pytest.mark.parametrize(
    ("only", "overrides", "message"),
    [
        ("rate", {}, "No report 'rate'. Did you mean 'rates'"),
        ("rates", {"polcy": "x"}, "no parameter 'polcy'. Did you mean 'policy'"),
        ("rates", {"seed": "many"}, "takes a whole number, not 'many'"),
        ("rates", {"seed": 1.5}, "takes a whole number, not 1.5"),
        ("rates", {"state_fips": 6}, "takes text, not 6"),
        ("rates", {"weighted": "perhaps"}, "true or false"),
        ("rates", {"policy": "hold_on_detainer"}, "Did you mean 'holds_on_detainer'"),
        ("rates", {"state_fips": "07"}, "cannot be '07'"),
        ("rates", {"weight": "nan"}, "takes a number, not 'nan'"),
        ("rates", {"weight": "-Infinity"}, "takes a number, not '-Infinity'"),
        ("rates", {"weight": "1e400"}, "takes a number, not '1e400'"),
        ("rates", {"weight": float("nan")}, "takes a number, not nan"),
        ("rates", {"state_fips": "0\udcff"}, "takes text"),
        ("rates", {"release": "public"}, "name it with --release"),
    ],
)
def test_wrong_names_and_values_are_errors_before_anything_runs(
    project: Path, only: str, overrides: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        load_plan("demo", only, overrides)
    assert message in str(caught.value)
    assert not (project / "reports").exists()


def test_a_report_of_another_release_is_named(project: Path) -> None:
    with pytest.raises(UsageError, match="only from demo"):
        load_plan("public", "rates-other")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('topic = "Crime reporting"', 'topicc = "x"', "has the unknown 'topicc'"),
        ('id = "rates-other"', 'id = "rates"', "more than once"),
        ("{policy}", "{polizy}", "names 'polizy'"),
        ("seed = 11", "weight = -inf", "takes a number, not -inf"),
        ('policy = "practices"', 'policy = "practises"', "no vocabulary 'practises'"),
        ('policy = "practices"', 'polity = "practices"', "choices for unknown \\['polity'\\]"),
        ("01_rates", "09_rates", "09_rates.ipynb is missing"),
        ("[[report]]", "[[report", "not valid TOML"),
    ],
)
def test_a_plan_that_cannot_be_kept_is_named(
    project: Path, old: str, new: str, message: str
) -> None:
    replan(project, old, new)
    with pytest.raises((ReportError, UsageError), match=message):
        load_plan("demo")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("release = 'demo'", "name: type = literal"),
        ("release: str = 'demo'\nx: date = None", "type date is not known"),
        ("release: str = 'demo'\nx: int = 1 + y", "no literal"),
        ("release: str = 5", "takes text"),
        ("release: str = 'demo'\nx: float = 1e400", "takes a number, not inf"),
        ("other: str = 'x'", "does not declare"),
    ],
)
def test_a_parameters_cell_holds_typed_literals(project: Path, line: str, message: str) -> None:
    path = project / "notebooks" / "01_rates.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][1]["source"] = line
    path.write_text(json.dumps(notebook))
    with pytest.raises((ReportError, UsageError), match=message):
        load_plan("demo", "rates")


def test_the_key_follows_everything_a_report_depends_on(project: Path) -> None:
    (job,) = load_plan("demo", "rates")
    before = report_key(job)
    assert report_key(job) == before
    (other,) = load_plan("demo", "rates", {"seed": "12"})
    assert report_key(other) != before
    path = job.notebook
    notebook = json.loads(path.read_text())
    notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    path.write_text(json.dumps(notebook))
    assert report_key(job) == before, "outputs are no input"
    notebook["cells"][2]["source"] = "import numpy"
    path.write_text(json.dumps(notebook))
    changed = report_key(job)
    assert changed != before
    job.build_path.write_text("{}")
    assert report_key(job) != changed


def test_planning_imports_nothing_heavy() -> None:
    code = (
        "import sys, coopanalysis.reports.run\n"
        "heavy = {'pandas', 'numpy', 'matplotlib', 'papermill', 'nbconvert'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("parameter", "text", "said"),
    [
        ("state_fips", "6", "Did you mean '06' (California)? Allowed: 06 California; 57 Alverra."),
        ("state_fips", "ca", "Did you mean '06' (California)?"),
        ("state_fips", "Calfornia", "Did you mean '06' (California)?"),
        ("county_fips", "6001", "Did you mean '06001' (First County, California)?"),
        ("county_fips", "first", "Did you mean '06001' (First County, California)?"),
        ("county_fips", "57009", "Did you mean '57001' (Second County, Alverra)?"),
        ("county_fips", "99001", " Allowed: 06001 First County, California"),
    ],
)
def test_a_wrong_place_leads_to_the_one_that_is_meant(
    parameter: str, text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place_names.paths, "processed_dir", lambda _: tmp_path)
    table = pd.DataFrame(
        {
            "county_fips": ["06001", "57001"],
            "county": ["First County", "Second County"],
            "state_fips": ["06", "57"],
            "state": ["California", "Alverra"],
            "state_abbr": ["CA", "AV"],
        }
    )
    table.to_parquet(tmp_path / "county.parquet")
    allowed = sorted(table[parameter])
    assert said in place_names.near_places(parameter, text, allowed, "public")
    assert "need --release public" in place_names.near_places(parameter, text, allowed, "demo")
