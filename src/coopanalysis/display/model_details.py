"""A model that can be opened: its formula, covariates, rows and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd

from coopanalysis.display.html import Output, csv_text, download_link, element, file_stem
from coopanalysis.display.sentences import format_count, join_words
from coopanalysis.display.words import (
    FAMILY_WORDS,
    covariate_names,
    effect_label,
    error_words,
    in_sentence,
    reason_words,
    term_label,
    weight_words,
)
from coopanalysis.models import Estimates
from coopanalysis.panel import Panel


def model_details(results: Mapping[str, Estimates], data: Panel) -> Output:
    """Fold up, per model, its formula, its covariates, its rows as CSV and what it left out."""
    parts, texts = [], []
    for name, one in results.items():
        facts = model_facts(one, data)
        listed = "".join(
            f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>"
            for term, text in facts.items()
        )
        rows = pd.DataFrame({"county_fips": one.sample.rows.astype("str")})
        link = download_link(
            csv_text(rows),
            f"counties-{file_stem(name)}.csv",
            f"Download the codes of the {format_count(one.n_obs)} counties used",
        )
        parts.append(f"<p><strong>{escape(name)}</strong></p><dl>{listed}</dl><p>{link}</p>")
        texts.append(f"{name}: {facts['Formula']}")
    summary = "How these were computed: formula, covariates, counties, and what was left out"
    html = element("details", f"<summary>{summary}</summary>{''.join(parts)}")
    return Output(element("div", html, class_="coop-models"), "\n".join(texts))


def model_facts(estimates: Estimates, data: Panel) -> dict[str, str]:
    """Say a model in words: outcome, difference asked about, covariates, groups, rows, errors."""
    spec = estimates.spec
    groups = [in_sentence(effect_label(data, name)) for name in spec.fixed_effects]
    left = estimates.left_out
    reasons = [
        f"{format_count(count)} {reason_words(why, data)}" for why, count in left.items() if count
    ]
    facts = {
        "Formula": spec.formula,
        "Outcome": term_label(data, spec.outcome),
        "Asked about": term_label(data, spec.treatment),
        "Covariates": join_words(covariate_names(spec, data)) or "none",
        "Compared within": join_words([f"the same {one}" for one in groups]) or "all counties",
        "Model": f"{FAMILY_WORDS[spec.family]}, {weight_words(spec, data)}",
        "Errors": error_words(spec, data),
        "Counties used": f"{format_count(estimates.n_obs)} of {format_count(estimates.n_rows)}",
        "Left out": join_words(reasons) or "none",
    }
    return facts
