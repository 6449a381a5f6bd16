"""Every table there is, from the declarations of its columns in `columns/TABLE.toml`.

The build checks tables against these declarations, the data dictionary is made from them, and
reports take units and wording from here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_args

from coopanalysis import vocabulary
from coopanalysis.catalog.column import Column, Dtype, Table
from coopanalysis.errors import DataError

COLUMNS_DIR: Final = Path(__file__).parent / "columns"
_FIELDS: Final = frozenset(field.name for field in fields(Column)) - {"name", "dtype"} | {"type"}
_REQUIRED: Final = ("type", "unit", "description", "source")
_PRACTICES: Final = {practice.name: practice for practice in vocabulary.PRACTICES}


def read_declaration(path: Path) -> Table:
    """Read the declaration of a table, named as its file.

    It has `row_means`, `key` and, for each column in order, a `[columns.NAME]` with the fields of
    `Column` (its `dtype` as `type`). `allowed` and `pattern` may name a constant of `vocabulary`;
    a practice takes label and phrase from there.
    """
    declared = tomllib.loads(path.read_text(encoding="utf-8"))
    columns = tuple(_column(name, said, path) for name, said in declared["columns"].items())
    strays = sorted(set(declared["key"]) - {column.name for column in columns})
    if strays:
        raise DataError(path.name, f"{strays} of its key are no columns", "Declare or remove them.")
    return Table(path.stem, declared["row_means"], tuple(declared["key"]), columns)


def _column(name: str, said: Mapping[str, Any], path: Path) -> Column:
    where = f"{path.name}, column {name}"
    problems = [f"{one} is missing" for one in _REQUIRED if one not in said]
    problems += [f"{one} is no field" for one in sorted(set(said) - _FIELDS)]
    if problems:
        raise DataError(where, ", ".join(problems), f"Fields are {', '.join(sorted(_FIELDS))}.")
    if said["type"] not in get_args(Dtype):
        types = ", ".join(get_args(Dtype))
        raise DataError(where, f"{said['type']!r} is no type", f"Types are {types}.")
    values = {field: value for field, value in said.items() if field != "type"}
    for field in ("allowed", "pattern"):
        word = values.get(field)
        if isinstance(word, str) and word.isidentifier():
            values[field] = getattr(vocabulary, word)
    if "allowed" in values:
        values["allowed"] = tuple(values["allowed"])
    practice = _PRACTICES.get(name)
    if practice:
        values = {"label": practice.label, "phrase": practice.plural, **values}
    return Column(name=name, dtype=said["type"], **values)


def _read(*names: str) -> dict[str, Table]:
    return {name: read_declaration(COLUMNS_DIR / f"{name}.toml") for name in names}


TABLES: Final = _read(
    "county",
    "county_year",
    "county_year_subgroup",
    "agreements",
    "agreement_listings",
    "agreement_spells",
    "rejects",
    "detention_facility",
    "detention",
    "detainers_declined",
)
"""Tables that every build writes."""
AGENCY_TABLES: Final = _read("agency_year", "county_reporting")
"""Tables of a release with monthly reports."""
PROCESSED_TABLES: Final = {**TABLES, **AGENCY_TABLES, **_read("boundaries", "provenance")}
"""Tables that may stand in a folder of processed data."""
REFERENCE_TABLES: Final = _read(
    "published_figures",
    "published_estimates",
    "state_laws",
    "local_actions",
    "rulings",
    "federal_list_2025",
    "county_acs_2019",
    "county_changes",
    "state_tiles",
)
"""Tables of facts under `data/raw/reference/`, checked when they are read."""

COUNTY: Final = TABLES["county"]
COUNTY_YEAR: Final = TABLES["county_year"]
COUNTY_YEAR_SUBGROUP: Final = TABLES["county_year_subgroup"]
AGREEMENTS: Final = TABLES["agreements"]
AGREEMENT_LISTINGS: Final = TABLES["agreement_listings"]
AGREEMENT_SPELLS: Final = TABLES["agreement_spells"]
REJECTS: Final = TABLES["rejects"]
DETENTION_FACILITY: Final = TABLES["detention_facility"]
DETENTION: Final = TABLES["detention"]
DETAINERS_DECLINED: Final = TABLES["detainers_declined"]
AGENCY_YEAR: Final = AGENCY_TABLES["agency_year"]
COUNTY_REPORTING: Final = AGENCY_TABLES["county_reporting"]
BOUNDARIES: Final = PROCESSED_TABLES["boundaries"]
PROVENANCE: Final = PROCESSED_TABLES["provenance"]
PUBLISHED_FIGURES: Final = REFERENCE_TABLES["published_figures"]
PUBLISHED_ESTIMATES: Final = REFERENCE_TABLES["published_estimates"]
STATE_LAWS: Final = REFERENCE_TABLES["state_laws"]
LOCAL_ACTIONS: Final = REFERENCE_TABLES["local_actions"]
RULINGS: Final = REFERENCE_TABLES["rulings"]
FEDERAL_LIST_2025: Final = REFERENCE_TABLES["federal_list_2025"]
COUNTY_ACS_2019: Final = REFERENCE_TABLES["county_acs_2019"]
COUNTY_CHANGES: Final = REFERENCE_TABLES["county_changes"]
STATE_TILES: Final = REFERENCE_TABLES["state_tiles"]

SHARED_BY: Final[dict[str, str]] = {
    column.name: column.shared_by
    for table in PROCESSED_TABLES.values()
    for column in table.columns
    if column.shared_by
}
"""Columns whose values several counties share, and the column that names those counties."""
