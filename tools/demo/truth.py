"""The generating process of the demo release, with every parameter.

All of it is invented. Numbers were chosen so that levels look like real ones and so that the
models of this package have something to find, and something not to find. Nothing here is an
estimate of anything.

How the seed was picked: `draws.SEED` is 2556, the number of counties, set before anything was
estimated, and not changed since. In the first draw the errors of the practices were by chance
correlated with the Hispanic share (a logit of `holds_on_detainer` missed its coefficient by three
standard errors; over 40 other streams the mean misses of its three coefficients were 0.0, 0.4
and 0.2 standard errors). Rather than look for a kinder seed, the design was changed: those
errors are now made uncorrelated with states and covariates (least-squares residuals, rescaled)
before they are used. So that logit lies nearer to the truth than chance alone would have it.
All other draws are plain ones.

**Counties.** Residents are log-normal: a smooth surface, a rise near 45 invented cities, fewer
people where counties are large. Shares of Hispanic and Black residents, poverty, unemployment,
income and the Republican share of the vote depend on residents, on smooth surfaces, on a state
effect and on noise. What the files say (rounded) is what the rest of the process uses.

**Practices.** Each practice has an index: coefficients (`TRUTH.practices`) times covariates,
plus a state effect (standard deviation `state_sd`, times the loading of the practice), plus a
standard logistic error. Errors of one county are correlated between practices
(`error_correlation`, a Gaussian copula), so each practice by itself is a logit model with
state effects. The k counties with the highest index do it, with k the `count` of the practice;
so margins are exact and the intercept is whatever gives them.
`holds_on_detainer` depends on the Hispanic share, the Republican share and log residents
alone: `TRUTH.holds_log_odds`.

**Offences known**, per 100,000 residents, county i in an easy year t = 2022, 2023::

    rate = base + year[t] + log_residents * (log residents - 10.25) + poverty_pct * (poverty - 15)
         + unemployment_pct * (unemployment - 5.5) + EFFECT * holds_on_detainer
         + state effect + county effect + noise

with EFFECT `effect_per_100k`: 80 for offences against persons, exactly 0 for offences against
property. State effects lean against those of holding on detainers (`state_lean` per unit of
the latter), so that a comparison without state effects misleads. Shares of residents by race
or ethnicity and the Republican share have no effect on offences. County effects are normal;
noise is normal with standard deviation `noise_floor + noise_scale / sqrt(residents)`. Rates
below zero, if any, become zero.

**Reporting.** Most agencies of a county report in a year with probability (a straight line,
kept within 0.03 to 0.97)::

    base + year[t] + EFFECT * holds_on_detainer + log_residents * (log residents - 10.25)
         + state effect

with EFFECT `reporting.effect_share`, -0.12: holding on detainers takes 12 percentage points
off. Given that, it is independent of offences; a county tends to stay what it was
(`persistence`). Of the counties where most report, `all_report_share` have flag 1, the others
flag 2. Of those where most do not, some have no report at all (`NA`), small counties more
often; the others have flag 3 and **their rate counts only a part of the offences, 35 to 95
percent**.

**The hard year**, `HARD_YEAR` (2021), follows the same formulas with the parameters of
`TRUTH.hard`, and has what real data may have and no design of the reports is made for:

- The effect differs between counties: by a normal number of the county (`effect_sd`) and by the
  state effect on reporting (`effect_reporting`), so that it is larger where fewer report. Its mean
  over the counties that hold on detainers is exactly `effect_per_100k`.
- A confounder within states that no file holds: the error that the practices share (mean 0,
  standard deviation 1, unrelated to states and covariates) moves the rate by `unseen`.
- Parts of reports at flag 2: a rate counts the offences of the agencies that reported over all
  residents, and these agencies serve at least `least_part_with` or `least_part_without` of them,
  with and without the policy; the share is uniform from there to 1.
- Reporting depends on the policy and on crime: `per_1000_offences` is added to the probability
  for each 1,000 offences against persons per 100,000 residents more. Its known effect is the mean
  over the counties that hold of the change in the probability, kept within its limits, with what
  comes by the offences that the policy adds.
- State shocks as large as real ones, in the share of the variance that lies between states (public
  release, 2021 to 2023: 17 to 21 percent of that of the rates, 19 to 21 of full reporting, 14 to
  17 of reporting by most), `state_sd` and `all_report_state_sd`; and unequal states: counties of
  large states report more, by `log_state_counties` per unit of the natural log of the number of
  counties of the state over `STATE_COUNTIES_CENTRE`, so that six states hold half of the usable
  rates.

Rates without the policy are at least `least`. The parameters were set before any model was fitted
to the year.

**The model that fits the easy years**: rows with reporting quality 1 or 2; least squares of the
rate on the practice, log residents, Hispanic and Black shares, poverty, unemployment, the
Republican share, year and state dummies; standard errors CR1 by state. Using rows with flag 3
as well, leaving out state dummies, or comparing raw means gives the wrong answer, and is meant
to. Some wrong or odd rows are planted in the files on top of this (see `planted_faults`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf

YEARS = (2021, 2022, 2023)
HARD_YEAR = 2021
LOG_RESIDENTS_CENTRE = 10.25
OFFENCES_CENTRE = 1100.0
"""Offences against persons per 100,000 residents at which they leave reporting as it is."""
STATE_COUNTIES_CENTRE = 100
EFFECTS = ("person_offenses_per_100k", "property_offenses_per_100k", "most_agencies_reported")
"""Outcomes that holding on detainers has a known effect on, zero included."""


@dataclass(frozen=True)
class PracticeProcess:
    """Index of one practice: log-odds per unit of each covariate.

    `count` of 2,556 counties do it. Shares go from 0 to 1, and residents by their natural log.
    `state_loading` says how much of the state effect it takes; the rest is its own.
    """

    count: int
    hispanic_share: float = 0.0
    republican_share: float = 0.0
    log_population: float = 0.0
    state_loading: float = 0.5
    holds_on_detainer: float = 0.0


@dataclass(frozen=True)
class OffenceProcess:
    """Offences per 100,000 residents of one kind; see the module for the formula.

    What has a default is not in the easy years.
    """

    effect_per_100k: float
    base: float
    year: tuple[float, float, float]
    log_residents: float
    poverty_pct: float
    unemployment_pct: float
    state_sd: float
    state_lean: float
    county_sd: float
    noise_floor: float
    noise_scale: float
    effect_sd: float = 0.0
    effect_reporting: float = 0.0
    unseen: float = 0.0
    least: float = -inf


@dataclass(frozen=True)
class ReportingProcess:
    """Probability that most agencies of a county report; see the module for the formula.

    The last five are of the hard year.
    """

    effect_share: float = -0.12
    base: float = 0.59
    year: tuple[float, float, float] = (-0.02, 0.0, 0.02)
    log_residents: float = 0.035
    state_sd: float = 0.09
    persistence: float = 0.75
    all_report_share: float = 0.62
    no_report_share: float = 0.17
    log_state_counties: float = 0.0
    per_1000_offences: float = 0.0
    all_report_state_sd: float = 0.0
    least_part_with: float = 1.0
    least_part_without: float = 1.0


@dataclass(frozen=True)
class YearProcess:
    """Offences and reporting of a year."""

    person_offenses: OffenceProcess
    property_offenses: OffenceProcess
    reporting: ReportingProcess


EASY = YearProcess(
    OffenceProcess(
        80.0, 1060.0, (-25.0, 0.0, 20.0), 85.0, 9.0, 6.0, 90.0, -60.0, 150.0, 40.0, 7000.0
    ),
    OffenceProcess(
        0.0, 2250.0, (-60.0, 0.0, -40.0), 240.0, 16.0, 10.0, 180.0, -120.0, 260.0, 80.0, 11000.0
    ),
    ReportingProcess(),
)
HARD = YearProcess(
    replace(
        EASY.person_offenses,
        state_sd=180.0,
        county_sd=400.0,
        effect_sd=60.0,
        effect_reporting=-60.0,
        unseen=-120.0,
        least=150.0,
    ),
    replace(
        EASY.property_offenses,
        state_sd=360.0,
        county_sd=700.0,
        effect_sd=100.0,
        effect_reporting=-100.0,
        unseen=-200.0,
        least=400.0,
    ),
    ReportingProcess(
        state_sd=0.35,
        log_state_counties=0.15,
        per_1000_offences=-0.2,
        all_report_state_sd=0.25,
        least_part_with=0.6,
        least_part_without=0.8,
    ),
)


@dataclass(frozen=True)
class Truth:
    """What is true in the demo release by construction.

    The errors of two practices of one county are normal with `error_correlation`; `state_sd` is
    that of the state effect on practices, in log-odds. Offences known and police reporting follow
    `easy` in most years, `hard` in `HARD_YEAR`.
    """

    practices: dict[str, PracticeProcess] = field(
        default_factory=lambda: {
            "agreement_287g": PracticeProcess(25, 1.5, 3.0, 0.7, 0.5, 2.0),
            "detention_contract": PracticeProcess(147, 2.5, 0.0, 0.8, 0.3, 0.3),
            "holds_on_detainer": PracticeProcess(2556 - 635, -3.0, 4.0, -0.25, 1.0),
            "notifies_ice": PracticeProcess(2556 - 142, -2.5, 3.0, -0.2, 0.8, 0.8),
            "unlimited_jail_access": PracticeProcess(2556 - 72, -2.0, 3.0, -0.2, 0.8, 0.6),
            "asks_status": PracticeProcess(2556 - 25, -2.0, 3.0, -0.4, 0.5, 0.5),
            "uses_local_resources": PracticeProcess(2556 - 53, -2.0, 3.0, -0.3, 0.7, 0.5),
        }
    )
    error_correlation: float = 0.35
    state_sd: float = 0.6
    easy: YearProcess = EASY
    hard: YearProcess = HARD

    def of(self, year: int) -> YearProcess:
        """Process of a year."""
        return self.hard if year == HARD_YEAR else self.easy

    @property
    def holds_log_odds(self) -> dict[str, float]:
        """Coefficients of a logit of `holds_on_detainer` with state effects.

        Keys are `hispanic_share` and `republican_share` (share 0 to 1; a tenth of the value
        is the log-odds of ten percentage points) and `log_population`.
        """
        holds = self.practices["holds_on_detainer"]
        return {
            "hispanic_share": holds.hispanic_share,
            "republican_share": holds.republican_share,
            "log_population": holds.log_population,
        }

    @property
    def effects(self) -> dict[str, float]:
        """Effect of `holds_on_detainer` on each outcome of the easy years, in its unit."""
        values = (
            self.easy.person_offenses.effect_per_100k,
            self.easy.property_offenses.effect_per_100k,
            self.easy.reporting.effect_share,
        )
        return dict(zip(EFFECTS, values, strict=True))


TRUTH = Truth()
