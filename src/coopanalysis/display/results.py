"""What a fitted model says: its main difference in a sentence, its designs side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from coopanalysis.display.claims import describe_count_signs, describe_known
from coopanalysis.display.figures import plot_coefficients, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.model_details import model_details
from coopanalysis.display.sentences import (
    describe_chart,
    join_words,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import (
    columns_of_model,
    in_sentence,
    plain_notes,
    release_of,
    result_words,
    source_line,
    term_label,
    weight_words,
    with_interval,
)
from coopanalysis.errors import UsageError
from coopanalysis.models import (
    Estimates,
    average_marginal_effects,
    columns_of,
)
from coopanalysis.models.terms import only_variable
from coopanalysis.panel import Panel

INTERVALS = "thin line 95%, thick line 80% interval"
SAID_ELSEWHERE = ("taken out.", ").")
"""Ends of notes whose content stands in the details of a model: effects, rows with gaps."""
DEGREES = ColumnFormat("Degrees of freedom", kind="number", digits=1)
RATIO_FAMILIES = ("poisson", "negbin")


def effect_table(estimates: Estimates) -> pd.DataFrame:
    """Differences in the outcome's own unit, one row per term, as tables and figures show them.

    A linear model gives its coefficients; a logit, fractional or ordered logit average marginal
    effects over the counties used; a count model or a log outcome relative differences
    (0.1 is 10 % higher).

    Returns
    -------
    DataFrame
        The result columns of the design.
    """
    if _is_relative(estimates):
        table, change = estimates.table, change_of_scale(estimates)
        ends = {n: table[n].map(change) for n in ("estimate", "conf_low", "conf_high")}
        return table.assign(**ends, std_error=np.nan)
    is_linear = estimates.spec.family == "ols"
    return estimates.table if is_linear else average_marginal_effects(estimates)


def _is_relative(estimates: Estimates) -> bool:
    spec = estimates.spec
    return spec.family in RATIO_FAMILIES or only_variable(spec.outcome).is_logarithm


def change_of_scale(estimates: Estimates) -> Callable[[float], float]:
    """Return what makes a difference of `effect_table` of one of `models.difference_row`."""
    if not _is_relative(estimates):
        return float
    base = np.log(2) if only_variable(estimates.spec.outcome).function == "log2" else 1.0
    return lambda value: float(np.expm1(value * base))


def effect_row(estimates: Estimates, term: str = "") -> pd.Series:
    """Row of one term of `effect_table`, by default of the treatment.

    Raises
    ------
    UsageError
        If there is no such term; lists those that there are.
    """
    table, asked = effect_table(estimates), term or estimates.spec.treatment
    found = table[table["term"] == asked]
    if found.empty:
        raise UsageError(f"No term '{asked}'. There are: {', '.join(table['term'])}.")
    return found.iloc[0]


def show_estimates(
    results: Mapping[str, Estimates],
    term: str = "",
    *,
    data: Panel | None = None,
    title: str = "",
    main: str = "",
    known: float | None = None,
    note: str = "",
) -> Output:
    """Show one difference as several designs give it: figure, table, and each design to open.

    Parameters
    ----------
    results : mapping of design name to Estimates
        Fits of the same outcome.
    term : str, optional
        Term shown; by default the treatment of each.
    data : Panel, optional
        The release, where several are loaded.
    title : str
        Beginning of the finding; the label of the outcome by default.
    main : str
        Design named in the finding; the last by default.
    known : float, optional
        The true value, where the data were simulated with one.
    note : str
        Sentence below the figure.

    Raises
    ------
    UsageError
        If there are no results, no design `main`, or not all are about one outcome, term and
        unit.
    """
    data = release_of(data)
    if not isinstance(results, Mapping):
        raise UsageError(
            "show_estimates takes fits by the name of their design, as in "
            'show_estimates({"Within state": main}).'
        )
    main = main or list(results)[-1] if results else ""
    if main not in results:
        raise UsageError(f"No design '{main}'. There are: {', '.join(results) or 'none'}.")
    words = result_words(results[main], data, term)
    _check_alike(results, term, data)
    table = designs_table(results, term, data=data)
    what = title or _title(results, data)
    row = table[table["design"] == main].iloc[0]
    signs = f"{describe_count_signs(table)}; " if len(table) > 1 else ""
    reading = f"{signs}{in_sentence(main)} {with_interval(row)} {words.table_unit}"
    columns = list(dict.fromkeys(n for one in results.values() for n in columns_of_model(one.spec)))
    source = source_line(data, columns)
    beside = describe_known(known, table[table["design"] == main], f"'{main}'")
    figure = show_figure(
        plot_coefficients(
            table.assign(term=table["design"]), {name: name for name in results}, x_label=words.axis
        ),
        finding=f"{what}: {reading}.",
        subtitle=f"{words.subject}: difference from {words.comparison.split(',')[0]}, in "
        f"{words.table_unit}; {INTERVALS}",
        alt=describe_chart(
            "Coefficient plot",
            x=f"difference in {words.table_unit}, zero marked",
            y=f"{pluralise(len(table), 'design')}: {join_words([in_sentence(n) for n in results])}",
            reading=reading,
        ),
        note=" ".join(filter(None, [note, beside, "Association, not effect."])),
        source=source,
        data=table,
    )
    shown = show_table(
        table,
        caption=f"{what}, difference by design, in {words.table_unit}",
        note=plain_notes([n for n in results[main].notes if not n.endswith(SAID_ELSEWHERE)], data),
        source=source,
        columns=_design_columns(table),
    )
    details = model_details(results, data)
    text = f"{figure.text}\n\n{shown.text}\n\n{details.text}"
    return Output(figure.html + shown.html + details.html, text)


def _check_alike(results: Mapping[str, Estimates], term: str, data: Panel) -> None:
    """Raise if one axis or one column could not hold the estimates of all designs."""
    kinds: dict[str, list[str]] = {}
    for name, one in results.items():
        words, asked = result_words(one, data, term), term or one.spec.treatment
        kind = f"{asked} of {columns_of([one.spec.outcome])[0]}, in {words.table_unit}"
        kinds.setdefault(kind, []).append(name)
    if len(kinds) > 1:
        listed = "; ".join(f"{', '.join(names)}: {kind}" for kind, names in kinds.items())
        raise UsageError(
            f"These designs do not estimate one difference in one unit ({listed}). Show them "
            "apart, each kind with its own show_estimates."
        )


def designs_table(
    results: Mapping[str, Estimates], term: str = "", *, data: Panel | None = None
) -> pd.DataFrame:
    """One row per design: `design`, result columns in the unit of the table, `left_out_count`."""
    data = release_of(data)
    rows = []
    for name, one in results.items():
        scale = result_words(one, data, term).scale
        row = effect_row(one, term).to_dict()
        row |= {key: row[key] * scale for key in ("estimate", "std_error", "conf_low", "conf_high")}
        rows.append(
            {
                "design": name,
                **row,
                "df": float(one.df.get(row["term"], np.nan)),
                "left_out_count": one.n_rows - one.n_obs,
            }
        )
    return pd.DataFrame(rows)


def result_columns(table: pd.DataFrame) -> tuple[dict[str, ColumnFormat | str], int]:
    """Formats of the result columns of a table, and the decimals that its estimates deserve."""
    present = [one for one in ("estimate", "conf_low", "conf_high") if one in table]
    largest = float(table[present].abs().max().max())
    digits = 1 if largest >= 100 else 2 if largest >= 1 else 3
    columns: dict[str, ColumnFormat | str] = {
        "estimate": ColumnFormat("Estimate", digits=digits),
        "conf_low": ColumnFormat("95% from", digits=digits),
        "conf_high": ColumnFormat("95% to", digits=digits),
        "p_value": ColumnFormat("p", digits=3),
        "n_obs": ColumnFormat("Counties", kind="count"),
    }
    return columns, digits


def _design_columns(table: pd.DataFrame) -> dict[str, ColumnFormat | str]:
    columns: dict[str, ColumnFormat | str] = {"design": "Design", **result_columns(table)[0]}
    columns["left_out_count"] = ColumnFormat("Left out", kind="count")
    if "n_clusters" in table and table["n_clusters"].notna().any():
        columns["n_clusters"] = ColumnFormat("Clusters", kind="count")
    if np.isfinite(table["df"].astype("float64")).all():
        columns["df"] = DEGREES
    return columns


def _title(results: Mapping[str, Estimates], data: Panel) -> str:
    """Outcome of the designs, and how counties are weighted where all are weighted alike."""
    spec = next(iter(results.values())).spec
    weights = {one.spec.weights for one in results.values()}
    weighted = f", {weight_words(spec, data)}" if weights == {spec.weights} and spec.weights else ""
    return f"{term_label(data, spec.outcome)}{weighted}"
