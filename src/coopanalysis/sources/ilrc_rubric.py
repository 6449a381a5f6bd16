"""Reader of the county rubric of the Immigrant Legal Resource Center (ILRC).

The file counts limits on cooperation: 1 means that the county does NOT cooperate in that way.
The reader keeps that direction; cleaning turns it round.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from coopanalysis.sources.codes import COUNTY_WIDTH, restore_zeros
from coopanalysis.sources.names import read_named_columns
from coopanalysis.sources.reading import PROVENANCE_COLUMNS, Reading, empty_rejects
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


def read_rubric(path: Path, source: str = "") -> Reading:
    """Read the rubric, CSV or workbook.

    Parameters
    ----------
    path : Path
        File whose first row holds the ILRC's headers (in any case and order).
    source : str
        Id of the source; the file name by default.

    Returns
    -------
    Reading
        Frame with one row per row of the file: `county_fips` (five characters, a lost leading
        zero put back), `county`, `state`, `jurisdiction`, `jail_city`, `limits_<practice>` (1
        limits, 0 does not, missing where blank), `limits_total_published` (missing where
        blank), and provenance. Rows whose code is not one, whose marks are not 0, 1 or
        blank, or that have another number of cells than the header, are rejected.

    Raises
    ------
    DataError
        If the file cannot be read or lacks a column.
    """
    rows, reasons = read_named_columns(path, [*NAME_COLUMNS, *LIMIT_COLUMNS, TOTAL_COLUMN])
    rows = rows.rename(columns={**NAME_COLUMNS, **LIMIT_COLUMNS})
    rows = rows.rename(columns={TOTAL_COLUMN: "limits_total_published"})
    columns = [str(name) for name in rows if name not in PROVENANCE_COLUMNS]
    text = rows.assign(**{name: rows[name].str.strip() for name in columns})
    text["county_fips"], mended = restore_zeros(text["county_fips"], COUNTY_WIDTH)
    is_code = text["county_fips"].str.fullmatch(r"[0-9]{5}")
    reasons = reasons.mask(reasons.isna() & ~is_code, "county code is not five digits")
    numbers: dict[str, pd.Series] = {}
    for title, name in [*LIMIT_COLUMNS.items(), (TOTAL_COLUMN, "limits_total_published")]:
        pattern = r"(?:[01](?:\.0*)?)?" if title != TOTAL_COLUMN else r"(?:-?[0-9]{1,4}(?:\.0*)?)?"
        bad = ~text[name].str.fullmatch(pattern)
        rule = "0, 1 or blank" if title != TOTAL_COLUMN else "a whole number or blank"
        reasons = reasons.mask(reasons.isna() & bad, f"'{title}' is not {rule}")
        value = pd.to_numeric(text[name].mask(bad | (text[name] == "")))
        numbers[name] = value.astype("Int8" if title != TOTAL_COLUMN else "Int16")
    # Rejects show the cells as they are in the file.
    raw = Reading(source or path.name, rows, empty_rejects(), len(rows)).reject(reasons, columns)
    kept = text.assign(**numbers).loc[reasons.isna()].reset_index(drop=True)
    return replace(raw, frame=kept, codes_mended=int((mended & reasons.isna()).sum()))
