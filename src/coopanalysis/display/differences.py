"""Differences between two groups in several outcomes, each in its own unit."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from coopanalysis.catalog.column import Column, Words
from coopanalysis.display import sentences as say
from coopanalysis.display.claims import judge
from coopanalysis.display.few_clusters import with_effective
from coopanalysis.display.figures import plot_coefficients, show_chart
from coopanalysis.display.html import Output, element, paragraph
from coopanalysis.display.page import left_out
from coopanalysis.display.result_words import column_words
from coopanalysis.display.results import ENDS
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.terms import ADJUSTED_COLUMNS, describe_family
from coopanalysis.display.words import in_sentence

NOTHING = "no difference could be estimated, because the groups are too few or too small"
_RESULT_COLUMNS: dict[str, ColumnFormat | str] = {
    "shown": "Difference (95%)",
    "p_value": "p",
    "by_cr2": ColumnFormat("CR2: p (df)", kind="written"),
    "df": ColumnFormat("df", kind="number", digits=1),
    **ADJUSTED_COLUMNS,
    "clusters": ColumnFormat("Clusters", kind="written"),
}
BY_CR2 = "p_value_cr2"
TESTS = {
    BY_CR2: "the test by CR2",
    "p_value_holm": "Holm's test of all comparisons",
    "p_value_romano_wolf": "that of Romano and Wolf",
}
"""Further tests that a table of differences may hold, as sentences name them."""


def show_difference_sentences(
    table: pd.DataFrame, data: Words, *, subject: str, comparison: str, how: str = ""
) -> Output:
    """Say each difference in a sentence of its own, and once that it is no effect.

    Parameters
    ----------
    table : DataFrame, one row per outcome
        As from `models.main_estimates`; where columns of `TESTS` are among them, a difference is
        told only if these tests tell it too.
    data : Words
        Whose columns the outcomes are.
    subject, comparison : str
        The two groups, in the plural: "counties in states with such a law".
    how : str
        How the counties are counted, in a sentence below.
    """
    if table.empty:
        return left_out(NOTHING)
    said = []
    for _, row in table.iterrows():
        column = data.column(row["outcome"])
        sentence = column_words(column).describe(
            row, say.upper_first(subject), comparison, _tests(row)
        )
        # Where a difference is disputed, its sentence names the outcome late.
        said.append(f"{column.label}. {sentence.removesuffix(f' {say.ASSOCIATION}')}")
    listed = element("ul", "".join(element("li", escape(one)) for one in said))
    closing = " ".join([how, say.ASSOCIATION]).strip()
    html = listed + paragraph(closing, "coop-reading")
    return Output(html, "\n".join([*(f"- {one}" for one in said), closing]))


def show_differences(
    table: pd.DataFrame, data: Words, *, caption: str, source: str, note: str = ""
) -> Output:
    """Show differences with intervals in a table, each in the unit of its outcome.

    Parameters
    ----------
    table : DataFrame, one row per estimate
        As from `models.main_estimates`: columns before `outcome` say what was chosen. Further
        p values and `effective` are shown where there are such columns; the p value by CR2 of a
        table whose intervals are those of the bootstrap stands with its degrees of freedom.
    data : Words
        Whose columns the outcomes are.
    caption, source, note : str
        As for every table; the note opens with how many of the family can be told from zero, if
        there are several.
    """
    if table.empty:
        return left_out(NOTHING)
    written = _written(table, data)
    if BY_CR2 in table:
        written["by_cr2"] = [
            f"{say.format_p_value(row[BY_CR2])} ({say.format_number(row['df'], 1)})"
            for _, row in table.iterrows()
        ]
        written = written.drop(columns="df")
    family = f"{describe_family(table)} " if len(table) > 1 else ""
    columns = {name: form for name, form in _RESULT_COLUMNS.items() if name in written}
    return show_table(
        written,
        caption=caption,
        note=f"{family}{note}".strip(),
        source=source,
        columns={"label": "Outcome", **_choices(table), **columns},
    )


def show_differences_across(
    table: pd.DataFrame, data: Words, *, across: str, caption: str, source: str, note: str = ""
) -> Output:
    """Show the same differences under several rules side by side, the first one the main one.

    Parameters
    ----------
    table : DataFrame, one row per estimate
        As from `models.main_estimates`.
    data : Words
        Whose columns the outcomes are.
    across : str
        Column that names the rule; each of its values becomes a column.
    caption, source, note : str
        As for every table; the note opens with what becomes of the intervals of the main rule
        that leave out zero. Comparisons that a rule leaves as they are do not count.
    """
    if table.empty:
        return left_out(NOTHING)
    written, choices = _written(table, data), _choices(table)
    choices.pop(across)
    keys = ["label", *choices]
    main, *others = dict.fromkeys(table[across])
    written["side"] = [judge(row).direction for _, row in table.iterrows()]
    kept = _kept(written, keys, across)
    wide = written.loc[written[across].eq(main), [*keys, "shown"]].rename(columns={"shown": main})
    for rule in others:
        rows = written.loc[written[across].eq(rule), [*keys, "shown"]]
        wide = wide.merge(rows.rename(columns={"shown": rule}), on=keys, how="left", validate="1:1")
    rules = {rule: ColumnFormat(say.upper_first(rule), kind="written") for rule in (main, *others)}
    return show_table(
        wide,
        caption=caption,
        note=f"{kept} {note}".strip(),
        source=source,
        columns={"label": "Outcome", **choices, **rules},
    )


def _kept(written: pd.DataFrame, keys: list[str], across: str) -> str:
    """Say whether intervals leave out zero under other rules as they do under the first."""
    is_main = written[across].eq(written[across].iloc[0])
    pairs = written[~is_main].merge(
        written.loc[is_main, [*keys, "side", "shown"]],
        on=keys,
        suffixes=("", "_main"),
        validate="m:1",
    )
    pairs = pairs[pairs["shown"] != pairs["shown_main"]]
    agree = pairs["side"] == pairs["side_main"]
    told, out = pairs["side_main"] != 0, int((written.loc[is_main, "side"] != 0).sum())
    same, held = (
        f"{say.format_count(agree[chosen].sum())} of {say.format_count(chosen.sum())}"
        for chosen in (told, ~told)
    )
    return (
        f"{say.pluralise(out, 'interval')} of the first column {'leaves' if out == 1 else 'leave'} "
        f"out zero. Beside {'it' if out == 1 else 'these'}, where another rule changes who is "
        f"compared, {same} lie on the same side of zero; beside those that hold zero, {held} hold "
        "it too."
    )


def show_standard_differences(
    table: pd.DataFrame,
    data: Words,
    *,
    by: str,
    subject: str,
    comparison: str,
    source: str,
    note: str = "",
) -> Output:
    """Draw differences of several outcomes in standard deviations, so that they compare.

    Parameters
    ----------
    table : DataFrame, one row per outcome and model
        As from `models.main_estimates`, with estimate and interval divided by the standard
        deviation of the outcome.
    data : Words
        Whose columns the outcomes are.
    by : str
        Column that names the model: one colour each.
    subject, comparison : str
        The two groups, in the plural.
    source, note : str
        Below the figure.
    """
    if table.empty:
        return left_out(NOTHING)
    labels = {name: data.column(name).label for name in dict.fromkeys(table["outcome"])}
    named = table.assign(term=table["outcome"])
    models = {str(name): rows for name, rows in named.groupby(by, sort=False)}
    told = {name: _directions(rows, labels) for name, rows in models.items()}
    reading = (
        f"{next(iter(told.values()))}{f', whatever the {by}' if len(told) > 1 else ''}"
        if len(set(told.values())) == 1
        else "; ".join(f"{name}: {said}" for name, said in told.items())
    )
    sizes = "; ".join(f"{name}: {_sizes(rows, labels)}" for name, rows in models.items())
    return show_chart(
        plot_coefficients(models, labels, x_label="Difference in standard deviations"),
        say.upper_first(sizes),
        finding=f"{say.upper_first(subject)}, against {comparison}: {reading}.",
        subtitle="Difference in means; thin line 95%, thick line 80% interval",
        chart="Coefficient plot",
        x="difference in standard deviations, zero marked",
        y=f"{len(labels)} outcomes, {len(models)} estimates each",
        note=note,
        source=source,
        data=named.assign(label=named["outcome"].map(labels))[
            ["label", by, *ENDS, "n_obs", "n_clusters"]
        ],
    )


def _choices(table: pd.DataFrame) -> dict[str, ColumnFormat | str]:
    """Columns before `outcome`: what tells one estimate from another."""
    names = list(table.columns[: table.columns.get_loc("outcome")])
    return {name: name.replace("_", " ").capitalize() for name in names}


def _written(table: pd.DataFrame, data: Words) -> pd.DataFrame:
    """Label, difference with its interval and clusters as text, in the unit of each outcome."""
    columns = [data.column(name) for name in table["outcome"]]
    rows = [row for _, row in table.iterrows()]
    shown = []
    for column, row in zip(columns, rows, strict=True):
        value, low, high = (_value(column, row[name]) for name in ENDS)
        shown.append(f"{value} ({low} to {high})")
    units = [_unit(column) for column in columns]
    return table.assign(
        label=[
            one.label if not unit or " per " in one.label else f"{one.label}, {unit}"
            for one, unit in zip(columns, units, strict=True)
        ],
        shown=shown,
        clusters=[with_effective(row) for row in rows],
    )


def _unit(column: Column) -> str:
    """Unit beside a label, short; an amount of dollars says it itself."""
    measure = column_words(column).measure
    return "points" if measure == "points" else "" if measure == "usd" else column.unit


def _value(column: Column, value: Any) -> str:
    words = column_words(column)
    in_unit = value * words.scale
    if words.measure == "usd":
        return say.format_usd(in_unit)
    return say.format_number(in_unit, 0 if words.measure == "count" else 2)


def _tests(row: pd.Series) -> dict[str, float]:
    """Further tests of a difference, by the names that sentences give them."""
    return {told: row[name] for name, told in TESTS.items() if name in row}


def _directions(table: pd.DataFrame, labels: dict[str, str]) -> str:
    """Name the outcomes that are told to be higher and lower, by interval and all tests."""
    claims = [judge(row, p_values=_tests(row)) for _, row in table.iterrows()]
    sides = pd.Series([one.direction for one in claims], table.index)
    parts = []
    for word, side in (("higher", 1), ("lower", -1)):
        names = [in_sentence(labels[name]) for name in table.loc[sides == side, "outcome"]]
        if names:
            parts.append(f"{say.join_words(names)} {word}")
    disputed = sum(one.verdict == "disputed" for one in claims)
    if disputed:
        parts.append(f"{disputed} of {len(claims)} told by some tests and not by others")
    silent = sum(one.direction == 0 for one in claims) - disputed
    if silent:
        parts.append(f"{silent} of {len(claims)} not told from zero")
    return say.join_words(parts)


def _sizes(table: pd.DataFrame, labels: dict[str, str]) -> str:
    return ", ".join(
        f"{in_sentence(labels[name])} {say.format_number(size, 2)}"
        for name, size in zip(table["outcome"], table["estimate"], strict=True)
    )
