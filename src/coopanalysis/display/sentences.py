"""Number formats, alternative texts and source lines: every number in prose is written here.

What may be said of an estimate is decided in `claims`.
"""

from __future__ import annotations

import re
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
_LIST_OF = ", list of "
ALT_SHORTEST, ALT_LONGEST = 80, 600

Measure = Literal["number", "count", "share", "points", "usd", "ratio"]


def is_missing(value: Any) -> bool:
    """Tell whether a single value is missing or not finite."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float | np.floating) and not np.isfinite(value)


def format_number(value: Any, digits: int | None = None) -> str:
    """Format a number with a true minus sign and commas.

    Parameters
    ----------
    value : number
        Missing gives "not available"; one above 0 that would round to 0 is written as below the
        smallest number with these decimals, `<1` or `<0.1`, for it is not none.
    digits : int, optional
        Decimals, at most 3. By default as many as the size deserves: none from 100 on, one
        from 10 on, two from 0.1 on, else three.
    """
    if is_missing(value):
        return NOT_AVAILABLE
    number = float(value)
    size = abs(number)
    if digits is None:
        digits = 0 if size >= 99.5 or size == 0 else 1 if size >= 9.95 else 2 if size >= 0.1 else 3
    digits = min(digits, 3)
    text = f"{abs(round(number, digits)):,.{digits}f}"
    is_zero = not text.strip("0.,")
    if is_zero and number > 0:
        return f"<{10**-digits:.{digits}f}"
    return text if number >= 0 or is_zero else MINUS + text


def format_count(value: Any) -> str:
    """Format a count: whole, with commas."""
    return format_number(value, 0)


def format_millions(count: Any) -> str:
    """Format a count of persons in millions: `105.6 million`."""
    return NOT_AVAILABLE if is_missing(count) else f"{format_number(count / 1e6, 1)} million"


def format_share(share: Any, digits: int = 1) -> str:
    """Format a share of 0 to 1 as a percentage."""
    return NOT_AVAILABLE if is_missing(share) else f"{format_number(100 * float(share), digits)}%"


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


def format_measure(value: Any, measure: Measure = "number") -> str:
    """Format a value by what it measures; `points` takes a difference of shares (0 to 1)."""
    if is_missing(value):
        return NOT_AVAILABLE
    if measure == "count":
        return format_count(value)
    if measure == "share":
        return format_share(value)
    if measure == "usd":
        return format_usd(value)
    if measure == "points":
        return f"{format_number(100 * float(value), 1)} percentage points"
    return format_number(value)


def format_interval(low: Any, high: Any, measure: Measure = "number") -> str:
    """Format an interval as `low to high`, with one unit at the end."""
    if is_missing(low) or is_missing(high):
        return NOT_AVAILABLE
    if measure == "points":
        return f"{format_number(100 * float(low), 1)} to {format_measure(high, 'points')}"
    if measure == "number":
        size = max(abs(float(low)), abs(float(high)))
        digits = 0 if size >= 99.5 else 1 if size >= 9.95 else 2 if size >= 0.1 else 3
        return f"{format_number(low, digits)} to {format_number(high, digits)}"
    return f"{format_measure(low, measure)} to {format_measure(high, measure)}"


def join_words(words: Sequence[str]) -> str:
    """Join as in prose: `a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def pluralise(count: Any, singular: str, plural: str | None = None) -> str:
    """Write a count with its noun: `1 county`, `2,556 counties`."""
    return f"{format_count(count)} {singular if count == 1 else plural or singular + 's'}"


def describe_share(count: Any, total: Any, noun: str = "counties") -> str:
    """Write a count out of a total with its percentage.

    Raises
    ------
    UsageError
        If the count is negative or larger than the total.
    """
    if is_missing(count) or is_missing(total) or total == 0:
        return f"{NOT_AVAILABLE} (no {noun} to count)"
    if not 0 <= count <= total:
        raise UsageError(f"{count} of {total} {noun} is not a share: count from the same rows.")
    return f"{format_count(count)} of {format_count(total)} {noun} ({format_share(count / total)})"


def describe_sample(row: Mapping[str, Any] | pd.Series, unit: str = "counties") -> str:
    """Write the number of observations, and of clusters where there are any."""
    clusters = row.get("n_clusters")
    within = (
        "" if is_missing(clusters) or not clusters else f" in {format_count(clusters)} clusters"
    )
    return f"n = {format_count(row['n_obs'])} {unit}{within}"


def describe_chart(chart: str, *, x: str, y: str, reading: str, extent: str = "") -> str:
    """Compose an alternative text: chart type, axes, range, and the main reading.

    Parameters
    ----------
    chart : str
        Kind of chart: "Bar chart", "County map".
    x, y : str
        What the two axes show; for a map, what the areas and the colours show.
    reading : str
        What a reader would see, with numbers from the data.
    extent : str
        Range of the values: "from 3.1% to 24.8%".

    Raises
    ------
    UsageError
        If the text is shorter than 80 or longer than 600 characters.
    """
    spread = f", {extent}" if extent else ""
    text = f"{chart}. Across: {x}. Up or by colour: {y}{spread}. {reading.rstrip('.')}."
    return check_alt(text)


def check_alt(alt: str) -> str:
    """Return an alternative text, or say what is wrong with it.

    Raises
    ------
    UsageError
        If it is too short or too long to help, or names a file.
    """
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


def describe_sources(build: Mapping[str, Any], layouts: Sequence[str] = ()) -> str:
    """Write the source line of a figure from the record of the build.

    Parameters
    ----------
    build : mapping
        `build.json` of the release.
    layouts : sequence of str
        Layouts the figure draws on; all by default. Of a layout with several files the one that is
        meant may be named by its vintage, "votes-president 2020", or by its id. Files that are
        only checked, and used no further, are not named.

    Raises
    ------
    UsageError
        If the build has no input of one of the layouts.
    """
    chosen = find_inputs(build, layouts)
    titles: dict[str, list[str]] = {}
    for entry in chosen:
        titles.setdefault(entry["publisher"], []).append(entry["title"])
    parts = [f"{who}: {', '.join(_together(what))}" for who, what in titles.items()]
    simulated = " Simulated data, demo release." if build["release"] == "demo" else ""
    as_of = describe_vintages([str(entry["vintage"]) for entry in chosen])
    return f"{'; '.join(parts)}.{f' Data as of {as_of}.' if as_of else ''}{simulated}"


def find_inputs(build: Mapping[str, Any], layouts: Sequence[str] = ()) -> list[Mapping[str, Any]]:
    """Inputs of a build by layout, by layout and vintage, or by id; all by default.

    Raises
    ------
    UsageError
        If the build has no input of one of them.
    """
    inputs = build["inputs"]
    names = [
        {entry["layout"], f"{entry['layout']} {entry['vintage']}", entry.get("id")}
        for entry in inputs
    ]
    missing = sorted(set(layouts) - set().union(*names))
    if missing:
        known = sorted({entry["layout"] for entry in inputs})
        raise UsageError(f"The build has no input of layout {missing}; it has {known}.")
    wanted = set(layouts)
    return [
        entry
        for entry, called in zip(inputs, names, strict=True)
        if (not layouts or called & wanted) and not entry.get("checked_only")
    ]


def _together(titles: Sequence[str]) -> list[str]:
    """Name several lists of one kind once, with their days: "agencies, lists of ... and ..."."""
    days: dict[str, list[str]] = {}
    for title in dict.fromkeys(titles):
        name, mark, day = title.partition(_LIST_OF)
        kept = days.setdefault(name, [])
        if mark:
            kept.append(day.split(" (")[0])
    return [
        name + (f", list{'s' if len(of) > 1 else ''} of {join_words(of)}" if of else "")
        for name, of in days.items()
    ]


def describe_vintages(vintages: Sequence[str]) -> str:
    """Write the days or years of several sources; of more than three only the span of years."""
    known = sorted(set(vintages))
    if len(known) <= 3:
        return join_words([_vintage(vintage) for vintage in known])
    years = sorted(re.findall(r"\b(?:19|20)\d\d\b", " ".join(known)))
    return f"{years[0]} to {years[-1]}" if years else join_words(known)


def _vintage(text: str) -> str:
    try:
        return format_date(text)
    except ValueError:
        return text


def lower_first(text: str) -> str:
    """Begin a label with a small letter, for the middle of a sentence; not "OLS" or "CR2"."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
