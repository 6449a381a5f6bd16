"""Few clusters: one estimate by types of error, effective clusters, and groups left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Unpack

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.fitting import Options, as_spec, fit, with_errors
from coopanalysis.models.inference import ESTIMATE_COLUMNS, SHORT_COLUMNS, result_row
from coopanalysis.models.linear.bootstrap import wild_interval
from coopanalysis.models.linear.least_squares import least_squares
from coopanalysis.models.results import difference_row
from coopanalysis.models.roles import with_areas
from coopanalysis.models.row_selection import check_columns
from coopanalysis.models.sample import used_columns
from coopanalysis.models.spec import CLUSTERED, ModelSpec, Vcov

WILD = "wild"
UNCLUSTERED: tuple[Vcov, ...] = ("HC1", "HC2", "HC3")
BY_CLUSTER: tuple[Vcov, ...] = ("CR2", "CR3", "HC1", "CR1")


def compare_errors(estimates: Estimates, frame: pd.DataFrame) -> pd.DataFrame:
    """Return one estimate with the error, degrees of freedom and interval of each type.

    Parameters
    ----------
    estimates, frame : Estimates, DataFrame
        Least squares, and what it was fitted on.

    Returns
    -------
    DataFrame, one row per type of error, the one to rely on first
        `errors` (CR2, "wild" for the wild cluster bootstrap with the null imposed, CR3, HC1 and,
        last, CR1, which takes few and unlike clusters for many; HC1, HC2 and HC3 where there are no
        clusters), `df` (of the t distribution; the bootstrap has none), and result columns.
    """
    spec, rows = estimates.spec, []
    for vcov in BY_CLUSTER if spec.cluster else UNCLUSTERED:
        if vcov in CLUSTERED:
            each = with_errors(estimates, vcov)
        else:
            each = fit(replace(spec, vcov=vcov, cluster=None), frame)
        row = each.row
        rows.append(result_row(row, errors=vcov, df=float(each.df[row["term"]])))
    if spec.cluster:
        wild = wild_interval(estimates)
        row = pd.Series({name: getattr(wild, name, None) for name in SHORT_COLUMNS})
        rows.insert(1, {**result_row(row, errors=WILD, df=None), "n_obs": estimates.n_obs})
    return pd.DataFrame(rows).astype({"df": "Float64", "std_error": "Float64"})


def effective_clusters(estimates: Estimates, term: str | None = None) -> float:
    """Effective number of clusters of one coefficient, G*.

    Between 1 and the number of clusters, which it equals where all add alike to the variance of the
    coefficient. Far below it, clustered errors and their t distribution understate; ask the wild
    cluster bootstrap. G* = G / (1 + squared coefficient of variation of gamma), gamma of a cluster
    being what it adds to the variance if errors were independent and alike: Carter, Schnepel and
    Steigerwald (2017), Review of Economics and Statistics; G*(0) of MacKinnon, Nielsen and Webb
    (2023), Stata Journal, on summclust.

    Parameters
    ----------
    estimates, term
        As for `difference_row`; least squares with clustered errors.
    """
    spec, sample = estimates.spec, estimates.sample
    if spec.family != "ols" or sample.clusters is None:
        raise ModelError("effective_clusters needs a least-squares fit with clustered errors.")
    name = str(estimates.row["term"]) if term is None else term
    fit, _ = least_squares(spec, sample)
    share = np.bincount(sample.clusters, fit.influence[:, fit.place(name)] ** 2)
    return float(share.sum() ** 2 / (share @ share))


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
    model, frame, **options
        As for `fit`.
    by : str
        Column of groups: the names of states, for example.
    groups : iterable, optional
        Groups to leave out in turn, a tuple such as `("TX", "FL")` together. If not given, every
        group of which a row is used, then the two without which the estimate is lowest, and
        highest.
    term : str, optional
        A term of the table of the fit; the treatment if not given.

    Returns
    -------
    DataFrame, one row per group or groups together, the largest change first
        `group` (as text, joined by " and "), `n_groups`, result columns as of `difference_row`,
        `change` (less the estimate from all rows), `left_out_count` (rows of the fit from all that
        are gone), and `note`: why the model could not be fitted without it.
    """
    spec = as_spec(model, **options)
    check_columns(frame, [by])
    whole = fit(spec, frame)
    main = difference_row(whole, term)
    # The rule of the sample was asked once, of all rows.
    spec = replace(spec, sample=None)
    used = frame.loc[whole.sample.rows, with_areas([*used_columns(spec), by], frame)]
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
