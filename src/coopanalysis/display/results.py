"""What a fitted model says: its main difference, and several designs of it side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import describe_count_signs, describe_known
from coopanalysis.display.figures import plot_coefficients, show_chart
from coopanalysis.display.html import Output
from coopanalysis.display.model_details import model_details
from coopanalysis.display.source_lines import source_of
from coopanalysis.display.tables import ColumnFormat, Columns, show_table
from coopanalysis.display.words import (
    in_sentence,
    plain_notes,
    release_of,
    result_words,
    term_label,
    weight_words,
)
from coopanalysis.errors import UsageError
from coopanalysis.models import Estimates, average_marginal_effects, columns_of
from coopanalysis.models.terms import only_variable
from coopanalysis.panel import Panel

INTERVALS = "thin line 95%, thick line 80% interval"
ENDS = ["estimate", "conf_low", "conf_high"]
DEGREES = ColumnFormat("Degrees of freedom", kind="number", digits=1)
WILD_P = ColumnFormat("p, wild bootstrap", kind="number", digits=3)
FULL_REPORTERS = "full_reporters"


def effect_table(estimates: Estimates) -> pd.DataFrame:
    """Differences in the outcome's own unit, one row per term, as tables and figures show them.

    A linear model gives its coefficients; a logit, fractional or ordered logit average marginal
    effects over the counties used; a count model or a log outcome relative differences
    (0.1 is 10 % higher).
    """
    if _is_relative(estimates):
        table, change = estimates.table, change_of_scale(estimates)
        return table.assign(**{n: table[n].map(change) for n in ENDS}, std_error=np.nan)
    is_linear = estimates.spec.family == "ols"
    return estimates.table if is_linear else average_marginal_effects(estimates)


def _is_relative(estimates: Estimates) -> bool:
    spec = estimates.spec
    return spec.family in ("poisson", "negbin") or only_variable(spec.outcome).is_logarithm


def change_of_scale(estimates: Estimates) -> Callable[[float], float]:
    """Return what makes a difference of `effect_table` of one of `models.difference_row`."""
    if not _is_relative(estimates):
        return float
    base = np.log(2) if only_variable(estimates.spec.outcome).function == "log2" else 1.0
    return lambda value: float(np.expm1(value * base))


def effect_row(estimates: Estimates, term: str = "") -> pd.Series:
    """Row of one term of `effect_table`, by default of the treatment."""
    table, asked = effect_table(estimates), term or estimates.spec.treatment
    found = table[table["term"] == asked]
    if found.empty:
        raise UsageError(f"No term '{asked}'. There are: {', '.join(table['term'])}.")
    return found.iloc[0]


def scaled(table: pd.DataFrame, scale: float) -> pd.DataFrame:
    """Table with its estimates, their ends and errors in another unit."""
    names = [name for name in (*ENDS, "std_error") if name in table]
    return table.assign(**{name: table[name].astype("Float64") * scale for name in names})


def row_with_largest(table: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Row at the largest of the values, which stand in the order of the table."""
    return table.iloc[int(values.to_numpy().argmax())]


def show_coefficients(
    table: pd.DataFrame,
    name: str,
    reading: str,
    *,
    x_label: str,
    unit: str,
    data: pd.DataFrame | None = None,
    **below: Any,
) -> Output:
    """Draw estimates, each named by a column of the table, as `show_chart` shows a figure."""
    labels = {one: one for one in table[name]}
    return show_chart(
        plot_coefficients(table.assign(term=table[name]), labels, x_label=x_label),
        reading,
        chart="Coefficient plot",
        x=f"difference in {unit}, zero marked",
        data=table if data is None else data,
        **below,
    )


