from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis.display import sentences
from coopanalysis.display.source_lines import describe_sources, describe_vintages
from coopanalysis.errors import UsageError


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
    text = describe_sources(build)
    assert text == "Bureau: One, Two. Data as of 15 July 2025. Simulated data, demo release."
    assert "Two" not in describe_sources(build, ["a"])
    with pytest.raises(UsageError, match="no input of layout"):
        describe_sources(build, ["c"])


def test_many_vintages_become_a_span() -> None:
    text = describe_vintages(["2013-2017", "2026-05-18", "ACS ending 2014", "2020"])
    assert text == "2013 to 18 May 2026"
    assert describe_vintages(["FY2009-FY2018", "2024", "2025", "2026"]) == "2009 to 2026"


def test_both_ends_of_a_span_of_days_are_named() -> None:
    assert describe_vintages(["2022-10-01 to 2026-03-10"]) == "1 October 2022 to 10 March 2026"
    assert describe_vintages(["2020", "2026-05-18"]) == "2020 and 18 May 2026"


def test_a_source_line_names_the_vintage_that_is_meant() -> None:
    entries = [
        {"layout": "votes", "vintage": year, "publisher": "Press", "title": f"Votes {year}"}
        for year in ("2020", "2024")
    ]
    build = {"release": "public", "inputs": entries}
    assert describe_sources(build, ["votes 2020"]) == "Press: Votes 2020. Data as of 2020."
    assert describe_sources(build, ["votes"]).startswith("Press: Votes 2020, Votes 2024.")
    with pytest.raises(UsageError, match="no input of layout"):
        describe_sources(build, ["votes 2016"])


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
    assert describe_sources(build, ["list"]) == (
        "ICE: Agencies, lists of 15 July 2025 and 18 May 2026. "
        "Data as of 15 July 2025 and 18 May 2026."
    )
