"""Published estimates beside those of this report."""

from __future__ import annotations

import pandas as pd

from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    MINUS,
    format_count,
    format_interval,
    format_number,
    is_missing,
)
from coopanalysis.display.tables import show_table
from coopanalysis.exhibits.common import find_policy
from coopanalysis.panel import Panel
from coopanalysis.sources.reference import read_published_estimates

ADVOCACY = "(advocacy publisher)"
ABOUT_PEOPLE = r"income|poverty|unemployment"
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
