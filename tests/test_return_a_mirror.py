"""The real master files, against what is known of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.catalog.tables import AGENCY_YEAR, COUNTY_REPORTING
from coopanalysis.clean.coverage import IN_BASE_LIST, county_reporting, unplaced_reporting
from coopanalysis.clean.return_a import AgencyYears, clean_return_a
from coopanalysis.clean.ucr_counties import match_rates
from coopanalysis.paths import reference_dir
from coopanalysis.schema import check_table, conform
from coopanalysis.sources import READERS, read_fbi_states
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.return_a import layout, read_return_a
from coopanalysis.sources.return_a.archive import open_archive
from coopanalysis.sources.return_a.parse import decode_cells, parse_stream
from coopanalysis.vocabulary import OFFENSES

pytestmark = pytest.mark.mirror


def file_of(mirror: Path, year: int) -> Path:
    if year == 2013:
        pytest.importorskip("pyppmd", reason="the 2013 file is packed with PPMd")
    name = {2013: "reta2013.zipx", 1974: "RETA1974.txt.zip"}[year]
    return mirror / "fbi-return-a" / name


def ucr_states() -> pd.DataFrame:
    return read_fbi_states(reference_dir() / "ucr_states.csv").frame


@pytest.fixture(scope="module")
def counties(mirror: Path) -> pd.DataFrame:
    path = mirror / "urban-population-2014-2023" / "county-populations.csv"
    frame = READERS["urban-population"](path).frame
    return frame[frame["year"] == 2014]


@pytest.fixture(scope="module")
def directory(mirror: Path) -> pd.DataFrame:
    return READERS["police-employees"](mirror / "fbi-lee-latest" / "fbi_lee_latest.csv").frame


@pytest.fixture(scope="module")
def reading_2013(mirror: Path) -> Reading:
    return read_return_a(file_of(mirror, 2013), "fbi-return-a-2013")


@pytest.fixture(scope="module")
def reading_1974(mirror: Path) -> Reading:
    return read_return_a(file_of(mirror, 1974), "fbi-return-a-1974")


@pytest.fixture(scope="module")
def years_2013(
    reading_2013: Reading, counties: pd.DataFrame, directory: pd.DataFrame
) -> AgencyYears:
    return clean_return_a(reading_2013, counties, directory, ucr_states())


@pytest.fixture(scope="module")
def years_1974(
    reading_1974: Reading, counties: pd.DataFrame, directory: pd.DataFrame
) -> AgencyYears:
    # Residents of another time would confirm the wrong county.
    return clean_return_a(
        reading_1974, counties.drop(columns="population_count"), directory, ucr_states()
    )


def test_records_of_2013(reading_2013: Reading) -> None:
    frame = reading_2013.frame
    assert (reading_2013.rows_in, reading_2013.rows_kept) == (22_202, 22_202)
    assert frame["last_month_reported"].eq(0).sum() == 5_573
    assert frame["covered_by_ori7"].notna().sum() == 3_782
    assert frame["population_2"].gt(0).sum() == 664
    assert frame["population_3"].gt(0).sum() == 63
    assert frame["year"].eq(2013).all()


def test_murders_of_2013(reading_2013: Reading, years_2013: AgencyYears) -> None:
    assert reading_2013.frame["murder_actual"].sum() == 14_114
    assert years_2013.frame["murder_actual"].sum() == pytest.approx(14_114, abs=1e-6)


def test_parts_add_up_to_records(reading_2013: Reading, years_2013: AgencyYears) -> None:
    parts = years_2013.frame.groupby("ori7", sort=False)
    for offense in OFFENSES:
        name = f"{offense}_actual"
        records = reading_2013.frame.set_index("ori7")[name]
        sums = parts[name].sum().reindex(records.index)
        assert (sums - records).abs().max() < 1e-9
    assert years_2013.records == 22_202
    assert parts.ngroups == 22_202
    assert parts["county_part_share"].sum().sub(1).abs().max() < 1e-12


def test_months_field_overstates_and_never_understates(reading_2013: Reading) -> None:
    frame = reading_2013.frame
    assert (frame["last_month_reported"] > frame["months_reported"]).sum() == 1_001
    assert (frame["last_month_reported"] < frame["months_reported"]).sum() == 0


def test_negative_cells_of_2013(mirror: Path) -> None:
    with open_archive(file_of(mirror, 2013)) as stream:
        data = bytearray()
        block = bytearray(1 << 20)
        while count := stream.readinto(block):  # type: ignore[attr-defined]
            data += block[:count]
    import numpy as np  # noqa: PLC0415

    width = layout.RECORD_LENGTH + 2
    assert len(data) == 164_006_174 == 22_202 * width
    assert data[width - 2 : width] == b"\r\n"
    months = np.frombuffer(data, np.uint8).reshape(-1, width)[:, 305:7385].reshape(-1, 12, 590)
    negative = 0
    for start in range(0, len(months), 2_000):
        cells = months[start : start + 2_000, :, 157:297].reshape(-1, 5)
        odd = cells[(cells[:, 4] > 57)]
        values, readable = decode_cells(odd)
        assert readable.all()
        negative += int((values < 0).sum())
    assert negative == 579


def test_statuses_of_2013(years_2013: AgencyYears) -> None:
    agencies = years_2013.frame.drop_duplicates("ori7")
    assert agencies["reporting_status"].value_counts().to_dict() == {
        "reported": 15_351,
        "reported-zero": 1_274,
        "not-reported": 1_702,
        "reported-elsewhere": 3_768,
        "not-expected": 107,
    }
    silent = agencies["reporting_status"].isin(["reported", "reported-zero"])
    assert agencies.loc[~silent, "murder_actual"].isna().all()
    assert agencies.loc[silent, "murder_actual"].notna().all()


def test_illinois_sends_totals_only(years_2013: AgencyYears) -> None:
    rockford = years_2013.frame[years_2013.frame["ori7"] == "IL10102"].iloc[0]
    assert rockford["state_fips"] == "17"
    assert rockford["county_fips"] == "17201"
    small = years_2013.frame[
        (years_2013.frame["state_fips"] == "17") & (years_2013.frame["months_reported"] > 0)
    ]
    assert small["simple_assault_actual"].isna().mean() > 0.9
    assert small["burglary_cleared"].isna().mean() > 0.9


def test_county_numbers_of_2013(years_2013: AgencyYears) -> None:
    matches = years_2013.matches
    open_ones = matches[matches["county_fips"].isna()]
    assert len(matches) == 3_091
    assert open_ones["county_match"].value_counts().to_dict() == {"statewide": 19, "no-fact": 2}
    assert not matches["county_fips"].dropna().duplicated().any()
    by_number = matches.set_index(["state_fips", "ucr_county"])["county_fips"]
    for key, code in {
        ("12", "013"): "12086",  # Miami-Dade keeps the place of Dade
        ("17", "049"): "17099",  # LaSalle is filed before Lake
        ("17", "050"): "17097",
        ("24", "003"): "24005",  # Baltimore County, not the city
        ("29", "095"): "29189",  # St. Louis County, not the city
        ("35", "033"): "35006",  # Cibola was made later
        ("46", "057"): "46113",  # Shannon, not yet renamed
    }.items():
        assert by_number[key] == code


def test_cities_outside_counties_of_2013(years_2013: AgencyYears) -> None:
    rows = years_2013.frame.set_index("ori7")
    assert rows.loc["MOSPD00", "county_fips"] == "29510"
    assert rows.loc["VA12200", "county_fips"] == "51760"


def test_match_rates_of_2013(years_2013: AgencyYears) -> None:
    rates = match_rates(years_2013.frame).set_index("state_fips")["population_matched_share"]
    frame = years_2013.frame
    known = frame.loc[frame["county_fips"].notna(), "population_covered"].sum()
    assert known / frame["population_covered"].sum() > 0.997
    assert set(rates.index[rates < 0.99]) == {"02", "09"}


def test_tables_keep_their_declarations(years_2013: AgencyYears, years_1974: AgencyYears) -> None:
    for years in (years_2013, years_1974):
        check_table(conform(years.frame, AGENCY_YEAR), AGENCY_YEAR)
        counties = county_reporting(years.frame)
        counties[IN_BASE_LIST] = counties["county_fips"]  # the panel, which has the list, puts it
        check_table(conform(counties, COUNTY_REPORTING), COUNTY_REPORTING)


def test_county_reporting_leaves_nothing_out_uncounted(years_2013: AgencyYears) -> None:
    placed = county_reporting(years_2013.frame)
    apart = unplaced_reporting(years_2013.frame)
    for offense in ("violent", "property"):
        total = placed[f"{offense}_offenses_sent"].sum() + apart[f"{offense}_actual"].sum()
        assert total == pytest.approx(years_2013.frame[f"{offense}_actual"].sum())
    assert (placed["coverage_share_last_month"] >= placed["coverage_share"]).sum() > 3_000
    too_high = placed["coverage_share_last_month"] < placed["coverage_share"] - 1e-12
    assert not too_high.any()


def test_1974(reading_1974: Reading, years_1974: AgencyYears) -> None:
    frame = reading_1974.frame
    assert (reading_1974.rows_in, reading_1974.rows_kept) == (12_510, 12_510)
    assert frame["murder_actual"].sum() == 19_558
    assert frame["months_in_another"].sum() == 215
    assert frame["months_without_card_type"].sum() == 116
    assert years_1974.frame["murder_actual"].sum() == pytest.approx(19_558, abs=1e-6)
    assert years_1974.frame["murder_unfounded"].isna().all()
    assert (frame["last_month_reported"] >= frame["months_reported"]).all()


def test_months_with_offences_but_no_type_are_kept(mirror: Path) -> None:
    path = file_of(mirror, 1974)
    with open_archive(path) as stream:
        records = parse_stream(stream, path.name)
    assert records.silent.sum() == 116
    assert not records.unreadable.any()
