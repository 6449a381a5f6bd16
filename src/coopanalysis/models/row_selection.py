"""Which rows of a frame a model uses, and the reason for each that it does not."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Bools
from coopanalysis.models.design import read_column
from coopanalysis.models.roles import check_numeric, with_areas
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import only_variable, replace_quoted

UNREADABLE = (
    pd.errors.UndefinedVariableError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    NotImplementedError,
)
"""What a sample rule that makes no sense raises."""
_ASKS_MISSING = ("isna", "isnull", "notna", "notnull")


@dataclass(frozen=True)
class RowsUsed:
    """Rows of a frame that a model uses, and what is to be said of the others.

    `unused` has the labels of rows not used, each once, by reason; `n_missing` the missing values
    by column among the rows that the sample rule asks about.
    """

    kept: pd.DataFrame
    n_missing: Mapping[str, int]
    unused: Mapping[str, pd.Index]
    notes: list[str]


def choose_rows(spec: ModelSpec, frame: pd.DataFrame, names: Sequence[str]) -> RowsUsed:
    """Rows a sample rule asks about that have all values, a weight, and a finite effect of groups.

    `names` are the columns that the model reads. Errors are those of `build_sample`.
    """
    read = with_areas(names, frame)
    check_columns(frame, read)
    if frame.empty:
        raise ModelError("the frame has no rows. Look at the subset that was taken of it.")
    notes: list[str] = []
    unused: dict[str, pd.Index] = {}
    # By position: a list of names takes as long as there are columns, of which a model reads few.
    places: list[Any] = [frame.columns.get_loc(name) for name in read]
    asked = frame.take(places, axis=1)
    if spec.sample is not None:
        asked = asked[follow_rule(spec.sample, frame, notes, unused)]
    columns = {name: asked[name] for name in names}
    suspect = {name: each for name, each in columns.items() if not _is_complete(each)}
    missing = {name: each.isna().to_numpy() for name, each in suspect.items()}
    n_missing = {name: int(flags.sum()) for name, flags in missing.items() if flags.any()}
    kept = asked
    if n_missing:
        unused |= _first_missing(missing, asked.index)
        kept = asked[~np.logical_or.reduce([missing[name] for name in n_missing])]
        counts = ", ".join(f"{count:,} in {name}" for name, count in n_missing.items())
        notes.append(
            f"{len(asked) - len(kept):,} of {len(asked):,} rows dropped for missing values "
            f"({counts})."
        )
    if kept.empty:
        raise ModelError(
            f"no row has values in all of {', '.join(names)}. {' '.join(notes)} Take another "
            "column, or other rows."
        )
    # Numbers in a column of objects are numbers, not categories.
    if any(pd.api.types.is_object_dtype(kind) for kind in kept.dtypes):
        kept = kept.infer_objects()
    check_numeric(spec, kept)
    for reason, find in (
        ("of weight zero", _find_weighted),
        ("of groups that tell nothing", _find_decided_groups),
    ):
        stays = find(spec, kept, notes)
        if not stays.all():
            unused[reason], kept = kept.index[~stays], kept[stays]
    check_finite(kept, suspect)
    return RowsUsed(kept, n_missing, unused, notes)


def follow_rule(
    rule: str, frame: pd.DataFrame, notes: list[str], unused: dict[str, pd.Index]
) -> Bools:
    """Tell which rows a sample rule asks about; labels of the others, by reason, and a note."""
    chosen = read_rule(rule, frame)
    unknown = chosen.isna().to_numpy()
    asked = chosen.to_numpy(dtype=bool, na_value=False)
    note = f"sample rule {rule!r} keeps {asked.sum()} of {len(frame)} rows"
    if unknown.any():
        note += f"; for {unknown.sum()} it cannot be told, and they are left out"
    notes.append(f"{note}.")
    flags = {
        "outside the sample rule": ~(asked | unknown),
        "for which the sample rule cannot be told": unknown,
    }
    unused.update({reason: frame.index[flag] for reason, flag in flags.items() if flag.any()})
    return asked


def apply_rule(rule: str | None, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows that a sample rule, if there is one, asks about."""
    return frame if rule is None else frame[follow_rule(rule, frame, [], {})]


def read_rule(rule: str, frame: pd.DataFrame) -> pd.Series:
    """Evaluate a rule such as `quality != 3 and state not in ["TX"]`, as `DataFrame.eval` does.

    Missing where a column of the rule is, which pandas takes as unlike every number, so that
    `quality != 3` kept it; columns asked about with `isna()` or `notna()` are taken as they are.
    """
    try:
        named, needed = _columns_named(rule, frame)
        # Evaluation takes as long as there are columns, of which a rule names few.
        chosen = pd.Series(frame[named].eval(rule), index=frame.index).astype("boolean")
    except UNREADABLE as error:
        raise ModelError(
            f"sample rule {rule!r} cannot be read as true or false by row: {error}"
        ) from error
    return chosen.mask(frame[needed].isna().any(axis=1)) if needed else chosen


