"""One estimate under several types of error, for few and unequal clusters."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from coopanalysis.models.fitting import fit
from coopanalysis.models.inference import SHORT_COLUMNS, result_row
from coopanalysis.models.linear.bootstrap import wild_cluster_bootstrap
from coopanalysis.models.spec import CLUSTERED, Estimates, Vcov

WILD = "wild"
UNCLUSTERED: tuple[Vcov, ...] = ("HC1", "HC2", "HC3")
BY_CLUSTER: tuple[Vcov, ...] = ("CR2", "CR3", "HC1", "CR1")


def compare_errors(estimates: Estimates, frame: pd.DataFrame) -> pd.DataFrame:
    """Return one estimate with the error, degrees of freedom and interval of each type.

    The one to rely on comes first where there are clusters.

    Parameters
    ----------
    estimates : Estimates
        Least squares.
    frame : DataFrame
        What it was fitted on.

    Returns
    -------
    DataFrame, one row per type of error
        `errors`: CR2, "wild" for the wild cluster bootstrap with the null imposed, CR3, HC1 and,
        last, CR1, which takes few and unlike clusters for many; HC1, HC2 and HC3 where the fit has
        no clusters. `df`: degrees of freedom of the t distribution, missing for the bootstrap,
        which has none. Result columns.
    """
    spec, rows = estimates.spec, []
    for vcov in BY_CLUSTER if spec.cluster else UNCLUSTERED:
        cluster = spec.cluster if vcov in CLUSTERED else None
        each = fit(replace(spec, vcov=vcov, cluster=cluster), frame)
        row = each.row
        rows.append(result_row(row, errors=vcov, df=float(each.df[row["term"]])))
    if spec.cluster:
        wild = wild_cluster_bootstrap(spec, frame)
        row = pd.Series({name: getattr(wild, name, None) for name in SHORT_COLUMNS})
        rows.insert(1, {**result_row(row, errors=WILD, df=None), "n_obs": estimates.n_obs})
    return pd.DataFrame(rows).astype({"df": "Float64", "std_error": "Float64"})
