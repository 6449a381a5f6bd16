"""One difference in words: who is compared with whom, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from coopanalysis.catalog.column import Column
from coopanalysis.display import sentences as say
from coopanalysis.display.claims import describe_estimate
from coopanalysis.display.source_lines import source_of
from coopanalysis.display.words import column_of, group_name, in_sentence, release_of, term_phrase
from coopanalysis.errors import UsageError
from coopanalysis.models import Estimates, ModelSpec
from coopanalysis.models.terms import only_variable
from coopanalysis.panel import Panel


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
    asked = term or spec.treatment
    _check_exposure(spec, data)
    column = column_of(data, asked)
    if column.allowed != (0, 1):
        subject = f"Counties with {term_phrase(data, asked)}"
    elif column.phrase:
        subject = f"Counties that {column.phrase}"
    else:
        subject = f"Counties with {column.label}"
    return ResultWords(
        data=data,
        spec=spec,
        subject=subject,
        comparison=comparison_words(spec, data, asked),
        **vars(outcome_words(spec.outcome, spec.family, data)),
    )


def _check_exposure(spec: ModelSpec, data: Panel) -> None:
    outcome = column_of(data, spec.outcome)
    if spec.exposure and "per 100,000" in outcome.unit:
        raise UsageError(
            f"'{outcome.name}' is a rate already: leave out exposure='{spec.exposure}', or derive "
            "the count first."
        )


def comparison_words(spec: ModelSpec, data: Panel, asked: str) -> str:
    """Say with whom the counties are compared, and what they are alike in."""
    flag = column_of(data, asked).allowed == (0, 1)
    base = "counties that do not" if flag else "other counties"
    if not spec.controls and not spec.fixed_effects:
        return base
    alike = ["alike in the covariates" if flag else "alike in the other covariates"]
    parts = alike if spec.controls else []
    if spec.fixed_effects:
        same = [group_name(data, name) for name in spec.fixed_effects]
        parts = [*parts, f"in the same {say.join_words(same)}"]
    base = base if flag else "counties"
    return f"{base}{',' if flag else ''} {say.join_words(parts)}"


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
    words = UnitWords(
        unit=what,
        table_unit=column.phrase or column.unit or column.label,
        axis=column.label,
        measure="count" if column.unit == "persons" else "number",
    )
    return (
        replace(words, measure="usd", words=("more", "less")) if "dollars" in column.unit else words
    )
