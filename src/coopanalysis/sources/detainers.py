"""What became of ICE's detainers, October 2007 to July 2015, as tabulated from its own records."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import LIMITS
from coopanalysis.catalog.reject_reasons import (
    CONTRADICTED,
    NOT_A_NAME,
    OUT_OF_RANGE,
    WRONG_FIELD_COUNT,
)
from coopanalysis.errors import DataError
from coopanalysis.sources.raw_text import decode, read_bytes, read_records
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.text_table import TextTable

STATE_NAME = "([A-Z]+(?: [A-Z]+)*)?"
"""In capitals, as pages show it; blank where none is stated."""
_HEADER = ["year", "det_facility", "city", "state", "count", "det_facility", "year", "count"]
_NAMES = ["year", "facility", "city", "state_text", "declined", "again", "year_again", "other"]


def read_detainers_declined(path: Path, source: str = "") -> Reading:
    """Read detainers that a facility declined, by year, beside those with another outcome.

    The file was joined of two tables, and its columns have names twice; they are told by their
    place. Its second half is by name of facility and year alone: where several states have a
    facility of that name, it counts the detainers of all of them.

    The reading has `year`, `facility`, `city`, `state_text` (both empty where none is stated),
    `declined_count`, `other_outcomes_count` (detainers; missing where none is recorded).
    """
    records = read_records(decode(read_bytes(path)), ",", path.name)
    header = [cell.strip() for cell in records[0]] if records else []
    if header != _HEADER:
        raise DataError(
            path.name,
            f"begins with {', '.join(header)}, not with {', '.join(_HEADER)}",
            "If the publisher changed the layout, teach it to the reader; else restore the file.",
        )
    body = [(number, row) for number, row in enumerate(records[1:], 2) if any(row)]
    width = len(_HEADER)
    lines = pd.DataFrame(
        [[*row, *[""] * width][:width] for _, row in body], columns=_NAMES, dtype="str"
    )
    table = TextTable(path, source, lines, [number for number, _ in body])
    ragged = pd.Series([len(row) != width for _, row in body], index=lines.index)
    table.reject(ragged, WRONG_FIELD_COUNT)
    typed = {
        "year": table.whole("year", LIMITS["year"]),
        "facility": table.name("facility"),
        "city": table.name("city", or_blank=True),
        "state_text": table.matched("state_text", STATE_NAME, f"{NOT_A_NAME}: state"),
        "declined_count": table.whole("declined", LIMITS["detainers_count"]),
        "other_outcomes_count": table.whole("other", LIMITS["detainers_count"], missing=""),
    }
    stated = lines["other"] != ""
    same = (lines["again"] == lines["facility"]) & (lines["year_again"] == lines["year"])
    table.reject(stated & ~same, f"{OUT_OF_RANGE}: the two halves are of different facilities")
    half = (typed["city"] == "") != (typed["state_text"] == "")
    table.reject(half, f"{CONTRADICTED}: city and state_text are stated together or not at all")
    return table.reading(typed, ("year", "facility", "city", "state_text"))
