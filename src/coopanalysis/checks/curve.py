"""The specification curve of a question: every choice declared as data, then estimated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coopanalysis.associations import CLUSTER, COVARIATE_TERMS
from coopanalysis.checks.question import Question, crime_years, usable_rates
from coopanalysis.models import Choices, ModelSpec, SpecificationCurve, specification_curve

N_PERMUTATIONS = 199
SMALL_COUNTY = 10_000
MEAN_OF_YEARS = "mean"
TAILS = (0.01, 0.99)
QUALITIES = (1, 2)

COVARIATE_SETS: Mapping[str, tuple[str, ...]] = {
    "residents": ("population_doubling",),
    "people": ("population_doubling", "hispanic_10_points", "black_10_points"),
    "people and economy": (
        "population_doubling",
        "hispanic_10_points",
        "black_10_points",
        "poverty_10_points",
        "income_10k",
    ),
    "all six": COVARIATE_TERMS,
}
EFFECT_SETS: Mapping[str, tuple[str, ...]] = {"none": (), "state": (CLUSTER,)}
SAMPLES: Mapping[str, str | None] = {
    "all counties": None,
    "10,000 residents or more": f"population_count >= {SMALL_COUNTY}",
}
WEIGHTS: Mapping[str, str | None] = {"each county equal": None, "by residents": "population_count"}
AGREEMENT_MEASURES = (
    "agreement_287g",
    "agreement_first_list",
    "agreement_latest_list",
    "task_force_latest_list",
    "jail_enforcement_latest_list",
    "warrant_service_latest_list",
)
HIGH_SCORE = "score_above_median"
DIMENSIONS = (
    "policy",
    "year",
    "quality",
    "tails",
    "covariates",
    "effects",
    "sample",
    "weights",
    "family",
)


@dataclass(frozen=True)
class Curve:
    """All specifications with their choices in words.

    Attributes
    ----------
    table : DataFrame, one row per specification, smallest estimate first
        Result columns, one column per name in `DIMENSIONS`, and `is_main`.
    failures : DataFrame
        Specifications that could not be estimated, with `reason`.
    summary : mapping
        Of `models.SpecificationCurve`.
    """

    table: pd.DataFrame
    failures: pd.DataFrame
    summary: Mapping[str, float]


def draw_curve(question: Question, n_permutations: int = N_PERMUTATIONS) -> Curve:
    """Estimate every combination of the choices, and test them together by permutation.

    Policies are dealt out anew within states.
    """
    frame, outcomes = add_outcomes(question)
    policies = policy_measures(question, frame)
    frame = frame.assign(**{name: frame[name].astype("float64") for name in policies})
    found = specification_curve(
        declare(list(outcomes), policies),
        frame,
        n_permutations=n_permutations,
        within=CLUSTER,
    )
    return Curve(_in_words(found, outcomes, question), found.failures, found.summary)


def declare(outcomes: list[str], policies: list[str]) -> list[ModelSpec]:
    """All specifications: least squares over every choice, Poisson over the rates as they are."""
    linear = Choices(
        outcomes=outcomes,
        treatments=policies,
        controls=COVARIATE_SETS,
        fixed_effects=list(EFFECT_SETS.values()),
        samples=SAMPLES,
        weights=list(WEIGHTS.values()),
        vcov="CR1",
        cluster=CLUSTER,
    )
    counts = Choices(
        outcomes=[name for name in outcomes if name.endswith("_q2_all")],
        treatments=policies,
        controls={"all six": COVARIATE_TERMS},
        families=("poisson",),
        fixed_effects=[(CLUSTER,)],
        weights=list(WEIGHTS.values()),
        vcov="CR1",
        cluster=CLUSTER,
    )
    return [*linear.specs(), *counts.specs()]


def add_outcomes(question: Question) -> tuple[pd.DataFrame, dict[str, tuple[str, int, str]]]:
    """Return counties with the rate of every year, quality rule and treatment of the tails.

    Returns
    -------
    frame : DataFrame
        The question's counties with all covariates known, and the new columns.
    outcomes : dict of column name to (year or "mean", least quality, "as they are" or "cut")
    """
    covariates = list(COVARIATE_TERMS)
    frame = question.frame[question.frame[covariates].notna().all(axis=1)]
    columns: dict[str, pd.Series] = {}
    outcomes: dict[str, tuple[str, int, str]] = {}
    for quality in QUALITIES:
        rates = pd.DataFrame(
            {
                str(year): usable_rates(question.panel, year, quality).set_index("county_fips")[
                    question.outcome
                ]
                for year in crime_years(question.panel)
            }
        ).reindex(frame["county_fips"])
        rates[MEAN_OF_YEARS] = rates.mean(axis=1)
        for year, values in rates.items():
            low, high = values.quantile(list(TAILS))
            for tails, kept in (("as they are", values), ("cut", values.clip(low, high))):
                name = f"rate_{year}_q{quality}_{'all' if tails == 'as they are' else 'cut'}"
                columns[name] = kept.set_axis(frame.index)
                outcomes[name] = (str(year), quality, tails)
    columns[HIGH_SCORE] = _above_median(frame["cooperation_score"])
    return frame.assign(**columns), outcomes


def policy_measures(question: Question, frame: pd.DataFrame) -> list[str]:
    """Columns that measure the policy: the one asked for, and its near relations.

    An agreement is measured by list and by model; a practice also by whether the score is above
    its median. Measures that are the same in every county stand once.
    """
    if question.policy in AGREEMENT_MEASURES:
        names = [question.policy, *AGREEMENT_MEASURES]
    elif frame["cooperation_score"].notna().any():
        names = [question.policy, HIGH_SCORE]
    else:
        names = [question.policy]
    kept: list[str] = []
    for name in dict.fromkeys(names):
        known = frame[name].notna().any() and frame[name].nunique() == 2
        if known and not any(frame[name].equals(frame[other]) for other in kept):
            kept.append(name)
    return kept


def _above_median(score: pd.Series) -> pd.Series:
    values = score.astype("Float64")
    return (values > values.median()).astype("Float64").where(values.notna())


def _in_words(
    found: SpecificationCurve, outcomes: Mapping[str, tuple[str, int, str]], question: Question
) -> pd.DataFrame:
    table = found.table
    words = pd.DataFrame([outcomes[name] for name in table["outcome"]], index=table.index)
    tidy = pd.DataFrame(
        {
            **{name: table[name] for name in ("estimate", "std_error", "conf_low", "conf_high")},
            **{name: table[name] for name in ("p_value", "n_obs", "n_clusters")},
            "policy": table["treatment"],
            "year": words[0],
            "quality": np.where(words[1] == 1, "all agencies", "most agencies"),
            "tails": words[2],
            "covariates": _named(table["controls"], COVARIATE_SETS),
            "effects": _named(table["fixed_effects"], EFFECT_SETS),
            "sample": _named(table["sample"], SAMPLES, "all"),
            "weights": _named(table["weights"], WEIGHTS),
            "family": table["family"].map({"ols": "linear", "poisson": "Poisson"}),
        }
    )
    return tidy.assign(is_main=_is_main(tidy, question))


def _named(column: pd.Series, choices: Mapping[str, object], unset: str = "none") -> pd.Series:
    """Names of choices by the text that the models give them."""
    names = {}
    for name, value in choices.items():
        if isinstance(value, tuple):
            names[", ".join(value) or "none"] = name
        else:
            names[unset if value is None else str(value)] = name
    return column.map(names)


def _is_main(tidy: pd.DataFrame, question: Question) -> pd.Series:
    return (
        (tidy["policy"] == question.policy)
        & (tidy["year"] == str(question.year))
        & (tidy["quality"] == ("all agencies" if question.least_quality == 1 else "most agencies"))
        & (tidy["tails"] == "as they are")
        & (tidy["covariates"] == "all six")
        & (tidy["effects"] == "state")
        & (tidy["sample"] == "all counties")
        & (tidy["weights"] == "each county equal")
        & (tidy["family"] == "linear")
        & (question.least_quality in QUALITIES)
    )
