"""Published estimates beside the main one, and in what they differ."""

from __future__ import annotations

import re

import pandas as pd

from coopanalysis.checks import Question
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    MINUS,
    format_count,
    format_interval,
    format_number,
    is_missing,
    join_words,
)
from coopanalysis.display.tables import show_table
from coopanalysis.exhibits.common import find_policy
from coopanalysis.exhibits.crime_detail import describe_main
from coopanalysis.panel import Panel
from coopanalysis.sources.reference import read_published_estimates

ABOUT_CRIME = r"crime|report|homicide|calls|assault|victim"
ADVOCACY = "(advocacy publisher)"
ABOUT_PEOPLE = r"income|poverty|unemployment"
OF_LESS = r"sanctuary|does not|detainer policy|narrower|amnesty"
DIRECTION_NOTE = (
    "Where the direction differs, the study asks about less cooperation: turn its sign to set it "
    "beside this report's."
)
PEOPLE_DIFFER = "years, outcome and treatment change places, direction, estimator"
PRACTICE_OF_WONG = "holds_on_detainer"
EN_DASH = "\N{EN DASH}"
COLUMNS = {
    "study": "Study",
    "where": "Unit and years",
    "treatment": "Treatment",
    "outcome": "Outcome",
    "printed": "Estimate",
    "differs": "Differs in",
}
SAME_TREATMENT = {"holds_on_detainer": "detainer", "agreement": r"287\(g\)"}


def show_published(question: Question) -> Output:
    """Published estimates of crime and of reporting, with the main one first."""
    published = read_published_estimates()
    about = published[published["outcome"].str.contains(ABOUT_CRIME)]
    rows = about.assign(
        printed=[printed_estimate(row) for _, row in about.iterrows()],
        study=[_named(row) for _, row in about.iterrows()],
        where=[f"{row['unit']}, {_years(row)}" for _, row in about.iterrows()],
        differs=[", ".join(differences(row, question)) for _, row in about.iterrows()],
    )
    names = ["study", "where", "treatment", "outcome", "printed", "differs"]
    table = pd.concat([pd.DataFrame([describe_main(question)]), rows[names]], ignore_index=True)
    advocates = sorted(set(about.loc[about["advocacy_publisher"] == 1, "study"]))
    return show_table(
        table,
        caption="Published estimates of crime and its reporting, beside the main estimate",
        note="Treatments are named as the studies name them, and estimates stand as printed; where "
        "a study prints words, the words. No two rows estimate the same thing: this report "
        "compares counties of one state at one time, the others compare as their units and "
        f"treatments say, with estimators of their own. {DIRECTION_NOTE} Rates per 10,000 are a "
        f"tenth of rates per 100,000. Marked {ADVOCACY} are those whose publisher argues for an "
        f"immigration policy, on whichever side: {join_words(advocates)}.",
        source=_source(question.panel),
        columns=COLUMNS,
    )


def show_published_people(panel: Panel, effects: pd.DataFrame, practice: str) -> Output:
    """Published differences in income, poverty and work by policy, beside this report's."""
    words = find_policy(panel, practice)
    own = effects[(effects["practice"] == practice) & effects["estimate"].notna()]
    mine = [
        {
            "study": _this_report(panel),
            "where": f"{format_count(row['n_obs'])} counties",
            "treatment": str(row["label"]),
            "outcome": f"{words.label}, probability",
            "printed": f"{format_number(row['estimate'], 1)} percentage points "
            f"({format_interval(row['conf_low'], row['conf_high'])})",
            "differs": EN_DASH,
        }
        for _, row in own.iterrows()
    ]
    published = read_published_estimates()
    about = published[published["outcome"].str.contains(ABOUT_PEOPLE)]
    theirs = [
        {
            "study": _named(row),
            "where": f"{row['unit']}, {_years(row)}",
            "treatment": row["treatment"],
            "outcome": row["outcome"],
            "printed": printed_estimate(row),
            "differs": PEOPLE_DIFFER
            if practice == PRACTICE_OF_WONG
            else f"practice, {PEOPLE_DIFFER}",
        }
        for _, row in about.iterrows()
    ]
    return show_table(
        pd.DataFrame([*theirs, *mine]),
        caption="Published differences in county characteristics by policy, beside this report's",
        note="The question is turned round: the published estimates take the policy as given and "
        "ask how income, poverty and work differ, among matched counties; this report takes the "
        "characteristics as given, all of them at once, and asks how the policy differs. Signs can "
        f"be compared, sizes cannot. {DIRECTION_NOTE}",
        source=_source(panel),
        columns=COLUMNS,
    )


def _this_report(panel: Panel) -> str:
    return "This report" + (", simulated data" if panel.release == "demo" else "")


def _source(panel: Panel) -> str:
    simulated = "; this report: simulated data, demo release." if panel.release == "demo" else "."
    return f"the publications named, as kept in data/raw/reference{simulated}"


def _named(row: pd.Series) -> str:
    return f"{row['study']} {ADVOCACY}" if row["advocacy_publisher"] == 1 else str(row["study"])


def _years(row: pd.Series) -> str:
    return "years not recorded" if is_missing(row["years"]) else str(row["years"])


def printed_estimate(row: pd.Series) -> str:
    """Write an estimate as the study prints it: number, range or words."""
    unit = str(row["unit_of_estimate"])
    if not is_missing(row["estimate"]):
        return f"{_plain(row['estimate'])} {unit}"
    if not is_missing(row["estimate_low"]):
        return f"{_plain(row['estimate_low'])} to {_plain(row['estimate_high'])} {unit}"
    return unit


def _plain(value: float) -> str:
    return format_number(value, 0 if float(value).is_integer() else 1).replace("-", MINUS)


def differences(row: pd.Series, question: Question) -> list[str]:
    """Name what a study does differently; always the outcome and the estimator."""
    found = []
    if "counties" not in str(row["unit"]):
        found.append("unit")
    if is_missing(row["years"]) or not _covers(str(row["years"]), question.year):
        found.append("years")
    same = SAME_TREATMENT.get(question.policy.split("_first")[0].split("_latest")[0], "")
    same = same or SAME_TREATMENT.get(question.policy.split("_", maxsplit=1)[0], "")
    if not same or not re.search(same, str(row["treatment"])):
        found.append("treatment")
    if re.search(OF_LESS, str(row["treatment"])):
        found.append("direction")
    # All crime, or a crime by its legal name: none counts offences against persons or property.
    return [*found, "outcome", "estimator"]


def _covers(years: str, year: int) -> bool:
    """Tell whether a text like `2010-2015`, `2015` or `from 2015` covers a year."""
    found = [int(one) for one in re.findall(r"\d{4}", years)]
    if not found:
        return False
    last = year if years.startswith("from") else found[-1]
    return found[0] <= year <= last
