"""Which practices go together: a square of shares."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from coopanalysis.display.figures.bars import readable_on
from coopanalysis.display.figures.style import ACCENT, INK, clear_spines, new_figure, wrap_label
from coopanalysis.errors import UsageError

SHARE_RAMP = mpl.colors.LinearSegmentedColormap.from_list("shares", ["#f4f6f7", ACCENT, "#0b2f40"])


def cooccurrence(frame: pd.DataFrame, practices: Mapping[str, str]) -> pd.DataFrame:
    """Share of the counties with one practice that have another.

    Parameters
    ----------
    frame : DataFrame
        One 0/1 column per practice; rows with a missing practice are left out.
    practices : mapping of str to str
        Column and name of each practice.

    Returns
    -------
    DataFrame, one row per ordered pair of practices
        `given, other, counties_count` (with `given`), `share` (of these, with `other`); the
        share is missing where no county has `given`.
    """
    known = frame[list(practices)].dropna().astype("float64")
    both = known.T @ known
    having = known.sum()
    share = both.div(having.where(having > 0), axis=0)
    rows = [
        (practices[given], practices[other], int(having[given]), share.loc[given, other])
        for given in practices
        for other in practices
    ]
    return pd.DataFrame(rows, columns=["given", "other", "counties_count", "share"])


def plot_cooccurrence(pairs: pd.DataFrame) -> Figure:
    """Draw `cooccurrence` as a square: rows are given, columns are the other practice.

    Columns carry the numbers of the rows, so that no label has to be turned.

    Raises
    ------
    UsageError
        If a pair is missing.
    """
    order = list(dict.fromkeys(pairs["given"]))
    if len(pairs) != len(order) ** 2 or pairs.duplicated(["given", "other"]).any():
        raise UsageError(f"{len(pairs)} pairs do not fill a square of {len(order)} practices.")
    placed = pairs.set_index(["given", "other"])["share"]
    values = np.array([[placed[given, other] for other in order] for given in order], "float64")
    figure, axes = new_figure(0.9 + 0.56 * len(order))
    axes.imshow(np.ma.masked_invalid(values), cmap=SHARE_RAMP, vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(values.shape):
        share = values[row, column]
        text = "–" if np.isnan(share) else f"{100 * share:.0f}"
        face = "#ffffff" if np.isnan(share) else mpl.colors.to_hex(SHARE_RAMP(share))
        axes.text(column, row, text, ha="center", va="center", color=readable_on(face))
    axes.set_yticks(range(len(order)), [f"{wrap_label(n)}  {i}" for i, n in enumerate(order, 1)])
    axes.set_xticks(range(len(order)), [str(i) for i in range(1, len(order) + 1)])
    axes.xaxis.tick_top()
    axes.tick_params(labelcolor=INK)
    axes.grid(visible=False)
    clear_spines(axes)
    return figure
