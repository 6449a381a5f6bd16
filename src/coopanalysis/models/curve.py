"""A specification curve whose choices are data, each with its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.specification import choices_of, specification_curve

Dimension = str | tuple[str, ...]
SPEC = "spec"
"""Column with the model that a combination of choices makes."""


@dataclass(frozen=True)
class Curve:
    """All specifications with their choices by name.

    Attributes
    ----------
    table : DataFrame, one row per specification, smallest estimate first
        Result columns, one column per name in `dimensions`, and `is_main`.
    failures : DataFrame
        Choices by name of specifications that could not be estimated, with `reason`.
    summary : mapping
        Of `SpecificationCurve`.
    choices : mapping of str to sequence of str
        Names of the choices of each dimension, in the order declared.
    within : str or None
        Column within whose values treatments were dealt out.
    """

    table: pd.DataFrame
    failures: pd.DataFrame
    summary: Mapping[str, float]
    choices: Mapping[str, Sequence[str]]
    within: str | None = None


def cross_choices(
    spec: ModelSpec, choices: Mapping[Dimension, Mapping[Dimension, Mapping[str, Any]]]
) -> pd.DataFrame:
    """Combine choices, each of which changes parts of one model.

    Parameters
    ----------
    spec : ModelSpec
        The model that is changed.
    choices : mapping of dimension to mapping of name to parts
        For example `{"Weights": {"Equal": {}, "By residents": {"weights": "population"}}}`: parts
        are fields of `ModelSpec`. Where one part is several choices, dimension and names are
        tuples of equal length: `{("Year", "Tails"): {("2021", "cut"): {"outcome": "y_2021"}}}`.

    Returns
    -------
    DataFrame, one row per combination
        One column of names per dimension, and `spec`.

    Raises
    ------
    ModelError
        If a dimension has no choice, or a combination contradicts itself.
    """
    empty = [_several(name) for name, values in choices.items() if not values]
    if empty:
        raise ModelError(f"no choice for {empty[0][0]!r}: leave the dimension out.")
    names = [one for dimension in choices for one in _several(dimension)]
    rows = []
    for chosen in product(*(values.items() for values in choices.values())):
        labels = [one for label, _ in chosen for one in _several(label)]
        parts = {field: value for _, fields in chosen for field, value in fields.items()}
        rows.append([*labels, replace(spec, **parts)])
    return pd.DataFrame(rows, columns=[*names, SPEC])


def draw_curve(
    specs: pd.DataFrame,
    frame: pd.DataFrame,
    main: ModelSpec,
    *,
    n_permutations: int = 0,
    within: str | None = None,
) -> Curve:
    """Estimate every combination of choices, and test them together by permutation.

    Parameters
    ----------
    specs : DataFrame
        From `cross_choices`; several may be put below each other.
    frame : DataFrame
        The data.
    main : ModelSpec
        The model to mark among them, whatever its errors. A specification whose outcome is another
        column with the same values is taken as the same.
    n_permutations, within
        As for `specification_curve`.

    Raises
    ------
    ModelError
        If two combinations make the same model but for its errors, or as `specification_curve`.
    """
    dimensions = [str(name) for name in specs if name != SPEC]
    models = list(specs[SPEC])
    made = choices_of(models)
    if made.duplicated().any():
        raise ModelError(
            f"{int(made.duplicated().sum())} combinations of choices make a model that another "
            "makes too, but perhaps for its errors: leave out choices that change no estimate."
        )
    found = specification_curve(models, frame, n_permutations=n_permutations, within=within)
    same = {main.outcome}
    if main.outcome in frame:
        columns = {one.outcome for one in models} & {str(name) for name in frame}
        same |= {name for name in columns if frame[name].equals(frame[main.outcome])}
    like: dict[str, Any] = {n: getattr(main, n) for n in ("outcome", "vcov", "cluster")}
    is_main = [one.outcome in same and replace(one, **like) == main for one in models]
    key = list(made)
    named = made.join(specs[dimensions].reset_index(drop=True)).assign(is_main=is_main)
    table = found.table.merge(named, on=key, how="left", validate="1:1")
    failures = found.failures.merge(named, on=key, how="left", validate="1:1")
    return Curve(
        table=table.drop(columns=["term", *key]),
        failures=failures[[*dimensions, "reason"]],
        summary=found.summary,
        choices={name: list(dict.fromkeys(specs[name])) for name in dimensions},
        within=within,
    )


def _several(name: Dimension) -> tuple[str, ...]:
    return name if isinstance(name, tuple) else (name,)
