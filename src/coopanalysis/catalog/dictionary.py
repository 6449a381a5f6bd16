"""Write the data dictionary from the declarations: `python -m coopanalysis.catalog.dictionary`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from coopanalysis import paths
from coopanalysis.catalog.column import Column, Table
from coopanalysis.catalog.sources import Source, release_sources
from coopanalysis.catalog.tables import PROCESSED_TABLES, REFERENCE_TABLES

PLACE: Final = "docs/data_dictionary.md"
_HEADERS: Final = ("column", "type", "unit", "what it means", "values", "missing", "source")
_TYPES: Final = {
    "str": "text",
    "bool": "true or false",
    "Int8": "whole number",
    "Int16": "whole number",
    "Int64": "whole number",
    "int64": "whole number",
    "float64": "number",
    "datetime64[us]": "date",
    "object": "bytes",
}
_BEGINNING: Final = """\
# Data dictionary

Made from the declarations in `src/coopanalysis/catalog/` by `make docs`; a change by hand does not
last.

A unit stands in the name of its column: `_count`, `_share` (0 to 1), `_pct` (0 to 100),
`_per_100k`, `_usd`, `_date`, `_year`. Codes are text and keep their zeros. `missing` says whether
a value may be missing; what that means stands with the column. `source` names the layout of the
raw file, and the [last table](#files) the files of each layout in the public release; the demo
release has simulated files in the same layouts. `all` means that every source has it.

From a cell back to its file, sheet and row:

    coopanalysis data trace --release public --county 12086 --column agreement_latest_list
"""


def data_dictionary(sources: Iterable[Source]) -> str:
    """Write the data dictionary as Markdown, with the files of the public release at its end."""
    kinds = {
        "Processed tables": (PROCESSED_TABLES, "data/processed/RELEASE/TABLE.parquet`."),
        "Tables of facts": (
            REFERENCE_TABLES,
            "data/raw/reference/TABLE.csv`, written for this project.",
        ),
    }
    contents = [
        f"- {heading}: " + ", ".join(f"[{name}](#{name})" for name in tables)
        for heading, (tables, _) in kinds.items()
    ]
    parts = [_BEGINNING, "\n".join([*contents, "- [Files](#files)\n"])]
    for heading, (tables, place) in kinds.items():
        parts += [f"## {heading}\n", f"Files `{place}\n", *map(_section, tables.values())]
    return "\n".join([*parts, _files(sources)])


def write_dictionary(path: Path | None = None) -> Path:
    """Write the data dictionary, by default to `docs/data_dictionary.md` of the project."""
    path = path or paths.project_root() / PLACE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data_dictionary(release_sources("public")), encoding="utf-8")
    return path


def _section(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    beginning = [f"### {table.name}\n", f"One row is {table.row_means}. Key: {key}.\n"]
    return "\n".join([*beginning, *_table(_HEADERS, map(_row, table.columns)), ""])


def _row(column: Column) -> tuple[str, ...]:
    shared = column.shared_by
    return (
        f"`{column.name}`",
        _TYPES[column.dtype],
        column.unit,
        column.description
        + (f" Rows with the same `{shared}` share one observation." if shared else ""),
        _values(column),
        "yes" if column.nullable else "no",
        column.source + (f" ({column.vintage})" if column.vintage else ""),
    )


def _values(column: Column) -> str:
    """What a value can be, as far as that is declared."""
    if column.allowed:
        return ", ".join(f"`{value}`" for value in column.allowed)
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    if high is not None:
        return f"at most {high:g}"
    return f"`{column.pattern}`" if column.pattern else ""


def _files(sources: Iterable[Source]) -> str:
    rows = [
        (
            one.layout,
            f"[{one.title}]({one.url})" if one.url else one.title,
            one.publisher,
            one.vintage,
            one.licence,
        )
        for one in sorted(sources, key=lambda source: (source.layout, source.id))
    ]
    headers = ("layout", "file", "publisher", "vintage", "licence")
    return "\n".join(["## Files\n", *_table(headers, rows), ""])


def _table(headers: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [headers, tuple("---" for _ in headers), *rows]
    return ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]


if __name__ == "__main__":
    sys.stdout.write(f"wrote {write_dictionary()}\n")
