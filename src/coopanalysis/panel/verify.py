"""What can be wrong with a raw file, found and said in one message per file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import ABROAD
from coopanalysis.catalog.reject_reasons import is_expected
from coopanalysis.catalog.sources import Source, source_path
from coopanalysis.clean.county_names import match_states
from coopanalysis.clean.place_codes import STATES
from coopanalysis.errors import CoopError, DataError
from coopanalysis.panel.record import shown_path
from coopanalysis.sources.identity import mismatch, sha256_of
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.urban import METRIC_FILES

_SHOWN = 5
OF_EACH_YEAR = ("urban-population", *METRIC_FILES)
"""Layouts whose rows are about the county and the year that they name."""
_TIMES = {
    **dict.fromkeys((*OF_EACH_YEAR, "police-employees"), "year"),
    "npr-declined": "year",
    "facilities-panel": "fiscal_year",
    "facility-headcount": "date",
    "facility-daily": "date",
}
"""Column of a layout with years or days, which its vintage has to reach."""
_TIME = re.compile(r"(?<!\d)\d{4}(?:-\d\d){0,2}(?!\d)")
"""A year, month or day in a vintage."""


def check_file(source: Source, release: str) -> tuple[str, DataError | None]:
    """SHA-256 of a source's file (empty if it is not there), and what speaks against it."""
    path = source_path(source, release)
    place = shown_path(path)
    fetch = f"`coopanalysis data fetch --release {release}`."
    restore = f"Restore it: `git checkout -- {place}`."
    if not path.is_file():
        remedy = f"Run {fetch}" if source.url else restore
        missing = DataError(place, "the file is missing", remedy)
        return "", None if source.optional else missing
    digest = sha256_of(path)
    problem = mismatch(path, source) if source.git_blob else ""
    if source.sha256 and digest != source.sha256:
        size = path.stat().st_size
        problem = (
            f"is not the file of the manifest: SHA-256 {digest[:12]}…, expected "
            f"{source.sha256[:12]}…; {size:,} bytes, expected {source.bytes:,}"
        )
    remedy = f"Delete it and run {fetch}" if source.url else restore
    return digest, DataError(place, problem, remedy) if problem else None


def check_rows(source: Source, reading: Reading, place: str) -> DataError | None:
    """What speaks against the number of rows of a file."""
    if not source.rows or reading.rows_in == source.rows:
        return None
    difference = reading.rows_in - source.rows
    last = max([0, *reading.frame["source_row"], *reading.rejects["row"]])
    than = "more than" if difference > 0 else "missing of"
    return DataError(
        place,
        f"has {reading.rows_in:,} data rows, the last in row {last:,}; {abs(difference)} {than} "
        f"the {source.rows:,} that the manifest declares",
        "If it is a new edition, declare it in the manifest; else restore the file.",
    )


def damaged_rows(reading: Reading, place: str) -> list[CoopError]:
    """One failure for each reason to reject rows that a sound file does not give."""
    rejects = reading.rejects
    unexpected = rejects[~rejects["reason"].map(is_expected).astype(bool)]
    return [
        DataError(
            place,
            f"{len(rows)} rows{f' of sheet {sheet!r}' if sheet else ''} cannot be used, {reason}",
            f"The first holds {rows['raw'].iloc[0]}. If the publisher wrote it so, put it right in "
            f'data/raw/reference/corrections.toml, with source = "{reading.source}" and the row.',
            rows["row"].tolist(),
        )
        for (sheet, reason), rows in unexpected.groupby(["sheet", "reason"], sort=False)
    ]


def years_of(source: Source) -> list[int]:
    """Years that the vintage of a source names, in its order."""
    return [int(year) for year in re.findall(r"(?<!\d)\d{4}(?!\d)", source.vintage)]


def other_times(reading: Reading, source: Source, place: str) -> list[CoopError]:
    """Rows of years or days that the vintage of their source does not reach."""
    name, reached = _TIMES.get(source.layout, ""), _TIME.findall(source.vintage)
    if not name or not reached:
        return []
    first, last = min(reached), max(reached, key=lambda text: text.ljust(len("YYYY-MM-DD"), "~"))
    texts = {time: str(time)[: len("YYYY-MM-DD")] for time in reading.frame[name].unique()}
    other = [
        time
        for time, text in sorted(texts.items())
        if text[: len(first)] < first[: len(text)] or text[: len(last)] > last[: len(text)]
    ]
    if not other:
        return []
    rows = reading.frame[reading.frame[name].isin(other)]
    shown = ", ".join(texts[time] for time in other[:_SHOWN])
    return [
        DataError(
            place,
            f"{len(rows)} rows are of {name}s ({shown}) outside of the vintage '{source.vintage}'",
            "If it is a new edition, declare its vintage in the manifest; else restore the file.",
            rows["source_row"].tolist(),
        )
    ]


def unknown_states(reading: Reading, states: pd.DataFrame, place: str) -> list[CoopError]:
    """Rows about a county or a facility whose state is not in the list of states."""
    frame = reading.frame
    code = "facility" if "facility" in frame else "county_fips"
    column = next((name for name in STATES if name in frame), "")
    if not {column, code} <= set(frame.columns):
        return []
    is_unknown = match_states(frame[column], states).isna()
    if code == "facility":
        is_unknown &= ~frame[column].isin(["", *ABROAD])
    unknown = frame[is_unknown]
    return [
        DataError(
            place,
            f"{len(rows)} rows name the state '{name}', which is not in the list of states "
            f"(first {rows[code].iloc[0]})",
            "If the publisher wrote it so, correct it in data/raw/reference/corrections.toml; "
            "else restore the file.",
            rows["source_row"].tolist(),
        )
        for name, rows in unknown.groupby(column, sort=False, dropna=False)
    ]


def absent_rows(
    reading: Reading, source: Source, counties: pd.DataFrame, place: str
) -> list[CoopError]:
    """Which rows a file with too few of them probably lacks, by county and year.

    A county of the base list that has no row in one year, but has one in the years beside it,
    or, in a file of one year, has none.
    """
    frame = reading.frame
    if reading.rows_in >= source.rows or "county_fips" not in frame:
        return []
    base = set(counties["county_fips"])
    if "year" not in frame:
        absent = sorted(base - set(frame["county_fips"]))
    else:
        years = sorted(frame["year"].unique())
        codes = [set(frame.loc[frame["year"] == year, "county_fips"]) for year in years]
        absent = []
        for at, year in enumerate(years):
            beside = [codes[other] for other in (at - 1, at + 1) if 0 <= other < len(years)]
            expected = set.intersection(base, *beside)
            absent += [f"{code} in {year}" for code in sorted(expected - codes[at])]
    if not absent:
        return []
    more = f" and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
    return [DataError(place, f"without a row is county {', '.join(absent[:_SHOWN])}{more}", "")]


def one_per_file(failures: Sequence[CoopError]) -> list[CoopError]:
    """Put all that was found in one file into one failure, in the order found."""
    grouped: dict[str, list[CoopError]] = {}
    for number, failure in enumerate(failures):
        where = Path(failure.where) if isinstance(failure, DataError) else Path()
        grouped.setdefault(where.name if where.suffix else str(number), []).append(failure)
    return [_joined(group) if len(group) > 1 else group[0] for group in grouped.values()]


def _joined(group: Sequence[CoopError]) -> CoopError:
    found = [failure for failure in group if isinstance(failure, DataError)]
    remedies = dict.fromkeys(failure.remedy for failure in found if failure.remedy)
    return DataError(
        found[0].where, "; ".join(failure.finding for failure in found), " ".join(remedies)
    )
