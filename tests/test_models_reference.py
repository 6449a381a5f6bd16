"""The models against R: figures in tests/reference/*.txt, made by the programs beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coopanalysis.models import (
    Estimates,
    ModelSpec,
    Neighbours,
    adjust_p_values,
    average_marginal_effects,
    coarsened_exact_match,
    find_neighbours,
    fit,
    fit_spatial,
    joint_test,
    morans_i,
    spatial_impacts,
)

REFERENCE = Path(__file__).parent / "reference"
EXACT = 1e-8


def figures(program: str) -> dict[str, float]:
    """Figures that an R program printed."""
    lines = (REFERENCE / f"{program}.txt").read_text().splitlines()
    pairs = [line.split(maxsplit=1) for line in lines]
    return {key: float(value) for key, value in pairs if " " not in value.strip()}


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "panel.csv")


def x1(estimates: Estimates) -> pd.Series:
    return estimates.table.set_index("term").loc["x1"]


PLAIN = ModelSpec("y", "x1", controls=("x2", "kind"))
TWO_WAY = ModelSpec("y", "x1", controls=("x2",), fixed_effects=("unit", "year"))


@pytest.mark.parametrize("vcov", ["iid", "HC1", "HC2", "HC3", "CR1", "CR2", "CR3"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_errors_of_least_squares(panel: pd.DataFrame, vcov: str, weights: str | None) -> None:
    truth = figures("linear")
    key = "weighted" if weights else "plain"
    cluster = "group" if vcov.startswith("CR") else None
    estimates = fit(replace(PLAIN, vcov=vcov, weights=weights, cluster=cluster), panel)
    assert x1(estimates)["estimate"] == pytest.approx(truth[key], rel=EXACT)
    assert x1(estimates)["std_error"] == pytest.approx(truth[f"{key}_{vcov}"], rel=EXACT)
    if vcov == "CR2":
        assert estimates.df["x1"] == pytest.approx(truth[f"{key}_df"], rel=EXACT)


@pytest.mark.parametrize(
    ("key", "right", "terms"),
    [
        ("two", "x1 + x2 + kind", ["x1", "x2"]),
        ("kinds", "x1 + x2 + kind", ["x2", "kind"]),
        ("crossed", "x1 * x2 + kind | group", ["x2", "x1:x2", "kind"]),
    ],
)
def test_joint_tests_with_cr2(panel: pd.DataFrame, key: str, right: str, terms: list[str]) -> None:
    truth = figures("joint")
    estimates = fit(f"y ~ {right}", panel, vcov="CR2", cluster="group")
    asked = [name for name in estimates.shown if name.split("[")[0] in terms]
    found = joint_test(estimates, asked)
    assert found["statistic"] == pytest.approx(truth[f"{key}_F"], rel=EXACT)
    assert found["df_denom"] == pytest.approx(truth[f"{key}_df"], rel=EXACT)
    assert found["p_value"] == pytest.approx(truth[f"{key}_p"], rel=1e-6)


@pytest.mark.parametrize("vcov", ["HC1", "HC2", "HC3"])
def test_two_way_effects_count_in_leverage(panel: pd.DataFrame, vcov: str) -> None:
    truth = figures("linear")
    estimates = fit(replace(TWO_WAY, vcov=vcov), panel)
    assert x1(estimates)["estimate"] == pytest.approx(truth["two"], rel=EXACT)
    assert x1(estimates)["std_error"] == pytest.approx(truth[f"two_{vcov}"], rel=EXACT)


def test_two_way_effects_with_weights(panel: pd.DataFrame) -> None:
    truth = figures("linear")
    estimates = fit(replace(TWO_WAY, vcov="HC3", weights="w"), panel)
    assert x1(estimates)["estimate"] == pytest.approx(truth["two_weighted"], rel=EXACT)
    assert x1(estimates)["std_error"] == pytest.approx(truth["two_weighted_HC3"], rel=EXACT)


@pytest.mark.parametrize(("key", "weights"), [("two", None), ("two_weighted", "w")])
def test_clustered_two_way_effects(panel: pd.DataFrame, key: str, weights: str | None) -> None:
    """Units are nested in groups and absorbed, years cross them."""
    truth = figures("linear")
    spec = replace(TWO_WAY, vcov="CR2", cluster="group", weights=weights)
    estimates = fit(spec, panel)
    assert x1(estimates)["std_error"] == pytest.approx(truth[f"{key}_CR2"], rel=EXACT)
    assert estimates.df["x1"] == pytest.approx(truth[f"{key}_df"], rel=1e-6)
    n, groups = len(panel), panel["group"].nunique()
    factor = groups / (groups - 1) * (n - 1) / (n - 2 - 1 - 5)
    expected = truth[f"{key}_CR0"] * np.sqrt(factor)
    assert x1(fit(replace(spec, vcov="CR1"), panel))["std_error"] == pytest.approx(expected)


@pytest.mark.parametrize("vcov", ["CR2", "CR3"])
@pytest.mark.parametrize(
    ("key", "effect", "cluster"), [("years", "year", "group"), ("by_year", "group", "year")]
)
def test_effects_that_cross_the_clusters(
    panel: pd.DataFrame, vcov: str, key: str, effect: str, cluster: str
) -> None:
    truth = figures("linear")
    spec = ModelSpec(
        "y", "x1", controls=("x2",), fixed_effects=(effect,), vcov=vcov, cluster=cluster
    )
    estimates = fit(spec, panel)
    assert x1(estimates)["std_error"] == pytest.approx(truth[f"{key}_{vcov}"], rel=EXACT)
    if vcov == "CR2":
        assert estimates.df["x1"] == pytest.approx(truth[f"{key}_df"], rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("effects", [("unit", "year"), ("unit", "year", "kind"), ("year", "kind")])
def test_absorbed_effects_are_indicator_columns_to_cr2(
    panel: pd.DataFrame, effects: tuple[str, ...], weights: str | None
) -> None:
    spec = ModelSpec("y", "x1", controls=("x2",), vcov="CR2", cluster="group", weights=weights)
    absorbed = fit(replace(spec, fixed_effects=effects), panel)
    columns = fit(replace(spec, controls=("x2", *(f"C({name})" for name in effects))), panel)
    assert x1(absorbed)["std_error"] == pytest.approx(x1(columns)["std_error"], rel=EXACT)
    assert absorbed.df["x1"] == pytest.approx(columns.df["x1"], rel=EXACT)


def test_cr2_with_a_regressor_that_one_cluster_has(panel: pd.DataFrame) -> None:
    """I - H is singular within that cluster; its inverse root is taken on the rest."""
    truth = figures("linear")
    frame = panel.assign(only=(panel["group"] == 3).astype(float))
    spec = ModelSpec("y", "x1", controls=("x2", "only"), vcov="CR2", cluster="group")
    estimates = fit(spec, frame)
    assert x1(estimates)["std_error"] == pytest.approx(truth["single_CR2"], rel=EXACT)
    assert estimates.df["x1"] == pytest.approx(truth["single_df"], rel=EXACT)


def test_errors_are_those_of_estimatr(panel: pd.DataFrame) -> None:
    """A second package beside sandwich and clubSandwich, with p value and interval of CR2."""
    truth = figures("packages")
    for vcov in ("HC1", "HC2", "HC3"):
        row = x1(fit(replace(PLAIN, vcov=vcov), panel))
        assert row["std_error"] == pytest.approx(truth[vcov], rel=EXACT)
    weighted = x1(fit(replace(PLAIN, vcov="HC2", weights="w"), panel))
    assert weighted["std_error"] == pytest.approx(truth["weighted_HC2"], rel=EXACT)
    clustered = replace(PLAIN, cluster="group", vcov="CR1")
    assert x1(fit(clustered, panel))["std_error"] == pytest.approx(truth["CR1"], rel=EXACT)
    estimates = fit(replace(clustered, vcov="CR2"), panel)
    assert estimates.df["x1"] == pytest.approx(truth["CR2_df"], rel=1e-6)
    columns = {"std_error": "", "p_value": "_p", "conf_low": "_low", "conf_high": "_high"}
    for name, suffix in columns.items():
        assert x1(estimates)[name] == pytest.approx(truth[f"CR2{suffix}"], rel=1e-6)
    absorbed = x1(fit(replace(TWO_WAY, vcov="HC1"), panel))
    assert absorbed["estimate"] == pytest.approx(truth["two"], rel=EXACT)
    assert absorbed["std_error"] == pytest.approx(truth["two_HC1"], rel=EXACT)


def test_effects_and_clusters_are_those_of_plm(panel: pd.DataFrame) -> None:
    """Arellano's error is CR1 without its factor: units are nested, years are counted."""
    truth = figures("packages")
    n, units, years = len(panel), panel["unit"].nunique(), panel["year"].nunique()
    assert (n, units) == (truth["rows"], truth["units"])
    plain = x1(fit(replace(TWO_WAY, vcov="iid"), panel))
    assert plain["std_error"] == pytest.approx(truth["plm_two_iid"], rel=EXACT)
    for key, effects, counted in (("two", ("unit", "year"), years), ("units", ("unit",), 1)):
        spec = replace(TWO_WAY, fixed_effects=effects, vcov="CR1", cluster="unit")
        factor = units / (units - 1) * (n - 1) / (n - 2 - counted)
        row = x1(fit(spec, panel))
        assert row["estimate"] == pytest.approx(truth[f"plm_{key}"], rel=EXACT)
        assert row["std_error"] == pytest.approx(truth[f"plm_{key}_CR0"] * np.sqrt(factor))


