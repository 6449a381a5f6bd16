"""All terms of a model, families of tests, responses, and what others published."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from coopanalysis import display, fit, fit_each
from coopanalysis.display.literature import printed_estimate
from coopanalysis.display.sentences import format_number
from coopanalysis.display.terms import terms_table
from coopanalysis.models import Estimates, predicted_response
from coopanalysis.panel import Panel
from coopanalysis.paths import notebooks_dir, project_root
from coopanalysis.sources.reference import read_published_estimates

POLICY = "holds_on_detainer"
RIGHT = "per(hispanic_share, 0.1) + per(poverty_pct, 10) + log2(population_count)"
ERRORS = {"vcov": "CR1", "cluster": "state_fips"}


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
    names = (POLICY, "notifies_ice")
    results = fit_each(
        {name: f"{name} ~ {RIGHT}" for name in names}, counties, family="logit", **ERRORS
    )
    text = display.show_many_terms(results, data=demo).text
    tables = [terms_table(one, data=demo) for one in results.values()]
    p_values = pd.concat(tables)["p_value"]
    assert f"Of {len(p_values)} hypotheses" in text
    for method, words in (("fdr_bh", "expected share"), ("holm", "chance of any")):
        left = int(multipletests(p_values, method=method)[0].sum())
        assert f"{left} with the {words} false" in text.replace("share of", "share")


def test_predictions_follow_the_fifths(
    demo: Panel, counties: pd.DataFrame, logit: Estimates
) -> None:
    term = "per(hispanic_share, 0.1)"
    text = display.show_response(logit, term, counties, data=demo).text
    own = counties.loc[logit.sample.rows, "hispanic_share"]
    fifth = pd.qcut(own.rank(method="first"), 5, labels=False)
    lowest = predicted_response(logit, term, [own[fifth == 0].median() / 0.1])
    assert f"{100 * lowest['estimate'].iloc[0]:.1f}%" in text


def test_two_models_of_a_score_are_in_its_own_unit(demo: Panel, counties: pd.DataFrame) -> None:
    formula = f"cooperation_score ~ {RIGHT}"
    linear = fit(formula, counties, **ERRORS)
    ordered = fit(formula, counties, family="ordered_logit", **ERRORS)
    text = display.show_two_models(linear, ordered, ["Linear", "Ordered logit"], data=demo).text
    assert f"{linear.row['estimate']:.3f}".replace("-", "−") in text
    assert re.search(r"\d of 3 differences have the same sign", text)
    assert display.show_two_models(None, None, ["a", "b"], data=demo).slot == "left-out"


def test_make_lab_opens_on_the_tour() -> None:
    recipe = (project_root() / "Makefile").read_text(encoding="utf-8")
    opened = re.search(r"default_url=/lab/tree/(\S+)", recipe)
    assert opened
    assert (notebooks_dir() / opened[1]).is_file()
