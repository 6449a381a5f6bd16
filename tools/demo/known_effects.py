"""What the manifest of the demo release declares of the effects that were put into it."""

from __future__ import annotations

from coopanalysis.catalog.sources import KnownEffect
from tools.demo.crime import true_year
from tools.demo.truth import HARD_YEAR, TRUTH, YEARS

POLICY = "holds_on_detainer"
EFFECT_WORDS = {
    "person_offenses_per_100k": (
        "offences per 100,000 residents",
        "the rate of offences against persons of counties that hold on detainers",
    ),
    "property_offenses_per_100k": (
        "offences per 100,000 residents",
        "the rate of offences against property of counties that hold on detainers",
    ),
    "most_agencies_reported": (
        "probability, 0 to 1",
        "the probability that most agencies of a county report, where it holds on detainers",
    ),
}


def demo_known_effects() -> tuple[KnownEffect, ...]:
    """What `truth` puts into the release for models to find, in the words of the manifest."""
    easy_years = tuple(year for year in YEARS if year != HARD_YEAR)
    hard = true_year(HARD_YEAR).mean_effects()
    effects = []
    for outcome, value in TRUTH.effects.items():
        unit, what = EFFECT_WORDS[outcome]
        mean, spread = round(hard[outcome][0], 4), hard[outcome][1]
        on_average = (
            f"{mean:g} on average, with a standard deviation of {spread:.3g} between these "
            f"counties, was added to {what}. docs/methods.md, Simulated release, says what hides "
            "it."
        )
        effects += [
            _known(outcome, easy_years, value, unit, f"{value:g} was added to {what}."),
            _known(outcome, (HARD_YEAR,), mean, unit, on_average),
        ]
    return tuple(effects)


def _known(
    outcome: str, years: tuple[int, ...], value: float, unit: str, description: str
) -> KnownEffect:
    return KnownEffect(outcome, POLICY, years, value, unit, description)
