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

    coopanalysis data trace --release public --county 12086 --column agreement_287g
"""


def data_dictionary(sources: Iterable[Source]) -> str:
    """Return the data dictionary as Markdown.

    Parameters
    ----------
    sources : iterable of Source
        Files of the public release.

    Returns
    -------
    str
        Every table that a build writes and every table of facts, column by column, and the
        files that stand behind each layout.
    """
    parts = [_BEGINNING, _contents(), "## Processed tables\n"]
    parts.append("Files `data/processed/RELEASE/TABLE.parquet`.\n")
    parts += [_section(table) for table in PROCESSED_TABLES.values()]
    parts.append("## Tables of facts\n")
    parts.append("Files `data/raw/reference/TABLE.csv`, written for this project.\n")
    parts += [_section(table) for table in REFERENCE_TABLES.values()]
    parts.append(_files(sources))
    return "\n".join(parts)


def write_dictionary(path: Path | None = None) -> Path:
    """Write the data dictionary, by default to `docs/data_dictionary.md` of the project."""
    path = path or paths.project_root() / PLACE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data_dictionary(release_sources("public")), encoding="utf-8")
    return path


def _contents() -> str:
    return (
        "\n".join(
            f"- {heading}: " + ", ".join(f"[{name}](#{name})" for name in tables)
            for heading, tables in (
                ("Processed tables", PROCESSED_TABLES),
                ("Tables of facts", REFERENCE_TABLES),
            )
        )
        + "\n- [Files](#files)\n"
    )


def _section(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    rows = [_row(column) for column in table.columns]
    return "\n".join(
        [
            f"### {table.name}\n",
            f"One row is {table.row_means}. Key: {key}.\n",
            *_table(_HEADERS, rows),
            "",
        ]
    )


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
    ordered = sorted(sources, key=lambda source: (source.layout, source.id))
    rows = [
        (
            source.layout,
            f"[{source.title}]({source.url})" if source.url else source.title,
            source.publisher,
            source.vintage,
            source.licence,
        )
        for source in ordered
    ]
    headers = ("layout", "file", "publisher", "vintage", "licence")
    return "\n".join(["## Files\n", *_table(headers, rows), ""])


def _table(headers: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [headers, tuple("---" for _ in headers), *rows]
    return ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]


if __name__ == "__main__":
    sys.stdout.write(f"wrote {write_dictionary()}\n")
