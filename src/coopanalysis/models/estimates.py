"""What a fit answers (`Estimates`), and how it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats
from coopanalysis.models.design import INTERCEPT
from coopanalysis.models.inference import inference_table
from coopanalysis.models.sample import Sample
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import bare_name


@dataclass(frozen=True)
class Estimates:
    """What `fit` returns: frozen, with everything a table, figure or effect needs.

    Attributes
    ----------
    params : Series
        Coefficients by term, on the scale of the linear index, with indicator columns of fixed
        effects and the cut points of `ordered_logit`, without absorbed effects.
    covariance, df : DataFrame, Series
        Of `params`, by the spec's `vcov`; infinite degrees of freedom mean the normal.
    shown : tuple of str
        Terms that `table` shows: all but cut points and fixed effects.
    n_missing : mapping of str to int
        Rows of the asked sample in which the column is missing; a row can count in several.
    notes : tuple of str
        What was dropped and why, absorbed terms, few clusters, conventions.
    statistics : mapping of str to float
        Figures of the fit as a whole: `r_squared`, `log_likelihood`, `theta`, ...
    sample : Sample
        Rows used, as arrays, with the design.
    index : array
        Linear index of each row used, offset and absorbed effects included.
    scores, bread : array, shape (n, k), (k, k)
        Scores by row, and inverse information: their product is what each row adds to the errors.
        Empty for spatial models.
    turn, centred : array, shape (k, k)
        `covariance` is `turn @ centred @ turn.T`: `centred` is that of the model in columns about
        their means, from which errors of combinations lose no digits. None for spatial models.
    """

    spec: ModelSpec
    params: pd.Series
    covariance: pd.DataFrame
    df: pd.Series
    shown: tuple[str, ...]
    n_obs: int
    n_clusters: int | None
    n_missing: Mapping[str, int]
    notes: tuple[str, ...]
    statistics: Mapping[str, float]
    sample: Sample = field(repr=False)
    index: Floats = field(repr=False)
    scores: Floats = field(repr=False)
    bread: Floats = field(repr=False)
    turn: Floats | None = field(default=None, repr=False)
    centred: Floats | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        spec: ModelSpec,
        sample: Sample,
        names: Sequence[str],
        params: Floats,
        covariance: Floats,
        df: Floats | float,
        **rest: Any,
    ) -> Estimates:
        """Estimates of coefficients by their names, with what the sample knows of its rows."""
        index = pd.Index(list(names))
        return cls(
            spec=spec,
            params=pd.Series(params, index=index),
            covariance=pd.DataFrame(covariance, index=index, columns=index),
            df=pd.Series(df, index=index),
            n_obs=sample.n_rows,
            n_clusters=sample.n_clusters,
            n_missing=sample.n_missing,
            notes=sample.notes,
            sample=sample,
            **{"shown": tuple(names), **rest},
        )

    def __repr__(self) -> str:
        table, rest = _short_table(self)
        return "\n".join([*_lines(self), table.to_string(index=False), *rest])

    def _repr_html_(self) -> str:
        table, rest = _short_table(self)
        first, *others = (escape(line) for line in _lines(self))
        head = "<br>".join([f"<code>{first}</code>", *others])
        foot = f"<p>{escape(' '.join(rest))}</p>" if rest else ""
        return f"<div><p>{head}</p>{table.to_html(index=False, border=0)}{foot}</div>"

    @property
    def left_out(self) -> Mapping[str, int]:
        """Rows given but not used, by reason; with `n_obs` they add up to `n_rows`.

        Every row counts once, by the first reason that holds: sample rule, missing columns in the
        order of the spec, weight zero, a group that tells nothing.
        """
        return self.sample.left_out

    @property
    def n_rows(self) -> int:
        """Rows of the frame that was given."""
        return self.n_obs + sum(self.left_out.values())

    @property
    def treatment_terms(self) -> tuple[str, ...]:
        """Terms of the treatment alone: one, or one per level of a category but the first."""
        name = bare_name(self.spec.treatment)
        terms = (term for term in self.sample.terms if [p.column for p in term.parts] == [name])
        return tuple(term.name for term in terms)

    @property
    def row(self) -> pd.Series:
        """Row of `table` of the treatment; a `ModelError` if it has become several terms."""
        if len(self.treatment_terms) != 1:
            raise ModelError(
                f"{self.spec.treatment} is {len(self.treatment_terms)} terms here, not one: "
                f"{', '.join(self.treatment_terms)}. Choose rows of `table`."
            )
        return self.row_of(self.treatment_terms[0])

    def row_of(self, term: str) -> pd.Series:
        """Row of `table` of a term; a `ModelError` if it is not in the fit."""
        if term not in self.shown:
            raise ModelError(f"term {term!r} is not in the fit. There are: {list(self.shown)}.")
        return self._table.iloc[self.shown.index(term)]

    @property
    def table(self) -> pd.DataFrame:
        """One row per term: `term, estimate, std_error, statistic, p_value, conf_low, conf_high,
        n_obs, n_clusters`; 95 % intervals."""  # noqa: D205, D209
        return self._table.copy()

    @cached_property
    def _table(self) -> pd.DataFrame:
        shown = list(self.shown)
        place = self.params.index.get_indexer(pd.Index(shown))
        return inference_table(
            shown,
            self.params.to_numpy()[place],
            np.sqrt(np.diag(self.covariance.to_numpy())[place]),
            self.df.to_numpy()[place],
            n_obs=self.n_obs,
            n_clusters=self.n_clusters,
        )


MOST_ROWS = 12
MOST_REASONS = 6
FAMILY_WORDS: Mapping[str, str] = {
    "ols": "least squares",
    "logit": "logit",
    "ordered_logit": "ordered logit",
    "poisson": "Poisson quasi-maximum likelihood",
    "negbin": "negative binomial (NB2)",
    "fractional_logit": "fractional logit",
}
_COLUMNS = ["term", "estimate", "std_error", "p_value", "conf_low", "conf_high"]


def _lines(estimates: Estimates) -> list[str]:
    spec, left_out = estimates.spec, estimates.left_out
    rows = f"{estimates.n_obs:,} of {estimates.n_rows:,} rows used"
    if left_out:
        most = sorted(left_out, key=lambda reason: -left_out[reason])
        reasons = [f"{left_out[reason]:,} {reason}" for reason in most[:MOST_REASONS]]
        if most[MOST_REASONS:]:
            others = sum(left_out[reason] for reason in most[MOST_REASONS:])
            reasons.append(f"{others:,} for {len(most) - MOST_REASONS} other reasons")
        rows += f"; left out: {', '.join(reasons)}"
    return [spec.formula, f"{_model_words(spec)}; {_error_words(estimates)}", rows]


def _model_words(spec: ModelSpec) -> str:
    words = FAMILY_WORDS[spec.family]
    words += f", weighted by {spec.weights}" if spec.weights else ""
    words += f", exposure {spec.exposure}" if spec.exposure else ""
    return words + (f", sample {spec.sample}" if spec.sample else "")


def _error_words(estimates: Estimates) -> str:
    spec = estimates.spec
    if spec.cluster is not None:
        words = f"{spec.vcov} errors, {estimates.n_clusters:,} clusters of {spec.cluster}"
        asked = estimates.treatment_terms
        if spec.vcov != "CR2" or len(asked) != 1:
            return words
        return f"{words}, {estimates.df[asked[0]]:.1f} degrees of freedom for {asked[0]}"
    if spec.vcov == "iid":
        return "errors taken as independent and alike (iid)"
    if spec.vcov == "conley":
        return f"Conley errors, {spec.distance_km:g} km"
    return f"{spec.vcov} errors, robust to unequal variance"


def _short_table(estimates: Estimates) -> tuple[pd.DataFrame, list[str]]:
    """Terms of the treatment, then others as there is room, and a count of the rest."""
    table = estimates.table
    is_asked, is_last = table["term"].isin(estimates.treatment_terms), table["term"] == INTERCEPT
    ordered = pd.concat([table[is_asked], table[~is_asked & ~is_last], table[is_last]])
    shown = ordered.head(MOST_ROWS)[_COLUMNS]
    digits = shown.drop(columns="term").map(lambda value: f"{value:.4g}")
    digits["p_value"] = ["<0.001" if one < 0.001 else f"{one:.3f}" for one in shown["p_value"]]
    rest = []
    if len(ordered) > MOST_ROWS:
        rest.append(f"{len(ordered) - MOST_ROWS:,} further terms in `.table`.")
    if estimates.notes:
        count = len(estimates.notes)
        rest.append(f"{count} further note{'s' * (count > 1)} in `.notes`.")
    return shown[["term"]].join(digits), rest
