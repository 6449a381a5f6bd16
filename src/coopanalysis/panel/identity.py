"""Whether the counties of each file are those of the county list of its year.

A file of the wrong year looks right in every row. What gives it away is a few codes: those of
Connecticut, of Alaska, of counties that changed their code.
"""

from __future__ import annotations

import re
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
from coopanalysis.errors import CoopError, DataError
from coopanalysis.panel.inputs import Inputs
from coopanalysis.panel.joins import SHOWN_KEYS

OF_VINTAGE = ("census-counties", "topojson", "topojson-later")
"""Layouts with one county list, that of the source's vintage."""
OF_EACH_YEAR = (
    "urban-population",
    "urban-race-ethnicity",
    "urban-crime",
    "urban-juvenile-arrests",
    "urban-poverty-exposure",
)
"""Layouts whose rows are in the county list of their year."""


def check_identity(
    sources: tuple[Source, ...], inputs: Inputs
) -> tuple[list[dict[str, Any]], list[CoopError]]:
    """Compare the codes of every file that has a county list with that list.

    Parameters
    ----------
    sources : tuple of Source
        The manifest.
    inputs : Inputs
        Readings of one release. A release of fictional counties is in no list: nothing is
        compared.

    Returns
    -------
    records : list of dict
        One per file and year: `source, list_year, counties, territories, absent` (number of
        counties of the list, territories apart, without a row), `absent_codes` (the first).
    failures : list of CoopError
        Files with codes that are not in their list, and which list they fit.
    """
    if not (inputs.counties["county_fips"] <= LAST_CODE).any():
        return [], []
    vintages = load_vintages()
    records: list[dict[str, Any]] = []
    failures: list[CoopError] = []
    lists: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
    for source in sources:
        for year, codes in _lists(source, inputs):
            if year not in lists:
                lists[year] = _list_of(year, vintages)
            listed, territories = lists[year]
            records.append(_record(source.id, year, set(codes), listed, territories))
            if not set(codes) <= listed | territories:
                try:
                    check_codes(codes, year, vintages, source.path)
                except DataError as error:
                    failures.append(error)
    return records, failures


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
    if source.layout in OF_VINTAGE and re.fullmatch(r"\d{4}", source.vintage):
        yield int(source.vintage), frame["id" if "id" in frame else "county_fips"]
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
    }
