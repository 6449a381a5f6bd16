"""A model that can be opened: its formula, covariates, rows and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape

import pandas as pd

from coopanalysis.catalog.column import Words
from coopanalysis.display.html import (
    Output,
    csv_text,
    download_link,
    element,
    facts_html,
    file_stem,
)
from coopanalysis.display.page import MODELS
from coopanalysis.display.sentences import format_count, join_words
from coopanalysis.display.tables import ColumnFormat, scroll_table
from coopanalysis.display.words import (
    FAMILY_WORDS,
    covariate_names,
    error_words,
    group_name,
    reason_words,
    release_of,
    term_label,
    weight_words,
)
from coopanalysis.errors import UsageError
from coopanalysis.models import Estimates, ModelSpec
from coopanalysis.models.terms import only_variable, parse_term
from coopanalysis.panel import Panel

USED = "1"
NOT_ASKED = "not asked about"
_COLUMNS = {
    "model": ColumnFormat("Model"),
    "formula": ColumnFormat("Formula"),
    "computed": ColumnFormat("Computed by"),
    "n_obs": ColumnFormat("Rows used"),
    "n_clusters": ColumnFormat("Clusters", kind="written"),
    "left_out": ColumnFormat("Counties left out"),
    "column": ColumnFormat("CSV column"),
}


def model_details(results: Mapping[str, Estimates], data: Panel) -> Output:
    """Fold up, per model, its formula, its covariates, its rows as CSV and what it left out."""
    parts, texts = [], []
    for name, one in results.items():
        facts = model_facts(one, data)
        rows = pd.DataFrame({"county_fips": one.sample.rows.astype("str")})
        link = download_link(
            csv_text(rows),
            f"counties-{file_stem(name)}.csv",
            f"Download the codes of the {format_count(one.n_obs)} counties used",
        )
        parts.append(f"<p><strong>{escape(name)}</strong></p>{facts_html(facts)}<p>{link}</p>")
        texts.append(f"{name}: {facts['Formula']}")
    summary = "How these were computed: formula, covariates, counties, and what was left out"
    html = element("details", f"<summary>{summary}</summary>{''.join(parts)}")
    return Output(element("div", html, class_="coop-models"), "\n".join(texts))


def model_facts(estimates: Estimates, data: Words) -> dict[str, str]:
    """Say a model in words: outcome, difference asked about, covariates, groups, rows, errors."""
    spec = estimates.spec
    groups = [group_name(data, name) for name in spec.fixed_effects]
    return {
        "Formula": spec.formula,
        "Outcome": term_label(data, spec.outcome),
        "Asked about": term_label(data, spec.treatment),
        "Covariates": join_words(covariate_names(spec, data)) or "none",
        "Compared within": join_words([f"the same {one}" for one in groups]) or "all counties",
        "Model": f"{FAMILY_WORDS[spec.family]}, {weight_words(spec, data)}",
        "Errors": error_words(spec, data),
        "Counties used": f"{format_count(estimates.n_obs)} of {format_count(estimates.n_rows)}",
        "Left out": left_out_words(estimates.left_out, data),
    }


def show_models(
    models: Mapping[str, Estimates],
    *,
    data: Words | None = None,
    codes: Mapping[str, pd.Series] | None = None,
    listed: pd.DataFrame | None = None,
) -> Output:
    """Fold up, at the end of the page, how every estimate of its tables was computed.

    A table has a row per model, below it stand the terms of the formulas in words. One CSV has a
    row per county of the list, or of any model, and a column per set of counties used: 1 if used,
    else a letter, whose reason stands in its last two columns. Fills the slot `page.MODELS`, once a
    page: `show_models({"Main design": main, **placebos, "CR1": usual}, listed=counties)`.

    Parameters
    ----------
    models : mapping of str to Estimates
        Fits by the words under which the page shows them.
    data : Panel or StateLaws, optional
        What knows the words of the columns; the release that is loaded by default.
    codes : mapping of str to Series, optional
        County code of each row, by the same words, where the rows of a model are not counties:
        `{"Border pairs": pairs["county_fips"]}`.
    listed : DataFrame, optional
        All counties that the page is about, those that no model was given too.

    Raises
    ------
    UsageError
        If there are no models, `codes` names none of them, or rows have no county code.
    """
    words = data or release_of()
    given = codes or {}
    strange = [name for name in given if name not in models]
    if strange or not models:
        raise UsageError(
            f"Models {strange} of `codes` are not shown. There are: {', '.join(models) or 'none'}."
        )
    of_model = {name: _status(name, one, given.get(name)) for name, one in models.items()}
    status = pd.DataFrame({n: pd.Series(one, dtype="object") for n, one in of_model.items()})
    every = set(status.index).union(() if listed is None else listed["county_fips"])
    status = status.reindex(sorted(every)).fillna(NOT_ASKED).rename_axis("county_fips")
    shared = {name: tuple(column) for name, column in status.items()}
    numbers = {rows: f"counties_{at}" for at, rows in enumerate(dict.fromkeys(shared.values()), 1)}
    table = pd.DataFrame(
        [
            _row(str(name), models[str(name)], rows, words) | {"column": numbers[rows]}
            for name, rows in shared.items()
        ]
    )
    caption = "How each estimate of this page was computed"
    link = download_link(
        _counties_csv(status.index, numbers, words),
        "counties-by-model.csv",
        f"Download the codes of {format_count(len(status))} counties: 1 where a model uses it, "
        "else a letter, whose reason stands in the last columns",
    )
    terms = facts_html(_terms((one.spec for one in models.values()), words))
    shown = scroll_table(table, _COLUMNS, caption=caption)
    summary = element("summary", f"{caption}: formula, errors, counties, and what was left out")
    html = element("details", f"{summary}{shown}<p>{link}</p>{terms}")
    text = table[["model", "formula", "n_obs"]].to_string(index=False)
    return Output(element("div", html, class_="coop-models"), text, MODELS)


def _status(name: str, estimates: Estimates, codes: pd.Series | None) -> dict[str, str]:
    """Status of each county in a model: used, or the reason why no row of it is."""
    found: dict[str, str] = {}
    for reason, labels in [*estimates.sample.unused.items(), (USED, estimates.sample.rows)]:
        county = labels if codes is None else pd.Index(codes.loc[labels])
        found.update(dict.fromkeys(county.astype("str"), reason))
    strange = [code for code in found if not (len(code) == 5 and code.isdecimal())]
    if strange:
        raise UsageError(
            f"Model '{name}' has {len(strange)} rows without a county code (first: {strange[0]}). "
            "Fit it to a frame whose index holds the codes, as data.counties() has it, or say "
            f"whose rows they are: codes={{'{name}': frame['county_fips']}}."
        )
    return found


def _row(
    name: str, estimates: Estimates, statuses: Iterable[str], data: Words
) -> dict[str, object]:
    spec, counts = estimates.spec, Counter(statuses)
    del counts[USED]
    return {
        "model": name,
        "formula": spec.formula,
        "computed": f"{FAMILY_WORDS[spec.family]}, {weight_words(spec, data)}; errors "
        f"{error_words(spec, data)}",
        "n_obs": estimates.n_obs,
        "n_clusters": format_count(estimates.n_clusters) if estimates.n_clusters else "none",
        "left_out": left_out_words(counts, data),
    }


def left_out_words(left_out: Mapping[str, int], data: Words) -> str:
    """Say how many rows were left out for each reason."""
    counts = [(why, format_count(count)) for why, count in left_out.items() if count]
    return join_words([f"{count} {reason_words(why, data)}" for why, count in counts]) or "none"


def _counties_csv(counties: pd.Index, numbers: Mapping[tuple[str, ...], str], data: Words) -> str:
    """Write counties by sets of models, each reason as a letter that the last columns explain."""
    reasons = dict.fromkeys(one for rows in numbers for one in rows if one != USED)
    letters = {reason: _letters(at) for at, reason in enumerate(reasons)}
    short = {**letters, USED: USED}
    used = pd.DataFrame(
        {name: [short[one] for one in rows] for rows, name in numbers.items()}, index=counties
    )
    words = [reason_words(one, data) for one in reasons]
    legend = pd.DataFrame({"letter": list(letters.values()), "reason": words}, dtype="object")
    return csv_text(pd.concat([used.reset_index(), legend], axis=1))


def _letters(place: int) -> str:
    """Letters of a place as a spreadsheet counts its columns: a to z, aa, ab, ..."""
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("a") + last)


def _terms(specs: Iterable[ModelSpec], data: Words) -> dict[str, str]:
    """Every variable of the formulas, as written there, in words."""
    found: dict[str, str] = {}
    for spec in specs:
        for term in (spec.outcome, spec.treatment, *spec.controls):
            for variable in parse_term(term):
                found.setdefault(variable.formula, term_label(data, variable.text))
        for effect in spec.fixed_effects:
            group = group_name(data, only_variable(effect).column)
            found.setdefault(f"| {effect}", f"compared within the same {group}")
    return found
