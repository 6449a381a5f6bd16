"""All terms of a model or of several, and families of hypotheses with adjusted p values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import LEVEL, describe_count_signs, told_apart
from coopanalysis.display.html import Output
from coopanalysis.display.model_details import model_details
from coopanalysis.display.page import left_out
from coopanalysis.display.results import (
    ENDS,
    INTERVALS,
    effect_table,
    result_columns,
    show_coefficients,
)
from coopanalysis.display.source_lines import source_of
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import (
    FAMILY_WORDS,
    error_words,
    in_sentence,
    outcome_words,
    plain_notes,
    release_of,
    result_words,
    term_label,
)
from coopanalysis.models import Estimates
from coopanalysis.models.joint import suited_joint_test
from coopanalysis.panel import Panel

ADJUSTED = {
    "p_value": "alone",
    "p_value_bh": "by Benjamini and Hochberg",
    "p_value_holm": "by Holm",
    "p_value_romano_wolf": "by Romano and Wolf",
}
ADJUSTED_COLUMNS = {
    "p_value_bh": "Benjamini-Hochberg",
    "p_value_holm": "Holm",
    "p_value_romano_wolf": "Romano-Wolf",
}
_HELD = {
    "p_value_bh": "Benjamini and Hochberg hold the expected share of false ones among the "
    "findings, the others the chance of any.",
    "p_value_romano_wolf": "Romano and Wolf use how the estimates go together.",
}


def terms_table(estimates: Estimates, *, data: Panel | None = None) -> pd.DataFrame:
    """Differences with each term of a model, in the unit of the table, under human names.

    `label`, the result columns, and `df`, the degrees of freedom.
    """
    data = release_of(data)
    table, scale = effect_table(estimates), result_words(estimates, data).scale
    table = table[table["term"] != "(Intercept)"]
    return table.assign(
        **{name: table[name] * scale for name in ENDS},
        label=[term_label(data, term) for term in table["term"]],
        df=[float(estimates.df[term]) for term in table["term"]],
    ).reset_index(drop=True)


def show_terms(estimates: Estimates | None, *, data: Panel | None = None) -> Output:
    """Show how an outcome goes with every term of one model, the others held.

    No fit, where the release has no such outcome, leaves the section out.
    """
    if estimates is None:
        return left_out("a model of an outcome that is known of no county")
    data, spec = release_of(data), estimates.spec
    words, rows = result_words(estimates, data), terms_table(estimates, data=data)
    outcome, told = term_label(data, spec.outcome), told_apart(rows)
    test, how = suited_joint_test(estimates, rows["term"].tolist())
    can = "can" if float(test["p_value"]) < LEVEL else "cannot"
    signs = reading = describe_count_signs(rows)
    if 0 < len(told) <= 3:
        named = (f"{in_sentence(r['label'])} {say.tell(r)}" for _, r in told.iterrows())
        reading = f"Can be told from zero: {say.join_words([*named])}"
    figure = show_coefficients(
        rows,
        "label",
        f"{outcome}: {signs}",
        x_label=words.axis,
        unit=words.table_unit,
        finding=f"{outcome}: {in_sentence(reading)}.",
        subtitle=f"Difference in {words.table_unit}, others held; {INTERVALS}",
        y=say.pluralise(len(rows), "county characteristic"),
        extent=say.describe_range(rows["estimate"]),
        note=f"{FAMILY_WORDS[spec.family].capitalize()}; errors {error_words(spec, data)}. "
        f"{plain_notes(estimates, data)} That the outcome differs with none of the {len(rows)} "
        f"characteristics {can} be ruled out by a joint test ({how}, p "
        f"{say.format_p_value(test['p_value'])}). Association, not effect.",
        source=words.source,
        data=rows[["label", *ENDS, "df", "p_value", "n_obs"]],
    )
    return figure + model_details({outcome: estimates}, data)


def show_many_terms(
    results: Mapping[str, Estimates], family: pd.DataFrame, *, data: Panel | None = None
) -> Output:
    """Show every term of several models, with p values adjusted over all of them.

    The models, by name of their outcome, are by least squares; the family is from
    `models.adjust_family` of all their terms.
    """
    data, first, keys = release_of(data), next(iter(results.values())), ["hypothesis", "term"]
    table = pd.concat(
        [terms_table(one, data=data).assign(hypothesis=name) for name, one in results.items()]
    )
    adjusted = family[[*keys, *ADJUSTED_COLUMNS]]
    table = table.merge(adjusted, on=keys, how="left", validate="1:1")
    shown = show_table(
        table,
        caption=f"Difference with each characteristic, in {result_words(first, data).table_unit}",
        note=f"{describe_family(table)} {plain_notes(first, data)}",
        source=source_of(data, *(one.spec for one in results.values())),
        columns={
            "label": "Characteristic",
            "hypothesis": "Outcome",
            **result_columns(table, n_obs=False),
            **ADJUSTED_COLUMNS,
        },
    )
    return shown + model_details(results, data)


def show_two_models(
    first: Estimates | None,
    second: Estimates | None,
    names: Sequence[str],
    *,
    data: Panel | None = None,
) -> Output:
    """Show the terms of two models of one outcome side by side, and whether their signs agree.

    Both are fits on the same terms, called by the names; None leaves the section out.
    """
    if first is None or second is None:
        return left_out("two models of an outcome that is known of no county")
    data = release_of(data)
    one, two = (terms_table(each, data=data).set_index("label") for each in (first, second))
    shared = one.index.intersection(two.index, sort=False)
    rows = one.loc[shared].assign(
        first=[say.with_interval(row) for _, row in one.loc[shared].iterrows()],
        second=two.loc[shared, "estimate"],
    )
    told = told_apart(one.loc[shared])
    same = int((told["estimate"] * two.loc[told.index, "estimate"] > 0).sum())
    words = result_words(first, data)
    return show_table(
        rows.reset_index(),
        caption=f"{term_label(data, first.spec.outcome)} by two models, in {words.table_unit}",
        note=f"Of {say.pluralise(len(told), 'difference')} that the first model tells from zero, "
        f"{say.format_count(same)} have the same sign in the second. Of a model that is not "
        "linear, average marginal effects; its errors, which allow less for few states, are left "
        "out.",
        source=words.source,
        columns={
            "label": "Characteristic",
            "first": f"{names[0]} (95%)",
            "p_value": "p",
            "second": ColumnFormat(names[1], digits=3),
        },
    )


def show_family(table: pd.DataFrame, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show every hypothesis of a family with its estimate and adjusted p values.

    The table is from `models.adjust_family`; the fit is of one of the hypotheses, for what they
    share.
    """
    data, spec = release_of(data), estimates.spec
    words = [outcome_words(name, spec.family, data) for name in table["outcome"]]
    shown = [
        say.with_interval(row, one.scale) + " points" * (one.measure == "points")
        for one, (_, row) in zip(words, table.iterrows(), strict=True)
    ]
    return show_table(
        table.assign(shown=shown),
        caption="The family of hypotheses, each by the same design",
        note=describe_family(table),
        source=source_of(data, spec),
        columns={
            "hypothesis": "Outcome",
            "shown": "Estimate (95%)",
            "p_value": "p",
            **ADJUSTED_COLUMNS,
            "n_obs": "Counties",
        },
    )


def describe_family(table: pd.DataFrame) -> str:
    """Say how many of a family of hypotheses are left once their number is allowed for.

    The table has a row per hypothesis: `p_value` and those of the adjusted ones that are shown.
    """
    told = [f"{(table[name] < LEVEL).sum()} {ADJUSTED[name]}" for name in ADJUSTED if name in table]
    return " ".join(
        [
            f"Of {len(table)} hypotheses taken as one family, those with p below "
            f"{say.format_share(LEVEL, 0)}: {', '.join(told)}.",
            *(text for name, text in _HELD.items() if name in table),
        ]
    )
