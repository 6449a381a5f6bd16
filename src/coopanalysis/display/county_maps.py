"""Maps of counties by any column and by year, what they cannot draw, the outlines of one state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from matplotlib.figure import Figure
from pyproj import Transformer

from coopanalysis.clean.vintages import load_vintages
from coopanalysis.display import sentences as say
from coopanalysis.display.figures import show_chart, style
from coopanalysis.display.html import Output
from coopanalysis.display.maps import (
    CountyMap,
    MapKind,
    counted_legend,
    draw_counties,
    number_classes,
    plot_county_map,
    status_classes,
    with_counts,
)
from coopanalysis.display.page import left_out
from coopanalysis.display.sentences import join_words
from coopanalysis.display.source_lines import source_line
from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel
from coopanalysis.panel.map_plane import INSETS, LOWER_48

_METRES = 1000.0
_STEP_DEGREES = 0.01


MOST_COLUMNS, MOST_COLUMNS_DENSE = 3, 2
DENSE = 500
"""From this many counties on, maps are larger and lines thinner."""
MOST_NAMED = 3
"""States with the lowest or the highest mean that are named; of more only the number is said."""
_TITLE_INCHES = 0.34
_TALLEST_INCHES = 3.2


def show_county_map(
    data: Panel,
    values: pd.Series,
    *,
    subtitle: str,
    legend_title: str,
    finding: str = "",
    kind: MapKind = "status",
    breaks: Sequence[float] | None = None,
    labels: Mapping[str, str] = style.STATUS_LABELS,
    columns: Sequence[str] = (),
    note: str = "",
) -> Output:
    """Show one value per county on the map of a release.

    Parameters
    ----------
    data : Panel
        Release whose outlines are drawn.
    values : Series indexed by county_fips
        Statuses, whole numbers or amounts, as `kind` says; missing counties are hatched.
    subtitle, note : str
        What is drawn, and what the reader must know besides.
    finding : str, optional
        What the map shows; by default how many counties have each status, or between which means
        the states lie.
    legend_title, kind, breaks, labels
        As for `maps.plot_county_map`.
    columns : sequence of str
        Columns of the counties that the values come from, for the source line.
    """
    if values.isna().all():
        return left_out(f"no county has a value for '{subtitle}'")
    drawn = plot_county_map(
        data.boundaries, values, kind, legend_title=legend_title, breaks=breaks, labels=labels
    )
    listed = data.county[["county_fips", "county", "state"]]
    shown = listed["county_fips"].map(values)
    if kind == "status":
        shown = shown.map(labels)
        reading = finding or _count_statuses(drawn.classes)
    else:
        shown = shown.astype("Int64") if kind == "score" else shown
        reading = finding or _compare_states(listed, shown)
    classes = say.join_words([str(name) for name in drawn.classes["label"]])
    return show_chart(
        drawn.figure,
        reading,
        finding=reading,
        subtitle=subtitle,
        chart="County map",
        x="counties of the release with state lines",
        y=f"{say.lower_first(legend_title)}: {classes}; the last is hatched",
        note=f"{note}{undrawn_words(data, data.county, data.boundaries)}".strip(),
        source=source_line(data, columns, ["topojson"]),
        data=listed.assign(**{str(values.name or "value"): shown}),
        legend=drawn.legend,
        wide=True,
    )


def _count_statuses(classes: pd.DataFrame) -> str:
    counts = classes.set_index("label")["counties_count"]
    parts = [f"{say.format_count(n)} {say.lower_first(str(kind))}" for kind, n in counts.items()]
    return f"Of {say.format_count(counts.sum())} counties on the map: {say.join_words(parts)}."


def _compare_states(listed: pd.DataFrame, values: pd.Series) -> str:
    means = values.astype("float64").groupby(listed["state"]).mean().dropna()
    written = means.sort_values().map(lambda mean: say.format_number(mean, 2))
    low, high = (
        f"{end} ({_name_some(written.index[written == end].tolist())})"
        for end in (written.iloc[0], written.iloc[-1])
    )
    if len(set(written)) == 1:
        return f"The mean is {low}."
    return f"State means run from {low} to {high}."


def _name_some(states: Sequence[str]) -> str:
    """Name states that share an end, or count them where they are more than a few."""
    return join_words(sorted(states)) if len(states) <= MOST_NAMED else f"{len(states)} states"


def county_names(panel: Panel) -> dict[str, str]:
    """Name of each county code that the release has in the county list of some year."""
    listed = panel.county.set_index("county_fips")["county"]
    names = {str(code): str(name) for code, name in listed.items()}
    others = sorted(set(panel.county_year["county_fips"]) - set(names))
    return names | _names_elsewhere(panel, others) if others else names


def undrawn_words(panel: Panel, counties: pd.DataFrame, shapes: pd.DataFrame) -> str:
    """Say which counties of the list have no outline, and which outlines are not in the list."""
    listed, drawn = set(counties["county_fips"]), set(shapes["county_fips"])
    text = ""
    if listed - drawn:
        names = counties.set_index("county_fips")["county"]
        lacking = [str(names[code]) for code in sorted(listed - drawn)]
        text += (
            f" The map's list of counties has no outline for {say.join_words(lacking)} "
            f"({say.pluralise(len(lacking), 'county')})."
        )
    if drawn - listed:
        extra = list(_names_elsewhere(panel, sorted(drawn - listed)).values())
        text += f" Hatched for want of a row in the county list: {say.join_words(extra)}."
    return text


def _names_elsewhere(panel: Panel, codes: Sequence[str]) -> dict[str, str]:
    """Names of county codes that the county list of the release does not have."""
    known = load_vintages().names if panel.release != "demo" else {}
    return {code: known.get(code, f"County {code}").rsplit(", ", 1)[0] for code in codes}


def state_shapes(panel: Panel, state_fips: str, year: int | None = None) -> pd.DataFrame:
    """Outlines of the counties of one state, in the list of a year or in the base list.

    The plane of the release has its middle meridian far from most states, so that a state alone
    would lean. In a conic projection another middle meridian turns the plane and does nothing
    else: turning a state until north is up at its middle is the projection centred on it.
    Alaska and Hawaii have projections of their own, and fictional states no north.
    """
    every = panel.boundaries_of(panel.build["base_list"] if year is None else year)
    shapes = every[every["state_fips"] == state_fips].reset_index(drop=True)
    if panel.release == "demo" or state_fips in INSETS or shapes.empty:
        return shapes
    west, south, east, north = shapely.total_bounds(shapes["geometry"].to_numpy())
    middle = np.array([(west + east) / 2, (south + north) / 2])
    right, up = _north(middle)
    turn = np.array([[up, right], [-right, up]])
    turned = shapely.transform(
        shapes["geometry"].to_numpy(), lambda points: (points - middle) @ turn + middle
    )
    return shapes.assign(geometry=turned)


def _north(place: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Direction of north at a place of the plane, of length 1."""
    to_plane = Transformer.from_crs("EPSG:4269", LOWER_48.projection, always_xy=True)
    east, north = (float(one) * _METRES for one in place)
    longitude, latitude = to_plane.transform(east, north, direction="INVERSE")
    further = np.array(to_plane.transform(longitude, latitude + _STEP_DEGREES))
    step: npt.NDArray[np.float64] = further - np.array([east, north])
    return np.asarray(step / np.linalg.norm(step))


