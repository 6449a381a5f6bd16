"""Build the processed tables of a release from its raw files."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from coopanalysis import paths
from coopanalysis.catalog.corrections import load_corrections
from coopanalysis.catalog.sources import ICE_SERIES, Source, release_sources
from coopanalysis.catalog.tables import (
    AGREEMENTS,
    BOUNDARIES,
    COUNTY,
    COUNTY_REPORTING,
    COUNTY_YEAR,
    COUNTY_YEAR_SUBGROUP,
    DETAINERS_DECLINED,
    PROCESSED_TABLES,
    PROVENANCE,
    REJECTS,
)
from coopanalysis.clean.municipal import place_municipal_agencies
from coopanalysis.clean.vintages import load_vintages
from coopanalysis.errors import BuildError, CoopError
from coopanalysis.panel.add_lists import add_lists, list_tables, lists_to_add
from coopanalysis.panel.agency_years import agency_tables, build_agency_years
from coopanalysis.panel.build_record import build_record
from coopanalysis.panel.county import build_county
from coopanalysis.panel.county_lists import check_identity
from coopanalysis.panel.county_year import build_county_year, build_county_year_subgroup
from coopanalysis.panel.detainers import build_detainers
from coopanalysis.panel.detention import build_detention, facility_places
from coopanalysis.panel.inputs import POLICE, Inputs, Progress, read_inputs
from coopanalysis.panel.joins import JoinLog
from coopanalysis.panel.map_plane import add_later_units, build_boundaries
from coopanalysis.panel.provenance_table import build_provenance
from coopanalysis.panel.record import fingerprint, is_complete, read_build
from coopanalysis.panel.store import replacing, write_tables
from coopanalysis.schema import check_tables, conform
from coopanalysis.sources.fetch import fetch_release
from coopanalysis.sources.reading import empty_rejects


@dataclass(frozen=True)
class BuildSummary:
    """What a build did.

    Attributes
    ----------
    release : str
        Name of the release.
    folder : Path
        Where the tables are.
    rows : dict of int
        Rows of each table.
    rows_in, rows_rejected : int
        Raw rows read, and those not used, over all sources.
    was_current : bool
        True if nothing had changed since the last build.
    seconds : float
        Time taken.
    """

    release: str
    folder: Path
    rows: dict[str, int]
    rows_in: int
    rows_rejected: int
    was_current: bool
    seconds: float

    def __str__(self) -> str:
        if self.was_current:
            return f"{self.release}: nothing changed; the tables are up to date."
        tables = ", ".join(f"{name} {rows:,}" for name, rows in self.rows.items())
        return (
            f"{self.release}: built in {self.seconds:.1f} s from {self.rows_in:,} raw rows, "
            f"{self.rows_rejected:,} of them set aside. Rows: {tables}"
        )


def build_release(
    release: str, *, mirror: str | Path | None = None, progress: Progress | None = None
) -> BuildSummary:
    """Build every processed table of a release, if anything changed since the last time.

    Parameters
    ----------
    release : str
        Name of the release.
    mirror : str or Path, optional
        Folder or address to fetch missing raw files from; by default the environment variable
        `COOPANALYSIS_MIRROR`. Without either, a missing file is a failure.
    progress : callable, optional
        Called with one line of text for each step.

    Returns
    -------
    BuildSummary

    Raises
    ------
    BuildError
        With every failure found: files missing or changed, columns or rows missing, values
        that cannot be. The tables of the last good build stay as they were.
    UsageError
        If there is no such release.
    """
    started = time.perf_counter()
    say = progress or (lambda _: None)
    sources = release_sources(release)
    if mirror or os.environ.get(paths.MIRROR_VARIABLE):
        fetch_release(release, mirror)
    folder = paths.processed_dir(release)
    mark = fingerprint(release)
    last = read_build(folder)
    if last and not is_complete(folder, last):
        last = None
    if last and last.get("fingerprint") == mark:
        return _summary(last, folder, started, was_current=True)
    try:
        added = lists_to_add(release, sources, last)
        if last and added:
            tables, record = add_lists(release, sources, added, last, say)
        else:
            tables, record = _build(release, sources, say)
        marks = {"fingerprint": mark, "fingerprint_but_lists": fingerprint(release, ICE_SERIES)}
        with replacing(folder) as fresh:
            record = {**record, **marks}
            record["outputs"] = write_tables(fresh, tables, record, kept=folder if added else None)
    except CoopError as error:
        failures = error.failures if isinstance(error, BuildError) else (error,)
        has_last = read_build(folder) is not None
        stay = f"The tables of the last good build stay in {folder}."
        stand = stay if has_last else "No tables were written."
        remedy = f"Mend this and run `coopanalysis data build -r {release}`."
        raise BuildError(f"{release} was not built", failures, f"{stand} {remedy}") from error
    return _summary(record, folder, started, was_current=False)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector of reference cycles; works as a decorator too.

    Parsing a file makes many objects that stay and no cycles. The collector would walk over all
    of them time and again to find nothing: a fifth of the time of a build.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@collector_paused()
def _build(
    release: str, sources: tuple[Source, ...], say: Progress
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    corrections = load_corrections()
    inputs = read_inputs(release, sources, corrections, say)
    years = build_agency_years(release, sources, inputs, say)
    if inputs.failures:
        raise BuildError("raw files", inputs.failures, "")
    of_lists = list_tables((reading.frame for reading in inputs.all_lists), inputs)
    identity, strangers = check_identity(sources, inputs)
    if strangers:
        raise BuildError("county codes", strangers, "")
    say(f"{release}: joining")
    joins = JoinLog()
    of_agencies = agency_tables(years, inputs.counties["county_fips"], joins)
    tables = _tables(inputs, of_agencies[COUNTY_REPORTING.name], joins) | of_agencies
    tables |= of_lists
    tables[PROVENANCE.name] = build_provenance(inputs, tables[AGREEMENTS.name])
    say(f"{release}: checking {sum(map(len, tables.values())):,} rows")
    check_tables(tables, PROCESSED_TABLES)
    later = inputs.frame("topojson-later")
    boundaries = add_later_units(
        build_boundaries(inputs.only("topojson").frame, inputs.states),
        later,
        None if later is None else load_vintages().changes,
    )
    record = build_record(release, sources, inputs, corrections, joins, boundaries, years)
    record["county_identity"] = identity
    packed = boundaries.assign(geometry=shapely.to_wkb(boundaries["geometry"].to_numpy()))
    return {**tables, BOUNDARIES.name: packed}, record


def _tables(inputs: Inputs, reporting: pd.DataFrame, joins: JoinLog) -> dict[str, pd.DataFrame]:
    agreements = conform(
        pd.concat([reading.frame for reading in inputs.lists], ignore_index=True), AGREEMENTS
    )
    police = inputs.frame(POLICE)
    if police is not None:
        agreements = place_municipal_agencies(agreements, police, inputs.counties, inputs.states)
    rejects = [reading.rejects for reading in inputs.readings.values() if reading.rows_rejected]
    places = facility_places(inputs)
    detainers = build_detainers(inputs, places)
    return {
        COUNTY.name: build_county(inputs, agreements, reporting, detainers, joins),
        COUNTY_YEAR.name: build_county_year(inputs, joins),
        COUNTY_YEAR_SUBGROUP.name: build_county_year_subgroup(inputs),
        AGREEMENTS.name: agreements,
        DETAINERS_DECLINED.name: detainers,
        **build_detention(inputs, places),
        REJECTS.name: conform(pd.concat([empty_rejects(), *rejects], ignore_index=True), REJECTS),
    }


def _summary(
    record: dict[str, Any], folder: Path, started: float, *, was_current: bool
) -> BuildSummary:
    return BuildSummary(
        str(record["release"]),
        folder,
        {output["file"].removesuffix(".parquet"): output["rows"] for output in record["outputs"]},
        sum(item["rows_in"] for item in record["inputs"]),
        sum(item["rows_rejected"] for item in record["inputs"]),
        was_current,
        time.perf_counter() - started,
    )
