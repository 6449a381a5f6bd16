"""A difference step by step: by levels of a category, along a characteristic, by moderators."""

from __future__ import annotations

import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import LEVEL
from coopanalysis.display.columns import format_value
from coopanalysis.display.figures import plot_dose_response, show_chart
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.results import DEGREES, ENDS, result_columns, scaled
from coopanalysis.display.source_lines import columns_of_model, source_line
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import (
    column_of,
    comparison_words,
    error_words,
    in_sentence,
    result_words,
    term_label,
)
from coopanalysis.models import Estimates
from coopanalysis.models.design import Factor
from coopanalysis.models.terms import columns_of
from coopanalysis.models.variation import Levels, Variation, read_levels
from coopanalysis.panel import Panel

TESTED = [*ENDS, "p_value", "n_obs"]


def show_levels(estimates: Estimates | None, *, data: Panel | None = None) -> Output:
    """Show an outcome at each level of a category, against the level of reference.

    The treatment of the fit is a category; None, where no county has one, leaves the section out.
    """
    if estimates is None:
        return left_out("a comparison level by level")
    words, levels = result_words(estimates, data), read_levels(estimates)
    label = column_of(words.data, words.spec.treatment).label
    table = scaled(levels.table, words.scale)
    least, most = table.iloc[0], table.iloc[-1]
    reading = (
        f"{label}: levels {_differ(levels)}; against "
        f"{levels.reference}, {say.format_number(least['estimate'])} at {least['level']} and "
        f"{say.format_number(most['estimate'])} at {most['level']}"
    )
    return show_chart(
        plot_dose_response(_with_reference(table), dose="level", x_label=label, y_label=words.axis),
        reading,
        subtitle=f"Difference in {words.table_unit} from counties at {levels.reference}, the "
        "commonest level; 95% intervals",
        chart="Points with intervals",
        x=label,
        y=f"difference in {words.table_unit} from {levels.reference}",
        note=f"Compared with {words.comparison}. Levels at the ends "
        "with few counties are pooled. Association, not effect.",
        source=words.source,
        data=table[["level", *TESTED]],
    )


def _differ(levels: Levels) -> str:
    p_value = float(levels.test["p_value"])
    told = "differ" if p_value < LEVEL else "cannot be told apart"
    return f"{told} (joint test p {say.format_p_value(p_value)})"


def _with_reference(table: pd.DataFrame) -> pd.DataFrame:
    """Give the level of reference, which has no interval, one of no width."""
    ends = ("conf_low", "conf_high")
    return table.assign(**{end: table[end].fillna(table["estimate"]) for end in ends})


def show_response(
    estimates: Estimates, column: str, counties: pd.DataFrame, *, data: Panel | None = None
) -> Output:
    """Show an outcome in groups of counties by one characteristic, the first as the reference.

    The treatment of the fit is a category, groups of counties by the column, fifths for example;
    the counties are what it was fitted on.
    """
    words, levels = result_words(estimates, data), read_levels(estimates)
    data, spec = words.data, estimates.spec
    about = data.column(column)
    group = estimates.sample.columns[columns_of([spec.treatment])[0]]
    assert isinstance(group, Factor)
    own = counties.loc[estimates.sample.rows, column].astype("float64")
    middle = own.groupby([str(group.levels[code]) for code in group.codes]).median()
    at = {level: format_value(about, value) for level, value in middle.items()}
    table = _with_reference(scaled(levels.table, words.scale))
    table = table.assign(step=table["level"].map(at))
    last, label = table.iloc[-1], in_sentence(about.label)
    reading = (
        f"groups of counties by {label} {_differ(levels)}; the highest less the lowest "
        f"{say.tell(last)} {words.table_unit}"
    )
    return show_chart(
        plot_dose_response(
            table, dose="step", x_label=f"{about.label}, median of each group", y_label=words.axis
        ),
        say.upper_first(reading),
        finding=f"{term_label(data, spec.outcome)}: {reading}.",
        subtitle=f"Difference from the group with the lowest {label}, in {words.table_unit}; 95% "
        "intervals",
        chart="Points with intervals",
        x=f"{label}, medians of {len(table)} groups of counties, {table['step'].iloc[0]} to "
        f"{last['step']}",
        y=f"difference in {words.table_unit} from the lowest group",
        note=f"Compared with {comparison_words(spec, data, column)}: the same design with a step "
        f"for each group in the place of a straight line; errors {error_words(spec, data)}. "
        "Association, not effect.",
        source=source_line(data, [column, *columns_of_model(spec)[2:], spec.outcome]),
        data=table[["step", *TESTED]],
    )


def show_variation(
    variation: Variation, estimates: Estimates, *, data: Panel | None = None
) -> Output:
    """Show a difference where each moderator is low and high, with tests that it varies.

    The variation is from `models.vary`.
    """
    words = result_words(estimates, data)
    data, table = words.data, scaled(variation.table, words.scale)
    said = [_varies(rows, data) for _, rows in table.groupby("moderator", sort=False)]
    if variation.test:
        p_value = float(variation.test["p_value"])
        told = "varies with some of these" if p_value < LEVEL else "cannot be told to vary with any"
        said.append(
            f"Taken together, in one model with all of them, it {told} (joint test of "
            f"{say.format_count(variation.test['df_num'])} products, p "
            f"{say.format_p_value(p_value)}: the smallest of their p values by the wild cluster "
            "bootstrap, times their number)."
        )
    said += [
        f"{say.upper_first(in_sentence(column_of(data, one).label))} is the same in all counties "
        "used, or in all of one group."
        for one in variation.left_out
    ]
    moderators = columns_of(list(dict.fromkeys(table["moderator"])))
    return show_table(
        table.assign(where=[_where(row, data) for _, row in table.iterrows()]),
        caption=f"Does the difference vary? In {words.table_unit}",
        note=" ".join(said)
        + " Each product has its own p value, not adjusted for the others; the joint test is. "
        "Differences are of the main model with the treatment multiplied by each in turn, p "
        "values of one model with all products.",
        source=source_line(data, [*columns_of_model(estimates.spec), *moderators]),
        columns={
            "where": "Where",
            **result_columns(table, n_obs=False),
            "df": DEGREES,
            "p_value_product": ColumnFormat("p of the product", kind="number"),
        },
    )


def _varies(rows: pd.DataFrame, data: Panel) -> str:
    first, last = rows.iloc[0], rows.iloc[-1]
    p_value = float(first["p_value_product"])
    verb = "varies" if p_value < LEVEL else "cannot be told to vary"
    return (
        f"The difference {verb} with {in_sentence(column_of(data, first['moderator']).label)}, "
        f"from {say.format_number(first['estimate'])} ({first['place']}) to "
        f"{say.format_number(last['estimate'])} ({last['place']}; test of the product p "
        f"{say.format_p_value(p_value)})."
    )


def _where(row: pd.Series, data: Panel) -> str:
    column = column_of(data, row["moderator"])
    if row["place"] in ("no", "yes"):
        return f"{column.label}: {row['place']}"
    return f"{column.label}, {row['place']}: {format_value(column, row['at'])}"
