"""The demo's Return A: its known reporting, with all gaps, comes out of the build exactly."""

from __future__ import annotations

import zipfile

import pandas as pd
import pytest

from coopanalysis.catalog.sources import release_dir
from coopanalysis.panel import Panel
from tools.demo.county_lists import county_list, residents
from tools.demo.files_police import lost_city
from tools.demo.monthly_reports import (
    FEBRUARY_HOLDS_JANUARY,
    GREAT_CITY_MONTHS,
    OWN_MONTH,
    QUARTERLY,
    make_returns,
)
from tools.demo.planted_faults import crime_in_list, great_city
from tools.demo.police import PARTS, make_forces, ucr_states
from tools.demo.return_a import BASE_CELLS
from tools.demo.truth import YEARS
from tools.demo.world import make_world

STATUSES = {"reported", "reported-zero", "not-reported", "reported-elsewhere", "not-expected"}
PERSON = ("murder", "rape", "robbery", "aggravated_assault", "simple_assault")
PROPERTY = ("burglary", "larceny", "motor_vehicle_theft")


def known_parts(year: int) -> pd.DataFrame:
    """What is true of every force in every county it serves, one row each."""
    forces = make_returns(year)
    served = forces[[f"population_{part}" for part in PARTS]].sum(axis=1)
    months = dict(zip(forces["ori7"], forces["months"], strict=True))
    own_or_other = [
        max(month, months.get(other, 0))
        for month, other in zip(forces["months"], forces["covered_by_ori7"], strict=True)
    ]
    rows = []
    for part in PARTS:
        residents_here = forces[f"population_{part}"]
        here = (residents_here > 0) | ((served == 0) & (part == 1))
        share = (residents_here / served).where(served > 0, 1.0)
        rows.append(
            forces.assign(
                county_part=part,
                county_fips=forces[f"county_fips_{part}"].where(forces["ori7"] != lost_city(), ""),
                population_covered=residents_here,
                share=share,
                months_covered=own_or_other,
            )[here]
        )
    return pd.concat(rows).sort_values(["ori7", "county_part"], ignore_index=True)


