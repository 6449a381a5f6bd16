"""Groups of least-squares specifications that share rows, effects, weights and clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coopanalysis.catalog.tables import SHARED_BY
from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Bools, Floats
from coopanalysis.models.design import is_number, is_text, read_columns, term_columns
from coopanalysis.models.inference import inference_table
from coopanalysis.models.linear.absorb import is_nested
from coopanalysis.models.linear.covariance import cr1_factor
from coopanalysis.models.linear.many import ManyFits, Pool, Selection
from coopanalysis.models.row_selection import read_rule
from coopanalysis.models.sample import used_columns
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import columns_of, only_variable, parse_term

Key = tuple[int, tuple[str, ...], str | None, str | None, str]


@dataclass
class Group:
    """Specifications over one set of rows, and where they stand in the list that was asked for.

    `packed` tells which rows of the frame are used, a bit each; `rows`, once prepared, has their
    numbers, sorted by cluster.
    """

    positions: list[int]
    specs: list[ModelSpec]
    packed: bytes

    def mask(self, n_rows: int) -> Bools:
        """Whether each of the frame's rows is used."""
        bits = np.frombuffer(self.packed, dtype=np.uint8)
        return np.unpackbits(bits, count=n_rows).astype(bool)

    def prepare(self, frame: pd.DataFrame) -> None:
        """Read the columns of all specifications and take the effects out, once."""
        first = self.specs[0]
        self.rows = np.flatnonzero(self.mask(len(frame)))
        kept = frame.iloc[self.rows]
        clusters = None
        if first.cluster is not None:
            codes = pd.factorize(kept[first.cluster])[0].astype(np.int64)
            order = np.argsort(codes, kind="stable")
            self.rows, kept, clusters = self.rows[order], kept.iloc[order], codes[order]
        effects = [
            pd.factorize(kept[name])[0].astype(np.int64) for name in columns_of(first.fixed_effects)
        ]
        self.n_clusters = None if clusters is None else int(clusters.max()) + 1
        weights = kept[first.weights].to_numpy(dtype=float) if first.weights else None
        self._positions: dict[str, list[int]] = {}
        blocks: list[Floats] = []
        if not effects:
            self._add("intercept", np.ones((len(kept), 1)), blocks)
        for spec in self.specs:
            self._add_column(f"outcome {spec.outcome}", spec.outcome, kept, blocks)
            self._add_column(f"treatment {spec.treatment}", spec.treatment, kept, blocks)
            for name in spec.controls:
                self._add_column(f"control {name}", name, kept, blocks)
        self._pool = Pool(np.column_stack(blocks), effects, weights, clusters)
        self._crossing = 0
        if effects and clusters is not None:
            self._crossing = 1 + sum(
                int(code.max()) for code in effects if not is_nested(code, clusters)
            )
        self._selections = [self._select(spec) for spec in self.specs]

    def _add_column(self, key: str, term: str, kept: pd.DataFrame, blocks: list[Floats]) -> None:
        if key in self._positions:
            return
        columns = read_columns(kept, [term])
        values = [each.values(columns, len(kept)) for each in term_columns(term, columns)]
        self._add(key, np.column_stack(values) if values else np.empty((len(kept), 0)), blocks)

    def _add(self, key: str, block: Floats, blocks: list[Floats]) -> None:
        start = sum(each.shape[1] for each in blocks)
        self._positions[key] = list(range(start, start + block.shape[1]))
        blocks.append(block)

    def _select(self, spec: ModelSpec) -> Selection:
        others = list(self._positions.get("intercept", []))
        for name in spec.controls:
            others += self._positions[f"control {name}"]
        return Selection(
            self._positions[f"outcome {spec.outcome}"][0],
            self._positions[f"treatment {spec.treatment}"][0],
            tuple(others),
        )

    @property
    def treatments(self) -> list[str]:
        """Distinct treatments."""
        return list(dict.fromkeys(spec.treatment for spec in self.specs))

    def fit(self) -> tuple[ManyFits, Floats, Floats]:
        """Fit all, in one draw; with the standard error of each and its degrees of freedom."""
        return self._with_errors(self._pool.fit(self._selections))

    def fit_permuted(
        self, frame: pd.DataFrame, orders: NDArray[np.int32]
    ) -> tuple[ManyFits, Floats, Floats]:
        """Fit all with treatments permuted, once per draw; with what `fit` gives beside.

        `orders`, (d, rows of the frame), holds the row whose treatments each row is given.
        """
        places = [self._positions[f"treatment {name}"][0] for name in self.treatments]
        values = treatment_values(frame, self.treatments)
        return self._with_errors(
            self._pool.fit_permuted(self._selections, places, values, orders[:, self.rows])
        )

    def _with_errors(self, fits: ManyFits) -> tuple[ManyFits, Floats, Floats]:
        n = len(self.rows)
        params = fits.n_columns + (self._crossing or self._pool.n_effects)
        free = np.maximum(n - params, 1)
        if self.n_clusters is None:
            factor, df = n / free, free.astype(float)
        else:
            factor = cr1_factor(n, self.n_clusters, 0) * n / free
            df = np.full(len(params), self.n_clusters - 1.0)
            # As many columns as clusters: whether errors are zero by construction, `fit` tells.
            factor = np.where(params < self.n_clusters, factor, np.nan)
        with np.errstate(invalid="ignore"):
            return fits, np.sqrt(fits.variance * factor), df

    def table(self) -> tuple[pd.DataFrame, Bools]:
        """Result rows of all, and which of them are singular and mean nothing."""
        fits, errors, df = self.fit()
        error = errors[0]
        names = [spec.treatment for spec in self.specs]
        table = inference_table(
            names, fits.estimate[0], error, df, n_obs=len(self.rows), n_clusters=self.n_clusters
        )
        used = fits.n_columns + (self._crossing or self._pool.n_effects)
        flat = ~np.isfinite(error) | (error <= 0) | (len(self.rows) <= used)
        return table, fits.is_singular[0] | flat


