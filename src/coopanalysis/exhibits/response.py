"""How the probability of a practice goes with one characteristic, step by step."""

from __future__ import annotations

import pandas as pd

from coopanalysis import associations
from coopanalysis.associations import find_covariate
from coopanalysis.display.figures import plot_dose_response, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    describe_chart,
    describe_sources,
    format_interval,
    format_number,
)
from coopanalysis.errors import ModelError
from coopanalysis.exhibits.common import find_policy, note, policy_layouts
from coopanalysis.exhibits.demographics import LAYOUTS, format_covariate
from coopanalysis.models import fit, predicted_response
from coopanalysis.panel import Panel

FIFTHS = 5
PROPER = ("Hispanic", "Black", "Republican")


def predict_by_fifth(panel: Panel, practice: str, covariate: str) -> pd.DataFrame:
    """Predicted probability of a practice at the median of each fifth of a characteristic.

    Returns
    -------
    DataFrame, five rows
        `step` (the median in words), `value` (in the column's own unit) and result columns in
        percent; `n_obs` counts the counties of the fifth.

    Raises
    ------
    ModelError
        If the practice cannot be modelled.
    """
    one = find_covariate(covariate)
    estimates = fit(associations.practice_spec(practice), associations.add_covariates(panel.county))
    used = associations.add_covariates(panel.county).loc[estimates.sample.rows]
    fifth = pd.qcut(used[one.term].rank(method="first"), FIFTHS, labels=False)
    middle = used.groupby(fifth)[one.term].median()
    table = predicted_response(estimates, one.term, middle.tolist())
    own = used.groupby(fifth)[one.column].median().astype("float64")
    return associations.in_percentage_points(table).assign(
        step=[format_covariate(one.column, value) for value in own],
        value=own.to_numpy(),
        n_obs=used.groupby(fifth).size().to_numpy(),
    )


def in_sentence(name: str) -> str:
    """Write a label inside a sentence: lower case, but for proper names."""
    return name if name.startswith(PROPER) else f"{name[0].lower()}{name[1:]}"


def show_response(panel: Panel, practice: str, covariate: str) -> Output:
    """Predicted probability of the practice over the fifths of a characteristic."""
    words, one = find_policy(panel, practice), find_covariate(covariate)
    try:
        table = predict_by_fifth(panel, practice, covariate)
    except ModelError as error:
        return note(f"{words.label} could not be modelled: {error}")
    name = one.label.split(",")[0]
    low, high = table.iloc[0], table.iloc[-1]
    reading = (
        f"From the lowest to the highest fifth of the {in_sentence(name)} the predicted "
        f"probability goes from {format_number(low['estimate'], 1)}% to "
        f"{format_number(high['estimate'], 1)}%"
    )
    return show_figure(
        plot_dose_response(
            table, dose="step", x_label=f"{name}, median of each fifth", y_label="Probability, %"
        ),
        finding=f"{words.label}: {reading[0].lower()}{reading[1:]}.",
        subtitle=f"Predicted share of counties that {words.plural} if all had this value, other "
        "characteristics as they are; 95% intervals",
        alt=describe_chart(
            "Line with a band",
            x=f"{name}, medians of five groups of counties, {low['step']} to {high['step']}",
            y="predicted probability of the practice in percent",
            reading=f"{reading} ({format_interval(low['conf_low'], low['conf_high'])} and "
            f"{format_interval(high['conf_low'], high['conf_high'])})",
        ),
        note="From the logit above, averaged over counties; errors CR1 by state. Association, not "
        "effect.",
        source=describe_sources(panel.build, (*LAYOUTS, *policy_layouts(panel, practice))),
        data=table[["step", "value", "estimate", "conf_low", "conf_high", "n_obs"]],
    )
