"""Design matrices whose columns know the data columns they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, Ints
from coopanalysis.models.terms import Variable, only_variable, parse_term

INTERCEPT = "(Intercept)"


@dataclass(frozen=True)
class Factor:
    """A column taken as categories: integer codes and the value of each code."""

    codes: Ints
    levels: tuple[object, ...]


Columns = Mapping[str, Floats | Factor]


@dataclass(frozen=True)
class Part:
    """One factor of a product: a numeric variable, or the indicator of one level of a column."""

    column: str
    level: object | None = None

    @property
    def name(self) -> str:
        """`column` or `column[level]`."""
        return self.column if self.level is None else f"{self.column}[{self.level}]"

    def values(self, columns: Columns) -> Floats:
        """Value of this part in each row."""
        values = columns[self.column]
        if isinstance(values, Factor):
            return np.asarray(values.codes == values.levels.index(self.level), dtype=float)
        return values


@dataclass(frozen=True)
class Term:
    """One column of the design: a product of parts; the empty product is the intercept."""

    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        """Names of the parts joined by colons."""
        return ":".join(part.name for part in self.parts) or INTERCEPT

    def values(self, columns: Columns, n_rows: int) -> Floats:
        """Value of this term in each row."""
        if not self.parts:
            return np.ones(n_rows)
        first, *rest = (part.values(columns) for part in self.parts)
        for values in rest:
            first = first * values
        return first

    def derivative(self, column: str, columns: Columns, n_rows: int) -> Floats:
        """Derivative of this term by a numeric column, row by row."""
        rest = tuple(part for part in self.parts if part.column != column)
        if len(rest) == len(self.parts):
            return np.zeros(n_rows)
        return Term(rest).values(columns, n_rows)


def read_column(frame: pd.DataFrame, term: str) -> Floats | Factor:
    """Variable as numbers, or as categories if it is text, category, or asked for as `C(name)`."""
    variable = only_variable(term)
    column = frame[variable.column]
    if pd.api.types.is_object_dtype(column):
        column = column.infer_objects()
    if variable.function != "C":
        if is_number(column):
            return _transformed(column.to_numpy(dtype=float), variable)
        if variable.function:
            raise ModelError(f"{variable.text}: column {variable.column!r} is not numeric.")
        _check_text(variable.column, column)
    codes, levels = pd.factorize(column)
    if not levels.is_monotonic_increasing:
        codes, levels = pd.factorize(column, sort=True)
    shown = levels.tolist()
    if pd.api.types.is_float_dtype(levels.dtype):
        shown = [_plain(level) for level in shown]
    return Factor(codes.astype(np.int64, copy=False), tuple(shown))


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers or truth values."""
    return pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def is_text(column: pd.Series) -> bool:
    """Whether a column is text or declared a category, which is taken for one without asking."""
    kind = pd.api.types.infer_dtype(column, skipna=True)
    return kind in ("string", "boolean", "categorical", "empty")


def _check_text(term: str, column: pd.Series) -> None:
    if not is_text(column):
        kind = pd.api.types.infer_dtype(column, skipna=True)
        raise ModelError(
            f"column {term!r} holds {kind} values ({column.iloc[0]!r}), neither numbers nor text. "
            f"Make it numbers (days since a date, astype(float)), or ask for one indicator per "
            f"value: C({term})."
        )


def _plain(level: object) -> object:
    return int(level) if isinstance(level, float) and level.is_integer() else level


def _transformed(values: Floats, variable: Variable) -> Floats:
    bad = int((values <= 0).sum()) if variable.is_logarithm else 0
    if bad:
        raise ModelError(
            f"{variable.text}: column {variable.column!r} is zero or negative in {bad} rows, which "
            "have no logarithm. Leave them out with "
            f'sample="{Variable(variable.column).formula} > 0".'
        )
    return variable.apply(values)


def read_columns(frame: pd.DataFrame, terms: Iterable[str]) -> dict[str, Floats | Factor]:
    """Variables of terms by their name, each read once."""
    variables = {v.name: v for term in terms for v in parse_term(term)}
    return {name: read_column(frame, variable.text) for name, variable in variables.items()}


def column_parts(term: str, columns: Columns) -> list[Part]:
    """Parts a variable needs: itself, or one indicator per level after the first."""
    name = only_variable(term).name
    values = columns[name]
    if isinstance(values, Factor):
        return [Part(name, level) for level in values.levels[1:]]
    return [Part(name)]


def term_columns(term: str, columns: Columns) -> list[Term]:
    """Columns of the design that a term of a spec needs, for a product those of all parts."""
    parts = [column_parts(variable.text, columns) for variable in parse_term(term)]
    return [Term(chosen) for chosen in product(*parts)]


def matrix(
    terms: Sequence[Term], columns: Columns, n_rows: int, extra: Sequence[Floats] = ()
) -> Floats:
    """Design matrix, one column per term, and further columns after them."""
    joined = np.empty((n_rows, len(terms) + len(extra)))
    for k, term in enumerate(terms):
        joined[:, k] = term.values(columns, n_rows)
    for k, column in enumerate(extra, start=len(terms)):
        joined[:, k] = column
    return joined


def check_distinct(names: Sequence[str]) -> None:
    """Raise a `ModelError` if two terms of a model have one name, so that neither can be found."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ModelError(
            f"two terms of the model have the name {', '.join(repeated)}, that of a column and one "
            "that the model makes. Rename the column."
        )
