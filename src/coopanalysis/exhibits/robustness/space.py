"""Exhibits of space: whether neighbours resemble each other, and models that let them."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks import Checks
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    describe_share,
    format_count,
    format_number,
    format_p_value,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.common import boundary_layouts
from coopanalysis.exhibits.crime import outcome_label
from coopanalysis.exhibits.robustness.words import (
    RESULT_COLUMNS,
    count_same_sign,
    count_told,
    source_of,
    unit_of,
    with_interval,
)
from coopanalysis.models import Moran

LEVEL = 0.05


def show_moran(checks: Checks) -> Output:
    """Moran's I of the outcome and of the residuals of the main design."""
    space = checks.space
    rows = {outcome_label(checks.question.outcome): space.outcome, "Residual": space.residual}
    table = pd.DataFrame([{"what": name, **vars(moran)} for name, moran in rows.items()])
    return show_table(
        table,
        caption="Do neighbouring counties resemble each other? Moran's I",
        note=f"{_moran_words(space.residual)} {format_count(space.outcome.n_permutations)} "
        "permutations over counties; for residuals the test is approximate. Neighbours share a "
        f"border or a corner and both have a usable rate; "
        f"{describe_share(space.residual.n_islands, space.residual.n_obs)} have no such neighbour.",
        source=source_of(checks.question, *boundary_layouts(checks.question.panel)),
        columns={
            "what": "Values",
            "statistic": ColumnFormat("Moran's I", kind="number", digits=3),
            "expectation": ColumnFormat("If at random", kind="number", digits=3),
            "p_value": ColumnFormat("p", digits=3),
            "n_obs": ColumnFormat("Counties", kind="count"),
        },
    )


def _moran_words(residual: Moran) -> str:
    figure = f"{format_number(residual.statistic)}, p {format_p_value(residual.p_value)}"
    if residual.p_value < LEVEL:
        return (
            f"What the main design leaves still goes together between neighbours ({figure}): "
            "errors by state allow for that inside a state, not across its border."
        )
    return f"What the main design leaves cannot be told from random over the map ({figure})."


def show_spatial(checks: Checks) -> Output:
    """Least squares, spatial error and lag, and pairs across a state border."""
    space, main = checks.space, checks.question.row
    table = space.estimates
    dependence = "; ".join(
        f"{row['label']} {with_interval(row)}" for _, row in space.dependence.iterrows()
    )
    return show_table(
        table,
        caption=f"Space: difference by policy in {unit_of(checks.question)}",
        note=f"{count_same_sign(table, float(main['estimate']))} of {len(table)} have the sign of "
        f"the main estimate; {count_told(table)} leave out zero. {dependence}. The first four hold "
        "state indicators and have errors of the likelihood, independent and of equal variance. "
        f"The last compares {pluralise(space.n_pairs, 'pair')} of neighbours in different states "
        f"({pluralise(space.n_pair_counties, 'county', 'counties')}, some in several pairs) with "
        "an effect for each pair, errors CR1 by state. "
        f"{pluralise(space.n_without_border, 'county', 'counties')} without a polygon left out.",
        source=source_of(checks.question, *boundary_layouts(checks.question.panel)),
        columns={"label": "Model", **RESULT_COLUMNS},
    )
