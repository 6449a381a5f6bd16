"""Briefs: the map of one state, its counties outlined, the notable ones named."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from coopanalysis.briefs.places import Brief, agreement_status, latest_day, source_of_latest
from coopanalysis.display import sentences as say
from coopanalysis.display.county_maps import county_names, state_shapes, undrawn_words
from coopanalysis.display.figures import show_chart
from coopanalysis.display.figures.style import PAPER, STATUS_LABELS
from coopanalysis.display.html import Output
from coopanalysis.display.maps import plot_county_map
from coopanalysis.display.page import note

MOST_LABELS = 7
LABEL_POINTS = 12.5
_KIND_OF_COUNTY = re.compile(
    " (?:County|Parish|Census Area|City and Borough|Borough|Municipality)$"
)


def show_map(brief: Brief) -> Output:
    """Map of a state by the model of the county agreement, the largest counties named."""
    panel = brief.panel
    shapes = state_shapes(panel, brief.state_fips)
    counties = panel.county[panel.county["state_fips"] == brief.state_fips]
    if len(counties) < 2:
        return note(f"{brief.opening} counts as one county, so there is no map to draw.")
    status = agreement_status(counties)
    drawn = plot_county_map(
        shapes, status, "status", legend_title="County agreement, furthest-reaching model"
    )
    axes = drawn.figure.axes[0]
    for drawing in axes.collections:  # a state has room for wider lines between counties
        drawing.set_linewidth(0.9 if isinstance(drawing, PathCollection) else 1.3)
    codes = counties.sort_values("population_count", ascending=False)["county_fips"].tolist()
    labelled = _write_names(drawn.figure, axes, shapes, county_names(panel), codes)
    day = latest_day(panel)
    reading = _reading(brief, status)
    named = f"; named {'is' if len(labelled) == 1 else 'are'} {say.join_words(labelled)}"
    return show_chart(
        drawn.figure,
        say.upper_first(reading),
        finding=f"On {day}, {reading}.",
        subtitle=f"Counties of {brief.state_words}; agreements of county agencies in force, by the "
        "furthest-reaching model (task force, then jail enforcement, then warrant service)",
        chart="County map",
        x=f"the counties of {brief.state_words}",
        y="model of the agreement, or none; counties not known are hatched"
        + (named if labelled else ""),
        note="Agreements of municipal agencies and of the state are not on the map."
        + " Named are the counties with most residents, as far as there is room." * bool(labelled)
        + undrawn_words(panel, counties, shapes),
        source=source_of_latest(panel, "topojson"),
        data=counties[["county_fips", "county"]].assign(status=[*status.map(STATUS_LABELS)]),
        legend=drawn.legend,
        wide=True,
    )


def _reading(brief: Brief, status: pd.Series) -> str:
    counts = status.value_counts()
    models = ("task-force", "jail-enforcement", "warrant-service")
    listed = [
        f"{STATUS_LABELS[one].lower()} in {say.format_count(counts[one])}"
        for one in models
        if one in counts
    ]
    having = int(status.isin(models).sum())
    known = int(status.notna().sum())
    share = f"{say.describe_share(having, known)} of {brief.state_words} have"
    if having == known:
        share = f"all {say.pluralise(known, 'county')} of {brief.state_words} have"
    if not having:
        share = f"none of the {say.pluralise(known, 'county')} of {brief.state_words} has"
    text = f"{share} a county agreement"
    if len(listed) == 1 and (status == status.iloc[0]).all():
        text += f": {STATUS_LABELS[status.iloc[0]].lower()} in each"
    elif listed:
        text += f": {say.join_words(listed)}"
    return text


def _write_names(
    figure: Figure, axes: Axes, shapes: pd.DataFrame, names: dict[str, str], codes: list[str]
) -> list[str]:
    """Name counties in the order given while there is room; return the names written."""
    places = shapes.drop_duplicates("county_fips").set_index("county_fips")["geometry"]
    halo = [withStroke(linewidth=3.2, foreground=PAPER)]
    taken: list[np.ndarray] = []
    written: list[str] = []
    frame = axes.get_window_extent()
    for code in codes:
        if len(written) == MOST_LABELS:
            break
        if code not in places.index or places[code].is_empty:
            continue
        at = shapely.point_on_surface(places[code])
        name = _KIND_OF_COUNTY.sub("", names[code])
        text = axes.text(
            at.x, at.y, name, ha="center", va="center", size=LABEL_POINTS, path_effects=halo
        )
        box = text.get_window_extent().expanded(1.08, 1.25)
        corners = np.array([box.x0, box.y0, box.x1, box.y1])
        shift = max(frame.x0 - box.x0, 0.0) - max(box.x1 - frame.x1, 0.0)
        if shift:
            moved = axes.transData.transform((at.x, at.y)) + np.array([shift, 0.0])
            x, y = axes.transData.inverted().transform(moved)
            text.set_position((float(x), float(y)))
            corners = corners + np.array([shift, 0.0, shift, 0.0])
        if name in written or any(_overlap(corners, other) for other in taken):
            text.remove()
            continue
        taken.append(corners)
        written.append(name)
    figure.set_layout_engine("none")
    return written


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one[:2] <= other[2:]).all() and (other[:2] <= one[2:]).all())
