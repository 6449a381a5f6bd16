"""From master records to agency, year and county part: what was sent, by whom, and where."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from coopanalysis.catalog.agency_columns import (
    AGENCY_YEAR,
    COUNTS,
    NOT_EXPECTED,
    NOT_REPORTED,
    OFFENSES,
    REPORTED,
    REPORTED_ELSEWHERE,
    REPORTED_ZERO,
)
from coopanalysis.clean.ucr_counties import (
    CountyMatch,
    directory_texts,
    match_numbers,
    match_without_number,
)
from coopanalysis.clean.ucr_county_list import CountyList, NumberKey
from coopanalysis.clean.ucr_facts import Agencies
from coopanalysis.errors import DataError
from coopanalysis.paths import reference_dir
from coopanalysis.sources.reading import Reading

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
COUNT_COLUMNS: Final = tuple(f"{offense}_{card}" for offense in OFFENSES for card in COUNTS)

Floats = npt.NDArray[np.float64]
Column = npt.NDArray[Any] | pd.api.extensions.ExtensionArray


@dataclass(frozen=True)
class AgencyYears:
    """A cleaned master file.

    Attributes
    ----------
    frame : DataFrame
        Columns of `catalog.agency_columns.AGENCY_YEAR`: one row per agency, year and county
        part. Counts summed over the parts of an agency are those of its record.
    records : int
        Records read, each with one row or more.
    matches : DataFrame
        One row per county number of the file: `state_fips, ucr_county, county_fips,
        county_match`.
    """

    frame: pd.DataFrame
    records: int
    matches: pd.DataFrame


def read_ucr_states(path: Path | None = None) -> pd.DataFrame:
    """State codes of the Uniform Crime Reports.

    Returns
    -------
    DataFrame
        `ucr_state, ori_prefix, state_fips, state`; `state_fips` is missing for the Canal Zone.

    Raises
    ------
    DataError
        If a code repeats or a column is missing.
    """
    path = path or reference_dir() / "ucr_states.csv"
    return _read_reference(path, ("ucr_state", "ori_prefix", "state_fips", "state"), "ucr_state")


def read_former_county_names(path: Path | None = None) -> pd.DataFrame:
    """Names that counties bore before: `county_fips, former_name, renamed_year, note`.

    Raises
    ------
    DataError
        If a county repeats or a column is missing.
    """
    path = path or reference_dir() / "former_county_names.csv"
    columns = ("county_fips", "former_name", "renamed_year", "note")
    return _read_reference(path, columns, "county_fips")


def clean_return_a(
    reading: Reading,
    counties: pd.DataFrame,
    directory: pd.DataFrame | None = None,
    ucr_states: pd.DataFrame | None = None,
    former_names: pd.DataFrame | None = None,
) -> AgencyYears:
    """Find out for each agency what it sent and where its residents live.

    Parameters
    ----------
    reading : Reading
        What `read_return_a` returns.
    counties : DataFrame
        `county_fips, county` of the file's time, and `population_count` where it is known.
    directory : DataFrame, optional
        `ori7, county_text` of agencies, as `read_police_employees` gives them.
    ucr_states : DataFrame, optional
        `ucr_state, state_fips`; by default `read_ucr_states()`.
    former_names : DataFrame, optional
        `county_fips, former_name`; by default `read_former_county_names()`.

    Returns
    -------
    AgencyYears

    Raises
    ------
    DataError
        If a record has a state code that is not in `ucr_states`, or its identifier is of
        another state.
    """
    ucr_states = read_ucr_states() if ucr_states is None else ucr_states
    former_names = read_former_county_names() if former_names is None else former_names
    agencies = _with_state(reading, ucr_states)
    with _no_collection():
        county_list = CountyList(counties, former_names)
        texts = directory_texts(directory)
        forces = Agencies.of(agencies)
        numbers = match_numbers(forces, county_list, texts)
        alone = match_without_number(forces, numbers, county_list, texts)
        columns = _parts(agencies, reading.source)
        columns["county_fips"], columns["county_match"] = _place(columns, numbers, alone)
    frame = pd.DataFrame(
        {column.name: columns[column.name] for column in AGENCY_YEAR.columns}, copy=False
    )
    table = pd.DataFrame(
        [(*key, found.county_fips or None, found.county_match) for key, found in numbers.items()],
        columns=["state_fips", "ucr_county", "county_fips", "county_match"],
    ).astype("str")
    return AgencyYears(frame, len(agencies), table)


def reporting_status(agencies: pd.DataFrame) -> pd.Series:
    """Tell zero, not reported, reported elsewhere and not expected apart.

    Parameters
    ----------
    agencies : DataFrame, one row per agency and year
        `months_reported`, `covered_by_ori7`, `follow_up`, `mailing_group`, and the counts.

    Returns
    -------
    Series of str
        One of `catalog.agency_columns.REPORTING_STATUSES`. Months that an agency sent itself
        come before what is said of it. Not expected are agencies that sent nothing and that the
        FBI lists as no contributors or does not ask for missing returns.
    """
    actual = [f"{offense}_actual" for offense in OFFENSES]
    none = (agencies[actual].to_numpy() == 0).all(axis=1)
    sent = agencies["months_reported"].to_numpy() > 0
    covered = agencies["covered_by_ori7"].notna().to_numpy()
    unasked = (agencies["mailing_group"] == NON_CONTRIBUTOR) | (agencies["follow_up"] == "N")
    status = np.select(
        [sent & none, sent, covered, unasked.to_numpy()],
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
    rows = np.flatnonzero(agencies["covered_by_ori7"].notna())
    columns = ("ori7", "year", "covered_by_ori7")
    ori7, years, covering = _objects(agencies, columns)
    at_agency = dict(zip(zip(ori7, years, strict=True), range(len(ori7)), strict=True))
    for at in rows.tolist():
        other, year = covering[at], years[at]
        for _ in range(2):
            theirs = at_agency.get((other, year))
            if theirs is None:
                break
            months[at] = max(months[at], months[theirs])
            other = covering[theirs]
    return months


def _objects(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[npt.NDArray[np.object_]]:
    """Columns as arrays of objects, which are fast to walk through."""
    return [frame[name].to_numpy(dtype=object) for name in columns]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Matching makes many small containers, none in a cycle: searching them is lost time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


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
    numbers = {
        f"ucr_county_{part}": frame[f"ucr_county_{part}"].mask(
            frame[f"ucr_county_{part}"] == NO_COUNTY_NUMBER
        )
        for part in PARTS
    }
    return frame.assign(state_fips=frame["ucr_state"].map(codes).astype("str"), **numbers)


def _parts(agencies: pd.DataFrame, source: str) -> dict[str, Column]:
    """Columns with a row for each county with residents, and one at least for each agency."""
    residents = agencies[[f"population_{part}" for part in PARTS]].to_numpy()
    total = residents.sum(axis=1)
    in_part = residents > 0
    in_part[total == 0, 0] = True
    row, part = np.nonzero(in_part)
    share = np.where(total[row] > 0, residents[row, part] / np.maximum(total[row], 1), 1.0)
    columns: dict[str, Column] = {}
    for name in _KEPT:
        values = agencies[name].array.take(row)
        columns[name] = values.astype("int64") if name.startswith("months_") else values
    columns["reporting_status"] = reporting_status(agencies).array.take(row)
    columns["months_covered"] = months_covered(agencies)[row]
    columns["source"] = pd.array([source], dtype="str").take(np.zeros(len(row), np.intp))
    columns["ucr_county"] = _pick([agencies[f"ucr_county_{at}"] for at in PARTS], row, part)
    columns["county_part"] = (part + 1).astype(np.int64)
    columns["county_part_share"] = share
    columns["population_covered"] = residents[row, part].astype(np.int64)
    counts = np.asfortranarray(_split(_counts(agencies), row, share))
    return columns | {name: counts[:, at] for at, name in enumerate(COUNT_COLUMNS)}


def _pick(
    columns: list[pd.Series], row: npt.NDArray[np.intp], part: npt.NDArray[np.intp]
) -> pd.api.extensions.ExtensionArray:
    """Of several columns the value of one for each row."""
    picked: pd.api.extensions.ExtensionArray = columns[0].array.take(row)
    for at in range(1, len(columns)):
        rows = np.flatnonzero(part == at)
        picked[rows] = columns[at].array.take(row[rows])
    return picked


def _counts(agencies: pd.DataFrame) -> Floats:
    """Counts of each record; missing where none were sent, which is not zero."""
    counts = agencies[list(COUNT_COLUMNS)].to_numpy(dtype=np.float64, copy=True)
    for number, name in enumerate(COUNT_COLUMNS):
        offense, card = name.rsplit("_", 1)
        months = agencies[COUNTS[card][0]]
        if offense == "simple_assault":
            only_totals = agencies[f"{COUNTS[card][0]}_totals_only"] == months
            counts[only_totals & (counts[:, number] == 0), number] = np.nan
        counts[months == 0, number] = np.nan
    return counts


def _split(counts: Floats, row: npt.NDArray[np.intp], share: Floats) -> Floats:
    """Counts by part; the last part takes the rest, so that the parts add up."""
    parts = counts[row]
    split = np.flatnonzero(share < 1)
    parts[split] *= share[split, None]
    last = np.append(row[1:] != row[:-1], True)
    first = np.append(True, row[1:] != row[:-1])
    several = np.flatnonzero(last & ~first)
    for at in several:
        start = at - 1 if first[at - 1] else at - 2
        parts[at] = counts[row[at]] - parts[start:at].sum(axis=0)
    return parts


def _place(
    columns: dict[str, Column],
    numbers: dict[NumberKey, CountyMatch],
    alone: dict[str, CountyMatch],
) -> tuple[Column, Column]:
    matches = [*numbers.values(), *alone.values()]
    at = {key: number for number, key in enumerate(numbers)}
    at_alone = {ori7: number for number, ori7 in enumerate(alone, len(numbers))}
    states, parts, agencies = (
        np.asarray(columns[name], dtype=object) for name in ("state_fips", "ucr_county", "ori7")
    )
    rows = [
        at[state, number] if isinstance(number, str) else at_alone[ori7]
        for state, number, ori7 in zip(states, parts, agencies, strict=True)
    ]
    codes, facts = (
        pd.array(pa.array(column, pa.large_string()), dtype="str").take(rows)
        for column in (
            [match.county_fips or None for match in matches],
            [match.county_match for match in matches],
        )
    )
    return codes, facts


def _read_reference(path: Path, columns: tuple[str, ...], key: str) -> pd.DataFrame:
    if not path.is_file():
        raise DataError(str(path), "the table is missing", "Restore it from version control.")
    table = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    lacking = [name for name in columns if name not in table]
    if lacking:
        raise DataError(path.name, f"lacks the columns {lacking}", "Restore the table.")
    repeated = table[key].duplicated()
    if repeated.any():
        raise DataError(
            path.name,
            f"{repeated.sum()} values of {key} repeat",
            "Keep one line of each.",
            rows=[int(at) + 2 for at in np.flatnonzero(repeated)],
        )
    return table
