"""The page on reported crime counts each county once, and says one number everywhere."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from coopanalysis import display, fit
from coopanalysis.clean.reporting import ALL_REPORTING_STATUSES, COUNTED_ELSEWHERE, HOLDS_OTHERS
from coopanalysis.display.coverage import coverage_by
from coopanalysis.display.sentences import format_count, format_share
from coopanalysis.panel import Panel
from coopanalysis.panel.policies import Policy

OUTCOMES = ("person_offenses_per_100k", "property_offenses_per_100k")
ALL, MOST = ALL_REPORTING_STATUSES[:2]
MISPLACED = (COUNTED_ELSEWHERE, HOLDS_OTHERS)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["demo", "public_release"])
def panel(request: pytest.FixtureRequest) -> Panel:
    found: Panel = request.getfixturevalue(request.param)
    return found


def asked(panel: Panel, year: int) -> tuple[Policy, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The policy, the list, the counties compared, and how many stand in each row of the table."""
    policy, listed = panel.policy(in_force_by=f"{year - 1}-12-31"), panel.counties(year)
    for name in OUTCOMES:
        listed[name] = panel.usable_rate(listed, name)
    counties = panel.with_policy(listed, policy)
    everyone = listed.assign(**{policy.name: counties[policy.name]})
    rows = coverage_by(everyone, policy.name).pivot_table(
        index="status", columns="policy", values="county_count", aggfunc="sum", fill_value=0
    )
    return policy, listed, counties, rows.reindex(columns=["with", "without", "unknown"]).fillna(0)


def test_every_county_of_the_list_is_in_one_row_and_rates_come_from_the_first(
    panel: Panel,
) -> None:
    for year in panel.crime_years:
        policy, listed, counties, rows = asked(panel, year)
        assert rows.to_numpy().sum() == len(panel.county) == len(listed)
        assert rows["unknown"].sum() == len(listed) - len(counties)
        for name, (group, flag) in (
            (n, g) for n in OUTCOMES for g in (("with", 1), ("without", 0))
        ):
            own = counties[counties[policy.name] == flag]
            assert own[name].notna().sum() == rows.loc[[ALL, MOST], group].sum(), (year, name)
            is_full = own["reporting_quality"].eq(1) & panel.usable_rate(own, name, 3).notna()
            assert is_full.sum() == rows.loc[ALL, group], "designs with full coverage"


def test_the_sentences_of_the_limits_have_the_counts_of_the_table(panel: Panel) -> None:
    year = panel.crime_years[-1]
    policy, listed, counties, rows = asked(panel, year)
    said = display.describe_who_reported(counties, OUTCOMES[0], policy, data=panel)
    shares = {
        statuses: [
            format_share(rows.loc[list(statuses), group].sum() / rows[group].sum())
            for group in ("with", "without")
        ]
        for statuses in ((ALL, MOST), (ALL,))
    }
    assert re.findall(r"\d[\d.]*%", said) == [*shares[ALL, MOST], *shares[ALL,]]
    moved, holding = (int(rows.loc[one, ["with", "without"]].sum()) for one in MISPLACED)
    limits = " ".join(display.describe_misplaced(counties))
    assert limits.startswith(f"{moved + holding} count") if moved + holding else not limits
    left = format_count(rows["unknown"].sum())
    if policy.of:
        assert left in " ".join(display.describe_time_order(listed, policy, year, data=panel))
    everyone = listed.assign(**{policy.name: counties[policy.name]})
    shown = display.show_coverage(everyone, policy, year=year, data=panel).text
    assert f"All {format_count(len(listed))} counties" in shown
    assert (f"{left} neither" in shown) == bool(policy.of)


def test_the_codes_of_the_page_are_those_of_the_whole_list(panel: Panel) -> None:
    policy, listed, counties, _ = asked(panel, panel.crime_years[-1])
    formula = f"{OUTCOMES[0]} ~ {policy} + log2(population_count) | state_fips"
    model = fit(formula, counties, vcov="CR1", cluster="state_fips")
    shown = display.show_models({"Main": model}, listed=listed, data=panel).html
    assert f"codes of {format_count(len(listed))} counties" in shown
    left = len(listed) - len(counties)
    assert f"{format_count(left)} not asked about" in shown or not left
