"""Exhibits around the practice models: the literature, fifths, many tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis import associations
from coopanalysis.display.sentences import format_number
from coopanalysis.exhibits import demographics, literature, response
from coopanalysis.exhibits.literature import printed_estimate
from coopanalysis.models import average_marginal_effects
from coopanalysis.panel import Panel
from coopanalysis.sources.reference import read_published_estimates

POLICY = "holds_on_detainer"


def test_estimates_stand_as_printed() -> None:
    rows = read_published_estimates().set_index("estimate_id")
    printed = {name: printed_estimate(row) for name, row in rows.iterrows()}
    assert printed["wong-2017.crime"] == "−35.5 crimes per 10,000 residents"
    assert printed["amuedo-dorantes-deza-2022.homicide"] == "−62 to −52 percent"
    assert printed["hausman-2020.crime"] == "no detectable effect"
    assert printed["martinez-2021.latino"] == "12 percent more likely"


def test_characteristics_stand_beside_the_published_ones(demo: Panel) -> None:
    effects = demographics.fit_practices(demo)
    text = literature.show_published_people(demo, effects, POLICY).text
    own = effects[effects["practice"] == POLICY].set_index("label").loc["Poverty, +10 points"]
    line = next(each for each in text.splitlines() if "Poverty, +10 points" in each)
    assert f"{format_number(own['estimate'], 1)} percentage points" in line
    assert text.count("This report, simulated data") == len(associations.COVARIATES)
    assert text.count("Wong 2017") == 3
    assert "4,353 US dollars a year" in text
    assert "turn its sign" in text


def test_practices_and_covariates_are_one_family(demo: Panel) -> None:
    effects = demographics.fit_practices(demo)
    adjusted = demographics.adjust(effects)
    known = adjusted.dropna(subset=["p_value"])
    assert (known["p_value_holm"] >= known["p_value_bh"] - 1e-12).all()
    smallest = known["p_value"].min()
    assert known["p_value_holm"].min() == pytest.approx(min(1.0, smallest * len(known)))
    words = demographics.many_tests(adjusted)
    assert f"Of {len(known)} hypotheses" in words
    assert f"{int((known['p_value_holm'] < 0.05).sum())} with the chance of any" in words


def test_both_models_of_the_score_are_in_practices(demo: Panel) -> None:
    """The ordered logit's effects on the expected score are close to the linear model's."""
    linear = associations.fit_score(demo.county).table.set_index("term")["estimate"]
    fitted = associations.fit_score(demo.county, "ordered_logit")
    ordered = average_marginal_effects(fitted).set_index("term")["estimate"]
    terms = list(associations.COVARIATE_TERMS)
    assert ordered[terms].to_numpy() == pytest.approx(linear[terms].to_numpy(), abs=0.05)
    text = demographics.show_score_check(demo).text
    assert "Ordered logit, practices" in text
    assert f"{ordered['hispanic_10_points']:.3f}".replace("-", "\N{MINUS SIGN}") in text


def test_a_practice_that_fails_is_in_no_family() -> None:
    effects = pd.DataFrame({"p_value": [0.01, np.nan, 0.04], "estimate": [1.0, np.nan, 2.0]})
    adjusted = demographics.adjust(effects)
    assert adjusted["p_value_holm"].tolist()[::2] == pytest.approx([0.02, 0.04])
    assert "Of 2 hypotheses" in demographics.many_tests(adjusted)


def test_predictions_follow_the_fifths(demo: Panel) -> None:
    table = response.predict_by_fifth(demo, POLICY, "hispanic_share")
    known = demo.county["republican_share"].notna().sum()
    assert table["n_obs"].sum() == known
    assert table["value"].is_monotonic_increasing
    assert table["estimate"].is_monotonic_decreasing
    assert table["estimate"].between(0, 100).all()
    text = response.show_response(demo, POLICY, "hispanic_share").text
    assert f"{format_number(table['estimate'].iloc[0], 1)}%" in text
    assert "the Hispanic share" in text
