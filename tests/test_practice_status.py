"""What is seen of each practice and what the law says of it, held against other tables."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from coopanalysis.panel import Panel, StateLaws, load_laws
from coopanalysis.panel.practice_status import practice_status
from coopanalysis.vocabulary import PRACTICE_NAMES


@pytest.fixture(scope="module")
def laws(demo: Panel) -> StateLaws:
    """Laws of fictional states: they require, restrict, or both, and one is not certain."""
    states = sorted(demo.county["state_fips"].unique())[:4]
    row = load_laws().laws.iloc[0].to_dict() | {"confidence": "high", "ended_date": pd.NaT}
    rows = [
        row | {"state_fips": states[0], "kind": "requires", "practices": "agreement_287g"},
        row | {"state_fips": states[1], "kind": "restricts",
               "practices": "agreement_287g;notifies_ice"},
        row | {"state_fips": states[2], "kind": "requires", "practices": "notifies_ice"},
        row | {"state_fips": states[2], "kind": "restricts", "practices": "notifies_ice"},
        row | {"state_fips": states[3], "kind": "both", "practices": "asks_status"},
        row | {"state_fips": states[3], "kind": "requires", "practices": "notifies_ice",
               "confidence": "verify"},
    ]  # fmt: skip
    made = pd.DataFrame(rows).assign(effective_date=pd.Timestamp("2020-01-01"))
    return replace(load_laws(), laws=made)


def test_agreements_are_those_of_the_list_of_the_day(demo: Panel, laws: StateLaws) -> None:
    lists = demo.agreements[demo.agreements["list_kind"] == "participating"]
    for day, column in zip(
        sorted(lists["list_date"].unique())[:: lists["list_date"].nunique() - 1],
        ("agreement_first_list", "agreement_latest_list"),
        strict=True,
    ):
        table = practice_status(demo, laws, day)
        own = table[table["practice"] == "agreement_287g"].set_index("county_fips")["seen"]
        expected = demo.county.set_index("county_fips")[column].astype("float64")
        pd.testing.assert_series_equal(own, expected, check_names=False)


def test_the_law_is_that_of_state_practice_and_day(demo: Panel, laws: StateLaws) -> None:
    first, second, third, fourth = sorted(demo.county["state_fips"].unique())[:4]
    table = practice_status(demo, laws, "2026-06-01")
    said = table.groupby(["state_fips", "practice"])["law"].unique().map(list)
    assert said[first, "agreement_287g"] == ["required"]
    assert said[second, "agreement_287g"] == ["restricted"]
    assert said[second, "notifies_ice"] == ["restricted"]
    assert said[third, "notifies_ice"] == ["both"]
    assert said[fourth, "asks_status"] == ["both"]
    assert said[first, "notifies_ice"] == said[fourth, "notifies_ice"] == ["none"]
    with_uncertain = practice_status(demo, laws, "2026-06-01", include_verify=True)
    of_fourth = with_uncertain[with_uncertain["state_fips"] == fourth].set_index("practice")["law"]
    assert set(of_fourth["notifies_ice"]) == {"required"}
    assert set(practice_status(demo, laws, "2019-12-31")["law"]) == {"none"}


def test_where_they_differ_is_seen_though_restricted_or_not_seen_though_required(
    demo: Panel, laws: StateLaws
) -> None:
    table = practice_status(demo, laws, "2026-06-01")
    differing = table[table["differs"]]
    kinds = set(zip(differing["law"], differing["seen"], strict=True))
    assert kinds <= {("restricted", 1.0), ("required", 0.0)}
    of_law = table[table["law"].isin(["required", "restricted"])]
    expected = of_law["law"].map({"required": 0.0, "restricted": 1.0}) == of_law["seen"]
    assert table["differs"].sum() == expected.sum() > 0


def test_every_county_has_every_practice_once_and_nothing_is_known_before_the_lists(
    demo: Panel, laws: StateLaws
) -> None:
    table = practice_status(demo, laws, "1999-01-01")
    assert not table.duplicated(["county_fips", "practice"]).any()
    assert len(table) == len(demo.county) * len(PRACTICE_NAMES)
    own = table[table["practice"] == "agreement_287g"]
    assert own["seen"].isna().all()
    assert set(own["known_by"]) == {"unknown"}
