"""Number formats and parts of sentences: every number in prose is written here.

What may be said of an estimate is decided in `claims`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from coopanalysis.errors import UsageError

NOT_AVAILABLE = "not available"
ASSOCIATION = "This is an association, not an effect."
MINUS = "\N{MINUS SIGN}"
JOINER = "\N{WORD JOINER}"
"""Keeps a line from ending between a sign and what it belongs to."""
_PLURALS = {"agency": "agencies", "county": "counties"}
ALT_SHORTEST, ALT_LONGEST = 80, 600

Measure = Literal["number", "count", "share", "points", "usd"]


def is_missing(value: Any) -> bool:
    """Tell whether a single value is missing or not finite."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float | np.floating) and not np.isfinite(value)


def format_number(value: Any, digits: int | None = None) -> str:
    """Format a number with a true minus sign and commas; a missing one is "not available".

    One above 0 that would round to 0 is written as below the smallest number with these decimals,
    `<1` or `<0.1`, for it is not none. Decimals are at most 3; by default as many as the size
    deserves: none from 100 on, one from 10 on, two from 0.1 on, else three.
    """
    if is_missing(value):
        return NOT_AVAILABLE
    number = float(value)
    if digits is None:
        digits = _decimals(abs(number)) if number else 0
    digits = min(digits, 3)
    text = f"{abs(round(number, digits)):,.{digits}f}"
    is_zero = not text.strip("0.,")
    if is_zero and number > 0:
        return f"<{10**-digits:.{digits}f}"
    return text if number >= 0 or is_zero else MINUS + text


def _decimals(size: float) -> int:
    return 0 if size >= 99.5 else 1 if size >= 9.95 else 2 if size >= 0.1 else 3


def format_count(value: Any) -> str:
    """Format a count: whole, with commas."""
    return format_number(value, 0)


def format_millions(count: Any) -> str:
    """Format a count of persons in millions: `105.6 million`."""
    return NOT_AVAILABLE if is_missing(count) else f"{format_number(count / 1e6, 1)} million"


def format_share(share: Any, digits: int = 1) -> str:
    """Format a share of 0 to 1 as a percentage."""
    return NOT_AVAILABLE if is_missing(share) else f"{format_number(100 * float(share), digits)}%"


def format_percent(percent: Any, digits: int = 1) -> str:
    """Format a percentage of 0 to 100."""
    return format_share(None if is_missing(percent) else float(percent) / 100, digits)


def format_p_value(value: Any) -> str:
    """Format a p value to three decimals; smaller ones as `<0.001`, never as zero."""
    if not is_missing(value) and value < 0.0005:
        return "<0.001"
    return format_number(value, 3)


def format_usd(value: Any) -> str:
    """Format an amount of US dollars, whole."""
    if is_missing(value):
        return NOT_AVAILABLE
    sign = f"{MINUS}{JOINER}" if float(value) < 0 else ""
    return f"{sign}${abs(float(value)):,.0f}"


def format_date(value: Any) -> str:
    """Format a day as `15 July 2025`; accepts dates, timestamps and ISO text."""
    if is_missing(value) or value == "":
        return NOT_AVAILABLE
    day = date.fromisoformat(value[:10]) if isinstance(value, str) else pd.Timestamp(value).date()
    return f"{day.day} {day:%B %Y}"


def format_month(value: Any) -> str:
    """Format the month of a day as `July 2025`."""
    return NOT_AVAILABLE if is_missing(value) else format_date(value).split(" ", 1)[-1]


def format_measure(value: Any, measure: Measure = "number") -> str:
    """Format a value by what it measures; `points` takes a difference of shares (0 to 1)."""
    if measure == "points" and not is_missing(value):
        return f"{format_number(100 * float(value), 1)} percentage points"
    if measure == "share":
        return format_share(value)
    if measure == "usd":
        return format_usd(value)
    return format_count(value) if measure == "count" else format_number(value)


