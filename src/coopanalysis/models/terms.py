"""Terms of a model as text: a column, a function of one column, or a product of these.

`x`, `C(x)` (as categories), `log(x)`, `log2(x)`, `per(x, 10)` (the coefficient stands for ten more
of `x`) and `a:b`. A name that reads as something else stands in backticks, as in formulas.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats

_CALL = re.compile(r"(C|log|log2|per)\(\s*(`[^`]+`|\w(?:[\w. ]*\w)?)\s*(?:,\s*([^,()`\s]+)\s*)?\)")
_QUOTED = re.compile("`([^`]+)`")
_FACTOR = re.compile(r"(?:`[^`]*`|[^:`])+")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LENIENT = re.compile(r"\w(?:[\w. ]*\w)?")


@dataclass(frozen=True)
class Variable:
    """A function of one column, or "" for the column as it is; `per` has a step."""

    column: str
    function: str = ""
    step: float = 1.0

    @cached_property
    def text(self) -> str:
        """The one way in which it is written in a `ModelSpec`."""
        name = self.column
        if self.function:
            return self._around(_quoted(name, lenient=self.function == "C"))
        is_plain = ":" not in name and name == name.strip() and parse_factor(name).column == name
        return name if is_plain else f"`{name}`"

    @property
    def formula(self) -> str:
        """How it is written in a formula, where names of more than letters need backticks."""
        return self._around(_quoted(self.column))

    @cached_property
    def name(self) -> str:
        """Name among the columns of a sample and in results: categories go by their column."""
        return Variable(self.column).text if self.function == "C" else self.text

    @property
    def is_logarithm(self) -> bool:
        """Whether it is defined for positive numbers only."""
        return self.function in ("log", "log2")

    def apply(self, values: Floats) -> Floats:
        """Value of the function for each number; a logarithm asks for positive ones."""
        if self.function == "per":
            return np.asarray(values / self.step)
        if self.is_logarithm:
            return np.asarray(np.log(values) if self.function == "log" else np.log2(values))
        return values

    def _around(self, name: str) -> str:
        if self.function == "per":
            return f"per({name}, {_plain_number(self.step)})"
        return f"{self.function}({name})" if self.function else name


def _quoted(name: str, *, lenient: bool = False) -> str:
    """Name in backticks if it needs them; leniently, a space or a dot does not."""
    pattern = _LENIENT if lenient else _PLAIN
    is_plain = pattern.fullmatch(name) and not keyword.iskeyword(name)
    return name if is_plain else f"`{name}`"


def _plain_number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


@lru_cache(maxsize=4096)
def parse_term(text: str) -> tuple[Variable, ...]:
    """Variables whose product a term is, mostly one.

    An error if a backtick or a side of a colon is missing, or a step is not a positive number.
    """
    factors = _FACTOR.findall(text)
    if ":".join(factors) != text or not text.strip():
        raise ModelError(
            f"term {text!r} cannot be read: a product is written a:b, and a name that holds a "
            "colon stands in backticks. Rename columns whose name holds a backtick."
        )
    return tuple(parse_factor(factor.strip()) for factor in factors)


def parse_factor(text: str) -> Variable:
    """Return one factor of a product; what is not a function known here is a column's name."""
    call = _CALL.fullmatch(text)
    if call is None or (call[3] is not None) != (call[1] == "per"):
        is_quoted = len(text) > 2 and text[0] == text[-1] == "`"
        return Variable(text[1:-1] if is_quoted else text)
    function, name, step = call.groups()
    column = name.strip("`")
    if function != "per":
        return Variable(column, function)
    try:
        size = float(step)
    except ValueError:
        size = np.nan
    if not 0 < size < np.inf:
        raise ModelError(
            f"the step of {text!r} is {step}, not a positive number: per(x, 10) is x in tens."
        )
    return Variable(column, function, size)


def replace_quoted(text: str) -> tuple[str, dict[str, str]]:
    """Text with a plain stand-in for each name in backticks, and the names by stand-in."""
    names = list(dict.fromkeys(_QUOTED.findall(text)))
    replaced = _QUOTED.sub(lambda found: f"_quoted_{names.index(found[1])}", text)
    return replaced, {f"_quoted_{k}": name for k, name in enumerate(names)}


def only_variable(text: str) -> Variable:
    """Return the variable of a term that is not a product."""
    first, *others = parse_term(text)
    if others:
        raise ModelError(
            f"{text!r} is a product where one column is needed. Derive it first, as in "
            "counties.assign(product=counties['a'] * counties['b'])."
        )
    return first


def normal_text(text: str) -> str:
    """Return a term written the one way in which results and specs name it."""
    return ":".join(variable.text for variable in parse_term(text))


def formula_text(text: str) -> str:
    """Return a term as it is written in a formula."""
    return ":".join(variable.formula for variable in parse_term(text))


def bare_name(text: str) -> str:
    """Name of a term of one variable in results: `x` for `C(x)`, otherwise its text."""
    return only_variable(text).name


def columns_of(texts: Iterable[str]) -> list[str]:
    """Columns that terms read, in order, without repeats."""
    found = (variable.column for text in texts for variable in parse_term(text))
    return list(dict.fromkeys(found))


def term_of(terms: Iterable[str], column: str) -> str:
    """Return the one of several terms that reads a column alone, `per(x, 10)` for `x`."""
    found = {columns_of([one])[0]: one for one in terms if len(parse_term(one)) == 1}
    if column not in found:
        raise ModelError(
            f"no term of column {column!r}. There are terms of: {', '.join(found)}. Choose one of "
            "these, or add a term to the formula."
        )
    return found[column]