LIKELIHOODS = {
    "logit": ModelSpec("binary", "x1", family="logit"),
    "weighted": ModelSpec("binary", "x1", family="logit", weights="w"),
    "share": ModelSpec("share", "x1", family="fractional_logit"),
    "poisson": ModelSpec("count", "x1", family="poisson", exposure="pop"),
    "negbin": ModelSpec("count", "x1", family="negbin", exposure="pop"),
    "ordered": ModelSpec("ordered", "x1", family="ordered_logit"),
}
CONTROLS = ("treated", "x2", "kind")


def likelihood_spec(key: str, vcov: str) -> ModelSpec:
    cluster = "group" if vcov == "CR1" else None
    spec = replace(LIKELIHOODS[key], controls=("x1:treated", *CONTROLS))
    return replace(spec, vcov=vcov, cluster=cluster)


@pytest.mark.parametrize("key", LIKELIHOODS)
@pytest.mark.parametrize("vcov", ["iid", "HC1", "CR1"])
def test_likelihood_families(panel: pd.DataFrame, key: str, vcov: str) -> None:
    truth = figures("likelihood")
    estimates = fit(likelihood_spec(key, vcov), panel)
    assert x1(estimates)["estimate"] == pytest.approx(truth[key], rel=1e-5)
    if vcov == "HC1":
        if f"{key}_HC0" not in truth:
            return
        n, k = estimates.n_obs, len(estimates.params)
        expected = truth[f"{key}_HC0"] * np.sqrt(n / (n - k))
    elif key == "share" and vcov == "iid":
        return  # R scales a quasi-likelihood by its dispersion; the information is not scaled here
    else:
        expected = truth[f"{key}_{vcov}"]
    if (key, vcov) == ("weighted", "iid"):
        expected *= np.sqrt(panel["w"].mean())  # R takes weights as counts; here their mean is one
    assert x1(estimates)["std_error"] == pytest.approx(expected, rel=1e-5)


