"""Read and clean every raw file of a release, and collect whatever is wrong with any of them.

A file whose hash is wrong is read all the same, so that the failure also says what in it is
different: a column, the number of rows, a state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from coopanalysis import paths
from coopanalysis.catalog.corrections import Corrections, correct
from coopanalysis.catalog.raw_columns import FIGURES
from coopanalysis.catalog.sources import ICE_LIST, ICE_SERIES, Source, source_path
from coopanalysis.clean.agency_crosswalk import clean_crosswalk
from coopanalysis.clean.agreements import clean_agreements
from coopanalysis.clean.detention import RECORDS
from coopanalysis.clean.people import QUICKFACTS, place_by_name, set_aside_unknown
from coopanalysis.clean.place_codes import has_places, reject_other_places
from coopanalysis.clean.rubric import clean_rubric
from coopanalysis.errors import CoopError, DataError
from coopanalysis.panel.record import shown_path
from coopanalysis.panel.verify import (
    absent_rows,
    check_file,
    check_rows,
    damaged_rows,
    one_per_file,
    other_times,
    unknown_states,
)
from coopanalysis.sources import READERS
from coopanalysis.sources.reading import Reading

RUBRIC = "ilrc-rubric"
RETURN_A, UCR_STATES, AGENCY_CROSSWALK = "fbi-return-a", "ucr-states", "agency-crosswalk"
LISTS = ("state-list", "county-names")
Wanted = tuple[str, str]
REQUIRED: tuple[Wanted, ...] = (
    *((layout, "") for layout in LISTS),
    ("urban-population", ""),
    ("urban-race-ethnicity", ""),
    ("urban-crime", ""),
    ("acs-wide", ""),
    ("votes-president", "2020"),
    ("secure-communities", ""),
    ("topojson", ""),
)
"""Layout, and vintage where files of several are used, that a release has exactly one file of.
Of ICE lists it has one or more."""
PEOPLE: tuple[Wanted, ...] = (
    ("acs-noncitizens", "2012-2016"),
    ("medsl-context", "2012-2016"),
    (QUICKFACTS, "2015-2019"),
    ("cdc-svi", "2016-2020"),
    ("cdc-svi", "2018-2022"),
    ("rural-urban", ""),
    ("ice-field-offices", ""),
)
"""Of residents and the kind of county; a release may lack any."""
POLICE = "police-employees"
FACILITY_CODES = "facility-codes"
DETENTION: tuple[Wanted, ...] = tuple((layout, "") for layout in (*RECORDS, FACILITY_CODES))
"""Of places of detention; likewise."""
DETAINERS = "npr-declined"
OPTIONAL: tuple[Wanted, ...] = (
    (RUBRIC, ""),
    ("urban-juvenile-arrests", ""),
    ("urban-juvenile-arrests-subgroup", ""),
    ("urban-income", ""),
    ("urban-employment", ""),
    ("urban-poverty-exposure", ""),
    ("urban-hs-degree", ""),
    ("urban-turnout", ""),
    ("votes-president", "2024"),
    ("census-counties", "2019"),
    ("census-counties", "2023"),
    (POLICE, ""),
    ("topojson-later", ""),
    (UCR_STATES, ""),
    (RETURN_A, ""),
    (AGENCY_CROSSWALK, ""),
    *PEOPLE,
    *DETENTION,
    (DETAINERS, ""),
)
"""The same, of which a release has one file or none (of Return A any number, one a year; they are
read by `panel.agency_years`): then their columns are missing throughout,
and the record of the build names them. Any other file is read and checked, and used no further."""
Progress = Callable[[str], None]
Reader = Callable[[Path, str], Reading]


@dataclass
class Inputs:
    """Every reading of a release, cleaned, and all failures met on the way.

    Everything is by source id, in the order of the manifest; files that could not be read have no
    reading. `layouts` lists the ids of each layout, without the files that are only checked.
    `hashes` are SHA-256, `sizes` bytes.
    """

    readings: dict[str, Reading] = field(default_factory=dict)
    layouts: dict[str, list[str]] = field(default_factory=dict)
    vintages: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    failures: list[CoopError] = field(default_factory=list)

    def find(self, layout: str, vintage: str = "") -> Reading | None:
        """The one reading of a layout (and vintage); None if the release has none."""
        found = [
            identifier
            for identifier in self.layouts.get(layout, [])
            if vintage in ("", self.vintages[identifier])
        ]
        return self.readings[found[0]] if found else None

    def frame(self, layout: str, vintage: str = "") -> pd.DataFrame | None:
        """Rows of the one file of a layout (and vintage); None if the release has none."""
        reading = self.find(layout, vintage)
        return None if reading is None else reading.frame

    def only(self, layout: str, vintage: str = "") -> Reading:
        """The one reading of a layout (and vintage) that every release has."""
        reading = self.find(layout, vintage)
        if reading is None:
            raise KeyError(f"{layout} {vintage}")
        return reading

    @property
    def not_in_release(self) -> list[str]:
        """Layouts (and vintages) that a release may have and this one has not."""
        return [
            f"{layout} {vintage}".strip()
            for layout, vintage in OPTIONAL
            if self.find(layout, vintage) is None
        ]

    @property
    def counties(self) -> pd.DataFrame:
        """The base list."""
        return self.only("county-names").frame

    @property
    def states(self) -> pd.DataFrame:
        """The state list."""
        return self.only("state-list").frame

    @property
    def ucr_states(self) -> pd.DataFrame:
        """State codes and letters of the FBI: those of the release, or those the project keeps."""
        states = self.frame(UCR_STATES)
        return reference_ucr_states() if states is None else states

    @property
    def rubric(self) -> Reading | None:
        """The cleaned rubric, if the release has one."""
        return self.find(RUBRIC)

    @property
    def lists(self) -> list[Reading]:
        """Cleaned ICE lists, in the order of the manifest."""
        return [self.readings[identifier] for identifier in self.layouts.get(ICE_LIST, [])]

    @property
    def all_lists(self) -> list[Reading]:
        """The same, with the lists of other days, from which only spells are made."""
        series = self.layouts.get(ICE_SERIES, [])
        return [*self.lists, *(self.readings[identifier] for identifier in series)]


def reference_ucr_states() -> pd.DataFrame:
    """State codes of the FBI that the project keeps, for releases without a list of their own."""
    return READERS[UCR_STATES](paths.reference_dir() / "ucr_states.csv", UCR_STATES).frame


def read_inputs(
    release: str, sources: tuple[Source, ...], corrections: Corrections, progress: Progress
) -> Inputs:
    """Read and clean every file; what is missing, changed or of no use is among the `failures`."""
    progress(f"{release}: reading {len(sources)} raw files")
    inputs = read_files(release, sources, corrections)
    _check_layouts(release, sources, inputs)
    inputs.failures = one_per_file(inputs.failures)
    return inputs


def read_files(release: str, sources: Sequence[Source], corrections: Corrections) -> Inputs:
    """Read and clean some files, the lists of states and counties among them."""
    inputs = Inputs()
    for source in sources:
        if source.layout == RETURN_A and not source.checked_only:
            continue
        reading = read_source(source, release, inputs)
        if reading is not None:
            inputs.readings[source.id] = reading
            inputs.vintages[source.id] = source.vintage
            if not source.checked_only:
                inputs.layouts.setdefault(source.layout, []).append(source.id)
    if all(len(inputs.layouts.get(layout, [])) == 1 for layout in LISTS):
        for source in sources:
            if source.id in inputs.readings:
                _clean_source(source, release, inputs, corrections)
    return inputs


def _clean_source(source: Source, release: str, inputs: Inputs, corrections: Corrections) -> None:
    reading, place = inputs.readings[source.id], shown_path(source_path(source, release))
    inputs.failures += absent_rows(reading, source, inputs.counties, place)
    inputs.failures += other_times(reading, source, place)
    try:
        cleaned = _clean(reading, source, inputs, corrections)
    except DataError as error:
        inputs.failures.append(error)
        return
    inputs.failures += damaged_rows(cleaned, place)
    if source.layout != RUBRIC or source.sha256:
        inputs.failures += unknown_states(reading, inputs.states, place)
    inputs.readings[source.id] = cleaned


def read_source(
    source: Source, release: str, inputs: Inputs, reader: Reader | None = None
) -> Reading | None:
    """Check and read one file; put its hash, its size and what is wrong with it into `inputs`.

    `reader` is called with path and id once the hash is known; None comes back if there is no file
    or it cannot be read.
    """
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
        reading = (reader or READERS[source.layout])(path, source.id)
    except DataError as error:
        inputs.failures.append(error)
        return None
    failure = check_rows(source, reading, shown_path(path))
    if failure:
        inputs.failures.append(failure)
    return reading


def _check_layouts(release: str, sources: tuple[Source, ...], inputs: Inputs) -> None:
    for layout, vintage in ((ICE_LIST, ""), *REQUIRED, *OPTIONAL):
        names = [
            source.id
            for source in sources
            if source.layout == layout
            and vintage in ("", source.vintage)
            and not source.checked_only
        ]
        may_lack, may_repeat = (layout, vintage) in OPTIONAL, layout in (ICE_LIST, RETURN_A)
        if len(names) == 1 or (names and may_repeat) or (not names and may_lack):
            continue
        inputs.failures.append(
            DataError(
                f"manifest of {release}",
                f"needs one source of layout '{layout}'{vintage and f' and vintage {vintage}'} "
                f"and has {', '.join(names) or 'none'}",
                "Declare exactly one.",
            )
        )


def _clean(reading: Reading, source: Source, inputs: Inputs, corrections: Corrections) -> Reading:
    if source.layout in (ICE_LIST, ICE_SERIES):
        return clean_agreements(
            reading, inputs.counties, inputs.states, corrections, source.vintage
        )
    if corrections.for_source(source.id):
        reading = corrected(reading, corrections)
    if source.layout == AGENCY_CROSSWALK:
        return clean_crosswalk(reading, inputs.ucr_states, inputs.counties)
    if source.layout == QUICKFACTS:
        reading = place_by_name(reading, inputs.counties, inputs.states)
    if source.layout in FIGURES:
        reading = set_aside_unknown(reading, FIGURES[source.layout], inputs.counties)
    if has_places(reading):
        reading = reject_other_places(reading, inputs.counties, inputs.states)
    return clean_rubric(reading, inputs.counties) if source.layout == RUBRIC else reading


def corrected(reading: Reading, corrections: Corrections) -> Reading:
    """Put the cells of a reading right that the corrections table has."""
    types: dict[Any, Any] = dict(reading.frame.dtypes)
    columns = {entry.column for entry in corrections.for_source(reading.source)}
    loose = reading.frame.astype({name: "object" for name in columns if name in types})
    return replace(reading, frame=correct(loose, reading.source, corrections).astype(types))
