"""Read and clean every raw file of a release, and collect whatever is wrong with any of them.

A file whose hash is wrong is read all the same, so that the failure also says what in it is
different: a column, the number of rows, a state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from coopanalysis.catalog.corrections import Corrections, correct
from coopanalysis.catalog.reject_reasons import is_expected
from coopanalysis.catalog.sources import Source, source_path
from coopanalysis.clean.agreements import clean_agreements
from coopanalysis.clean.county import match_states
from coopanalysis.clean.rubric import clean_rubric
from coopanalysis.errors import CoopError, DataError
from coopanalysis.paths import project_root
from coopanalysis.sources import READERS
from coopanalysis.sources.fetch import sha256_of
from coopanalysis.sources.reading import Reading

ICE_LIST, RUBRIC = "ice-287g", "ilrc-rubric"
LISTS = ("state-list", "county-names")
SINGLE_LAYOUTS = (
    *LISTS,
    "urban-population",
    "urban-race-ethnicity",
    "urban-crime",
    "acs-wide",
    "votes-president",
    "secure-communities",
    "topojson",
)
"""Layouts a release has exactly one file of. Of ICE lists it has one or more, of rubrics one or
none; files of other layouts are read and checked, and not used by the panel."""
Progress = Callable[[str], None]


@dataclass
class Inputs:
    """Every reading of a release, cleaned, and all failures met on the way.

    Attributes
    ----------
    readings : dict of Reading, by source id
        In the order of the manifest; files that could not be read are not in it.
    layouts : dict of list of source id, by layout
    hashes : dict of str
        SHA-256 of each file that is there, by source id.
    sizes : dict of int
        Size of each file in bytes, by source id.
    failures : list of CoopError
    """

    readings: dict[str, Reading] = field(default_factory=dict)
    layouts: dict[str, list[str]] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    failures: list[CoopError] = field(default_factory=list)

    def only(self, layout: str) -> Reading:
        """The one reading of a layout."""
        (identifier,) = self.layouts[layout]
        return self.readings[identifier]

    @property
    def counties(self) -> pd.DataFrame:
        """The base list."""
        return self.only("county-names").frame

    @property
    def states(self) -> pd.DataFrame:
        """The state list."""
        return self.only("state-list").frame

    @property
    def rubric(self) -> Reading | None:
        """The cleaned rubric, if the release has one."""
        return self.only(RUBRIC) if RUBRIC in self.layouts else None

    @property
    def lists(self) -> list[Reading]:
        """Cleaned ICE lists, in the order of the manifest."""
        return [self.readings[identifier] for identifier in self.layouts.get(ICE_LIST, [])]


def read_inputs(
    release: str, sources: tuple[Source, ...], corrections: Corrections, progress: Progress
) -> Inputs:
    """Read and clean every file of a release.

    Parameters
    ----------
    release : str
        Name of the release.
    sources : tuple of Source
        Its manifest.
    corrections : Corrections
        Known errors upstream.
    progress : callable
        Told what is being done, in one line.

    Returns
    -------
    Inputs
        With `failures` where files are missing, changed, or cannot be used.
    """
    inputs = Inputs()
    progress(f"{release}: reading {len(sources)} raw files")
    for source in sources:
        reading = _read(source, release, inputs)
        if reading is not None:
            inputs.readings[source.id] = reading
            inputs.layouts.setdefault(source.layout, []).append(source.id)
    _check_layouts(release, sources, inputs)
    if any(len(inputs.layouts.get(layout, [])) != 1 for layout in LISTS):
        return inputs
    progress(f"{release}: cleaning")
    by_id = {source.id: source for source in sources}
    for identifier, reading in list(inputs.readings.items()):
        source = by_id[identifier]
        place = shown_path(source_path(source, release))
        try:
            cleaned = _clean(reading, source, inputs, corrections)
        except DataError as error:
            inputs.failures.append(error)
            continue
        inputs.failures += damaged_rows(cleaned, place)
        if source.layout != RUBRIC or source.sha256:
            inputs.failures += _wrong_states(reading, inputs.states, place)
        inputs.readings[identifier] = cleaned
    return inputs


def shown_path(path: Path) -> str:
    """A path as messages show it: relative to the project where it lies in it."""
    root = project_root()
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def check_file(source: Source, release: str) -> tuple[str, DataError | None]:
    """SHA-256 of a source's file (empty if it is not there), and what speaks against it."""
    path = source_path(source, release)
    place = shown_path(path)
    if not path.is_file():
        if source.optional:
            return "", None
        remedy = (
            f"Run `coopanalysis data fetch --release {release}`."
            if source.url
            else f"Restore it: `git checkout -- {place}`."
        )
        return "", DataError(place, "the file is missing", remedy)
    digest = sha256_of(path)
    if not source.sha256 or digest == source.sha256:
        return digest, None
    size = path.stat().st_size
    return digest, DataError(
        place,
        f"is not the file of the manifest: SHA-256 {digest[:12]}…, expected "
        f"{source.sha256[:12]}…; {size:,} bytes, expected {source.bytes:,}",
        f"Delete it and run `coopanalysis data fetch --release {release}`."
        if source.url
        else f"Restore it: `git checkout -- {place}`.",
    )


