"""All terms of a model, of several models with many tests, and an outcome along one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from coopanalysis.display.claims import describe_count_signs, is_distinguishable
from coopanalysis.display.columns import format_value
from coopanalysis.display.family import ADJUSTED_COLUMNS, describe_family
from coopanalysis.display.figures import plot_coefficients, plot_dose_response, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.model_details import model_details
from coopanalysis.display.page import left_out
from coopanalysis.display.results import (
    INTERVALS,
    SAID_ELSEWHERE,
    effect_table,
    result_columns,
)
from coopanalysis.display.sentences import (
    describe_chart,
    format_count,
    format_interval,
    format_number,
    format_p_value,
    join_words,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.tallies import scaled
from coopanalysis.display.words import (
    FAMILY_WORDS,
    columns_of_model,
    comparison_words,
    error_words,
    in_sentence,
    plain_notes,
    release_of,
    result_words,
    source_line,
    term_label,
    with_interval,
)
from coopanalysis.models import Estimates, columns_of
from coopanalysis.models.design import Factor
from coopanalysis.models.joint import suited_joint_test
from coopanalysis.models.levels import read_levels
from coopanalysis.panel import Panel

LEVEL = 0.05


def terms_table(estimates: Estimates, *, data: Panel | None = None) -> pd.DataFrame:
    """Differences with each term of a model, in the unit of the table, under human names.

    Returns
    -------
    DataFrame
        `label`, the result columns, and `df`, the degrees of freedom.
    """
    data = release_of(data)
    table, scale = effect_table(estimates), result_words(estimates, data).scale
    table = table[table["term"] != "(Intercept)"]
    ends = {name: table[name] * scale for name in ("estimate", "conf_low", "conf_high")}
    labels = [term_label(data, term) for term in table["term"]]
    df = [float(estimates.df[term]) for term in table["term"]]
    return table.assign(**ends, label=labels, df=df).reset_index(drop=True)


def show_terms(estimates: Estimates | None, *, data: Panel | None = None) -> Output:
    """Show how an outcome goes with every term of one model, the others held.

    Parameters
    ----------
    estimates : Estimates or None
        A fit; None, where the release has no such outcome, leaves the section out.
    data : Panel, optional
        The release, where several are loaded.
    """
    if estimates is None:
        return left_out("a model of an outcome that is known of no county")
    data, spec = release_of(data), estimates.spec
    words, rows = result_words(estimates, data), terms_table(estimates, data=data)
    outcome = term_label(data, spec.outcome)
    told = [
        f"{in_sentence(row['label'])} {format_number(row['estimate'])} "
        f"({format_interval(row['conf_low'], row['conf_high'])})"
        for _, row in rows.iterrows()
        if is_distinguishable(row)
    ]
    reading = (
        f"{describe_count_signs(rows)}" if len(told) > 3 or not told else
        f"Can be told from zero: {join_words(told)}"
    )  # fmt: skip
    joint = _jointly(estimates, rows["term"].tolist())
    figure = show_figure(
        plot_coefficients(
            rows.assign(term=rows["label"]), {one: one for one in rows["label"]}, x_label=words.axis
        ),
        finding=f"{outcome}: {in_sentence(reading)}.",
        subtitle=f"Difference in {words.table_unit}, others held; {INTERVALS}",
        alt=describe_chart(
            "Coefficient plot",
            x=f"difference in {words.table_unit}, zero marked",
            y=f"{pluralise(len(rows), 'county characteristic')}",
            extent=f"from {format_number(rows['estimate'].min())} to "
            f"{format_number(rows['estimate'].max())}",
            reading=f"{outcome}: {describe_count_signs(rows)}",
        ),
        note=f"{FAMILY_WORDS[spec.family].capitalize()}; errors {error_words(spec, data)}. "
        + plain_notes([one for one in estimates.notes if not one.endswith(SAID_ELSEWHERE)], data)
        + f" {joint} Association, not effect.",
        source=source_line(data, columns_of_model(spec)),
        data=rows[["label", "estimate", "conf_low", "conf_high", "df", "p_value", "n_obs"]],
    )
    details = model_details({outcome: estimates}, data)
    return Output(figure.html + details.html, f"{figure.text}\n{details.text}")


def _jointly(estimates: Estimates, terms: list[str]) -> str:
    """Say whether the outcome can be told to differ with any of the terms."""
    test, how = suited_joint_test(estimates, terms)
    can = "can" if float(test["p_value"]) < LEVEL else "cannot"
    return (
        f"That the outcome differs with none of the {format_count(len(terms))} characteristics "
        f"{can} be ruled out by a joint test ({how}, p {format_p_value(test['p_value'])})."
    )


def show_many_terms(
    results: Mapping[str, Estimates], family: pd.DataFrame, *, data: Panel | None = None
) -> Output:
    """Show every term of several models, with p values adjusted over all of them.

    Parameters
    ----------
    results : mapping of outcome name to Estimates
        The models, by least squares.
    family : DataFrame
        From `models.adjust_family` of the same models and all their terms.
    data : Panel, optional
        The release, where several are loaded.
    """
    data = release_of(data)
    table = pd.concat(
        [terms_table(one, data=data).assign(hypothesis=name) for name, one in results.items()],
        ignore_index=True,
    )
    adjusted = family[["hypothesis", "term", *ADJUSTED_COLUMNS]]
    table = table.merge(adjusted, on=["hypothesis", "term"], how="left", validate="1:1")
    first = next(iter(results.values()))
    columns = list(dict.fromkeys(n for one in results.values() for n in columns_of_model(one.spec)))
    formats = result_columns(table)[0]
    shown = show_table(
        table,
        caption=f"Difference with each characteristic, in {result_words(first, data).table_unit}",
        note=f"{describe_family(table)} "
        + plain_notes([one for one in first.notes if not one.endswith(SAID_ELSEWHERE)], data),
        source=source_line(data, columns),
        columns={
            "label": "Characteristic",
            "hypothesis": "Outcome",
            **{name: formats[name] for name in ("estimate", "conf_low", "conf_high", "p_value")},
            **ADJUSTED_COLUMNS,
        },
    )
    details = model_details(results, data)
    return Output(shown.html + details.html, f"{shown.text}\n{details.text}")


def show_response(
    estimates: Estimates, column: str, counties: pd.DataFrame, *, data: Panel | None = None
) -> Output:
    """Show an outcome in groups of counties by one characteristic, the first as the reference.

    Parameters
    ----------
    estimates : Estimates
        A fit whose treatment is a category: groups of counties by the column, fifths for example.
    column : str
        The characteristic by which they are grouped.
    counties : DataFrame
        What it was fitted on.
    data : Panel, optional
        The release, where several are loaded.
    """
    data, spec, levels = release_of(data), estimates.spec, read_levels(estimates)
    words, about = result_words(estimates, data), data.column(column)
    group = estimates.sample.columns[columns_of([spec.treatment])[0]]
    assert isinstance(group, Factor)
    own = counties.loc[estimates.sample.rows, column].astype("float64")
    middle = own.groupby([str(group.levels[code]) for code in group.codes]).median()
    at = {level: format_value(about, value) for level, value in middle.items()}
    table = scaled(levels.table, words.scale)
    table = table.assign(
        step=table["level"].map(at),
        **{end: table[end].fillna(table["estimate"]) for end in ("conf_low", "conf_high")},
    )
    outcome, label = term_label(data, spec.outcome), in_sentence(about.label)
    last, p_value = table.iloc[-1], float(levels.test["p_value"])
    reading = (
        f"groups of counties by {label} {'differ' if p_value < LEVEL else 'cannot be told apart'} "
        f"(joint test p {format_p_value(p_value)}); the highest less the lowest "
        f"{with_interval(last)} {words.table_unit}"
    )
    return show_figure(
        plot_dose_response(
            table,
            dose="step",
            x_label=f"{about.label}, median of each group",
            y_label=words.axis,
            null=0.0,
        ),
        finding=f"{outcome}: {reading}.",
        subtitle=f"Difference from the group with the lowest {label}, in {words.table_unit}; 95% "
        "intervals",
        alt=describe_chart(
            "Points with intervals",
            x=f"{label}, medians of {len(table)} groups of counties, {table['step'].iloc[0]} to "
            f"{last['step']}",
            y=f"difference in {words.table_unit} from the lowest group",
            reading=reading[:1].upper() + reading[1:],
        ),
        note=f"Compared with {comparison_words(spec, data, column)}: the same design with a step "
        f"for each group in the place of a straight line; errors {error_words(spec, data)}. "
        "Association, not effect.",
        source=source_line(data, [column, *columns_of_model(spec)[2:], spec.outcome]),
        data=table[["step", "estimate", "conf_low", "conf_high", "p_value", "n_obs"]],
    )


def show_two_models(
    first: Estimates | None,
    second: Estimates | None,
    names: Sequence[str],
    *,
    data: Panel | None = None,
) -> Output:
    """Show the terms of two models of one outcome side by side, and whether their signs agree.

    Parameters
    ----------
    first, second : Estimates or None
        Fits on the same terms; None leaves the section out.
    names : sequence of str
        What the two models are called.
    data : Panel, optional
        The release, where several are loaded.
    """
    if first is None or second is None:
        return left_out("two models of an outcome that is known of no county")
    data = release_of(data)
    one, two = (terms_table(each, data=data).set_index("label") for each in (first, second))
    shared = one.index.intersection(two.index, sort=False)
    rows = pd.DataFrame(
        {
            "first": [with_interval(row) for _, row in one.loc[shared].iterrows()],
            "p_value": one.loc[shared, "p_value"],
            "second": two.loc[shared, "estimate"],
        }
    ).reset_index()
    told = one.loc[shared][[is_distinguishable(row) for _, row in one.loc[shared].iterrows()]]
    same = int((told["estimate"] * two.loc[told.index, "estimate"] > 0).sum())
    unit = result_words(first, data).table_unit
    return show_table(
        rows,
        caption=f"{term_label(data, first.spec.outcome)} by two models, in {unit}",
        note=f"Of {pluralise(len(told), 'difference')} that the first model tells from zero, "
        f"{format_count(same)} have the same sign in the second. Of a model that is not linear, "
        "average marginal effects; its errors, which allow less for few states, are left out.",
        source=source_line(data, columns_of_model(first.spec)),
        columns={
            "label": "Characteristic",
            "first": f"{names[0]} (95%)",
            "p_value": ColumnFormat("p", digits=3),
            "second": ColumnFormat(names[1], digits=3),
        },
    )
