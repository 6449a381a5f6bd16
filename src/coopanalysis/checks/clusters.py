"""The main estimate under several errors, since states are few."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from coopanalysis.checks.question import policy_row, result_row
from coopanalysis.models import Estimates, fit, wild_cluster_bootstrap
from coopanalysis.models.spec import Vcov

LABELS: dict[Vcov, str] = {
    "HC1": "HC1, each county by itself",
    "CR1": "CR1, clustered by state",
    "CR2": "CR2, clustered by state",
    "CR3": "CR3, clustered by state",
}
WILD = "Wild cluster bootstrap by state"


def compare_errors(estimates: Estimates, frame: pd.DataFrame) -> pd.DataFrame:
    """Return one estimate with the error, degrees of freedom and interval of each type.

    Parameters
    ----------
    estimates : Estimates
        Least squares clustered by a column.
    frame : DataFrame
        What it was fitted on.

    Returns
    -------
    DataFrame, one row per type of error
        `label, df` (of the t distribution; missing for the bootstrap, which has none) and result
        columns.
    """
    term, rows = estimates.spec.treatment, []
    for vcov, label in LABELS.items():
        cluster = None if vcov == "HC1" else estimates.spec.cluster
        each = fit(replace(estimates.spec, vcov=vcov, cluster=cluster), frame)
        rows.append(result_row(policy_row(each), label=label, df=float(each.df[term])))
    wild = wild_cluster_bootstrap(estimates.spec, frame)
    rows.append(
        {
            "label": WILD,
            "df": None,
            "estimate": wild.estimate,
            "std_error": None,
            "p_value": wild.p_value,
            "conf_low": wild.conf_low,
            "conf_high": wild.conf_high,
            "n_obs": estimates.n_obs,
            "n_clusters": wild.n_clusters,
        }
    )
    return pd.DataFrame(rows).astype({"df": "Float64", "std_error": "Float64"})
