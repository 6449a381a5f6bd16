"""The sample of a model: its complete rows as arrays, with the columns of the design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, Ints
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
    check_shared,
    check_sizes,
    note_few_treated,
    read_clusters,
    read_offset,
    read_outcome,
    read_weights,
)
from coopanalysis.models.row_selection import choose_rows
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import Variable, bare_name, columns_of, only_variable, parse_term

ABSORBING = ("ols", "poisson")
"""Families that take fixed effects out instead of adding indicator columns."""


@dataclass(frozen=True)
class Sample:
    """Complete cases of one model as arrays of n rows, by the names of what they are in the model.

    `rows` and `unused` are labels in the caller's frame. `outcome` of an `ordered_logit` is the
    position of the level in `outcome_levels`, lowest first; `terms` are the columns of the design,
    the intercept first if there is one; `offset` is the log of exposure, or zeros; `clusters` are
    numbered 0 to G - 1; `coordinates`, (n, 2), are latitude and longitude in degrees; `n_missing`
    counts by column in the sample asked for.
    """

    rows: pd.Index
    outcome: Floats
    outcome_levels: tuple[object, ...]
    columns: Columns
    terms: tuple[Term, ...]
    weights: Floats | None
    offset: Floats
    clusters: Ints | None
    cluster_levels: tuple[object, ...]
    effects: Mapping[str, Factor]
    coordinates: Floats | None
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

    @property
    def weights_or_ones(self) -> Floats:
        """Weights, of which every row has one where the model has none."""
        return np.ones(self.n_rows) if self.weights is None else self.weights

    def weighted(self, columns: Floats) -> Floats:
        """Columns, (n, k), times the root of the weights, if there are some."""
        return columns if self.weights is None else columns * np.sqrt(self.weights)[:, None]

    @property
    def codes(self) -> list[Ints]:
        """Level of each row in each fixed effect."""
        return [factor.codes for factor in self.effects.values()]

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

    Codes are built from the rows used, so that order and index of `frame` do not matter. Values
    that counties share do no harm where `asks_errors` says that no standard errors are asked for.
    """
    names = used_columns(spec)
    used = choose_rows(spec, frame, names)
    kept, notes = used.kept, used.notes
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
        terms=_design_terms(spec, columns),
        weights=weights,
        offset=read_offset(spec, kept),
        clusters=clusters,
        cluster_levels=cluster_levels,
        effects=effects,
        coordinates=kept[list(spec.coordinates)].to_numpy(float) if spec.coordinates else None,
        n_missing=used.n_missing,
        unused=used.unused,
        notes=tuple(dict.fromkeys(notes)),
    )


def _read_right_side(
    spec: ModelSpec, kept: pd.DataFrame, notes: list[str]
) -> tuple[dict[str, Floats | Factor], dict[str, Factor]]:
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
        note = f", {alone:,} of a single row, which is counted but tells nothing" if alone else ""
        notes.append(f"{len(factor.levels):,} effects of {bare_name(term)} taken out{note}.")
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


def _design_terms(spec: ModelSpec, columns: Columns) -> tuple[Term, ...]:
    """Columns of the design: intercept, treatment, then the rest."""
    has_intercept = not spec.fixed_effects and spec.family != "ordered_logit"
    terms = [Term(())] if has_intercept else []
    for text in (spec.treatment, *spec.controls):
        terms += term_columns(text, columns)
    check_distinct([term.name for term in terms])
    return tuple(terms)
