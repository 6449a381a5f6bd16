"""From master records to agency, year and county part: what was sent, by whom, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from coopanalysis.catalog.tables import AGENCY_YEAR
from coopanalysis.clean.agency_crosswalk import (
    crosswalk_counties,
    crosswalk_verdicts,
    name_crosswalk,
    place_by_crosswalk,
)
from coopanalysis.clean.ucr_counties import (
    NO_FACT,
    CountyMatches,
    directory_texts,
    facts_without_number,
    match_numbers,
    match_without_number,
)
from coopanalysis.clean.ucr_county_list import CountyList
from coopanalysis.clean.ucr_facts import Agencies, texts_of
from coopanalysis.errors import DataError
from coopanalysis.paths import reference_dir
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.reference import read_text
from coopanalysis.vocabulary import (
    MONTHS_OF_COUNTS,
    NOT_EXPECTED,
    NOT_REPORTED,
    OFFENSES,
    REPORTED,
    REPORTED_ELSEWHERE,
    REPORTED_ZERO,
)

PARTS: Final = (1, 2, 3)
NO_COUNTY_NUMBER: Final = "000"
NON_CONTRIBUTOR: Final = "7"
_KEPT: Final = (
    "state_fips",
    "ori7",
    "agency",
    "population_group",
    "year",
    "last_month_reported",
    "months_reported",
    "months_unfounded_reported",
    "months_cleared_reported",
    "covered_by_ori7",
    "source_file",
    "source_row",
)
COUNT_COLUMNS: Final = tuple(
    f"{offense}_{card}" for offense in OFFENSES for card in MONTHS_OF_COUNTS
)

Floats = npt.NDArray[np.float64]
Column = npt.NDArray[Any] | pd.api.extensions.ExtensionArray


@dataclass(frozen=True)
class AgencyYears:
    """A cleaned master file: `records` read, in one row per agency, year and county part.

    Counts summed over the parts of an agency are those of its record. `matches` has one row per
    county number of the file: `state_fips, ucr_county, county_fips, county_match`. `crosswalk` has
    one per agency: `ori7, agency, crosswalk_fips` (its county by the crosswalk of agencies, missing
    where that has none of the list) and `verdict`, of `agency_crosswalk.Verdict`.
    """

    frame: pd.DataFrame
    records: int
    matches: pd.DataFrame
    crosswalk: pd.DataFrame


def read_former_county_names(path: Path | None = None) -> pd.DataFrame:
    """Names that counties bore before: `county_fips, former_name, renamed_year, note`."""
    path = path or reference_dir() / "former_county_names.csv"
    table = read_text(path)
    lacking = [
        name for name in ("county_fips", "former_name", "renamed_year", "note") if name not in table
    ]
    if lacking:
        raise DataError(path.name, f"lacks the columns {lacking}", "Restore the table.")
    repeated = table["county_fips"].duplicated()
    if repeated.any():
        raise DataError(
            path.name,
            f"{repeated.sum()} values of county_fips repeat",
            "Keep one line of each.",
            rows=[int(at) + 2 for at in np.flatnonzero(repeated)],
        )
    return table


def clean_return_a(
    reading: Reading,
    counties: pd.DataFrame,
    directory: pd.DataFrame | None,
    ucr_states: pd.DataFrame,
    former_names: pd.DataFrame | None = None,
    crosswalk: pd.DataFrame | None = None,
) -> AgencyYears:
    """Find out for each agency what it sent and where its residents live.

    `counties` (`county_fips, county`, and `population_count` where it is known) is the list of the
    file's time; `directory` holds `ori7, county_text`; `crosswalk` is what `clean_crosswalk`
    returned. `DataError` if a record's state code is not in `ucr_states`, or its identifier is of
    another state.
    """
    former_names = read_former_county_names() if former_names is None else former_names
    agencies = _with_state(reading, ucr_states)
    county_list = CountyList(counties, former_names)
    texts = directory_texts(directory)
    forces = Agencies.of(agencies)
    numbers = match_numbers(forces, county_list, texts)
    facts = facts_without_number(forces, numbers, county_list, texts)
    alone = match_without_number(forces, facts, county_list)
    parts = _divide(agencies)
    columns = _columns(agencies, parts, reading.source)
    rows = _places(forces, parts)
    own = _by_part(rows, numbers, alone)
    theirs = crosswalk_counties(agencies, crosswalk, counties)
    may_tell = theirs.telling(forces.residents.sum(axis=1) > 0)
    placed = place_by_crosswalk(alone, facts, may_tell[~forces.has_number], county_list)
    put = _numbered(_by_part(rows, numbers, placed), forces, parts, may_tell)
    matches = name_crosswalk(put, theirs.county_fips[parts.row])
    columns |= {"county_fips": _texts(put.county_fips), "county_match": _texts(matches)}
    frame = pd.DataFrame({column.name: columns[column.name] for column in AGENCY_YEAR.columns})
    by_number = pd.DataFrame(
        {
            "state_fips": _texts(state for state, _ in forces.keys),
            "ucr_county": _texts(number for _, number in forces.keys),
            "county_fips": _texts(numbers.county_fips),
            "county_match": _texts(numbers.county_match),
        }
    )
    verdicts = crosswalk_verdicts(
        parts.row, _is_largest(parts), own.county_fips, put.county_fips, theirs.county_fips
    )
    compared = agencies[["ori7", "agency"]].assign(
        crosswalk_fips=_texts(theirs.county_fips), verdict=_texts(verdicts)
    )
    return AgencyYears(frame, len(agencies), by_number, compared)


def agency_reporting_status(agencies: pd.DataFrame) -> pd.Series:
    """Tell zero, not reported, reported elsewhere and not expected apart.

    One of `vocabulary.REPORTING_STATUSES`. Months that an agency sent itself come before what is
    said of it. Not expected are agencies that sent nothing and that the FBI lists as no
    contributors or does not ask for missing returns.
    """
    actual = [f"{offense}_actual" for offense in OFFENSES]
    none = np.logical_and.reduce([agencies[name].to_numpy() == 0 for name in actual])
    sent = agencies["months_reported"].to_numpy() > 0
    covered = agencies["covered_by_ori7"].notna().to_numpy()
    unasked = (agencies["mailing_group"] == NON_CONTRIBUTOR) | (agencies["follow_up"] == "N")
    status = np.select(
        [sent & none, sent, covered, unasked.to_numpy(dtype=bool)],
        [REPORTED_ZERO, REPORTED, REPORTED_ELSEWHERE, NOT_EXPECTED],
        NOT_REPORTED,
    )
    return pd.Series(status, index=agencies.index, dtype="str")


def months_covered(agencies: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Months in which the crimes of an agency's residents are in the file.

    Its own months, or those of the agency that reports for it if these are more. One step is
    followed: where that agency is itself covered by a third, the third is asked too.
    """
    months = agencies["months_reported"].to_numpy(dtype=np.int64, copy=True)
    year = "/" + agencies["year"].astype("str")
    ori7, covering = (texts_of(agencies[name] + year) for name in ("ori7", "covered_by_ori7"))
    theirs = pc.index_in(covering, ori7).fill_null(-1).to_numpy(zero_copy_only=False)
    for at in np.flatnonzero(theirs >= 0).tolist():
        other = theirs[at]
        for _ in range(2):
            if other < 0:
                break
            months[at] = max(months[at], months[other])
            other = theirs[other]
    return months


