"""Build the processed tables of a release from its raw files."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from coopanalysis import __version__, paths
from coopanalysis.catalog.corrections import Corrections, load_corrections
from coopanalysis.catalog.sources import Source, known_effects, release_sources
from coopanalysis.catalog.tables import (
    AGREEMENT_LISTINGS,
    AGREEMENT_SPELLS,
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
from coopanalysis.clean.agreement_spells import agreement_spells, check_days
from coopanalysis.clean.municipal import place_municipal_agencies
from coopanalysis.clean.rubric import rubric_disagreements
from coopanalysis.clean.vintages import load_vintages
from coopanalysis.errors import BuildError, CoopError
from coopanalysis.panel.agency_years import Year, agency_tables, as_records, build_agency_years
from coopanalysis.panel.collector import collector_paused
from coopanalysis.panel.county import BASE_LIST, build_county
from coopanalysis.panel.county_lists import check_identity
from coopanalysis.panel.county_year import build_county_year, build_county_year_subgroup
from coopanalysis.panel.detainers import build_detainers
from coopanalysis.panel.detention import build_detention, facility_places
from coopanalysis.panel.inputs import Inputs, Progress, read_inputs
from coopanalysis.panel.joins import JoinLog
from coopanalysis.panel.map_plane import add_later_units, build_boundaries
from coopanalysis.panel.provenance_table import build_provenance
from coopanalysis.panel.record import fingerprint, is_complete, read_build
from coopanalysis.panel.store import replacing, write_tables
from coopanalysis.schema import check_table, conform
from coopanalysis.sources.fetch import fetch_release
from coopanalysis.sources.reading import empty_rejects

_OF_CELL = ("source", "row", "column", "expected", "put", "reason")
_OF_ALIAS = ("county_text", "state", "county_fips", "reason")
"""What the record of a build says of a correction, and of a county that a person named."""


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
    record = read_build(folder)
    if record and record.get("fingerprint") == mark and is_complete(folder, record):
        return _summary(record, folder, started, was_current=True)
    try:
        tables, record = _build(release, sources, say)
        with replacing(folder) as fresh:
            record = {"fingerprint": mark, **record}
            record["outputs"] = write_tables(fresh, tables, record)
    except CoopError as error:
        failures = error.failures if isinstance(error, BuildError) else (error,)
        has_last = read_build(folder) is not None
        last = f"The tables of the last good build stay in {folder}."
        stand = last if has_last else "No tables were written."
        remedy = f"Mend this and run `coopanalysis data build -r {release}`."
        raise BuildError(f"{release} was not built", failures, f"{stand} {remedy}") from error
    return _summary(record, folder, started, was_current=False)


@collector_paused()
def _build(
    release: str, sources: tuple[Source, ...], say: Progress
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    corrections = load_corrections()
    inputs = read_inputs(release, sources, corrections, say)
    years = build_agency_years(release, sources, inputs, say)
    if inputs.failures:
        raise BuildError("raw files", inputs.failures, "")
    of_lists = list_tables(reading.frame for reading in inputs.all_lists)
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
    _check(tables)
    later = inputs.find("topojson-later")
    boundaries = add_later_units(
        build_boundaries(inputs.only("topojson").frame, inputs.states),
        later.frame if later else None,
        load_vintages().changes if later else None,
    )
    record = _record(release, sources, inputs, corrections, joins, boundaries, years)
    record["county_identity"] = identity
    packed = boundaries.assign(geometry=shapely.to_wkb(boundaries["geometry"].to_numpy()))
    return {**tables, BOUNDARIES.name: packed}, record


def list_tables(lists: Iterable[pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables that are made of the rows of all lists: the rows, and the spells of agreements."""
    rows = pd.concat(list(lists), ignore_index=True)
    columns = [column.name for column in AGREEMENT_LISTINGS.columns]
    rows = conform(rows.loc[rows["list_kind"] == "participating", columns], AGREEMENT_LISTINGS)
    wrong_days = check_days(rows)
    if wrong_days:
        raise BuildError("days of lists", wrong_days, "")
    return {
        AGREEMENT_LISTINGS.name: rows.sort_values(
            ["list_date", "source", "source_row"], ignore_index=True
        ),
        AGREEMENT_SPELLS.name: agreement_spells(rows),
    }


