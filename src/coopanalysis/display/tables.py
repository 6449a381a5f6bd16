"""The one way to show a table: caption, scopes, units, and words where a value is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import Any, Literal

import pandas as pd
from pandas.api import types

from coopanalysis.catalog.tables import TABLES
from coopanalysis.display import sentences as say
from coopanalysis.display.html import Output, csv_text, download_link, element, file_stem, paragraph
from coopanalysis.display.page import left_out
from coopanalysis.errors import UsageError

MOST_ROWS = 300
LONG = 45
"""From this many characters on, the texts of a column ask for room (class `long`)."""

BESIDE = 18
"""Characters that have room beside the name of a row on a phone without a break."""
ANSWER, STACKED = "coop-answer", "coop-stack"
"""Classes of the cells that hold the answer, and of a table whose rows a phone stacks."""

Kind = Literal[
    "text", "written", "number", "count", "share", "pct", "usd", "date", "month", "year", "links"
]

_SUFFIXES: dict[str, Kind] = {
    **{"_share": "share", "_pct": "pct", "_count": "count", "_usd": "usd", "_date": "date"},
    **{"year": "year", "_vintage": "year", "_fips": "text"},
}
_LABELS = {
    "label": "Name",
    "estimate_low": "Estimate from",
    "estimate_high": "Estimate to",
    "std_error": "Standard error",
    "p_value": "p",
    "conf_low": "95% from",
    "conf_high": "95% to",
    "df": "Degrees of freedom",
    "n_obs": "Observations",
    "n_clusters": "Clusters",
    "n_treated": "With the policy",
    "n_control": "Without it",
    "is_main": "Main estimate",
    "is_error_only": "Other error only",
    "with_share": "Share with it",
    "county_share": "Share of counties",
    "population_share": "Share of residents",
    "support_type": "Model",
    "events_count": "Agreements",
    "state_name": "Name of the state",
}
"""Headings of estimates and of the data behind figures, which no table of a release has."""


@dataclass(frozen=True)
class ColumnFormat:
    """How one column is headed and written.

    Attributes
    ----------
    label : str
        Heading; empty takes the label of the data dictionary, else the name in words.
    unit : str
        Written small below the heading.
    kind : Kind, optional
        How values are written; told from the name and the type if not given. "written" are
        amounts that are text already, as those of several units in one column; "links" are tuples
        of words, each with the address it leads to, or "".
    digits : int, optional
        Decimals, at most 3.
    answer : bool
        Whether this is what a reader looks a row up for; by default the second column is. Where
        it would not fit beside the row's name on a phone, rows are stacked there.
    """

    label: str = ""
    unit: str = ""
    kind: Kind | None = None
    digits: int | None = None
    answer: bool = False


Columns = dict[str, ColumnFormat | str]
"""Columns of a table in order, each with its heading or its format."""


def show_table(
    frame: pd.DataFrame,
    *,
    caption: str,
    note: str = "",
    source: str = "",
    columns: Mapping[str, ColumnFormat | str] | None = None,
    if_empty: str = "",
) -> Output:
    """Show a table of at most 300 rows.

    Parameters
    ----------
    frame : DataFrame
        One row per table row. The index is not shown.
    caption, note, source : str
        What the table says, naming the unit of the rows; below it.
    columns : mapping, optional
        Columns to show, in order, each with its heading or format; all columns by default.
    if_empty : str, optional
        Why a table without rows is left out, as `page.left_out` takes it.

    Raises
    ------
    UsageError
        If there is no caption, a column does not exist, or the table is empty or too long.
    """
    if if_empty and frame.empty:
        return left_out(if_empty)
    formats = _formats(frame, columns)
    if not caption.strip():
        raise UsageError("A table needs a caption: say what its rows and numbers are.")
    if not 0 < len(frame) <= MOST_ROWS:
        raise UsageError(
            f"Table '{caption}' has {len(frame)} rows; 1 to {MOST_ROWS} can be shown. "
            "Summarise it, or say in a sentence that there is nothing to list."
        )
    links = {name: frame[name] for name, fmt in formats.items() if fmt.kind == "links"}
    flat = {name: [_words_of(one, " ") for one in pairs] for name, pairs in links.items()}
    csv = csv_text(frame[list(formats)].assign(**flat))
    below = f"Source: {escape(source)} " * bool(source)
    below += download_link(csv, f"{file_stem(caption)}.csv", "CSV")
    foot = paragraph(note, "coop-note") + element("p", below, class_="coop-source")
    written = _written(frame, formats)
    html = _scroll(written, formats, caption, links) + foot
    heads = {name: fmt.label for name, fmt in formats.items()}
    lines = [caption, written.rename(columns=heads).to_string(index=False), note]
    return Output(element("div", html, class_="coop-table"), "\n\n".join(filter(None, lines)))


def scroll_table(
    frame: pd.DataFrame, columns: Mapping[str, ColumnFormat] | None = None, *, caption: str
) -> str:
    """Write a table in a labelled box that scrolls and takes focus; its first column names rows."""
    formats = _formats(frame, columns)
    return _scroll(_written(frame, formats), formats, caption)


def _scroll(
    written: pd.DataFrame,
    formats: Mapping[str, ColumnFormat],
    caption: str,
    links: Mapping[str, pd.Series] | None = None,
) -> str:
    head, cells, pairs = "", [], links or {}
    is_stacked = _is_stacked(written, formats)
    for place, (name, fmt) in enumerate(formats.items()):
        unit = f" <small>{escape(fmt.unit)}</small>" if fmt.unit else ""
        is_number, is_head = fmt.kind not in ("text", "links"), place == 0
        is_long = _is_long(written[name])
        kind = ' class="num"' * (is_number and not is_head)
        head += f'<th scope="col"{kind}>{escape(fmt.label)}{unit}</th>'
        label = f' data-label="{escape(" ".join(filter(None, (fmt.label, fmt.unit))))}"'
        if is_head:
            row, end = 'th scope="row"' + ' class="long"' * is_long, "th"
        else:
            style = ("num" if is_number else "long" * is_long) + f" {ANSWER}" * fmt.answer
            row, end = f"td{label * is_stacked}{_classes(style.strip())}", "td"
        texts = map(_linked, pairs[name]) if name in pairs else map(escape, written[name])
        cells.append([f"<{row}>{text}</{end}>" for text in texts])
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    inner = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    stacked = {"class_": STACKED} if is_stacked else {}
    table = element("table", element("caption", escape(caption)) + inner, **stacked)
    box = {"class": "coop-scroll", "role": "region", "aria_label": caption, "tabindex": "0"}
    return element("div", table, **box)


def _is_stacked(written: pd.DataFrame, formats: Mapping[str, ColumnFormat]) -> bool:
    """Whether an answer of the table has no room beside the names of its rows on a phone."""
    names = list(formats)
    answers = [name for name, fmt in formats.items() if fmt.answer] or names[1:2]
    return any(
        name not in names[:2]
        or _is_long(written[name])
        or _widest(written[name], formats[name]) > BESIDE
        for name in answers
    )


def _widest(texts: pd.Series, fmt: ColumnFormat) -> int:
    """Characters of the longest of what no line break parts: words, and whole numbers."""
    parts = texts.str.split() if fmt.kind in ("text", "links") else texts.map(lambda one: [one])
    return max((len(part) for of_one in parts for part in of_one), default=0)


def _classes(names: str) -> str:
    quote = '"' * (" " in names)
    return f" class={quote}{names}{quote}" if names else ""


def _is_long(texts: pd.Series) -> bool:
    return max(map(len, texts), default=0) >= LONG


def _linked(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(
        element("a", escape(words), href=address) if address else escape(words)
        for words, address in pairs
    )


def _words_of(pairs: Iterable[tuple[str, str]], between: str = "") -> str:
    """Words of a cell of links, with addresses of the web where something is to stand between."""
    return ", ".join(
        f"{words}{between}{address}" if between and "://" in address else words
        for words, address in pairs
    )


def data_table(frame: pd.DataFrame, *, caption: str) -> tuple[str, str]:
    """Write the table of plotted data, and the note on rows that it leaves out.

    Of a frame of more than 300 rows it writes the first 60: thousands of rows help nobody and
    slow every phone, and the CSV holds all.
    """
    is_whole = len(frame) <= MOST_ROWS
    rows = frame if is_whole else frame.head(60)
    cut = f"The first {len(rows)} of {len(frame):,} rows; the CSV holds all of them."
    return scroll_table(rows, caption=caption), "" if is_whole else cut


def _written(frame: pd.DataFrame, formats: Mapping[str, ColumnFormat]) -> pd.DataFrame:
    written = {name: frame[name].map(_writer(name, frame, fmt)) for name, fmt in formats.items()}
    return pd.DataFrame(written, dtype="object")


def _formats(
    frame: pd.DataFrame, columns: Mapping[str, ColumnFormat | str] | None
) -> dict[str, ColumnFormat]:
    """Formats of the columns to show, each with its heading and the kind of its values."""
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
    for name, fmt in formats.items():
        label, kind = fmt.label or _label(name), fmt.kind or _kind(name, frame[name])
        formats[name] = replace(fmt, label=label, kind=kind)
    return formats


def _label(name: str) -> str:
    columns = (column for table in TABLES.values() for column in table.columns)
    known = next((one.label for one in columns if one.name == name and one.label), None)
    if known or name in _LABELS:
        return known or _LABELS[name]
    words = name.replace("_per_100k", " per 100,000").replace("_", " ").strip()
    for suffix in (" count", " pct", " usd"):
        words = words.removesuffix(suffix)
    return say.upper_first(words)


def _kind(name: str, values: pd.Series) -> Kind:
    if types.is_datetime64_any_dtype(values):
        return "date"
    if not types.is_numeric_dtype(values) or types.is_bool_dtype(values):
        return "text"
    if name.startswith("n_"):
        return "count"
    for suffix, kind in _SUFFIXES.items():
        if f"_{name}".endswith(suffix):
            return kind
    return "count" if types.is_integer_dtype(values) else "number"


def _writer(name: str, frame: pd.DataFrame, fmt: ColumnFormat) -> Callable[[Any], str]:
    if name.startswith("p_value"):
        return say.format_p_value
    kind, digits = fmt.kind or "text", fmt.digits
    if kind == "number":
        return partial(say.format_number, digits=_digits(name, frame) if digits is None else digits)
    decimals = 1 if digits is None else digits
    writers: dict[Kind, Callable[[Any], str]] = {
        "share": partial(say.format_share, digits=decimals),
        "pct": partial(say.format_percent, digits=decimals),
        "count": say.format_count,
        "usd": say.format_usd,
        "date": say.format_date,
        "month": say.format_month,
        "links": _words_of,
    }
    return writers.get(kind, _plain)


def _plain(value: Any) -> str:
    if say.is_missing(value) or value == "":
        return say.NOT_AVAILABLE
    if value is True or value is False:
        return "yes" if value else "no"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _digits(name: str, frame: pd.DataFrame) -> int | None:
    """Give one column one number of decimals, as many as its largest value deserves."""
    values = pd.to_numeric(frame[name], errors="coerce").abs()
    ends = ("estimate", "conf_low", "conf_high")
    if name in ends:
        values = frame[[one for one in ends if one in frame]].abs().max()
    largest = values.max()
    if say.is_missing(largest):
        return None
    return 0 if largest >= 1000 else 1 if largest >= 100 else 2 if largest >= 1 else 3
