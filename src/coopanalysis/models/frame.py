"""The rows a model uses and the reasons for those it does not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coopanalysis.errors import ModelError
from coopanalysis.models.design import (
    Columns,
    Factor,
    Term,
    check_distinct,
    read_column,
    read_columns,
    term_columns,
)
from coopanalysis.models.linear.absorb import is_nested
from coopanalysis.models.roles import (
    check_numeric,
    check_sizes,
    note_few_treated,
    read_clusters,
    read_offset,
    read_outcome,
    read_weights,
)
from coopanalysis.models.rule import ask
from coopanalysis.models.shared import area_columns, check_shared
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import Variable, bare_name, columns_of, only_variable, parse_term

ABSORBING = ("ols", "poisson")
"""Families that take fixed effects out instead of adding indicator columns."""


@dataclass(frozen=True)
class Sample:
    """Complete cases of one model, as arrays; all have the same length `n`.

    Attributes
    ----------
    rows : Index
        Labels of the rows used, in the caller's frame.
    outcome : array, shape (n,)
        Outcome; for `ordered_logit` the position of the level.
    outcome_levels : tuple
        Values of the levels of an ordered outcome, lowest first; empty otherwise.
    columns : mapping
        Right-hand columns by name.
    terms : tuple of Term
        Columns of the design, intercept first if there is one.
    weights : array or None
        Weights.
    offset : array, shape (n,)
        Log of exposure, or zeros.
    clusters : array of int or None
        Cluster of each row, 0 to G - 1.
    cluster_levels : tuple
        Value of each cluster.
    effects : mapping of str to Factor
        Fixed effects.
    coordinates : array, shape (n, 2), or None
        Latitude and longitude in degrees.
    n_missing : mapping of str to int
        Missing values by column in the sample asked for.
    unused : mapping of str to Index
        Labels of the rows of the frame that are not used, each once, by reason.
    notes : tuple of str
        What was dropped and why.
    """

    rows: pd.Index
    outcome: NDArray[np.float64]
    outcome_levels: tuple[object, ...]
    columns: Columns
    terms: tuple[Term, ...]
    weights: NDArray[np.float64] | None
    offset: NDArray[np.float64]
    clusters: NDArray[np.int64] | None
    cluster_levels: tuple[object, ...]
    effects: Mapping[str, Factor]
    coordinates: NDArray[np.float64] | None
    n_missing: Mapping[str, int]
    unused: Mapping[str, pd.Index]
    notes: tuple[str, ...]

    @property
    def n_rows(self) -> int:
        """Rows used."""
        return len(self.outcome)

    @property
    def left_out(self) -> dict[str, int]:
        """Rows of the frame that are not used, each counted once, by reason."""
        return {reason: len(labels) for reason, labels in self.unused.items()}

    @property
    def n_clusters(self) -> int | None:
        """Clusters among the rows used."""
        return None if self.clusters is None else int(self.clusters.max()) + 1

    @cached_property
    def crossing(self) -> tuple[str, ...]:
        """Fixed effects of which some level lies in several clusters."""
        assert self.clusters is not None
        return tuple(
            name
            for name, factor in self.effects.items()
            if not is_nested(factor.codes, self.clusters)
        )

    def with_notes(self, *notes: str) -> Sample:
        """Return the same sample with further notes."""
        return replace(self, notes=(*self.notes, *notes))


def used_columns(spec: ModelSpec) -> list[str]:
    """Columns a model reads, without repeats, in the order of the spec."""
    names: list[str | None] = [
        *columns_of((spec.outcome, spec.treatment, *spec.controls, *spec.fixed_effects))
    ]
    names += [spec.exposure, spec.weights, spec.cluster, *(spec.coordinates or ())]
    return list(dict.fromkeys(name for name in names if name is not None))


def build_sample(spec: ModelSpec, frame: pd.DataFrame, *, asks_errors: bool = True) -> Sample:
    """Complete cases for a model, with a count of what was left out and why.

    Parameters
    ----------
    spec : ModelSpec
        The question.
    frame : DataFrame
        Any frame that holds the columns named.
    asks_errors : bool
        Whether standard errors are asked for; if not, values that counties share do no harm.

    Returns
    -------
    Sample
        Arrays, design terms and notes; cluster codes are built from the rows used, so that the
        order and the index of `frame` do not matter.

    Raises
    ------
    ModelError
        If columns are not there (the nearest names are given), no complete row is left, values
        are infinite, weights are negative, exposure is not positive, the outcome does not suit
        the family or does not vary, there are fewer than two clusters, or survey estimates that
        counties share are not clustered by.
    """
    names = used_columns(spec)
    check_columns(frame, names)
    if frame.empty:
        raise ModelError("the frame has no rows. Look at the subset that was taken of it.")
    notes: list[str] = []
    unused: dict[str, pd.Index] = {}
    asked = ask(spec.sample, frame, notes, unused)
    suspect = [name for name in names if not _is_complete(asked[name])]
    missing = {name: asked[name].isna().to_numpy() for name in suspect}
    n_missing = {name: int(flags.sum()) for name, flags in missing.items() if flags.any()}
    kept = asked[list(dict.fromkeys([*names, *area_columns(names, asked)]))]
    if n_missing:
        unused |= _first_missing(missing, asked.index)
        kept = kept[~np.logical_or.reduce([missing[name] for name in n_missing])]
        counts = ", ".join(f"{count:,} in {name}" for name, count in n_missing.items())
        notes.append(
            f"{len(asked) - len(kept):,} of {len(asked):,} rows dropped for missing values "
            f"({counts})."
        )
    if kept.empty:
        raise ModelError(
            f"no row has values in all of {', '.join(names)}. {' '.join(notes)} Take another "
            "column, or other rows."
        )
    # Numbers in a column of objects are numbers, not categories.
    if any(pd.api.types.is_object_dtype(kind) for kind in kept.dtypes):
        kept = kept.infer_objects()
    check_numeric(spec, kept)
    for reason, find in (
        ("of weight zero", _find_weighted),
        ("of groups that tell nothing", _find_decided_groups),
    ):
        stays = find(spec, kept, notes)
        if not stays.all():
            unused[reason], kept = kept.index[~stays], kept[stays]
    _check_finite(kept[suspect])
    if asks_errors:
        check_shared([name for name in names if name != spec.cluster], kept, spec.cluster)
    columns, effects = _read_right_side(spec, kept, notes)
    outcome, levels = read_outcome(spec, kept, notes)
    weights = read_weights(spec, kept, notes)
    check_sizes(spec.outcome, outcome, columns, weights)
    clusters, cluster_levels = read_clusters(spec, kept, notes)
    if asks_errors:
        note_few_treated(bare_name(spec.treatment), columns, clusters, notes)
    return Sample(
        rows=kept.index,
        outcome=outcome,
        outcome_levels=levels,
        columns=columns,
        terms=design_terms(spec, columns),
        weights=weights,
        offset=read_offset(spec, kept),
        clusters=clusters,
        cluster_levels=cluster_levels,
        effects=effects,
        coordinates=kept[list(spec.coordinates)].to_numpy(float) if spec.coordinates else None,
        n_missing=n_missing,
        unused=unused,
        notes=tuple(dict.fromkeys(notes)),
    )


def check_columns(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise a `ModelError` naming columns that are not there, or there twice, and the nearest."""
    wanted = list(names)
    absent = [name for name in wanted if name not in frame.columns]
    if not absent:
        repeated = set(frame.columns[frame.columns.duplicated()]) & set(wanted)
        if repeated:
            raise ModelError(
                f"the frame has more than one column {', '.join(sorted(map(repr, repeated)))}. "
                "Rename or drop the others."
            )
        return
    known = [str(name) for name in frame.columns]
    hints = []
    for name in absent:
        near = difflib.get_close_matches(name, known, n=3)
        hints.append(f"{name!r}" + (f" (nearest: {', '.join(near)})" if near else ""))
    raise ModelError(f"the frame has no column {', '.join(hints)}. Check the spelling.")


