"""All terms of a model, families of tests, responses, and what others published."""

from __future__ import annotations

import re
from html import escape

import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from coopanalysis import display, fit, fit_each
from coopanalysis.display.literature import printed_estimate
from coopanalysis.display.sentences import format_number, format_p_value
from coopanalysis.display.terms import terms_table
from coopanalysis.models import Estimates, adjust_family, joint_test
from coopanalysis.panel import Panel
from coopanalysis.paths import notebooks_dir, project_root
from coopanalysis.sources.reference import read_published_estimates

POLICY = "holds_on_detainer"
RIGHT = "per(hispanic_share, 0.1) + per(poverty_pct, 10) + log2(population_count)"
ERRORS = {"vcov": "CR1", "cluster": "state_fips"}
WITHIN = {"vcov": "CR2", "cluster": "state_fips"}


@pytest.fixture(scope="module")
def counties(demo: Panel) -> pd.DataFrame:
    return demo.counties()


@pytest.fixture(scope="module")
def logit(counties: pd.DataFrame) -> Estimates:
    return fit(f"{POLICY} ~ {RIGHT}", counties, family="logit", **ERRORS)


def test_estimates_stand_as_printed() -> None:
    rows = read_published_estimates().set_index("estimate_id")
    printed = {name: printed_estimate(row) for name, row in rows.iterrows()}
    assert printed["wong-2017.crime"] == "−35.5 crimes per 10,000 residents"
    assert printed["amuedo-dorantes-deza-2022.homicide"] == "−62 to −52 percent"
    assert printed["hausman-2020.crime"] == "no detectable effect"
    assert printed["goncalves-2024.reporting"] == "30 percent less likely"


def test_the_study_that_tells_reports_from_crimes_comes_first(
    demo: Panel, counties: pd.DataFrame
) -> None:
    model = fit(f"{POLICY} ~ poverty_pct", counties, **ERRORS)
    lines = display.show_published(model, about="crime", data=demo).text.splitlines()
    studies = [line for line in lines if "Gonçalves" in line]
    assert len(studies) == 3
    assert lines.index(studies[0]) == 1 + next(
        at for at, line in enumerate(lines) if "This report" in line
    )
    assert sum("140 of them adopters" in line for line in lines) == 1


def test_our_terms_stand_beside_the_published_ones(demo: Panel, logit: Estimates) -> None:
    terms = RIGHT.split(" + ")
    text = display.show_published(logit, about="people", terms=terms, data=demo).text
    poverty = terms_table(logit, data=demo).set_index("label").loc["Poverty, +10 points"]
    line = next(each for each in text.splitlines() if "Poverty, +10 points" in each)
    assert format_number(poverty["estimate"]) in line
    assert text.count("This report, simulated data") == len(terms)
    assert text.count("Wong 2017 (advocacy publisher)") == 3


def test_terms_of_all_models_are_one_family(demo: Panel, counties: pd.DataFrame) -> None:
    designs = {name: f"{name} ~ {RIGHT} | state_fips" for name in (POLICY, "notifies_ice")}
    results = fit_each(designs, counties, **WITHIN)
    family = adjust_family(designs, counties, RIGHT.split(" + "), **WITHIN)
    text = display.show_many_terms(results, family, data=demo).text
    p_values = pd.concat([terms_table(one, data=demo) for one in results.values()])["p_value"]
    assert family["p_value"].to_numpy() == pytest.approx(p_values.to_numpy())
    assert f"Of {len(p_values)} hypotheses" in text
    for method, words in (("fdr_bh", "by Benjamini and Hochberg"), ("holm", "by Holm")):
        left = int(multipletests(p_values, method=method)[0].sum())
        assert f"{left} {words}" in text


def test_terms_are_tested_together_by_what_suits_their_errors(
    demo: Panel, counties: pd.DataFrame, logit: Estimates
) -> None:
    linear = fit(f"{POLICY} ~ {RIGHT} | state_fips", counties, **WITHIN)
    joint = joint_test(linear, RIGHT.split(" + "))["p_value"]
    shown = display.show_terms(linear, data=demo)
    assert escape(f"(HTZ, p {format_p_value(joint)})") in shown.html
    assert "wild cluster bootstrap" in display.show_terms(logit, data=demo).html


def test_steps_are_those_of_the_design_they_claim(demo: Panel, counties: pd.DataFrame) -> None:
    fifth = pd.qcut(counties["hispanic_share"].rank(method="first"), 5, labels=False)
    frame = counties.assign(fifth=fifth)
    steps = fit(f"{POLICY} ~ C(fifth) + per(poverty_pct, 10) | state_fips", frame, **WITHIN)
    shown = display.show_response(steps, "hispanic_share", frame, data=demo)
    highest = steps.table.set_index("term").loc["fifth[4]"]
    assert f"the highest less the lowest {format_number(100 * highest['estimate'])}" in shown.text
    assert "in the same state" in shown.html


def test_two_models_of_a_score_are_in_its_own_unit(demo: Panel, counties: pd.DataFrame) -> None:
    formula = f"cooperation_score ~ {RIGHT}"
    linear = fit(formula, counties, **WITHIN)
    ordered = fit(formula, counties, family="ordered_logit", **ERRORS)
    text = display.show_two_models(linear, ordered, ["Linear", "Ordered logit"], data=demo).text
    assert format_number(linear.row["estimate"]) in text
    told = sum(linear.table["p_value"][:3] < 0.05)
    assert f"Of {told} difference" in text
    assert display.show_two_models(None, None, ["a", "b"], data=demo).slot == "left-out"


def test_make_lab_opens_on_the_tour() -> None:
    recipe = (project_root() / "Makefile").read_text(encoding="utf-8")
    opened = re.search(r"default_url=/lab/tree/(\S+)", recipe)
    assert opened
    assert (notebooks_dir() / opened[1]).is_file()
