"""What becomes of an estimate when groups are left out, states for example."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Unpack

import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.fitting import as_spec, fit
from coopanalysis.models.formula import Options
from coopanalysis.models.frame import check_columns, used_columns
from coopanalysis.models.inference import ESTIMATE_COLUMNS
from coopanalysis.models.results import difference_row
from coopanalysis.models.shared import area_columns
from coopanalysis.models.spec import ModelSpec

Group = tuple[object, ...]


def leave_out(
    model: str | ModelSpec,
    frame: pd.DataFrame,
    by: str,
    groups: Iterable[object] | None = None,
    *,
    term: str | None = None,
    **options: Unpack[Options],
) -> pd.DataFrame:
    """Fit a model without each group in turn, and without two that carry most.

    Parameters
    ----------
    model : str or ModelSpec
        Formula or spec.
    frame : DataFrame
        The data.
    by : str
        Column of groups: the names of states, for example.
    groups : iterable, optional
        Groups to leave out, each in turn; a tuple is left out together, such as `("TX", "FL")`.
        If not given, every group of which a row is used, and then two pairs together: the two
        groups without which the estimate is lowest, and the two without which it is highest.
    term : str, optional
        A term of the table of the fit; the treatment if not given.
    **options
        With a formula, as for `fit`.

    Returns
    -------
    DataFrame, one row per group or groups together, the largest change first
        `group` (as text, joined by " and "), `n_groups`, the result columns of the term as of
        `difference_row`, `change` (less the estimate from all rows), `left_out_count` (rows of the
        fit from all that are gone), and `note`: why the model could not be fitted without it.

    Raises
    ------
    ModelError
        If the model cannot be fitted to all rows, or the term or a group is not there.
    """
    spec = as_spec(model, **options)
    check_columns(frame, [by])
    whole = fit(spec, frame)
    main = difference_row(whole, term)
    # The rule of the sample was asked once, of all rows.
    spec, names = replace(spec, sample=None), [*used_columns(spec), by]
    names = list(dict.fromkeys([*names, *area_columns(names, frame)]))
    used = frame.loc[whole.sample.rows, names]
    known = sorted(used[by].dropna().unique(), key=str)
    asked = [one if isinstance(one, tuple) else (one,) for one in groups or known]
    absent = sorted({str(one) for each in asked for one in each if one not in known})
    if absent:
        raise ModelError(
            f"no row used has {', '.join(absent)} in {by!r}. There are: "
            f"{', '.join(map(str, known))}."
        )
    rows = [_without(spec, used, by, each, main) for each in asked]
    if groups is None:
        rows += [_without(spec, used, by, pair, main) for pair in _furthest(asked, rows)]
    columns = ["group", "n_groups", *ESTIMATE_COLUMNS[1:], "change", "left_out_count", "note"]
    table = pd.DataFrame(rows).reindex(columns=columns)
    order = table["change"].astype("float64").abs().sort_values(ascending=False, kind="stable")
    return table.loc[order.index].reset_index(drop=True)


def _without(
    spec: ModelSpec, used: pd.DataFrame, by: str, groups: Group, main: pd.Series
) -> dict[str, object]:
    """Row of the fit without some groups."""
    gone = used[by].isin(groups)
    row: dict[str, object] = {
        "group": " and ".join(map(str, groups)),
        "n_groups": len(groups),
        "left_out_count": int(gone.sum()),
    }
    try:
        found = difference_row(fit(spec, used[~gone]), str(main["term"]))
    except ModelError as error:
        return {**row, "note": str(error)}
    return {**row, **found.drop("term"), "change": found["estimate"] - main["estimate"], "note": ""}


def _furthest(asked: list[Group], rows: list[dict[str, object]]) -> list[Group]:
    """The two groups without which an estimate is lowest, and the two with which it is highest."""
    changes = pd.DataFrame(rows).reindex(columns=["change"])["change"].astype("float64").dropna()
    order = changes.sort_values(kind="stable").index
    if len(order) < 4:
        return []
    return [(*asked[first], *asked[second]) for first, second in (order[:2], order[:-3:-1])]
