"""Who borders whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats
from coopanalysis.models.row_selection import check_columns

_COLUMNS = 500
"""Columns of an inverse that are held at once."""


@dataclass(frozen=True)
class Neighbours:
    """Contiguity of n places, whose `ids` are unique.

    `matrix`, (n, n), sparse and symmetric, has 1 where two places border each other; `weights` are
    row-standardized: each neighbour counts alike.
    """

    ids: pd.Index
    matrix: Any

    def __post_init__(self) -> None:
        if not self.ids.is_unique:
            raise ModelError(f"{int(self.ids.duplicated().sum())} ids of places repeat.")

    @property
    def n_places(self) -> int:
        """Places."""
        return len(self.ids)

    @cached_property
    def degree(self) -> Floats:
        """Neighbours of each place."""
        return np.asarray(self.matrix.sum(axis=1), dtype=float).ravel()

    @property
    def n_islands(self) -> int:
        """Places without a neighbour; their spatial lag is zero."""
        return int((self.degree == 0).sum())

    @cached_property
    def weights(self) -> Any:
        """Row-standardized weights, sparse."""
        return sparse.csr_array(sparse.diags_array(1 / np.maximum(self.degree, 1)) @ self.matrix)

    def subset(self, ids: pd.Index) -> Neighbours:
        """Return the neighbours among some places, in the order of `ids`; each has to be known."""
        if ids.equals(self.ids):
            return self
        position = self.ids.get_indexer(ids)
        unknown = ids[position < 0]
        if len(unknown):
            raise ModelError(
                f"{len(unknown)} places have no known borders (first: {unknown[0]!r}). Leave them "
                "out, or build the neighbours from a map that has them."
            )
        return Neighbours(ids, sparse.csr_array(self.matrix[position][:, position]))

    @cached_property
    def eigenvalues(self) -> Floats:
        """Eigenvalues of the weights, -1 to 1, smallest first; a second for 3,000 places, once."""
        root = sparse.diags_array(1 / np.sqrt(np.maximum(self.degree, 1)))
        symmetric = sparse.csr_array(root @ self.matrix @ root)
        # What is not connected is a matrix of its own; the time grows with the cube of its size.
        part = connected_components(symmetric, directed=False)[1]
        inside = np.split(np.argsort(part, kind="stable"), np.cumsum(np.bincount(part))[:-1])
        values = [np.linalg.eigvalsh(symmetric[rows][:, rows].toarray()) for rows in inside]
        return np.asarray(np.clip(np.sort(np.concatenate(values)), -1.0, 1.0))

    def traces(self, rho: float) -> tuple[float, float, float]:
        """Traces of G, G G and G'G with G = W (I - rho W) inverse, W being the weights."""
        ratio = self.eigenvalues / (1 - rho * self.eigenvalues)
        whole = sparse.eye_array(self.n_places, format="csc")
        solve = splu(sparse.csc_array(whole - rho * self.weights)).solve
        starts = range(0, self.n_places, _COLUMNS)
        blocks = (whole[:, start : start + _COLUMNS].toarray() for start in starts)
        squares = sum(float(((self.weights @ solve(block)) ** 2).sum()) for block in blocks)
        return float(ratio.sum()), float(ratio @ ratio), squares


def find_neighbours(
    geometry: Sequence[Any], ids: Sequence[object], kind: Literal["queen", "rook"] = "queen"
) -> Neighbours:
    """Contiguity of polygons that share corners exactly, as those of a topology do.

    Parameters
    ----------
    geometry, ids : sequence
        Shapely polygon or multipolygon, and name, of each place.
    kind : {"queen", "rook"}
        One common point, or a common edge.
    """
    if len(geometry) != len(ids):
        raise ModelError(f"{len(geometry)} polygons and {len(ids)} ids.")
    shapes = np.asarray(list(geometry), dtype=object)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    code = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    if kind == "rook":
        rings = np.flatnonzero(owner[1:] == owner[:-1])
        edges = np.sort(np.column_stack([code[rings], code[rings + 1]]), axis=1)
        edges, owner = (
            edges[edges[:, 0] != edges[:, 1]],
            owner[rings][code[rings] != code[rings + 1]],
        )
        code = np.unique(edges, axis=0, return_inverse=True)[1].ravel()
    shape = (len(ids), int(code.max()) + 1)
    incidence = sparse.csr_array((np.ones(len(code)), (owner, code)), shape=shape)
    touching = sparse.coo_array(incidence @ incidence.T)
    off = touching.row != touching.col
    if not off.any():
        raise ModelError("no two places share a corner: their borders were drawn apart.")
    ones = np.ones(int(off.sum()))
    matrix = sparse.csr_array((ones, (touching.row[off], touching.col[off])), shape=touching.shape)
    return Neighbours(pd.Index(list(ids)), matrix)


def border_pairs(
    frame: pd.DataFrame, neighbours: Neighbours, *, place: str, group: str
) -> pd.DataFrame:
    """Rows of neighbouring places on two sides of a border, one row per place and pair.

    Parameters
    ----------
    frame, neighbours : DataFrame, Neighbours
        One row per place, with any columns, and who borders whom.
    place, group : str
        Columns with the id of the place and with what the border divides, the state for example.

    Returns
    -------
    DataFrame
        The frame's columns and `pair` ("id|id"), for `fixed_effects=("pair",)`. A place with
        several neighbours across the border stands in it as often, and a state in several pairs:
        errors that know of it are `dyadic_errors`.
    """
    check_columns(frame, [place, group])
    unknown = int(frame[group].isna().sum())
    if unknown:
        raise ModelError(
            f"{group!r} is missing for {unknown} places, so that it cannot be told which borders "
            "they are on. Leave them out first."
        )
    if frame[place].duplicated().any():
        raise ModelError(f"{int(frame[place].duplicated().sum())} places in {place!r} repeat.")
    near = neighbours.subset(pd.Index(frame[place]))
    both = sparse.coo_array(sparse.triu(near.matrix))
    groups = frame[group].to_numpy()
    crossing = groups[both.row] != groups[both.col]
    left, right = both.row[crossing], both.col[crossing]
    if not len(left):
        raise ModelError(f"no two neighbours differ in {group!r}.")
    names = frame[place].astype(str).to_numpy()
    pair = [f"{names[a]}|{names[b]}" for a, b in zip(left, right, strict=True)]
    stacked = frame.iloc[np.concatenate([left, right])].reset_index(drop=True)
    return stacked.assign(pair=pair * 2).sort_values("pair", kind="stable", ignore_index=True)
