"""Clean one raw file of a known layout, by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import pandas as pd
import shapely

from coopanalysis.catalog.corrections import load_corrections
from coopanalysis.catalog.sources import ICE_LIST, Source, release_sources, source_path
from coopanalysis.catalog.tables import AGENCY_YEAR
from coopanalysis.clean.agency_crosswalk import clean_crosswalk
from coopanalysis.clean.agreements import clean_agreements, unmatched_rows_for_corrections
from coopanalysis.clean.county_names import match_states
from coopanalysis.clean.place_codes import CODES, has_places, reject_other_places
from coopanalysis.clean.return_a import clean_return_a
from coopanalysis.clean.rubric import clean_rubric
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel.agency_years import county_list_of
from coopanalysis.panel.build import collector_paused
from coopanalysis.panel.inputs import (
    AGENCY_CROSSWALK,
    RETURN_A,
    RUBRIC,
    UCR_STATES,
    corrected,
    reference_ucr_states,
)
from coopanalysis.panel.joins import stack_rows
from coopanalysis.schema import conform
from coopanalysis.sources import READERS
from coopanalysis.sources.identity import sha256_of
from coopanalysis.sources.reading import Reading, empty_rejects
from coopanalysis.sources.reference import read_county_acs_2019
from coopanalysis.vocabulary import RELEASES


def read_one(
    layout: str,
    file: Path,
    out: Path | None = None,
    *,
    release: str | None = None,
    list_date: str | None = None,
) -> tuple[Reading, str]:
    """Read and clean one file, and write what is kept as Parquet.

    Parameters
    ----------
    layout : str
        Layout of the file, a key of `coopanalysis.sources.READERS`.
    file : Path
        The raw file.
    out : Path, optional
        Parquet file to write; its folder must be there.
    release : str, optional
        Release whose county and state lists are used; by default the one whose states the file
        names.
    list_date : str, optional
        Day of an ICE list, YYYY-MM-DD; by default that of the source whose very
        bytes these are, else the MMDDYYYY in the file name.

    Returns
    -------
    reading : Reading
        Rows kept, cleaned, and rows rejected. Of a master file of Return A its records: what is
        written is the table `agency_year`, in which an agency in several counties has more rows.
    advice : str
        What a person should look at: rows that no county matches, as entries ready for the
        corrections table, and a county list that stands in for the release's. Empty if there
        is nothing.

    Raises
    ------
    UsageError
        If there is no such layout or release, or the day is no date.
    DataError
        If the file cannot be read.
    """
    if layout not in READERS:
        near = " or ".join(repr(name) for name in get_close_matches(layout, READERS, n=2))
        raise UsageError(
            f"No layout '{layout}'.{f' Did you mean {near}?' if near else ''} "
            f"There are: {', '.join(sorted(READERS))}."
        )
    if list_date is not None and layout != ICE_LIST:
        raise UsageError(f"--list-date is for layout '{ICE_LIST}', not for '{layout}'.")
    day = parse_day(list_date)
    if file.is_dir():
        raise DataError(str(file), "is a folder, not a file", "Name the file in it.")
    known = known_source(file, layout, release)
    reading = READERS[layout](file, known.id if known else "")
    if day is None and known and layout == ICE_LIST:
        day = date.fromisoformat(known.vintage)
    if layout == RETURN_A:
        table, advice = clean_master_file(reading, release)
    else:
        reading, advice = clean_one(reading, layout, release, day)
        table = reading.frame
    if out is not None:
        _write(table, out)
    return reading, advice


def clean_one(
    reading: Reading, layout: str, release: str | None, day: date | None
) -> tuple[Reading, str]:
    """Hold a file against the county and state lists, where it names counties or states."""
    placed = has_places(reading)
    if not placed and layout not in (ICE_LIST, RUBRIC):
        return reading, ""
    lists = lists_for(reading, release)
    if placed:
        reading = reject_other_places(reading, lists.counties, lists.states)
    if layout == AGENCY_CROSSWALK:
        reading = _clean_crosswalk(reading, lists.counties)
    advice = ""
    if layout == ICE_LIST:
        corrections = load_corrections()
        reading = clean_agreements(reading, lists.counties, lists.states, corrections, day)
        advice = _advice(reading, lists.states)
    elif layout == RUBRIC:
        reading = clean_rubric(reading, lists.counties)
    else:
        advice = _unlisted(reading, lists)
    return reading, "\n\n".join(part for part in (lists.remark, advice) if part)


def known_source(file: Path, layout: str, release: str | None) -> Source | None:
    """The source whose very bytes these are, so that its corrections and its day apply."""
    named = [
        source for one in ([release] if release else RELEASES) for source in release_sources(one)
    ]
    same = [source for source in named if source.layout == layout]
    if not same or not file.is_file():
        return None
    digest = sha256_of(file)
    return next((source for source in same if source.sha256 == digest), None)


def parse_day(list_date: str | None) -> date | None:
    """Day given as YYYY-MM-DD; None for none."""
    if list_date is None:
        return None
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", list_date):
        raise UsageError(f"--list-date '{list_date}' is not a date as YYYY-MM-DD.")
    try:
        return date.fromisoformat(list_date)
    except ValueError as error:
        raise UsageError(f"--list-date '{list_date}' is not a date: {error}.") from error


@dataclass(frozen=True)
class Lists:
    """County and state list that a file is held against, and a remark if it needs one."""

    counties: pd.DataFrame
    states: pd.DataFrame
    remark: str = ""


def lists_for(reading: Reading, release: str | None) -> Lists:
    """Lists of the release, or of the release whose states the file names.

    No state is in two releases, so the file itself says which one it belongs to.
    """
    candidates = [_lists(name) for name in ([release] if release else ("public", "demo"))]
    return max(candidates, key=lambda lists: _named_states(reading, lists))


def _named_states(reading: Reading, lists: Lists) -> int:
    frame = reading.frame
    if "state_text" in frame:
        return int(match_states(frame["state_text"], lists.states).notna().sum())
    code = next((name for name in CODES if name in frame), "")
    return int(frame[code].str[:2].isin(lists.states["state_fips"]).sum()) if code else 0


def _lists(release: str) -> Lists:
    states, counties = _list(release, "state-list"), _list(release, "county-names")
    if states is None:
        raise DataError(f"state list of '{release}'", "is not there", "Restore the file.")
    if counties is not None:
        return Lists(counties, states)
    counties = read_county_acs_2019()
    in_states = states.loc[states["kind"] != "territory", "state_fips"]
    return Lists(
        counties[counties["state_fips"].isin(in_states)],
        states,
        f"Release '{release}' has not been fetched, so counties were matched with the list of 2019 "
        "in data/raw/reference/county_acs_2019.csv.",
    )


def _list(release: str, layout: str) -> pd.DataFrame | None:
    """The list of a release, if it has one and that is at hand."""
    reading = _read(release, layout)
    return None if reading is None else reading.frame


def _read(release: str, layout: str) -> Reading | None:
    for source in release_sources(release):
        path = source_path(source, release)
        if source.layout == layout and path.is_file():
            return READERS[layout](path, source.id)
    return None


def _crosswalk(release: str) -> pd.DataFrame | None:
    """The crosswalk of agencies of a release, cleaned, if it has one and that is at hand."""
    reading, counties = _read(release, AGENCY_CROSSWALK), _list(release, "county-names")
    if reading is None or counties is None:
        return None
    return _clean_crosswalk(reading, counties).frame


def _clean_crosswalk(reading: Reading, counties: pd.DataFrame) -> Reading:
    letters = reading.frame["ori7"].str[:2]
    states = max(
        (_ucr_states(name) for name in ("public", "demo")),
        key=lambda states: letters.isin(states["ori_prefix"]).sum(),
    )
    return clean_crosswalk(corrected(reading, load_corrections()), states, counties)


def _unlisted(reading: Reading, lists: Lists) -> str:
    """Which codes the county list does not have: of another year, or wrong."""
    name = next((name for name in CODES[:2] if name in reading.frame), "")
    if not name:
        return ""
    codes = reading.frame[name]
    strange = codes[~codes.isin(lists.counties["county_fips"])]
    if strange.empty:
        return ""
    return (
        f"{len(strange):,} of {len(codes):,} rows have a code that is not in the county list of "
        f"the release ({', '.join(strange.unique()[:5])}): it is of the list of another year, of "
        "a territory, or wrong."
    )


def _advice(reading: Reading, states: pd.DataFrame) -> str:
    entries = unmatched_rows_for_corrections(reading, states)
    if not entries:
        return ""
    count = int((reading.frame["county_match"] == "unmatched").sum())
    return (
        f"{count} rows match no county. Fill in the county and the evidence, and add these to "
        f"data/raw/reference/corrections.toml:\n\n{entries}"
    )


def _write(frame: pd.DataFrame, out: Path) -> None:
    if "geometry" in frame:
        frame = frame.assign(geometry=shapely.to_wkb(frame["geometry"].to_numpy()))
    partial = out.with_name(f".{out.name}.part")
    try:
        frame.to_parquet(partial, index=False, compression="zstd")
        partial.replace(out)
    except OSError as error:
        raise DataError(
            str(out),
            f"cannot be written ({error.strerror or error})",
            "Name a file in a folder that is there.",
        ) from error
    finally:
        partial.unlink(missing_ok=True)


@collector_paused()
def clean_master_file(reading: Reading, release: str | None = None) -> tuple[pd.DataFrame, str]:
    """Clean the records of a master file as a build does, with the lists of a release.

    By default the release is the one whose state codes the file has, which no other has. Returns
    the rows of `AGENCY_YEAR`, more than records, and a remark on lists that were not at hand.
    """
    name = release or _release_of(reading)
    population, directory = _list(name, "urban-population"), _list(name, "police-employees")
    states, crosswalk = _ucr_states(name), _crosswalk(name)
    years = []
    for year, rows in reading.frame.groupby("year"):
        counties = (
            read_county_acs_2019()[["county_fips", "county"]]
            if population is None
            else county_list_of(int(str(year)), population)[0]
        )
        records = Reading(reading.source, rows.reset_index(drop=True), empty_rejects(), len(rows))
        cleaned = clean_return_a(records, counties, directory, states, crosswalk=crosswalk)
        years.append(conform(cleaned.frame, AGENCY_YEAR))
    remark = (
        f"Release '{name}' has not been fetched: without its lists of residents and of agencies "
        "fewer counties are matched than in a build."
    )
    lacking = population is None or directory is None
    return stack_rows(years, AGENCY_YEAR), remark if lacking else ""


def _release_of(reading: Reading) -> str:
    codes = reading.frame["ucr_state"]
    return max(
        ("public", "demo"), key=lambda name: codes.isin(_ucr_states(name)["ucr_state"]).sum()
    )


def _ucr_states(release: str) -> pd.DataFrame:
    states = _list(release, UCR_STATES)
    return reference_ucr_states() if states is None else states
