"""Known errors upstream, each written down by a person with the evidence for it.

`data/raw/reference/corrections.toml` has three kinds of entry. A `[[correction]]` puts one value
in place of another in one cell of one source. A `[[county_alias]]` says which county a county
text means that no rule of spelling can match. An `[[agency_alias]]` says under which other name an
agency of ICE's lists goes on. An entry that no longer fits its source is an error: the producer
has mended the cell, or has changed the rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from coopanalysis import paths
from coopanalysis.catalog.entries import Entry, make_entry, read_document
from coopanalysis.errors import DataError

_STALE = "See whether the producer has mended it; if so, delete the entry."


@dataclass(frozen=True)
class Correction:
    """One cell of one source, put right.

    `row` is that seen in the file, `column` one of the frame that its reader returns. `expected`
    is the text that is there now, white space tidied and empty for an empty cell; `put` is what
    comes in its place, empty for missing.
    """

    source: str
    row: int
    column: str
    expected: str
    put: str
    reason: str


@dataclass(frozen=True)
class CountyAlias:
    """What a county text means in one state, named by name, abbreviation or code.

    `seen_in` holds the ids of the sources that have the text, and it is an error if one of them
    no longer has. `agency` confines the entry to one agency.
    """

    state: str
    county_text: str
    county_fips: str
    reason: str
    seen_in: tuple[str, ...]
    agency: str = ""


@dataclass(frozen=True)
class AgencyAlias:
    """Another name of an agency, under which its agreements go on.

    `seen_in` holds ids of lists that have `agency`, `goes_on_in` of lists that have `same_as`: the
    evidence is from them, and it is an error if one no longer has it. `support_type` confines the
    entry to one model.
    """

    state_fips: str
    agency: str
    same_as: str
    reason: str
    seen_in: tuple[str, ...]
    goes_on_in: tuple[str, ...]
    support_type: str = ""


@dataclass(frozen=True)
class Corrections:
    """Every entry of a corrections table."""

    where: str = "no corrections"
    corrections: tuple[Correction, ...] = ()
    aliases: tuple[CountyAlias, ...] = ()
    agency_aliases: tuple[AgencyAlias, ...] = ()

    def for_source(self, source: str) -> tuple[Correction, ...]:
        """Corrections of the cells of one source."""
        return tuple(entry for entry in self.corrections if entry.source == source)


def load_corrections(path: Path | None = None) -> Corrections:
    """Read the corrections table, by default that of the project, and check every entry."""
    path = path or paths.reference_dir() / "corrections.toml"
    document = read_document(path, ("correction", "county_alias", "agency_alias"))

    def entries(name: str, kind: type[Entry]) -> tuple[Entry, ...]:
        listed = enumerate(document.get(name, []), 1)
        return tuple(make_entry(kind, said, f"{path.name}, {name} {at}") for at, said in listed)

    table = Corrections(
        path.name,
        entries("correction", Correction),
        entries("county_alias", CountyAlias),
        entries("agency_alias", AgencyAlias),
    )
    _check_entries(table)
    return table


def _check_entries(table: Corrections) -> None:
    """Raise for an entry without evidence, two about one thing, or a code that is none."""
    keys = Counter[tuple[object, ...]]()
    keys.update((entry.source, entry.row, entry.column) for entry in table.corrections)
    for alias in table.aliases:
        keys[alias.state.casefold(), tidy_cell(alias.county_text).casefold(), alias.agency] += 1
        code, where = alias.county_fips, f"county_alias '{alias.county_text}' ({alias.state})"
        if not (len(code) == 5 and code.isascii() and code.isdigit()):
            raise DataError(
                f"{table.where}, {where}",
                f"county_fips is '{code}', not five digits",
                "Fill in the code of the county that is meant, or delete the entry.",
            )
    names = [_agency(alias.agency, alias) for alias in table.agency_aliases]
    keys.update(names)
    repeated = [key for key, count in keys.items() if count > 1]
    if repeated:
        raise DataError(table.where, f"has two entries for {repeated}", "Keep one of them.")
    chained = [one for one in table.agency_aliases if _agency(one.same_as, one) in names]
    if chained:
        what = f"says of '{chained[0].same_as}' that it is another name too, or of itself"
        raise DataError(table.where, what, "Name the last of the names in both entries.")
    entries: tuple[Correction | CountyAlias | AgencyAlias, ...] = (
        *table.corrections,
        *table.aliases,
        *table.agency_aliases,
    )
    silent = [entry for entry in entries if not entry.reason.strip()]
    if silent:
        what = f"has {len(silent)} entries whose reason is empty (first: {silent[0]})"
        raise DataError(table.where, what, "Write down the evidence.")


def _agency(name: str, alias: AgencyAlias) -> tuple[str, ...]:
    return alias.state_fips, alias.support_type, tidy_cell(name).casefold()


def correct(frame: pd.DataFrame, source: str, corrections: Corrections) -> pd.DataFrame:
    """Return the frame of one source, with its `source_row`, with its known errors put right.

    An entry is stale, and an error, if its row or column is not there or the cell holds another
    value than expected.
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
            what = f"is stale: expected '{entry.expected}', found '{found}'"
            raise DataError(where, what, _STALE)
        corrected.loc[rows[0], entry.column] = entry.put or None
    return corrected


def tidy_cell(value: object) -> str:
    """Text of a cell with its white space tidied; empty if the value is missing."""
    if isinstance(value, str):
        return " ".join(value.split())
    return "" if pd.isna(value) else " ".join(str(value).split())  # type: ignore[call-overload]
