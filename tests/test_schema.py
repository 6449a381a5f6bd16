"""A table is checked by a quick look first; it must say what pandera would."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from coopanalysis.catalog.column import Column, Table
from coopanalysis.errors import BuildError
from coopanalysis.schema import _pandera_schema, check_table, keeps_all_rules


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
GOOD = {"code": "01", "policy": "yes", "count": 3, "share": 0.5, "day": None, "level": 1}


def frame_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    types = {one.name: one.dtype for one in COLUMNS}
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def pandera_accepts(frame: pd.DataFrame) -> bool:
    try:
        _pandera_schema(TABLE).validate(frame, lazy=True)
    except SchemaErrors:
        return False
    return True


@pytest.mark.slow
@given(st.lists(st.fixed_dictionaries(VALUES), max_size=4))
def test_both_say_the_same_of_any_rows(rows: list[dict[str, object]]) -> None:
    frame = frame_of(rows)
    assert keeps_all_rules(frame, TABLE) is pandera_accepts(frame)


@pytest.mark.parametrize("name", list(VALUES))
def test_both_say_the_same_of_one_value_changed(name: str) -> None:
    @given(VALUES[name])
    def changed(value: object) -> None:
        frame = frame_of([GOOD | {name: value}, GOOD | {"code": "02"}])
        assert keeps_all_rules(frame, TABLE) is pandera_accepts(frame)

    changed()


@pytest.mark.parametrize(
    "frame",
    [
        frame_of([GOOD]).astype({"count": "float64"}),
        frame_of([GOOD]).drop(columns="day"),
        frame_of([GOOD]).assign(more=1),
        frame_of([GOOD])[[one.name for one in reversed(COLUMNS)]],
        frame_of([GOOD, GOOD]),
    ],
    ids=["another type", "a column less", "a column more", "another order", "a key twice"],
)
def test_what_is_broken_is_named(frame: pd.DataFrame) -> None:
    assert not keeps_all_rules(frame, TABLE)
    with pytest.raises(BuildError, match="sample breaks its declaration"):
        check_table(frame, TABLE)


def test_reading_a_table_that_holds_imports_no_pandera() -> None:
    words = (
        "import sys; from coopanalysis.sources.reference import read_published_estimates; "
        "read_published_estimates(); sys.exit('pandera' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0
