"""The one way to show a table: caption, scopes, units, and words where a value is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Literal

import pandas as pd
from pandas.api import types

from coopanalysis.catalog.tables import TABLES
from coopanalysis.display import sentences
from coopanalysis.display.html import Output, csv_text, download_link, element, file_stem, paragraph
from coopanalysis.display.page import left_out
from coopanalysis.errors import UsageError

MOST_ROWS = 300
LONG = 45
"""From this many characters on, the texts of a column ask for room (class `long`)."""

Kind = Literal["text", "written", "number", "count", "share", "pct", "usd", "date", "month", "year"]

_SUFFIXES: tuple[tuple[str, Kind], ...] = (
    ("_share", "share"),
    ("_pct", "pct"),
    ("_count", "count"),
    ("_usd", "usd"),
    ("_date", "date"),
    ("year", "year"),
    ("_vintage", "year"),
    ("_fips", "text"),
)
_ESTIMATE_LABELS = {
    "term": "Term",
    "estimate": "Estimate",
    "std_error": "Standard error",
    "statistic": "Statistic",
    "p_value": "p",
    "conf_low": "95% from",
    "conf_high": "95% to",
    "df": "Degrees of freedom",
    "n_obs": "Observations",
    "n_clusters": "Clusters",
}
_PLOTTED_LABELS = {
    **_ESTIMATE_LABELS,
    "estimate_low": "Estimate from",
    "estimate_high": "Estimate to",
    "n_treated": "With the policy",
    "n_control": "Without it",
    "is_main": "Main estimate",
    "is_error_only": "Other error only",
    "label": "Name",
    "with_share": "Share with it",
    "county_share": "Share of counties",
    "population_share": "Share of residents",
    "support_type": "Model",
    "events_count": "Agreements",
    "state_name": "Name of the state",
}
"""Headings of the data behind figures, for columns that no table of a release has."""


@dataclass(frozen=True)
class ColumnFormat:
    """How one column is headed and written.

    Attributes
    ----------
    label : str
        Heading; empty takes the label of the data dictionary, else the name in words.
    unit : str
        Output small below the heading.
    kind : Kind, optional
        How values are written; told from the name and the type if not given. "written" are
        amounts that are text already, as those of several units in one column.
    digits : int, optional
        Decimals, at most 3.
    """

    label: str = ""
    unit: str = ""
    kind: Kind | None = None
    digits: int | None = None


def show_table(
    frame: pd.DataFrame,
    *,
    caption: str,
    note: str = "",
    source: str = "",
    columns: Mapping[str, ColumnFormat | str] | None = None,
    row_header: str | None = None,
    if_empty: str = "",
) -> Output:
    """Show a table of at most 300 rows.

    Parameters
    ----------
    frame : DataFrame
        One row per table row. The index is not shown.
    caption : str
        What the table says; names the unit of the rows.
    note, source : str
        Below the table.
    columns : mapping, optional
        Columns to show, in order, each with its heading or format; all columns by default.
    row_header : str, optional
        Column that names the row; the first by default.
    if_empty : str, optional
        Why a table without rows is left out, as `page.left_out` takes it.

    Raises
    ------
    UsageError
        If there is no caption, a column does not exist, or the table is empty or too long.
    """
    if if_empty and frame.empty:
        return left_out(if_empty)
    chosen = _formats(frame, columns)
    if not caption.strip():
        raise UsageError("A table needs a caption: say what its rows and numbers are.")
    if not 0 < len(frame) <= MOST_ROWS:
        raise UsageError(
            f"Table '{caption}' has {len(frame)} rows; 1 to {MOST_ROWS} can be shown. "
            "Summarise it, or say in a sentence that there is nothing to list."
        )
    header = row_header or next(iter(chosen))
    if header not in chosen:
        raise UsageError(f"Row header '{header}' is not among the columns {list(chosen)}.")
    link = download_link(csv_text(frame[list(chosen)]), f"{file_stem(caption)}.csv", "CSV")
    foot = paragraph(note, "coop-note") + element(
        "p",
        (f"Source: {escape(source)} " if source else "") + link,
        class_="coop-source",
    )
    html = scroll_table(frame, chosen, caption=caption, header=header) + foot
    shown = formatted(frame, chosen)
    text = f"{caption}\n\n{shown.to_string(index=False)}" + (f"\n\n{note}" if note else "")
    return Output(element("div", html, class_="coop-table"), text)


def show_estimates(
    table: pd.DataFrame,
    *,
    caption: str,
    labels: Mapping[str, str],
    note: str = "",
    source: str = "",
    unit: str = "",
) -> Output:
    """Show estimates with their intervals, under human names.

    Parameters
    ----------
    table : DataFrame
        `term, estimate, std_error, statistic, p_value, conf_low, conf_high, n_obs` and perhaps
        `n_clusters`.
    labels : mapping of str to str
        Human name of each term; terms without one are left out.
    unit : str
        Unit of the estimates.

    Raises
    ------
    UsageError
        If a named term is not in the table.
    """
    known = select_terms(table, labels)
    names = ["term", "estimate", "conf_low", "conf_high", "p_value", "n_obs", "n_clusters"]
    formats: dict[str, ColumnFormat | str] = {}
    for name in (name for name in names if name in known and known[name].notna().any()):
        kind: Kind = "text" if name == "term" else "count" if name.startswith("n_") else "number"
        in_unit = unit if name in ("estimate", "conf_low", "conf_high") else ""
        formats[name] = ColumnFormat(_ESTIMATE_LABELS[name], in_unit, kind, _digits(name, known))
    return show_table(known, caption=caption, note=note, source=source, columns=formats)


def select_terms(table: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return the named terms of an estimates table, in the order of the labels, relabelled.

    Raises
    ------
    UsageError
        If a term is not in the table, or stands there more than once.
    """
    absent = [term for term in labels if term not in set(table["term"])]
    if absent:
        raise UsageError(f"No terms {absent} among the estimates {list(table['term'])}.")
    chosen = table[table["term"].isin(list(labels))]
    if chosen["term"].duplicated().any():
        raise UsageError("A term stands in the table more than once: select one model first.")
    ordered = chosen.set_index("term").loc[list(labels)].reset_index()
    return ordered.assign(term=list(labels.values()))


