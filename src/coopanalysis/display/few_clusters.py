"""What few and unlike clusters do to an estimate: other errors, and how many carry it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import told_apart
from coopanalysis.display.html import Output
from coopanalysis.display.model_details import model_details
from coopanalysis.display.result_words import result_words
from coopanalysis.display.results import (
    DEGREES,
    WILD_P,
    designs_table,
    estimate_digits,
    result_columns,
    scaled,
)
from coopanalysis.display.source_lines import source_of
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import group_name, in_sentence, term_label
from coopanalysis.models import (
    Estimates,
    effective_clusters,
    equivalence,
    wild_joint_test,
)
from coopanalysis.models.few_clusters import UNCLUSTERED, WILD
from coopanalysis.models.joint import BOOTSTRAPPED
from coopanalysis.panel import Panel

NO_INTERVAL = "none"


def show_errors(errors: pd.DataFrame, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show one estimate under several types of error, the one to rely on first, CR1 last.

    Parameters
    ----------
    errors : DataFrame
        From `models.compare_errors`.
    """
    words = result_words(estimates, data)
    cluster = group_name(words.data, estimates.spec.cluster) if estimates.spec.cluster else ""
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
        source=words.source,
        columns={
            "label": "Error",
            "std_error": ColumnFormat("Standard error", digits=estimate_digits(shown)),
            "df": DEGREES,
            **result_columns(shown, n_obs=False),
        },
    )


