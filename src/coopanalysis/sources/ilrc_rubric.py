"""Reader of the county rubric of the Immigrant Legal Resource Center (ILRC).

The file counts limits on cooperation: 1 means that the county does NOT cooperate in that way.
The reader keeps that direction; cleaning turns it round.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import read_named_table
from coopanalysis.sources.text_table import matches
from coopanalysis.vocabulary import PRACTICES

NAME_COLUMNS = {
    "GEOID FIPS": "county_fips",
    "County": "county",
    "State": "state",
    "Jurisdiction": "jurisdiction",
    "Jail or Prison City": "jail_city",
}
LIMIT_COLUMNS = {practice.ilrc_column: f"limits_{practice.name}" for practice in PRACTICES}
TOTAL_COLUMN = "ILRC Total"
_TOTAL = "limits_total_published"
_Small = Literal["Int8", "Int16"]
_MARK: tuple[str, str, _Small] = ("0, 1 or blank", r"([01](\.0*)?)?", "Int8")
_SUM: tuple[str, str, _Small] = ("a whole number or blank", r"(-?[0-9]{1,4}(\.0*)?)?", "Int16")


def read_rubric(path: Path, source: str = "") -> Reading:
    """Read the rubric, CSV or workbook, whose first row holds the ILRC's headers in any order.

    Returns
    -------
    Reading
        One row per row of the file: `county_fips` (five characters, a lost leading zero put
        back), `county`, `state`, `jurisdiction`, `jail_city`, `limits_<practice>` (1 limits, 0
        does not, missing where blank), `limits_total_published` (missing where blank), and
        provenance. Rows whose code is not one, whose marks are not 0, 1 or blank, or that have
        another number of cells than the header, are rejected.
    """
    names = {**NAME_COLUMNS, **LIMIT_COLUMNS, TOTAL_COLUMN: _TOTAL}
    table = read_named_table(path, source, names)
    typed = {name: table.text(name) for name in NAME_COLUMNS.values()}
    reason = "county code is not five digits"
    typed["county_fips"] = table.county_fips("county_fips", reason=reason)
    for title, name in [*LIMIT_COLUMNS.items(), (TOTAL_COLUMN, _TOTAL)]:
        rule, pattern, dtype = _SUM if name == _TOTAL else _MARK
        text = table.matched(name, pattern, f"'{title}' is not {rule}")
        numbers = pd.to_numeric(text.where(matches(text, pattern) & (text != "")))
        typed[name] = numbers.astype(dtype)
    return table.reading(typed)
