"""Briefs: places alike in stated covariates, with how far away they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coopanalysis.briefs.agreements import agency_count
from coopanalysis.briefs.places import Brief, latest_day, latest_list, source_of_latest, sources_of
from coopanalysis.display import sentences as say
from coopanalysis.display.figures import plot_bars, show_chart
from coopanalysis.display.figures.style import ACCENT, ACCENT_LIGHT
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.sentences import format_number
from coopanalysis.display.tables import ColumnFormat, Columns, Kind, show_table
from coopanalysis.display.words import in_sentence
from coopanalysis.panel import Panel
from coopanalysis.vocabulary import PRACTICES

PEERS = 5
FEWEST_COVARIATES = 2
FAR = 1.0


DENSITY_DIGITS = 1


@dataclass(frozen=True)
class PeerCovariate:
    """A characteristic that peers are chosen by: a column of the county table, and its words.

    `is_log` is whether places are compared by its logarithm.
    """

    column: str
    label: str
    kind: Kind
    is_log: bool = False

    @property
    def words(self) -> str:
        """The label inside a sentence."""
        return in_sentence(self.label)


COVARIATES = (
    PeerCovariate("population_count", "Residents", "count", is_log=True),
    PeerCovariate("population_per_km2", "Residents per square km", "number", is_log=True),
    PeerCovariate("hispanic_share", "Hispanic share", "share"),
    PeerCovariate("poverty_pct", "Poverty", "pct"),
    PeerCovariate("median_household_income_usd", "Median household income", "usd"),
    PeerCovariate("republican_share", "Republican share 2020", "share"),
)


SURVEYED = {"poverty_pct": "poverty", "median_household_income_usd": "income"}


@dataclass(frozen=True)
class Peers:
    """The places nearest to one, and by what.

    The table has the place first, then the nearest, one row each: `code, place, distance` and the
    covariates in their own units. `used` entered the distance, `without` are not known, of the
    place or of any; so many places lack one of those used, and could not be peers.
    """

    table: pd.DataFrame
    used: tuple[PeerCovariate, ...]
    without: tuple[PeerCovariate, ...]
    left_out_count: int

    @property
    def codes(self) -> list[str]:
        """Codes of the peers, the nearest first."""
        return [str(code) for code in self.table["code"].iloc[1:]]


def find_peers(brief: Brief) -> Peers | None:
    """Find the states (counties) nearest to the one of a brief, if two covariates are known of it.

    The distance is the root of the mean of squared differences in the covariates, each in standard
    deviations over all places of the release; residents and density by logarithm.
    """
    units = state_units(brief.panel.county) if brief.is_state else county_units(brief.panel)
    if brief.code not in units.index:
        return None
    own = units.loc[brief.code]
    used = tuple(one for one in COVARIATES if pd.notna(own[one.column]))
    if len(used) < FEWEST_COVARIATES:
        return None
    columns = [one.column for one in used]
    known = units.dropna(subset=columns)
    scaled = known[columns].astype("float64")
    for one in used:
        if one.is_log:
            scaled[one.column] = np.log(scaled[one.column])
    deviations = scaled.std(ddof=0)
    scaled = (scaled - scaled.mean()) / deviations.where(deviations > 0, 1.0)
    gaps = (scaled - scaled.loc[brief.code]).to_numpy()
    distance = pd.Series(np.sqrt((gaps**2).mean(axis=1)), index=known.index)
    ordered = distance.drop(brief.code).sort_values(kind="stable").head(PEERS)
    chosen = [brief.code, *ordered.index]
    table = units.loc[chosen].assign(distance=distance.loc[chosen])
    return Peers(
        table.rename_axis("code").reset_index(),
        used,
        tuple(one for one in COVARIATES if one not in used),
        len(units) - len(known),
    )


def show_peers(brief: Brief, peers: Peers | None, page: str = "") -> Output:
    """The peers with the covariates they were chosen by, and who cooperates there.

    `page` is the address of the page of a peer, with `{code}` in it, where each has one.
    """
    if peers is None:
        return _no_peers(brief)
    table = peers.table.assign(**_outcomes(brief, [brief.code, *peers.codes]))
    place = "State" if brief.is_state else "County"
    if page:
        pages = ["", *(page.format(code=code) for code in peers.codes)]
        cells = [((words, to),) for words, to in zip(table["place"], pages, strict=True)]
        table["place"] = pd.Series(cells, table.index, dtype="object")
    columns: Columns = {
        "place": ColumnFormat(place, kind="links" if page else "text"),
        **({"with_share": "Counties with an agreement"} if brief.is_state else {}),
        **({} if brief.is_state else {"agreement": "County agreement"}),
        "distance": ColumnFormat("Distance", kind="number", digits=2),
    }
    for one in peers.used:
        digits = DENSITY_DIGITS if one.kind == "number" else None
        columns[one.column] = ColumnFormat(one.label, kind=one.kind, digits=digits)
    columns["agencies_count"] = "Agencies on the list"
    if not brief.is_state and table["cooperation_score"].notna().any():
        columns["cooperation_score"] = ColumnFormat(f"Score of {len(PRACTICES)}", kind="count")
    what = brief.places
    years = measure_years(brief.panel)
    surveyed = say.join_words([words for name, words in SURVEYED.items() if name in columns])
    of_survey = f", {surveyed} of {years['survey']}" * bool(surveyed)
    return show_table(
        table,
        caption=f"{brief.opening} and the {len(peers.codes)} {what} most like it",
        note=f"{distance_words(peers, what)} Agreements are those of the list of "
        f"{latest_day(brief.panel)}. Peers were chosen without looking at agreements. "
        f"Residents are those of {years['year']}{of_survey}.",
        source=_source(brief, peers, [name for name in columns if name == "cooperation_score"]),
        columns=columns,
    )


def distance_words(peers: Peers, what: str) -> str:
    """Say by what and how the peers were chosen, and what could not be used."""
    labels = say.join_words([one.words for one in peers.used])
    logs = [one.words for one in peers.used if one.is_log]
    text = (
        f"The distance is the typical difference, in standard deviations over all {what}, in "
        f"{labels}" + (f" ({say.join_words(logs)} by logarithm)." if logs else ".")
    )
    nearest = float(peers.table["distance"].iloc[1:].min())
    if nearest > FAR:
        text += f" None is near: the closest is {say.format_number(nearest, 2)} away."
    if peers.without:
        without = say.join_words([one.words for one in peers.without])
        text += f" Not known here, and so not used: {without}."
    if peers.left_out_count:
        noun = {"states": "state", "counties": "county"}[what]
        verb = "lacks" if peers.left_out_count == 1 else "lack"
        text += (
            f" {say.pluralise(peers.left_out_count, noun, what)} {verb} one of these and could not "
            "be chosen."
        )
    return text


def show_peer_bars(brief: Brief, peers: Peers | None) -> Output:
    """Share of counties with a county agreement, the state beside its peers."""
    if peers is None:
        return _no_peers(brief)
    codes = [brief.code, *peers.codes]
    table = peers.table[["code", "place"]].assign(**_outcomes(brief, codes))
    share, *others = table["with_share"]
    spread = say.describe_range(pd.Series(others), "share")
    if len(set(others)) == 1:
        spread = f"{say.format_share(others[0])} in each"
    if not table["with_share"].any():
        return note(f"No county of {brief.place} or of its peers has a county agreement.")
    own = f"{say.format_share(share)} of the counties of {brief.place} have"
    if share in (0, 1):
        which, has = ("All counties", "have") if share else ("No county", "has")
        own = f"{which} of {brief.place} {has}"
    reading = f"{own} a county agreement; in its peers {spread}"
    return show_chart(
        plot_bars(
            table,
            "place",
            "with_share",
            x_label="Share of counties with a county agreement",
            measure="share",
            colours={**dict.fromkeys(table["place"], ACCENT_LIGHT), table["place"].iloc[0]: ACCENT},
        ),
        reading,
        subtitle=f"Counties with a county agency on the list of {latest_day(brief.panel)}; "
        "peers from the nearest on",
        chart="Bar chart",
        x="share of counties with a county agreement",
        y=f"{brief.place} and its {len(peers.codes)} peers, "
        f"{say.join_words(table['place'].tolist()[1:])}",
        note="Counties count alike, whatever their population. Peers are alike in a few "
        "characteristics, not in their laws.",
        source=_source(brief, peers),
        data=table.drop(columns=["code"]),
    )


def _source(brief: Brief, peers: Peers, shown: Sequence[str] = ()) -> str:
    """Source line: the latest list, and what the peers were chosen by and shown with."""
    columns = [*(one.column for one in peers.used), *shown]
    return source_of_latest(brief.panel, *sources_of(brief.panel, columns))


def _outcomes(brief: Brief, codes: Sequence[str]) -> dict[str, list[Any]]:
    panel, key, latest = brief.panel, brief.key, latest_list(brief.panel)
    counts = [agency_count(latest[latest[key] == code]) for code in codes]
    if brief.is_state:
        share = panel.county.groupby("state_fips")["agreement_latest_list"].mean()
        return {"agencies_count": counts, "with_share": [float(share[code]) for code in codes]}
    county = panel.county.set_index("county_fips").loc[list(codes)]
    agreement = county["agreement_latest_list"].map({1: "yes", 0: "no"}).tolist()
    return {
        "agencies_count": counts,
        "agreement": agreement,
        "cooperation_score": county["cooperation_score"].tolist(),
    }


def _no_peers(brief: Brief) -> Output:
    known = "is not in the county list that the covariates are for"
    if brief.is_listed:
        known = f"has fewer than {say.pluralise(FEWEST_COVARIATES, 'known covariate')}"
    return note(f"There are no peers to show: {brief.place} {known}.")


def measure_years(panel: Panel) -> dict[str, str]:
    """Years of the residents (`year`) and of the survey of incomes and poverty (`survey`)."""
    survey = next(one["vintage"] for one in panel.build["inputs"] if one["layout"] == "acs-wide")
    return {"year": str(panel.build["base_list"]), "survey": str(survey).replace("-", " to ")}


def format_density(value: Any) -> str:
    """Write residents per square kilometre, in every table of a brief the same."""
    return format_number(value, DENSITY_DIGITS)


def county_units(panel: Panel) -> pd.DataFrame:
    """Covariates of each county, by code, with its name as `place`."""
    columns = [one.column for one in COVARIATES]
    frame = panel.county.set_index("county_fips")
    return frame[columns].assign(place=frame["county"] + ", " + frame["state_abbr"])


def state_units(county: pd.DataFrame) -> pd.DataFrame:
    """Covariates of each state of county rows: shares weighted, income the mean of medians.

    A share is missing where fewer than half of the residents live in counties that have it.
    """
    groups = county.groupby("state_fips")
    people = county["population_count"].astype("float64")
    area = groups["land_area_km2"].sum(min_count=1)
    table = pd.DataFrame({"place": groups["state"].first()}).assign(
        population_count=groups["population_count"].sum().astype("Int64"),
        population_per_km2=people.groupby(county["state_fips"]).sum() / area,
    )
    for name in ("hispanic_share", "poverty_pct", "median_household_income_usd"):
        table[name] = pooled_mean(county, name, people)
    votes = county["votes_count"].astype("float64")
    return table.assign(republican_share=pooled_mean(county, "republican_share", votes))


def pooled_mean(county: pd.DataFrame, column: str, weights: pd.Series) -> pd.Series:
    """Mean over the counties of each state, weighted; missing if half of the weight lacks it."""
    values = county[column].astype("float64")
    known = weights.where(values.notna())
    state = county["state_fips"]
    mean = (values * known).groupby(state).sum() / known.groupby(state).sum()
    covered = known.groupby(state).sum() / weights.groupby(state).sum()
    return mean.where(covered > 0.5)
