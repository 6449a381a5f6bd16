"""Differences between counties by the laws of their state, shown."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from coopanalysis.clean.laws import LAW_STATUS_LABELS
from coopanalysis.display.figures import plot_coefficients, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    ASSOCIATION,
    describe_chart,
    describe_count_signs,
    describe_estimate,
    format_count,
    format_number,
    format_usd,
    is_distinguishable,
    join_words,
)
from coopanalysis.display.tables import ColumnFormat, Kind, show_table
from coopanalysis.exhibits.common import note
from coopanalysis.exhibits.law_facts import LawFacts, other_counties
from coopanalysis.law_differences import (
    CHARACTERISTICS,
    EQUAL,
    FEWEST_STATES,
    MAIN_PAIR,
    WEIGHTINGS,
    Characteristic,
    compare_groups,
    profile,
)

PUERTO_RICO = "72"
AS_ABOVE = "as above"
_SUBJECTS = {
    "requires": "counties in states whose laws require cooperation",
    "restricts": "counties in states whose laws restrict it",
}
_KINDS: dict[str, Kind] = {"count": "count", "usd": "usd", "points": "pct"}
WEIGHABLE = tuple(one for one in CHARACTERISTICS if one.column != "population_count")
_LABELS = {one.column: one.label for one in CHARACTERISTICS}
_RESULT_COLUMNS: dict[str, ColumnFormat | str] = {
    "label": "Characteristic",
    "pair": "Compared",
    "difference": ColumnFormat("Difference", kind="text"),
    "interval": ColumnFormat("95% interval", kind="text"),
    "p_value": ColumnFormat("p", kind="number", digits=3),
    "n_obs": ColumnFormat("Counties", kind="count"),
    "n_clusters": ColumnFormat("States", kind="count"),
}


def fit_differences(facts: LawFacts) -> pd.DataFrame:
    """Compare counties of the states and the District of Columbia, without Puerto Rico.

    Its income and poverty lie so far from those of all states that they would make up most of
    any difference with the group it is in; `show_checks` puts it back.
    """
    return compare_groups(_without_puerto_rico(facts.counties))


def show_profile(facts: LawFacts) -> Output:
    """What the counties of each group are like."""
    table = profile(_without_puerto_rico(facts.counties)).set_index("status")
    order = [status for status in LAW_STATUS_LABELS if status in table.index]
    table = table.loc[order].reset_index()
    columns: dict[str, ColumnFormat | str] = {
        "label": "Laws of the state",
        "counties_count": ColumnFormat("Counties", kind="count"),
        "population_count_mean": ColumnFormat("Residents of a county", kind="count"),
    }
    for one in WEIGHABLE:
        columns[f"{one.column}_mean"] = ColumnFormat(one.label, kind=_KINDS[one.measure])
        columns[f"{one.column}_weighted"] = ColumnFormat(
            f"{one.label}, by residents", kind=_KINDS[one.measure]
        )
    return show_table(
        table.assign(label=table["status"].map(LAW_STATUS_LABELS)),
        caption="Mean of counties by the laws of their state",
        note="Without Puerto Rico. Each county counts once; by residents: counties weighted by "
        "their residents. For income: a mean of county medians, not the median of households.",
        source=facts.source,
        columns=columns,
    )


def read_differences(facts: LawFacts, differences: pd.DataFrame) -> Output:
    """Say the differences between states that require and states that restrict."""
    rows = _main_rows(differences)
    if rows.empty:
        return note(_too_few(facts))
    equal = rows[rows["weighting"].eq(EQUAL)].set_index("column")
    found = {str(name): row for name, row in equal.iterrows()}
    first, second = (_SUBJECTS[one] for one in MAIN_PAIR)
    sentences = [
        describe_estimate(
            found[one.column],
            one.noun,
            subject=first[:1].upper() + first[1:],
            comparison=second,
            measure=one.measure,
            scale=one.scale,
            words=one.words,
        ).removesuffix(f" {ASSOCIATION}")
        for one in CHARACTERISTICS
    ]
    return note(
        f"Each county counted equally, states as clusters. {' '.join(sentences)} {ASSOCIATION}"
    )


def show_differences(facts: LawFacts, differences: pd.DataFrame) -> Output:
    """Coefficient plot: states that require against states that restrict, two weightings."""
    rows = _main_rows(differences)
    if rows.empty:
        return note(_too_few(facts))
    values = ["estimate", "conf_low", "conf_high"]
    scaled = rows.assign(
        **{name: rows[name] / rows["county_std"] for name in values}, term=rows["column"]
    )
    models = {name: scaled[scaled["weighting"].eq(name)] for name in WEIGHTINGS}
    told = list(dict.fromkeys(_directions(_weighable(table)) for table in models.values()))
    reading = (
        f"{told[0]}, with either weighting"
        if len(told) == 1
        else f"{told[0]} (each county equal); {told[1]} (weighted by residents)"
    )
    sizes = "; ".join(f"{name}: {_sizes(_weighable(table))}" for name, table in models.items())
    return show_figure(
        plot_coefficients(
            models,
            {one.column: one.label for one in WEIGHABLE},
            x_label="Requires less restricts, in standard deviations",
        ),
        finding=f"Counties where laws require, against counties where laws restrict: {reading}.",
        subtitle="Difference in county means; thin line 95%, thick line 80% interval",
        alt=describe_chart(
            "Coefficient plot",
            x="difference in standard deviations of counties, zero marked",
            y=f"{len(WEIGHABLE)} county characteristics, two weightings each",
            reading=sizes[:1].upper() + sizes[1:],
        ),
        note="One standard deviation is that of all counties; the table has the units. Errors CR2 "
        "by state. Association, not effect.",
        source=facts.source,
        data=_plotted(scaled)[["label", "weighting", *values, "n_obs", "n_clusters"]],
    )


def _plotted(scaled: pd.DataFrame) -> pd.DataFrame:
    rows = _weighable(scaled)
    return rows.assign(label=rows["column"].map(_LABELS))


def show_all_differences(facts: LawFacts, differences: pd.DataFrame) -> Output:
    """Every pair, characteristic and weighting, in the unit of the characteristic."""
    if differences.empty:
        return note(_too_few(facts))
    return show_table(
        _written(differences),
        caption="Differences between counties by the laws of their state, in their own units",
        note=f"{describe_count_signs(differences)}. Mean of the first group less that of the "
        "second. Intervals CR2 by state, with degrees of freedom of their own because states are "
        "few and unequal; the usual CR1 interval stands beside. Without Puerto Rico.",
        source=facts.source,
        columns={
            **_RESULT_COLUMNS,
            "weighting": "Weighting",
            "df": ColumnFormat("Degrees of freedom", kind="number", digits=1),
            "usual_interval": ColumnFormat("95% interval, CR1", kind="text"),
        },
    )


def show_checks(facts: LawFacts) -> Output:
    """The same differences under other rules of who is compared, each county equal."""
    parts = {rule: compare_groups(counties, [EQUAL]) for rule, counties in _variants(facts)}
    if parts[AS_ABOVE].empty:
        return note(_too_few(facts))
    keys = ["group", "other", "column"]
    chosen = {rule: part.set_index(keys) for rule, part in parts.items() if len(part)}
    above = chosen[AS_ABOVE]
    estimates = pd.DataFrame({rule: part["estimate"] for rule, part in chosen.items()})
    others = estimates.loc[above.index].drop(columns=AS_ABOVE)
    turned = int(others.mul(above["estimate"], axis=0).lt(0).sum().sum())
    table = _written(above.reset_index())
    for rule, part in chosen.items():
        same = _written(part.reindex(above.index).reset_index())
        table[rule] = same["difference"] + " (" + same["interval"] + ")"
    return show_table(
        table,
        caption="The differences under other rules, each county equal, with 95% intervals",
        note=f"{format_count(turned)} of {format_count(others.notna().sum().sum())} estimates "
        "under another rule have another sign than the one above. Intervals CR2 by state.",
        source=facts.source,
        columns={
            "label": "Characteristic",
            "pair": "Compared",
            **{rule: ColumnFormat(rule[:1].upper() + rule[1:], kind="text") for rule in chosen},
        },
    )


def _variants(facts: LawFacts) -> Iterator[tuple[str, pd.DataFrame]]:
    counties = facts.counties
    yield AS_ABOVE, _without_puerto_rico(counties)
    known = counties[~counties["is_uncertain"]]
    yield "uncertain states left out", _without_puerto_rico(known)
    rule = "certain laws alone" if facts.include_verify else "laws to verify counted"
    yield rule, _without_puerto_rico(other_counties(facts))
    yield "Puerto Rico counted", counties


def _without_puerto_rico(counties: pd.DataFrame) -> pd.DataFrame:
    return counties[counties["state_fips"].ne(PUERTO_RICO)]


def _main_rows(differences: pd.DataFrame) -> pd.DataFrame:
    if differences.empty:
        return differences
    pair = differences["group"].eq(MAIN_PAIR[0]) & differences["other"].eq(MAIN_PAIR[1])
    return differences[pair]


def _too_few(facts: LawFacts) -> str:
    return (
        f"On {facts.day} fewer than {FEWEST_STATES} states have laws of one of the kinds that "
        "would be compared, so there is nothing to compare."
    )


def _weighable(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["column"].isin([one.column for one in WEIGHABLE])]


def _sizes(table: pd.DataFrame) -> str:
    parts = zip(table["column"], table["estimate"], strict=True)
    return ", ".join(f"{_LABELS[name].lower()} {format_number(value, 2)}" for name, value in parts)


def _directions(table: pd.DataFrame) -> str:
    """Name the characteristics whose interval lies above and below zero."""
    told = table[[is_distinguishable(row) for _, row in table.iterrows()]]
    parts = []
    for word, side in (
        ("higher", told[told["estimate"] > 0]),
        ("lower", told[told["estimate"] < 0]),
    ):
        names = [_LABELS[column].lower() for column in side["column"]]
        if names:
            parts.append(f"{join_words(names)} {word}")
    untold = len(table) - len(told)
    if untold:
        parts.append(f"{untold} of {len(table)} not told from zero")
    return join_words(parts)


def _written(table: pd.DataFrame) -> pd.DataFrame:
    """Differences and intervals as text, each in the unit of its characteristic."""
    ends = {"interval": ("conf_low", "conf_high"), "usual_interval": ("cr1_low", "cr1_high")}
    columns = table["column"]
    written = {
        name: [
            f"{_value(one, low)} to {_value(one, high)}"
            for one, low, high in zip(columns, table[first], table[last], strict=True)
        ]
        for name, (first, last) in ends.items()
    }
    return table.assign(
        label=[f"{one.label}, {one.unit}" for one in (_find(name) for name in columns)],
        pair=table["group"] + " less " + table["other"],
        difference=[_value(*pair) for pair in zip(columns, table["estimate"], strict=True)],
        **written,
    )


def _find(column: str) -> Characteristic:
    return next(one for one in CHARACTERISTICS if one.column == column)


def _value(column: str, value: float) -> str:
    measure = _find(column).measure
    if measure == "usd":
        return format_usd(value)
    return format_number(value, 0 if measure == "count" else 2)
