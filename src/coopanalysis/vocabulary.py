"""The words of the field, each spelt once.

Practices follow the county rubric of the Immigrant Legal Resource Center (ILRC), turned
round: here 1 means that the county cooperates in that way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Release = Literal["demo", "public"]
RELEASES: tuple[Release, ...] = get_args(Release)

AGENCY_TYPES = ("county", "municipality", "state-agency")
SUPPORT_TYPE_LABELS = {
    "jail-enforcement": "Jail enforcement model",
    "task-force": "Task force model",
    "warrant-service": "Warrant service officer",
}
SUPPORT_TYPES = tuple(SUPPORT_TYPE_LABELS)

LIST_KINDS = ("participating", "pending")
SPELL_STATUSES = ("listed", "absent", "left", "unclear")
"""What can be said of the end of an agreement's stretch on ICE's lists."""

COUNTY_MATCHES = (
    "exact",
    "normalised",
    "correction",
    "police-list",
    "not-stated",
    "unmatched",
    "not-a-county-agency",
)


@dataclass(frozen=True)
class Practice:
    """One of the practices of the rubric: the column that is 1 where a county does it, in words.

    `phrase` completes "A county that ...", `plural` "Counties that ...", `act` "A law on ...".
    `ilrc_column` is the header in the ILRC file, where 1 means the opposite.
    """

    name: str
    label: str
    phrase: str
    plural: str
    act: str
    ilrc_column: str


PRACTICES: tuple[Practice, ...] = (
    Practice(
        "agreement_287g",
        "287(g) agreement",
        "has a 287(g) agreement",
        "have a 287(g) agreement",
        "287(g) agreements",
        "No 287(g)",
    ),
    Practice(
        "detention_contract",
        "Detention contract",
        "has a contract to detain for ICE",
        "have a contract to detain for ICE",
        "detention contracts",
        "No ICE detention contract",
    ),
    Practice(
        "holds_on_detainer",
        "Holds on detainers",
        "holds people on ICE detainers",
        "hold people on ICE detainers",
        "holds on detainers",
        "No ICE holds",
    ),
    Practice(
        "notifies_ice",
        "Notifies ICE of releases",
        "tells ICE of release dates",
        "tell ICE of release dates",
        "notice of releases",
        "No ICE alerts",
    ),
    Practice(
        "unlimited_jail_access",
        "Unlimited jail access",
        "sets no limit on ICE in the jail",
        "set no limit on ICE in the jail",
        "access to jails",
        "Limits on ICE interrogations in jail",
    ),
    Practice(
        "asks_status",
        "May ask immigration status",
        "lets staff ask about immigration status",
        "let staff ask about immigration status",
        "asking of immigration status",
        "Prohibition on asking about immigration status",
    ),
    Practice(
        "uses_local_resources",
        "May use local resources",
        "lets staff use local resources for ICE",
        "let staff use local resources for ICE",
        "use of local resources",
        "General prohibition on assistance to ICE",
    ),
)
PRACTICE_NAMES: tuple[str, ...] = tuple(practice.name for practice in PRACTICES)

MAIN = "main"
"""Stands for the policy that a release is mainly about."""
POLICY_NAMES = (
    *PRACTICE_NAMES,
    "agreement_first_list",
    "agreement_latest_list",
    *(f"{support.replace('-', '_')}_latest_list" for support in SUPPORT_TYPES),
)
"""Columns that are policies, in any release."""

_PRACTICE = "|".join(PRACTICE_NAMES)
PRACTICES_PATTERN = rf"^({_PRACTICE})(;({_PRACTICE}))*$"
"""Some practices by name, separated by semicolons."""

REPORTED = "reported"
REPORTED_ZERO = "reported-zero"
NOT_REPORTED = "not-reported"
REPORTED_ELSEWHERE = "reported-elsewhere"
NOT_EXPECTED = "not-expected"
OFFENSES_STATUSES = (REPORTED, REPORTED_ZERO, NOT_REPORTED, REPORTED_ELSEWHERE)
"""What a county's offence rates of a year are."""
REPORTING_STATUSES = (*OFFENSES_STATUSES, NOT_EXPECTED)
"""How an agency, or a county as a whole, reported a year to the FBI."""

OFFENSES = (
    "murder",
    "manslaughter",
    "rape",
    "robbery",
    "aggravated_assault",
    "simple_assault",
    "burglary",
    "larceny",
    "motor_vehicle_theft",
    "violent",
    "property",
)
"""Offences of the FBI's summary reports; the last two are sums of others."""
MONTHS_OF_COUNTS = {
    "actual": "months_reported",
    "unfounded": "months_unfounded_reported",
    "cleared": "months_cleared_reported",
}
"""The counts of each offence, and the column with the months in which each was sent."""