def check_rows(source: Source, reading: Reading, place: str) -> DataError | None:
    """What speaks against the number of rows of a file."""
    if not source.rows or reading.rows_in == source.rows:
        return None
    difference = reading.rows_in - source.rows
    last = max([0, *reading.frame["source_row"], *reading.rejects["row"]])
    what = (
        f"{abs(difference)} {'more than' if difference > 0 else 'missing of'} the {source.rows:,}"
    )
    return DataError(
        place,
        f"has {reading.rows_in:,} data rows, the last in row {last:,}; {what} that the manifest "
        "declares",
        "Restore the file as published; if it is a new edition, declare it in the manifest.",
    )


def damaged_rows(reading: Reading, place: str) -> list[CoopError]:
    """One failure for each reason to reject rows that a sound file does not give."""
    rejects = reading.rejects
    unexpected = rejects[~rejects["reason"].map(is_expected).astype(bool)]
    failures: list[CoopError] = []
    for (sheet, reason), rows in unexpected.groupby(["sheet", "reason"], sort=False):
        first = rows["raw"].iloc[0]
        failures.append(
            DataError(
                f"{place}, sheet '{sheet}'" if sheet else place,
                f"{len(rows)} rows cannot be used, {reason}",
                f"The first holds {first}. Restore the file, or, if the publisher wrote it so, "
                f"put it right in data/raw/reference/corrections.toml with source = "
                f'"{reading.source}" and the row.',
                rows["row"].tolist(),
            )
        )
    return failures


def _read(source: Source, release: str, inputs: Inputs) -> Reading | None:
    digest, failure = check_file(source, release)
    if failure:
        inputs.failures.append(failure)
    if not digest:
        return None
    inputs.hashes[source.id] = digest
    path = source_path(source, release)
    inputs.sizes[source.id] = path.stat().st_size
    if source.layout not in READERS:
        inputs.failures.append(
            DataError(
                f"source '{source.id}'",
                f"has the layout '{source.layout}', which no reader knows",
                f"There are: {', '.join(READERS)}.",
            )
        )
        return None
    try:
        reading = READERS[source.layout](path, source.id)
    except DataError as error:
        inputs.failures.append(error)
        return None
    failure = check_rows(source, reading, shown_path(path))
    if failure:
        inputs.failures.append(failure)
    return reading


def _check_layouts(release: str, sources: tuple[Source, ...], inputs: Inputs) -> None:
    for layout in (*SINGLE_LAYOUTS, ICE_LIST, RUBRIC):
        names = [source.id for source in sources if source.layout == layout]
        if len(names) == 1 or (names and layout == ICE_LIST) or (not names and layout == RUBRIC):
            continue
        inputs.failures.append(
            DataError(
                f"manifest of {release}",
                f"needs one source of layout '{layout}' and has {', '.join(names) or 'none'}",
                "Declare exactly one.",
            )
        )


def _clean(reading: Reading, source: Source, inputs: Inputs, corrections: Corrections) -> Reading:
    if source.layout == ICE_LIST:
        return clean_agreements(
            reading, inputs.counties, inputs.states, corrections, source.vintage
        )
    if corrections.for_source(source.id):
        reading = _corrected(reading, corrections)
    return clean_rubric(reading, inputs.counties) if source.layout == RUBRIC else reading


def _corrected(reading: Reading, corrections: Corrections) -> Reading:
    types: dict[Any, Any] = dict(reading.frame.dtypes)
    columns = {entry.column for entry in corrections.for_source(reading.source)}
    loose = reading.frame.astype({name: "object" for name in columns if name in types})
    return replace(reading, frame=correct(loose, reading.source, corrections).astype(types))


def _wrong_states(reading: Reading, states: pd.DataFrame, place: str) -> list[CoopError]:
    """Rows whose state name is not that of their code."""
    frame = reading.frame
    column = "state" if "state" in frame else "state_abbr"
    if not {column, "county_fips"} <= set(frame.columns):
        return []
    codes = match_states(frame[column], states)
    wrong = frame[(codes != frame["county_fips"].str[:2]).fillna(True).astype(bool)]
    return [
        DataError(
            place,
            f"{len(rows)} rows name the state '{name}', which is not the state of their code "
            f"(first {rows['county_fips'].iloc[0]})",
            "Restore the file as published, or correct the name.",
            rows["source_row"].tolist(),
        )
        for name, rows in wrong.groupby(column, sort=False, dropna=False)
    ]
