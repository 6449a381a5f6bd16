"""The counties of a release as designs in which outcomes are simulated.

Sizes of states, who has a policy, covariates, residents, borders and who reported are those of the
release; what is drawn is the outcome. A rate has a mean, a shock of each state, slopes of each
state on Hispanic share and population, an effect of the policy that differs between states, and
noise; how large is estimated from the public release. A practice is had where a shock of the state
and a logistic draw are large together. Nothing depends on the policy or a covariate on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coopanalysis.models import Estimates, ModelSpec, border_pairs, find_neighbours, joint_test
from coopanalysis.models.arrays import symmetric_inverse
from coopanalysis.models.joint import wild_wald
from coopanalysis.models.linear.cluster_products import ClusterGrams, cross_products, sum_by
from coopanalysis.models.linear.covariance import (
    adjusted_cluster_covariance,
    counted_params,
    cr1_factor,
)
from coopanalysis.models.linear.least_squares import least_squares
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.sample import Sample, build_sample
from coopanalysis.models.spec import Vcov
from coopanalysis.panel import Panel, load_release

Array = NDArray[np.float64]

YEAR = 2023
COVARIATES = ("hispanic", "black", "poverty", "income", "republican", "log_population")
MEAN_RATE, STATE_SD, EFFECT_SD, NOISE_SD = 936.0, 400.0, 45.0, 450.0
"""Mean of the rate, and standard deviations between states, of the policy's effect between states,
and within states: those of offences against persons of 2023, slopes and effects of the states by
the estimator of DerSimonian and Laird from regressions by state."""
SLOPE_SD = {"hispanic": 70.0, "log_population": 160.0}
"""Standard deviations between states of what one standard deviation of a covariate goes with."""
SHOCK_SD = 1.7
"""Of a state's shock to the log odds of a practice."""
N_WILD = 399


@dataclass(frozen=True)
class Counties:
    """Counties with all covariates, one row each.

    Attributes
    ----------
    release : str
        Whose counties they are.
    frame : DataFrame
        `county_fips, state, policy, population`, `signed_before` (the policy in force before the
        year of the rates; missing where it came later), `quality` (of reports, 1 to 3, missing
        where there are none), `is_full` (quality 1), `COVARIATES` in units of the reports, and
        `log_density` (residents per square kilometre).
    pairs : DataFrame
        As of `border_pairs`, of all counties, and `row` in the frame.
    """

    release: str
    frame: pd.DataFrame
    pairs: pd.DataFrame

    @cached_property
    def reporters(self) -> pd.DataFrame:
        """Counties whose rates are used."""
        return self.frame[self.frame["quality"] <= 2]

    @cached_property
    def early(self) -> pd.DataFrame:
        """Counties whose rates are used, without those that signed later."""
        return self.reporters[self.reporters["signed_before"].notna()]


def read_counties(data: Panel) -> Counties:
    """Read the counties of a release that is built."""
    # Its own, since what is asked of it stays.
    data = load_release(data.release)
    early = data.policy("agreement_latest_list", in_force_by=f"{YEAR - 1}-12-31")
    raw = data.counties(YEAR)
    numbers = {
        "policy": raw["agreement_latest_list"],
        "signed_before": raw[early.name],
        "quality": raw["reporting_quality"].where(raw["offenses_misplaced"] != 1),
        "population": raw["population_count"],
        "hispanic": raw["hispanic_share"] * 10,
        "black": raw["black_nonhispanic_share"] * 10,
        "poverty": raw["poverty_pct"] / 10,
        "income": raw["median_household_income_usd"] / 10_000,
        "republican": raw["republican_share"] * 10,
    }
    frame = pd.DataFrame({name: each.astype("float64") for name, each in numbers.items()})
    frame["log_population"] = np.log2(frame["population"])
    frame["log_density"] = np.log2(raw["population_per_km2"].astype("float64"))
    frame["is_full"] = frame["quality"].eq(1).astype("float64")
    frame.insert(0, "county_fips", raw["county_fips"].astype("str"))
    frame.insert(1, "state", raw["state_fips"].astype("str"))
    frame = frame.dropna(subset=["policy", *COVARIATES]).sort_values(["state", "county_fips"])
    frame = frame.reset_index(drop=True).rename_axis("row")
    outlines = data.boundaries
    near = find_neighbours(outlines["geometry"], outlines["county_fips"])
    known = frame[frame["county_fips"].isin(near.ids)].reset_index()
    pairs = border_pairs(known, near, place="county_fips", group="state")
    return Counties(data.release, frame, pairs)


