"""Words of columns, terms and models, and of the main difference of a model."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from coopanalysis.catalog.column import Column, Words
from coopanalysis.catalog.tables import COUNTY_YEAR
from coopanalysis.display import sentences as say
from coopanalysis.display.claims import describe_estimate
from coopanalysis.display.source_lines import source_of
from coopanalysis.errors import UsageError
from coopanalysis.models import Estimates, ModelSpec
from coopanalysis.models.terms import Variable, columns_of, only_variable, parse_term
from coopanalysis.panel import Panel
from coopanalysis.panel.load import loaded_releases

_CALL = re.compile(r"\b(?:per|log2|log|C)\([^)]*\)")
_NAME = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")
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
    known = {*data.county.columns, *data.named, *(one.name for one in COUNTY_YEAR.columns)}
    notes = [one for one in estimates.notes if not one.endswith(SAID_ELSEWHERE)]
    told = []
    for part in dict.fromkeys(part for one in notes for part in one.split("; ") if part):
        text = _CALL.sub(lambda found: in_sentence(term_label(data, found[0])), part)
        text = _NAME.sub(lambda m: group_name(data, m[0]) if m[0] in known else m[0], text)
        told.append(f"{say.upper_first(text).rstrip('.')}.")
    return " ".join(told)


@dataclass(frozen=True, kw_only=True)
class UnitWords:
    """How differences in an outcome are written.

    `unit` follows the number in a sentence, `table_unit` heads a table and `axis`, which is
    short, an axis. `words` are for a positive and a negative difference, `verb` stands before
    them. `scale` turns the estimate into the unit of the table.
    """

    unit: str
    table_unit: str
    axis: str
    measure: say.Measure = "number"
    verb: str = "have"
    words: tuple[str, str] = ("more", "fewer")
    scale: float = 1.0

    def describe(
        self, row: pd.Series, subject: str, comparison: str, p_values: Mapping[str, float]
    ) -> str:
        """Say one difference between two groups, with p values of further tests of it."""
        return describe_estimate(
            row,
            self.unit,
            subject=subject,
            comparison=comparison,
            measure=self.measure,
            scale=self.scale / 100 if self.measure in ("points", "share") else self.scale,
            words=self.words,
            verb=self.verb,
            p_values=p_values,
        )


@dataclass(frozen=True, kw_only=True)
class ResultWords(UnitWords):
    """One difference in words: who is compared with whom, in which model."""

    data: Panel
    spec: ModelSpec
    subject: str
    comparison: str

    @property
    def source(self) -> str:
        """Source line of the model."""
        return source_of(self.data, self.spec)

    @property
    def others(self) -> str:
        """With whom the counties are compared, without what they are alike in."""
        return self.comparison.split(",")[0]

    @property
    def subtitle(self) -> str:
        """What a figure of differences draws."""
        return f"{self.subject}: difference from {self.others}, in {self.table_unit}"


def result_words(estimates: Estimates, data: Panel | None = None, term: str = "") -> ResultWords:
    """Words of a model's main difference, or of that with another of its terms."""
    data, spec = release_of(data), estimates.spec
    asked, outcome = term or spec.treatment, column_of(data, spec.outcome)
    if spec.exposure and "per 100,000" in outcome.unit:
        raise UsageError(
            f"'{outcome.name}' is a rate already: leave out exposure='{spec.exposure}', or derive "
            "the count first."
        )
    column = column_of(data, asked)
    subject = f"with {column.label}"
    if column.allowed != (0, 1):
        subject = f"with {term_phrase(data, asked)}"
    elif column.phrase:
        subject = f"that {column.phrase}"
    return ResultWords(
        data=data,
        spec=spec,
        subject=f"Counties {subject}",
        comparison=comparison_words(spec, data, asked),
        **vars(outcome_words(spec.outcome, spec.family, data)),
    )


def comparison_words(spec: ModelSpec, data: Panel, asked: str) -> str:
    """Say with whom the counties are compared, and what they are alike in."""
    column = column_of(data, asked)
    flag = column.allowed == (0, 1)
    others = (column.without or "counties that do not") if flag else "other counties"
    if not spec.controls and not spec.fixed_effects:
        return others
    parts = [f"alike in the {'' if flag else 'other '}covariates"] if spec.controls else []
    if spec.fixed_effects:
        same = [group_name(data, name) for name in spec.fixed_effects]
        parts.append(f"in the same {say.join_words(same)}")
    return f"{f'{others},' if flag else 'counties'} {say.join_words(parts)}"


def outcome_words(outcome: str, family: str, data: Panel) -> UnitWords:
    """Unit, measure, verb and words that the outcome of a model asks for."""
    column, variable = column_of(data, outcome), only_variable(outcome)
    if variable.is_logarithm or family in ("poisson", "negbin"):
        return UnitWords(
            unit=column.phrase or in_sentence(column.label),
            table_unit="percent",
            axis=f"{column.label}, % higher",
            measure="share",
            words=("higher", "lower"),
            scale=100.0,
        )
    words = column_words(column)
    return replace(words, scale=words.scale * variable.step)


def column_words(column: Column) -> UnitWords:
    """Unit, measure, verb and words of a difference in a column."""
    what = column.phrase or in_sentence(column.label)
    if column.allowed == (0, 1):
        return UnitWords(
            unit=f"likely to {column.phrase}" if column.phrase else "likely",
            table_unit="percentage points of probability",
            axis="Difference in probability, percentage points",
            measure="points",
            verb="are",
            words=("more", "less"),
            scale=100.0,
        )
    if column.unit.startswith(("share", "percent")):
        return UnitWords(
            unit=what,
            table_unit="percentage points",
            axis=f"{column.label}, percentage points",
            measure="points",
            scale=100.0 if column.unit.startswith("share") else 1.0,
        )
    is_money = "dollars" in column.unit
    return UnitWords(
        unit=what,
        table_unit=column.phrase or column.unit or column.label,
        axis=column.label,
        measure="usd" if is_money else "count" if column.unit == "persons" else "number",
        words=("more", "less" if is_money else "fewer"),
    )