def show_estimates(
    results: Mapping[str, Estimates],
    *,
    data: Panel | None = None,
    main: str = "",
    known: float | None = None,
) -> Output:
    """Show one difference as several designs give it: figure, table, and each design to open.

    Parameters
    ----------
    results : mapping of design name to Estimates
        Fits of the same outcome.
    main : str
        Design named in the finding; the last by default.
    known : float, optional
        The true value, where the data were simulated with one.

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
    words = result_words(results[main], data)
    _check_alike(results, data)
    table, what = designs_table(results, data=data), _title(results, data)
    own = table[table["design"] == main]
    signs = f"{describe_count_signs(table)}; " if len(table) > 1 else ""
    reading = f"{signs}{in_sentence(main)} {say.tell(own.iloc[0])} {words.table_unit}"
    source = source_of(data, *(one.spec for one in results.values()))
    beside = describe_known(known, own, f"'{main}'")
    figure = show_coefficients(
        table,
        "design",
        reading,
        x_label=words.axis,
        unit=words.table_unit,
        finding=f"{what}: {reading}.",
        subtitle=f"{words.subtitle}; {INTERVALS}",
        y=f"{say.pluralise(len(table), 'design')}: {say.join_words([*map(in_sentence, results)])}",
        note=f"{beside} Association, not effect.".strip(),
        source=source,
    )
    shown = show_table(
        table,
        caption=f"{what}, difference by design, in {words.table_unit}",
        note=plain_notes(results[main], data),
        source=source,
        columns=_design_columns(table),
    )
    return figure + shown + model_details(results, data)


def _check_alike(results: Mapping[str, Estimates], data: Panel) -> None:
    """Raise if one axis or one column could not hold the estimates of all designs."""
    kinds: dict[str, list[str]] = {}
    for name, one in results.items():
        outcome, unit = columns_of([one.spec.outcome])[0], result_words(one, data).table_unit
        kind = f"{one.spec.treatment} of {outcome}, in {unit}"
        kinds.setdefault(kind, []).append(name)
    if len(kinds) > 1:
        listed = "; ".join(f"{', '.join(names)}: {kind}" for kind, names in kinds.items())
        raise UsageError(
            f"These designs do not estimate one difference in one unit ({listed}). Show them "
            "apart, each kind with its own show_estimates."
        )


def designs_table(results: Mapping[str, Estimates], *, data: Panel | None = None) -> pd.DataFrame:
    """One row per design: `design`, result columns in the unit of the table, `left_out_count`."""
    rows = []
    for name, one in results.items():
        scale, row = result_words(one, data).scale, effect_row(one).to_dict()
        row |= {key: row[key] * scale for key in (*ENDS, "std_error")}
        df = float(one.df.get(row["term"], np.nan))
        rows.append({"design": name, **row, "df": df, "left_out_count": one.n_rows - one.n_obs})
    return pd.DataFrame(rows)


def estimate_digits(table: pd.DataFrame) -> int:
    """Decimals that the estimates of a table deserve, all of them the same."""
    largest = float(table[[one for one in ENDS if one in table]].abs().max().max())
    return 1 if largest >= 100 else 2 if largest >= 1 else 3


def result_columns(table: pd.DataFrame, *, n_obs: bool = True) -> Columns:
    """Formats of the result columns of a table."""
    digits = estimate_digits(table)
    columns: Columns = {
        name: ColumnFormat(digits=digits, answer=name == "estimate") for name in ENDS
    }
    return {**columns, "p_value": "p", **({"n_obs": "Counties"} if n_obs else {})}


def _design_columns(table: pd.DataFrame) -> Columns:
    columns = {"design": "Design", **result_columns(table), "left_out_count": "Left out"}
    if "n_clusters" in table and table["n_clusters"].notna().any():
        columns["n_clusters"] = "Clusters"
    if np.isfinite(table["df"].astype("float64")).all():
        columns["df"] = DEGREES
    return columns


def _title(results: Mapping[str, Estimates], data: Panel) -> str:
    """Outcome of the designs, and how counties are weighted where all are weighted alike."""
    spec = next(iter(results.values())).spec
    weights = {one.spec.weights for one in results.values()}
    weighted = f", {weight_words(spec, data)}" if weights == {spec.weights} and spec.weights else ""
    return f"{term_label(data, spec.outcome)}{weighted}"


def full_reporters_column(
    table: pd.DataFrame, again: pd.DataFrame | None, scale: float
) -> tuple[pd.DataFrame, Columns]:
    """Add to estimates those of the same models among counties all of whose agencies reported.

    They stand in one column, written out, with its format beside the table. `again` is in the
    unit of the model; None, where full reporters are all there are, adds nothing.
    """
    if again is None:
        return table, {}
    known = again.dropna(subset=["estimate"])
    rows = {
        row["label"]: f"{say.with_interval(row, scale)}; {say.format_count(row['n_obs'])}"
        for _, row in known.iterrows()
    }
    written = [rows.get(label, "cannot be estimated") for label in table["label"]]
    head = ColumnFormat("Full reporters only (95% interval); counties", kind="written")
    return table.assign(**{FULL_REPORTERS: written}), {FULL_REPORTERS: head}
