"""What a model is asked (`ModelSpec`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from coopanalysis.errors import ModelError
from coopanalysis.models.terms import Variable, formula_text, normal_text, only_variable, parse_term

Family = Literal["ols", "logit", "ordered_logit", "poisson", "negbin", "fractional_logit"]
FAMILIES: tuple[Family, ...] = get_args(Family)
Vcov = Literal["iid", "HC1", "HC2", "HC3", "CR1", "CR2", "CR3", "conley"]
VCOVS: tuple[Vcov, ...] = get_args(Vcov)
CLUSTERED: tuple[Vcov, ...] = ("CR1", "CR2", "CR3")
LIKELIHOOD_VCOVS: tuple[Vcov, ...] = ("iid", "HC1", "CR1")


@dataclass(frozen=True)
class ModelSpec:
    """One model, declared as data; parts that contradict each other are errors.

    Attributes
    ----------
    outcome : str
        Term on the left-hand side: a column, `log(x)`, `log2(x)` or `per(x, step)`.
    treatment : str
        Term whose association with the outcome is asked for: as for the outcome, or `C(name)`,
        which takes a numeric column as categories, so that a score becomes one term per value.
    controls : tuple of str
        Further terms, products `a:b` among them. Text, category and truth columns become
        indicators.
    family : Family
        `ols`, `logit`, `ordered_logit`, `poisson` (quasi-maximum likelihood), `negbin` (NB2) or
        `fractional_logit` (outcome a share in 0 to 1).
    fixed_effects : tuple of str
        Columns whose every value has its own level. Absorbed exactly for `ols` and `poisson`,
        indicator columns for the others.
    exposure : str, optional
        Column of persons (or another measure of size) at risk, whose log enters with coefficient 1.
    weights : str, optional
        Column of weights, not negative. Their unit does not matter: likelihoods take them with mean
        one. Only whole weights of `ordered_logit` count units, each row as so many.
    vcov : Vcov
        How standard errors are computed; see `coopanalysis.models.linear.covariance`.
    cluster : str, optional
        Column of clusters; needed by, and only used by, those of `CLUSTERED`.
    sample : str, optional
        Expression over columns that says which rows are asked about, as for `DataFrame.query`.
    coordinates, distance_km : tuple of str, float, optional
        Latitude and longitude columns in degrees, and where the kernel of `conley` ends, in km.
    """

    outcome: str
    treatment: str
    controls: tuple[str, ...] = ()
    family: Family = "ols"
    fixed_effects: tuple[str, ...] = ()
    exposure: str | None = None
    weights: str | None = None
    vcov: Vcov = "HC1"
    cluster: str | None = None
    sample: str | None = None
    coordinates: tuple[str, str] | None = None
    distance_km: float | None = None

    def __post_init__(self) -> None:
        for name in ("outcome", "treatment"):
            object.__setattr__(self, name, only_variable(getattr(self, name)).text)
        for name in ("controls", "fixed_effects"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise ModelError(f"{name} must be a tuple of column names, not {value!r}.")
            object.__setattr__(self, name, tuple(map(normal_text, value)))
        _check_choices(self)
        _check_roles(self)

    @property
    def formula(self) -> str:
        """The terms as a formula: `outcome ~ treatment + controls | fixed effects`."""
        right = " + ".join(map(formula_text, (self.treatment, *self.controls)))
        effects = " + ".join(map(formula_text, self.fixed_effects))
        return f"{formula_text(self.outcome)} ~ {right}" + (f" | {effects}" if effects else "")

    @property
    def is_crossed(self) -> bool:
        """Whether a product holds the treatment, so that its coefficient is not all there is."""
        treated = only_variable(self.treatment)
        return any(treated in parse_term(control) for control in self.controls)


def _check_choices(spec: ModelSpec) -> None:
    if spec.family not in FAMILIES:
        raise ModelError(f"family {spec.family!r} is not known. Choose from {', '.join(FAMILIES)}.")
    if spec.vcov not in VCOVS:
        raise ModelError(f"vcov {spec.vcov!r} is not known. Choose from {', '.join(VCOVS)}.")
    if spec.family != "ols" and spec.vcov not in LIKELIHOOD_VCOVS:
        raise ModelError(
            f"vcov {spec.vcov} is only defined for ols here; for {spec.family} choose from "
            f"{', '.join(LIKELIHOOD_VCOVS)}."
        )
    if (spec.cluster is not None) != (spec.vcov in CLUSTERED):
        raise ModelError(
            f"vcov {spec.vcov} and cluster {spec.cluster!r} do not go together: "
            f"{', '.join(CLUSTERED)} need a cluster column, the others take none."
        )
    if spec.vcov == "conley" and (spec.coordinates is None or not (spec.distance_km or 0) > 0):
        raise ModelError(
            "vcov conley needs coordinates=(latitude, longitude) and a positive distance_km."
        )
    if spec.exposure is not None and spec.family not in ("poisson", "negbin"):
        raise ModelError(f"exposure belongs to poisson and negbin, not to {spec.family}.")


def _check_roles(spec: ModelSpec) -> None:
    outcome = only_variable(spec.outcome)
    effects = [only_variable(name) for name in spec.fixed_effects]
    for variable, place in [(outcome, "outcome"), *((each, "fixed effect") for each in effects)]:
        if variable.function == "C" if place == "outcome" else variable.function not in ("", "C"):
            raise ModelError(f"{variable.text} cannot be the {place}: name the column itself.")
    if outcome.function and spec.family == "ordered_logit":
        raise ModelError(f"ordered_logit takes levels as they are, not {outcome.text}.")
    terms = [parse_term(text) for text in (spec.treatment, *spec.controls)]
    columns = [variable.column for term in terms for variable in term]
    if outcome.column in [*columns, *(each.column for each in effects)]:
        raise ModelError(
            f"column {outcome.column!r} is both the outcome and on the right-hand side."
        )
    alone = [term[0].column for term in terms if len(term) == 1]
    alone += [each.column for each in effects]
    repeated = [name for name in alone if alone.count(name) > 1]
    products = [frozenset(term) for term in terms if len(term) > 1]
    repeated += [":".join(each.text for each in t) for t in products if products.count(t) > 1]
    if repeated:
        raise ModelError(
            f"column(s) {', '.join(sorted(set(repeated)))} stand more than once among treatment, "
            "controls and fixed effects. Name each once."
        )
    _check_forms(terms)


def _check_forms(terms: list[tuple[Variable, ...]]) -> None:
    """Raise if a product is of one column, or a column enters in two forms.

    What goes together with a term could not be read from one coefficient then.
    """
    forms: dict[str, Variable] = {}
    for term in terms:
        if len({variable.column for variable in term}) < len(term):
            text = ":".join(variable.text for variable in term)
            raise ModelError(f"{text} is a product of a column with itself. Derive it first.")
        for variable in term:
            known = forms.setdefault(variable.column, variable)
            if known != variable:
                raise ModelError(
                    f"column {variable.column!r} enters as {known.text} and as {variable.text}. "
                    "Use one form, or derive the other as a column first."
                )
