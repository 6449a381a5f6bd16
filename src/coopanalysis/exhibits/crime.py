"""Crime reporting: coverage first, then a reporting indicator and an offence rate by policy."""

from __future__ import annotations

import pandas as pd

from coopanalysis import associations, describe
from coopanalysis.catalog.columns import COUNTY_YEAR
from coopanalysis.checks.question import OUTCOMES, REPORTING, usable_rates
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
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.errors import UsageError
from coopanalysis.exhibits.common import find_policy, note, plain_notes, policy_layouts
from coopanalysis.panel import Panel

LAYOUTS = (
    "urban-crime",
    "urban-race-ethnicity",
    "acs-wide",
    "votes-president 2020",
    "urban-population",
)
UNITS = {
    "person_offenses_per_100k": "reported offences against persons per 100,000 residents",
    "property_offenses_per_100k": "reported offences against property per 100,000 residents",
}
SAID_ONCE = (
    r"[\d,]+ of [\d,]+ rows dropped for missing values \([^)]*\)\.(; )?"
    r"|few clusters: .*?bootstrap beside it\.(; )?"
)
RESULT_COLUMNS: dict[str, ColumnFormat | str] = {
    "design": "Design",
    "estimate": ColumnFormat("Estimate", digits=1),
    "conf_low": ColumnFormat("95% from", digits=1),
    "conf_high": ColumnFormat("95% to", digits=1),
    "p_value": ColumnFormat("p", digits=3),
    "n_obs": ColumnFormat("Counties", kind="count"),
    "missing_count": ColumnFormat("Left out", kind="count"),
    "n_clusters": ColumnFormat("States", kind="count"),
}


def sample(panel: Panel, year: int, least_quality: int) -> pd.DataFrame:
    """Counties of the base list with the crime of one year; unusable rates are missing.

    Unusable are rates of poor reporting, and those of counties whose offences are known to be
    booked to another county.

    Parameters
    ----------
    year : int
        A year with crime data.
    least_quality : int
        Rates are kept where the reporting quality is this or better (1 best, 3 any report).
    """
    return usable_rates(panel, year, least_quality)


def fit_outcome(frame: pd.DataFrame, outcome: str, policy: str) -> pd.DataFrame:
    """Difference in an outcome by policy, six designs."""
    if outcome not in OUTCOMES:
        raise UsageError(f"No outcome '{outcome}'. There are: {', '.join(OUTCOMES)}.")
    return associations.fit_crime(frame, outcome, policy)


def fit_reporting(frame: pd.DataFrame, policy: str) -> pd.DataFrame:
    """Difference in the share of counties with most agencies reporting, in percentage points."""
    return associations.in_percentage_points(associations.fit_crime(frame, REPORTING, policy))


def headline(panel: Panel, table: pd.DataFrame, outcome: str, policy: str) -> Output:
    """Main estimate: covariates and state effects, each county equal."""
    words, row = find_policy(panel, policy), associations.main_row(table)
    return show_headline(
        describe_estimate(
            row,
            UNITS[outcome],
            subject=words.subject,
            comparison="counties that do not, alike in the covariates and in the same state",
        ),
        unit=UNITS[outcome],
        comparison="counties without the policy in the same state, covariates held",
        interval=format_interval(row["conf_low"], row["conf_high"]),
        n=f"{format_count(row['n_obs'])} counties in {format_count(row['n_clusters'])} states; "
        f"{format_count(row['missing_count'])} left out",
    )


def limits(panel: Panel, frame: pd.DataFrame, outcome: str, policy: str, year: int) -> Output:
    """What the comparison cannot show, with the counts of the gaps."""
    words, total = find_policy(panel, policy), len(frame)
    used = int(frame[outcome].notna().sum())
    reported = frame.groupby(frame[policy])[outcome].apply(lambda values: values.notna().mean())
    items = [
        f"Rates of {year} are used for {format_count(used)} of {format_count(total)} counties; the "
        f"other {format_count(total - used)} reported too little or nothing, and are left out.",
        f"Reporting goes together with the policy: rates are usable for "
        f"{format_share(reported.get(1))} of the counties with it and "
        f"{format_share(reported.get(0))} of those without. Only those that reported are compared.",
        *_misplaced(frame),
        "Reported crime is crime times reporting. A policy may go together with either, and county "
        "data cannot tell them apart.",
        "Offences are NIBRS offences, wider than the FBI's usual violent and property crime; a "
        "reporting quality of 1 or 2 does not mean twelve months.",
        *time_order(panel, policy, year),
        f"The policy ({words.label}) was not assigned at random. Nothing here shows what it does.",
    ]
    return show_limits(items)


def show_coverage(frame: pd.DataFrame, panel: Panel, policy: str, year: int) -> Output:
    """Reporting coverage by policy, before any rate."""
    words = find_policy(panel, policy)
    table = describe.reporting_by_policy(panel.county, panel.county_year, policy, year)
    wide = table.pivot_table(
        index="status", columns="policy", values=["county_count", "county_share"], sort=False
    )
    rows = pd.DataFrame({"status": wide.index})
    columns: dict[str, ColumnFormat | str] = {"status": "Reporting"}
    for group, label in (("with", "With"), ("without", "Without"), ("unknown", "Unknown")):
        if ("county_count", group) in wide:
            rows[f"{group}_count"] = wide["county_count", group].to_numpy()
            rows[f"{group}_share"] = wide["county_share", group].to_numpy()
            columns[f"{group}_count"] = ColumnFormat(f"{label}: counties", kind="count")
            columns[f"{group}_share"] = ColumnFormat(f"{label}: share", kind="share")
    return show_table(
        rows,
        caption=f"How crime of {year} was reported to the FBI, by policy: {words.label}",
        note=f"All {format_count(len(frame))} counties of the base list stand in one of the rows.",
        source=describe_sources(
            panel.build, ["urban-crime", "county-names", *policy_layouts(panel, policy)]
        ),
        columns=columns,
    )


