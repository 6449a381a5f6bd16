"""Least squares with absorbed fixed effects: coefficients, and what errors are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Bools, Floats, centre, find_collinear, symmetric_inverse
from coopanalysis.models.design import Term, matrix
from coopanalysis.models.linear.absorb import Absorber
from coopanalysis.models.linear.degenerate import find_saturated
from coopanalysis.models.linear.many import NOTHING_LEFT
from coopanalysis.models.sample import Sample
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import bare_name


@dataclass(frozen=True)
class LinearFit:
    """Arrays of a least-squares fit; columns and residual carry the root of the weights.

    `columns` holds the design and, last, the outcome, effects taken out of both. `centred` spans
    the same with less loss of digits: columns less their means where there is a constant, itself
    untouched; `turn` leads from its coefficients to those of `columns`. `inner` is the bread of
    `centred`, `rotated` its influence where it was found with more digits than by `inner`.
    """

    terms: tuple[Term, ...]
    columns: Floats
    coefficients: Floats
    residual: Floats
    absorber: Absorber | None
    centred: Floats
    inner: Floats
    turn: Floats
    rotated: Floats | None = None

    @property
    def names(self) -> list[str]:
        """Names of the terms."""
        return [term.name for term in self.terms]

    def place(self, term: str) -> int:
        """Position of a term; an error if it is not in the fit."""
        if term not in self.names:
            raise ModelError(
                f"term {term!r} is not in the fit. There are: {', '.join(self.names)}."
            )
        return self.names.index(term)

    @cached_property
    def bread(self) -> Floats:
        """Inverse of the cross product of the regressors."""
        return np.asarray(self.turn @ self.inner @ self.turn.T)

    @property
    def design(self) -> Floats:
        """Regressors."""
        return self.columns[:, :-1]

    @property
    def outcome(self) -> Floats:
        """Outcome."""
        return self.columns[:, -1]

    @cached_property
    def influence(self) -> Floats:
        """What a unit of each row's outcome adds to the coefficients of `centred`."""
        return self.centred[:, :-1] @ self.inner if self.rotated is None else self.rotated

    @property
    def leverage(self) -> Floats:
        """Leverage of each row, of regressors and effects together."""
        own = np.asarray(np.einsum("ij,ij->i", self.influence, self.centred[:, :-1]))
        return own if self.absorber is None else own + self.absorber.leverage()

    @cached_property
    def scores(self) -> Floats:
        """Score of each row."""
        return self.design * self.residual[:, None]

    def saturated(self, sample: Sample) -> Bools:
        """Terms whose clustered error is zero by construction, however far clusters lie apart."""
        root = np.sqrt(sample.weights_or_ones)[:, None]
        return find_saturated(sample, self.centred[:, :-1] / root, self.n_params)

    @property
    def n_params(self) -> int:
        """Regressors and all independent effects."""
        return len(self.terms) + (self.absorber.n_effects if self.absorber else 0)


def keep_varying(
    spec: ModelSpec, terms: tuple[Term, ...], design: Floats, weights: Floats | None = None
) -> tuple[list[int], list[str]]:
    """Positions of columns that a constant and the columns before them do not explain; and notes.

    Centred first: the cross products of a column far from zero have few digits left for it.
    """
    centred = centre(design, weights)
    if weights is not None:
        centred *= np.sqrt(weights)[:, None]
    gram = centred.T @ centred
    for k, term in enumerate(terms):
        if not term.parts:
            gram[k, k] = 1.0
    scale = np.diag(gram).copy()
    return keep_independent(spec, terms, gram, scale)


def treated_terms(spec: ModelSpec, terms: Sequence[Term]) -> Bools:
    """Which terms hold the treatment, alone or in a product."""
    treated = bare_name(spec.treatment)
    return np.array([any(part.column == treated for part in term.parts) for term in terms])


def keep_independent(
    spec: ModelSpec, terms: tuple[Term, ...], gram: Floats, scale: Floats
) -> tuple[list[int], list[str]]:
    """Positions of columns to keep and notes on the others; an error if the treatment is lost.

    The treatment comes last in the search: it has to say what controls and effects do not.
    """
    is_treated = treated_terms(spec, terms)
    order = sorted(range(len(terms)), key=lambda k: is_treated[k])
    dropped = [order[k] for k in find_collinear(gram[np.ix_(order, order)], scale[order])]
    lost = [terms[k].name for k in dropped if is_treated[k]]
    if lost:
        raise ModelError(
            f"{', '.join(lost)} is a combination of the controls and fixed effects"
            f"{_absorbed_words(spec)}, or does not vary: its association cannot be told apart. "
            "Leave out what repeats it."
        )
    notes = [f"{terms[k].name} left out: collinear with columns before it." for k in dropped]
    return [k for k in range(len(terms)) if k not in set(dropped)], notes


