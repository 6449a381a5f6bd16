from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis.display import sentences
from coopanalysis.errors import ModelError, UsageError


def row(estimate: float, low: float, high: float, **extra: object) -> dict[str, object]:
    return {"estimate": estimate, "conf_low": low, "conf_high": high, "n_obs": 2310, **extra}


def say(values: dict[str, object], **options: object) -> str:
    words = {"subject": "Counties with it", "comparison": "counties without it"} | options
    return sentences.describe_estimate(values, "offences per 100,000", **words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2556, "2,556"),
        (-12.34, "−12.3"),
        (0.0213, "0.021"),
        (0.5, "0.50"),
        (0, "0"),
        (np.nan, "not available"),
        (pd.NA, "not available"),
        (None, "not available"),
        (float("inf"), "not available"),
        (-0.0001, "0.000"),
        (0.0001, "<0.001"),
    ],
)
def test_numbers(value: object, text: str) -> None:
    assert sentences.format_number(value) == text


def test_never_more_than_three_decimals() -> None:
    assert sentences.format_number(0.123456, 9) == "0.123"


def test_what_is_not_none_is_not_written_as_zero() -> None:
    assert sentences.format_number(0.36, 0) == "<1"
    assert sentences.format_number(0.04, 1) == "<0.1"
    assert sentences.format_number(0.0, 1) == "0.0"
    assert sentences.format_share(1 / 3143) == "<0.1%"
    assert sentences.format_share(0) == "0.0%"
    assert sentences.describe_share(1, 3143) == "1 of 3,143 counties (<0.1%)"


def test_other_formats() -> None:
    assert sentences.format_share(0.2484) == "24.8%"
    assert sentences.format_usd(-51234.4) == "−\N{WORD JOINER}$51,234"
    assert sentences.format_date("2025-07-15") == "15 July 2025"
    assert sentences.format_date(pd.NaT) == "not available"
    assert sentences.format_measure(0.012, "points") == "1.2 percentage points"
    assert sentences.format_p_value(0.00001) == "<0.001"
    assert sentences.format_interval(-20.12, -4.5) == "−20.1 to −4.5"
    assert sentences.format_interval(np.nan, 1) == "not available"
    assert sentences.pluralise(1, "county", "counties") == "1 county"
    assert sentences.join_words(["a", "b", "c"]) == "a, b and c"


def test_share_with_its_count() -> None:
    text = sentences.describe_share(635, 2556)
    assert text == "635 of 2,556 counties (24.8%)"
    assert "not available" in sentences.describe_share(0, 0)
    with pytest.raises(UsageError, match="is not a share"):
        sentences.describe_share(3, 2)


def test_a_positive_estimate() -> None:
    text = say(row(12.3, 4.5, 20.1, n_clusters=51))
    assert "12.3 more offences per 100,000 than counties without it" in text
    assert "95% interval 4.5 to 20.1 more" in text
    assert "n = 2,310 counties in 51 clusters" in text
    assert "association, not an effect" in text


def test_a_negative_estimate_turns_the_word_and_the_interval() -> None:
    text = say(row(-12.3, -20.1, -4.5))
    assert "12.3 fewer" in text
    assert "4.5 to 20.1 fewer" in text
    assert "more" not in text
    assert "clusters" not in text


def test_an_interval_across_zero_is_said_to_be_no_difference() -> None:
    text = say(row(-3.0, -8.0, 2.0))
    assert "cannot be told apart" in text
    assert "by the estimate the former have 3.00 fewer offences per 100,000" in text
    assert "from 8.00 fewer to 2.00 more" in text


def test_no_difference_is_a_whole_sentence_of_any_verb_and_comparison() -> None:
    text = sentences.describe_estimate(
        row(0.045, -0.056, 0.145),
        "likely to report",
        subject="Counties with it",
        comparison="counties without it, in the same state",
        measure="points",
        words=("more", "less"),
        verb="were",
    )
    assert text.startswith(
        "Counties with it and counties without it, in the same state, cannot be told apart: by the "
        "estimate the former were 4.5 percentage points more likely to report, and the 95% interval"
    )
    assert "without it cannot be told apart" in say(row(1.0, -1.0, 2.0))


