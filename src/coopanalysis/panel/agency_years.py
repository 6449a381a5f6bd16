"""Return A in a build: what each agency sent, and how much of each county that covers.

A year is built once. The tables of the last build hold it with a key, the hash of all that
decides it: the bytes of its file, of the lists it is matched with, and of the code. Where the key
is the same its rows are taken over, and the file is not even unpacked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import pandas as pd

import coopanalysis
from coopanalysis import paths
from coopanalysis.catalog.sources import Source, source_path
from coopanalysis.catalog.tables import AGENCY_YEAR, COUNTY_REPORTING, REJECTS
from coopanalysis.clean.agency_crosswalk import Verdict, check_agreement
from coopanalysis.clean.coverage import IN_BASE_LIST, county_reporting, unplaced_reporting
from coopanalysis.clean.list_of_year import codes_in_base_list
from coopanalysis.clean.return_a import AgencyYears, clean_return_a
from coopanalysis.clean.ucr_counties import match_rates
from coopanalysis.errors import DataError
from coopanalysis.panel.inputs import (
    AGENCY_CROSSWALK,
    RETURN_A,
    UCR_STATES,
    Inputs,
    Progress,
    read_source,
)
from coopanalysis.panel.joins import JoinLog, stack_rows
from coopanalysis.panel.record import read_build, shown_path
from coopanalysis.panel.verify import damaged_rows, one_per_file
from coopanalysis.schema import conform
from coopanalysis.sources.identity import sha256_of
from coopanalysis.sources.reading import PROVENANCE_COLUMNS, Reading
from coopanalysis.sources.reference import read_county_changes
from coopanalysis.sources.return_a import read_return_a

LISTS: Final = ("urban-population", "police-employees", UCR_STATES)
"""Layouts of the files that agencies are matched with, beside the crosswalk."""
RESIDENTS_YEARS: Final = 1
"""Years between a file and a county list beyond which residents no longer tell a county."""
DECIDING: Final = (
    "catalog/columns/agency_year.toml",
    "catalog/columns/county_reporting.toml",
    "catalog/layouts.toml",
    "catalog/raw_columns.py",
    "vocabulary.py",
    "clean/agency_crosswalk.py",
    "clean/county_names.py",
    "clean/coverage.py",
    "clean/list_of_year.py",
    "clean/place_codes.py",
    "clean/return_a.py",
    "clean/ucr_counties.py",
    "clean/ucr_county_list.py",
    "clean/ucr_facts.py",
    "panel/agency_years.py",
    "sources/names.py",
    "sources/dbase.py",
    "sources/layouts.py",
    "sources/r_table.py",
    "sources/raw_text.py",
    "sources/reading.py",
    "sources/reference.py",
    "sources/return_a",
    "sources/row_checks.py",
    "sources/table.py",
    "sources/text_table.py",
    "sources/workbook.py",
    "sources/workbook_cells.py",
)
"""Modules that decide what a year becomes."""
_REFERENCE_TABLES: Final = ("ucr_states", "former_county_names", "county_changes")


@dataclass(frozen=True)
class Year:
    """One year of Return A, built or taken over; `note` is what the record of the build says of it.

    `reading` has one row per record kept, with nothing but where it stands, and the records
    rejected.
    """

    reading: Reading
    agency_year: pd.DataFrame
    county_reporting: pd.DataFrame
    note: dict[str, Any]


def last_years(folder: Path) -> dict[str, Year]:
    """Years that the tables of the last build hold, by key, if those are as they were written."""
    record = read_build(folder) or {}
    hashes = {output["file"]: output["sha256"] for output in record.get("outputs", [])}
    tables = []
    for table in (AGENCY_YEAR, REJECTS, COUNTY_REPORTING):
        file = folder / f"{table.name}.parquet"
        if not file.is_file() or sha256_of(file) != hashes.get(file.name):
            return {}
        tables.append(pd.read_parquet(file))
    agencies, rejects, counties = tables
    years = {}
    for note in record["return_a"]:
        source = note["source"]
        own = agencies[agencies["source"] == source].reset_index(drop=True)
        rejected = rejects[rejects["source"] == source].reset_index(drop=True)
        of_year = counties[counties["year"] == note["year"]].reset_index(drop=True)
        years[note["key"]] = Year(_places(source, own, rejected), own, of_year, note)
    return years


def build_agency_years(
    release: str, sources: tuple[Source, ...], inputs: Inputs, say: Progress
) -> list[Year]:
    """Build or take over every year of Return A of a release, but for files that cannot be used.

    Readings, hashes and failures are added to `inputs`, which holds all other files.
    """
    last = last_years(paths.processed_dir(release))
    years: list[Year] = []
    known = len(inputs.failures)
    for source in sources:
        if source.layout != RETURN_A or source.checked_only:
            continue
        year = _build_year(source, release, inputs, last, say)
        if year is not None:
            years.append(year)
            inputs.readings[source.id] = year.reading
            inputs.layouts.setdefault(RETURN_A, []).append(source.id)
            inputs.vintages[source.id] = source.vintage
    inputs.failures[known:] = one_per_file(inputs.failures[known:])
    return sorted(years, key=lambda year: int(year.note["year"]))


def agency_tables(years: list[Year], base: pd.Series, joins: JoinLog) -> dict[str, pd.DataFrame]:
    """Put years together into the two tables; without any year they have columns and no row."""
    counties = []
    for year in years:
        rows = year.county_reporting
        code = rows["county_fips"]
        if not code.isin(base).all():
            code = codes_in_base_list(code, base, read_county_changes())
        counties.append(rows.assign(**{IN_BASE_LIST: code}))
        joins.left_join(
            code.fillna(rows["county_fips"]).to_frame(),
            base.to_frame(),
            ["county_fips"],
            (f"{COUNTY_REPORTING.name} {year.note['year']}", "base list"),
            "m:1",
        )
    return {
        AGENCY_YEAR.name: stack_rows([year.agency_year for year in years], AGENCY_YEAR),
        COUNTY_REPORTING.name: stack_rows(counties, COUNTY_REPORTING),
    }


def county_list_of(year: int, population: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """County list nearest to a year, and the year it is of.

    It has residents only if it is of that time: those of another would confirm the wrong county.
    """
    years = population["year"].unique().tolist()
    nearest = int(min(years, key=lambda other: (abs(other - year), other)))
    names = ["county_fips", "county"]
    if abs(nearest - year) <= RESIDENTS_YEARS:
        names.append("population_count")
    return population.loc[population["year"] == nearest, names].reset_index(drop=True), nearest


def key_of(source: Source, inputs: Inputs) -> str:
    """Hex digest of all that decides what a master file becomes."""
    package = Path(coopanalysis.__file__).parent
    digest = hashlib.sha256(f"pandas {pd.__version__}\n".encode())
    for name in (source.id, Path(source.path).name, source.vintage, inputs.hashes[source.id]):
        digest.update(f"{name}\n".encode())
    for layout in LISTS:
        for identifier in inputs.layouts.get(layout, []):
            digest.update(f"{identifier} {inputs.hashes[identifier]}\n".encode())
    crosswalk = inputs.frame(AGENCY_CROSSWALK)
    if crosswalk is not None:  # as it was corrected
        digest.update(pd.util.hash_pandas_object(crosswalk, index=False).to_numpy().tobytes())
    places = [package / name for name in DECIDING]
    files = [one for at in places for one in (sorted(at.glob("*.py")) if at.is_dir() else [at])]
    files += [paths.reference_dir() / f"{name}.csv" for name in _REFERENCE_TABLES]
    for file in files:
        digest.update(f"{file.name} {sha256_of(file) if file.is_file() else 'absent'}\n".encode())
    return digest.hexdigest()


def _build_year(
    source: Source, release: str, inputs: Inputs, last: Mapping[str, Year], say: Progress
) -> Year | None:
    taken: list[Year] = []

    def read(path: Path, identifier: str) -> Reading:
        found = last.get(key_of(source, inputs))
        if found is not None:
            taken.append(found)
            return found.reading
        say(f"{release}: reading {identifier}")
        return read_return_a(path, identifier)

    reading = read_source(source, release, inputs, read)
    if reading is None or taken:
        return taken[0] if taken else None
    inputs.failures += damaged_rows(reading, shown_path(source_path(source, release)))
    population = inputs.frame("urban-population")
    if population is None or population.empty:
        return None  # which is a failure of that file, and is among the failures already
    try:
        return _clean(source, reading, population, inputs)
    except DataError as error:
        inputs.failures.append(error)
        return None


def _clean(source: Source, reading: Reading, population: pd.DataFrame, inputs: Inputs) -> Year:
    found = reading.frame["year"].unique().tolist()
    if [str(year) for year in found] != [source.vintage]:
        raise DataError(
            source.path,
            f"holds records of {', '.join(map(str, sorted(found))) or 'no year'}; the manifest "
            f"says {source.vintage}",
            "Declare a file for each year, with the year as its vintage.",
        )
    year = int(source.vintage)
    counties, list_year = county_list_of(year, population)
    crosswalk = inputs.find(AGENCY_CROSSWALK)
    cleaned = clean_return_a(
        reading,
        counties,
        inputs.frame("police-employees"),
        inputs.ucr_states,
        crosswalk=None if crosswalk is None else crosswalk.frame,
    )
    if crosswalk is not None:
        check_agreement(cleaned.crosswalk["verdict"], crosswalk.source)
    agencies = conform(cleaned.frame, AGENCY_YEAR)
    note = {
        "source": source.id,
        "year": year,
        "key": key_of(source, inputs),
        "records": cleaned.records,
        "county_list_year": list_year,
        "county_numbers": len(cleaned.matches),
        "county_numbers_matched": int(cleaned.matches["county_fips"].notna().sum()),
        **_match_notes(agencies),
        "crosswalk": None if crosswalk is None else _crosswalk_note(crosswalk.source, cleaned),
    }
    places = _places(source.id, agencies, reading.rejects)
    return Year(places, agencies, county_reporting(agencies), note)


def _match_notes(agencies: pd.DataFrame) -> dict[str, Any]:
    """How many agency parts and residents have a county, and what is left out by state."""
    known = agencies["county_fips"].notna()
    residents = agencies["population_covered"]
    return {
        "parts": len(agencies),
        "parts_matched": int(known.sum()),
        "residents": int(residents.sum()),
        "residents_matched": int(residents[known].sum()),
        "match_rates": as_records(match_rates(agencies)),
        "unplaced": as_records(unplaced_reporting(agencies)),
    }


def _crosswalk_note(source: str, cleaned: AgencyYears) -> dict[str, Any]:
    """How many agencies have which county by crosswalk and record, and those that disagree."""
    compared, rows = cleaned.crosswalk, cleaned.frame
    counts = compared["verdict"].value_counts()
    residents = rows.groupby("ori7")["population_covered"].sum()
    largest = rows.sort_values("county_part_share", ascending=False, kind="stable")
    county = largest.drop_duplicates("ori7").set_index("ori7")["county_fips"]
    differ = compared[compared["verdict"] == "another"].drop(columns="verdict")
    differ = differ.assign(
        county_fips=differ["ori7"].map(county), residents=differ["ori7"].map(residents)
    )
    verdicts = {word: int(counts.get(word, 0)) for word in get_args(Verdict)}
    return {"source": source, "agencies": verdicts, "disagree": as_records(differ)}


def as_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as JSON has them."""
    loose = table.astype("object").where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in loose.to_dict("records")]


def _places(source: str, agencies: pd.DataFrame, rejects: pd.DataFrame) -> Reading:
    """Where the records of a year stand: all that the other tables need of them."""
    records = agencies.drop_duplicates("source_row").assign(source_sheet="")
    frame = records[list(PROVENANCE_COLUMNS)].reset_index(drop=True)
    return Reading(source, frame, rejects, len(frame) + len(rejects))
