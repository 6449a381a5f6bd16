"""Counts in the description of the sources that span files, or that no other test repeats."""

from __future__ import annotations

import gzip
import json
import struct
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coopanalysis.catalog.corrections import load_corrections
from coopanalysis.catalog.sources import release_sources
from coopanalysis.clean.agreements import agency_key, clean_agreements
from coopanalysis.clean.county_names import match_counties, match_states
from coopanalysis.clean.vintages import county_codes, load_vintages
from coopanalysis.paths import reference_dir
from coopanalysis.sources import READERS, Reading, read_state_list
from coopanalysis.sources.workbook import read_sheets

pytestmark = pytest.mark.mirror

JULY, MAY = "ice-287g-participating-2025-07-15", "ice-287g-participating-2026-05-18"
PENDING_JULY, PENDING_2026 = "ice-287g-pending-2025-07-14", "ice-287g-pending-2026-02-27"
CRIME, PEOPLE = "urban-crime-2021-2023", "urban-population-2014-2023"
INCOME, RACE = "urban-income-2014-2023", "urban-race-ethnicity-2014-2023"
POOR, ACTIVATION = "urban-poverty-exposure-2014-2023", "sc-activation-2008-2013"
OUTLINES, OUTLINES_2023 = "boundaries-us-atlas-10m", "boundaries-albers-2023"
SCANNER = "safelinks.protection.outlook.com"


@cache
def read(folder: Path, source: str) -> Reading:
    layout = {entry.id: entry.layout for entry in release_sources("public")}[source]
    return READERS[layout](next((folder / source).iterdir()), source)


@cache
def agreements(folder: Path, source: str) -> pd.DataFrame:
    counties = read(folder, "urban-county-names").frame
    states = read_state_list(reference_dir() / "states.csv").frame
    return clean_agreements(read(folder, source), counties, states, load_corrections()).frame


def codes(folder: Path, source: str, year: int | None = None) -> set[str]:
    """Codes that stand in a file, also in rows that are set aside."""
    reading = read(folder, source)
    frame = reading.frame if year is None else reading.frame[reading.frame["year"] == year]
    name = "id" if "id" in frame else "county_fips"
    aside = [] if year else [json.loads(raw)[name] for raw in reading.rejects["raw"]]
    return {*frame[name], *aside}


@pytest.mark.parametrize(
    ("left", "right", "only_left", "only_right"),
    [
        ((CRIME, 2021), (PEOPLE, 2021), 0, 0),
        ((CRIME, 2022), (PEOPLE, 2022), 0, 0),
        ((CRIME, 2023), (PEOPLE, 2023), 0, 0),
        ((CRIME, 2023), (CRIME, 2021), 9, 8),
        ((INCOME, 2018), (PEOPLE, 2018), 2, 1),
        ((INCOME, 2014), (PEOPLE, 2014), 4, 3),
        ((RACE, 2023), (CRIME, 2023), 0, 0),
        ((POOR, 2023), (CRIME, 2023), 0, 0),
        (("votes-president-2020", None), (PEOPLE, 2021), 40, 31),
        (("votes-president-2024", None), (PEOPLE, 2023), 44, 28),
        (("acs-2013-2017", None), (PEOPLE, 2021), 79, 2),
        (("acs-2013-2017", None), (CRIME, 2023), 87, 11),
        ((ACTIVATION, None), (PEOPLE, 2021), 101, 2),
        ((ACTIVATION, None), (PEOPLE, 2014), 102, 2),
        ((OUTLINES, None), (CRIME, 2023), 98, 11),
        ((OUTLINES, None), (PEOPLE, 2021), 90, 2),
        ((OUTLINES_2023, None), (PEOPLE, 2023), 0, 31),
    ],
)
def test_codes_of_two_files(
    mirror: Path,
    left: tuple[str, int | None],
    right: tuple[str, int | None],
    only_left: int,
    only_right: int,
) -> None:
    one, other = codes(mirror, *left), codes(mirror, *right)
    assert (len(one - other), len(other - one)) == (only_left, only_right)


