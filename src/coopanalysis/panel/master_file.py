"""Clean one master file of Return A by itself, with the lists of the release it belongs to."""

from __future__ import annotations

import pandas as pd

from coopanalysis.catalog.sources import release_sources, source_path
from coopanalysis.catalog.tables import AGENCY_YEAR
from coopanalysis.clean.return_a import clean_return_a, read_ucr_states
from coopanalysis.panel.agencies import county_list_of, stack_years
from coopanalysis.panel.inputs import UCR_STATES
from coopanalysis.schema import conform
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import Reading, empty_rejects
from coopanalysis.sources.reference import read_county_acs_2019


def clean_master_file(reading: Reading, release: str | None = None) -> tuple[pd.DataFrame, str]:
    """Clean the records of a master file as a build does, with the lists of a release.

    By default the release is the one whose state codes the file has, which no other has. Returns
    the rows of `AGENCY_YEAR`, more than records, and a remark on lists that were not at hand.
    """
    name = release or _release_of(reading)
    population, directory = _list(name, "urban-population"), _list(name, "police-employees")
    states = _states(name)
    years = []
    for year, rows in reading.frame.groupby("year"):
        counties = (
            read_county_acs_2019()[["county_fips", "county"]]
            if population is None
            else county_list_of(int(str(year)), population)[0]
        )
        records = Reading(reading.source, rows.reset_index(drop=True), empty_rejects(), len(rows))
        cleaned = clean_return_a(records, counties, directory, states)
        years.append(conform(cleaned.frame, AGENCY_YEAR))
    lacking = population is None or directory is None
    return stack_years(years, AGENCY_YEAR), _remark(name) if lacking else ""


def _release_of(reading: Reading) -> str:
    codes = reading.frame["ucr_state"]
    return max(("public", "demo"), key=lambda name: codes.isin(_states(name)["ucr_state"]).sum())


def _states(release: str) -> pd.DataFrame:
    states = _list(release, UCR_STATES)
    return read_ucr_states() if states is None else states


def _list(release: str, layout: str) -> pd.DataFrame | None:
    """The list of a release, if it has one and that is at hand."""
    for source in release_sources(release):
        if source.layout == layout and source_path(source, release).is_file():
            return READERS[layout](source_path(source, release), source.id).frame
    return None


def _remark(release: str) -> str:
    return (
        f"Release '{release}' has not been fetched: without its lists of residents and of agencies "
        "fewer counties are matched than in a build."
    )
