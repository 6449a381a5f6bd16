"""The tour: one small model of one practice, to be changed by the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from coopanalysis import associations
from coopanalysis.associations import Covariate, find_covariate
from coopanalysis.display.figures import plot_coefficients, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.page import show_headline, show_limits
from coopanalysis.display.sentences import (
    describe_chart,
    describe_estimate,
    describe_sources,
    format_count,
    format_interval,
    format_number,
    join_words,
    lower_first,
    pluralise,
)
from coopanalysis.exhibits.common import find_policy
from coopanalysis.exhibits.demographics import LAYOUTS
from coopanalysis.models import ModelSpec, fit
from coopanalysis.panel import Panel


@dataclass(frozen=True)
class TourModel:
    """A linear probability model of one practice.

    Attributes
    ----------
    practice : str
        Column of the practice.
    covariate : Covariate
        The characteristic whose association is asked for.
    controls : tuple of Covariate
        Characteristics held the same.
    table : DataFrame
        Estimates in percentage points.
    """

    practice: str
    covariate: Covariate
    controls: tuple[Covariate, ...]
    table: pd.DataFrame

    @property
    def row(self) -> pd.Series:
        """The estimate of the characteristic that is asked about."""
        found: pd.Series = self.table[self.table["term"] == self.covariate.term].iloc[0]
        return found

    @property
    def alike(self) -> str:
        """What the counties compared are alike in, in words."""
        if not self.controls:
            return "other counties"
        names = [lower_first(one.label.split(",")[0]) for one in self.controls]
        return f"counties alike in {join_words(names)}"


def fit_model(
    panel: Panel, practice: str, covariate: str, controls: Sequence[str] = ()
) -> TourModel:
    """Fit the probability of a practice on a characteristic, with others held the same.

    Linear, errors CR1 clustered by state.

    Raises
    ------
    UsageError
        If there is no such practice or covariate; names those that are there.
    """
    policy, one = find_policy(panel, practice), find_covariate(covariate)
    held = tuple(find_covariate(name) for name in controls)
    spec = ModelSpec(
        outcome=policy.name,
        treatment=one.term,
        controls=tuple(control.term for control in held),
        vcov="CR1",
        cluster=associations.CLUSTER,
    )
    found = fit(spec, associations.add_covariates(panel.county))
    return TourModel(practice, one, held, associations.in_percentage_points(found.table))


def headline(panel: Panel, model: TourModel) -> Output:
    """The estimate of a model in one sentence."""
    row = model.row
    sentence = describe_estimate(
        row,
        f"likely to {find_policy(panel, model.practice).plural}",
        subject=f"Counties with {model.covariate.phrase}",
        comparison=model.alike,
        measure="points",
        scale=0.01,
        words=("more", "less"),
        verb="are",
    )
    return show_headline(
        sentence,
        unit="percentage points of probability",
        comparison=f"{model.alike} (linear, errors CR1 by state)",
        interval=f"{format_interval(row['conf_low'], row['conf_high'])} percentage points",
        n=f"{format_count(row['n_obs'])} counties in {format_count(row['n_clusters'])} states",
    )


def limits(panel: Panel, model: TourModel) -> Output:
    """What a model this small cannot show, with the counts of the gaps."""
    left_out = len(panel.county) - int(model.row["n_obs"])
    return show_limits(
        [
            "Counties are compared with each other at one time: a characteristic that goes "
            "together with a practice need not be the reason for it.",
            f"{pluralise(left_out, 'county', 'counties')} of {format_count(len(panel.county))} "
            "lack the practice or the characteristic and are left out.",
            "One characteristic alone stands for all that goes with it; the tour adds another "
            "one to show how much that changes.",
            "A linear model of a probability can leave 0 to 1; the report on demographics uses a "
            "logit.",
        ]
    )


def show_models(panel: Panel, models: Mapping[str, TourModel]) -> Output:
    """The same characteristic in several models, each with its interval."""
    first = next(iter(models.values()))
    term = first.covariate.term
    rows = [model.row for model in models.values()]
    values = [
        f"{format_number(row['estimate'], 1)} ({format_interval(row['conf_low'], row['conf_high'])}"
        f") {lower_first(name)}"
        for name, row in zip(models, rows, strict=True)
    ]
    reading = f"Percentage points with 95% interval: {join_words(values)}"
    data = pd.DataFrame(rows).assign(model=list(models)).reset_index(drop=True)
    return show_figure(
        plot_coefficients(
            {name: model.table for name, model in models.items()},
            {term: first.covariate.label},
            x_label="Difference in probability, percentage points",
        ),
        finding=f"{find_policy(panel, first.practice).label}. {reading}.",
        subtitle="Difference in the probability of the practice; thin line 95%, thick line 80% "
        "interval",
        alt=describe_chart(
            "Coefficient plot",
            x="difference in probability in percentage points, zero marked",
            y=f"{lower_first(first.covariate.label)} in {pluralise(len(models), 'model')}",
            reading=reading,
        ),
        note="Linear probability models, errors CR1 clustered by state. Association, not effect.",
        source=describe_sources(panel.build, LAYOUTS),
        data=data[["model", "estimate", "std_error", "conf_low", "conf_high", "n_obs"]],
    )
