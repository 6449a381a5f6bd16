"""All terms of a model, of several models with many tests, and an outcome along one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from coopanalysis.display.claims import describe_count_signs, is_distinguishable
from coopanalysis.display.columns import format_value
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
    format_interval,
    format_number,
    format_share,
    join_words,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import (
    FAMILY_WORDS,
    columns_of_model,
    error_words,
    in_sentence,
    plain_notes,
    release_of,
    result_words,
    source_line,
    term_label,
)
from coopanalysis.models import Estimates, adjust_p_values, predicted_response
from coopanalysis.models.terms import only_variable
from coopanalysis.panel import Panel

LEVEL = 0.05
FIFTHS = 5


def terms_table(estimates: Estimates, *, data: Panel | None = None) -> pd.DataFrame:
    """Differences with each term of a model, in the unit of the table, under human names.

    Returns
    -------
    DataFrame
        `label` and the result columns.
    """
    data = release_of(data)
    table, scale = effect_table(estimates), result_words(estimates, data).scale
    table = table[table["term"] != "(Intercept)"]
    ends = {name: table[name] * scale for name in ("estimate", "conf_low", "conf_high")}
    labels = [term_label(data, term) for term in table["term"]]
    return table.assign(**ends, label=labels).reset_index(drop=True)


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
            reading=f"{outcome}: {describe_count_signs(rows)}",
        ),
        note=f"{FAMILY_WORDS[spec.family].capitalize()}; errors {error_words(spec, data)}. "
        + plain_notes([one for one in estimates.notes if not one.endswith(SAID_ELSEWHERE)], data)
        + " Association, not effect.",
        source=source_line(data, columns_of_model(spec)),
        data=rows[["label", "estimate", "conf_low", "conf_high", "p_value", "n_obs"]],
    )
    details = model_details({outcome: estimates}, data)
    return Output(figure.html + details.html, f"{figure.text}\n{details.text}")


def show_many_terms(results: Mapping[str, Estimates], *, data: Panel | None = None) -> Output:
    """Show every term of several models, with p values adjusted over all of them.

    Parameters
    ----------
    results : mapping of outcome name to Estimates
        The family of hypotheses: each term of each model is one.
    data : Panel, optional
        The release, where several are loaded.
    """
    data = release_of(data)
    table = pd.concat(
        [terms_table(one, data=data).assign(model=name) for name, one in results.items()],
        ignore_index=True,
    )
    table = table.assign(
        p_value_bh=adjust_p_values(table["p_value"], "benjamini-hochberg"),
        p_value_holm=adjust_p_values(table["p_value"], "holm"),
    )
    first = next(iter(results.values()))
    columns = list(dict.fromkeys(n for one in results.values() for n in columns_of_model(one.spec)))
    formats = result_columns(table)[0]
    shown = show_table(
        table,
        caption=f"Difference with each characteristic, in {result_words(first, data).table_unit}",
        note=f"{describe_count_signs(table)}. {many_tests(table)} "
        + plain_notes([one for one in first.notes if not one.endswith(SAID_ELSEWHERE)], data),
        source=source_line(data, columns),
        columns={
            "label": "Characteristic",
            "model": "Outcome",
            **{name: formats[name] for name in ("estimate", "conf_low", "conf_high", "p_value")},
            "p_value_bh": ColumnFormat("Benjamini-Hochberg", kind="number", digits=3),
            "p_value_holm": ColumnFormat("Holm", kind="number", digits=3),
            "n_obs": formats["n_obs"],
        },
    )
    details = model_details(results, data)
    return Output(shown.html + details.html, f"{shown.text}\n{details.text}")


def many_tests(table: pd.DataFrame) -> str:
    """Say how many of a family of hypotheses are left once many tests are allowed for."""
    alone, false_share, any_false = (
        int((table[name] < LEVEL).sum()) for name in ("p_value", "p_value_bh", "p_value_holm")
    )
    return (
        f"Of {pluralise(len(table), 'hypothesis', 'hypotheses')} taken as one family, {alone} have "
        f"p below {format_share(LEVEL, 0)} alone, {false_share} with the expected share of false "
        f"findings held (Benjamini and Hochberg), {any_false} with the chance of any false "
        "finding held (Holm)."
    )


def show_response(
    estimates: Estimates, term: str, counties: pd.DataFrame, *, data: Panel | None = None
) -> Output:
    """Show the predicted outcome over the fifths of one term, the others as they are.

    Parameters
    ----------
    estimates : Estimates
        A fit with the term.
    term : str
        A term of one column, such as `per(x, 0.1)`.
    counties : DataFrame
        What it was fitted on.
    data : Panel, optional
        The release, where several are loaded.
    """
    data, variable = release_of(data), only_variable(term)
    words, column = result_words(estimates, data), data.column(variable.column)
    outcome = data.column(columns_of_model(estimates.spec)[0])
    own = counties.loc[estimates.sample.rows, variable.column].astype("float64")
    fifth = pd.qcut(own.rank(method="first"), FIFTHS, labels=False)
    entered = pd.Series(estimates.sample.columns[variable.name], index=own.index)
    middle = entered.groupby(fifth).median()
    found = predicted_response(estimates, term, middle.tolist())
    ends = {name: found[name] * words.scale for name in ("estimate", "conf_low", "conf_high")}
    at = own.groupby(fifth).median()
    table = found.assign(
        **ends,
        step=[format_value(column, value) for value in at],
        value=at.to_numpy(),
        n_obs=own.groupby(fifth).size().to_numpy(),
    )
    low, high = table.iloc[0], table.iloc[-1]
    sign = "%" if words.measure == "points" else ""
    reading = (
        f"From the lowest to the highest fifth of {in_sentence(column.label)} the predicted "
        f"{'probability' if sign else in_sentence(outcome.label)} goes from "
        f"{format_number(low['estimate'], 1)}{sign} to {format_number(high['estimate'], 1)}{sign}"
    )
    return show_figure(
        plot_dose_response(
            table,
            dose="step",
            x_label=f"{column.label}, median of each fifth",
            y_label="Probability, %" if sign else outcome.label,
        ),
        finding=f"{outcome.label}: {in_sentence(reading)}.",
        subtitle=f"Predicted if all counties had this {in_sentence(column.label)}, other "
        "characteristics as they are; 95% intervals",
        alt=describe_chart(
            "Line with a band",
            x=f"{column.label}, medians of five groups of counties, {low['step']} to "
            f"{high['step']}",
            y="predicted probability in percent" if sign else outcome.label,
            reading=f"{reading} ({format_interval(low['conf_low'], low['conf_high'])} and "
            f"{format_interval(high['conf_low'], high['conf_high'])})",
        ),
        note=f"From the {FAMILY_WORDS[estimates.spec.family]} with all characteristics; errors "
        f"{error_words(estimates.spec, data)}. Association, not effect.",
        source=source_line(data, columns_of_model(estimates.spec)),
        data=table[["step", "value", "estimate", "conf_low", "conf_high", "n_obs"]],
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
    rows = pd.DataFrame(
        {
            "first": one["estimate"],
            "p_value_first": one["p_value"],
            "second": two["estimate"],
            "p_value_second": two["p_value"],
        }
    ).reset_index()
    same = int((rows["first"] * rows["second"] > 0).sum())
    unit = result_words(first, data).table_unit
    return show_table(
        rows,
        caption=f"{term_label(data, first.spec.outcome)} by two models, in {unit}",
        note=f"{same} of {len(rows)} differences have the same sign in both models; of a model "
        "that is not linear, average marginal effects.",
        source=source_line(data, columns_of_model(first.spec)),
        columns={
            "label": "Characteristic",
            "first": ColumnFormat(names[0], digits=3),
            "p_value_first": ColumnFormat("p", digits=3),
            "second": ColumnFormat(names[1], digits=3),
            "p_value_second": ColumnFormat(f"p ({in_sentence(names[1])})", digits=3),
        },
    )