def format_interval(low: Any, high: Any, measure: Measure = "number") -> str:
    """Format an interval as `low to high`, with one unit at the end."""
    if is_missing(low) or is_missing(high):
        return NOT_AVAILABLE
    if measure == "points":
        return f"{format_number(100 * float(low), 1)} to {format_measure(high, 'points')}"
    if measure == "number":
        digits = _decimals(max(abs(float(low)), abs(float(high))))
        return f"{format_number(low, digits)} to {format_number(high, digits)}"
    return f"{format_measure(low, measure)} to {format_measure(high, measure)}"


def with_interval(row: Mapping[str, Any] | pd.Series, scale: float = 1.0) -> str:
    """Write an estimate with its interval, in another unit if asked: `74 (47 to 100)`."""
    interval = format_interval(row["conf_low"] * scale, row["conf_high"] * scale)
    return f"{format_number(row['estimate'] * scale)} ({interval})"


def tell(row: Mapping[str, Any] | pd.Series, scale: float = 1.0) -> str:
    """Write an estimate with its interval and its level: `74 (95% interval 47 to 100)`.

    For prose; `with_interval` is for cells whose heading says the level.
    """
    estimate, interval = with_interval(row, scale).split(" (", 1)
    return f"{estimate} (95% interval {interval}"


def out_of(count: Any, total: Any) -> str:
    """Write a count of a whole: `25 of 2,556`."""
    return f"{format_count(count)} of {format_count(total)}"


def join_words(words: Sequence[str]) -> str:
    """Join as in prose: `a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def pluralise(count: Any, singular: str, plural: str = "") -> str:
    """Write a count with its noun: `1 county`, `2,556 counties`."""
    several = plural or _PLURALS.get(singular, f"{singular}s")
    return f"{format_count(count)} {singular if count == 1 else several}"


def describe_share(count: Any, total: Any, noun: str = "counties") -> str:
    """Write a count out of a total with its percentage; one that is larger is refused."""
    if is_missing(count) or is_missing(total) or total == 0:
        return f"{NOT_AVAILABLE} (no {noun} to count)"
    if not 0 <= count <= total:
        raise UsageError(f"{count} of {total} {noun} is not a share: count from the same rows.")
    return f"{out_of(count, total)} {noun} ({format_share(count / total)})"


def describe_chart(chart: str, *, x: str, y: str, reading: str, extent: str = "") -> str:
    """Compose an alternative text: chart type, axes, range of the values, and the main reading.

    `chart` is the kind ("County map"); `x` and `y` are what the axes show, or for a map what the
    areas and the colours show; `extent` is the range ("from 3.1% to 24.8%"); the reading is what a
    reader would see, with numbers from the data. All of it takes 80 to 600 characters.
    """
    spread = f", {extent}" if extent else ""
    text = f"{chart}. Across: {x}. Up or by colour: {y}{spread}. {reading.rstrip('.')}."
    return check_alt(text)


def check_alt(alt: str) -> str:
    """Return an alternative text; refuse one too short or too long to help, or naming a file."""
    text = " ".join(alt.split())
    if not ALT_SHORTEST <= len(text) <= ALT_LONGEST:
        raise UsageError(
            f"An alt text takes {ALT_SHORTEST} to {ALT_LONGEST} characters, this one has "
            f"{len(text)}: name chart type, axes, range and main finding ({text[:60]!r})."
        )
    endings = (".png", ".svg", ".jpg", ".ipynb", ".parquet", ".csv")
    if any(ending in text.lower() for ending in endings):
        raise UsageError(f"An alt text says what is seen and names no file: {text[:60]!r}.")
    return text


def describe_range(values: pd.Series, measure: Measure = "number") -> str:
    """Write the range of a column: `from 1.2 to 34`, missing values left out."""
    known = values.dropna()
    if known.empty:
        return NOT_AVAILABLE
    return f"from {format_measure(known.min(), measure)} to {format_measure(known.max(), measure)}"


def lower_first(text: str) -> str:
    """Begin a label with a small letter, for the middle of a sentence; not "OLS" or "CR2"."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def upper_first(text: str) -> str:
    """Begin a sentence with a capital letter, and leave the rest as it is."""
    return text[:1].upper() + text[1:]
