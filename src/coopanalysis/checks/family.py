"""The declared family of hypotheses of a question, and what many tests do to its p values."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from coopanalysis.associations import add_covariates
from coopanalysis.checks.question import OUTCOMES, REPORTING, Question, crime_years, usable_rates
from coopanalysis.models import adjust_p_values, romano_wolf

FAMILY_OUTCOMES = (*OUTCOMES, REPORTING)


def weigh_family(question: Question) -> pd.DataFrame:
    """Return every outcome in every year with crime data, by the main design.

    Returns
    -------
    DataFrame, one row per outcome and year
        `outcome, year, estimate, statistic, p_value, conf_low, conf_high, n_obs` and the adjusted
        `p_value_bh` (Benjamini and Hochberg), `p_value_holm`, `p_value_romano_wolf`; estimates of
        `most_agencies_reported` are shares.
    """
    frame, names = family_frame(question)
    table = romano_wolf([replace(question.spec, outcome=name) for name in names], frame)
    keys = pd.DataFrame(names.values(), columns=["outcome", "year"])
    adjusted = adjust_p_values(table["p_value"], "benjamini-hochberg")
    return keys.join(table.drop(columns=["outcome", "term"])).assign(p_value_bh=adjusted)


def family_frame(question: Question) -> tuple[pd.DataFrame, dict[str, tuple[str, int]]]:
    """Return counties with one column per outcome and year; its name with what it is."""
    frame = add_covariates(question.panel.county)
    columns, names = {}, {}
    for year in crime_years(question.panel):
        rates = usable_rates(question.panel, year, question.least_quality)
        by_county = rates.set_index("county_fips").reindex(frame["county_fips"])
        for outcome in FAMILY_OUTCOMES:
            name = f"{outcome}_{year}"
            columns[name] = by_county[outcome].set_axis(frame.index)
            names[name] = (outcome, year)
    ordered = sorted(names.items(), key=lambda item: FAMILY_OUTCOMES.index(item[1][0]))
    return frame.assign(**columns), dict(ordered)
