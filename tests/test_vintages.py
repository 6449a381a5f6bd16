"""County lists by year from one list and the changes, and what became of each code."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.clean.vintages import (
    FIRST_LIST_YEAR,
    LAST_LIST_YEAR,
    check_codes,
    county_codes,
    explain_code,
    is_territory,
    load_vintages,
    matching_years,
)
from coopanalysis.errors import DataError, UsageError
from coopanalysis.sources.reference import read_county_changes


@pytest.fixture(scope="module")
def vintages():
    return load_vintages()


@pytest.mark.parametrize(
    ("year", "count"),
    [
        (2000, 3141),
        (2002, 3141),
        (2010, 3143),
        (2012, 3143),
        (2014, 3142),
        (2019, 3142),
        (2021, 3143),
        (2023, 3144),
    ],
)
def test_lists_have_the_number_of_counties_they_are_known_for(vintages, year, count):
    assert len(county_codes(year, vintages)) == count
    assert len(county_codes(year, vintages, territories=True)) == count + 91


def test_a_year_without_a_list_is_refused(vintages):
    for year in (1999, 2030):
        with pytest.raises(UsageError, match="2000 to 2025"):
            county_codes(year, vintages)


def test_independent_cities_of_virginia_by_year(vintages):
    def cities(year: int) -> int:
        return sum(c[:2] == "51" and c[2:] >= "510" for c in county_codes(year, vintages))

    assert (cities(2001), cities(2005), cities(2012), cities(2013)) == (40, 39, 39, 38)


def test_kalawao_is_in_every_list(vintages):
    assert all("15005" in county_codes(year, vintages) for year in range(2000, 2026))


def test_territories_are_told_apart():
    assert is_territory("72001")
    assert is_territory("66010")
    assert not is_territory("56001")


def test_connecticut_changes_in_2022(vintages):
    def connecticut(year: int) -> set[str]:
        return {code for code in county_codes(year, vintages) if code[:2] == "09"}

    assert connecticut(2021) == {f"090{n:02d}" for n in range(1, 16, 2)}
    assert connecticut(2022) == {f"091{n}0" for n in range(1, 10)}


def test_codes_of_another_list_are_explained(vintages):
    codes = pd.Series(["01001", "46113", "99999"])
    with pytest.raises(DataError, match=r"46113 Shannon County.*to 46102.*99999 is no county"):
        check_codes(codes, 2021, vintages, "a table")
    older = pd.Series(sorted(county_codes(2014, vintages)))
    with pytest.raises(DataError, match="fit the lists of 2009 to 2014"):
        check_codes(older, 2021, vintages, "a table")


def test_matching_years(vintages):
    assert matching_years(["02063"], vintages)[0] == 2020
    assert matching_years(["09001", "09110"], vintages) == ()
    assert matching_years(["51515", "02275"], vintages) == (2009, 2010, 2011, 2012)


def test_a_change_holds_from_the_first_list_that_has_it(vintages):
    renamed = vintages.changes.loc[vintages.changes["old_fips"] == "46113"].iloc[0]
    year = int(renamed["list_year"])
    assert {"46102", "46113"} & county_codes(year, vintages) == {"46102"}
    assert {"46102", "46113"} & county_codes(year - 1, vintages) == {"46113"}


def test_a_code_is_explained_both_ways(vintages):
    assert explain_code("02195", vintages).startswith("02195 Petersburg")
    text = explain_code("02261", vintages)
    assert "to 02063 and 02066 in lists since 2020" in text


def test_every_change_is_explained_and_no_code_comes_back(vintages):
    years = range(FIRST_LIST_YEAR, LAST_LIST_YEAR + 1)
    lists = {year: county_codes(year, vintages) for year in years}
    changes = read_county_changes()
    assert len(changes) > 40
    for code in {*changes["old_fips"], *changes["new_fips"]}:
        assert explain_code(code, vintages)
        listed = [year for year, codes in lists.items() if code in codes]
        assert listed == [year for year in years if listed and listed[0] <= year <= listed[-1]], (
            code
        )


@pytest.mark.parametrize(
    ("near", "share"), [("old_fips", "forward_share"), ("new_fips", "backward_share")]
)
def test_the_shares_of_a_unit_are_all_known_and_sum_to_one_or_none_is(vintages, near, share):
    for _, parts in vintages.changes.groupby(["list_year", near])[share]:
        assert parts.isna().all() or parts.sum(skipna=False) == pytest.approx(1, abs=1e-9)


def test_shares_are_those_of_the_residents_they_rest_on(vintages):
    rows = vintages.changes.dropna(subset=["residents_count"])
    people = rows["residents_count"].astype("float64")
    forward = people / people.groupby([rows["change_id"], rows["old_fips"]]).transform("sum")
    backward = people / people.groupby([rows["change_id"], rows["new_fips"]]).transform("sum")
    assert (forward - rows["forward_share"]).abs().max() < 1e-12
    assert (backward - rows["backward_share"]).abs().max() < 1e-12


# Against the real lists.


def population(mirror) -> pd.DataFrame:
    file = next((mirror / "urban-population-2014-2023").glob("*.csv"))
    lines = file.read_bytes().decode("latin-1").splitlines()[1:]
    cells = [line.split(",") for line in lines]
    return pd.DataFrame(
        {
            "year": [int(cell[0]) for cell in cells],
            "county_fips": [cell[1] + cell[2] for cell in cells],
            "population_count": [int(cell[-1]) for cell in cells],
        }
    )


def dbf_column(path, name: str) -> list[str]:
    content = path.read_bytes()
    count, header, width = (
        int.from_bytes(content[4:8], "little"),
        int.from_bytes(content[8:10], "little"),
        int.from_bytes(content[10:12], "little"),
    )
    offset = 1
    for start in range(32, header - 1, 32):
        field = content[start : start + 32]
        if field[:11].rstrip(b"\0").decode() == name:
            break
        offset += field[16]
    rows = (content[header + n * width :][:width] for n in range(count))
    return [row[offset : offset + field[16]].decode().strip() for row in rows]


@pytest.mark.mirror
def test_lists_are_those_of_the_population_file(mirror, vintages):
    table = population(mirror)
    for year, codes in table.groupby("year")["county_fips"]:
        assert set(codes) == county_codes(int(year), vintages), year


@pytest.mark.mirror
@pytest.mark.parametrize("year", [2019, 2023])
def test_lists_are_those_of_the_census_with_territories(mirror, vintages, year):
    file = next((mirror / f"census-counties-{year}").glob("*.dbf"))
    assert set(dbf_column(file, "GEOID")) == county_codes(year, vintages, territories=True)


@pytest.mark.mirror
def test_connecticut_parts_sum_to_the_counties_of_2020_and_are_the_pairs_of_the_crosswalk(
    mirror, vintages
):
    parts = vintages.changes.loc[vintages.changes["change_id"].eq("connecticut-2022")]
    table = population(mirror)
    known = table.loc[table["year"].eq(2020)].set_index("county_fips")["population_count"]
    sums = parts.groupby("old_fips")["residents_count"].sum()
    assert sums.to_dict() == known[sums.index].to_dict()
    file = next((mirror / "ct-tract-crosswalk-2022").glob("*.csv"))
    tracts = pd.read_csv(file, dtype="str", encoding="utf-8-sig")
    pairs = set(zip(tracts["county_fips_2020"], tracts["ce_fips_2022"], strict=True))
    assert pairs == set(zip(parts["old_fips"], parts["new_fips"], strict=True))