def _is_complete(column: pd.Series) -> bool:
    """Whether a column certainly has neither missing nor infinite values, told cheaply."""
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
    return kind in "iub" or (kind == "f" and bool(np.isfinite(column.to_numpy().sum())))


def _first_missing(
    missing: Mapping[str, NDArray[np.bool_]], labels: pd.Index
) -> dict[str, pd.Index]:
    """Labels of rows by the first column without a value, so that each is there once."""
    found: dict[str, pd.Index] = {}
    seen = np.zeros(len(labels), dtype=bool)
    for name, flags in missing.items():
        first = flags & ~seen
        if first.any():
            found[f"missing {name}"] = labels[first]
        seen |= flags
    return found


def _find_weighted(spec: ModelSpec, kept: pd.DataFrame, notes: list[str]) -> NDArray[np.bool_]:
    """Tell which rows have a weight above zero."""
    if spec.weights is None:
        return np.ones(len(kept), dtype=bool)
    weights = kept[spec.weights].to_numpy(dtype=float)
    if (weights < 0).any():
        raise ModelError(
            f"weights {spec.weights!r} are negative in {int((weights < 0).sum())} rows. "
            "Weights are zero or more."
        )
    zero = int((weights == 0).sum())
    if zero:
        notes.append(f"{zero:,} rows dropped because their weight {spec.weights!r} is zero.")
    if zero == len(kept):
        raise ModelError(f"every weight in {spec.weights!r} is zero; nothing is left to fit.")
    return weights > 0


