"""Describe the processed tables of a release as a Frictionless Data Package.

Everything in it comes from the declarations of the columns and from the record of the build, so
the same build gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from coopanalysis.catalog.column import Column, Table
from coopanalysis.catalog.tables import PROCESSED_TABLES

PROFILE: Final = "https://datapackage.org/profiles/2.0/datapackage.json"
NULLS: Final = ("NaN", "nan", "<NA>", "NaT", "None")
"""How readers of Parquet print a null. An empty text is a value: a file without sheets has one."""

_TYPES: Final = {
    "str": "string",
    "bool": "boolean",
    "Int8": "integer",
    "Int16": "integer",
    "Int64": "integer",
    "int64": "integer",
    "float64": "number",
    "datetime64[us]": "date",
    "object": "any",
}
_LICENCES: Final = (
    ("MIT", "MIT"),
    ("ISC", "ISC"),
    ("CC0", "CC0-1.0"),
    ("US government work", "other-pd"),
)
"""First words of a licence, and its id in the Open Definition's list."""


def package_text(record: Mapping[str, Any], outputs: Sequence[Mapping[str, Any]]) -> str:
    """Text of `datapackage.json`; the same for the same build, byte by byte.

    A Data Package (version 2): one resource per table, with the schema, units, key, hash and the
    raw files its columns come from.
    """
    release = str(record["release"])
    simulated = release == "demo"
    inputs = record["inputs"]
    package = {
        "$schema": PROFILE,
        "name": f"coopanalysis-{release}",
        "title": f"Cooperation of US counties with immigration enforcement, release '{release}'",
        "description": (
            "Simulated: every county, agency and number is fictional."
            if simulated
            else "Cleaned from the public files named under `sources`."
        ),
        "version": str(record["package_version"]),
        "licenses": _licences(inputs),
        "sources": [_source(entry) for entry in inputs],
        "resources": [_resource(output, inputs) for output in outputs],
    }
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def layouts_of(columns: Iterable[Column]) -> tuple[str, ...]:
    """Layouts that columns come from, each once, in the order they are first named."""
    return tuple(
        dict.fromkeys(layout for column in columns for layout in column.source.split(", "))
    )


def _resource(output: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    table = PROCESSED_TABLES[str(output["file"]).removesuffix(".parquet")]
    layouts = layouts_of(table.columns)
    used = [entry for entry in inputs if "all" in layouts or entry["layout"] in layouts]
    return {
        "name": table.name,
        "type": "table",
        "path": output["file"],
        "title": table.name.replace("_", " ").capitalize(),
        "description": f"One row is {table.row_means}.",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "hash": f"sha256:{output['sha256']}",
        "file_bytes": output["bytes"],
        "rows": output["rows"],
        "sources": [_source(entry) for entry in used],
        "licenses": _licences(used),
        "schema": _schema(table),
    }


def _schema(table: Table) -> dict[str, Any]:
    return {
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "missingValues": list(NULLS),
    }


def _field(column: Column) -> dict[str, Any]:
    declared = {
        "required": None if column.nullable else True,
        "minimum": column.minimum,
        "maximum": column.maximum,
        "enum": list(column.allowed) or None,
        "pattern": column.pattern or None,
    }
    constraints = {name: value for name, value in declared.items() if value is not None}
    return {
        "name": column.name,
        "type": _TYPES[column.dtype],
        "title": column.label or column.name.replace("_", " ").capitalize(),
        "description": column.description,
        "unit": column.unit,
        "source": column.source,
        **({"vintage": column.vintage} if column.vintage else {}),
        **({"constraints": constraints} if constraints else {}),
    }


def _source(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One raw file; one without an address is committed with the project, or dropped in."""
    address = {"path": entry["url"]} if entry["url"] else {}
    return {
        "title": f"{entry['publisher']}: {entry['title']}",
        **address,
        "version": entry["vintage"],
        "id": entry["id"],
        "layout": entry["layout"],
        "file": entry["path"],
        "licence": entry["licence"],
        "hash": f"sha256:{entry['sha256']}",
        "bytes": entry["bytes"],
        "rows": entry["rows_in"],
    }


def _licences(inputs: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Licences of raw files, each once, with its id in the Open Definition's list."""
    texts = dict.fromkeys(str(entry["licence"]) for entry in inputs)
    return [{"name": _licence_id(text), "title": text} for text in texts]


def _licence_id(text: str) -> str:
    return next((name for start, name in _LICENCES if text.startswith(start)), "notspecified")
