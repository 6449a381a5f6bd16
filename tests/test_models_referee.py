"""What a referee found on the public release, by the tools that answer it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from coopanalysis.models import (
    Estimates,
    break_even,
    equivalence,
    fit,
    fit_reporters,
    four_ways,
    leave_out,
    parse_formula,
    reporting_bounds,
    smallest_difference,
    wild_cluster_bootstrap,
    wild_joint_test,
)
from coopanalysis.panel import Panel, load_release

pytestmark = pytest.mark.mirror
OUTCOME, POLICY = "person_offenses_per_100k", "agreement_latest_list"
COVARIATES = (
    "per(hispanic_share, 0.1) + per(black_nonhispanic_share, 0.1) + per(poverty_pct, 10)"
    " + per(median_household_income_usd, 10000) + per(republican_share, 0.1)"
    " + log2(population_count)"
)
BY_STATE = {"vcov": "CR1", "cluster": "state_fips"}


@pytest.fixture(scope="module")
def counties(public_release: Panel) -> pd.DataFrame:
    """Counties of the public release with the rates of 2023 that are good enough."""
    frame = public_release.counties(2023)
    frame["floor"] = public_release.usable_rate(frame, OUTCOME, 3)
    frame[OUTCOME] = public_release.usable_rate(frame, OUTCOME, 2)
    return frame


@pytest.fixture(scope="module")
def main(counties: pd.DataFrame) -> Estimates:
    """The main estimate: within states, alike in the covariates."""
    return fit(f"{OUTCOME} ~ {POLICY} + {COVARIATES} | state_fips", counties, **BY_STATE)


def test_what_the_null_rules_out(main: Estimates) -> None:
    found = equivalence(main, 100)
    assert (found.conf_low, found.conf_high) == pytest.approx((-52.7, 75.5), abs=0.05)
    assert found.is_equivalent
    # 107, and 11.4 % of the mean, were it not for the 48 degrees of freedom.
    assert smallest_difference(main) == pytest.approx(109.4, abs=0.05)
    normal = replace(main, df=main.df * float("inf"))
    assert smallest_difference(normal) == pytest.approx(107, abs=0.5)
    assert smallest_difference(normal) / main.sample.outcome.mean() == pytest.approx(
        0.114, abs=5e-4
    )


FLAGS_AND_RANGES = [
    # denominator, promised by flag 2, whether rates of flag 3 are used, the range
    ("covered", 0.8, False, (-1554, 1583)),
    ("all", 0.8, False, (-1547, 1590)),
    ("all", 0.8, True, (-1200, 1293)),
    ("all", 0.0, True, (-1430, 1564)),
]


def with_coverage(counties: pd.DataFrame, promised: float) -> pd.DataFrame:
    """Counties with what each reporting quality promises of coverage."""
    promises = counties["reporting_quality"].map({1: 1.0, 2: promised, 3: 0.0})
    return counties.assign(
        coverage=promises.where(counties["offenses_misplaced"] != 1, 0.0).fillna(0.0)
    )


@pytest.mark.parametrize(("denominator", "promised", "floors", "expected"), FLAGS_AND_RANGES)
def test_worst_cases_of_reporting(
    counties: pd.DataFrame,
    main: Estimates,
    denominator: str,
    promised: float,
    floors: bool,
    expected: tuple[float, float],
) -> None:
    frame = with_coverage(counties, promised)
    lowest, highest = frame.loc[frame["coverage"] == 1, OUTCOME].quantile([0.01, 0.99])
    row = reporting_bounds(
        replace(main.spec, outcome="floor" if floors else OUTCOME),
        frame,
        coverage="coverage",
        lowest=lowest,
        highest=highest,
        denominator=denominator,  # type: ignore[arg-type]
    ).iloc[0]
    assert (row["estimate_low"], row["estimate_high"]) == pytest.approx(expected, abs=0.5)
    assert row["n_obs"] == 3112


def test_four_ways_take_the_floors_for_the_worst_case_alone(
    counties: pd.DataFrame, main: Estimates
) -> None:
    frame = with_coverage(counties, 0.8)
    lowest, highest = frame.loc[frame["coverage"] == 1, OUTCOME].quantile([0.01, 0.99])
    table = four_ways(
        main.spec,
        frame,
        coverage="coverage",
        covariates=main.spec.controls,
        lowest=lowest,
        highest=highest,
        seen="floor",
    ).set_index("rule")
    assert table.loc["all as seen", "estimate_low"] == pytest.approx(main.row["estimate"])
    assert table.loc["worst case", "estimate_low"] == pytest.approx(-1200, abs=0.5)


def test_silent_police_like_the_rest_leave_no_difference(
    counties: pd.DataFrame, main: Estimates
) -> None:
    """Truth 0: four fifths of the residents covered where there is a policy, all elsewhere."""
    full = counties.loc[counties["reporting_quality"] == 1, OUTCOME]
    lowest, highest = full.quantile([0.25, 0.75])
    used = counties.loc[main.sample.rows]
    share = 1 - 0.2 * used[POLICY]
    truth = used[OUTCOME] + main.row["estimate"] * (1 - used[POLICY])
    frame = used.assign(**{OUTCOME: truth * share, "share": share})
    ends = {}
    for denominator in ("covered", "all"):
        row = reporting_bounds(
            main.spec,
            frame,
            coverage="share",
            lowest=lowest,
            highest=highest,
            denominator=denominator,  # type: ignore[arg-type]
        ).iloc[0]
        ends[denominator] = (row["estimate_low"], row["estimate_high"])
    assert ends["covered"] == pytest.approx((-255.1, -130.5), abs=0.1)
    assert ends["all"] == pytest.approx((-103.5, 21.1), abs=0.1)
    found = break_even(main.spec, frame, coverage="share", others=900, denominator="all")
    # The mean of the truth among counties with the policy.
    assert found.silent_rate == pytest.approx(936, abs=60)


def test_signed_before_the_rates_against_none(
    public_release: Panel, counties: pd.DataFrame, main: Estimates
) -> None:
    """Most agreements postdate the rates: the main estimate is about later signers."""
    signed = counties["agreement_signed_date"]
    later = signed.dt.year > 2023
    assert (later.sum(), signed.notna().sum()) == (658, 779)
    rows = main.sample.rows
    assert (later[rows].sum(), signed[rows].notna().sum()) == (351, 406)
    formula = f"{OUTCOME} ~ early + {COVARIATES} | state_fips"

    def fits(frame: pd.DataFrame) -> list[Estimates]:
        return [
            fit(formula, frame, vcov=vcov, cluster="state_fips")  # type: ignore[arg-type]
            for vcov in ("CR1", "CR2")
        ]

    # As the referee counted: on the latest list, and signed by the day.
    frame = public_release.counties(2023)
    frame[OUTCOME] = public_release.usable_rate(frame, OUTCOME, 2)
    of_list = frame[POLICY].astype("float64")
    cr1, cr2 = fits(frame.assign(early=of_list.mask(frame["agreement_signed_date"] > "2022-12-31")))
    assert cr1.sample.columns["early"].sum() == 55
    assert cr1.row["estimate"] == pytest.approx(35.7, abs=0.05)
    assert (cr1.row["conf_low"], cr1.row["conf_high"]) == pytest.approx((-164, 235), abs=0.5)
    assert (cr2.row["conf_low"], cr2.row["conf_high"]) == pytest.approx((-238, 309), abs=0.5)
    assert cr2.df["early"] == pytest.approx(6.2, abs=0.05)
    # As it was on the day: with nine counties whose agreements have left the lists since.
    release = load_release(public_release.release)  # its own, since what is asked of it stays
    early = release.policy("main", in_force_by="2022-12-31")
    assert early.name == "agreement_latest_list_by_2022_12_31"
    assert early.note.startswith("130 counties had an agreement in force on 31 December 2022; 676 ")
    then = release.counties(2023)[early.name]
    assert then.value_counts().to_dict() == {0.0: 2337, 1.0: 130}
    gone = then.eq(1).to_numpy() & ~(frame["agreement_signed_date"] <= "2022-12-31").to_numpy()
    assert sorted(frame.loc[gone, "county_fips"]) == [
        "22033", "24015", "24021", "24025", "25001", "32023", "40111", "51047", "55065",
    ]  # fmt: skip
    cr2 = fits(frame.assign(early=then.to_numpy()))[1]
    assert cr2.sample.columns["early"].sum() == 61
    assert cr2.row["estimate"] == pytest.approx(16.9, abs=0.05)
    assert (cr2.row["conf_low"], cr2.row["conf_high"]) == pytest.approx((-218, 252), abs=0.5)
    assert cr2.df["early"] == pytest.approx(8.05, abs=0.05)
    # The days are those of the agreements that a policy is about, not of any of the county.
    task_force = release.policy("task_force_latest_list", in_force_by="2025-03-01")
    agreements = release.agreements.query(
        "list_date == list_date.max() and agency_type == 'county' and support_type == 'task-force'"
        " and signed_date <= '2025-03-01' and list_kind == 'participating'"
    )
    known = release.counties().set_index("county_fips")[task_force.name]
    assert known[agreements["county_fips"].unique()].eq(1).all()
    others = release.agreement_spells.query(
        "support_type == 'task-force' and county_fips in @known.index[@known == 1]"
    )
    assert others.groupby("county_fips")["signed_date"].min().le("2025-03-01").all()


def test_earlier_crime_as_a_covariate_and_as_a_placebo(
    counties: pd.DataFrame, main: Estimates
) -> None:
    earlier = "violent_offenses_per_100k_2013"
    formula = f"{OUTCOME} ~ {POLICY} + {COVARIATES} | state_fips"
    known = counties[counties[earlier].notna()]
    without = fit(formula, known, **BY_STATE)
    alike = fit(formula.replace(" |", f" + {earlier} |"), known, **BY_STATE)
    assert without.n_obs == alike.n_obs == 1364
    widths = [(one.row["conf_high"] - one.row["conf_low"]) / 2 for one in (without, alike)]
    assert widths == pytest.approx([80, 65], abs=0.5)
    # On all counties with a rate of 2013, whether or not they have one of 2023.
    placebo = fit(formula.replace(OUTCOME, earlier, 1), counties, **BY_STATE)
    # A referee has 1.6, by counties of the records alone; the crosswalk places 162 agencies more.
    assert placebo.row["estimate"] == pytest.approx(1.7, abs=0.05)
    assert (placebo.row["conf_low"], placebo.row["conf_high"]) == pytest.approx((-15, 18), abs=0.5)


def test_weights_that_know_the_states(counties: pd.DataFrame, main: Estimates) -> None:
    """Within states the design compares; by states the counties report."""
    frame = with_coverage(counties, 0.8)
    frame["full"] = (frame["coverage"] == 1).astype(float)
    covariates = [POLICY, *main.spec.controls]
    shipped, known = (
        fit_reporters(main.spec, frame, "full", covariates, groups=groups)
        for groups in ((), ("state_fips",))
    )
    assert shipped.row["estimate"] == pytest.approx(5.3, abs=0.05)
    assert known.row["estimate"] == pytest.approx(8.6, abs=0.05)
    assert known.n_obs == 922
    lowest, highest = frame.loc[frame["full"] == 1, OUTCOME].quantile([0.01, 0.99])
    rule = four_ways(
        main.spec,
        frame,
        coverage="coverage",
        covariates=covariates,
        groups=["state_fips"],
        lowest=lowest,
        highest=highest,
    ).set_index("rule")
    found = rule.loc["weighted by inverse probability"]
    assert found["estimate_low"] == pytest.approx(known.row["estimate"])
    assert found["conf_high"] == pytest.approx(known.row["conf_high"])


HISPANIC = "per(hispanic_share, 0.1)"


def interval(row: pd.Series) -> list[float]:
    """Estimate and interval in percentage points."""
    return [100 * float(row[name]) for name in ("estimate", "conf_low", "conf_high")]


def test_two_states_are_the_association_with_hispanic_share(counties: pd.DataFrame) -> None:
    formula = f"{POLICY} ~ {COVARIATES}"
    table = leave_out(
        formula,
        counties,
        "state_abbr",
        ["TX", ("TX", "FL")],
        family="logit",
        **BY_STATE,  # type: ignore[arg-type]
    ).set_index("group")
    assert interval(table.loc["TX"]) == pytest.approx([1.22, -2.56, 5.00], abs=0.006)
    assert interval(table.loc["TX and FL"]) == pytest.approx([-0.55, -3.19, 2.09], abs=0.006)
    within = fit(f"{formula} | state_fips", counties, **BY_STATE).row
    assert interval(within) == pytest.approx([-0.37, -1.29, 0.55], abs=0.006)
    logit = fit(formula, counties, family="logit", **BY_STATE)
    assert 0.28 < wild_joint_test(logit, [HISPANIC])["p_value"] < 0.36


def test_the_linear_model_with_errors_for_few_unlike_states(counties: pd.DataFrame) -> None:
    formula = f"{POLICY} ~ {COVARIATES}"
    cr2 = fit(formula, counties, vcov="CR2", cluster="state_fips")
    assert interval(cr2.row) == pytest.approx([6.98, -5.0, 18.9], abs=0.05)
    assert cr2.row["p_value"] == pytest.approx(0.17, abs=0.005)
    assert cr2.df[HISPANIC] == pytest.approx(3.4, abs=0.05)
    wild = wild_cluster_bootstrap(parse_formula(formula, **BY_STATE), counties)
    assert wild.p_value == pytest.approx(0.33, abs=0.02)
    assert [100 * wild.conf_low, 100 * wild.conf_high] == pytest.approx([-2.1, 11.1], abs=0.3)