def _find_decided_groups(
    spec: ModelSpec, kept: pd.DataFrame, notes: list[str]
) -> NDArray[np.bool_]:
    """Tell rows of groups with a finite effect: not only zeros (counts), not all alike (logit)."""
    words = {"poisson": "only zeros", "negbin": "only zeros", "logit": "one outcome only"}
    stays = np.ones(len(kept), dtype=bool)
    is_number = pd.api.types.is_numeric_dtype(kept[only_variable(spec.outcome).column])
    if not spec.fixed_effects or spec.family not in words or not is_number:
        return stays
    while stays.any():
        rows = kept[stays]
        decided = np.ones(len(rows), dtype=bool)
        for effect in spec.fixed_effects:
            group = rows[only_variable(effect).column].reset_index(drop=True)
            groups = pd.Series(read_column(rows, spec.outcome)).groupby(group, observed=True)
            decided &= (groups.transform("max") > 0).to_numpy()
            if spec.family == "logit":
                decided &= (groups.transform("min") < 1).to_numpy()
        if decided.all():
            break
        stays[stays] = decided
    if not stays.all():
        notes.append(
            f"{int((~stays).sum()):,} rows dropped: their group of "
            f"{', '.join(spec.fixed_effects)} has {words[spec.family]} and tells nothing."
        )
    if not stays.any():
        raise ModelError(
            f"no group of {', '.join(spec.fixed_effects)} is left: each has {words[spec.family]}."
        )
    return stays


def _check_finite(kept: pd.DataFrame) -> None:
    for name in kept.select_dtypes("number").columns:
        count = int(np.isinf(kept[name].to_numpy(dtype=float)).sum())
        if count:
            raise ModelError(
                f"column {name!r} is infinite in {count} rows (a log of zero, a division by "
                "zero?). Mend the column, or leave the rows out with sample=..."
            )


def _read_right_side(
    spec: ModelSpec, kept: pd.DataFrame, notes: list[str]
) -> tuple[dict[str, NDArray[np.float64] | Factor], dict[str, Factor]]:
    asked = (spec.treatment, *spec.controls)
    columns = read_columns(kept, asked)
    for variable in dict.fromkeys(each for term in asked for each in parse_term(term)):
        name, values = variable.name, columns[variable.name]
        if not isinstance(values, Factor):
            continue
        if len(values.levels) < 2 and variable.text == spec.treatment:
            raise ModelError(
                f"{name} is {values.levels[0]!r} in all {len(kept)} rows used: there is nothing "
                "to compare."
            )
        notes.append(f"{name}: compared with {values.levels[0]}.")
        if isinstance(kept[variable.column].dtype, pd.CategoricalDtype):
            empty = len(kept[variable.column].cat.categories) - len(values.levels)
            if empty:
                notes.append(f"{name}: {empty} categories without a row are left out.")
    _check_products(spec, columns)
    effects = {}
    for term in spec.fixed_effects:
        factor = read_column(kept, Variable(only_variable(term).column, "C").text)
        assert isinstance(factor, Factor)
        effects[bare_name(term)] = factor
        alone = int((np.bincount(factor.codes) == 1).sum())
        notes.append(
            f"{len(factor.levels):,} effects of {bare_name(term)} taken out"
            + (
                f", {alone:,} of a single row, which is counted but tells nothing."
                if alone
                else "."
            )
        )
    return columns, effects


def _check_products(spec: ModelSpec, columns: Columns) -> None:
    """Raise if indicators of a product could not be read, or the field codes them otherwise.

    A category's first level is left out, which is a comparison only beside what it is multiplied
    with; without that, formulas elsewhere take one indicator per level.
    """
    absorbed = columns_of(spec.fixed_effects)
    known = {frozenset(parse_term(text)) for text in (spec.treatment, *spec.controls)}
    for text in spec.controls:
        variables = parse_term(text)
        for variable in variables if len(variables) > 1 else ():
            is_factor = isinstance(columns[variable.name], Factor)
            if variable.column in absorbed and not is_factor and spec.family not in ABSORBING:
                raise ModelError(
                    f"{text}: {variable.column} is a fixed effect too. Write it as "
                    f"C({variable.column}), or derive the product first."
                )
            rest = frozenset(variables) - {variable}
            if not is_factor or rest in known or {each.column for each in rest} <= {*absorbed}:
                continue
            alone = ":".join(each.text for each in variables if each != variable)
            raise ModelError(
                f"{text} compares levels of {variable.column}, for which {alone} has to be in the "
                f"model too. Add it, or write {alone}*{variable.text}."
            )


def design_terms(spec: ModelSpec, columns: Columns) -> tuple[Term, ...]:
    """Columns of the design: intercept, treatment, then the rest."""
    has_intercept = not spec.fixed_effects and spec.family != "ordered_logit"
    terms = [Term(())] if has_intercept else []
    for text in (spec.treatment, *spec.controls):
        terms += term_columns(text, columns)
    check_distinct([term.name for term in terms])
    return tuple(terms)