def test_theta(panel: pd.DataFrame) -> None:
    truth, estimates = figures("likelihood"), fit(likelihood_spec("negbin", "iid"), panel)
    assert estimates.statistics["theta"] == pytest.approx(truth["theta"], rel=1e-5)
    assert estimates.statistics["theta_std_error"] == pytest.approx(truth["theta_se"], rel=1e-4)


@pytest.mark.parametrize("key", ["logit", "poisson", "ordered"])
def test_average_effects_with_an_interaction(panel: pd.DataFrame, key: str) -> None:
    truth = figures("likelihood")
    effects = average_marginal_effects(fit(likelihood_spec(key, "CR1"), panel)).set_index("term")
    for term, kind in (("x1", "slope"), ("treated", "contrast")):
        assert effects.loc[term, "estimate"] == pytest.approx(truth[f"{key}_{kind}"], rel=1e-5)
        assert effects.loc[term, "std_error"] == pytest.approx(truth[f"{key}_{kind}_se"], rel=1e-4)


def test_poisson_with_two_sets_of_effects(panel: pd.DataFrame) -> None:
    truth = figures("likelihood")
    spec = ModelSpec(
        "count",
        "x1",
        controls=("x2",),
        family="poisson",
        exposure="pop",
        fixed_effects=("unit", "year"),
    )
    robust = fit(spec, panel)
    assert robust.n_obs == truth["two_rows"]
    n, k = robust.n_obs, 2 + len(robust.sample.effects["unit"].levels) + 5
    assert x1(robust)["estimate"] == pytest.approx(truth["two"], rel=1e-6)
    assert x1(robust)["std_error"] == pytest.approx(truth["two_HC0"] * np.sqrt(n / (n - k)))
    clustered = fit(replace(spec, vcov="CR1", cluster="group"), panel)
    factor = 40 / 39 * (n - 1) / (n - 2 - 1 - 5)
    assert x1(clustered)["std_error"] == pytest.approx(truth["two_CR0"] * np.sqrt(factor))