def errors_in_words(errors: pd.DataFrame, estimates: Estimates, cluster: str) -> str:
    """Say what few clusters do to an interval, and whether the type of error decides."""
    told, total = len(told_apart(errors)), len(errors)
    agree = f"{told} of {total} intervals leave out zero: the type of error decides."
    if told in (0, total):
        agree = f"All {total} intervals {'leave out' if told else 'hold'} zero."
    if WILD not in set(errors["errors"]):
        return f"{agree} Each county counts as independent of the others."
    wide = errors.set_index("errors")["conf_high"] - errors.set_index("errors")["conf_low"]
    main, wider = errors[errors["errors"] == "CR2"].iloc[0], wide["CR2"] / wide["CR1"] - 1
    plural = f"{cluster}s" if cluster == "state" else f"groups by {cluster}"
    return (
        f"{say.pluralise(int(main['n_clusters']), cluster, plural)} are effectively "
        f"{say.format_number(effective_clusters(estimates), 1)}, since they differ in size and in "
        f"how the policy varies in them. CR2 has {say.format_number(main['df'], 1)} degrees of "
        f"freedom (Satterthwaite's); its interval is {say.format_share(abs(wider), 0)} "
        f"{'wider' if wider >= 0 else 'narrower'} than that of CR1, which takes the clusters for "
        f"many and alike. {agree} The bootstrap imposes the null and has no degrees of freedom."
    )


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
    """
    first = next(iter(results.values()))
    words, asked = result_words(first, data, term), term or first.spec.treatment
    data, group = words.data, group_name(words.data, first.spec.cluster or "")
    designs = designs_table(results, term, data=data).drop(columns="df")
    table = designs.merge(_cluster_table(results, term, margin), on="design", validate="1:1")
    is_held = table["errors"] != NO_INTERVAL
    shown = table.assign(
        shown=[
            say.with_interval(row) if held else say.format_number(row["estimate"])
            for held, (_, row) in zip(is_held, table.iterrows(), strict=True)
        ],
        p_value=table["p_value"].where(is_held),
        carried=[with_effective(row) for _, row in table.iterrows()],
        small=table["is_within"].map({True: "yes", False: "not shown"}),
    )
    outcome, by = (term_label(data, one) for one in (first.spec.outcome, asked))
    within = (
        {} if margin is None else {"small": f"Within {say.format_number(margin * words.scale)}"}
    )
    drawn = show_table(
        shown,
        caption=f"{outcome} by {in_sentence(by)}, in {words.table_unit}",
        note=_explained(bool(is_held.all()), group, margin is not None),
        source=source_of(data, *(one.spec for one in results.values())),
        columns={
            "design": "Design",
            "shown": "Estimate (95% interval)",
            **within,
            "errors": "Errors",
            "df": DEGREES,
            "p_value": "p",
            "p_value_wild": WILD_P,
            "carried": f"{say.upper_first(group)}s",
            "n_obs": "Counties",
        },
    )
    return drawn + model_details(results, data)


def _cluster_table(
    results: Mapping[str, Estimates], term: str, margin: float | None
) -> pd.DataFrame:
    """Errors, degrees of freedom, bootstrap p value and effective clusters of each design.

    `is_within` is whether two one-sided tests show the difference to be within the margin, if
    there is one. A logit has no errors that hold with few or unlike clusters: none, no `df`, no
    `is_within`; its bootstrap is that of the scores.
    """
    rows = []
    for name, one in results.items():
        asked, is_linear = term or one.spec.treatment, one.spec.family == "ols"
        is_drawn = one.spec.family in BOOTSTRAPPED
        is_within = margin and is_linear and equivalence(one, margin, asked).is_equivalent
        rows.append(
            {
                "design": name,
                "errors": one.spec.vcov if is_linear else NO_INTERVAL,
                "df": float(one.df[asked]) if is_linear else float("nan"),
                "p_value_wild": wild_joint_test(one, [asked])["p_value"] if is_drawn else None,
                "effective": effective_clusters(one, asked) if is_linear else None,
                "is_within": is_within if is_linear else None,
            }
        )
    return pd.DataFrame(rows).astype({"p_value_wild": "Float64", "effective": "Float64"})


def with_effective(row: pd.Series) -> str:
    """Write clusters, and how many of equal weight would tell as much, where that is known."""
    count, worth = say.format_count(row["n_clusters"]), row.get("effective")
    return count if pd.isna(worth) else f"{count} ({say.format_number(worth, 1)})"


def _explained(all_held: bool, group: str, has_margin: bool) -> str:
    """Say what stands in brackets and what in words, and of which errors not to make much."""
    told = (
        f"In brackets: the {group}s of equal weight that would tell as much. The bootstrap draws "
        f"{group}s, with the null imposed."
        + " Within the margin: whether two one-sided tests show it."
        * has_margin
    )
    if all_held:
        return told
    return (
        f"{told} A logit has no errors that hold what they promise where {group}s are few or "
        "unlike: no interval is given, and the bootstrap of its scores is to be read."
    )


def describe_carriers(
    without: pd.DataFrame,
    estimates: Estimates,
    term: str = "",
    *,
    margin: float,
    data: Panel | None = None,
) -> str:
    """Say whether an estimate rests on one or two states: without them it is within a margin.

    The sentence has the estimates without the one and the two that move it most.

    Parameters
    ----------
    without : DataFrame
        From `models.leave_out` of the same model and term, one and two groups at a time.
    term : str, optional
        The term that `without` is of; by default the treatment.
    margin : float
        Largest difference, either way, that counts as none, in the unit of the outcome.
    """
    words, known = result_words(estimates, data, term), without.dropna(subset="change")
    whole = float(known["estimate"].iloc[0] - known["change"].iloc[0])
    size = say.format_number(margin * words.scale)
    with_all = f"{say.format_number(whole * words.scale)} {words.table_unit} with all states"
    if abs(whole) <= margin:
        return (
            f"The estimate is {with_all}, where less than {size} either way counts as none: it is "
            "not asked which state makes it."
        )
    # Those without which none is left come first, then those that move it most.
    is_left = (known["estimate"] * np.sign(whole) > margin).rename("is_left")
    order = known.assign(is_left=is_left).sort_values(["n_groups", "is_left"], kind="stable")
    first = order.drop_duplicates("n_groups")
    told = say.join_words(
        [
            f"{say.format_number(estimate * words.scale)} without {group}"
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