def scroll_table(
    frame: pd.DataFrame, formats: Mapping[str, ColumnFormat], *, caption: str, header: str
) -> str:
    """Write the table element inside a labelled box that scrolls and takes focus."""
    numeric = {name: _kind(name, frame[name], fmt) != "text" for name, fmt in formats.items()}
    head = "".join(
        element(
            "th",
            escape(_label(name, fmt)) + (f" <small>{escape(fmt.unit)}</small>" if fmt.unit else ""),
            scope="col",
            **({"class": "num"} if numeric[name] and name != header else {}),
        )
        for name, fmt in formats.items()
    )
    body = []
    written = formatted(frame, formats, labelled=False)
    long = {name for name in written if written[name].str.len().max() >= LONG}
    styles = {
        name: " class=num" if numeric[name] else " class=long" if name in long else ""
        for name in formats
    }
    for cells in written.to_dict("records"):
        row = (
            element("th", escape(text), scope="row", **({"class": "long"} if name in long else {}))
            if name == header
            else f"<td{styles[str(name)]}>{escape(text)}</td>"
            for name, text in cells.items()
        )
        body.append(f"<tr>{''.join(row)}</tr>")
    table = element(
        "table",
        element("caption", escape(caption))
        + f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>",
    )
    return element(
        "div", table, class_="coop-scroll", role="region", aria_label=caption, tabindex="0"
    )


def data_table(frame: pd.DataFrame, *, caption: str) -> tuple[str, str]:
    """Write the table of plotted data, and the note on rows that it leaves out.

    Up to 300 rows are written whole; of a longer frame the first 60, because a page of
    thousands of rows helps nobody and slows every phone. The CSV always holds all.
    """
    whole = len(frame) <= MOST_ROWS
    rows = frame if whole else frame.head(60)
    table = scroll_table(rows, _formats(frame, None), caption=caption, header=str(frame.columns[0]))
    if whole:
        return table, ""
    return table, f"The first {len(rows)} of {len(frame):,} rows; the CSV holds all of them."