def test_a_negative_scale_turns_the_interval_round() -> None:
    text = say(row(1.0, 0.5, 2.0), scale=-10.0)
    assert "10.0 fewer" in text
    assert "5.0 to 20.0 fewer" in text


def test_a_missing_estimate_is_said_in_words() -> None:
    text = say(row(np.nan, np.nan, np.nan))
    assert "not available" in text
    assert "nan" not in text.lower().replace("not an", "")


def test_an_estimate_outside_its_interval_is_refused() -> None:
    with pytest.raises(ModelError, match="outside its interval"):
        say(row(-1.0, 0.5, 2.0))


def test_a_ratio_is_said_as_a_percentage() -> None:
    text = sentences.describe_ratio(
        row(1.25, 1.1, 1.4), "odds", subject="Counties with it", comparison="counties without it"
    )
    assert "25.0% higher odds" in text
    assert "10.0% to 40.0% higher" in text


def test_signs_are_counted() -> None:
    table = pd.DataFrame([row(1, 0.5, 2), row(-1, -2, -0.5), row(0.2, -1, 2), row(3, 1, 4)])
    text = sentences.describe_count_signs(table)
    assert text == "Of 4 estimates, 2 lie above 0, 1 below, and 1 cannot be told from it"
    assert "1 lies above 0, 1 below" in sentences.describe_count_signs(table[:2])
    assert "0 lie above 0, 1 below" in sentences.describe_count_signs(table[1:2])


def test_alt_texts() -> None:
    alt = sentences.describe_chart(
        "Bar chart",
        x="share of counties",
        y="practices",
        extent="from 1% to 9%",
        reading="It rises",
    )
    assert alt.startswith("Bar chart.")
    assert alt.endswith("It rises.")
    with pytest.raises(UsageError, match="80 to 600"):
        sentences.check_alt("a map")
    with pytest.raises(UsageError, match="names no file"):
        sentences.check_alt("chart.png " + "x" * 90)


def test_sources_name_publishers_once_and_say_simulated() -> None:
    entry = {"layout": "a", "publisher": "Bureau", "title": "One", "vintage": "2025-07-15"}
    build = {"release": "demo", "inputs": [entry, entry | {"title": "Two", "layout": "b"}]}
    text = sentences.describe_sources(build)
    assert text == "Bureau: One, Two. Data as of 15 July 2025. Simulated data, demo release."
    assert "Two" not in sentences.describe_sources(build, ["a"])
    with pytest.raises(UsageError, match="no input of layout"):
        sentences.describe_sources(build, ["c"])


def test_many_vintages_become_a_span() -> None:
    text = sentences.describe_vintages(["2013-2017", "2026-05-18", "ACS ending 2014", "2020"])
    assert text == "2013 to 2026"


def test_a_source_line_names_the_vintage_that_is_meant() -> None:
    entries = [
        {"layout": "votes", "vintage": year, "publisher": "Press", "title": f"Votes {year}"}
        for year in ("2020", "2024")
    ]
    build = {"release": "public", "inputs": entries}
    assert (
        sentences.describe_sources(build, ["votes 2020"]) == "Press: Votes 2020. Data as of 2020."
    )
    assert sentences.describe_sources(build, ["votes"]).startswith("Press: Votes 2020, Votes 2024.")
    with pytest.raises(UsageError, match="no input of layout"):
        sentences.describe_sources(build, ["votes 2016"])


def test_lists_of_one_kind_are_named_once_and_checked_files_never() -> None:
    def entry(vintage: str, title: str, *, checked: bool = False) -> dict[str, object]:
        names = {"publisher": "ICE", "title": title, "vintage": vintage, "layout": "list"}
        return {**names, "checked_only": checked}

    build = {
        "release": "public",
        "inputs": [
            entry("2025-07-15", "Agencies, list of 15 July 2025"),
            entry("2026-05-18", "Agencies, list of 18 May 2026 (still current)"),
            entry("2026-05-19", "Agencies, list of 19 May 2026", checked=True),
        ],
    }
    assert sentences.describe_sources(build, ["list"]) == (
        "ICE: Agencies, lists of 15 July 2025 and 18 May 2026. "
        "Data as of 15 July 2025 and 18 May 2026."
    )
