"""A table is held against every rule of its declaration, and every failure is named."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopanalysis.catalog.column import Column, Table
from coopanalysis.errors import BuildError
from coopanalysis.schema import check_table


def column(name: str, dtype: str, **rules: object) -> Column:
    return Column(name, dtype, "none", "A column.", "none", **rules)  # type: ignore[arg-type]


COLUMNS = (
    column("code", "str", pattern=r"^\d{2}$"),
    column("policy", "str", allowed=("yes", "no"), nullable=True),
    column("count", "Int64", minimum=0, maximum=9, nullable=True),
    column("share", "float64", minimum=0.0, maximum=1.0, nullable=True),
    column("day", "datetime64[us]", nullable=True),
    column("level", "Int8", allowed=(1, 2)),
)
TABLE = Table("sample", "a code", ("code",), COLUMNS)
VALUES = {
    "code": st.sampled_from(["01", "02", "03", "04", "1", "", None]),
    "policy": st.sampled_from(["yes", "no", "perhaps", None]),
    "count": st.sampled_from([0, 9, 10, -1, None]),
    "share": st.sampled_from([0.0, 0.5, 1.0, 1.5, None]),
    "day": st.sampled_from([pd.Timestamp("2025-01-31"), None]),
    "level": st.sampled_from([1, 2, 3, None]),
}
COUNT = re.compile(r"(\d+) values break")
GOOD = {"code": "01", "policy": "yes", "count": 3, "share": 0.5, "day": None, "level": 1}


def frame_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    types = {one.name: one.dtype for one in COLUMNS}
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def rules_broken(value: object, rules: Column) -> int:
    """How many rules one value breaks, by plain comparisons."""
    if value is None:
        return int(not rules.nullable)
    low, high = rules.minimum, rules.maximum
    return (
        (bool(rules.allowed) and value not in rules.allowed)
        + (low is not None and value < low)  # type: ignore[operator]
        + (high is not None and value > high)  # type: ignore[operator]
        + (bool(rules.pattern) and not re.match(rules.pattern, str(value)))
    )


def failures_of(frame: pd.DataFrame) -> list[str]:
    try:
        assert check_table(frame, TABLE) is frame
    except BuildError as error:
        return [str(failure) for failure in error.failures]
    return []


@given(st.lists(st.fixed_dictionaries(VALUES), max_size=4))
def test_every_value_against_a_rule_is_counted(rows: list[dict[str, object]]) -> None:
    codes = [row["code"] for row in rows]
    broken = sum(rules_broken(row[rules.name], rules) for row in rows for rules in COLUMNS)
    broken += len(codes) - len(set(codes))
    said = [int(found[1]) for text in failures_of(frame_of(rows)) if (found := COUNT.search(text))]
    assert sum(said) == broken


def test_a_failure_names_column_rule_values_and_keys() -> None:
    rows = [GOOD, GOOD | {"code": "02", "policy": "perhaps", "count": -1}]
    policy, count = failures_of(frame_of(rows))
    assert "table sample, column policy: 1 values break the rule 'one of yes, no'" in policy
    assert "'perhaps'; keys [{'code': '02'}]" in policy
    assert "column count: 1 values break the rule '0 or more': -1" in count


@pytest.mark.parametrize(
    "frame",
    [
        frame_of([GOOD]).astype({"count": "float64"}),
        frame_of([]).astype({"count": "float64"}),
        frame_of([GOOD]).drop(columns="day"),
        frame_of([GOOD]).assign(more=1),
        frame_of([GOOD])[[one.name for one in reversed(COLUMNS)]],
        frame_of([GOOD, GOOD]),
    ],
    ids=[
        "another type",
        "another type of no row",
        "a column less",
        "a column more",
        "another order",
        "a key twice",
    ],
)
def test_what_is_broken_is_named(frame: pd.DataFrame) -> None:
    with pytest.raises(BuildError, match="sample breaks its declaration"):
        check_table(frame, TABLE)
