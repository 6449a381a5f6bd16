"""Whether neighbours resemble each other, and models that let them."""

from __future__ import annotations

import pandas as pd

from coopanalysis.display.full_reporters import FULL_COLUMN, beside_full_reporters
from coopanalysis.display.html import Output
from coopanalysis.display.results import result_columns
from coopanalysis.display.sentences import (
    describe_share,
    format_count,
    format_number,
    format_p_value,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.tallies import count_told, scaled
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
from coopanalysis.models import Estimates, Moran, Space
from coopanalysis.panel import Panel

LEVEL = 0.05


def show_moran(space: Space, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show Moran's I of an outcome and of what a model leaves of it.

    Parameters
    ----------
    space : Space
        From `models.compare_in_space`.
    estimates : Estimates
        The fit that it is about.
    data : Panel, optional
        The release, where several are loaded.
    """
    data = release_of(data)
    rows = {term_label(data, estimates.spec.outcome): space.outcome, "Residual": space.residual}
    table = pd.DataFrame([{"what": name, **vars(moran)} for name, moran in rows.items()])
    return show_table(
        table,
        caption="Do neighbouring counties resemble each other? Moran's I",
        note=f"{_moran_words(space.residual, estimates, data)} "
        f"{format_count(space.outcome.n_permutations)} permutations over counties; for residuals "
        "the test is approximate. Neighbours share a border or a corner and are both in the "
        "model; "
        f"{describe_share(space.residual.n_islands, space.residual.n_obs)} have no such neighbour.",
        source=_source(data, estimates),
        columns={
            "what": "Values",
            "statistic": ColumnFormat("Moran's I", kind="number", digits=3),
            "expectation": ColumnFormat("If at random", kind="number", digits=3),
            "p_value": ColumnFormat("p", digits=3),
            "n_obs": ColumnFormat("Counties", kind="count"),
        },
    )


def _source(data: Panel, estimates: Estimates) -> str:
    """Sources of a model, and of the first of the release's maps, on which neighbours are found."""
    maps = [str(one["id"]) for one in data.build["inputs"] if one["layout"] == "topojson"]
    return source_line(data, columns_of_model(estimates.spec), layouts=maps[:1])


def _moran_words(residual: Moran, estimates: Estimates, data: Panel) -> str:
    figure = f"{format_number(residual.statistic)}, p {format_p_value(residual.p_value)}"
    if residual.p_value >= LEVEL:
        return f"What the model leaves cannot be told from random over the map ({figure})."
    if estimates.spec.cluster is None:
        return f"What the model leaves still goes together between neighbours ({figure})."
    cluster = in_sentence(effect_label(data, estimates.spec.cluster))
    return (
        f"What the model leaves still goes together between neighbours ({figure}): errors by "
        f"{cluster} allow for that inside a {cluster}, not across its border."
    )


def show_spatial(
    space: Space,
    estimates: Estimates,
    *,
    again: Space | None = None,
    data: Panel | None = None,
) -> Output:
    """Show least squares, spatial error and lag, and pairs across a border side by side.

    Parameters
    ----------
    space : Space
        From `models.compare_in_space`.
    estimates : Estimates
        The fit that it is about.
    again : Space, optional
        The same among counties all of whose agencies reported, in a column of its own.
    data : Panel, optional
        The release, where several are loaded.
    """
    data, words = release_of(data), result_words(estimates, release_of(data))
    table = scaled(space.estimates, words.scale)
    known = table.dropna(subset=["estimate"])
    told = [f"{row['label']} {with_interval(row)}" for _, row in space.dependence.iterrows()]
    dependence = f"{'; '.join(told)}. " if told else ""
    unknown = [f"{row['label']}: {row['note']}" for _, row in table.iterrows() if row["note"]]
    return show_table(
        beside_full_reporters(table, None if again is None else again.estimates, words.scale),
        caption=f"Space: difference by policy in {words.table_unit}",
        note=f"{count_told(known)} of {len(known)} intervals leave out zero. {dependence}All but "
        "the last hold indicators in the place of fixed effects and have errors of the likelihood, "
        "independent and of equal variance, which is more than the main design takes for granted. "
        f"The last compares {pluralise(space.n_pairs, 'pair')} of neighbours across a border "
        f"({pluralise(space.n_pair_places, 'county', 'counties')}, some in several pairs) with an "
        f"effect for each pair: only the {format_count(space.n_pairs_differing)} of them whose two "
        "counties differ in the policy tell of it. Its errors let any two pairs go together that "
        f"share a state. {pluralise(space.n_unmapped, 'county', 'counties')} without a polygon "
        f"left out. {' '.join(unknown)}".strip(),
        source=_source(data, estimates),
        columns={
            "label": "Model",
            **result_columns(table)[0],
            **(FULL_COLUMN if again is not None else {}),
        },
    )


def describe_islands(space: Space) -> str:
    """Say how many counties of a model have no neighbour in it."""
    return (
        f"{format_count(space.residual.n_islands)} of {format_count(space.residual.n_obs)} "
        "counties have no neighbour in the model, so that checks of space see a map with holes."
    )
