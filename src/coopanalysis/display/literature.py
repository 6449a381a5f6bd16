"""Published estimates beside one of ours, and in what they differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.html import Output
from coopanalysis.display.results import effect_row
from coopanalysis.display.tables import ColumnFormat, Columns, show_table
from coopanalysis.display.words import release_of, result_words, term_label
from coopanalysis.models import Estimates
from coopanalysis.models.terms import columns_of
from coopanalysis.panel import Panel
from coopanalysis.sources.reference import read_published_estimates

Subject = Literal["crime", "people"]
OUTCOMES: dict[Subject, str] = {
    "crime": r"crime|report|homicide|calls|assault|victim|distrust|stops",
    "people": r"income|poverty|unemployment",
}
ADVOCACY = "(advocacy publisher)"
OF_LESS = r"sanctuary|does not|detainer policy|narrower|amnesty"
MASKED = (
    "That all reported crime is unchanged does not show that crime is: the first study finds the "
    "same total, of fewer reports by Hispanic victims and more victims among them."
)
TURNED_ROUND = (
    "The question is turned round: the published estimates take the policy as given and ask how "
    "income, poverty and work differ; this report takes the characteristics as given, all of them "
    "at once, and asks how the policy differs. Sizes cannot be compared, and signs only where an "
    "interval leaves out zero."
)
COLUMNS: Columns = {
    "study": "Study",
    "printed": ColumnFormat("Estimate", answer=True),
    "where": "Unit and years",
    "treatment": "Treatment",
    "outcome": "Outcome",
    "differs": "Differs in",
}


def show_published(
    estimates: Estimates,
    *,
    about: Subject,
    terms: Sequence[str] = (),
    year: int | None = None,
    data: Panel | None = None,
) -> Output:
    """Show published estimates of a subject beside ours, and in what each differs.

    The outcomes of the publications are about crime or about people. Ours are the terms, by default
    the treatment, of an outcome of the year.
    """
    data, published = release_of(data), read_published_estimates()
    theirs = published[published["outcome"].str.contains(OUTCOMES[about])]
    rows = [
        {
            "study": f"{row['study']}" + f" {ADVOCACY}" * int(row["advocacy_publisher"] == 1),
            "where": f"{row['unit']}, "
            f"{'years not recorded' if say.is_missing(row['years']) else row['years']}",
            "treatment": row["treatment"],
            "outcome": row["outcome"],
            "printed": printed_estimate(row),
            "differs": ", ".join(differences(row, estimates, data, year)),
        }
        for _, row in theirs.iterrows()
    ]
    ours = [_our_row(estimates, term, data, year) for term in terms or [estimates.spec.treatment]]
    advocates = sorted(set(theirs.loc[theirs["advocacy_publisher"] == 1, "study"]))
    simulated = "; this report: simulated data, demo release." if data.release == "demo" else "."
    return show_table(
        pd.DataFrame([*ours, *rows]),
        caption="Published estimates beside this report's",
        note="Treatments are named as the studies name them, and estimates stand as printed; where "
        "a study prints words, the words. No two rows estimate the same thing. "
        + f"{MASKED if about == 'crime' else TURNED_ROUND} "
        + "Where the direction differs, the study asks about less cooperation: turn its sign to "
        f"set it beside this report's. Marked {ADVOCACY} are those whose publisher argues for an "
        f"immigration policy, on whichever side: {say.join_words(advocates)}.",
        source=f"the publications named, as kept in data/raw/reference{simulated}",
        columns=COLUMNS,
    )


def _our_row(estimates: Estimates, term: str, data: Panel, year: int | None) -> dict[str, str]:
    words, row = result_words(estimates, data, term), effect_row(estimates, term)
    points = " percentage points" * (words.measure == "points")
    return {
        "study": "This report" + (", simulated data" if data.release == "demo" else ""),
        "where": f"{say.format_count(estimates.n_obs)} counties{f', {year}' if year else ''}",
        "treatment": term_label(data, term),
        "outcome": term_label(data, estimates.spec.outcome),
        "printed": say.tell(row, words.scale) + points,
        "differs": "\N{EN DASH}",
    }


def differences(
    row: pd.Series, estimates: Estimates, data: Panel, year: int | None = None
) -> list[str]:
    """Name what a study does differently; always the outcome and the estimator."""
    found = []
    if "counties" not in str(row["unit"]):
        found.append("unit")
    if say.is_missing(row["years"]) or year is None or not _covers(str(row["years"]), year):
        found.append("years")
    names = columns_of([estimates.spec.treatment, estimates.spec.outcome])
    studied = [data.policies[name].studied_as for name in names if name in data.policies]
    if not any(word and word in str(row["treatment"]) for word in studied):
        found.append("treatment")
    if re.search(OF_LESS, str(row["treatment"])):
        found.append("direction")
    # All crime, or a crime by its legal name: none counts offences against persons or property.
    return [*found, "outcome", "estimator"]


def _covers(years: str, year: int) -> bool:
    """Tell whether a text like `2010-2015`, `2015` or `from 2015` covers a year."""
    found = [int(one) for one in re.findall(r"\d{4}", years)]
    return bool(found) and found[0] <= year <= (year if years.startswith("from") else found[-1])


def printed_estimate(row: pd.Series) -> str:
    """Write an estimate as the study prints it: number, range or words."""
    unit = str(row["unit_of_estimate"])
    if not say.is_missing(row["estimate"]):
        return f"{_plain(row['estimate'])} {unit}"
    if not say.is_missing(row["estimate_low"]):
        return f"{_plain(row['estimate_low'])} to {_plain(row['estimate_high'])} {unit}"
    return unit


def _plain(value: float) -> str:
    return say.format_number(value, 0 if float(value).is_integer() else 1)
