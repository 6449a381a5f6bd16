"""Sample rules: which rows a model asks about, true, false or not to be told."""

from __future__ import annotations

import ast

import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.terms import replace_quoted

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


def ask(
    rule: str | None, frame: pd.DataFrame, notes: list[str], unused: dict[str, pd.Index]
) -> pd.DataFrame:
    """Rows that a sample rule, if there is one, asks about; labels of the others, and a note."""
    if rule is None:
        return frame
    chosen = read_rule(rule, frame)
    unknown = int(chosen.isna().sum())
    asked = frame[chosen.fillna(False).to_numpy(dtype=bool)]
    note = f"sample rule {rule!r} keeps {len(asked)} of {len(frame)} rows"
    if unknown:
        note += f"; for {unknown} it cannot be told, and they are left out"
    notes.append(f"{note}.")
    flags = {
        "outside the sample rule": (~chosen).fillna(False),
        "for which the sample rule cannot be told": chosen.isna(),
    }
    unused.update(
        {reason: frame.index[flag.to_numpy(bool)] for reason, flag in flags.items() if flag.any()}
    )
    return asked


def read_rule(rule: str, frame: pd.DataFrame) -> pd.Series:
    """Evaluate a rule over columns, as `DataFrame.eval` does, for every row.

    Parameters
    ----------
    rule : str
        As `quality != 3 and state not in ["TX"]`.
    frame : DataFrame
        The data.

    Returns
    -------
    Series of boolean
        Missing where a column of the rule is missing: pandas would take a missing number as
        unlike every other, so that `quality != 3` kept it. Columns that the rule asks about with
        `isna()` or `notna()` are taken as they are.

    Raises
    ------
    ModelError
        If the rule cannot be read as true or false by row.
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
