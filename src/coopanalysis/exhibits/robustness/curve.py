"""Exhibits of the specification curve: every choice, and what it does."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.catalog.columns import COUNTY
from coopanalysis.checks import Checks
from coopanalysis.checks.curve import DIMENSIONS, HIGH_SCORE, MEAN_OF_YEARS
from coopanalysis.display.figures import plot_specification_curve, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    describe_chart,
    format_count,
    format_number,
    format_p_value,
    format_share,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.robustness.words import axis_of, source_of, unit_of

TITLES: Mapping[str, str] = {
    "policy": "Policy",
    "year": "Year of the rate",
    "quality": "Reporting",
    "tails": "Tails of the rate",
    "covariates": "Covariates",
    "effects": "State effects",
    "sample": "Counties",
    "weights": "Weights",
    "family": "Family",
}
LABELS: Mapping[str, Mapping[str, str]] = {
    "policy": {
        "agreement_287g": "287(g) agreement",
        "agreement_first_list": "On earlier list",
        "agreement_latest_list": "On latest list",
        "task_force_latest_list": "Task force",
        "jail_enforcement_latest_list": "Jail enforcement",
        "warrant_service_latest_list": "Warrant service",
        HIGH_SCORE: "Score above median",
    },
    "year": {MEAN_OF_YEARS: "Mean of years"},
    "quality": {"all agencies": "All agencies report", "most agencies": "Most agencies report"},
    "tails": {"as they are": "Rates as they are", "cut": "Rates cut at 1%, 99%"},
    "covariates": {
        "residents": "Residents",
        "people": "+ Hispanic, Black",
        "people and economy": "+ poverty, income",
        "all six": "+ vote",
    },
    "effects": {"none": "No state effects", "state": "State effects"},
    "sample": {"10,000 residents or more": "10,000 or more"},
    "weights": {"each county equal": "Counties equal", "by residents": "By residents"},
    "family": {"linear": "Linear", "Poisson": "Poisson"},
}


def show_curve(checks: Checks) -> Output:
    """All specifications by size, with the choices behind them."""
    question, curve = checks.question, checks.curve
    summary, table = curve.summary, curve.table
    place = int(table["is_main"].to_numpy().argmax()) + 1
    reading = (
        f"Of {format_count(summary['n_specifications'])} specifications, "
        f"{format_share(summary['share_positive'])} lie above zero; the median is "
        f"{format_number(summary['median'])}, and {format_share(_told(table))} have an interval "
        "without zero"
    )
    main = f" The main design (diamond) is number {format_count(place)}." * bool(_main(table))
    return show_figure(
        plot_specification_curve(table, drawn_choices(table), y_label=axis_of(question)),
        finding=f"{reading}.",
        subtitle="Above: estimates from the smallest to the largest with 95% intervals, dark where "
        "they leave out zero. Below: where each choice is made, the darker the more often",
        alt=describe_chart(
            "Specification curve",
            x="specifications ordered by their estimate",
            y=f"difference in {unit_of(question)} above, one shaded row per choice below",
            reading=reading,
            extent=f"from {format_number(table['estimate'].min())} to "
            f"{format_number(table['estimate'].max())}",
        ),
        note=f"{_joint(summary)}{main} {_failed(curve.failures)}Errors CR1 by state.",
        source=source_of(question),
        data=csv_of(table),
        wide=True,
    )


def _told(table: pd.DataFrame) -> float:
    return float(((table["conf_low"] > 0) | (table["conf_high"] < 0)).mean())


def _main(table: pd.DataFrame) -> bool:
    return bool(table["is_main"].any())


def _joint(summary: Mapping[str, float]) -> str:
    count = summary["n_permutations"]
    return (
        f"Policies dealt out anew within states {format_count(count)} times give a median "
        f"t statistic as far from zero with p {format_p_value(summary['p_median'])}, as "
        f"lopsided signs with p {format_p_value(summary['p_share_sign'])}, and as many significant "
        f"estimates of the commoner sign with p {format_p_value(summary['p_share_significant'])} "
        f"(smallest possible {format_p_value(1 / (1 + count))}; "
        f"{format_count(summary['n_permuted'])} linear specifications, the others take no part)."
    )


def _failed(failures: pd.DataFrame) -> str:
    if failures.empty:
        return ""
    return f"{pluralise(len(failures), 'specification')} could not be estimated. "


def csv_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the drawn columns, in few characters: the page carries them as a file."""
    short = table.drop(columns=["std_error", "n_clusters", "p_value", "is_main"])
    numbers = ["estimate", "conf_low", "conf_high"]
    rounded = short.assign(**{name: short[name].round(1) for name in numbers})
    codes = {
        "quality": {"all agencies": "all", "most agencies": "most"},
        "tails": {"as they are": "whole"},
        "sample": {"all counties": "all", "10,000 residents or more": "10000 or more"},
        "weights": {"each county equal": "equal", "by residents": "residents"},
        "covariates": {"people and economy": "economy", "all six": "vote"},
    }
    rounded["policy"] = [label("policy", value) for value in rounded["policy"]]
    for name, short_names in codes.items():
        rounded[name] = rounded[name].replace(short_names)
    return rounded


def drawn_choices(table: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Rows of the lower panel: every choice that the table holds, with its label."""
    choices = {}
    for name in DIMENSIONS:
        known = list(LABELS[name])
        values = sorted(table[name].astype("str").unique(), key=lambda one: _place(one, known))
        if len(values) > 1:
            choices[name] = {value: label(name, value) for value in values}
    return choices


def _place(value: str, known: list[str]) -> tuple[int, str]:
    return (known.index(value) if value in known else -1, value)


def label(dimension: str, value: str) -> str:
    """Human name of a choice."""
    if value in LABELS[dimension]:
        return LABELS[dimension][value]
    if dimension == "policy":
        return COUNTY.column(value).label
    return value[:1].upper() + value[1:]


def show_choices(checks: Checks) -> Output:
    """What each choice does: number, median and signs of the specifications that make it."""
    table = checks.curve.table
    rows = []
    for name, values in drawn_choices(table).items():
        for value, words in values.items():
            chosen = table[table[name].astype("str") == value]
            rows.append(
                {
                    "dimension": TITLES[name],
                    "choice": words,
                    "specifications_count": len(chosen),
                    "median": float(chosen["estimate"].median()),
                    "above_share": float((chosen["estimate"] > 0).mean()),
                    "told_share": _told(chosen),
                }
            )
    frame = pd.DataFrame(rows)
    spread = frame.groupby("dimension", sort=False)["median"].agg(lambda one: one.max() - one.min())
    return show_table(
        frame,
        caption=f"What each choice does to the difference in {unit_of(checks.question)}",
        note=f"The choice that moves the median most is the {str(spread.idxmax()).lower()}: by "
        f"{format_number(spread.max())}. The least is the {str(spread.idxmin()).lower()}: by "
        f"{format_number(spread.min())}.",
        source=source_of(checks.question),
        row_header="choice",
        columns={
            "choice": "Choice",
            "dimension": "Of",
            "specifications_count": ColumnFormat("Specifications", kind="count"),
            "median": ColumnFormat("Median", digits=1),
            "above_share": ColumnFormat("Above zero", kind="share"),
            "told_share": ColumnFormat("Interval without zero", kind="share"),
        },
    )