def _tables(inputs: Inputs, reporting: pd.DataFrame, joins: JoinLog) -> dict[str, pd.DataFrame]:
    agreements = conform(
        pd.concat([reading.frame for reading in inputs.lists], ignore_index=True), AGREEMENTS
    )
    police = inputs.find("police-employees")
    if police is not None:
        agreements = place_municipal_agencies(
            agreements, police.frame, inputs.counties, inputs.states
        )
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


def _check(tables: dict[str, pd.DataFrame]) -> None:
    """Check every table, and report the failures of all of them together."""
    failures: list[CoopError] = []
    for name, frame in tables.items():
        try:
            check_table(frame, PROCESSED_TABLES[name])
        except BuildError as error:
            failures += error.failures
    if failures:
        raise BuildError("tables", failures, "")


def _record(
    release: str,
    sources: tuple[Source, ...],
    inputs: Inputs,
    corrections: Corrections,
    joins: JoinLog,
    boundaries: pd.DataFrame,
    years: list[Year],
) -> dict[str, Any]:
    return {
        "release": release,
        "package_version": __version__,
        "base_list": BASE_LIST,
        "inputs": [_input(source, inputs) for source in sources if source.id in inputs.readings],
        "absent": [source.id for source in sources if source.id not in inputs.readings],
        "not_in_release": inputs.not_in_release,
        "known_effects": [asdict(effect) for effect in known_effects(release)],
        "agreement_lists": [
            {
                "source": reading.source,
                "list_date": reading.frame["list_date"].iloc[0].strftime("%Y-%m-%d"),
                "list_kind": str(reading.frame["list_kind"].iloc[0]),
                "rows": reading.rows_kept,
            }
            for reading in sorted(inputs.lists, key=lambda one: one.frame["list_date"].iloc[0])
            if reading.rows_kept
        ],
        "joins": joins.records,
        "corrections_applied": _corrections(inputs, corrections),
        "rubric_disagreements": (
            as_records(rubric_disagreements(inputs.rubric)) if inputs.rubric else []
        ),
        "return_a": [year.note for year in years],
        "boundaries": _boundary_notes(inputs, boundaries),
    }


def _input(source: Source, inputs: Inputs) -> dict[str, Any]:
    reading = inputs.readings[source.id]
    counts = ("rows_in", "rows_kept", "rows_rejected", "codes_mended")
    words = ("title", "publisher", "vintage", "licence", "url", "checked_only")
    return {
        "id": source.id,
        "path": source.path,
        "layout": source.layout,
        "sha256": inputs.hashes[source.id],
        "bytes": inputs.sizes[source.id],
        **{name: getattr(reading, name) for name in counts},
        **{name: getattr(source, name) for name in words},
    }


def _corrections(inputs: Inputs, corrections: Corrections) -> list[dict[str, Any]]:
    cells = [
        {name: getattr(entry, name) for name in _OF_CELL}
        for entry in corrections.corrections
        if entry.source in inputs.readings
    ]
    aliases = [
        {"source": source, **{name: getattr(alias, name) for name in _OF_ALIAS}}
        for alias in corrections.aliases
        for source in alias.seen_in
        if source in inputs.readings
    ]
    return [*cells, *aliases]


def _boundary_notes(inputs: Inputs, boundaries: pd.DataFrame) -> dict[str, Any]:
    reading = inputs.only("topojson")
    base = inputs.counties["county_fips"]
    drawn = boundaries.loc[boundaries["first_year"].isna(), "county_fips"]
    return {
        "source": reading.source,
        "polygons": len(drawn),
        "plane": str(reading.frame["plane"].iloc[0]),
        "later_polygons": len(boundaries) - len(drawn),
        "left_out_territories": reading.rows_kept - len(drawn),
        "without_geometry": reading.rows_rejected,
        "polygons_without_county": sorted(drawn[~drawn.isin(base)]),
        "counties_without_polygon": sorted(base[~base.isin(drawn)]),
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