def _with_state(reading: Reading, ucr_states: pd.DataFrame) -> pd.DataFrame:
    frame = reading.frame
    codes = dict(zip(ucr_states["ucr_state"], ucr_states["state_fips"], strict=True))
    unknown = ~frame["ucr_state"].isin(list(codes))
    if unknown.any():
        raise DataError(
            reading.source,
            f"{unknown.sum()} records have a state code that is not in the list of states: "
            f"{', '.join(sorted(map(str, frame.loc[unknown, 'ucr_state'].unique()))[:5])}",
            "Add the code to data/raw/reference/ucr_states.csv.",
            rows=[int(row) for row in frame.loc[unknown, "source_row"]],
        )
    _check_prefixes(reading, ucr_states)
    numbers = {
        name: frame[name].mask(frame[name] == NO_COUNTY_NUMBER)
        for name in (f"ucr_county_{part}" for part in PARTS)
    }
    return frame.assign(state_fips=frame["ucr_state"].map(codes).astype("str"), **numbers)


def _check_prefixes(reading: Reading, ucr_states: pd.DataFrame) -> None:
    """Raise if an identifier starts with the letters of another state than the record's."""
    frame = reading.frame
    prefixes = dict(zip(ucr_states["ucr_state"], ucr_states["ori_prefix"], strict=True))
    expected = frame["ucr_state"].map(prefixes)
    wrong = (frame["ori7"].str[:2] != expected).to_numpy(dtype=bool)
    if not wrong.any():
        return
    first = frame[wrong].iloc[0]
    raise DataError(
        reading.source,
        f"{wrong.sum()} records have an identifier of another state, first '{first['ori7']}' in "
        f"state {first['ucr_state']}, whose identifiers start with {expected[wrong].iloc[0]}",
        "Restore the file; if the FBI numbers it so, mend the prefix in the list of its states.",
        rows=[int(row) for row in frame.loc[wrong, "source_row"]],
    )


def _texts(values: Iterable[object]) -> pd.api.extensions.ExtensionArray:
    """Texts as a column of them; missing where they are empty."""
    texts = pd.Series([one or None for one in values], dtype="str")
    column: pd.api.extensions.ExtensionArray = texts.array
    return column


class _Parts(NamedTuple):
    """A row for each county with residents, and one at least for each agency.

    `row` is the place of the agency, `part` 0, 1 or 2; `share` and `residents` those of the part.
    """

    row: npt.NDArray[np.intp]
    part: npt.NDArray[np.intp]
    share: Floats
    residents: npt.NDArray[np.int64]


