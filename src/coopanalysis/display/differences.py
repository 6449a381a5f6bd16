"""Differences between two groups in several outcomes, each in its own unit."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from coopanalysis.catalog.column import Column, Words
from coopanalysis.display.claims import describe_estimate, judge
from coopanalysis.display.family import ADJUSTED_COLUMNS, describe_family
from coopanalysis.display.figures import plot_coefficients, show_figure
from coopanalysis.display.html import Output, element, paragraph
from coopanalysis.display.page import left_out
from coopanalysis.display.sentences import (
    ASSOCIATION,
    describe_chart,
    format_count,
    format_number,
    format_usd,
    join_words,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import column_words, in_sentence

INTERVAL = ["estimate", "conf_low", "conf_high"]
NOTHING = "no difference could be estimated, because the groups are too few or too small"
_RESULT_COLUMNS: dict[str, ColumnFormat | str] = {
    "shown": "Difference (95%)",
    "df": ColumnFormat("df", kind="number", digits=1),
    "p_value": ColumnFormat("p", kind="number", digits=3),
    "p_value_wild": ColumnFormat("Wild bootstrap", kind="number", digits=3),
    **ADJUSTED_COLUMNS,
    "clusters": ColumnFormat("Clusters", kind="written"),
}
TESTS = {
    "p_value_wild": "the wild bootstrap",
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
        words = column_words(data.column(row["outcome"]))
        in_points = words["measure"] == "points"
        sentence = describe_estimate(
            row,
            words["unit"],
            subject=subject[:1].upper() + subject[1:],
            comparison=comparison,
            measure=words["measure"],
            scale=words.get("scale", 1.0) / (100.0 if in_points else 1.0),
            words=words.get("words", ("more", "fewer")),
            verb=words.get("verb", "have"),
            p_values=_tests(row),
        )
        said.append(sentence.removesuffix(f" {ASSOCIATION}"))
    listed = element("ul", "".join(element("li", escape(one)) for one in said))
    closing = " ".join([how, ASSOCIATION]).strip()
    html = listed + paragraph(closing, "coop-reading")
    return Output(html, "\n".join([*(f"- {one}" for one in said), closing]))


def show_differences(
    table: pd.DataFrame,
    data: Words,
    *,
    caption: str,
    source: str,
    note: str = "",
) -> Output:
    """Show differences with intervals in a table, each in the unit of its outcome.

    Parameters
    ----------
    table : DataFrame, one row per estimate
        As from `models.main_estimates`: columns before `outcome` say what was chosen. Further
        p values and `effective` are shown where there are such columns.
    data : Words
        Whose columns the outcomes are.
    caption, source, note : str
        As for every table; the note opens with how many of the family can be told from zero, if
        there are several.
    """
    if table.empty:
        return left_out(NOTHING)
    written = _written(table, data)
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
    table: pd.DataFrame,
    data: Words,
    *,
    across: str,
    caption: str,
    source: str,
    note: str = "",
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
        As for every table; the note opens with what becomes of the differences that the main rule
        tells from zero.
    """
    if table.empty:
        return left_out(NOTHING)
    written = _written(table, data)
    keys = [name for name in ("label", *_choices(table)) if name != across]
    main, *others = dict.fromkeys(table[across])
    written["side"] = [judge(row).direction for _, row in table.iterrows()]
    wide = written.loc[written[across].eq(main), [*keys, "side", "shown"]]
    wide = wide.rename(columns={"shown": main, "side": "main_side"})
    kept, told = np.zeros((2, 2), dtype=int), wide["main_side"] != 0
    for rule in others:
        rows = written.loc[written[across].eq(rule), [*keys, "side", "shown"]]
        rows = rows.rename(columns={"shown": rule})
        wide = wide.merge(rows, on=keys, how="left", validate="1:1")
        other = wide.pop("side")
        for at, chosen in enumerate((told.to_numpy(), ~told.to_numpy())):
            same = other[chosen] == wide.loc[chosen, "main_side"]
            kept[at] += [int(same.sum()), int(other[chosen].notna().sum())]
    return show_table(
        wide,
        caption=caption,
        note=f"{pluralise(int(told.sum()), 'difference')} of the first column can be told from "
        f"zero, and so can {_of(*kept[0])} of them under another rule; of those that cannot, "
        f"{_of(*kept[1])} cannot under another rule either. {note}".strip(),
        source=source,
        columns={
            "label": "Outcome",
            **{name: form for name, form in _choices(table).items() if name != across},
            **{
                rule: ColumnFormat(rule[:1].upper() + rule[1:], kind="written")
                for rule in (main, *others)
            },
        },
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
    return show_figure(
        plot_coefficients(models, labels, x_label="Difference in standard deviations"),
        finding=f"{subject[:1].upper()}{subject[1:]}, against {comparison}: {reading}.",
        subtitle="Difference in means; thin line 95%, thick line 80% interval",
        alt=describe_chart(
            "Coefficient plot",
            x="difference in standard deviations, zero marked",
            y=f"{len(labels)} outcomes, {len(models)} estimates each",
            reading=sizes[:1].upper() + sizes[1:],
        ),
        note=note,
        source=source,
        data=named.assign(label=named["outcome"].map(labels))[
            ["label", by, *INTERVAL, "n_obs", "n_clusters"]
        ],
    )


def _choices(table: pd.DataFrame) -> dict[str, ColumnFormat | str]:
    """Columns before `outcome`: what tells one estimate from another."""
    names = list(table.columns[: table.columns.get_loc("outcome")])
    return {name: name.replace("_", " ").capitalize() for name in names}


def _written(table: pd.DataFrame, data: Words) -> pd.DataFrame:
    """Label, difference with its interval and clusters as text, in the unit of each outcome."""
    columns = [data.column(name) for name in table["outcome"]]
    values = [_value(*pair) for pair in zip(columns, table["estimate"], strict=True)]
    intervals = _intervals(table, data)
    return table.assign(
        label=[f"{one.label}, {_unit(one)}" if _unit(one) else one.label for one in columns],
        shown=[f"{one} ({ends})" for one, ends in zip(values, intervals, strict=True)],
        clusters=[_clusters(row) for _, row in table.iterrows()],
    )


def _clusters(row: pd.Series) -> str:
    """Clusters, and in brackets their effective number."""
    worth = f" ({format_number(row['effective'], 1)})" if "effective" in row else ""
    return f"{format_count(row['n_clusters'])}{worth}"


def _intervals(table: pd.DataFrame, data: Words) -> list[str]:
    ends = zip(table["outcome"], table["conf_low"], table["conf_high"], strict=True)
    return [
        f"{_value(data.column(name), low)} to {_value(data.column(name), high)}"
        for name, low, high in ends
    ]


def _unit(column: Column) -> str:
    """Unit beside a label, short; an amount of dollars says it itself."""
    measure = column_words(column)["measure"]
    return "points" if measure == "points" else "" if measure == "usd" else column.unit


def _value(column: Column, value: Any) -> str:
    words = column_words(column)
    scaled = value * words.get("scale", 1.0)
    if words["measure"] == "usd":
        return format_usd(scaled)
    return format_number(scaled, 0 if words["measure"] == "count" else 2)


def _tests(row: pd.Series) -> dict[str, float]:
    """Further tests of a difference, by the names that sentences give them."""
    return {told: row[name] for name, told in TESTS.items() if name in row}


def _of(count: int, total: int) -> str:
    return f"{format_count(count)} of {format_count(total)}"


def _directions(table: pd.DataFrame, labels: dict[str, str]) -> str:
    """Name the outcomes that are told to be higher and lower, by interval and all tests."""
    claims = [judge(row, p_values=_tests(row)) for _, row in table.iterrows()]
    sides = pd.Series([one.direction for one in claims], table.index)
    parts = []
    for word, side in (("higher", 1), ("lower", -1)):
        names = [in_sentence(labels[name]) for name in table.loc[sides == side, "outcome"]]
        if names:
            parts.append(f"{join_words(names)} {word}")
    disputed = sum(one.verdict == "disputed" for one in claims)
    if disputed:
        parts.append(f"{disputed} of {len(claims)} told by some tests and not by others")
    silent = sum(one.direction == 0 for one in claims) - disputed
    if silent:
        parts.append(f"{silent} of {len(claims)} not told from zero")
    return join_words(parts)


def _sizes(table: pd.DataFrame, labels: dict[str, str]) -> str:
    return ", ".join(
        f"{in_sentence(labels[name])} {format_number(size, 2)}"
        for name, size in zip(table["outcome"], table["estimate"], strict=True)
    )
