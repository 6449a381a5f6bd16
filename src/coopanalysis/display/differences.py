"""Differences between two groups in several outcomes, each in its own unit."""

from __future__ import annotations

from html import escape

import pandas as pd

from coopanalysis.catalog.column import Words
from coopanalysis.display import sentences as say
from coopanalysis.display.claims import judge
from coopanalysis.display.dependence import with_effective
from coopanalysis.display.figures import plot_coefficients, show_chart
from coopanalysis.display.html import Output, element, paragraph
from coopanalysis.display.page import left_out
from coopanalysis.display.results import ENDS
from coopanalysis.display.tables import ColumnFormat, Columns, show_table
from coopanalysis.display.terms import ADJUSTED_COLUMNS, describe_family
from coopanalysis.display.words import column_words, in_sentence

NOTHING = "no difference could be estimated, because the groups are too few or too small"
_RESULT_COLUMNS: Columns = {
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
    subject, comparison, how : str
        The two groups, in the plural ("counties in states with such a law"); how they are counted.
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
        As for every table; the note opens with how many of a family can be told from zero.
    """
    if table.empty:
        return left_out(NOTHING)
    written = _written(table, data)
    if BY_CR2 in table:
        df = [f" ({say.format_number(one, 1)})" for one in table["df"]]
        by_cr2 = table[BY_CR2].map(say.format_p_value) + df
        written = written.assign(by_cr2=by_cr2).drop(columns="df")
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

    Arguments are as for `show_differences`; each value of the column `across`, which names the
    rule, becomes a column. The note opens with what becomes of the intervals of the main rule that
    leave out zero; comparisons that a rule leaves as they are do not count.
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
        note=f"In brackets 95% intervals. {kept} {note}".strip(),
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
    same, held = (say.out_of(agree[chosen].sum(), chosen.sum()) for chosen in (told, ~told))
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
        As from `models.main_estimates`, in standard deviations of the outcome.
    data : Words
        Whose columns the outcomes are.
    by : str
        Column that names the model: one colour each.
    subject, comparison, source, note : str
        The two groups, in the plural; below the figure.
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


def _choices(table: pd.DataFrame) -> Columns:
    """Columns before `outcome`: what tells one estimate from another."""
    names = list(table.columns[: table.columns.get_loc("outcome")])
    return {name: name.replace("_", " ").capitalize() for name in names}


def _written(table: pd.DataFrame, data: Words) -> pd.DataFrame:
    """Label, difference with its interval and clusters as text, in the unit of each outcome."""
    labels, shown, clusters = [], [], []
    for _, row in table.iterrows():
        column = data.column(row["outcome"])
        words = column_words(column)
        is_money = words.measure == "usd"  # an amount of dollars says its unit itself
        unit = "points" if words.measure == "points" else "" if is_money else column.unit
        labels.append(column.label + f", {unit}" * bool(unit and " per " not in column.label))
        digits = 0 if words.measure == "count" else 2
        value, low, high = (
            say.format_usd(one) if is_money else say.format_number(one, digits)
            for one in (row[name] * words.scale for name in ENDS)
        )
        shown.append(f"{value} ({low} to {high})")
        clusters.append(with_effective(row))
    return table.assign(label=labels, shown=shown, clusters=clusters)


def _tests(row: pd.Series) -> dict[str, float]:
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
    sizes = zip(table["outcome"], table["estimate"], strict=True)
    return ", ".join(f"{in_sentence(labels[n])} {say.format_number(size, 2)}" for n, size in sizes)
