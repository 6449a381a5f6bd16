"""State laws in tables: each status, each state, each year, each law."""

from __future__ import annotations

import pandas as pd

from coopanalysis.clean.laws import LAW_STATUS_LABELS, LAW_STATUSES, law_exposure
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import format_count, format_date, pluralise
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.common import note
from coopanalysis.exhibits.law_facts import LawFacts, timeline
from coopanalysis.sources.reference import read_local_actions

_CONFIDENCE = {"high": "certain", "verify": "to verify"}


def show_exposure(facts: LawFacts) -> Output:
    """States, counties and residents under each status."""
    table = law_exposure(facts.counties)
    return show_table(
        table.assign(label=table["status"].map(LAW_STATUS_LABELS)),
        caption=f"States, counties and residents by the laws of their state, {facts.day}",
        note="The last column counts the residents of states whose status laws to verify could "
        "change. The District of Columbia and Puerto Rico are counted as states.",
        source=facts.source,
        columns={
            "label": "Laws of the state",
            "states_count": "States",
            "counties_count": "Counties",
            "population_count": "Residents",
            "population_share": "Share of residents",
            "uncertain_population_count": "Residents, status not certain",
        },
    )


def show_years(facts: LawFacts) -> Output:
    """Residents under each status at the end of each year, certain laws and all dated laws."""
    rules = {"certain": False, "dated": True}
    parts = {name: _by_year(timeline(facts, include_verify=flag)) for name, flag in rules.items()}
    if parts["certain"].empty:
        return note(f"No certain law of the table was in force on {facts.day}.")
    table = parts["certain"].join(parts["dated"].add_suffix("_dated")).reset_index()
    return show_table(
        table,
        caption="Residents under state laws at the end of each year, in millions",
        note=f"The row of {facts.as_of.year} is of {facts.day}. Columns with laws to verify count "
        "those whose date is known; laws without a date are in no row. Population of 2015 to 2019 "
        "throughout.",
        source=facts.source,
        columns={
            "year": ColumnFormat("Year", kind="text"),
            **{
                name: ColumnFormat(_year_label(name), kind="number", digits=1)
                for name in table.columns
                if name != "year" and table[name].gt(0).any()
            },
        },
    )


def show_states(facts: LawFacts) -> Output:
    """Every state: status, since when, and what uncertain laws would change."""
    table = facts.states.sort_values("state", ignore_index=True)
    possible = table["possible_status"].map(LAW_STATUS_LABELS)
    return show_table(
        table.assign(
            label=table["status"].map(LAW_STATUS_LABELS),
            since=table["since_date"].map(format_date).where(table["since_date"].notna(), "none"),
            to_verify_count=table["verify_laws_count"] + table["undated_laws_count"],
            possible=possible.where(table["is_uncertain"], "the same"),
        ),
        caption=f"Laws of each state on {facts.day}",
        note="Laws counted are in force and give the status; laws to verify are in force or have "
        "no known date. The column before the counties is the status if every law to verify holds.",
        source=facts.source,
        columns={
            "state": "State",
            "label": "Status",
            "since": "Since",
            "laws_count": "Laws counted",
            "to_verify_count": "Laws to verify",
            "possible": "If all laws hold",
            "counties_count": "Counties",
            "population_count": "Residents",
        },
    )


def show_laws(facts: LawFacts) -> Output:
    """Every law of the table with citation, dates, kind, confidence and source."""
    laws = facts.laws.sort_values(["state", "effective_date", "name"], ignore_index=True)
    verify = int(laws["confidence"].eq("verify").sum())
    return show_table(
        laws.assign(
            kind=laws["kind"].replace("both", "requires and restricts")
            + ", "
            + laws["confidence"].map(_CONFIDENCE),
            dates=dates_in_words(laws, facts.as_of),
            citation=laws["citation"].fillna("No citation known")
            + ". Source: "
            + laws["source"]
            + ".",
        ),
        caption=f"Every law in the table: {pluralise(len(laws), 'law')}, "
        f"{format_count(verify)} of them to verify",
        note="Names are those of the acts, rulings and directives. To verify: the date, the scope "
        f"or the citation is not certain. Dates are seen from {facts.day}.",
        source=facts.laws_source,
        columns={
            "name": "Law",
            "state": "State",
            "kind": "Kind, confidence",
            "dates": "In force",
            "summary": "What it does",
            "citation": "Citation and source",
        },
    )


def show_local_actions(facts: LawFacts) -> Output:
    """Actions of counties and cities known from public reporting; none counts for a status."""
    actions = read_local_actions()
    actions = actions.sort_values(["state", "place", "name"], ignore_index=True)
    verify = int(actions["confidence"].eq("verify").sum())
    return show_table(
        actions.assign(
            place=actions["place"] + ", " + actions["state_abbr"],
            kind=actions["kind"].replace("both", "requires and restricts")
            + ", "
            + actions["confidence"].map(_CONFIDENCE),
            dates=dates_in_words(actions, facts.as_of),
        ),
        caption=f"Actions of counties and cities: {format_count(len(actions))} known, "
        f"{format_count(verify)} of them to verify",
        note="From public reporting, far from complete, and counted nowhere on this page. To "
        f"verify: the date or the scope is not certain. Dates are seen from {facts.day}.",
        source="Real data: local actions collected for this project, each with its source in the "
        "row.",
        columns={
            "place": "Place",
            "name": "Action",
            "kind": "Kind, confidence",
            "dates": "In force",
            "summary": "What it does",
            "source": "Source",
        },
    )


def dates_in_words(laws: pd.DataFrame, day: pd.Timestamp) -> list[str]:
    """Say from when until when each law is in force, and whether it is on the day."""
    written = []
    for began, ended in zip(laws["effective_date"], laws["ended_date"], strict=True):
        text = "day not known" if pd.isna(began) else f"from {format_date(began)}"
        if not pd.isna(ended):
            text += f" until {format_date(ended)}"
        written.append(f"not yet, {text}" if began > day else text)
    return written


def _year_label(name: str) -> str:
    kind, _, dated = name.partition("_")
    return f"{kind.capitalize()}, with laws to verify" if dated else kind.capitalize()


def _by_year(days: pd.DataFrame) -> pd.DataFrame:
    """Residents in millions by status at the end of each year, each year between the laws."""
    if days.empty:
        return pd.DataFrame(columns=list(LAW_STATUSES))
    wide = days.set_index(["on_date", "status"])["population_count"].unstack() / 1e6  # noqa: PD010
    years = wide.groupby(wide.index.to_series().dt.year).last()
    every = range(int(years.index.min()), int(years.index.max()) + 1)
    return years.reindex(every).ffill().rename_axis("year")[list(LAW_STATUSES)]
