"""Sample rules: which rows a model asks about, true, false or not to be told."""

from __future__ import annotations

import ast
import re

import pandas as pd

from coopanalysis.errors import ModelError

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
_QUOTED = re.compile("`([^`]+)`")


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
        chosen = pd.Series(frame.eval(rule), index=frame.index).astype("boolean")
        needed = _columns_needed(rule, frame)
    except UNREADABLE as error:
        raise ModelError(
            f"sample rule {rule!r} cannot be read as true or false by row: {error}"
        ) from error
    return chosen.mask(frame[needed].isna().any(axis=1)) if needed else chosen


def _columns_needed(rule: str, frame: pd.DataFrame) -> list[str]:
    """Columns without whose value the rule cannot be told."""
    quoted: dict[str, str] = {}

    def stand_in(found: re.Match[str]) -> str:
        key = f"_quoted_{len(quoted)}"
        quoted[key] = found[1]
        return key

    nodes = list(ast.walk(ast.parse(_QUOTED.sub(stand_in, rule).strip(), mode="eval")))
    exempt = {
        node.value
        for node in nodes
        if isinstance(node, ast.Attribute) and node.attr in _ASKS_MISSING
    }
    names = (node.id for node in nodes if isinstance(node, ast.Name) and node not in exempt)
    found = dict.fromkeys(quoted.get(name, name) for name in names)
    return [name for name in found if name in frame.columns]
