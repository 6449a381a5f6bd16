"""Four rules side by side: what the cells say, and the sentence on their differences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis.checks import Question, ask
from coopanalysis.display.sentences import format_count, format_number
from coopanalysis.exhibits import crime_rules
from coopanalysis.exhibits.crime_rules import POINT_RULES, UNKNOWN, meaning, side_by_side
from coopanalysis.panel import Panel
from panel_samples import with_tables

POLICY, OUTCOME, YEAR, QUALITY = "holds_on_detainer", "person_offenses_per_100k", 2023, 2


@pytest.fixture(scope="module")
def question(demo: Panel) -> Question:
    return ask(demo, OUTCOME, POLICY, YEAR, QUALITY)


def rules(model: str, points: tuple[float, float, float], worst: tuple[float, float]) -> list:
    pairs = zip(POINT_RULES, points, strict=True)
    rows = [(model, rule, at, at, at - 10, at + 10, 50, "") for rule, at in pairs]
    return [*rows, (model, "worst case", *worst, worst[0] - 10, worst[1] + 10, 90, "")]


COLUMNS = ["model", "rule", "estimate_low", "estimate_high", "conf_low", "conf_high"]


def table_of(*models: list) -> pd.DataFrame:
    rows = [row for model in models for row in model]
    return pd.DataFrame(rows, columns=[*COLUMNS, "n_obs", "note"])


def test_the_sentence_counts_signs_moves_and_ranges() -> None:
    """Two models by hand: one keeps its sign and its range, the other neither."""
    firm, loose = rules("a", (20, 22, 24), (5, 60)), rules("b", (-15, 3, 1), (-80, 70))
    text = meaning(table_of(firm, loose))
    assert "one sign in 1 of 2 models" in text
    assert "moves an estimate by at most 18.0" in text
    assert "stated rule in 1." in text
    assert "1 of 2 ranges lie on both sides of zero: there even the sign rests" in text
    assert "no sign depends on what was not reported" in meaning(table_of(firm))


def test_a_rule_that_cannot_be_followed_is_named_and_left_out_of_the_count() -> None:
    table = table_of(rules("a", (20, 22, 24), (5, 60)))
    table.loc[2, ["estimate_low", "estimate_high", "conf_low", "conf_high"]] = np.nan
    assert side_by_side(table)["weighted by inverse probability"].tolist() == [UNKNOWN]
    assert "at most 2.00" in meaning(table)


def test_the_main_design_stands_as_the_report_has_it(question: Question) -> None:
    text = crime_rules.show_designs(question).text
    line = next(each for each in text.splitlines() if "state effects, each county" in each)
    assert format_number(question.row["estimate"]) in line
    assert f"/ {format_count(question.row['n_obs'])} /" in line
    assert "sides of zero" in text


def test_every_exhibit_has_a_row_by_model(question: Question) -> None:
    assert crime_rules.show_scores(question).text.count("Score ") == 3
    assert crime_rules.show_moderators(question).text.count(" quartile ") == 6
    assert crime_rules.show_years(question).text.count("Reported offences against") == 6


def test_without_a_score_the_reason_is_said(demo: Panel) -> None:
    county = demo.county.assign(cooperation_score=pd.array([pd.NA] * len(demo.county), "Int8"))
    bare = ask(with_tables(demo, county=county), OUTCOME, POLICY, YEAR, QUALITY)
    assert "Without all seven practices" in crime_rules.show_scores(bare).text