def show_designs(
    panel: Panel,
    table: pd.DataFrame,
    policy: str,
    *,
    what: str,
    unit: str,
    known: float | None = None,
) -> Output:
    """Coefficient plot of the six designs."""
    words = find_policy(panel, policy)
    rows = table.assign(term=table["design"])
    main = associations.main_row(table)
    reading = (
        f"{describe_count_signs(table)}; the main design gives {format_number(main['estimate'])} "
        f"({format_interval(main['conf_low'], main['conf_high'])})"
    )
    return show_figure(
        plot_coefficients(
            rows,
            {one.label: one.short for one in associations.CRIME_DESIGNS},
            x_label=unit.removeprefix("reported ").removesuffix(" residents").capitalize(),
        ),
        finding=f"{what}: {reading}.",
        subtitle=f"Difference between counties that {words.plural} and counties that do not; "
        "thin line 95%, thick line 80% interval",
        alt=describe_chart(
            "Coefficient plot",
            x=f"difference in {unit}, zero marked",
            y=f"{len(table)} designs, from no covariates to covariates and state effects",
            reading=reading,
        ),
        note="Linear models; errors CR1 clustered by state, t with clusters less one degrees of "
        "freedom. " + _known_words(known, main),
        source=describe_sources(panel.build, (*LAYOUTS, *policy_layouts(panel, policy))),
        data=table.drop(columns=["term"]),
    )


def show_design_table(
    panel: Panel, table: pd.DataFrame, policy: str, *, what: str, unit: str
) -> Output:
    """The six designs as a table."""
    notes = table["note"].str.replace(SAID_ONCE, "", regex=True)
    return show_table(
        table,
        caption=f"{what}: difference by policy" + ("" if "per 100" in what else f", {unit}"),
        note=f"{left_out(table, what)} {plain_notes(notes)}",
        source=describe_sources(panel.build, (*LAYOUTS, *policy_layouts(panel, policy))),
        columns=RESULT_COLUMNS,
    )


def left_out(table: pd.DataFrame, what: str) -> str:
    """Say once how many counties the designs leave out, and why."""
    least, most = int(table["missing_count"].min()), int(table["missing_count"].max())
    return (
        f"{pluralise(least, 'county', 'counties')} without a value ({what.lower()}) are left out "
        f"of every design, and {format_count(most - least)} more, which lack a covariate, of those "
        "with covariates."
    )


def show_known_effect(panel: Panel, table: pd.DataFrame, outcome: str, policy: str) -> Output:
    """Whether each design finds the effect that was put into the simulation."""
    known = panel.known_effect(outcome, policy)
    if known is None:
        return note(
            "There is no known effect to compare with: this release, or this policy, was not "
            "simulated with one."
        )
    rows = table.assign(
        known=known,
        bias=table["estimate"] - known,
        covered=[
            "yes" if low <= known <= high else "no"
            for low, high in zip(table["conf_low"], table["conf_high"], strict=True)
        ],
    )
    covered = int((rows["covered"] == "yes").sum())
    return show_table(
        rows,
        caption="The effect put into the simulation, and what each design finds",
        note=f"{covered} of {len(rows)} intervals contain the known effect. The simulation puts "
        "state effects and covariates into both policy and crime, so only designs with both are "
        "built to find it.",
        source=describe_sources(panel.build, ["urban-crime"]),
        columns={
            "design": "Design",
            "known": ColumnFormat("Put in", digits=1),
            "estimate": ColumnFormat("Found", digits=1),
            "bias": ColumnFormat("Difference", digits=1),
            "covered": "Interval contains it",
        },
    )


def outcome_label(outcome: str) -> str:
    """Human name of an outcome."""
    return COUNTY_YEAR.column(outcome).label


def _known_words(known: float | None, main: pd.Series) -> str:
    if known is None:
        return "Association, not effect."
    inside = main["conf_low"] <= known <= main["conf_high"]
    return (
        f"Simulated with a known effect of {format_number(known)}, "
        f"{'inside' if inside else 'outside'} the interval of the main design."
    )


def _misplaced(frame: pd.DataFrame) -> list[str]:
    """Say how many counties are left out because offences are booked elsewhere."""
    count = int((frame["offenses_misplaced"] == 1).sum())
    if not count:
        return []
    return [
        f"{pluralise(count, 'county', 'counties')} are left out whatever their reporting quality, "
        "because the offences of several counties are booked to one of them."
    ]


def time_order(panel: Panel, policy: str, year: int) -> list[str]:
    """Say how many agreements are younger than the crime they are compared with."""
    if not policy.startswith("agreement"):
        return []
    signed = panel.county.loc[panel.county[policy] == 1, "agreement_signed_date"]
    later = int((signed.dt.year > year).sum())
    known = int(signed.notna().sum())
    return [
        f"{format_count(later)} of {pluralise(known, 'county', 'counties')} with a dated agreement "
        f"signed it after {year}: for them the rate is a circumstance before adoption, not an "
        "outcome."
    ]
