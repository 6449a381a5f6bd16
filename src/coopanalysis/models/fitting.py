"""From a formula, `y ~ x + controls | fixed effects`, or a spec to what fits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypedDict, Unpack

import pandas as pd

from coopanalysis.errors import ModelError, UsageError
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.glm import fit_glm
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.ordered import fit_ordered_logit
from coopanalysis.models.poisson import fit_poisson_effects
from coopanalysis.models.sample import Sample, build_sample
from coopanalysis.models.spec import Family, ModelSpec, Vcov
from coopanalysis.models.terms import Variable, parse_factor, parse_term, replace_quoted

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
        letters, digits and underscores), `C(x)` for categories, `log(x)`, `log2(x)`, `per(x, step)`
        whose coefficient stands for `step` more of x, products `a:b`, and `a*b` for `a + b + a:b`.
        The outcome may be transformed too. There is always an intercept, which fixed effects take
        out.
    **options
        `family`, `vcov`, `cluster`, `weights`, `exposure`, `sample`, `coordinates` and
        `distance_km`, as for `ModelSpec`. Another is a `UsageError`.

    Returns
    -------
    ModelSpec
        Its `formula` reads as the same spec again.
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
def _parser() -> Any:
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


def fit(model: str | ModelSpec, frame: pd.DataFrame, **options: Unpack[Options]) -> Estimates:
    """Estimate a model on the complete rows of a frame.

    Parameters
    ----------
    model : str or ModelSpec
        The question: a formula such as `"rate ~ policy + log2(population) | state_fips"`, whose
        first term on the right is the one asked about, or a spec.
    frame : DataFrame
        Any frame that holds the columns named; its order and index do not matter.
    **options
        With a formula: those of `parse_formula`.

    Raises
    ------
    ModelError
        If nothing is left to explain, the treatment cannot be told from the controls, the outcome
        is separated, there is one cluster, or the formula is not understood. The message names the
        column and what to do.
    """
    spec = as_spec(model, **options)
    return _fit_sample(spec, build_sample(spec, frame))


def fit_each(
    designs: Mapping[str, str | ModelSpec], frame: pd.DataFrame, **options: Unpack[Options]
) -> dict[str, Estimates]:
    """Estimate several designs on one frame, each on its own complete rows.

    Parameters
    ----------
    designs : mapping of str to str or ModelSpec
        Formula or spec by the name of the design, which errors name.
    frame, **options
        As for `fit`; options go to every formula.
    """
    found = {}
    for name, model in designs.items():
        try:
            found[name] = fit(model, frame, **options)
        except ModelError as error:
            raise ModelError(f"design {name!r}: {error}") from error
    return found


def as_spec(model: str | ModelSpec, **options: Unpack[Options]) -> ModelSpec:
    """Return the spec of a formula, or a spec as it is, beside which options are an error."""
    if isinstance(model, str):
        return parse_formula(model, **options)
    if options:
        raise ModelError(
            f"{', '.join(options)} cannot be given beside a ModelSpec, which says them itself. "
            "Use dataclasses.replace, or a formula."
        )
    return model


def with_errors(estimates: Estimates, vcov: Vcov) -> Estimates:
    """Estimate the same model on the same rows and clusters with another type of error."""
    return _fit_sample(replace(estimates.spec, vcov=vcov), estimates.sample)


def _fit_sample(spec: ModelSpec, sample: Sample) -> Estimates:
    if spec.family == "ols":
        return fit_ols(spec, sample)
    if spec.family == "ordered_logit":
        return fit_ordered_logit(spec, sample)
    if spec.family == "poisson" and sample.effects:
        return fit_poisson_effects(spec, sample)
    return fit_glm(spec, sample)