def states_of(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Number of the state of each row."""
    return np.unique(frame["state"], return_inverse=True)[1].astype(np.int64)


def draw_rate(
    frame: pd.DataFrame,
    random: np.random.Generator,
    policy: str = "policy",
    effect_sd: float = EFFECT_SD,
) -> Array:
    """Rate per 100,000 residents without any difference by policy or covariate on average."""
    state = states_of(frame)
    of_state = random.normal(size=(2 + len(SLOPE_SD), int(state.max()) + 1))[:, state]
    rate = MEAN_RATE + STATE_SD * of_state[0] + effect_sd * of_state[1] * frame[policy].fillna(0)
    for slope, (name, spread) in zip(of_state[2:], SLOPE_SD.items(), strict=True):
        rate += spread * slope * (frame[name] - frame[name].mean()) / frame[name].std()
    noise = NOISE_SD * random.normal(size=len(frame))
    return np.asarray(rate + noise, dtype=np.float64)


def draw_practice(frame: pd.DataFrame, random: np.random.Generator) -> Array:
    """Whether a county has a practice: with its state, and not with its residents."""
    state = states_of(frame)
    shock = SHOCK_SD * random.normal(size=int(state.max()) + 1)[state]
    return (random.logistic(size=len(frame)) + shock > 1).astype(np.float64)


class Repeated:
    """One model of one set of rows, fitted to outcomes drawn anew each time.

    Where effects are those of the clusters, or there are none, an outcome enters by its cross
    products with the columns of each cluster alone, so that these answer without a fit.
    """

    def __init__(self, spec: ModelSpec, frame: pd.DataFrame) -> None:
        self.spec = spec
        self.frame = frame.assign(**{spec.outcome: np.arange(len(frame)) % 2.0})
        self.sample: Sample = build_sample(spec, self.frame)
        assert self.sample.n_rows == len(frame)

    def fit(self, outcome: Array, vcov: Vcov | None = None) -> Estimates:
        """Fit, by another type of error if one is named."""
        spec = replace(self.spec, vcov=vcov) if vcov else self.spec
        return fit_ols(spec, replace(self.sample, outcome=outcome))

    @cached_property
    def _columns(self) -> tuple[Array, Array, Array]:
        """Columns times the roots of the weights, their cross products, and where they lead."""
        assert self.sample.crossing == () and self.sample.clusters is not None
        found, _ = least_squares(self.spec, self.sample)
        columns = np.ascontiguousarray(found.centred[:, :-1])
        return columns, cross_products(columns, self.sample.clusters), found.turn

    @cached_property
    def _first(self) -> Estimates:
        return self.fit(self.sample.outcome)

    def grams(self, outcome: Array) -> ClusterGrams:
        """Cross products of the clusters."""
        sample, (columns, gram, _) = self.sample, self._columns
        assert sample.clusters is not None
        root = 1.0 if sample.weights is None else np.sqrt(sample.weights)
        return ClusterGrams(gram, sum_by(sample.clusters, columns * (root * outcome)[:, None]))

    def quick(self, outcome: Array, vcov: Literal["CR1", "CR2"]) -> Estimates:
        """As `fit`, but for an intercept, with coefficients and covariance of cross products.

        A test compares the two.
        """
        grams, turn = self.grams(outcome), self._columns[2]
        n_clusters, n_params = grams.moment.shape
        bread = symmetric_inverse(grams.gram.sum(axis=0))
        slopes = bread @ grams.moment.sum(axis=0)
        if vcov == "CR2":
            covariance, df = adjusted_cluster_covariance("CR2", grams, turn)
        else:
            moves = grams.scores(slopes) @ bread
            n_all = counted_params(self.sample, n_params)
            covariance = cr1_factor(self.sample.n_rows, n_clusters, n_all) * (moves.T @ moves)
            df = np.full(n_params, n_clusters - 1.0)
        names = self._first.params.index
        return replace(
            self._first,
            spec=replace(self.spec, vcov=vcov),
            params=pd.Series(turn @ slopes, index=names),
            covariance=pd.DataFrame(turn @ covariance @ turn.T, index=names, columns=names),
            df=pd.Series(df, index=names),
            sample=replace(self._first.sample, outcome=outcome),
        )

    def p_values(self, outcome: Array, terms: Sequence[str], seed: int) -> dict[str, float]:
        """P values that coefficients are zero: of CR1, CR2 and the wild cluster bootstrap."""
        found = {
            vcov: float(joint_test(self.quick(outcome, vcov), terms)["p_value"])
            for vcov in ("CR1", "CR2")
        }
        positions = [self._first.params.index.get_loc(term) for term in terms]
        wild = wild_wald(self.grams(outcome), positions, N_WILD, "rademacher", seed)[1]
        return {**found, "wild bootstrap": wild}


def model(
    outcome: str,
    treatment: str,
    *,
    controls: Sequence[str] = COVARIATES,
    effects: Sequence[str] = ("state",),
    weights: str | None = None,
    vcov: Vcov = "CR2",
) -> ModelSpec:
    """Least squares as the reports fit it, by state."""
    return ModelSpec(
        outcome,
        treatment,
        controls=tuple(one for one in controls if one != treatment),
        fixed_effects=tuple(effects),
        weights=weights,
        vcov=vcov,
        cluster="state",
    )
