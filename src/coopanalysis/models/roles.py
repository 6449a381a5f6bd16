"""What outcome, exposure, weights, clusters and shared survey estimates have to be like."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from coopanalysis.catalog.tables import SHARED_BY
from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, Ints, is_constant
from coopanalysis.models.design import Columns, Factor, read_column
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import Variable, only_variable

FEW_CLUSTERS = 40
FEW_TREATED = 6
LARGEST = 1e60


def check_numeric(spec: ModelSpec, kept: pd.DataFrame) -> None:
    """Raise if weights, exposure or coordinates are not numbers, or no place on earth has them."""
    for name in (spec.weights, spec.exposure, *(spec.coordinates or ())):
        if name is not None and not pd.api.types.is_numeric_dtype(kept[name]):
            raise ModelError(
                f"column {name!r} is {kept[name].dtype}, not numeric: weights, exposure and "
                "coordinates need numbers."
            )
    if spec.coordinates is None:
        return
    for name, limit in zip(spec.coordinates, (90.0, 360.0), strict=True):
        outside = int((kept[name].abs() > limit).sum())
        if outside:
            raise ModelError(
                f"coordinate {name!r} is beyond {limit:g} degrees in {outside} rows: give "
                "coordinates=(latitude, longitude), in this order."
            )


def check_sizes(outcome: str, values: Floats, columns: Columns, weights: Floats | None) -> None:
    """Raise if outcome, columns or weights are of a size whose powers are beyond double precision.

    Squares of 1e160 are infinite and those of 1e-200 zero, and errors take fourth powers.
    """
    numbers = {name: each for name, each in columns.items() if not isinstance(each, Factor)}
    for name, each in {"weights": weights, **numbers, outcome: values}.items():
        largest = 0.0 if each is None else float(np.abs(each).max())
        if largest and not 1 / LARGEST < largest < LARGEST:
            raise ModelError(
                f"values of {name!r} are of the size {largest:.0e}, of which double precision "
                f"holds no powers. Give it in a unit between {1 / LARGEST:.0e} and {LARGEST:.0e}."
            )


def read_outcome(
    spec: ModelSpec, kept: pd.DataFrame, notes: list[str]
) -> tuple[Floats, tuple[object, ...]]:
    """Outcome as numbers that suit the family, and the levels of an ordered one."""
    column = only_variable(spec.outcome).column
    if spec.family == "ordered_logit":
        if pd.api.types.is_string_dtype(kept[column].dtype):
            raise ModelError(
                f"outcome {spec.outcome!r} is text, whose order is the alphabet's. Give numbers, "
                "or pandas.Categorical with the categories in order."
            )
        factor = read_column(kept, Variable(column, "C").text)
        assert isinstance(factor, Factor)
        if len(factor.levels) < 3:
            raise ModelError(
                f"outcome {spec.outcome!r} has {len(factor.levels)} levels in the rows used; "
                "ordered_logit needs three. Use logit for two."
            )
        notes.append(f"{spec.outcome}: in the order {' < '.join(map(str, factor.levels))}.")
        return factor.codes.astype(float), factor.levels
    if not pd.api.types.is_numeric_dtype(kept[column]):
        raise ModelError(f"outcome {spec.outcome!r} is not numeric; {spec.family} needs numbers.")
    outcome = read_column(kept, spec.outcome)
    assert not isinstance(outcome, Factor)
    if is_constant(outcome):
        raise ModelError(
            f"outcome {spec.outcome!r} is {outcome[0]:g} in all {len(outcome)} rows used: "
            "there is nothing to explain."
        )
    _check_range(spec, outcome)
    return outcome, ()


def _check_range(spec: ModelSpec, outcome: Floats) -> None:
    rules = {
        "logit": (~np.isin(outcome, (0.0, 1.0)), "is neither 0 nor 1"),
        "fractional_logit": ((outcome < 0) | (outcome > 1), "is not within 0 to 1"),
        "poisson": (outcome < 0, "is negative"),
        "negbin": ((outcome < 0) | (outcome != np.floor(outcome)), "is not a count"),
    }
    bad, words = rules.get(spec.family, (np.zeros(1, dtype=bool), ""))
    if bad.any():
        raise ModelError(
            f"outcome {spec.outcome!r} {words} in {int(bad.sum())} rows, which {spec.family} "
            "cannot take."
        )


def read_offset(spec: ModelSpec, kept: pd.DataFrame) -> Floats:
    """Log of exposure, or zeros."""
    if spec.exposure is None:
        return np.zeros(len(kept))
    exposure = kept[spec.exposure].to_numpy(dtype=float)
    bad = int((exposure <= 0).sum())
    if bad:
        raise ModelError(
            f"exposure {spec.exposure!r} is zero or negative in {bad} rows: a rate without "
            f"anybody at risk. Leave them out with sample='{spec.exposure} > 0'."
        )
    return np.asarray(np.log(exposure))


def read_weights(spec: ModelSpec, kept: pd.DataFrame, notes: list[str]) -> Floats | None:
    """Weights; those of a likelihood with mean one, so that their unit does not move `iid` errors.

    Whole weights of an ordered logit count units, as in a table of answers, and stay as they are.
    """
    if spec.weights is None:
        return None
    weights = kept[spec.weights].to_numpy(dtype=float)
    if spec.family == "ols":
        return weights
    if spec.family == "ordered_logit" and (weights == np.floor(weights)).all():
        if spec.vcov == "iid":
            notes.append(
                f"{spec.weights}: whole weights count units, {weights.sum():,.0f} in all, and iid "
                "errors are those of so many. Divide weights that are no counts by their mean."
            )
        return weights
    return np.asarray(weights / weights.mean())


def read_clusters(
    spec: ModelSpec, kept: pd.DataFrame, notes: list[str]
) -> tuple[Ints | None, tuple[object, ...]]:
    """Clusters from the rows used, and a note where they are few."""
    if spec.cluster is None:
        return None, ()
    codes, groups = pd.factorize(kept[spec.cluster])
    if len(groups) < 2:
        raise ModelError(
            f"cluster {spec.cluster!r} has one value in the rows used: errors between clusters "
            "cannot be told from one cluster. Use HC1 or HC3, or another cluster."
        )
    if len(groups) < FEW_CLUSTERS:
        advice = (
            "set the wild cluster bootstrap beside CR2."
            if spec.vcov == "CR2"
            else f"{spec.vcov} can understate the error: set CR2 and the wild cluster bootstrap "
            "beside it."
        )
        notes.append(
            f"few clusters: {len(groups)} values of {spec.cluster} (fewer than {FEW_CLUSTERS}); "
            f"{advice}"
        )
    return codes.astype(np.int64), tuple(groups)


def note_few_treated(
    treatment: str, columns: Columns, clusters: Ints | None, notes: list[str]
) -> None:
    """Note a treatment that hardly any cluster or row has, or hardly any lacks.

    Errors of any kind then understate: of one treated they say nothing, its residual being zero.
    """
    values = columns[treatment]
    if isinstance(values, Factor) or not np.isin(values, (0.0, 1.0)).all():
        return
    units = np.arange(len(values)) if clusters is None else clusters
    with_it, without = (len(np.unique(units[values == value])) for value in (1, 0))
    few = min(with_it, without)
    if few >= FEW_TREATED:
        return
    words = f"{int(units.max()) + 1} {'has' if with_it <= without else 'lacks'} {treatment}"
    if clusters is None:
        said = "Robust errors understate; ask a permutation."
    else:
        said = (
            "Clustered errors, CR2 among them, understate; ask the wild cluster bootstrap or a "
            "permutation."
        )
    notes.append(
        f"few treated {'rows' if clusters is None else 'clusters'}: {few} of {words}. {said}"
    )


YEAR = "year"
STATES = ("state_fips", "state", "state_abbr")
"""Columns of states: no survey area crosses their borders."""


def check_shared(names: Iterable[str], kept: pd.DataFrame, cluster: str | None) -> None:
    """Raise if a column is one estimate for several rows, and errors are not clustered by it.

    Clusters have to hold each survey area as a whole: its column, which the catalog names, or a
    coarser one such as the state. `names` are the columns of the model other than its clusters.
    """
    for name in names:
        area = SHARED_BY.get(name)
        if area is None or cluster in (area, *STATES):
            continue
        remedy = f"Cluster by it: vcov='CR1', cluster={area!r}, or by the state."
        if area not in kept:
            raise ModelError(
                f"column {name!r} is one survey estimate for all counties of an area, and the "
                f"frame lacks the column {area!r} that tells which. Keep that column. {remedy}"
            )
        keys = [area, YEAR] if YEAR in kept else [area]
        n_areas = _count(kept, keys)
        if cluster is not None and _count(kept, [*keys, cluster]) == n_areas:
            continue
        if n_areas < len(kept):
            raise ModelError(
                f"column {name!r} is one survey estimate for all counties of an area: the "
                f"{len(kept)} rows used hold {n_areas} of them, told by {area!r}. Errors "
                f"{_words(cluster)} would count each several times. {remedy}"
            )


def _count(kept: pd.DataFrame, names: list[str]) -> int:
    return int((~kept.duplicated(names)).sum())


def with_areas(names: Iterable[str], frame: pd.DataFrame) -> list[str]:
    """Names, and columns of the frame that tell which rows share the estimates of these columns."""
    given = list(names)
    areas = [SHARED_BY[name] for name in given if name in SHARED_BY]
    wanted = [*areas, YEAR] if areas else []
    return list(dict.fromkeys([*given, *(name for name in wanted if name in frame.columns)]))


def _words(cluster: str | None) -> str:
    return f"clustered by {cluster!r}" if cluster else "without clusters"
