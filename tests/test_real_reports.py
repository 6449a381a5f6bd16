"""Reports of real facts say so in every release, and name the files they rest on."""

from __future__ import annotations

import hashlib

import pytest

from coopanalysis.errors import DataError, ReportError
from coopanalysis.paths import notebooks_dir, reference_dir
from coopanalysis.reports import goals
from coopanalysis.reports.entries import read_entries
from coopanalysis.reports.plan import load_plan
from coopanalysis.reports.provenance import read_inputs
from coopanalysis.reports.stale import report_key

REPORT = 'id = "a"\nnotebook = "12_state_laws.ipynb"\ntitle = "A"\n'
REFERENCE = (
    '[[report.reference]]\nfile = "state_laws.csv"\ntitle = "Laws"\npublisher = "P"\n'
    'vintage = "2026"\nlicence = "MIT"\n'
)


def entries(tmp_path, text):
    path = tmp_path / "reports.toml"
    path.write_text(f"[[report]]\n{REPORT}{text}", encoding="utf-8")
    return read_entries(path)


@pytest.mark.parametrize("release", ["demo", "public"])
def test_state_laws_are_real_in_every_release(release):
    job = load_plan(release, only="state-laws")[0]
    assert not job.is_simulated
    record = read_inputs(job)
    assert [one["id"] for one in record["inputs"]] == [
        "state_laws",
        "county_acs_2019",
        "states",
        "state_tiles",
        "local_actions",
    ]
    for one in record["inputs"]:
        raw = (reference_dir() / one["file"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(raw).hexdigest()
    counties = record["inputs"][1]
    assert (counties["rows_in"], counties["rows_kept"], counties["rows_rejected"]) == (
        3220,
        3220,
        0,
    )


def test_other_reports_of_the_demo_release_stay_simulated():
    jobs = load_plan("demo")
    assert {job.id for job in jobs if job.is_simulated} >= {"data-audit", "policy-landscape"}
    assert all(job.data == "real" for job in jobs if not job.is_simulated)
    assert not any(job.is_simulated for job in load_plan("public"))


def test_a_changed_reference_file_makes_another_key(tmp_path, monkeypatch):
    job = load_plan("demo", only="state-laws")[0]
    before = report_key(job)
    assert report_key(job) == before
    monkeypatch.setattr("coopanalysis.paths.reference_dir", lambda: tmp_path)
    assert report_key(job) != before


def test_a_missing_reference_file_is_named(tmp_path, monkeypatch):
    job = load_plan("demo", only="state-laws")[0]
    monkeypatch.setattr("coopanalysis.reports.provenance.reference_dir", lambda: tmp_path)
    with pytest.raises(DataError, match="state_laws.csv: the file is missing"):
        read_inputs(job)


def test_real_reports_name_their_files_and_others_may(tmp_path):
    assert entries(tmp_path, f'data = "real"\n{REFERENCE}')[0].data == "real"
    with pytest.raises(ReportError, match="0 reference files"):
        entries(tmp_path, 'data = "real"\n')
    both = entries(tmp_path, REFERENCE)[0]
    assert (both.data, len(both.reference)) == ("release", 1)
    with pytest.raises(ReportError, match="'invented'"):
        entries(tmp_path, 'data = "invented"\n')
    with pytest.raises(ReportError, match="it needs file, title, publisher, vintage, licence"):
        entries(tmp_path, f'data = "real"\n{REFERENCE}extra = "x"\n')


def test_a_page_of_real_facts_without_its_banner_is_found():
    page = '<html><body>{}<p class="coop-source">Source: {}</p></body></html>'
    banner = '<aside class="banner"><strong>Real data.</strong></aside>'

    def problems(html):
        return [str(miss) for miss in goals.check_page(html, real=True) if "real" in miss.problem]

    assert problems(page.format("", "Gazette."))
    assert not problems(page.format(banner, "Gazette."))
    wrong = goals.check_page(page.format(banner, "Gazette. Simulated data."), real=True)
    assert any("says 'simulated'" in miss.problem for miss in wrong)


def test_only_real_reports_carry_the_choice():
    plan = {entry.id: entry.data for entry in read_entries(notebooks_dir() / "reports.toml")}
    assert plan["state-laws"] == "real"
    assert set(plan.values()) == {"real", "release"}
