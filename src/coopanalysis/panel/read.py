"""Clean one raw file of a known layout, by itself."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd
import shapely

from coopanalysis.catalog.corrections import load_corrections
from coopanalysis.catalog.sources import release_sources, source_path
from coopanalysis.clean.agreements import clean_agreements, unmatched_rows_for_corrections
from coopanalysis.clean.rubric import clean_rubric
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel.inputs import ICE_LIST, RUBRIC
from coopanalysis.sources import READERS
from coopanalysis.sources.fetch import sha256_of
from coopanalysis.sources.reading import Reading


def read_one(
    layout: str,
    file: Path,
    out: Path | None = None,
    *,
    release: str = "public",
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
    release : str
        Release whose county and state lists are used.
    list_date : str, optional
        Day of an ICE list, YYYY-MM-DD; by default the MMDDYYYY in the file name.

    Returns
    -------
    reading : Reading
        Rows kept, cleaned, and rows rejected.
    advice : str
        What a person should look at: rows that no county matches, as entries ready for the
        corrections table. Empty if there is nothing.

    Raises
    ------
    UsageError
        If there is no such layout or release, or the day is no date.
    DataError
        If the file cannot be read, or the county list it needs is not there.
    """
    if layout not in READERS:
        raise UsageError(f"No layout '{layout}'. There are: {', '.join(sorted(READERS))}.")
    if list_date is not None and layout != ICE_LIST:
        raise UsageError(f"--list-date is for layout '{ICE_LIST}', not for '{layout}'.")
    day = _day(list_date)
    reading = READERS[layout](file, _known_id(file, layout, release))
    advice = ""
    if layout in (ICE_LIST, RUBRIC):
        counties, states = (_list(release, name) for name in ("county-names", "state-list"))
        if layout == ICE_LIST:
            reading = clean_agreements(reading, counties, states, load_corrections(), day)
            advice = _advice(reading, states)
        else:
            reading = clean_rubric(reading, counties)
    if out is not None:
        _write(reading.frame, out)
    return reading, advice


def _known_id(file: Path, layout: str, release: str) -> str:
    """Id of the source whose very bytes these are, so that its corrections apply; else ""."""
    same = [source for source in release_sources(release) if source.layout == layout]
    if not same or not file.is_file():
        return ""
    digest = sha256_of(file)
    return next((source.id for source in same if source.sha256 == digest), "")


def _day(list_date: str | None) -> date | None:
    if list_date is None:
        return None
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", list_date):
        raise UsageError(f"--list-date '{list_date}' is not a date as YYYY-MM-DD.")
    try:
        return date.fromisoformat(list_date)
    except ValueError as error:
        raise UsageError(f"--list-date '{list_date}' is not a date: {error}.") from error


def _list(release: str, layout: str) -> pd.DataFrame:
    for source in release_sources(release):
        if source.layout == layout:
            path = source_path(source, release)
            if not path.is_file():
                raise DataError(
                    source.path,
                    f"the {layout} file of release '{release}' is not there, and this layout "
                    "needs it",
                    f"Run `coopanalysis data fetch --release {release}`.",
                )
            return READERS[layout](path, source.id).frame
    raise DataError(f"manifest of {release}", f"has no source of layout '{layout}'", "Declare one.")


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
            f"cannot be written ({error.strerror})",
            "Name a file in a folder that is there.",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
