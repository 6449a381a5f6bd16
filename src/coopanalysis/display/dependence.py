"""Counties that are not independent: errors by clusters, few clusters, and neighbours."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import LEVEL, told_apart
from coopanalysis.display.html import Output
from coopanalysis.display.model_details import model_details
from coopanalysis.display.results import (
    DEGREES,
    WILD_P,
    designs_table,
    estimate_digits,
    full_reporters_column,
    result_columns,
    scaled,
)
from coopanalysis.display.source_lines import columns_of_model, source_line, source_of
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import group_name, in_sentence, result_words, term_label
from coopanalysis.models import (
    Estimates,
    SpatialComparison,
    effective_clusters,
    equivalence,
    wild_joint_test,
)
from coopanalysis.models.few_clusters import UNCLUSTERED, WILD
from coopanalysis.models.joint import BOOTSTRAPPED
from coopanalysis.panel import Panel

NO_INTERVAL = "none"
FEW = 20
"""Pairs that differ in a policy below which no interval of theirs is to be relied on."""


def show_errors(errors: pd.DataFrame, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show one estimate under several types of error, the one to rely on first, CR1 last.

    The errors are from `models.compare_errors`.
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
            **result_columns(shown, n_obs=False),
            "std_error": ColumnFormat("Standard error", digits=estimate_digits(shown)),
            "df": DEGREES,
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
    *,
    margin: float | None = None,
    data: Panel | None = None,
) -> Output:
    """Show one difference by several designs, with how many groups each rests on.

    The results, by name of the design, have clustered errors, and one outcome in one unit. With a
    margin, as for `show_main_estimate`, it says which designs show the difference to be within it.
    """
    first = next(iter(results.values()))
    words = result_words(first, data)
    data, group = words.data, group_name(words.data, first.spec.cluster or "")
    designs = designs_table(results, data=data).drop(columns="df")
    table = designs.merge(_cluster_table(results, margin), on="design", validate="1:1")
    is_held, rows = table["errors"] != NO_INTERVAL, [row for _, row in table.iterrows()]
    alone = table["estimate"].map(say.format_number)
    shown = table.assign(
        shown=alone.mask(is_held, pd.Series([say.with_interval(row) for row in rows])),
        p_value=table["p_value"].where(is_held),
        carried=[with_effective(row) for row in rows],
        small=table["is_within"].map({True: "yes", False: "not shown"}),
    )
    outcome, by = (term_label(data, one) for one in (first.spec.outcome, first.spec.treatment))
    size = say.format_number(None if margin is None else margin * words.scale)
    within = {} if margin is None else {"small": f"Within {size}"}
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


def _cluster_table(results: Mapping[str, Estimates], margin: float | None) -> pd.DataFrame:
    """Errors, degrees of freedom, bootstrap p value and effective clusters of each design.

    `is_within` is whether two one-sided tests show the difference to be within the margin, if
    there is one. A logit has no errors that hold with few or unlike clusters: none, no `df`, no
    `is_within`; its bootstrap is that of the scores.
    """
    rows = []
    for name, one in results.items():
        asked, is_linear = one.spec.treatment, one.spec.family == "ols"
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
        f"{group}s, with the null imposed." + " Within the margin: whether two one-sided tests at "
        f"{say.format_share(LEVEL, 0)} show it." * has_margin
    )
    if all_held:
        return told
    return (
        f"{told} A logit has no errors that hold what they promise where {group}s are few or "
        "unlike: no interval is given, and the bootstrap of its scores is to be read."
    )


def _source(data: Panel, estimates: Estimates) -> str:
    """Sources of a model, and of the first of the release's maps, on which neighbours are found."""
    maps = [str(one["id"]) for one in data.build["inputs"] if one["layout"] == "topojson"]
    return source_line(data, columns_of_model(estimates.spec), layouts=maps[:1])


def _moran_words(space: SpatialComparison, estimates: Estimates, data: Panel) -> str:
    """Say whether neighbours resemble each other, and whether the model leaves any of it."""
    outcome, left = (
        f"Moran's I {say.format_number(one.statistic)}, p {say.format_p_value(one.p_value)}"
        for one in (space.outcome, space.residual)
    )
    cluster = group_name(data, estimates.spec.cluster or "county_fips")
    rest = (
        f"what the model leaves cannot be told from random over the map ({left})"
        if space.residual.p_value >= LEVEL
        else f"what the model leaves goes together between neighbours ({left}), which errors by "
        f"{cluster} do not allow for across a border"
    )
    does = "resemble" if space.outcome.p_value < LEVEL else "cannot be told to resemble"
    return (
        f"Neighbours {does} each other in the outcome ({outcome}); {rest}. "
        f"{say.format_count(space.outcome.n_permutations)} permutations, approximate for "
        "residuals. Neighbours share a border or a corner and are both in the model; "
        f"{say.describe_share(space.residual.n_islands, space.residual.n_obs)} have none."
    )


def show_spatial(
    space: SpatialComparison,
    estimates: Estimates,
    *,
    again: SpatialComparison | None = None,
    data: Panel | None = None,
) -> Output:
    """Show whether neighbours resemble each other, and models that let them side by side.

    What is compared in space is from `models.compare_in_space`; `again` is the same among counties
    all of whose agencies reported, and stands in a column of its own.
    """
    words = result_words(estimates, data)
    table = scaled(space.estimates, words.scale)
    known = table.dropna(subset=["estimate"])
    few = ", too few to rely on its interval" * (space.n_pairs_differing < FEW)
    told = [f"{row['label']} {say.tell(row)}" for _, row in space.dependence.iterrows()]
    dependence = f"{'; '.join(told)}. " if told else ""
    unknown = [f"{row['label']}: {row['note']}" for _, row in table.iterrows() if row["note"]]
    shown, full = full_reporters_column(table, again.estimates if again else None, words.scale)
    return show_table(
        shown,
        caption=f"Space: difference by policy in {words.table_unit}",
        note=f"{_moran_words(space, estimates, words.data)} {len(told_apart(known))} of "
        f"{len(known)} intervals leave out zero. {dependence}All but "
        "the last hold indicators in the place of fixed effects and have errors of the likelihood, "
        "independent and of equal variance, which is more than the main design takes for granted. "
        f"The last compares {say.pluralise(space.n_pairs, 'pair')} of neighbours across a border "
        f"({say.pluralise(space.n_pair_places, 'county')}, some in several pairs) with an "
        f"effect for each pair: only the {say.format_count(space.n_pairs_differing)} of them whose "
        f"two counties differ in the policy tell of it{few}. Its errors let any two pairs go "
        "together that share a state. "
        f"{say.pluralise(space.n_unmapped, 'county')} without a polygon left out. "
        f"{' '.join(unknown)}".strip(),
        source=_source(words.data, estimates),
        columns={"label": "Model", **result_columns(table), **full},
    )


def describe_islands(space: SpatialComparison) -> str:
    """Say how many counties of a model have no neighbour in it."""
    return (
        f"{say.format_count(space.residual.n_islands)} of {say.format_count(space.residual.n_obs)} "
        "counties have no neighbour in the model, so that checks of space see a map with holes."
    )