def plot_map_years(
    boundaries: Mapping[str, pd.DataFrame],
    values: Mapping[str, pd.Series],
    *,
    legend_title: str,
    labels: Mapping[str, str] | None = None,
    colours: Mapping[str, str] = style.STATUS_COLOURS,
    breaks: Sequence[float] | None = None,
    missing_label: str = "Not known",
) -> CountyMap:
    """Draw one small map per year, all in the same colours and with the same breaks.

    Outlines and values are by year, as written above its map, the outlines those of the county
    list of the year. Values are statuses where there are labels, else numbers, in quantiles of
    all years unless there are breaks; a county without a value is missing.
    """
    if not boundaries or list(boundaries) != list(values):
        given = f"Maps of {list(boundaries)} and values of {list(values)}"
        raise UsageError(f"{given}: give the same years, one or more.")
    aligned = {
        year: values[year].reindex(shapes["county_fips"].to_numpy())
        for year, shapes in boundaries.items()
    }
    every = pd.concat(list(aligned.values()), ignore_index=True)
    if labels is None:
        classes, codes = number_classes(every, breaks)
    else:
        classes, codes = status_classes(every, labels, colours)
    ends = np.cumsum([len(one) for one in aligned.values()])[:-1]
    by_year = dict(zip(aligned, np.split(codes, ends), strict=True))
    table = with_counts(classes, by_year, missing_label)
    title = f"{legend_title} (number of counties in {join_words(list(by_year))})"
    legend = counted_legend(table[table[list(by_year)].any(axis=1)], title)
    return CountyMap(_draw(boundaries, by_year, classes["colour"].tolist()), legend, table)


def _draw(
    boundaries: Mapping[str, pd.DataFrame], codes: Mapping[str, np.ndarray], colours: list[str]
) -> Figure:
    style.use_house_style()
    dense = max(map(len, boundaries.values())) >= DENSE
    columns = min(MOST_COLUMNS_DENSE if dense else MOST_COLUMNS, len(boundaries))
    rows = -(-len(boundaries) // columns)
    every = np.concatenate([one["geometry"].to_numpy() for one in boundaries.values()])
    west, south, east, north = shapely.total_bounds(every)
    pad = 0.02 * max(east - west, north - south)
    width = style.WIDTH_INCHES / columns
    shape = (north - south + 2 * pad) / (east - west + 2 * pad)
    height = min(width * shape, _TALLEST_INCHES) + _TITLE_INCHES
    figure = Figure(figsize=(style.WIDTH_INCHES, rows * height))
    figure.set_layout_engine("none")
    for at, (year, shapes) in enumerate(boundaries.items()):
        row, column = divmod(at, columns)
        left, bottom = column / columns, 1 - (row + 1) / rows
        filled = (height - _TITLE_INCHES) / height / rows
        axes = figure.add_axes((left, bottom, 1 / columns, filled))
        draw_counties(axes, shapes, codes[year], colours, line=0.05 if dense else 0.3)
        axes.set_axis_off()
        axes.set_xlim(west - pad, east + pad)
        axes.set_ylim(south - pad, north + pad)
        figure.text(left + 0.02, bottom + filled, year, va="bottom", color=style.INK, size=13)
    return figure
