"""One difference looked at in other ways: other errors, level by level, and where it varies."""

from __future__ import annotations

import pandas as pd

from coopanalysis.display.claims import is_distinguishable
from coopanalysis.display.columns import format_value
from coopanalysis.display.figures import plot_dose_response, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.results import DEGREES, result_columns
from coopanalysis.display.sentences import (
    describe_chart,
    format_count,
    format_number,
    format_p_value,
    format_share,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.tallies import scaled
from coopanalysis.display.words import (
    columns_of_model,
    comparison_words,
    effect_label,
    in_sentence,
    release_of,
    result_words,
    source_line,
)
from coopanalysis.models import Estimates, effective_clusters
from coopanalysis.models.few_clusters import UNCLUSTERED, WILD
from coopanalysis.models.interactions import Variation
from coopanalysis.models.levels import read_levels
from coopanalysis.models.terms import columns_of
from coopanalysis.panel import Panel

LEVEL = 0.05


def show_errors(errors: pd.DataFrame, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show one estimate under several types of error, the one to rely on first, CR1 last.

    Parameters
    ----------
    errors : DataFrame
        From `models.compare_errors`.
    estimates : Estimates
        The fit that it is about.
    data : Panel, optional
        The release, where several are loaded.
    """
    data = release_of(data)
    words = result_words(estimates, data)
    cluster = in_sentence(effect_label(data, estimates.spec.cluster or ""))
    names: dict[str, str] = {one: f"{one}, each county by itself" for one in UNCLUSTERED}
    names |= {
        "CR2": f"CR2 by {cluster} (recommended)",
        WILD: f"Wild cluster bootstrap by {cluster}",
        "CR3": f"CR3 by {cluster} (jackknife)",
        "CR1": f"CR1 by {cluster} (for many like clusters)",
    }
    shown = scaled(errors, words.scale).assign(label=errors["errors"].map(names))
    return show_table(
        shown,
        caption=f"One estimate under {len(errors)} errors, in {words.table_unit}",
        note=errors_in_words(errors, estimates, cluster),
        source=source_line(data, columns_of_model(estimates.spec)),
        columns={
            "label": "Error",
            "std_error": ColumnFormat("Standard error", digits=result_columns(shown)[1]),
            "df": DEGREES,
            **{k: v for k, v in result_columns(shown)[0].items() if k != "n_obs"},
        },
    )


def errors_in_words(errors: pd.DataFrame, estimates: Estimates, cluster: str) -> str:
    """Say what few clusters do to an interval, and whether the type of error decides."""
    told = [is_distinguishable(row) for _, row in errors.iterrows()]
    agree = (
        f"All {len(told)} intervals {'leave out' if told[0] else 'hold'} zero."
        if len(set(told)) == 1
        else f"{sum(told)} of {len(told)} intervals leave out zero: the type of error decides."
    )
    if WILD not in set(errors["errors"]):
        return f"{agree} Each county counts as independent of the others."
    plain, main = (errors[errors["errors"] == one].iloc[0] for one in ("CR1", "CR2"))
    wider = _width(main) / _width(plain) - 1
    plural = f"{cluster}s" if cluster == "state" else f"groups by {cluster}"
    return (
        f"{pluralise(int(main['n_clusters']), cluster, plural)} are effectively "
        f"{format_number(effective_clusters(estimates), 1)}, since they differ in size and in how "
        f"the policy varies in them. CR2 has {format_number(main['df'], 1)} degrees of freedom "
        f"(Satterthwaite's); its interval is {format_share(abs(wider), 0)} "
        f"{'wider' if wider >= 0 else 'narrower'} than that of CR1, which takes the clusters for "
        f"many and alike. {agree} The bootstrap imposes the null and has no degrees of freedom."
    )


def _width(row: pd.Series) -> float:
    return float(row["conf_high"] - row["conf_low"])


def show_levels(estimates: Estimates | None, *, data: Panel | None = None) -> Output:
    """Show an outcome at each level of a category, against the level of reference.

    Parameters
    ----------
    estimates : Estimates or None
        A fit whose treatment is a category; None where no county has one, which leaves the
        section out.
    data : Panel, optional
        The release, where several are loaded.
    """
    if estimates is None:
        return left_out("a comparison level by level")
    data, levels = release_of(data), read_levels(estimates)
    words, spec = result_words(estimates, data), estimates.spec
    label = data.column(columns_of([spec.treatment])[0]).label
    table = scaled(levels.table, words.scale)
    drawn = table.assign(
        conf_low=table["conf_low"].fillna(table["estimate"]),
        conf_high=table["conf_high"].fillna(table["estimate"]),
    )
    p_value = float(levels.test["p_value"])
    least, most = table.iloc[0], table.iloc[-1]
    told = "differ" if p_value < LEVEL else "cannot be told apart"
    reading = (
        f"{label}: levels {told} (joint test p {format_p_value(p_value)}); against "
        f"{levels.reference}, {format_number(least['estimate'])} at {least['level']} and "
        f"{format_number(most['estimate'])} at {most['level']}"
    )
    return show_figure(
        plot_dose_response(drawn, dose="level", x_label=label, y_label=words.axis, null=0.0),
        finding=f"{reading}.",
        subtitle=f"Difference in {words.table_unit} from counties at {levels.reference}, the "
        "commonest level; 95% intervals",
        alt=describe_chart(
            "Points with intervals",
            x=label,
            y=f"difference in {words.table_unit} from {levels.reference}",
            reading=reading,
        ),
        note=f"Compared with {comparison_words(spec, data, spec.treatment)}. Levels at the ends "
        "with few counties are pooled. Association, not effect.",
        source=source_line(data, columns_of_model(spec)),
        data=table[["level", "estimate", "conf_low", "conf_high", "p_value", "n_obs"]],
    )


def show_variation(
    variation: Variation, estimates: Estimates, *, data: Panel | None = None
) -> Output:
    """Show a difference where each moderator is low and high, with tests that it varies.

    Parameters
    ----------
    variation : Variation
        From `models.vary`.
    estimates : Estimates
        The fit whose difference is asked about.
    data : Panel, optional
        The release, where several are loaded.
    """
    data = release_of(data)
    words = result_words(estimates, data)
    table = scaled(variation.table, words.scale)
    said = [_varies(rows, data) for _, rows in table.groupby("moderator", sort=False)]
    if variation.test:
        p_value = float(variation.test["p_value"])
        told = "varies with some of these" if p_value < LEVEL else "cannot be told to vary with any"
        said.append(
            f"Taken together, in one model with all of them, it {told} (joint test of "
            f"{format_count(variation.test['df_num'])} products, p {format_p_value(p_value)}: the "
            "smallest of their p values by the wild cluster bootstrap, times their number)."
        )
    same = [in_sentence(data.column(columns_of([one])[0]).label) for one in variation.left_out]
    said += [
        f"{one[:1].upper()}{one[1:]} is the same in all counties used, or in all of one group."
        for one in same
    ]
    moderators = columns_of(list(dict.fromkeys(table["moderator"])))
    return show_table(
        table.assign(where=[_where(row, data) for _, row in table.iterrows()]),
        caption=f"Does the difference vary? In {words.table_unit}",
        note=" ".join(said)
        + " Differences are of the main model with the treatment multiplied by each in turn, p "
        "values of one model with all products.",
        source=source_line(data, [*columns_of_model(estimates.spec), *moderators]),
        columns={
            "where": "Where",
            **{k: v for k, v in result_columns(table)[0].items() if k != "n_obs"},
            "df": DEGREES,
            "p_value_product": ColumnFormat("p of the product", kind="number", digits=3),
        },
    )


def _varies(rows: pd.DataFrame, data: Panel) -> str:
    """Say whether the difference varies with one moderator."""
    first, last = rows.iloc[0], rows.iloc[-1]
    p_value = float(first["p_value_product"])
    label = in_sentence(data.column(columns_of([first["moderator"]])[0]).label)
    verb = "varies" if p_value < LEVEL else "cannot be told to vary"
    return (
        f"The difference {verb} with {label}, from {format_number(first['estimate'])} "
        f"({first['place']}) to {format_number(last['estimate'])} ({last['place']}; test of the "
        f"product p {format_p_value(p_value)})."
    )


def _where(row: pd.Series, data: Panel) -> str:
    """Name a moderator, the point, and its value there."""
    column = data.column(columns_of([row["moderator"]])[0])
    if row["place"] in ("no", "yes"):
        return f"{column.label}: {row['place']}"
    return f"{column.label}, {row['place']}: {format_value(column, row['at'])}"