def test_effects_of_a_poisson_do_not_depend_on_how_it_is_fitted(panel: pd.DataFrame) -> None:
    """Effects absorbed, or as columns: the same average derivative.

    Absorbed effects take the total of each group as given; as columns, the Poisson variance of
    the mean count comes on top.
    """
    kept = panel[panel.groupby("unit")["count"].transform("sum") > 0]
    spec = ModelSpec("count", "x1", family="poisson", exposure="pop", vcov="iid")
    absorbed = fit(replace(spec, fixed_effects=("unit", "year")), kept)
    columns = fit(replace(spec, controls=("C(unit)", "C(year)")), kept)
    found, expected = (
        average_marginal_effects(each, ["x1"]).iloc[0] for each in (absorbed, columns)
    )
    assert found["estimate"] == pytest.approx(expected["estimate"], rel=1e-6)
    mean = kept["count"].mean()
    assert found["std_error"] == pytest.approx(mean * x1(absorbed)["std_error"])
    on_top = absorbed.params["x1"] ** 2 * mean / len(kept)
    assert expected["std_error"] ** 2 == pytest.approx(found["std_error"] ** 2 + on_top, rel=1e-6)


@pytest.fixture(scope="module")
def grid() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "grid.csv")


@pytest.fixture(scope="module")
def squares(grid: pd.DataFrame) -> Neighbours:
    shapely = pytest.importorskip("shapely")
    boxes = [
        shapely.box(c, r, c + 1, r + 1) for r, c in zip(grid["row"], grid["column"], strict=True)
    ]
    return find_neighbours(boxes, grid.index)


SPATIAL = ModelSpec("y", "x1", controls=("x2",), vcov="iid")


def test_morans_i(grid: pd.DataFrame, squares: Neighbours) -> None:
    truth = figures("spatial")
    result = morans_i(grid["y"], squares)
    assert result.statistic == pytest.approx(truth["moran"], rel=EXACT)
    assert result.expectation == pytest.approx(truth["expectation"], rel=EXACT)
    assert result.p_value == 0.001


@pytest.mark.parametrize(
    ("kind", "term", "key"),
    [("lag", "rho (spatial lag)", "rho"), ("error", "lambda (spatial error)", "lambda")],
)
def test_spatial_models(
    grid: pd.DataFrame, squares: Neighbours, kind: str, term: str, key: str
) -> None:
    truth = figures("spatial")
    estimates = fit_spatial(SPATIAL, grid, squares, kind=kind)
    table = estimates.table.set_index("term")
    assert table.loc[term, "estimate"] == pytest.approx(truth[key], rel=1e-5)
    assert table.loc[term, "std_error"] == pytest.approx(truth[f"{key}_se"], rel=1e-5)
    assert table.loc["x1", "estimate"] == pytest.approx(truth[f"{kind}_x1"], rel=1e-5)
    assert table.loc["x1", "std_error"] == pytest.approx(truth[f"{kind}_x1_se"], rel=1e-5)
    assert estimates.statistics["log_likelihood"] == pytest.approx(truth[f"{kind}_loglik"])


def test_impacts_of_a_spatial_lag(grid: pd.DataFrame, squares: Neighbours) -> None:
    truth = figures("spatial")
    impacts = spatial_impacts(fit_spatial(SPATIAL, grid, squares), squares)
    found = impacts[impacts["term"] == "x1"].set_index("impact")["estimate"]
    for impact in ("direct", "indirect", "total"):
        assert found[impact] == pytest.approx(truth[f"{impact}_x1"], rel=1e-5)


@pytest.mark.parametrize(
    ("key", "cutpoints"), [("sturges", None), ("bins", {"x1": 4, "x2": [-1.0, 0.0, 1.0]})]
)
def test_coarsened_exact_matching(
    panel: pd.DataFrame, key: str, cutpoints: dict[str, object] | None
) -> None:
    truth = figures("matching")
    match = coarsened_exact_match(panel, "treated", ["x1", "x2", "kind"], cutpoints)
    assert match.n_treated == truth[f"{key}_treated"]
    assert match.n_control == truth[f"{key}_control"]
    assert match.effective_controls == pytest.approx(truth[f"{key}_effective"], rel=EXACT)
    control = panel["treated"] == 0
    mean = np.average(panel["y"][control], weights=match.weights[control])
    assert mean == pytest.approx(truth[f"{key}_mean_y"], rel=EXACT)


def test_conley_errors(panel: pd.DataFrame) -> None:
    """R goes through all pairs with the haversine formula."""
    options = {"vcov": "conley", "coordinates": ("lat", "lon"), "distance_km": 300.0}
    found = x1(fit("y ~ x1 + x2", panel, **options))["std_error"]
    assert found == pytest.approx(figures("matching")["conley_uniform"], rel=EXACT)


@pytest.mark.parametrize(("key", "method"), [("holm", "holm"), ("bh", "benjamini-hochberg")])
def test_adjusted_p_values(key: str, method: str) -> None:
    lines = (REFERENCE / "matching.txt").read_text().splitlines()
    truth = next(line.split()[1:] for line in lines if line.startswith(f"{key} "))
    found = adjust_p_values([0.001, 0.2, 0.03, 0.04, 0.6, 0.011], method)
    assert found == pytest.approx([float(value) for value in truth])
