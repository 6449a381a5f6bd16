"""Spatial autocorrelation of outcome and residuals, and spatial models beside the main one."""

from __future__ import annotations

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import LEVEL, told_apart
from coopanalysis.display.html import Output
from coopanalysis.display.result_words import result_words
from coopanalysis.display.results import full_reporters_column, result_columns, scaled
from coopanalysis.display.source_lines import columns_of_model, source_line
from coopanalysis.display.tables import show_table
from coopanalysis.display.words import group_name
from coopanalysis.models import Estimates, SpatialComparison
from coopanalysis.panel import Panel

FEW = 20
"""Pairs that differ in a policy below which no interval of theirs is to be relied on."""


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

    Parameters
    ----------
    space : SpatialComparison
        From `models.compare_in_space`.
    again : SpatialComparison, optional
        The same among counties all of whose agencies reported, in a column of its own.
    """
    words = result_words(estimates, data)
    table = scaled(space.estimates, words.scale)
    known = table.dropna(subset=["estimate"])
    few = ", too few to rely on its interval" * (space.n_pairs_differing < FEW)
    told = [f"{row['label']} {say.with_interval(row)}" for _, row in space.dependence.iterrows()]
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
