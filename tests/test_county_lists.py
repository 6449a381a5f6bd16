"""Files are held to the county list of their year."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from coopanalysis.catalog.sources import Source
from coopanalysis.clean.vintages import county_codes, load_vintages
from coopanalysis.panel.county_lists import check_identity
from coopanalysis.panel.inputs import Inputs
from coopanalysis.sources.reading import Reading, empty_rejects

LIST = Source("list", "census-counties", "list/list.dbf", "t", "p", "m", "l", "2023")
RATES = Source("rates", "urban-crime", "rates/rates.csv", "t", "p", "m", "l", "2021-2022")


def reading(source: Source, frame: pd.DataFrame) -> Reading:
    frame = frame.assign(source_file="f", source_sheet="", source_row=range(2, len(frame) + 2))
    return Reading(source.id, frame, empty_rejects(), len(frame))


def inputs(*readings: tuple[Source, pd.DataFrame], base: list[str]) -> Inputs:
    names = Source("names", "county-names", "names.csv", "t", "p", "m", "l", "2021")
    made = Inputs()
    for source, frame in ((names, pd.DataFrame({"county_fips": base})), *readings):
        made.readings[source.id] = reading(source, frame)
        made.layouts.setdefault(source.layout, []).append(source.id)
        made.vintages[source.id] = source.vintage
    return made


def codes(year: int, *, territories: bool = False) -> list[str]:
    return sorted(county_codes(year, load_vintages(), territories=territories))


def test_a_file_of_its_year_is_recorded_with_what_it_lacks() -> None:
    listed = [code for code in codes(2023, territories=True) if code != "51610"]
    there = inputs((LIST, pd.DataFrame({"county_fips": listed})), base=codes(2021))
    (record,), failures = check_identity((LIST,), there)
    assert failures == []
    assert record == {
        "source": "list",
        "list_year": 2023,
        "counties": 3143,
        "territories": 91,
        "absent": 1,
        "absent_codes": ["51610"],
        "strange": 0,
    }


@pytest.mark.parametrize(("vintage", "wrong"), [("2019", "02063"), ("2021", "09110")])
def test_a_file_of_another_year_is_named_with_the_list_it_fits(vintage: str, wrong: str) -> None:
    frame = pd.DataFrame({"county_fips": codes(2023)})
    source = replace(LIST, vintage=vintage)
    _, (failure,) = check_identity((source,), inputs((source, frame), base=codes(2021)))
    assert str(failure).startswith("list/list.dbf: ")
    assert wrong in str(failure)
    assert "The codes fit the lists of 2022 to" in str(failure)


def test_every_year_of_a_file_is_held_to_its_own_list() -> None:
    rows = [(code, 2021) for code in codes(2021)] + [(code, 2022) for code in codes(2021)]
    frame = pd.DataFrame(rows, columns=["county_fips", "year"])
    records, (failure,) = check_identity((RATES,), inputs((RATES, frame), base=codes(2021)))
    assert [(record["list_year"], record["absent"]) for record in records] == [(2021, 0), (2022, 9)]
    assert "8 codes are not in the county list of 2022" in str(failure)


def test_fictional_counties_are_in_no_list() -> None:
    frame = pd.DataFrame({"county_fips": ["91001"]})
    assert check_identity((LIST,), inputs((LIST, frame), base=["91001"])) == ([], [])


VOTES = Source("votes", "votes-president", "votes/votes.csv", "t", "p", "m", "l", "2020")


def test_a_file_that_lacks_more_counties_than_declared_is_refused() -> None:
    listed = codes(2020)
    there = inputs((VOTES, pd.DataFrame({"county_fips": listed[:-40]})), base=codes(2021))
    _, failures = check_identity((VOTES,), there)
    assert failures == []
    there = inputs((VOTES, pd.DataFrame({"county_fips": listed[:-80]})), base=codes(2021))
    _, (failure,) = check_identity((VOTES,), there)
    assert "has no row for 80 of 3,143 counties of the list of 2020" in str(failure)
    for most in (0.03, 80 / 3143):
        assert check_identity((replace(VOTES, most_absent=most),), there)[1] == []


def test_strange_codes_are_borne_up_to_the_share_declared() -> None:
    listed = [*codes(2020), "99001", "99003"]
    there = inputs((VOTES, pd.DataFrame({"county_fips": listed})), base=codes(2021))
    (record,), (failure,) = check_identity((VOTES,), there)
    assert record["strange"] == 2
    assert "2 codes are not in the county list of 2020: 99001 is no county code" in str(failure)
    for most in (0.001, 2 / 3145):
        assert check_identity((replace(VOTES, most_strange=most),), there)[1] == []


def test_a_year_without_a_county_list_is_named_with_what_to_do() -> None:
    frame = pd.DataFrame({"county_fips": ["01001", "01003"], "year": [2031, 2031]})
    _, (failure,) = check_identity((RATES,), inputs((RATES, frame), base=codes(2021)))
    assert str(failure).startswith("rates/rates.csv: has 2 rows of a year without a county list:")
    assert "2031" in str(failure)
    assert "county_changes.csv" in str(failure)
