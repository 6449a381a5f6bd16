"""Counties of Return A with the crosswalk of agencies and without, and residents of 2012.

The crosswalk knows one county an agency, by its name and address; Return A's county numbers say
where it polices. What is counted here stands in docs/methods.md.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.catalog.corrections import load_corrections
from coopanalysis.clean.agency_crosswalk import clean_crosswalk
from coopanalysis.clean.county_names import match_counties
from coopanalysis.clean.list_of_year import codes_in_base_list
from coopanalysis.clean.return_a import AgencyYears, clean_return_a
from coopanalysis.panel import Panel, trace_cell
from coopanalysis.panel.inputs import corrected, reference_ucr_states
from coopanalysis.paths import project_root
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.reference import read_county_changes
from coopanalysis.sources.return_a import read_return_a

pytestmark = [pytest.mark.mirror, pytest.mark.slow]
PAGE = (project_root() / "docs" / "methods.md").read_text(encoding="utf-8")
SOURCE = "leaic-2012-crosswalk"


@pytest.fixture(scope="module")
def names(mirror: Path) -> pd.DataFrame:
    return READERS["county-names"](next((mirror / "urban-county-names").iterdir())).frame


@pytest.fixture(scope="module")
def directory(mirror: Path) -> pd.DataFrame:
    return READERS["police-employees"](mirror / "fbi-lee-latest" / "fbi_lee_latest.csv").frame


@pytest.fixture(scope="module")
def counties(mirror: Path) -> pd.DataFrame:
    """The county list of 2014, the nearest to 2013."""
    path = mirror / "urban-population-2014-2023" / "county-populations.csv"
    frame = READERS["urban-population"](path).frame
    return frame[frame["year"] == 2014]


@pytest.fixture(scope="module")
def crosswalk(mirror: Path, names: pd.DataFrame) -> Reading:
    """The crosswalk as a build has it."""
    reading = READERS["agency-crosswalk"](mirror / SOURCE / "crosswalk.rds", SOURCE)
    return clean_crosswalk(corrected(reading, load_corrections()), reference_ucr_states(), names)


@pytest.fixture(scope="module")
def records(mirror: Path) -> Reading:
    pytest.importorskip("pyppmd", reason="the 2013 file is packed with PPMd")
    return read_return_a(mirror / "fbi-return-a" / "reta2013.zipx", "fbi-return-a-2013")


@pytest.fixture(scope="module")
def before(records: Reading, counties: pd.DataFrame, directory: pd.DataFrame) -> AgencyYears:
    """Counties by the records alone."""
    return clean_return_a(records, counties, directory, reference_ucr_states())


@pytest.fixture(scope="module")
def after(
    records: Reading, counties: pd.DataFrame, directory: pd.DataFrame, crosswalk: Reading
) -> AgencyYears:
    states = reference_ucr_states()
    return clean_return_a(records, counties, directory, states, crosswalk=crosswalk.frame)


@pytest.fixture(scope="module")
def agencies(before: AgencyYears, after: AgencyYears) -> pd.DataFrame:
    """By agency: its verdict, the county of its largest part before and after, its residents."""
    table = after.crosswalk.set_index("ori7")
    for name, years in (("before", before), ("after", after)):
        largest = years.frame.sort_values("county_part_share", ascending=False, kind="stable")
        table[name] = largest.drop_duplicates("ori7").set_index("ori7")["county_fips"]
    by_agency = after.frame.groupby("ori7")
    table["residents"] = by_agency["population_covered"].sum()
    table["parts"] = by_agency.size()
    table["match"] = by_agency["county_match"].first()
    return table


def paragraph() -> str:
    return PAGE.partition("**Counties of Return A.**")[2].partition("\n\n")[0]


def stated(*numbers: object) -> None:
    """Hold the paragraph on the counties of Return A to counts, each as a word of its own."""
    for number in map(int, numbers):  # type: ignore[call-overload]
        words = rf"(?<![\d,]){number:,}(?![\d,]\d)"
        assert re.search(words, paragraph()), f"not stated: {number:,}"


def test_every_row_of_the_crosswalk_is_kept_or_has_its_reason(crosswalk: Reading) -> None:
    assert (crosswalk.rows_in, crosswalk.rows_kept, crosswalk.rows_rejected) == (23_916, 23_913, 3)
    assert set(crosswalk.rejects["reason"]) == {"states no county: fips_state_county_code"}
    assert [raw.split('"')[3] for raw in crosswalk.rejects["raw"]] == [
        "KY07109", "CZ00005", "KSKDOC",
    ]  # fmt: skip
    frame = crosswalk.frame.set_index("ori7")
    assert frame.index[frame["county_fips"].isna()].tolist() == ["TN09602"]
    assert frame.loc["VA00200", "county_fips"] == "51003"
    stated(crosswalk.rows_in, len(load_corrections().for_source(SOURCE)))


def test_who_moves_and_why(agencies: pd.DataFrame, before: AgencyYears, after: AgencyYears) -> None:
    """Nobody whose county was known; who had none has one by the crosswalk, or a reason."""
    verdict = agencies["verdict"]
    counts = verdict.value_counts()
    assert counts.sum() == len(agencies)
    stated(len(agencies), *counts)
    assert after.frame[["ori7", "county_part_share"]].equals(
        before.frame[["ori7", "county_part_share"]]
    )
    known = before.frame["county_fips"].notna()
    assert after.frame.loc[known, "county_fips"].equals(before.frame.loc[known, "county_fips"])
    moved = agencies[agencies["before"].isna() & agencies["after"].notna()]
    assert set(moved["verdict"]) == {"crosswalk-alone"}
    assert len(moved) == counts["crosswalk-alone"]
    stated((moved["residents"] > 0).sum(), moved["residents"].sum())
    of_alaska = moved["after"].str.startswith("02") & (moved["residents"] > 0)
    stated(of_alaska.sum())
    rows = after.frame[after.frame["ori7"].isin(moved.index)]
    stated(rows["violent_actual"].sum(), rows["property_actual"].sum())
    left = agencies[verdict == "not-followed"]
    assert set(left.index[left["residents"] > 0]) == {"CTCSP00", "AKASP00"}
    open_rows = after.frame[after.frame["ori7"].isin(left.index)]
    stated(open_rows["violent_actual"].sum(), open_rows["property_actual"].sum())


def test_a_county_that_no_other_fact_names_is_not_put_in_place_of_one_by_two(
    agencies: pd.DataFrame, directory: pd.DataFrame, names: pd.DataFrame
) -> None:
    """Where the FBI's directory has the agency itself, it is never of the crosswalk's mind."""
    differ = agencies[agencies["verdict"] == "another"].copy()
    assert (differ["parts"] == 1).all()
    assert differ["match"].str.count(r"\+").ge(1).all()
    assert not differ["match"].str.contains("crosswalk").any()
    once = directory.drop_duplicates("ori7", keep=False).set_index("ori7")["county_text"]
    text = differ.index.to_series().map(once)
    told, _ = match_counties(differ["before"].str[:2], text, names)
    assert (told.dropna() == differ["before"][told.notna()]).all()
    assert not (told == differ["crosswalk_fips"]).any()
    serving = differ[differ["residents"] > 0]
    assert serving.index.isin(told.dropna().index).all()
    stated(told.notna().sum(), len(serving), (differ["residents"] == 0).sum())


def test_an_agency_in_several_counties_has_that_of_the_crosswalk_among_them(
    after: AgencyYears, agencies: pd.DataFrame
) -> None:
    several = agencies[(agencies["parts"] > 1) & agencies["crosswalk_fips"].notna()]
    pairs = set(zip(after.frame["ori7"], after.frame["county_fips"], strict=True))
    theirs = zip(several.index, several["crosswalk_fips"], strict=True)
    assert all(pair in pairs for pair in theirs)
    stated(len(several))


@pytest.fixture(scope="module")
def figures_2012(mirror: Path, counties: pd.DataFrame) -> pd.DataFrame:
    """Residents and property offences of 2012, in the county list of 2014."""
    file = mirror / "ucr-county-2012" / "crime_data_w_population_and_crime_rate.csv"
    county = pd.read_csv(file, dtype={"FIPS_ST": "str", "FIPS_CTY": "str"})
    county["property"] = county[["BURGLRY", "LARCENY", "MVTHEFT"]].sum(axis=1)
    code = county["FIPS_ST"].str.zfill(2) + county["FIPS_CTY"].str.zfill(3)
    code = codes_in_base_list(code, counties["county_fips"], read_county_changes())
    return county.groupby(code)[["population", "property"]].sum().astype("float64")


def near(served: pd.Series, residents: pd.Series) -> int:
    return int(((served.reindex(residents.index) / residents - 1).abs() < 0.05).sum())


def test_counties_fit_the_residents_of_2012_better_than_before(
    agencies: pd.DataFrame,
    before: AgencyYears,
    after: AgencyYears,
    figures_2012: pd.DataFrame,
) -> None:
    """And better than by the crosswalk alone, which gives all of a city to one county."""
    residents = figures_2012["population"]

    def served(rows: pd.DataFrame, county: pd.Series) -> pd.Series:
        return rows["population_covered"].groupby(county).sum().reindex(residents.index)

    frame = after.frame
    followed = frame["ori7"].map(agencies.loc[agencies["verdict"] == "another", "crosswalk_fips"])
    now, was, swayed = (
        served(frame, column)
        for column in (
            frame["county_fips"],
            before.frame["county_fips"],
            followed.fillna(frame["county_fips"]),
        )
    )
    theirs = served(frame, frame["ori7"].map(agencies["crosswalk_fips"]))
    fits = [near(one, residents) for one in (now, was, swayed, theirs)]
    assert fits[0] > fits[1] > fits[2] > fits[3]
    assert fits[0] > 0.8 * len(residents)
    moved = now.fillna(0) != was.fillna(0)
    apart, before_apart = ((one.fillna(0) - residents)[moved].abs() for one in (now, was))
    assert (apart < before_apart).sum() >= moved.sum() - 1
    stated(*fits, len(residents), moved.sum())


def test_offences_of_agencies_with_residents_fit_those_of_2012_better(
    before: AgencyYears, after: AgencyYears, agencies: pd.DataFrame, figures_2012: pd.DataFrame
) -> None:
    """Of those without they would not, but for agencies of a site: so the others are left open."""
    known = figures_2012["property"].copy()
    first = before.frame.groupby("county_fips")["property_actual"].sum().reindex(known.index)
    known *= first.sum() / known.sum()
    rows = after.frame.assign(
        verdict=after.frame["ori7"].map(agencies["verdict"]),
        theirs=after.frame["ori7"].map(agencies["crosswalk_fips"]),
    )
    has_residents = rows["population_covered"] > 0
    told, left = rows["verdict"] == "crosswalk-alone", rows["verdict"] == "not-followed"
    counts = []
    for chosen in (told & has_residents, told & ~has_residents, left & ~has_residents):
        more = rows[chosen].groupby("theirs")["property_actual"].sum().reindex(known.index)
        more = more[more > 0]
        without, with_them = first[more.index].fillna(0), first[more.index].fillna(0) + more
        closer = (with_them - known[more.index]).abs() < (without - known[more.index]).abs()
        counts.append((int(closer.sum()), len(more)))
    (residents, all_residents), (sites, all_sites), (others, all_others) = counts
    assert residents == all_residents
    assert sites > all_sites / 2
    assert others < all_others / 2
    stated(*(number for pair in counts for number in pair))


def test_the_public_release_says_the_same(public_release: Panel, agencies: pd.DataFrame) -> None:
    note = next(one for one in public_release.build["return_a"] if one["year"] == 2013)["crosswalk"]
    assert note["source"] == SOURCE
    assert note["agencies"] == agencies["verdict"].value_counts().to_dict()
    differ = pd.DataFrame(note["disagree"]).set_index("ori7")
    expected = agencies[agencies["verdict"] == "another"]
    assert differ["county_fips"].equals(expected["after"].rename("county_fips"))
    assert differ["crosswalk_fips"].equals(expected["crosswalk_fips"])


def test_a_county_is_traced_to_its_row_in_the_crosswalk(public_release: Panel) -> None:
    """One that it tells, and one where it is not followed."""
    table = public_release.agency_year.set_index("ori7")
    for ori7, how in (("VA13003", "names this county"), ("OH07803", "is not followed here")):
        code = table.loc[ori7, "county_fips"]
        asked = {"table": "agency_year", "where": {"ori7": ori7}}
        record, row = trace_cell("public", code, "county_fips", **asked).origins
        assert (record.source, row.source) == ("fbi-return-a-2013", SOURCE)
        assert row.cells["ori"] == ori7
        assert how in row.how