LABELS = [
    *("County", "Municipality"),
    *("Task Force Model", "Jail Enforcement Model", "Warrant Service Officer"),
]
RAW_LISTS = {
    JULY: {
        "states as written": 40,
        "states": 40,
        "County and a space": 0,
        "Municipality and a space": 0,
        "Task Force Model and a space": 3,
        "Jail Enforcement Model and a space": 0,
        "Warrant Service Officer and a space": 0,
        "agencies as written": 617,
        "agencies to trim": 20,
        "curly apostrophes": 31,
        "counties #N/A": 228,
        "counties #NA": 0,
        "counties N/A": 1,
        "scanned addresses": 168,
    },
    MAY: {
        "states as written": 42,
        "states": 40,
        "County and a space": 192,
        "Municipality and a space": 99,
        "Task Force Model and a space": 0,
        "Jail Enforcement Model and a space": 24,
        "Warrant Service Officer and a space": 1,
        "agencies as written": 1432,
        "agencies to trim": 327,
        "curly apostrophes": 32,
        "counties #N/A": 213,
        "counties #NA": 21,
        "counties N/A": 1,
        "scanned addresses": 204,
    },
}


@pytest.mark.parametrize("source", RAW_LISTS)
def test_lists_as_written(mirror: Path, source: str) -> None:
    frame = read(mirror, source).frame
    agency, county = frame["agency_text"], frame["county_text"]
    labels = pd.concat([frame["type_text"], frame["support_text"]])
    (sheet,) = read_sheets(next((mirror / source).iterdir()))
    moa = sheet.rows[0][1].index("MOA")
    found = {
        "states as written": frame["state_text"].nunique(),
        "states": frame["state_text"].str.strip().nunique(),
        **{f"{label} and a space": (labels == f"{label} ").sum() for label in LABELS},
        "agencies as written": agency.nunique(),
        "agencies to trim": (agency != agency.str.strip()).sum(),
        "curly apostrophes": agency.str.contains("\u2019").sum(),
        **{f"counties {text}": (county == text).sum() for text in ("#N/A", "#NA", "N/A")},
        "scanned addresses": sum(
            SCANNER in target for (_, column), target in sheet.links.items() if column == moa
        ),
    }
    assert found == RAW_LISTS[source]


def test_applications_that_became_agreements(mirror: Path) -> None:
    def keys(source: str) -> pd.Series:
        rows = agreements(mirror, source)
        return rows["state_fips"] + agency_key(rows["agency"]) + rows["support_type"]

    pending = keys(PENDING_JULY)
    assert (pending.isin(keys(JULY)).sum(), pending.isin(keys(MAY)).sum()) == (1, 22)
    last = agreements(mirror, PENDING_2026)
    assert last["state_fips"].tolist() == ["05", "05"]
    assert len(set(last["county_fips"])) == 1


def test_counties_with_agreements_are_in_every_list(mirror: Path) -> None:
    vintages = load_vintages()
    for source, counties in ((JULY, 404), (MAY, 779)):
        rows = agreements(mirror, source)
        found = set(rows.loc[rows["agency_type"] == "county", "county_fips"].dropna())
        assert len(found) == counties
        assert all(found <= county_codes(year, vintages) for year in (2014, 2021, 2023))


def test_activation_in_present_counties(mirror: Path) -> None:
    rows = read(mirror, ACTIVATION).frame
    present = rows[rows["county_fips"].isin(county_codes(2021, load_vintages()))]
    years = present["activation_date"].dt.year
    assert years.value_counts().sort_index().tolist() == [14, 88, 779, 1098, 1016, 106]
    assert years.isna().sum() == 40
    silent = rows.loc[rows["activation_date"].isna(), "county_fips"]
    by_state = silent.str[:2].value_counts().to_dict()
    assert by_state == {"72": 79, "02": 44, "51": 8, "15": 5, "46": 2, "30": 1, "54": 1}
    in_lists = silent[silent.isin(present["county_fips"]) & ~silent.str[:2].isin(["02", "15"])]
    assert set(in_lists) == {"46102", "51595", "51600", "51683", "51685", "51735", "54017"}


def test_coverage_of_reported_crime_is_uneven(mirror: Path) -> None:
    crime = read(mirror, CRIME).frame
    newest = crime[crime["year"] == 2023].set_index("county_fips")
    good = newest["reporting_quality"].le(2).fillna(False).astype(bool)
    by_state = good.groupby(newest.index.str[:2]).agg(["sum", "size"])
    assert {code: tuple(by_state.loc[code]) for code in ("12", "48", "06", "42", "36", "17")} == {
        "12": (9, 67),
        "48": (162, 254),
        "06": (32, 58),
        "42": (7, 67),
        "36": (12, 62),
        "17": (22, 102),
    }
    july = agreements(mirror, JULY)
    listed = newest.index.isin(july.loc[july["agency_type"] == "county", "county_fips"].dropna())
    assert (good[listed].sum(), listed.sum()) == (200, 404)
    assert (good[~listed].sum(), (~listed).sum()) == (1337, 2740)
    zero = crime[(crime["person_offenses_per_100k"] == 0) & (crime["reporting_quality"] == 1)]
    assert zero.groupby("year").size().tolist() == [3, 6, 7]


