"""Known errors upstream, each written down by a person with the evidence for it.

`data/raw/reference/corrections.toml` has two kinds of entry. A `[[correction]]` puts one value
in place of another in one cell of one source. A `[[county_alias]]` says which county a county
text means that no rule of spelling can match. An entry that no longer fits its source is an
error: the producer has mended the cell, or has changed the rows.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from coopanalysis import paths
from coopanalysis.errors import DataError, format_fields

Entry = TypeVar("Entry", "Correction", "CountyAlias")


@dataclass(frozen=True)
class Correction:
    """One cell of one source, put right.

    Attributes
    ----------
    source : str
        Id of the source.
    row : int
        Row as seen in the file.
    column : str
        Column of the frame its reader returns.
    expected : str
        Text that is there now, white space tidied; empty for an empty cell.
    put : str
        Text to put there; empty for missing.
    reason : str
        The evidence.
    """

    source: str
    row: int
    column: str
    expected: str
    put: str
    reason: str


@dataclass(frozen=True)
class CountyAlias:
    """What a county text means in one state.

    Attributes
    ----------
    state : str
        State: name, postal abbreviation or code.
    county_text : str
        Text as in the list, white space tidied, any case.
    county_fips : str
        The county it means, in the same state.
    reason : str
        The evidence.
    seen_in : tuple of str
        Ids of the sources that have this text; it is an error if one of them no longer has.
    agency : str
        Agency it is confined to, if any.
    """

    state: str
    county_text: str
    county_fips: str
    reason: str
    seen_in: tuple[str, ...]
    agency: str = ""


@dataclass(frozen=True)
class Corrections:
    """Every entry of a corrections table."""

    where: str = "no corrections"
    corrections: tuple[Correction, ...] = ()
    aliases: tuple[CountyAlias, ...] = ()

    def for_source(self, source: str) -> tuple[Correction, ...]:
        """Corrections of the cells of one source."""
        return tuple(entry for entry in self.corrections if entry.source == source)


def load_corrections(path: Path | None = None) -> Corrections:
    """Read the corrections table.

    Parameters
    ----------
    path : Path, optional
        By default `data/raw/reference/corrections.toml`.

    Raises
    ------
    DataError
        If the file is missing or is not TOML; if an entry lacks a field, has an unknown one,
        an empty reason or a county code that is not one; if two entries are about one cell.
    """
    path = path or paths.reference_dir() / "corrections.toml"
    if not path.is_file():
        raise DataError(str(path), "the file is missing", "Restore it from version control.")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(path.name, f"is not valid TOML: {error}", "Mend that line.") from error
    unknown = sorted(set(document) - {"correction", "county_alias"})
    if unknown:
        raise DataError(
            path.name,
            f"has unknown tables {unknown}",
            "Only [[correction]] and [[county_alias]] are known.",
        )
    corrections = tuple(
        _entry(Correction, table, path, f"correction {number}")
        for number, table in enumerate(document.get("correction", []), 1)
    )
    aliases = tuple(
        _entry(
            CountyAlias,
            {**table, "seen_in": tuple(table.get("seen_in", ()))},
            path,
            f"county_alias {number}",
        )
        for number, table in enumerate(document.get("county_alias", []), 1)
    )
    _check_entries(path, corrections, aliases)
    return Corrections(path.name, corrections, aliases)


def correct(frame: pd.DataFrame, source: str, corrections: Corrections) -> pd.DataFrame:
    """Return a frame of one source with its known errors put right.

    Parameters
    ----------
    frame : DataFrame
        What the reader returned, with `source_row`.
    source : str
        Id of the source.
    corrections : Corrections
        Entries of other sources are left alone.

    Raises
    ------
    DataError
        If an entry is stale: its row or column is not there, or the cell holds another value.
    """
    corrected = frame.copy()
    for entry in corrections.for_source(source):
        where = f"{corrections.where}, correction of {source} row {entry.row}, {entry.column}"
        if entry.column not in frame:
            raise DataError(where, "the source has no such column", _STALE)
        rows = frame.index[frame["source_row"] == entry.row]
        if len(rows) != 1:
            raise DataError(where, f"the source has {len(rows)} such rows", _STALE)
        found = tidy_cell(frame[entry.column].loc[rows[0]])
        if found != tidy_cell(entry.expected):
            raise DataError(
                where, f"is stale: expected '{entry.expected}', found '{found}'", _STALE
            )
        corrected.loc[rows[0], entry.column] = entry.put or None
    return corrected


def tidy_cell(value: object) -> str:
    """Text of a cell with its white space tidied; empty if the value is missing."""
    if isinstance(value, str):
        return " ".join(value.split())
    return "" if pd.isna(value) else " ".join(str(value).split())  # type: ignore[call-overload]


_STALE = "See whether the producer has mended it; if so, delete the entry."


def _entry(kind: type[Entry], table: Mapping[str, Any], path: Path, name: str) -> Entry:
    known = [field.name for field in fields(kind)]
    types = {"row": int, "seen_in": tuple}
    missing = [key for key in known if key not in table and key != "agency"]
    unknown = sorted(set(table) - set(known))
    wrong = [
        key for key in known if key in table and not isinstance(table[key], types.get(key, str))
    ]
    if missing or unknown or wrong:
        problem = format_fields(missing, unknown)
        types_wrong = f"has values of a wrong type in {', '.join(wrong)}" if wrong else ""
        raise DataError(
            f"{path.name}, {name}",
            "; ".join(filter(None, (problem, types_wrong))),
            f"Mend the entry. Its fields are {', '.join(known)}.",
        )
    if not table["reason"].strip():
        raise DataError(f"{path.name}, {name}", "gives no reason", "Write down the evidence.")
    return kind(**table)


def _check_entries(
    path: Path, corrections: tuple[Correction, ...], aliases: tuple[CountyAlias, ...]
) -> None:
    keys: list[tuple[object, ...]] = [
        *((entry.source, entry.row, entry.column) for entry in corrections),
        *(
            (alias.state.casefold(), tidy_cell(alias.county_text).casefold(), alias.agency)
            for alias in aliases
        ),
    ]
    repeated = [key for key, count in Counter(keys).items() if count > 1]
    if repeated:
        raise DataError(path.name, f"has two entries for {repeated}", "Keep one of them.")
    for alias in aliases:
        code = alias.county_fips
        if not (len(code) == 5 and code.isascii() and code.isdigit()):
            raise DataError(
                f"{path.name}, county_alias '{alias.county_text}' ({alias.state})",
                f"county_fips is '{code}', not five digits",
                "Fill in the code of the county that is meant, or delete the entry.",
            )
