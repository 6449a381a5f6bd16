"""What few and unlike groups do to the estimates of several designs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coopanalysis.display.html import Output
from coopanalysis.display.model_details import model_details
from coopanalysis.display.results import DEGREES, designs_table
from coopanalysis.display.sentences import format_count, format_number, join_words
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import (
    columns_of_model,
    effect_label,
    in_sentence,
    release_of,
    result_words,
    source_line,
    term_label,
    with_interval,
)
from coopanalysis.models import (
    Estimates,
    effective_clusters,
    equivalence,
    wild_joint_test,
)
from coopanalysis.models.joint import BOOTSTRAPPED
from coopanalysis.panel import Panel

NO_INTERVAL = "none"


def show_few_clusters(
    results: Mapping[str, Estimates],
    term: str = "",
    *,
    margin: float | None = None,
    data: Panel | None = None,
) -> Output:
    """Show one difference by several designs, with how many groups each rests on.

    Parameters
    ----------
    results : mapping of design name to Estimates
        Fits with clustered errors, of one outcome in one unit.
    term : str, optional
        Term shown; by default the treatment of each.
    margin : float, optional
        Largest difference, either way, that counts as none, in the unit of the outcome: which
        designs show the difference to be within it.
    data : Panel, optional
        The release, where several are loaded.
    """
    data, first = release_of(data), next(iter(results.values()))
    asked, words = term or first.spec.treatment, result_words(first, data, term)
    group = in_sentence(effect_label(data, first.spec.cluster or ""))
    designs = designs_table(results, term, data=data).drop(columns="df")
    table = designs.merge(cluster_table(results, term, margin), on="design", validate="1:1")
    is_held = table["errors"] != NO_INTERVAL
    shown = table.assign(
        shown=[
            with_interval(row) if row["errors"] != NO_INTERVAL else format_number(row["estimate"])
            for _, row in table.iterrows()
        ],
        p_value=table["p_value"].where(is_held),
        carried=[_carried(row) for _, row in table.iterrows()],
        small=table["is_within"].map({True: "yes", False: "not shown"}),
    )
    outcome, by = (term_label(data, one) for one in (first.spec.outcome, asked))
    columns = dict.fromkeys(n for one in results.values() for n in columns_of_model(one.spec))
    size = "" if margin is None else format_number(margin * words.scale)
    drawn = show_table(
        shown,
        caption=f"{outcome} by {in_sentence(by)}, in {words.table_unit}",
        note=_explained(table, group, margin is not None),
        source=source_line(data, list(columns)),
        columns={
            "design": "Design",
            "shown": "Estimate (95% interval)",
            **({"small": f"Within {size}"} if size else {}),
            "errors": "Errors",
            "df": DEGREES,
            "p_value": ColumnFormat("p", digits=3),
            "p_value_wild": ColumnFormat("p, wild bootstrap", kind="number", digits=3),
            "carried": f"{group[:1].upper()}{group[1:]}s",
            "n_obs": ColumnFormat("Counties", kind="count"),
        },
    )
    details = model_details(results, data)
    return Output(drawn.html + details.html, f"{drawn.text}\n{details.text}")


def describe_carriers(
    without: pd.DataFrame,
    estimates: Estimates,
    term: str = "",
    *,
    margin: float,
    data: Panel | None = None,
) -> str:
    """Say whether an estimate rests on one or two states: without them it is within a margin.

    Parameters
    ----------
    without : DataFrame
        From `models.leave_out` of the same model and term, one and two groups at a time.
    estimates : Estimates
        The model on all.
    term : str, optional
        The term that `without` is of; by default the treatment.
    margin : float
        Largest difference, either way, that counts as none, in the unit of the outcome.
    data : Panel, optional
        The release, where several are loaded.

    Returns
    -------
    str
        A sentence with the estimates without the one and the two that move it most.
    """
    words, known = result_words(estimates, release_of(data), term), without.dropna(subset="change")
    whole = float(known["estimate"].iloc[0] - known["change"].iloc[0])
    size = format_number(margin * words.scale)
    with_all = f"{format_number(whole * words.scale)} {words.table_unit} with all states"
    if abs(whole) <= margin:
        return (
            f"The estimate is {with_all}, where less than {size} either way counts as none: it is "
            "not asked which state makes it."
        )
    # Those without which none is left come first, then those that move it most.
    is_left = (known["estimate"] * np.sign(whole) > margin).rename("is_left")
    order = known.assign(is_left=is_left).sort_values(["n_groups", "is_left"], kind="stable")
    first = order.drop_duplicates("n_groups")
    told = join_words(
        [
            f"{format_number(estimate * words.scale)} without {group}"
            for estimate, group in zip(first["estimate"], first["group"], strict=True)
        ]
    )
    made = first[~first["is_left"]]
    if made.empty:
        return f"The estimate rests on no one state and no two: it is {with_all}, {told}."
    return (
        f"The estimate rests on {made['group'].iloc[0]}: it is {with_all}, {told}, where less than "
        f"{size} either way counts as none."
    )


def cluster_table(
    results: Mapping[str, Estimates], term: str = "", margin: float | None = None
) -> pd.DataFrame:
    """Errors, degrees of freedom, bootstrap p value and effective clusters of each design.

    Returns
    -------
    DataFrame, one row per design
        `design`, `errors`, `df`, `p_value_wild` (by the wild cluster bootstrap, of scores for a
        logit) and `effective`, the last two missing where a family has none, and `is_within`:
        whether two one-sided tests show the difference to be within the margin, if there is one.
        A logit has no errors that hold with few or unlike clusters: none, no `df`, no `is_within`.
    """
    rows = []
    for name, one in results.items():
        asked, family = term or one.spec.treatment, one.spec.family
        tested = wild_joint_test(one, [asked])["p_value"] if family in BOOTSTRAPPED else None
        effective = effective_clusters(one, asked) if family == "ols" else None
        rows.append(
            {
                "design": name,
                "errors": one.spec.vcov if family == "ols" else NO_INTERVAL,
                "df": float(one.df[asked]) if family == "ols" else float("nan"),
                "p_value_wild": tested,
                "effective": effective,
                "is_within": margin and equivalence(one, margin, asked).is_equivalent
                if family == "ols"
                else None,
            }
        )
    return pd.DataFrame(rows).astype({"p_value_wild": "Float64", "effective": "Float64"})


def _carried(row: pd.Series) -> str:
    """Write clusters, and how many of equal weight would tell as much."""
    count = format_count(row["n_clusters"])
    return count if pd.isna(row["effective"]) else f"{count} ({format_number(row['effective'], 1)})"


def _explained(table: pd.DataFrame, group: str, has_margin: bool) -> str:
    """Say what stands in brackets and what in words, and of which errors not to make much."""
    told = (
        f"In brackets: the {group}s of equal weight that would tell as much. The bootstrap draws "
        f"{group}s, with the null imposed."
        + " Within the margin: whether two one-sided tests show it."
        * has_margin
    )
    if NO_INTERVAL not in set(table["errors"]):
        return told
    return (
        f"{told} A logit has no errors that hold what they promise where {group}s are few or "
        "unlike: no interval is given, and the bootstrap of its scores is to be read."
    )
