"""Whether neighbours resemble each other, models that let them, and a subset beside the whole."""

from __future__ import annotations

import pandas as pd

from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.results import result_columns
from coopanalysis.display.sentences import (
    describe_share,
    format_count,
    format_interval,
    format_number,
    format_p_value,
    is_missing,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.tallies import count_same_sign, count_told, scaled
from coopanalysis.display.words import (
    columns_of_model,
    effect_label,
    error_words,
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
UNKNOWN = "cannot be estimated"


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


def show_spatial(space: Space, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show least squares, spatial error and lag, and pairs across a border side by side."""
    data, words = release_of(data), result_words(estimates, release_of(data))
    table, main = scaled(space.estimates, words.scale), estimates.row
    known = table.dropna(subset=["estimate"])
    told = [f"{row['label']} {with_interval(row)}" for _, row in space.dependence.iterrows()]
    dependence = f"{'; '.join(told)}. " if told else ""
    unknown = [f"{row['label']}: {row['note']}" for _, row in table.iterrows() if row["note"]]
    return show_table(
        table,
        caption=f"Space: difference by policy in {words.table_unit}",
        note=f"{count_same_sign(known, float(main['estimate']))} of {len(known)} have the sign of "
        f"the main estimate; {count_told(known)} leave out zero. {dependence}All but the last "
        "hold indicators in the place of fixed effects and have errors of the likelihood, "
        "independent and of equal variance. The last compares "
        f"{pluralise(space.n_pairs, 'pair')} of neighbours across a border "
        f"({pluralise(space.n_pair_places, 'county', 'counties')}, some in several pairs) with "
        f"an effect for each pair, errors {error_words(estimates.spec, data)}. "
        f"{pluralise(space.n_unmapped, 'county', 'counties')} without a polygon left out. "
        + " ".join(unknown),
        source=_source(data, estimates),
        columns={"label": "Model", **result_columns(table)[0]},
    )


def describe_islands(space: Space) -> str:
    """Say how many counties of a model have no neighbour in it."""
    return (
        f"{format_count(space.residual.n_islands)} of {format_count(space.residual.n_obs)} "
        "counties have no neighbour in the model, so that checks of space see a map with holes."
    )


def set_beside(all_rows: pd.DataFrame, subset: pd.DataFrame) -> pd.DataFrame:
    """Estimates of the same models on all counties and on a subset, one row per model.

    Parameters
    ----------
    all_rows, subset : DataFrame
        `label` and result columns; a model that is missing in the subset has none there.

    Returns
    -------
    DataFrame
        `label`, then `estimate, conf_low, conf_high, n_obs` with the suffixes `_all` and `_part`.
    """
    names = ["label", "estimate", "conf_low", "conf_high", "n_obs"]
    return all_rows[names].merge(
        subset[names], on="label", how="left", suffixes=("_all", "_part"), validate="1:1"
    )


def show_subset(
    both: pd.DataFrame | None,
    estimates: Estimates,
    *,
    part: str,
    whole: str,
    note: str = "",
    data: Panel | None = None,
) -> Output:
    """Show models on a subset beside the same on all counties.

    Parameters
    ----------
    both : DataFrame or None
        From `set_beside`; None leaves the table out.
    estimates : Estimates
        The fit that it is about.
    part, whole : str
        Names of the subset and of all.
    note : str
        Below the table.
    data : Panel, optional
        The release, where several are loaded.
    """
    data = release_of(data)
    if both is None:
        return left_out(f"models on a subset: {part[:1].lower()}{part[1:]} are all there are")
    words = result_words(estimates, data)
    shown = pd.DataFrame(
        {
            "label": both["label"],
            **{
                rule: [_cell(row, rule, words.scale) for _, row in both.iterrows()]
                for rule in ("part", "all")
            },
            "counties": [
                f"{_count(row['n_obs_part'])} / {_count(row['n_obs_all'])}"
                for _, row in both.iterrows()
            ],
        }
    )
    return show_table(
        shown,
        caption=f"{part} beside {in_sentence(whole)}: difference in {words.table_unit}",
        note=f"{_meaning(both, part, words.scale)} In brackets 95% intervals, errors as where "
        f"each model first stands; counties in the order of the columns. {note}".strip(),
        source=_source(data, estimates),
        columns={"label": "Model", "part": part, "all": whole, "counties": "Counties"},
    )


def describe_sign_changes(both: pd.DataFrame | None, part: str) -> list[str]:
    """Say how many estimates change sign in a subset; nothing where there is none."""
    if both is None:
        return []
    kept, known = _same_signs(both)
    return [f"{known - kept} of {pluralise(known, 'estimate')} change sign with {part}."]


def _cell(row: pd.Series, rule: str, scale: float) -> str:
    values = [row[f"{name}_{rule}"] for name in ("estimate", "conf_low", "conf_high")]
    if is_missing(values[0]):
        return UNKNOWN
    estimate, low, high = (scale * value for value in values)
    return f"{format_number(estimate)} ({format_interval(low, high)})"


def _count(value: object) -> str:
    return "none" if is_missing(value) else format_count(value)


def _meaning(table: pd.DataFrame, part: str, scale: float) -> str:
    both = table.dropna(subset=["estimate_part", "estimate_all"])
    signs, _ = _same_signs(table)
    moved = (both["estimate_part"] - both["estimate_all"]).abs()
    half = (both["conf_high_all"] - both["conf_low_all"]) / 2
    return (
        f"{part}: {signs} of {len(both)} estimates keep their sign; an estimate moves by at most "
        f"{format_number(scale * moved.max())}, and by less than half its 95% interval in "
        f"{int((moved < half).sum())}."
    )


def _same_signs(table: pd.DataFrame) -> tuple[int, int]:
    both = table.dropna(subset=["estimate_part", "estimate_all"])
    return int((both["estimate_part"] * both["estimate_all"] > 0).sum()), len(both)
