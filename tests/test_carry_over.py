"""A sum carried over is the same sum; what cannot be carried is refused or dropped by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopanalysis.clean.carry_over import carry_sums
from coopanalysis.clean.vintages import (
    FIRST_LIST_YEAR,
    LAST_LIST_YEAR,
    county_codes,
    explain_code,
    load_vintages,
)
from coopanalysis.errors import DataError
from coopanalysis.sources.reference import read_county_changes

VINTAGES = load_vintages()


def table(year: int, seed: int = 0, **columns: str) -> pd.DataFrame:
    codes = sorted(county_codes(year, VINTAGES, territories=True))
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "county_fips": codes,
            "amount": draw.integers(0, 100_000, len(codes)),
            "quantity": draw.normal(size=len(codes)) * 1e6,
        }
    )


CLEAN = [(2013, 2025), (2014, 2021), (2019, 2022), (2023, 2014), (2021, 2013), (2016, 2016)]


@pytest.mark.parametrize(("from_year", "to_year"), CLEAN)
def test_sums_are_conserved_between_any_two_lists_with_shares(from_year, to_year):
    before = table(from_year)
    after = carry_sums(before, ["amount", "quantity"], from_year, to_year, VINTAGES)
    assert after.dropped.empty
    assert after.frame["amount"].sum() == before["amount"].sum()
    assert after.frame["quantity"].sum() == pytest.approx(before["quantity"].sum(), rel=1e-12)
    assert set(after.frame["county_fips"]) == county_codes(to_year, VINTAGES, territories=True)
    assert after.frame["county_vintage"].eq(to_year).all()
    assert after.frame["amount"].dtype == "int64"


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), pair=st.sampled_from([(2019, 2022), (2022, 2019)]))
def test_every_state_keeps_its_sum(seed, pair):
    before = table(pair[0], seed)
    after = carry_sums(before, ["amount"], *pair, VINTAGES).frame
    sums = [
        frame.groupby(frame["county_fips"].str[:2])["amount"].sum() for frame in (before, after)
    ]
    assert sums[0].to_dict() == sums[1].to_dict()


def test_there_and_back_is_the_same_where_units_nest():
    before = table(2014)
    there = carry_sums(before, ["amount", "quantity"], 2014, 2021, VINTAGES).frame
    back = carry_sums(there, ["amount", "quantity"], 2021, 2014, VINTAGES).frame
    assert back["amount"].tolist() == before["amount"].tolist()
    assert np.allclose(back["quantity"], before["quantity"], rtol=1e-12)


def test_there_and_back_keeps_connecticut_only_as_a_whole():
    before = table(2021)
    there = carry_sums(before, ["amount"], 2021, 2022, VINTAGES).frame
    back = carry_sums(there, ["amount"], 2022, 2021, VINTAGES).frame
    ct = before["county_fips"].str[:2].eq("09").to_numpy()
    assert back.loc[ct, "amount"].sum() == before.loc[ct, "amount"].sum()
    assert back.loc[~ct, "amount"].tolist() == before.loc[~ct, "amount"].tolist()


def test_whole_numbers_stay_whole_by_largest_remainder():
    before = pd.DataFrame({"county_fips": ["02261"], "amount": [10]})
    after = carry_sums(before, ["amount"], 2019, 2020, VINTAGES).frame
    assert after["amount"].tolist() == [7, 3]
    assert after["is_carried"].all()


def test_unknown_shares_are_refused_by_name():
    with pytest.raises(DataError, match=r"3 counties.*02105 Hoonah-Angoon.*petersburg-2013.*02195"):
        carry_sums(table(2012), ["amount"], 2012, 2013, VINTAGES)


def test_or_dropped_by_name_and_counted():
    before = table(2012)
    after = carry_sums(before, ["amount"], 2012, 2013, VINTAGES, on_unknown="drop")
    assert after.dropped["county_fips"].tolist() == ["02105", "02195", "02198"]
    assert after.dropped["reason"].str.contains("petersburg-2013").all()
    both = after.frame["amount"].sum() + after.dropped["amount"].sum()
    assert both == before["amount"].sum()
    assert not after.frame["county_fips"].isin(["02105", "02195", "02198"]).any()


def test_a_sum_is_never_made_from_half_of_its_parts():
    alone = pd.DataFrame({"county_fips": ["51019", "01001"], "amount": [5, 7]})
    with pytest.raises(DataError, match="51019 Bedford County.*exchanges residents with 51515"):
        carry_sums(alone, ["amount"], 2012, 2014, VINTAGES)
    after = carry_sums(alone, ["amount"], 2012, 2014, VINTAGES, on_unknown="drop")
    assert after.frame["county_fips"].tolist() == ["01001"]
    assert after.dropped["county_fips"].tolist() == ["51019"]


def test_keys_are_carried_each_on_their_own():
    years = pd.concat([table(2021, seed).assign(year=seed) for seed in (1, 2)])
    after = carry_sums(years, ["amount"], 2021, 2022, VINTAGES, by=["year"]).frame
    sums = [frame.groupby("year")["amount"].sum().to_dict() for frame in (years, after)]
    assert sums[0] == sums[1]


def test_a_key_that_lacks_a_county_is_dropped_and_the_others_stay():
    years = pd.concat([table(2021, seed).assign(year=seed) for seed in (1, 2)])
    lacking = years.loc[~(years["year"].eq(2) & years["county_fips"].eq("09001"))]
    after = carry_sums(lacking, ["amount"], 2021, 2022, VINTAGES, by=["year"], on_unknown="drop")
    assert after.dropped["year"].eq(2).all()
    assert set(after.dropped["county_fips"].str[:2]) == {"09"}
    assert after.frame.loc[after.frame["year"].eq(1), "county_fips"].str[:2].eq("09").sum() == 9


def test_a_missing_value_stays_missing_and_never_becomes_zero():
    before = table(2019).astype({"amount": "Int64"})
    before.loc[before["county_fips"].eq("02261"), ["amount", "quantity"]] = pd.NA
    after = carry_sums(before, ["amount", "quantity"], 2019, 2020, VINTAGES).frame
    new = after["county_fips"].isin(["02063", "02066"])
    assert after.loc[new, ["amount", "quantity"]].isna().all().all()
    assert after.loc[~new, "amount"].sum() == before["amount"].sum()


def test_codes_of_another_list_and_repeated_counties_are_refused():
    with pytest.raises(DataError, match="46113 Shannon"):
        carry_sums(table(2014), ["amount"], 2019, 2021, VINTAGES)
    twice = pd.concat([table(2019), table(2019).head(2)])
    with pytest.raises(DataError, match="2 rows repeat a county"):
        carry_sums(twice, ["amount"], 2019, 2021, VINTAGES)


CHANGES = read_county_changes()
LISTED = CHANGES[CHANGES["list_year"] > FIRST_LIST_YEAR]


@pytest.mark.parametrize("year", sorted(LISTED["list_year"].unique()))
@pytest.mark.parametrize("forward", [True, False], ids=["forward", "back"])
def test_over_every_change_nothing_is_lost_or_made(year, forward):
    here, there = (year - 1, year) if forward else (year, year - 1)
    codes = sorted(county_codes(here, VINTAGES))
    amounts = pd.DataFrame({"county_fips": codes, "count": range(7, 7 + len(codes))})
    carried = carry_sums(amounts, ["count"], here, there, VINTAGES, on_unknown="drop")
    assert carried.frame["count"].sum() + carried.dropped["count"].sum() == amounts["count"].sum()
    assert set(carried.frame["county_fips"]) <= county_codes(there, VINTAGES)
    share, code = ("forward_share", "old_fips") if forward else ("backward_share", "new_fips")
    of_year = LISTED[LISTED["list_year"] == year]
    unknown = set(of_year.loc[of_year[share].isna(), code]) & set(codes)
    assert unknown <= set(carried.dropped["county_fips"])
    assert set(carried.dropped["county_fips"]) <= {*of_year["old_fips"], *of_year["new_fips"]}
    if len(carried.dropped):
        with pytest.raises(DataError, match=carried.dropped["county_fips"].iloc[0]):
            carry_sums(amounts, ["count"], here, there, VINTAGES)


@pytest.mark.parametrize("row", CHANGES.index.tolist())
def test_every_change_is_explained_and_no_code_comes_back(row):
    change = CHANGES.loc[row]
    years = range(FIRST_LIST_YEAR, LAST_LIST_YEAR + 1)
    for code in (change["old_fips"], change["new_fips"]):
        assert explain_code(code, VINTAGES)
        listed = [year for year in years if code in county_codes(year, VINTAGES)]
        assert listed == [] or listed == list(range(listed[0], listed[-1] + 1))