def treatment_values(frame: pd.DataFrame, treatments: Sequence[str]) -> Floats:
    """Numeric treatments of all rows, a column each; missing values stay missing."""
    variables = [only_variable(text) for text in treatments]
    values = frame[[v.column for v in variables]].to_numpy(dtype=float, na_value=np.nan)
    return np.column_stack([v.apply(values[:, k]) for k, v in enumerate(variables)])


def group_specifications(
    specs: Sequence[ModelSpec], frame: pd.DataFrame
) -> tuple[list[Group], list[int]]:
    """Groups that share cross products, and positions of specifications that stand alone.

    The groups are not prepared: each would hold all its columns, where a curve needs one at a time.
    """
    groups: dict[Key, Group] = {}
    alone: list[int] = []
    columns = _Columns(frame)
    for position, spec in enumerate(specs):
        number = columns.rows_of(spec)
        if number is None:
            alone.append(position)
            continue
        key = (number, spec.fixed_effects, spec.weights, spec.cluster, spec.vcov)
        if key not in groups:
            groups[key] = Group([], [], columns.masks[number])
        groups[key].positions.append(position)
        groups[key].specs.append(spec)
    return list(groups.values()), alone


class _Columns:
    """Which rows a specification uses, found once per set of columns with missing values."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self.masks: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._known: dict[tuple[object, ...], int | None] = {}
        self._present: dict[str, Bools] = {}
        self._gaps: set[str] = set()
        self._numeric: set[str] = set()
        self._infinite: set[str] = set()
        self._not_positive: set[str] = set()
        self._unreadable: set[str] = set()
        for name in frame.columns:
            self._read(str(name), frame[name])

    def _read(self, name: str, column: pd.Series) -> None:
        if is_number(column):
            self._numeric.add(name)
            values = column.to_numpy(dtype=float, na_value=np.nan)
            present = ~np.isnan(values)
            if np.isinf(values).any():
                self._infinite.add(name)
            if (values <= 0).any():
                self._not_positive.add(name)
        else:
            present = column.notna().to_numpy()
            if not is_text(column.infer_objects()):
                self._unreadable.add(name)
        self._present[name] = present
        if not present.all():
            self._gaps.add(name)

    def rows_of(self, spec: ModelSpec) -> int | None:
        """Number of the mask of a specification; None if only `fit` can answer it."""
        names = used_columns(spec)
        if spec.family != "ols" or spec.vcov not in ("HC1", "CR1"):
            return None
        if not self._are_plain(spec, names):
            return None
        key = (frozenset(names) & self._gaps, spec.sample, spec.weights, spec.cluster)
        if key not in self._known:
            self._known[key] = self._number(self._find(spec, key[0]))
        return self._known[key]

    def _are_plain(self, spec: ModelSpec, names: list[str]) -> bool:
        """Whether all terms are numbers where they have to be, and none is a product."""
        if not self._present.keys() >= set(names) or not self._infinite.isdisjoint(names):
            return False
        if not SHARED_BY.keys().isdisjoint(names):
            return False
        terms = [parse_term(text) for text in (spec.outcome, spec.treatment, *spec.controls)]
        variables = [variable for term in terms for variable in term]
        if len(variables) > len(terms) or variables[1].function == "C":
            return False
        if any(v.is_logarithm and v.column in self._not_positive for v in variables):
            return False
        numeric = {
            v.column for k, v in enumerate(variables) if k < 2 or v.function not in ("", "C")
        }
        numeric |= {spec.weights} if spec.weights else set()
        unread = {v.column for v in variables if v.function != "C"} & self._unreadable
        return self._numeric >= numeric and not unread

    def _number(self, mask: Bools | None) -> int | None:
        if mask is None:
            return None
        packed = np.packbits(mask).tobytes()
        if packed not in self._numbers:
            self._numbers[packed] = len(self.masks)
            self.masks.append(packed)
        return self._numbers[packed]

    def _find(self, spec: ModelSpec, gaps: frozenset[str]) -> Bools | None:
        mask = np.ones(len(self._frame), dtype=bool)
        for name in gaps:
            mask &= self._present[name]
        if spec.sample is not None:
            try:
                chosen = read_rule(spec.sample, self._frame)
            except ModelError:
                return None
            mask &= chosen.fillna(False).to_numpy(dtype=bool)
        if spec.weights is not None:
            weights = self._frame[spec.weights].to_numpy(dtype=float, na_value=np.nan)
            if (weights[mask] < 0).any():
                return None
            mask &= weights > 0
        if not mask.any():
            return None
        if spec.cluster is not None:
            used = pd.factorize(self._frame[spec.cluster])[0][mask]
            if used.min() == used.max():
                return None
        return mask