def _absorbed_words(spec: ModelSpec) -> str:
    return f" ({', '.join(spec.fixed_effects)})" if spec.fixed_effects else ""


def least_squares(spec: ModelSpec, sample: Sample) -> tuple[LinearFit, list[str]]:
    """Fit by least squares after taking the effects out; notes on collinear columns."""
    joined = matrix(sample.terms, sample.columns, sample.n_rows, [sample.outcome])
    if sample.effects:
        return _within(spec, sample, centre(joined, sample.weights))
    kept, notes = keep_varying(spec, sample.terms, joined[:, :-1], sample.weights)
    terms = tuple(sample.terms[k] for k in kept)
    joined = _with_outcome(joined, kept)
    centred, turn, origin = about_means(terms, joined, sample.weights)
    joined, centred = sample.weighted(joined), sample.weighted(centred)
    design, outcome = centred[:, :-1], centred[:, -1]
    slopes, bread, influence = _by_rotation(design, outcome)
    coefficients = turn @ slopes
    coefficients[0] += origin
    fit = LinearFit(
        terms=terms,
        columns=joined,
        coefficients=coefficients,
        residual=outcome - design @ slopes,
        absorber=None,
        centred=centred,
        inner=bread,
        turn=turn,
        rotated=influence,
    )
    return fit, notes


def _within(spec: ModelSpec, sample: Sample, joined: Floats) -> tuple[LinearFit, list[str]]:
    """Least squares of what effects leave of columns about their means and, last, the outcome."""
    ones = sample.weights_or_ones
    scale = np.einsum("i,ij,ij->j", ones, joined, joined)
    absorber = Absorber(sample.codes, sample.weights)
    joined = sample.weighted(absorber.residualize(joined))
    gram = joined.T @ joined
    # What the digits of an outcome far from zero leave of it is not variation.
    rounding = np.finfo(float).eps ** 2 * float(ones @ sample.outcome**2)
    _check_outcome_is_left(spec, gram[-1, -1] - rounding, scale[-1])
    kept, notes = keep_independent(spec, sample.terms, gram[:-1, :-1], scale[:-1])
    columns = _with_outcome(joined, kept)
    bread = symmetric_inverse(gram[np.ix_(kept, kept)])
    coefficients = bread @ gram[kept, -1]
    fit = LinearFit(
        terms=tuple(sample.terms[k] for k in kept),
        columns=columns,
        coefficients=coefficients,
        residual=columns[:, -1] - columns[:, :-1] @ coefficients,
        absorber=absorber,
        centred=columns,
        inner=bread,
        turn=np.eye(len(kept)),
    )
    return fit, notes


def about_means(
    terms: tuple[Term, ...], columns: Floats, weights: Floats | None
) -> tuple[Floats, Floats, float]:
    """Columns less their means beside a constant, which comes first and stays as it is.

    `columns` is the design, or that and the outcome. `turn`, (k, k), times the coefficients of the
    centred columns gives those of `columns`, but for the mean of an outcome, which belongs to the
    constant and comes last.
    """
    assert not terms[0].parts
    means = np.average(columns, axis=0, weights=weights)
    means[0] = 0.0
    turn = np.eye(len(terms))
    turn[0] -= means[: len(terms)]
    return columns - means, turn, float(means[-1])


def _with_outcome(joined: Floats, kept: list[int]) -> Floats:
    """Columns that are kept, and the outcome after them; the same array if all are."""
    n_columns = joined.shape[1]
    return joined if len(kept) == n_columns - 1 else joined.take([*kept, n_columns - 1], axis=1)


def _by_rotation(design: Floats, outcome: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients, bread and influence by QR, which keeps the digits that squaring loses."""
    unit = np.sqrt((design**2).sum(axis=0))
    rotation, triangle = np.linalg.qr(design / unit)
    inverse = linalg.solve_triangular(triangle, np.eye(len(unit))) / unit[:, None]
    bread = np.asarray(inverse @ inverse.T, dtype=np.float64)
    return inverse @ (rotation.T @ outcome), bread, rotation @ inverse.T


def _check_outcome_is_left(spec: ModelSpec, left: float, whole: float) -> None:
    if left <= NOTHING_LEFT * whole:
        raise ModelError(
            f"outcome {spec.outcome!r} does not vary within {', '.join(spec.fixed_effects)}: once "
            "these effects are taken out there is nothing to explain."
        )
