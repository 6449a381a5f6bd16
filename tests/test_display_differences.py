"""Differences in several outcomes: one row per model, numbers in the unit of each outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis.catalog.column import Column
from coopanalysis.display import (
    show_difference_sentences,
    show_differences,
    show_differences_across,
    show_standard_differences,
)
from coopanalysis.display.page import LEFT_OUT
from coopanalysis.errors import ModelError
from coopanalysis.models import fit, main_estimates, wild_cluster_bootstrap

OUTCOMES = ("poverty_pct", "income_usd", "hispanic_share")
GROUPS = {"subject": "counties with a law", "comparison": "counties without"}


class Named:
    """Words of three columns in three units."""

    def column(self, name: str) -> Column:
        units = {
            "poverty_pct": ("percent, 0 to 100", "Poverty", "residents in poverty"),
            "income_usd": ("US dollars of 2019", "Income", "income"),
            "hispanic_share": ("share, 0 to 1", "Hispanic", "Hispanic residents"),
        }
        unit, label, phrase = units[name]
        return Column(name, "float64", unit, "", "", True, label=label, phrase=phrase)


def counties(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    law = np.repeat(np.arange(12) % 2, 20).astype(float)
    return pd.DataFrame(
        {
            "state_fips": np.repeat([f"{60 + at}" for at in range(12)], 20),
            "law": law,
            "poverty_pct": 12 + 4 * law + rng.normal(0, 1, 240),
            "income_usd": 50_000 - 9_000 * law + rng.normal(0, 2_000, 240),
            "hispanic_share": 0.2 + rng.normal(0, 0.05, 240),
        }
    )


def estimates(*names: str, frame: pd.DataFrame | None = None, wild: bool = False) -> pd.DataFrame:
    rows = counties() if frame is None else frame
    results = {
        (*names, outcome): fit(f"{outcome} ~ law", rows, vcov="CR2", cluster="state_fips")
        for outcome in OUTCOMES
    }
    return main_estimates(results, [*(f"by_{one}" for one in names), "outcome"], wild=wild)


def test_main_estimates_are_the_rows_of_the_treatment_with_their_degrees_of_freedom():
    table = estimates("all")
    means = counties().groupby("law")[list(OUTCOMES)].mean()
    assert table["estimate"].to_numpy() == pytest.approx((means.loc[1] - means.loc[0]).to_numpy())
    assert list(table.columns[:3]) == ["by_all", "outcome", "term"]
    assert table["df"].between(1, 12).all()
    assert table["n_clusters"].tolist() == [12] * 3


def test_main_estimates_by_the_bootstrap_keep_the_p_value_of_the_errors_beside():
    drawn, plain = estimates("all", wild=True), estimates("all")
    spec = fit("poverty_pct ~ law", counties(), vcov="CR2", cluster="state_fips").spec
    alone = wild_cluster_bootstrap(spec, counties())
    shown = drawn.loc[0, ["estimate", "conf_low", "conf_high", "p_value"]].tolist()
    assert shown == [alone.estimate, alone.conf_low, alone.conf_high, alone.p_value]
    assert drawn["p_value_cr2"].tolist() == plain["p_value"].tolist()
    assert drawn["df"].tolist() == plain["df"].tolist()
    with pytest.raises(ModelError, match="needs family ols and a cluster column"):
        main_estimates({("one",): fit("poverty_pct ~ law", counties())}, ["model"], wild=True)


def test_main_estimates_of_nothing_have_columns_and_of_categories_are_refused():
    empty = main_estimates({}, ["compared", "outcome"])
    assert empty.empty
    assert {"compared", "outcome", "estimate", "df"} <= set(empty)
    steps = counties().assign(step=np.tile([0, 1, 2], 80))
    with pytest.raises(ModelError, match="0 coefficients in the model dose"):
        main_estimates({("dose",): fit("income_usd ~ C(step)", steps)}, ["model"])


def test_sentences_are_in_the_unit_of_each_outcome():
    table = estimates("all")
    text = show_difference_sentences(table, Named(), **GROUPS, how="Errors CR2.").text
    poverty, income, _ = table["estimate"]
    assert f"have {poverty:.1f} percentage points more residents in poverty than" in text
    assert f"have ${-income:,.0f} less income than counties without" in text
    assert "cannot be told apart: the 95% interval reaches from" in text
    assert text.endswith("Errors CR2. This is an association, not an effect.")
    assert text.count("association") == 1


def test_table_writes_shares_as_points_and_dollars_as_dollars():
    table = estimates("all")
    shown = show_differences(table, Named(), caption="Differences", source="S.")
    share = 100 * table["estimate"].iloc[2]
    assert f"{abs(share):.2f}" in shown.text
    assert "Hispanic, points" in shown.text
    assert "\N{MINUS SIGN}\N{WORD JOINER}$" in shown.text
    assert "Of 3 hypotheses taken as one family, those with p below 5%: 2 alone." in shown.text


def test_tests_of_the_family_stand_beside_and_decide_with_the_interval():
    table = estimates("all").assign(effective=7.25, p_value_cr2=[0.01, 0.06, 0.5])
    table["p_value_holm"] = [0.04, 0.2, 1.0]
    table["p_value_romano_wolf"] = [0.03, 0.04, 0.9]
    shown = show_differences(table, Named(), caption="Differences", source="S.")
    assert "2 alone, 1 by Holm, 2 by Romano and Wolf" in shown.text
    assert "12 (7.2)" in shown.text
    assert f"0.060 ({table['df'].iloc[1]:.1f})" in shown.text
    said = show_difference_sentences(table, Named(), **GROUPS).text.splitlines()
    assert "more residents in poverty than counties without" in said[0]
    assert said[1].startswith("- Income. Whether counties with a law and counties without differ")
    assert (
        "is disputed: the test by CR2 (p 0.060) and Holm's test of all comparisons (p 0.200)"
        in said[1]
    )
    drawn = table.rename(columns={"by_all": "weighting"})
    figure = show_standard_differences(drawn, Named(), by="weighting", **GROUPS, source="S.")
    disputed = "poverty higher, 1 of 3 told by some tests and not by others"
    assert f"{disputed} and 1 of 3 not told from zero" in figure.text


def test_rules_side_by_side_say_which_differences_are_still_told():
    above = estimates("as above")
    ends = {"conf_low": -above["conf_high"], "conf_high": -above["conf_low"]}
    rule = above.columns[0]
    turned = above.assign(**{rule: "turned", "estimate": -above["estimate"], **ends})
    same = above.assign(**{rule: "the same"})
    shown = show_differences_across(
        pd.concat([above, turned, same], ignore_index=True).rename(columns={rule: "rule"}),
        Named(),
        across="rule",
        caption="Rules",
        source="S.",
    )
    assert "2 intervals of the first column leave out zero" in shown.text
    assert "In brackets 95% intervals." in shown.text
    # The column that is the same again is no evidence.
    assert "changes who is compared, 0 of 2 lie on the same side of zero" in shown.text
    assert "beside those that hold zero, 1 of 1 hold it too" in shown.text
    assert "As above" in shown.text


def test_figure_says_what_is_higher_lower_and_not_told():
    table = estimates("all").rename(columns={"by_all": "weighting"})
    shown = show_standard_differences(
        table.assign(weighting="each equal"), Named(), by="weighting", **GROUPS, source="S."
    )
    assert "poverty higher, income lower and 1 of 3 not told from zero" in shown.text


def test_without_estimates_the_page_says_only_at_its_end_that_they_are_left_out():
    empty = main_estimates({}, ["compared", "outcome"])
    words = {"caption": "Differences", "source": "S."}
    shown = [
        show_differences(empty, Named(), **words),
        show_differences_across(empty, Named(), across="compared", **words),
        show_difference_sentences(empty, Named(), **GROUPS),
        show_standard_differences(empty, Named(), by="compared", **GROUPS, source="S."),
    ]
    assert {one.slot for one in shown} == {LEFT_OUT}