def _divide(agencies: pd.DataFrame) -> _Parts:
    residents = agencies[[f"population_{part}" for part in PARTS]].to_numpy()
    total = residents.sum(axis=1)
    in_part = residents > 0
    in_part[total == 0, 0] = True
    row, part = np.nonzero(in_part)
    share = np.where(total[row] > 0, residents[row, part] / np.maximum(total[row], 1), 1.0)
    return _Parts(row, part, share, residents[row, part].astype(np.int64))


def _columns(agencies: pd.DataFrame, parts: _Parts, source: str) -> dict[str, Column]:
    """Columns of the table that need no match."""
    row = parts.row
    columns: dict[str, Column] = {}
    for name in _KEPT:
        values = agencies[name].array.take(row)
        columns[name] = values.astype("int64") if name.startswith("months_") else values
    columns["reporting_status"] = agency_reporting_status(agencies).array.take(row)
    columns["months_covered"] = months_covered(agencies)[row]
    columns["source"] = pd.array([source] * len(row), dtype="str")
    numbers = agencies[[f"ucr_county_{at}" for at in PARTS]].to_numpy(dtype=object)
    columns["ucr_county"] = pd.array(numbers[row, parts.part], dtype="str")
    columns["county_part"] = (parts.part + 1).astype(np.int64)
    columns["county_part_share"] = parts.share
    columns["population_covered"] = parts.residents
    counts = _split(_counts(agencies), parts)
    return columns | dict(zip(COUNT_COLUMNS, counts, strict=True))


def _counts(agencies: pd.DataFrame) -> Floats:
    """Counts of each record, by column; missing where none were sent, which is not zero."""
    counts = np.empty((len(COUNT_COLUMNS), len(agencies)))
    columns = MONTHS_OF_COUNTS.items()
    months = {card: agencies[name].to_numpy() for card, name in columns}
    totals = {card: agencies[f"{name}_totals_only"].to_numpy() for card, name in columns}
    for values, name in zip(counts, COUNT_COLUMNS, strict=True):
        offense, card = name.rsplit("_", 1)
        values[:] = agencies[name].to_numpy()
        if offense == "simple_assault":
            values[(totals[card] == months[card]) & (values == 0)] = np.nan
        values[months[card] == 0] = np.nan
    return counts


def _split(counts: Floats, parts: _Parts) -> Floats:
    """Counts by column and part; the last part takes the rest, so that the parts add up."""
    row = parts.row
    shared = counts.take(row, axis=1)
    split = np.flatnonzero(parts.share < 1)
    shared[:, split] *= parts.share[split]
    last = np.append(row[1:] != row[:-1], True)
    first = np.append(True, row[1:] != row[:-1])
    rest = np.flatnonzero(last & ~first)
    others = shared[:, rest - 1]
    third = np.flatnonzero(~first[rest - 1])
    others[:, third] = shared[:, rest[third] - 2] + others[:, third]
    shared[:, rest] = counts[:, row[rest]] - others
    return shared


def _by_part(
    rows: npt.NDArray[np.intp], numbers: CountyMatches, alone: CountyMatches
) -> CountyMatches:
    """Put each part's match in its place, which `_places` returned."""
    columns = zip(numbers, alone, NO_FACT, strict=True)
    stacked = [np.array([*first, *then, last], dtype=object) for first, then, last in columns]
    return CountyMatches(*(column[rows] for column in stacked))


def _numbered(
    found: CountyMatches, forces: Agencies, parts: _Parts, may_tell: npt.NDArray[np.object_]
) -> CountyMatches:
    """Let the crosswalk tell the county of agencies in one county whose number says nothing."""
    told = may_tell[parts.row]
    one_part = np.bincount(parts.row)[parts.row] == 1
    silent = (found.county_match == NO_FACT.county_match) & forces.has_number[parts.row]
    tell = (found.county_fips == "") & (told != "") & silent & one_part
    return CountyMatches(
        np.where(tell, told, found.county_fips), np.where(tell, "", found.county_match)
    )


def _is_largest(parts: _Parts) -> npt.NDArray[np.bool_]:
    """Whether a part is the largest of its agency; of equal ones the first."""
    order = np.lexsort((parts.part, -parts.share, parts.row))
    largest = np.zeros(len(order), bool)
    largest[order[np.diff(parts.row[order], prepend=-1) > 0]] = True
    return largest


def _places(forces: Agencies, parts: _Parts) -> npt.NDArray[np.intp]:
    """Place of each part's match: county numbers first, then agencies without; last no fact."""
    lacks = ~forces.has_number
    alone = np.where(lacks, len(forces.keys) + np.cumsum(lacks) - 1, -1)
    key = forces.key[parts.row, parts.part]
    return np.where(key >= 0, key, alone[parts.row])
