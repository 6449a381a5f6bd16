"""One difference beside every other estimate of it: checks, and a specification curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import describe_agreement, describe_known, told_apart
from coopanalysis.display.figures import plot_specification_curve, show_chart
from coopanalysis.display.html import Output
from coopanalysis.display.results import ENDS, INTERVALS, estimate_digits, scaled, show_coefficients
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import group_name, in_sentence, release_of, result_words
from coopanalysis.errors import UsageError
from coopanalysis.models import Estimates, SpecificationCurve
from coopanalysis.panel import Panel


def collect_checks(
    rows: Mapping[str, Mapping[str, object] | pd.Series],
    asks: Mapping[str, Sequence[str]],
    errors_only: Sequence[str] = (),
) -> pd.DataFrame:
    """Put estimates of one difference below each other, the main one first.

    Parameters
    ----------
    rows : mapping of label to row
        Each with `estimate, conf_low, conf_high, n_obs`, or `estimate_low` for the estimate.
    asks : mapping of estimand to labels
        Whom an estimate is about, in words, and which of them are.
    errors_only : sequence of str
        Labels of those that are the main model with other errors.

    Returns
    -------
    DataFrame, one row per estimate
        `term` (label), `estimand`, the result columns, `is_main` and `is_error_only`. Rows without
        an estimate are left out; `UsageError` if nobody said whom one of them is about.
    """
    about = {label: estimand for estimand, labels in asks.items() for label in labels}
    unsaid = [label for label in rows if label not in about]
    if unsaid:
        raise UsageError(
            f"Nobody said whom {', '.join(unsaid)} is about: name it in `asks`, under its estimand."
        )
    found = []
    for label, row in rows.items():
        estimate = row["estimate"] if "estimate" in row else row["estimate_low"]
        values = {name: row[name] for name in ("conf_low", "conf_high", "n_obs")}
        found.append({"term": label, "estimand": about[label], "estimate": estimate, **values})
    table = pd.DataFrame(found).dropna(subset=["estimate"], ignore_index=True)
    numbers = {name: table[name].astype("float64") for name in ENDS}
    first, only = np.arange(len(table)) == 0, table["term"].isin(list(errors_only))
    return table.assign(**numbers, is_main=first, is_error_only=only)


def describe_checks(checks: pd.DataFrame) -> str:
    """Say how other estimates lie, those that are the same one with other errors apart."""
    main = checks[checks["is_main"]].iloc[0]
    others = checks[~checks["is_main"]]
    same = others[others["is_error_only"]]
    said = describe_agreement(others[~others["is_error_only"]], main)
    if same.empty:
        return said
    held = say.format_count(len(same) - len(told_apart(same)))
    return f"{said}; with other errors, {held} of {say.format_count(len(same))} intervals hold zero"


def show_checks(
    checks: pd.DataFrame,
    estimates: Estimates,
    *,
    known: float | None = None,
    data: Panel | None = None,
) -> Output:
    """Show one difference and every other estimate of it, in a figure and by whom each is about.

    The checks are from `collect_checks`; a known effect is that of a simulation, in the unit of the
    outcome.
    """
    words = result_words(estimates, data)
    table = scaled(checks, words.scale)
    reading = f"the main design gives {say.tell(table.iloc[0])}; {describe_checks(checks)}"
    figure = show_coefficients(
        table,
        "term",
        f"Estimates run {say.describe_range(table['estimate'])}; {reading}",
        x_label=words.axis,
        unit=words.table_unit,
        finding=f"{say.upper_first(reading)}.",
        subtitle=f"{words.subtitle}; {INTERVALS}",
        y=f"the main design and {len(table) - 1} checks of it",
        note="Of an interval that is not symmetric, such as the bootstrap's, the thick line is "
        f"drawn in proportion. {describe_known(known, table) or 'Associations, not effects.'}",
        source=words.source,
    )
    by_estimand = table.groupby("estimand", sort=False)["term"].agg(list)
    written = pd.DataFrame(
        {"estimand": by_estimand.index, "estimates": [say.join_words(one) for one in by_estimand]}
    )
    listed = show_table(
        written,
        caption="Whom each estimate is about",
        note="All take the same policy, outcome and covariates, and mostly the same counties: "
        "what none of them measures is in all, and that they agree is no further evidence.",
        source=words.source,
        columns={"estimand": "About", "estimates": "Estimates"},
    )
    return figure + listed


def show_curve(
    curve: SpecificationCurve, estimates: Estimates, *, data: Panel | None = None
) -> Output:
    """Show all specifications by size, with the choices behind them.

    The curve is from `models.draw_curve`; the fit is marked among its specifications.
    """
    words = result_words(estimates, data)
    table, main = scaled(curve.table, words.scale), curve.table["is_main"].to_numpy(dtype=bool)
    place = f"The main design (diamond) is number {say.format_count(main.argmax() + 1)}."
    failed = f"{say.pluralise(len(curve.failures), 'specification')} could not be estimated."
    sentences = [
        _joint(curve.summary, _where(curve, words.data)),
        place * bool(main.any()),
        failed * bool(len(curve.failures)),
        "Points have no intervals here: they share counties, and no count of them is a test.",
    ]
    return show_chart(
        plot_specification_curve(table, drawn_choices(curve), y_label=words.axis),
        say.upper_first(describe_curve(curve, estimates, data=data)),
        subtitle="Above: estimates from the smallest to the largest. Below: where each choice is "
        "made, the darker the more often",
        chart="Specification curve",
        x="specifications ordered by their estimate",
        y=f"difference in {words.table_unit} above, one shaded row per choice below",
        extent=say.describe_range(table["estimate"].astype("float64")),
        note=" ".join(filter(None, sentences)),
        source=words.source,
        data=drawn_data(curve, words.scale),
        wide=True,
    )


def describe_curve(
    curve: SpecificationCurve, estimates: Estimates, *, data: Panel | None = None
) -> str:
    """Say where half of the specifications lie, their median, and what chance alone would give."""
    data = release_of(data)
    scale, p_value = result_words(estimates, data).scale, curve.summary.get("p_median")
    low, middle, high = (
        scale * float(one) for one in curve.table["estimate"].quantile([0.25, 0.5, 0.75])
    )
    chance = (
        f"; dealt out at random {_where(curve, data)}the policy gives a median t statistic as "
        f"large with p {say.format_p_value(p_value)}"
    )
    return (
        f"half of {say.format_count(curve.summary['n_specifications'])} specifications lie from "
        f"{say.format_interval(low, high)}, with a median of {say.format_number(middle)}"
    ) + chance * (p_value is not None)


def _where(curve: SpecificationCurve, data: Panel) -> str:
    if curve.within is None:
        return ""
    label = group_name(data, curve.within)
    return f"within {label}s " if label == "state" else f"within groups by {label} "


def _joint(summary: Mapping[str, float], where: str) -> str:
    if "n_permutations" not in summary:
        return ""
    count = summary["n_permutations"]
    return (
        f"Policies dealt out anew {where}{say.format_count(count)} times give signs as lopsided "
        f"with p {say.format_p_value(summary['p_share_sign'])}, and as many significant estimates "
        f"of the commoner sign with p {say.format_p_value(summary['p_share_significant'])} "
        f"(smallest possible {say.format_p_value(1 / (1 + count))}; "
        f"{say.format_count(summary['n_permuted'])} linear specifications with errors CR1, the "
        "others take no part)."
    )


def drawn_choices(curve: SpecificationCurve) -> dict[str, dict[str, str]]:
    """Rows of the lower panel: every choice that the table holds, where there are several."""
    found = {}
    for name, values in curve.choices.items():
        held = set(curve.table[name])
        if len(held) > 1:
            found[name] = {value: value for value in values if value in held}
    return found


def drawn_data(curve: SpecificationCurve, scale: float) -> pd.DataFrame:
    """Return the drawn columns with few digits: thousands of rows are kept in the page."""
    drawn = curve.table[["estimate", "n_obs", *curve.choices]]
    estimate = drawn["estimate"] * scale
    digits = 1 if float(estimate.abs().max()) >= 10 else 3
    return drawn.assign(estimate=estimate.round(digits))


def show_curve_choices(
    curve: SpecificationCurve, estimates: Estimates, *, data: Panel | None = None
) -> Output:
    """Show number, median and spread of the specifications that make each choice."""
    words = result_words(estimates, data)
    whole = scaled(curve.table, words.scale)
    rows = []
    for name, values in drawn_choices(curve).items():
        for value in values:
            chosen = whole.loc[whole[name] == value, "estimate"]
            low, middle, high = chosen.astype("float64").quantile([0.25, 0.5, 0.75])
            rows.append(
                {
                    "dimension": name,
                    "choice": value,
                    "specifications_count": len(chosen),
                    "above_zero_count": int((chosen > 0).sum()),
                    "median": middle,
                    "half_of_them": say.format_interval(low, high),
                }
            )
    frame = pd.DataFrame(rows)
    by_dimension = frame.groupby("dimension", sort=False)["median"]
    spread = by_dimension.max() - by_dimension.min()
    return show_table(
        frame,
        caption=f"What each choice does to the difference in {words.table_unit}",
        note=f"The choice that moves the median most is the {in_sentence(str(spread.idxmax()))}: "
        f"by {say.format_number(spread.max())}. The least is the "
        f"{in_sentence(str(spread.idxmin()))}: by {say.format_number(spread.min())}.",
        source=words.source,
        columns={
            "choice": "Choice",
            "dimension": "Of",
            "specifications_count": "Specifications",
            "above_zero_count": "Above 0",
            "median": ColumnFormat("Median", digits=estimate_digits(whole), answer=True),
            "half_of_them": ColumnFormat("Half of them", kind="written"),
        },
    )
