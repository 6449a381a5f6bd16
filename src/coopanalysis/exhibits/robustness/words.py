"""Words and column formats that the exhibits of the checks share."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks import Question
from coopanalysis.display.sentences import (
    describe_sources,
    describe_vintages,
    find_inputs,
    format_interval,
    format_number,
    is_distinguishable,
)
from coopanalysis.display.tables import ColumnFormat
from coopanalysis.exhibits.common import Policy, boundary_layouts, find_policy, policy_layouts
from coopanalysis.exhibits.crime import LAYOUTS, UNITS

RESULT_COLUMNS: dict[str, ColumnFormat | str] = {
    "estimate": ColumnFormat("Estimate", digits=1),
    "conf_low": ColumnFormat("95% from", digits=1),
    "conf_high": ColumnFormat("95% to", digits=1),
    "p_value": ColumnFormat("p", digits=3),
    "n_obs": ColumnFormat("Counties", kind="count"),
}
INTERVALS = "thin line 95%, thick line 80% interval"


def policy_of(question: Question) -> Policy:
    """Return the policy in words."""
    return find_policy(question.panel, question.policy)


def unit_of(question: Question) -> str:
    """Unit of the outcome, in words."""
    return UNITS[question.outcome]


def sources_of(question: Question) -> str:
    """Source line of all checks, in full: for the first figure."""
    panel = question.panel
    wanted = (*LAYOUTS, *policy_layouts(panel, question.policy), *boundary_layouts(panel))
    return describe_sources(panel.build, wanted)


def source_of(question: Question, *layouts: str) -> str:
    """Source line that points to the first figure, with the days of the data."""
    wanted = (*LAYOUTS, *policy_layouts(question.panel, question.policy), *layouts)
    entries = find_inputs(question.panel.build, wanted)
    as_of = describe_vintages([str(one["vintage"]) for one in entries])
    simulated = " Simulated data, demo release." if question.panel.release == "demo" else ""
    return f"as under the first figure. Data as of {as_of}.{simulated}"


def axis_of(question: Question) -> str:
    """Return the unit in few words, for axes."""
    against = question.outcome.split("_", maxsplit=1)[0]
    plural = {"person": "persons"}.get(against, against)
    return f"Offences against {plural} per 100,000"


def difference_of(question: Question) -> str:
    """Say what is compared, for subtitles."""
    return (
        f"Difference in {unit_of(question)}, {question.year}, between counties that "
        f"{policy_of(question).plural} and counties that do not"
    )


def with_interval(row: pd.Series, digits: int | None = None) -> str:
    """Write an estimate with its interval: `74 (47 to 100)`."""
    interval = format_interval(row["conf_low"], row["conf_high"])
    return f"{format_number(row['estimate'], digits)} ({interval})"


def row_where(table: pd.DataFrame, column: str, value: object) -> pd.Series:
    """First row that has a value in a column."""
    return table[table[column] == value].iloc[0]


def row_with_largest(table: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Row at the largest of the values, which stand in the order of the table."""
    return table.iloc[int(values.to_numpy().argmax())]


def count_told(table: pd.DataFrame) -> int:
    """Rows whose interval leaves out zero."""
    return sum(is_distinguishable(row) for _, row in table.iterrows())


def count_same_sign(table: pd.DataFrame, estimate: float) -> int:
    """Rows whose estimate has the sign of the one given."""
    return int((table["estimate"] * estimate > 0).sum())