def test_new_york_city_moves_the_national_rate(mirror: Path) -> None:
    crime = read(mirror, CRIME).frame.merge(
        read(mirror, PEOPLE).frame[["county_fips", "year", "population_count"]], validate="1:1"
    )
    rates = crime.set_index(["county_fips", "year"])
    property_rate = rates["property_offenses_per_100k"].loc["36061"]
    assert property_rate.round(1).tolist() == [50.7, 893.1, 18742.3]
    boroughs = crime[crime["county_fips"].isin(["36005", "36047", "36081", "36085"])]
    assert boroughs["person_offenses_per_100k"].isna().all()
    newest = crime[(crime["year"] == 2023) & crime["reporting_quality"].le(2).fillna(False)]
    apart = newest[newest["county_fips"] != "36061"]
    weighted = [
        np.average(rows["person_offenses_per_100k"], weights=rows["population_count"].astype(float))
        for rows in (apart, newest)
    ]
    assert [round(float(rate), 1) for rate in weighted] == [1186.4, 1277.3]


def test_counties_of_the_directory_of_agencies(mirror: Path) -> None:
    rows = read(mirror, "fbi-lee-latest").frame
    text = rows["county_text"]
    single = rows[~text.str.contains(",") & (text != "NOT SPECIFIED")]
    states = read_state_list(reference_dir() / "states.csv").frame
    state = match_states(single["state_text"].replace({"NB": "NE", "GM": "GU"}), states)
    counties = read(mirror, "urban-county-names").frame
    found, _ = match_counties(state, single["county_text"], counties)
    assert (len(single), found.notna().sum()) == (17_223, 17_027)


def test_noncitizens_beside_residents_born_abroad(mirror: Path) -> None:
    """Above their foreign-born share are 117 counties, 93 of them by more than a share in tenths
    hides (0.05 points). Third is Hudspeth TX (951 of 3,481), not Stewart GA."""
    raw = pd.read_csv(next((mirror / "acs-noncitizens-2012-2016").iterdir()))
    counties = pd.read_csv(next((mirror / "medsl-county-context-2018").iterdir()))
    assert (len(raw), (raw["id"] >= 72000).sum()) == (3220, 78)
    both = raw.merge(counties, left_on="id", right_on="fips", validate="1:1")
    share = 100 * both["rate"] / both["total_population"]
    above = share - both["foreignborn_pct"]
    assert [int((above > least).sum()) for least in (0, 0.05)] == [117, 93]
    highest = both.assign(share=share).nlargest(4, "share")[["county", "share"]]
    assert highest["county"].tolist() == ["Garza", "Concho", "Hudspeth", "Stewart"]
    assert highest["share"].round().tolist() == [36, 33, 27, 26]


def test_size_of_the_survey_of_2015_to_2019(mirror: Path) -> None:
    """A file of R (format 2): after its header one name, a list of columns, and the first column,
    each a word of flags and its length."""
    packed = next((mirror / "acs-2015-2019-usdata").iterdir()).read_bytes()
    data = gzip.decompress(packed)
    name = b"county_2019"
    at = data.index(name) + len(name)
    kind, columns, first, rows = struct.unpack(">4i", data[at : at + 16])
    assert data.startswith(b"RDX2\nX\n")
    assert (kind & 0xFF, first & 0xFF) == (19, 16), "a list, of which a text is first"
    assert (rows, columns) == (3142, 95)
    assert b"foreign" not in data.lower()


def test_remaining_facts_of_county_files(mirror: Path) -> None:
    people = read(mirror, PEOPLE).frame
    smallest = people.loc[people["population_count"].idxmin()]
    assert smallest[["county_fips", "year", "population_count"]].tolist() == ["48301", 2023, 43]
    assert people.loc[people["county_fips"] == "46113", "year"].tolist() == [2014]
    names = read(mirror, "urban-county-names").frame
    cities = names[names["county"].str.endswith(" city")]
    assert ((cities["state"] == "Virginia").sum(), len(cities)) == (38, 40)
    acs = read(mirror, "acs-2013-2017").frame
    assert acs["county_fips"].str.startswith("72").sum() == 78
    assert read(mirror, RACE).frame.notna().all(axis=None)