@pytest.fixture(params=YEARS)
def both(request: pytest.FixtureRequest, demo: Panel) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of `agency_year` and what is true of them, in the same order."""
    table = demo.agency_year[demo.agency_year["year"] == request.param]
    table = table.sort_values(["ori7", "county_part"], ignore_index=True)
    return table, known_parts(request.param)


def test_every_force_and_part_is_there(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    table, known = both
    for name in ("ori7", "county_part", "state_fips", "population_covered", "agency"):
        assert table[name].tolist() == known[name].tolist()
    assert table["county_part_share"].tolist() == pytest.approx(known["share"].tolist(), abs=1e-15)


def test_counties_are_the_known_ones(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    table, known = both
    assert table["county_fips"].fillna("").tolist() == known["county_fips"].tolist()
    unknown = table[table["county_fips"].isna()].set_index("ori7")["county_match"].to_dict()
    assert unknown.pop(lost_city()) == "no-fact"
    assert set(unknown.values()) == {"statewide"}
    assert len(unknown) == 25


def test_months_and_statuses_are_the_known_ones(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    table, known = both
    assert table["reporting_status"].tolist() == known["status"].tolist()
    assert set(known["status"]) == STATUSES
    for column, truth in (
        ("months_reported", "months"),
        ("last_month_reported", "last_month"),
        ("months_unfounded_reported", "months"),
        ("months_cleared_reported", "months_cleared"),
        ("months_covered", "months_covered"),
    ):
        assert table[column].tolist() == known[truth].tolist(), column
    assert (known["last_month"] > known["months"]).sum() > 400


def test_offences_are_the_known_ones(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    table, known = both
    for offense in set(BASE_CELLS) - {"manslaughter"}:
        for card, months in (("actual", "months"), ("cleared", "months_cleared")):
            found = table[f"{offense}_{card}"]
            assert (found.isna() == (known[months] == 0)).all()
            wanted = (known[f"{offense}_{card}"] * known["share"]).where(known[months] > 0)
            assert (found - wanted).abs().max() < 1e-9
            # Parts of a force add up to its record, to the last bit.
            sums = found.groupby(table["ori7"]).sum()
            whole = known.drop_duplicates("ori7").set_index("ori7")[f"{offense}_{card}"]
            assert (sums == whole.where(sums != 0, 0)).all()


def test_county_reporting_is_the_known_one(
    both: tuple[pd.DataFrame, pd.DataFrame], demo: Panel
) -> None:
    year = int(both[0]["year"].iloc[0])
    known = both[1][both[1]["county_fips"] != ""]
    table = demo.county_reporting[demo.county_reporting["year"] == year].set_index("county_fips")
    by_county = known.groupby("county_fips")
    assert table.index.tolist() == sorted(by_county.groups)
    people = by_county["population_covered"].sum()
    assert (table["population_covered"] == people).all()
    sent = (known["population_covered"] * known["months_covered"] / 12).groupby(
        known["county_fips"]
    )
    assert (table["coverage_share"] - sent.sum() / people).abs().max() < 1e-12
    marks = {
        "complete": known["months"] == 12,
        "partial": known["months"].between(1, 11),
        "reported_zero": known["status"] == "reported-zero",
        "not_reported": known["status"] == "not-reported",
        "reported_elsewhere": known["status"] == "reported-elsewhere",
        "not_expected": known["status"] == "not-expected",
    }
    for name, mark in marks.items():
        count = mark.groupby(known["county_fips"]).sum()
        assert (table[f"agencies_{name}_count"] == count).all(), name
    columns = [f"{offense}_actual" for offense in PROPERTY]
    actual = known[columns].sum(axis=1).mul(known["share"]).where(known["months"] > 0)
    wanted = actual.groupby(known["county_fips"]).sum(min_count=1)
    assert (table["property_offenses_sent"].isna() == wanted.isna()).all()
    assert (table["property_offenses_sent"] - wanted).abs().max() < 1e-8
    whole = actual.where(known["months"] == 12).groupby(known["county_fips"]).sum(min_count=1)
    assert (table["property_offenses_complete_only"] - whole).abs().max() < 1e-8


@pytest.mark.parametrize("year", YEARS)
def test_offences_are_those_of_the_crime_file(year: int) -> None:
    """Summed by the first county of each force: rate times residents, rounded."""
    forces = make_returns(year)
    codes, rates = county_list(year)["county_fips"], crime_in_list(year)
    for at, offenses in enumerate((PERSON, PROPERTY)):
        total = forces[[f"{offense}_actual" for offense in offenses]].sum(axis=1)
        found = total.groupby(forces["county_fips_1"]).sum().reindex(codes).to_numpy()
        sends = (forces["months"] > 0) & forces["kind"].isin(["county", "city"])
        any_sends = codes.isin(set(forces.loc[sends, "county_fips_1"])).to_numpy()
        wanted = (rates[:, at] * residents(year) / 100_000).round()
        assert (found[any_sends] == wanted[any_sends]).all()
        assert (found[~any_sends] == 0).all()
        assert (any_sends == (rates[:, 2] > 0)).all()


@pytest.mark.parametrize("year", YEARS)
def test_residents_of_a_county_are_those_its_forces_serve(year: int) -> None:
    forces = make_forces(year)
    codes = county_list(year)["county_fips"]
    served = sum(
        forces.groupby(f"county_fips_{part}")[f"population_{part}"].sum().reindex(codes).fillna(0)
        for part in PARTS
    )
    assert (served == residents(year)).all()
    assert forces["ori7"].is_unique
    assert forces["ori7"].str.fullmatch("[A-Z]{2}[0-9]{5}").all()


@pytest.mark.parametrize("year", YEARS)
def test_the_wanted_oddities_are_there(year: int) -> None:
    forces = make_returns(year)
    assert (forces["included_in"] == QUARTERLY).sum() >= 10
    assert (forces["included_in"] == FEBRUARY_HOLDS_JANUARY).sum() >= 1
    assert (forces.loc[forces["included_in"] == OWN_MONTH, "months"] <= 12).all()
    assert (forces["robbery_actual"] < 0).sum() >= 10
    assert forces["actual_types"].str.contains("2").sum() >= 20
    assert (forces["county_fips_2"] != "").sum() >= 40
    assert (forces["county_fips_3"] != "").sum() >= 5
    main = make_world().counties["county_fips"].iloc[great_city()[0]]
    city = forces[(forces["kind"] == "city") & (forces["county_fips_1"] == main)]
    assert city["months"].tolist() == [GREAT_CITY_MONTHS[year]]
    assert (city[["county_fips_2", "county_fips_3"]] != "").all(axis=None)


def test_no_code_of_a_state_is_a_real_one() -> None:
    states = ucr_states()
    real = pd.read_csv(release_dir("demo").parent / "reference" / "ucr_states.csv", dtype="str")
    assert not set(states["ucr_state"]) & set(real["ucr_state"])
    assert not set(states["ori_prefix"]) & set(real["ori_prefix"])


def test_files_are_small_and_packed_with_lzma() -> None:
    for year in YEARS:
        file = release_dir("demo") / f"fbi-return-a-{year}" / f"RETA{year}.zip"
        assert file.stat().st_size < 400_000
        with zipfile.ZipFile(file) as archive:
            assert [one.compress_type for one in archive.infolist()] == [zipfile.ZIP_LZMA]