def formatted(
    frame: pd.DataFrame, formats: Mapping[str, ColumnFormat], *, labelled: bool = True
) -> pd.DataFrame:
    """Return the frame as text, column by column, missing values in words."""
    written = {
        (_label(name, fmt) if labelled else name): frame[name].map(_writer(name, frame, fmt))
        for name, fmt in formats.items()
    }
    return pd.DataFrame(written, dtype="object")


def _formats(
    frame: pd.DataFrame, columns: Mapping[str, ColumnFormat | str] | None
) -> dict[str, ColumnFormat]:
    named = columns or {str(name): ColumnFormat() for name in frame.columns}
    absent = [name for name in named if name not in frame]
    if absent:
        raise UsageError(f"No columns {absent} in the table; it has {list(frame.columns)}.")
    formats = {
        name: ColumnFormat(label=fmt) if isinstance(fmt, str) else fmt
        for name, fmt in named.items()
    }
    wrong = [name for name, fmt in formats.items() if fmt.digits is not None and fmt.digits > 3]
    if wrong:
        raise UsageError(f"Columns {wrong} ask for more than 3 decimals.")
    return {name: replace(fmt, label=_label(name, fmt)) for name, fmt in formats.items()}


def _label(name: str, fmt: ColumnFormat) -> str:
    if fmt.label:
        return fmt.label
    for table in TABLES.values():
        for column in table.columns:
            if column.name == name and column.label:
                return column.label
    if name in _PLOTTED_LABELS:
        return _PLOTTED_LABELS[name]
    words = name.replace("_per_100k", " per 100,000").replace("_", " ").strip()
    for suffix in (" count", " pct", " usd"):
        words = words.removesuffix(suffix)
    return words[:1].upper() + words[1:]


def _kind(name: str, values: pd.Series, fmt: ColumnFormat) -> Kind:
    if fmt.kind:
        return fmt.kind
    if types.is_datetime64_any_dtype(values):
        return "date"
    if not types.is_numeric_dtype(values) or types.is_bool_dtype(values):
        return "text"
    if name.startswith("n_"):
        return "count"
    for suffix, kind in _SUFFIXES:
        if f"_{name}".endswith(suffix):
            return kind
    return "count" if types.is_integer_dtype(values) else "number"


def _writer(name: str, frame: pd.DataFrame, fmt: ColumnFormat) -> Callable[[Any], str]:
    kind = _kind(name, frame[name], fmt)
    digits = fmt.digits
    if kind == "number" and digits is None:
        digits = _digits(name, frame)
    if name.startswith("p_value"):
        return sentences.format_p_value
    writers: dict[Kind, Callable[[Any], str]] = {
        "text": _plain,
        "written": _plain,
        "number": lambda value: sentences.format_number(value, digits),
        "count": sentences.format_count,
        "share": lambda value: sentences.format_share(value, 1 if digits is None else digits),
        "pct": lambda value: sentences.format_share(
            None if sentences.is_missing(value) else value / 100, 1 if digits is None else digits
        ),
        "usd": sentences.format_usd,
        "date": sentences.format_date,
        "month": lambda value: (
            sentences.format_date(value).split(" ", 1)[-1]
            if not sentences.is_missing(value)
            else sentences.NOT_AVAILABLE
        ),
        "year": _plain,
    }
    return writers[kind]


def _plain(value: Any) -> str:
    if sentences.is_missing(value) or value == "":
        return sentences.NOT_AVAILABLE
    if value is True or value is False:
        return "yes" if value else "no"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _digits(name: str, frame: pd.DataFrame) -> int | None:
    """Give one column one number of decimals, as many as its smallest large value deserves."""
    values = pd.to_numeric(frame[name], errors="coerce").abs() if name in frame else pd.Series()
    if name in ("estimate", "conf_low", "conf_high"):
        values = frame[[c for c in ("estimate", "conf_low", "conf_high") if c in frame]].abs().max()
    largest = values.max() if len(values) else 0
    if sentences.is_missing(largest):
        return None
    return 0 if largest >= 1000 else 1 if largest >= 100 else 2 if largest >= 1 else 3
