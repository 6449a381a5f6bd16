"""What a model is asked (`ModelSpec`) and what it answers (`Estimates`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coopanalysis.errors import ModelError
from coopanalysis.models.inference import inference_table

if TYPE_CHECKING:
    from coopanalysis.models.frame import Sample

Family = Literal["ols", "logit", "ordered_logit", "poisson", "negbin", "fractional_logit"]
FAMILIES: tuple[Family, ...] = get_args(Family)

Vcov = Literal["iid", "HC1", "HC2", "HC3", "CR1", "CR2", "CR3", "conley"]
VCOVS: tuple[Vcov, ...] = get_args(Vcov)
CLUSTERED: tuple[Vcov, ...] = ("CR1", "CR2", "CR3")
LIKELIHOOD_VCOVS: tuple[Vcov, ...] = ("iid", "HC1", "CR1")


@dataclass(frozen=True)
class ModelSpec:
    """One model, declared as data; nothing is computed here.

    Attributes
    ----------
    outcome : str
        Column on the left-hand side.
    treatment : str
        Column whose association with the outcome is asked for. `C(name)` takes a numeric column
        as categories, so that a score becomes one term per value.
    controls : tuple of str
        Further columns, `C(name)` allowed. Text, category and truth columns become indicators.
    family : Family
        `ols`, `logit`, `ordered_logit`, `poisson` (quasi-maximum likelihood), `negbin` (NB2) or
        `fractional_logit` (outcome a share in 0 to 1).
    fixed_effects : tuple of str
        Columns whose every value has its own level. Absorbed exactly for `ols` and `poisson`,
        indicator columns for the others.
    exposure : str, optional
        Column of persons (or another measure of size) at risk; its log enters with coefficient 1.
        `poisson` and `negbin` only.
    weights : str, optional
        Column of weights, not negative. Their unit does not matter: likelihoods take them with
        mean one. Only whole weights of `ordered_logit` count units, each row as so many.
    vcov : Vcov
        How standard errors are computed; see `coopanalysis.models.linear.covariance`.
    cluster : str, optional
        Column of clusters; needed by, and only used by, `CR1`, `CR2` and `CR3`.
    sample : str, optional
        Expression over columns that says which rows are asked about, as for `DataFrame.query`.
    interaction : str, optional
        Column that the treatment is multiplied with; its own terms are added too.
    coordinates : tuple of str, optional
        Latitude and longitude columns in degrees; `conley` only.
    distance_km : float, optional
        Distance in kilometres at which the `conley` kernel ends.

    Raises
    ------
    ModelError
        If parts contradict each other: clustered errors without a cluster, exposure in a family
        that has none, a column on both sides.
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
    interaction: str | None = None
    coordinates: tuple[str, str] | None = None
    distance_km: float | None = None

    def __post_init__(self) -> None:
        for name in ("controls", "fixed_effects"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise ModelError(f"{name} must be a tuple of column names, not {value!r}.")
            object.__setattr__(self, name, tuple(value))
        _check_choices(self)
        _check_roles(self)


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
    right = [bare_name(name) for name in (spec.treatment, *spec.controls, *spec.fixed_effects)]
    if spec.outcome in right:
        raise ModelError(f"column {spec.outcome!r} is both the outcome and on the right-hand side.")
    repeated = sorted({name for name in right if right.count(name) > 1})
    if repeated:
        raise ModelError(
            f"column(s) {', '.join(repeated)} stand more than once among treatment, controls and "
            "fixed effects. Name each once."
        )
    if spec.interaction is not None and bare_name(spec.interaction) == spec.outcome:
        raise ModelError(f"column {spec.outcome!r} is both the outcome and the interaction.")
    if spec.interaction is not None and bare_name(spec.interaction) == bare_name(spec.treatment):
        raise ModelError(f"the treatment {spec.treatment!r} cannot interact with itself.")


def bare_name(term: str) -> str:
    """Column name inside `C(name)`, or the name itself."""
    return term[2:-1] if term.startswith("C(") and term.endswith(")") else term


@dataclass(frozen=True)
class Estimates:
    """What `fit` returns: frozen, with everything a table, figure or effect needs.

    Attributes
    ----------
    spec : ModelSpec
        The question.
    params : Series
        Every coefficient by term, in the unit of the linear index; absorbed effects are not here,
        indicator columns of fixed effects and the cut points of `ordered_logit` are.
    covariance : DataFrame
        Covariance of `params` by the spec's `vcov`.
    df : Series
        Degrees of freedom of each coefficient's t distribution; infinite means normal.
    shown : tuple of str
        Terms that `table` shows: all but cut points and fixed effects.
    n_obs : int
        Rows used.
    n_clusters : int or None
        Clusters used, if errors are clustered.
    n_missing : mapping of str to int
        Rows of the asked sample in which the column is missing; a row can count in several.
    notes : tuple of str
        What was dropped and why, absorbed terms, few clusters, conventions.
    statistics : mapping of str to float
        Figures of the fit as a whole: `r_squared`, `log_likelihood`, `theta`, ...
    sample : Sample
        Rows used, as arrays, with the design; for effects, residuals and diagnostics.
    index : array
        Linear index of each row used, offset and absorbed effects included.
    scores : array, shape (n, number of params)
        Score of each row used; empty for spatial models.
    bread : array, shape (number of params, number of params)
        Inverse of the information, so that scores times bread is what each row adds to the error
        of each coefficient.
    turn, centred : array, shape (number of params, number of params)
        `covariance` is `turn @ centred @ turn.T`: `centred` is that of the model in columns about
        their means, from which errors of combinations lose no digits. None for spatial models.
    """

    spec: ModelSpec
    params: pd.Series
    covariance: pd.DataFrame
    df: pd.Series
    shown: tuple[str, ...]
    n_obs: int
    n_clusters: int | None
    n_missing: Mapping[str, int]
    notes: tuple[str, ...]
    statistics: Mapping[str, float]
    sample: Sample = field(repr=False)
    index: NDArray[np.float64] = field(repr=False)
    scores: NDArray[np.float64] = field(repr=False)
    bread: NDArray[np.float64] = field(repr=False)
    turn: NDArray[np.float64] | None = field(default=None, repr=False)
    centred: NDArray[np.float64] | None = field(default=None, repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row per term: `term, estimate, std_error, statistic, p_value, conf_low, conf_high,
        n_obs, n_clusters`; 95 % intervals."""  # noqa: D205, D209
        shown = list(self.shown)
        place = self.params.index.get_indexer(pd.Index(shown))
        return inference_table(
            shown,
            self.params.to_numpy()[place],
            np.sqrt(np.diag(self.covariance.to_numpy())[place]),
            self.df.to_numpy()[place],
            n_obs=self.n_obs,
            n_clusters=self.n_clusters,
        )
