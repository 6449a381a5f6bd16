"""Formulas of the field, `y ~ x + controls | fixed effects`, read into a `ModelSpec`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from coopanalysis.errors import ModelError, UsageError
from coopanalysis.models.spec import Family, ModelSpec, Vcov
from coopanalysis.models.terms import Variable, parse_factor, parse_term, replace_quoted

if TYPE_CHECKING:
    from formulaic.parser import DefaultFormulaParser

OPERATORS = ("~", "|", "+", "*", ":")
REMEDY = (
    "A formula here is `y ~ x + z | state_fips` of columns, C(x), log(x), log2(x), per(x, step), "
    "a:b and a*b, the treatment first; there is always an intercept, which fixed effects take "
    "out. Derive anything else as a column first, as in "
    "counties.assign(density=counties['population'] / counties['area'])."
)


class Options(TypedDict, total=False):
    """What a formula does not say: the fields of `ModelSpec` beside its terms."""

    family: Family
    vcov: Vcov
    cluster: str | None
    weights: str | None
    exposure: str | None
    sample: str | None
    coordinates: tuple[str, str] | None
    distance_km: float | None


OPTIONS = tuple(Options.__annotations__)


def parse_formula(text: str, **options: Unpack[Options]) -> ModelSpec:
    """Read a formula.

    Parameters
    ----------
    text : str
        `outcome ~ treatment + controls | fixed effects`. The first term on the right is the
        treatment, the one asked about. Terms are columns (in backticks if the name is more than
        letters, digits and underscores), `C(x)` for categories, `log(x)`, `log2(x)`,
        `per(x, step)` whose coefficient stands for `step` more of x, products `a:b`, and `a*b`
        for `a + b + a:b`. The outcome may be transformed too. There is always an intercept, which
        fixed effects take out.
    **options
        `family`, `vcov`, `cluster`, `weights`, `exposure`, `sample`, `coordinates` and
        `distance_km`, as for `ModelSpec`.

    Returns
    -------
    ModelSpec
        Its `formula` reads as the same spec again.

    Raises
    ------
    ModelError
        If something is not understood, or the parts contradict each other.
    UsageError
        If there is no such option.
    """
    unknown = sorted(options.keys() - set(OPTIONS))
    if unknown:
        raise UsageError(
            f"No option {', '.join(map(repr, unknown))}. There are: {', '.join(OPTIONS)}."
        )
    left, right, effects = _sides(text)
    if len(left) != 1:
        raise _not_understood(text, f"there are {len(left)} outcomes, not one")
    if len(parse_term(right[0])) > 1:
        raise _not_understood(
            text, f"the first term, {right[0]}, is a product: the treatment is one column"
        )
    return ModelSpec(
        left[0], right[0], controls=tuple(right[1:]), fixed_effects=tuple(effects), **options
    )


def _not_understood(text: str, reason: str) -> ModelError:
    return ModelError(f"formula {text!r}: {reason}. {REMEDY}")


def _sides(text: str) -> tuple[list[str], list[str], list[str]]:
    """Outcome, right-hand terms and fixed effects, as text of terms."""
    from formulaic.errors import FormulaicError  # noqa: PLC0415  (slow to import)

    # Inside a function, formulaic reads names in backticks only if they are letters.
    plain, quoted = replace_quoted(text)
    try:
        parsed = _parser().get_terms(plain)
    except (FormulaicError, SyntaxError) as error:
        said = str(error).partition("\n")[0].removesuffix(".")
        raise _not_understood(text, said) from error
    outcome, terms = getattr(parsed, "lhs", None), getattr(parsed, "rhs", None)
    if outcome is None or terms is None:
        raise _not_understood(text, "there is no `~` between outcome and treatment")
    parts = terms if isinstance(terms, tuple) else (terms,)
    if len(parts) > 2:
        raise _not_understood(text, f"there are {len(parts)} parts, and instruments are not known")

    def read(factor: Any) -> str:
        kind, said = factor.eval_method.value, factor.expr
        variable = Variable(said) if kind == "lookup" else parse_factor(said)
        if kind not in ("lookup", "python") or bool(variable.function) != (kind == "python"):
            raise _not_understood(text, f"{said!r} is not understood")
        return replace(variable, column=quoted.get(variable.column, variable.column)).text

    left, right, *rest = (
        [":".join(map(read, term.factors)) for term in part] for part in (outcome, *parts)
    )
    return left, right, rest[0] if rest else []


@cache
def _parser() -> DefaultFormulaParser:
    """Return formulaic's parser with the operators that have a meaning here."""
    from formulaic.parser import (  # noqa: PLC0415  (slow to import, needed by formulas only)
        DefaultFormulaParser,
        DefaultOperatorResolver,
    )

    class Resolver(DefaultOperatorResolver):  # type: ignore[misc]
        @property
        def operators(self) -> list[Any]:
            known = super().operators
            return [each for each in known if each.symbol in OPERATORS and each.arity == 2]

    return DefaultFormulaParser(operator_resolver=Resolver(), include_intercept=False)
