"""What a fit says of itself where it is printed: the model, its rows, and the terms asked."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from coopanalysis.models.design import INTERCEPT

if TYPE_CHECKING:
    from coopanalysis.models.spec import Estimates, ModelSpec

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


def as_text(estimates: Estimates) -> str:
    """Return a fit in plain text, about twenty lines at most."""
    table, rest = _short_table(estimates)
    return "\n".join([*_lines(estimates), table.to_string(index=False), *rest])


def as_html(estimates: Estimates) -> str:
    """Return a fit as HTML, for a notebook."""
    table, rest = _short_table(estimates)
    first, *others = (escape(line) for line in _lines(estimates))
    head = "<br>".join([f"<code>{first}</code>", *others])
    foot = f"<p>{escape(' '.join(rest))}</p>" if rest else ""
    return f"<div><p>{head}</p>{table.to_html(index=False, border=0)}{foot}</div>"


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
