"""What is shown of a fitted model comes from the model and from the catalog alone."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from coopanalysis import display, fit, fit_each
from coopanalysis.display.results import designs_table, effect_table
from coopanalysis.display.source_lines import source_line
from coopanalysis.display.words import result_words, term_label, term_phrase
from coopanalysis.errors import CoopError, UsageError
from coopanalysis.models import (
    Estimates,
    compare_errors,
    pool_levels,
    smallest_difference,
    vary,
    with_errors,
)
from coopanalysis.panel import Panel, load_release

OUTCOME = "person_offenses_per_100k"
POLICY = "holds_on_detainer"


@pytest.fixture(scope="module")
def demo() -> Panel:
    return load_release("demo")


@pytest.fixture(scope="module")
def counties(demo: Panel) -> pd.DataFrame:
    frame = demo.counties(2023)
    return frame.assign(**{OUTCOME: demo.usable_rate(frame, OUTCOME)})


@pytest.fixture(scope="module")
def results(counties: pd.DataFrame) -> dict[str, Estimates]:
    designs = {
        "Alone": f"{OUTCOME} ~ {POLICY}",
        "Within state": f"{OUTCOME} ~ {POLICY} + per(poverty_pct, 10) + log2(population_count)"
        " | state_fips",
    }
    return fit_each(designs, counties, vcov="CR1", cluster="state_fips")


def downloads(html: str) -> list[str]:
    """Texts behind the download links of a page."""
    found = []
    for address in re.findall(r'href="data:([^"]+)"', html):
        head, _, body = address.partition(",")
        found.append(base64.b64decode(body).decode() if head.endswith("base64") else unquote(body))
    return found


@pytest.mark.parametrize(
    ("term", "label", "phrase"),
    [
        (
            "per(hispanic_share, 0.1)",
            "Hispanic share, +10 points",
            "10 percentage points more Hispanic residents",
        ),
        (
            "per(median_household_income_usd, 10000)",
            "Median household income, +$10,000",
            "10,000 dollars more median household income",
        ),
        ("log2(population_count)", "Residents, doubled", "twice the residents"),
        (
            "per(poverty_pct, 5)",
            "Poverty, +5 points",
            "5 percentage points more residents in poverty",
        ),
    ],
)
def test_a_term_is_said_by_its_step_and_its_column(
    demo: Panel, term: str, label: str, phrase: str
) -> None:
    assert term_label(demo, term) == label
    assert term_phrase(demo, term) == phrase


def test_the_sentence_names_groups_estimate_interval_and_counties(
    demo: Panel, results: dict[str, Estimates]
) -> None:
    main = results["Within state"]
    text = display.show_main_estimate(main, data=demo).text
    row = main.row
    assert f"{row['estimate']:.1f} more reported offences against persons" in text
    assert "alike in the covariates and in the same state" in text
    assert "Alike in: poverty and residents" in text
    assert f"{main.n_obs:,} counties" in text
    assert f"{main.n_rows - main.n_obs:,} left out" in text
    told = smallest_difference(main)
    assert 2.8 * row["std_error"] < told < 3.1 * row["std_error"]
    assert f"Could be told: a difference of {told:.1f} or more, four times in five" in text


def test_each_design_opens_to_formula_rows_and_what_it_left_out(
    demo: Panel, results: dict[str, Estimates]
) -> None:
    shown = display.show_estimates(results, data=demo)
    for one in results.values():
        assert one.spec.formula.replace("~", "~") in shown.html
        codes = "county_fips\n" + "".join(f"{code}\n" for code in one.sample.rows)
        assert codes in downloads(shown.html)
        for count in one.left_out.values():
            assert f"{count:,} without" in shown.html
    assert set(results["Alone"].sample.rows) <= set(demo.county["county_fips"])


def test_a_design_that_is_not_there_is_named(demo: Panel, results: dict[str, Estimates]) -> None:
    with pytest.raises(UsageError, match="No design 'Within county'. There are: Alone"):
        display.show_estimates(results, main="Within county", data=demo)


def test_probabilities_are_shown_in_points_and_logarithms_in_percent(
    demo: Panel, counties: pd.DataFrame
) -> None:
    linear = fit(f"{POLICY} ~ per(poverty_pct, 10)", counties)
    table = designs_table({"one": linear}, data=demo)
    assert table["estimate"].iloc[0] == pytest.approx(100 * linear.row["estimate"])
    assert "percentage points" in display.show_main_estimate(linear, data=demo).text

    relative = fit(f"log({OUTCOME}) ~ {POLICY}", counties, sample=f"{OUTCOME} > 0")
    percent = designs_table({"one": relative}, data=demo)["estimate"].iloc[0]
    assert percent == pytest.approx(100 * np.expm1(relative.row["estimate"]))
    assert result_words(relative, demo).words == ("higher", "lower")


def test_a_logit_is_shown_by_its_average_marginal_effects(
    demo: Panel, counties: pd.DataFrame
) -> None:
    logit = fit(f"{POLICY} ~ per(poverty_pct, 10)", counties, family="logit")
    chance = 1 / (1 + np.exp(-logit.index))
    slope = logit.params["per(poverty_pct, 10)"] * np.mean(chance * (1 - chance))
    assert effect_table(logit)["estimate"].iloc[0] == pytest.approx(slope)


def test_a_column_of_ones_own_has_its_words_everywhere(demo: Panel, counties: pd.DataFrame) -> None:
    mine = counties[["county_fips"]].assign(is_large=counties["population_count"] > 50_000)
    joined = demo.join(counties, mine, words={"is_large": "have many residents"})
    own = fit(f"{OUTCOME} ~ is_large", joined)
    text = display.show_main_estimate(own, data=demo).text
    assert text.startswith("Counties that have many residents")
    assert "your table" in source_line(demo, ["is_large", OUTCOME])


def test_known_counts_are_those_of_the_frame_given(demo: Panel, counties: pd.DataFrame) -> None:
    few = counties.head(40)
    text = display.show_known(few, [OUTCOME], data=demo).text
    assert f"For how many of {len(few)} counties" in text
    assert re.search(rf"\b{few[OUTCOME].notna().sum()}\s+{few[OUTCOME].isna().sum()}\b", text)


def test_errors_side_by_side_are_those_of_the_model_refitted(
    counties: pd.DataFrame, results: dict[str, Estimates]
) -> None:
    main = results["Within state"]
    table = compare_errors(main, counties).set_index("errors")
    for vcov in ("CR1", "CR2", "CR3"):
        assert table.loc[vcov, "std_error"] == with_errors(main, vcov).row["std_error"]
    assert set(table["estimate"].round(9)) == {round(main.row["estimate"], 9)}


def test_a_difference_at_a_point_is_the_linear_combination_of_the_interaction(
    counties: pd.DataFrame, results: dict[str, Estimates]
) -> None:
    main = results["Within state"]
    table = vary(main.spec, counties, ["log2(population_count)"]).table
    crossed = fit(
        f"{OUTCOME} ~ {POLICY} * log2(population_count) + per(poverty_pct, 10) | state_fips",
        counties,
        vcov="CR1",
        cluster="state_fips",
    )
    alone, product = POLICY, f"{POLICY}:log2(population_count)"
    for _, row in table.iterrows():
        weights = pd.Series({alone: 1.0, product: np.log2(row["at"])})
        names = list(weights.index)
        estimate = weights @ crossed.params[names]
        variance = weights @ crossed.covariance.loc[names, names] @ weights
        assert row["estimate"] == pytest.approx(estimate, rel=1e-6)
        assert row["std_error"] == pytest.approx(np.sqrt(variance), rel=1e-6)


def test_scores_are_pooled_at_the_ends_until_each_level_has_enough() -> None:
    score = pd.Series([0] * 3 + [1] * 30 + [2] * 40 + [3] * 19 + [4] * 2 + [np.nan] * 5)
    levels = pool_levels(score, score.notna(), fewest=20)
    assert levels.value_counts().to_dict() == {"0 to 1": 33, "2": 40, "3 to 4": 21}
    assert levels.cat.categories[0] == "2"
    assert pool_levels(score, pd.Series(False, index=score.index)).isna().all()


def test_no_section_of_levels_where_no_county_has_any(demo: Panel) -> None:
    assert display.show_levels(None, data=demo).slot == "left-out"


@pytest.mark.parametrize(
    ("other", "unit"),
    [
        (f"log({OUTCOME}) ~ {POLICY}", "percent"),
        (f"{OUTCOME} ~ per(poverty_pct, 10)", "per(poverty_pct, 10) of"),
    ],
)
def test_designs_of_other_units_or_terms_are_not_shown_as_one(
    demo: Panel, counties: pd.DataFrame, results: dict[str, Estimates], other: str, unit: str
) -> None:
    odd = fit(other, counties, sample=f"{OUTCOME} > 0")
    with pytest.raises(UsageError, match="Show them apart") as caught:
        display.show_estimates({**results, "Odd": odd}, data=demo)
    assert f"Odd: {unit}" in str(caught.value) or f"in {unit}" in str(caught.value)


def test_a_fit_without_the_name_of_a_design_is_refused(
    demo: Panel, results: dict[str, Estimates]
) -> None:
    with pytest.raises(UsageError, match="by the name of their design"):
        display.show_estimates(results["Alone"], data=demo)  # type: ignore[arg-type]


def test_one_design_is_not_counted(demo: Panel, results: dict[str, Estimates]) -> None:
    shown = display.show_estimates({"OLS": results["Alone"]}, data=demo)
    assert "Of 1 estimate" not in shown.text
    assert "oLS" not in shown.text


def test_a_transformed_outcome_is_said_in_the_unit_of_its_column(
    demo: Panel, counties: pd.DataFrame
) -> None:
    income = "median_household_income_usd"
    plain = fit(f"{income} ~ {POLICY}", counties)
    tens = fit(f"per({income}, 10000) ~ {POLICY}", counties)
    tables = [designs_table({"x": one}, data=demo) for one in (plain, tens)]
    assert tables[1]["estimate"].item() == pytest.approx(tables[0]["estimate"].item())
    sentences = [display.show_main_estimate(one, data=demo).text for one in (plain, tens)]
    assert sentences[0] == sentences[1]
    natural, doubled = (fit(f"{how}({income}) ~ {POLICY}", counties) for how in ("log", "log2"))
    shares = [effect_table(one)["estimate"].iloc[0] for one in (natural, doubled)]
    assert shares[1] == pytest.approx(shares[0])
    logged = counties.assign(logged_acres=counties[income])
    acres = effect_table(fit(f"logged_acres ~ {POLICY}", logged))
    assert acres["estimate"].iloc[0] == pytest.approx(plain.table["estimate"].iloc[0])


def test_a_rate_has_no_exposure(demo: Panel, counties: pd.DataFrame) -> None:
    rate = fit(f"{OUTCOME} ~ {POLICY}", counties, family="poisson", exposure="population_count")
    with pytest.raises(UsageError, match="is a rate already"):
        display.show_main_estimate(rate, data=demo)


def test_a_column_that_tells_no_two_groups_apart_is_named(
    demo: Panel, counties: pd.DataFrame
) -> None:
    for by, said in (("poverty_pct", "other than 0 and 1"), ("povertypct", "nearest: poverty_pct")):
        with pytest.raises(CoopError, match=said):
            display.show_distribution(counties, OUTCOME, by, data=demo)
    with pytest.raises(CoopError, match="nearest: poverty_pct"):
        display.show_known(counties, ["povertypct"], data=demo)
    with pytest.raises(CoopError, match="nearest: poverty_pct"):
        vary(fit(f"{OUTCOME} ~ {POLICY}", counties).spec, counties, ["povertypct"])


def test_errors_without_clusters_are_compared_too(demo: Panel, counties: pd.DataFrame) -> None:
    alone = fit(f"{OUTCOME} ~ {POLICY}", counties, vcov="HC1")
    errors = compare_errors(alone, counties)
    assert list(errors["errors"]) == ["HC1", "HC2", "HC3"]
    shown = display.show_errors(errors, alone, data=demo).text
    assert "HC3, each county by itself" in shown
    assert "independent of the others" in shown
    assert "independent of the others" in display.describe_clusters(alone, data=demo)
