"""Demographics: which county characteristics go together with each practice and the score."""

from __future__ import annotations

import pandas as pd

from coopanalysis import associations, describe
from coopanalysis.associations import COVARIATES, find_covariate
from coopanalysis.display.figures import plot_coefficients, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.page import show_headline, show_limits
from coopanalysis.display.sentences import (
    describe_chart,
    describe_count_signs,
    describe_estimate,
    describe_sources,
    format_count,
    format_interval,
    format_number,
    format_share,
    format_usd,
    is_distinguishable,
    join_words,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.common import find_policy, note, plain_notes, policy_layouts
from coopanalysis.models import adjust_p_values, average_marginal_effects
from coopanalysis.panel import Panel

LAYOUTS = (
    "county-names",
    "urban-race-ethnicity",
    "acs-wide",
    "votes-president 2020",
    "urban-population",
)
LEVEL = 0.05
SCORE = "cooperation_score"
RESULT_COLUMNS: dict[str, ColumnFormat | str] = {
    "estimate": ColumnFormat("Estimate", digits=2),
    "conf_low": ColumnFormat("95% from", digits=2),
    "conf_high": ColumnFormat("95% to", digits=2),
    "p_value": ColumnFormat("p", digits=3),
    "n_obs": ColumnFormat("Counties", kind="count"),
    "n_clusters": ColumnFormat("States", kind="count"),
}


def fit_practices(panel: Panel) -> pd.DataFrame:
    """Average marginal effects for every practice that the release knows."""
    return associations.fit_practices(panel.county, describe.observed_practices(panel.county))


def headline(panel: Panel, effects: pd.DataFrame, practice: str, covariate: str) -> Output:
    """Association of one characteristic with the probability of one practice."""
    words, one = find_policy(panel, practice), find_covariate(covariate)
    row = _row(effects, practice, one.term)
    sentence = describe_estimate(
        row,
        f"likely to {words.plural}",
        subject=f"Counties with {one.phrase}",
        comparison="counties alike in the other characteristics",
        measure="points",
        scale=0.01,
        words=("more", "less"),
        verb="are",
    )
    return show_headline(
        sentence,
        unit="percentage points of probability, averaged over counties",
        comparison="the other covariates held (logit, errors CR1 by state)",
        interval=f"{format_interval(row['conf_low'], row['conf_high'])} percentage points",
        n=f"{format_count(row['n_obs'])} counties in {format_count(row['n_clusters'])} states",
    )


def limits(panel: Panel, effects: pd.DataFrame) -> Output:
    """What the models cannot show, with the counts of the gaps."""
    frame = associations.add_covariates(panel.county)
    known = frame[list(associations.COVARIATE_TERMS)].notna().all(axis=1)
    complete, states = int(known.sum()), int(frame.loc[known, "state_fips"].nunique())
    failed = effects.loc[effects["estimate"].isna(), "practice_label"].unique()
    items = [
        "Counties are compared with each other at one time. A characteristic that goes together "
        "with a practice need not be the reason for it.",
        f"{pluralise(len(frame) - complete, 'county', 'counties')} of {format_count(len(frame))} "
        "lack one of the covariates and are left out of every model.",
        f"States decide much of this together: {states} clusters stand behind the standard errors, "
        "not thousands of independent counties.",
        "What holds between counties need not hold between people: nothing here is about the "
        "residents themselves.",
    ]
    if len(failed):
        items.append(
            f"{pluralise(len(failed), 'practice')} could not be modelled: "
            f"{join_words(list(failed))}. The reason stands in the table of models."
        )
    return show_limits(items)


def show_coverage(panel: Panel) -> Output:
    """For how many counties each covariate is known."""
    table = associations.covariate_coverage(panel.county)
    written = {
        name: [format_covariate(*pair) for pair in zip(table["column"], table[name], strict=True)]
        for name in ("mean", "std")
    }
    return show_table(
        table.assign(**written),
        caption="Covariates: counties for which each is known",
        note="Mean and standard deviation over counties, in the column's own unit, each county "
        "counted once.",
        source=describe_sources(panel.build, LAYOUTS),
        columns={
            "label": "Covariate",
            "known_count": ColumnFormat("Known", kind="count"),
            "missing_count": ColumnFormat("Missing", kind="count"),
            "mean": ColumnFormat("Mean", kind="written"),
            "std": ColumnFormat("Standard deviation", kind="written"),
        },
    )


def show_practice_effects(panel: Panel, effects: pd.DataFrame, practice: str) -> Output:
    """Coefficient plot of one practice."""
    words = find_policy(panel, practice)
    rows = effects[(effects["practice"] == practice) & effects["estimate"].notna()]
    if rows.empty:
        return note(f"{words.label} could not be modelled: see the table of models.")
    told = rows[[is_distinguishable(row) for _, row in rows.iterrows()]]
    parts = [
        f"{row['label']} ({format_number(row['estimate'], 1)} points)" for _, row in told.iterrows()
    ]
    reading = f"{len(told)} of {len(rows)} intervals leave out zero" + (
        f": {join_words(parts)}" if parts else ""
    )
    return show_figure(
        plot_coefficients(
            rows,
            {one.term: one.label for one in COVARIATES},
            x_label="Difference in probability, percentage points",
        ),
        finding=f"{words.label}: {reading}.",
        subtitle="Average difference in the probability of the practice, other covariates held; "
        "thin line 95%, thick line 80% interval",
        alt=describe_chart(
            "Coefficient plot",
            x="difference in probability in percentage points, zero marked",
            y=f"{len(rows)} county characteristics",
            reading=reading,
        ),
        note="Logit; errors CR1 clustered by state, t with clusters less one degrees of freedom. "
        "Association, not effect.",
        source=describe_sources(panel.build, (*LAYOUTS, *policy_layouts(panel, practice))),
        data=rows[["label", "estimate", "std_error", "conf_low", "conf_high", "p_value", "n_obs"]],
    )


def adjust(effects: pd.DataFrame) -> pd.DataFrame:
    """Add p values adjusted over all practices and covariates as one family."""
    return effects.assign(
        p_value_bh=adjust_p_values(effects["p_value"], "benjamini-hochberg"),
        p_value_holm=adjust_p_values(effects["p_value"], "holm"),
    )


def many_tests(adjusted: pd.DataFrame) -> str:
    """Say how many of the family stay below 5 % alone and adjusted."""
    known = adjusted.dropna(subset=["p_value"])
    alone, false_share, any_false = (
        int((known[name] < LEVEL).sum()) for name in ("p_value", "p_value_bh", "p_value_holm")
    )
    return (
        f"Of {pluralise(len(known), 'hypothesis', 'hypotheses')} taken as one family, {alone} have "
        f"p below {format_share(LEVEL, 0)} alone, {false_share} with the expected share of false "
        f"findings held (Benjamini and Hochberg), {any_false} with the chance of any false "
        "finding held (Holm)."
    )


def show_all_effects(panel: Panel, effects: pd.DataFrame) -> Output:
    """Every practice and covariate in one table, with p values adjusted over all of them."""
    adjusted = adjust(effects)
    return show_table(
        adjusted,
        caption="Difference in the probability of each practice, in percentage points",
        note=f"{describe_count_signs(effects.dropna(subset=['estimate']))}. "
        f"{many_tests(adjusted)} {plain_notes(effects['note'])}",
        source=describe_sources(panel.build, (*LAYOUTS, *policy_layouts(panel, SCORE))),
        columns={
            "label": "Covariate",
            "practice_label": "Practice",
            **{name: fmt for name, fmt in RESULT_COLUMNS.items() if not name.startswith("n_")},
            "p_value_bh": ColumnFormat("Benjamini-Hochberg", kind="number", digits=3),
            "p_value_holm": ColumnFormat("Holm", kind="number", digits=3),
            "n_obs": RESULT_COLUMNS["n_obs"],
        },
    )


def show_score(panel: Panel) -> Output:
    """Model of the cooperation score."""
    if panel.county["cooperation_score"].isna().all():
        return note("No model of the score: this release does not hold all seven practices.")
    estimates = associations.fit_score(panel.county)
    table = estimates.table
    labels = {one.term: one.label for one in COVARIATES}
    rows = table[table["term"].isin(labels)]
    reading = describe_count_signs(rows)
    return show_figure(
        plot_coefficients(rows, labels, x_label="Difference in practices of seven"),
        finding=f"{reading}.",
        subtitle="Difference in the cooperation score, other covariates held; thin line 95%, "
        "thick line 80% interval",
        alt=describe_chart(
            "Coefficient plot",
            x="difference in the number of practices, zero marked",
            y=f"{len(rows)} county characteristics",
            reading=reading,
        ),
        note=f"Linear model; errors CR1 clustered by state. {plain_notes(estimates.notes)}",
        source=describe_sources(panel.build, (*LAYOUTS, *policy_layouts(panel, SCORE))),
        data=rows.assign(term=rows["term"].map(labels)),
    )


def show_score_check(panel: Panel) -> Output:
    """Whether an ordered logit of the score has the same signs as the linear model."""
    if panel.county["cooperation_score"].isna().all():
        return note("Without a score there is no model of it to check.")
    linear = associations.fit_score(panel.county).table.set_index("term")
    fitted = associations.fit_score(panel.county, "ordered_logit")
    ordered = average_marginal_effects(fitted).set_index("term")
    rows = pd.DataFrame(
        {
            "label": [one.label for one in COVARIATES],
            "linear": [linear.loc[one.term, "estimate"] for one in COVARIATES],
            "p_value_linear": [linear.loc[one.term, "p_value"] for one in COVARIATES],
            "ordered": [ordered.loc[one.term, "estimate"] for one in COVARIATES],
            "p_value_ordered": [ordered.loc[one.term, "p_value"] for one in COVARIATES],
        }
    )
    same = int((rows["linear"] * rows["ordered"] > 0).sum())
    return show_table(
        rows,
        caption="The score as a number and as ordered categories",
        note=f"{same} of {len(rows)} differences have the same sign in both models. Both are in "
        "practices of seven: for the ordered logit, the average marginal effect on the expected "
        "score.",
        source=describe_sources(panel.build, (*LAYOUTS, *policy_layouts(panel, SCORE))),
        columns={
            "label": "Covariate",
            "linear": ColumnFormat("Linear, practices", digits=3),
            "p_value_linear": ColumnFormat("p", digits=3),
            "ordered": ColumnFormat("Ordered logit, practices", digits=3),
            "p_value_ordered": ColumnFormat("p (ordered)", digits=3),
        },
    )


def format_covariate(column: str, value: float) -> str:
    """Write a value of a covariate in the unit its name carries."""
    if column.endswith("_pct"):
        return format_share(value / 100)
    if column.endswith("_share"):
        return format_share(value)
    return format_usd(value) if column.endswith("_usd") else format_count(value)


def _row(effects: pd.DataFrame, practice: str, term: str) -> pd.Series:
    rows = effects[(effects["practice"] == practice) & (effects["term"] == term)]
    if rows.empty:
        failed = effects.loc[effects["practice"] == practice, "note"]
        blank = {"estimate": None, "conf_low": None, "conf_high": None, "n_obs": 0, "n_clusters": 0}
        return pd.Series({**blank, "note": " ".join(failed)})
    return rows.iloc[0]
