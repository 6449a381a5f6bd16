"""Words of columns, terms and models, as a reader would say them."""

from __future__ import annotations

import math
import re

from coopanalysis.catalog.column import Column, Words
from coopanalysis.catalog.tables import COUNTY_YEAR
from coopanalysis.display import sentences as say
from coopanalysis.errors import UsageError
from coopanalysis.models import Estimates, ModelSpec
from coopanalysis.models.terms import Variable, columns_of, only_variable, parse_term
from coopanalysis.panel import Panel
from coopanalysis.panel.load import loaded_releases

_LEVEL = re.compile(r"(?P<name>.+)\[(?P<level>.*)\]")
FAMILY_WORDS = {
    "ols": "linear model",
    "logit": "logit",
    "ordered_logit": "ordered logit",
    "poisson": "Poisson model",
    "negbin": "negative binomial model",
    "fractional_logit": "fractional logit",
}
PROPER = re.compile(r"Poisson|Hispanic|Black|Republican|287\(g\)|ICE|Secure Communities|Census")
SAID_ELSEWHERE = ("taken out.", ").")
"""Ends of notes whose content stands in the details of a model: effects, rows with gaps."""


def release_of(data: Panel | None = None) -> Panel:
    """Return the release whose words and sources are meant: the one given, or the one loaded."""
    if data is not None:
        return data
    loaded = loaded_releases()
    if len(loaded) == 1:
        return loaded[0]
    names = ", ".join(one.release for one in loaded) or "none"
    raise UsageError(
        f"Releases loaded here: {names}. Say which is meant: "
        "add data=load_release(...) to the call."
    )


def in_sentence(label: str) -> str:
    """Write a label inside a sentence: lower case, but for proper names."""
    return label if PROPER.match(label) else say.lower_first(label)


def term_label(data: Words, term: str) -> str:
    """Name of a term for tables and axes: "Hispanic share, +10 points", "Residents, doubled"."""
    level = _LEVEL.fullmatch(term)
    if level is not None:
        return f"{term_label(data, level['name'])}: {level['level']}"
    return " \N{MULTIPLICATION SIGN} ".join(_variable_label(data, one) for one in parse_term(term))


def _variable_label(data: Words, variable: Variable) -> str:
    column = data.column(variable.column)
    label = column.label or variable.column.replace("_", " ").capitalize()
    if variable.function == "log2":
        return f"{label}, doubled"
    if variable.function == "per":
        return f"{label}, +{_step(column, variable.step, short=True)}"
    return f"{label}, logarithm" if variable.function == "log" else label


def term_phrase(data: Panel, term: str) -> str:
    """The difference a coefficient stands for, to complete "counties with ..."."""
    variable = only_variable(term)
    column = data.column(variable.column)
    what = column.phrase or in_sentence(column.label)
    if variable.function == "log2":
        return f"twice the {what}"
    if variable.function == "per":
        return f"{_step(column, variable.step)} more {what}"
    if variable.function == "log":
        return f"{math.e:.3f} times the {what}"
    if column.unit.startswith(("share", "percent")) or "dollars" in column.unit:
        return f"{_step(column, 1.0)} more {what}"
    return f"one more ({column.unit or 'unit'}) of {in_sentence(column.label)}"


def _step(column: Column, step: float, *, short: bool = False) -> str:
    points = "points" if short else "percentage points"
    if step == 1 and column.unit.startswith("percent"):
        return f"1 {points.removesuffix('s')}"
    if step == 1 and "dollars" in column.unit and not short:
        return "1 dollar"
    if column.unit.startswith("share"):
        return f"{say.format_number(100 * step, 0)} {points}"
    if column.unit.startswith("percent"):
        return f"{say.format_number(step, 0)} {points}"
    if "dollars" in column.unit:
        return say.format_usd(step) if short else f"{say.format_count(step)} dollars"
    return say.format_number(step)


def column_of(data: Words, term: str) -> Column:
    """The column that a term is made of, the first where there are several."""
    return data.column(columns_of([term])[0])


def group_name(data: Words, name: str) -> str:
    """Name of a group inside a sentence: "state" for `state_fips`, else that of the column."""
    known = {"state_fips": "state", "county_fips": "county", "year": "year"}
    return known.get(name) or in_sentence(data.column(name).label)


def covariate_names(spec: ModelSpec, data: Words) -> list[str]:
    """Names of what the counties compared are alike in, besides groups."""
    names = [data.column(name).label for name in columns_of(spec.controls)]
    return [in_sentence(name) for name in names]


def reason_words(reason: str, data: Words) -> str:
    """Say why a model left out rows, after their number: "without Hispanic share"."""
    name = reason.removeprefix("missing ")
    if name == reason:
        return f"({reason})" if reason.startswith("sample") else reason
    return f"without {in_sentence(data.column(name).label)}"


def weight_words(spec: ModelSpec, data: Words) -> str:
    """Say what each county counts: equal, or by a column."""
    if spec.weights is None:
        return "each county equal"
    return f"weighted by {in_sentence(data.column(spec.weights).label)}"


def error_words(spec: ModelSpec, data: Words) -> str:
    """Say what errors a model has: "CR1, clustered by state"."""
    if spec.cluster is None:
        return spec.vcov
    return f"{spec.vcov}, clustered by {group_name(data, spec.cluster)}"


def plain_notes(estimates: Estimates, data: Panel) -> str:
    """Join the notes of a model that stand nowhere else, with human names of terms and columns."""
    notes = [one for one in estimates.notes if not one.endswith(SAID_ELSEWHERE)]
    parts = [part for one in notes for part in one.split("; ") if part]
    told = [_named(part, data) for part in dict.fromkeys(parts)]
    return " ".join(f"{say.upper_first(part).rstrip('.')}." for part in told)


def _named(text: str, data: Panel) -> str:
    known = {*data.county.columns, *data.named, *(one.name for one in COUNTY_YEAR.columns)}
    calls = re.sub(
        r"\b(?:per|log2|log|C)\([^)]*\)", lambda m: in_sentence(term_label(data, m[0])), text
    )
    return re.sub(
        r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b",
        lambda m: group_name(data, m[0]) if m[0] in known else m[0],
        calls,
    )