def _columns_named(rule: str, frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Columns that a rule names, and those of them without whose value it cannot be told."""
    text, quoted = replace_quoted(rule)
    nodes = list(ast.walk(ast.parse(text.strip(), mode="eval")))
    exempt = {
        node.value.id
        for node in nodes
        if isinstance(node, ast.Attribute) and node.attr in _ASKS_MISSING
        if isinstance(node.value, ast.Name)
    }
    names = dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name))
    columns = {name: quoted.get(name, name) for name in names}
    known = {name: column for name, column in columns.items() if column in frame.columns}
    needed = dict.fromkeys(column for name, column in known.items() if name not in exempt)
    return list(dict.fromkeys(known.values())), list(needed)


def check_columns(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise a `ModelError` naming columns that are not there, or there twice, and the nearest."""
    wanted = list(names)
    absent = [name for name in wanted if name not in frame.columns]
    if not absent:
        repeated = set(frame.columns[frame.columns.duplicated()]) & set(wanted)
        if repeated:
            raise ModelError(
                f"the frame has more than one column {', '.join(sorted(map(repr, repeated)))}. "
                "Rename or drop the others."
            )
        return
    known = [str(name) for name in frame.columns]
    hints = []
    for name in absent:
        near = difflib.get_close_matches(name, known, n=3)
        hints.append(f"{name!r}" + (f" (nearest: {', '.join(near)})" if near else ""))
    raise ModelError(f"the frame has no column {', '.join(hints)}. Check the spelling.")


def _is_complete(column: pd.Series) -> bool:
    """Whether a column certainly has neither missing nor infinite values, told cheaply."""
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
    return kind in "iub" or (kind == "f" and bool(np.isfinite(column.to_numpy().sum())))


def _first_missing(missing: Mapping[str, Bools], labels: pd.Index) -> dict[str, pd.Index]:
    """Labels of rows by the first column without a value, so that each is there once."""
    found: dict[str, pd.Index] = {}
    seen = np.zeros(len(labels), dtype=bool)
    for name, flags in missing.items():
        first = flags & ~seen
        if first.any():
            found[f"missing {name}"] = labels[first]
        seen |= flags
    return found


def _find_weighted(spec: ModelSpec, kept: pd.DataFrame, notes: list[str]) -> Bools:
    """Tell which rows have a weight above zero."""
    if spec.weights is None:
        return np.ones(len(kept), dtype=bool)
    weights = kept[spec.weights].to_numpy(dtype=float)
    if (weights < 0).any():
        raise ModelError(
            f"weights {spec.weights!r} are negative in {int((weights < 0).sum())} rows. "
            "Weights are zero or more."
        )
    zero = int((weights == 0).sum())
    if zero:
        notes.append(f"{zero:,} rows dropped because their weight {spec.weights!r} is zero.")
    if zero == len(kept):
        raise ModelError(f"every weight in {spec.weights!r} is zero; nothing is left to fit.")
    return weights > 0


def _find_decided_groups(spec: ModelSpec, kept: pd.DataFrame, notes: list[str]) -> Bools:
    """Tell rows of groups with a finite effect: not only zeros (counts), not all alike (logit)."""
    words = {"poisson": "only zeros", "negbin": "only zeros", "logit": "one outcome only"}
    stays = np.ones(len(kept), dtype=bool)
    is_number = pd.api.types.is_numeric_dtype(kept[only_variable(spec.outcome).column])
    if not spec.fixed_effects or spec.family not in words or not is_number:
        return stays
    while stays.any():
        rows = kept[stays]
        decided = np.ones(len(rows), dtype=bool)
        for effect in spec.fixed_effects:
            group = rows[only_variable(effect).column].reset_index(drop=True)
            groups = pd.Series(read_column(rows, spec.outcome)).groupby(group, observed=True)
            decided &= (groups.transform("max") > 0).to_numpy()
            if spec.family == "logit":
                decided &= (groups.transform("min") < 1).to_numpy()
        if decided.all():
            break
        stays[stays] = decided
    if not stays.all():
        notes.append(
            f"{int((~stays).sum()):,} rows dropped: their group of "
            f"{', '.join(spec.fixed_effects)} has {words[spec.family]} and tells nothing."
        )
    if not stays.any():
        raise ModelError(
            f"no group of {', '.join(spec.fixed_effects)} is left: each has {words[spec.family]}."
        )
    return stays


def check_finite(kept: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise if one of the named columns is of numbers and has infinite values."""
    for name in names:
        column = kept[name]
        if not pd.api.types.is_numeric_dtype(column):
            continue
        count = int(np.isinf(column.to_numpy(dtype=float)).sum())
        if count:
            raise ModelError(
                f"column {name!r} is infinite in {count} rows (a log of zero, a division by "
                "zero?). Mend the column, or leave the rows out with sample=..."
            )
