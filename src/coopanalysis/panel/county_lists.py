"""Whether the counties of each file are those of the county list of its year.

A file of the wrong year looks right in every row. What gives it away is a few codes: those of
Connecticut, of Alaska, of counties that changed their code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from coopanalysis.catalog.sources import Source
from coopanalysis.clean.vintages import (
    LAST_CODE,
    Vintages,
    check_codes,
    county_codes,
    load_vintages,
)
from coopanalysis.errors import CoopError, DataError, UsageError
from coopanalysis.panel.inputs import Inputs
from coopanalysis.panel.joins import SHOWN_KEYS
from coopanalysis.panel.verify import OF_EACH_YEAR, years_of

OF_VINTAGE = (
    "acs-noncitizens",
    "acs-wide",
    "cdc-svi",
    "census-counties",
    "county-names",
    "ice-field-offices",
    "medsl-context",
    "quickfacts",
    "rural-urban",
    "secure-communities",
    "topojson",
    "topojson-later",
    "votes-president",
)
"""Layouts with one county list, that of the last year in the source's vintage."""


def check_identity(
    sources: tuple[Source, ...], inputs: Inputs
) -> tuple[list[dict[str, Any]], list[CoopError]]:
    """Compare the codes of every file that has a county list with that list.

    Returns one record per file and year, in which `absent` counts counties of the states without a
    row and `strange` codes that the list does not have; and the failures: files with more of either
    than they are declared to have, and years without a list. A release of fictional counties is in
    no list: nothing is compared.
    """
    if not (inputs.counties["county_fips"] <= LAST_CODE).any():
        return [], []
    vintages = load_vintages()
    records: list[dict[str, Any]] = []
    failures: list[CoopError] = []
    lists: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
    for source in sources:
        for year, codes in _lists(source, inputs):
            try:
                if year not in lists:
                    lists[year] = _list_of(year, vintages)
                record = _record(source.id, year, set(codes), *lists[year])
                records.append(record)
                _check_shares(source, record, codes, vintages)
            except UsageError as error:
                failures.append(
                    DataError(
                        source.path,
                        f"has {len(codes):,} rows of a year without a county list: {error}",
                        "If the year is right, add the changes of that list to "
                        "data/raw/reference/county_changes.csv and raise LAST_LIST_YEAR in "
                        "clean/vintages.py; else correct the rows, or the vintage of the source.",
                    )
                )
            except DataError as error:
                failures.append(error)
    return records, failures


def _check_shares(
    source: Source, record: dict[str, Any], codes: pd.Series, vintages: Vintages
) -> None:
    """Raise if a file has more strange codes, or lacks more counties, than it is declared to."""
    year, absent = record["list_year"], record["absent"]
    if record["strange"] > source.most_strange * codes.nunique():
        check_codes(codes, year, vintages, source.path)
    listed, first = record["counties"] + absent, ", ".join(record["absent_codes"])
    if absent > source.most_absent * listed:
        raise DataError(
            source.path,
            f"has no row for {absent:,} of {listed:,} counties of the list of {year}, and "
            f"{source.most_absent:.1%} at most may lack (first {first})",
            f"Restore the file; if it is right, state `most_absent` of '{source.id}' in the "
            "manifest.",
        )


def _list_of(year: int, vintages: Vintages) -> tuple[frozenset[str], frozenset[str]]:
    """Codes of the states and of the territories in the list of a year."""
    listed = county_codes(year, vintages)
    return listed, county_codes(year, vintages, territories=True) - listed


def _lists(source: Source, inputs: Inputs) -> Iterator[tuple[int, pd.Series]]:
    """Year of the list and codes, for each list that a file uses."""
    reading = inputs.readings.get(source.id)
    if reading is None:
        return
    frame = reading.frame
    years = years_of(source)
    if source.layout in OF_VINTAGE and years:
        yield years[-1], frame["id" if "id" in frame else "county_fips"]
    elif source.layout in OF_EACH_YEAR:
        for year, codes in frame.groupby("year")["county_fips"]:
            yield int(str(year)), codes


def _record(
    source: str, year: int, found: set[str], listed: frozenset[str], territories: frozenset[str]
) -> dict[str, Any]:
    absent = sorted(listed - found)
    return {
        "source": source,
        "list_year": year,
        "counties": len(found & listed),
        "territories": len(found & territories),
        "absent": len(absent),
        "absent_codes": absent[:SHOWN_KEYS],
        "strange": len(found - listed - territories),
    }
