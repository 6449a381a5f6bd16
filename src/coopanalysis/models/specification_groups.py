"""Groups of least-squares specifications that share rows, effects, weights and clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

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
from coopanalysis.models.row_selection import choose_rows
from coopanalysis.models.sample import used_columns
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import columns_of, only_variable, parse_term


@dataclass(frozen=True)
class GroupFits:
    """Fits of a group, the standard error of each, (d, s), and degrees of freedom, (s,)."""

    fits: ManyFits
    error: Floats
    df: Floats


@dataclass
class Group:
    """Specifications over one set of rows, and where they stand in the list that was asked for.

    `packed` has a bit for each row of the frame that is used; `rows`, once prepared, their numbers.
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
        names = dict.fromkeys(name for spec in self.specs for name in used_columns(spec))
        kept = frame[list(names)].iloc[self.rows]
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
        blocks = {} if effects else {"intercept": np.ones((len(kept), 1))}
        for spec in self.specs:
            for key, term in _parts(spec).items():
                if key not in blocks:
                    blocks[key] = _block(term, kept)
        ends = np.cumsum([block.shape[1] for block in blocks.values()]).tolist()
        places = zip(blocks.items(), ends, strict=True)
        self._positions = {key: range(end - each.shape[1], end) for (key, each), end in places}
        self._pool = Pool(np.column_stack([*blocks.values()]), effects, weights, clusters)
        self._crossing = 0
        if effects and clusters is not None:
            self._crossing = 1 + sum(
                int(code.max()) for code in effects if not is_nested(code, clusters)
            )
        self._selections = [self._select(spec) for spec in self.specs]

    def _select(self, spec: ModelSpec) -> Selection:
        outcome, treatment, *controls = (self._positions[key] for key in _parts(spec))
        others = chain(self._positions.get("intercept", []), *controls)
        return Selection(outcome[0], treatment[0], tuple(others))

    @property
    def treatments(self) -> tuple[str, ...]:
        """Distinct treatments."""
        return tuple(dict.fromkeys(spec.treatment for spec in self.specs))

    @cached_property
    def fitted(self) -> GroupFits:
        """All specifications, in one draw."""
        return self._with_errors(self._pool.fit(self._selections))

    def fit_permuted(self, values: Floats, orders: NDArray[np.int32]) -> GroupFits:
        """Fit all with treatments permuted, once per draw.

        `values`, (rows of the frame, k), are those of `treatments`; `orders`, (d, rows of the
        frame), holds the row whose treatments each row is given.
        """
        places = [self._positions[f"treatment {name}"][0] for name in self.treatments]
        dealt = orders.T[self.rows].T
        return self._with_errors(self._pool.fit_permuted(self._selections, places, values, dealt))

    def _with_errors(self, fits: ManyFits) -> GroupFits:
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
            return GroupFits(fits, np.sqrt(fits.variance * factor), df)

    def table(self) -> tuple[pd.DataFrame, Bools]:
        """Result rows of all, and which of them are singular and mean nothing."""
        fits, error, df = self.fitted.fits, self.fitted.error[0], self.fitted.df
        names = [spec.treatment for spec in self.specs]
        table = inference_table(
            names, fits.estimate[0], error, df, n_obs=len(self.rows), n_clusters=self.n_clusters
        )
        used = fits.n_columns + (self._crossing or self._pool.n_effects)
        flat = ~np.isfinite(error) | (error <= 0) | (len(self.rows) <= used)
        return table, fits.is_singular[0] | flat


def _parts(spec: ModelSpec) -> dict[str, str]:
    """Terms of a specification by their part in it: outcome, treatment, controls."""
    controls = {f"control {name}": name for name in spec.controls}
    return {
        f"outcome {spec.outcome}": spec.outcome,
        f"treatment {spec.treatment}": spec.treatment,
        **controls,
    }


def _block(term: str, kept: pd.DataFrame) -> Floats:
    """Columns of the design that a term stands for."""
    columns = read_columns(kept, [term])
    values = [each.values(columns, len(kept)) for each in term_columns(term, columns)]
    return np.column_stack(values) if values else np.empty((len(kept), 0))


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
    groups: dict[tuple[object, ...], Group] = {}
    alone: list[int] = []
    rows = _Rows(frame)
    for position, spec in enumerate(specs):
        packed = rows.of(spec)
        if packed is None:
            alone.append(position)
            continue
        key = (packed, spec.fixed_effects, spec.weights, spec.cluster, spec.vcov)
        group = groups.setdefault(key, Group([], [], packed))
        group.positions.append(position)
        group.specs.append(spec)
    return list(groups.values()), alone


class _Rows:
    """Which rows a specification uses, found once per set of columns with missing values."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        traits = {str(name): _traits(frame[name]) for name in frame.columns}
        self._columns = set(traits)
        self._having = {
            trait: {name for name, own in traits.items() if trait in own}
            for trait in ("gaps", "number", "infinite", "not positive", "unreadable")
        }
        self._known: dict[tuple[object, ...], bytes | None] = {}

    def of(self, spec: ModelSpec) -> bytes | None:
        """Rows of a specification, a bit each; None if only `fit` can answer it."""
        names = used_columns(spec)
        if spec.family != "ols" or spec.vcov not in ("HC1", "CR1"):
            return None
        if not self._are_plain(spec, names):
            return None
        key = (frozenset(names) & self._having["gaps"], spec.sample, spec.weights, spec.cluster)
        if key not in self._known:
            self._known[key] = self._find(spec, names)
        return self._known[key]

    def _are_plain(self, spec: ModelSpec, names: list[str]) -> bool:
        """Whether all terms are numbers where they have to be, and none is a product."""
        having = self._having
        if not self._columns.issuperset(names) or not having["infinite"].isdisjoint(names):
            return False
        if not SHARED_BY.keys().isdisjoint(names):
            return False
        terms = [parse_term(text) for text in (spec.outcome, spec.treatment, *spec.controls)]
        variables = [variable for term in terms for variable in term]
        if len(variables) > len(terms) or variables[1].function == "C":
            return False
        numbers = [v.column for v in variables[:2]] + ([spec.weights] if spec.weights else [])
        numbers += [v.column for v in variables if v.function not in ("", "C")]
        logarithms = [v.column for v in variables if v.is_logarithm]
        read = [v.column for v in variables if v.function != "C"]
        return (
            having["number"].issuperset(numbers)
            and having["not positive"].isdisjoint(logarithms)
            and having["unreadable"].isdisjoint(read)
        )

    def _find(self, spec: ModelSpec, names: list[str]) -> bytes | None:
        try:
            kept = choose_rows(spec, self._frame, names).kept
        except ModelError:
            return None
        if spec.cluster is not None and kept[spec.cluster].nunique() < 2:
            return None
        mask = np.zeros(len(self._frame), dtype=bool)
        mask[kept.index] = True
        return np.packbits(mask).tobytes()


def _traits(column: pd.Series) -> set[str]:
    """What of a column decides who can fit it: `gaps`, `number`, `infinite` and so on."""
    traits = {"gaps"} if column.isna().any() else set()
    if not is_number(column):
        return traits if is_text(column.infer_objects()) else traits | {"unreadable"}
    values = column.to_numpy(dtype=float, na_value=np.nan)
    flags = {
        "number": True,
        "infinite": np.isinf(values).any(),
        "not positive": (values <= 0).any(),
    }
    return traits | {name for name, holds in flags.items() if holds}
