"""Briefs: places alike in stated covariates, with how far away they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coopanalysis.briefs.agencies import Brief, agency_count
from coopanalysis.briefs.sources import layouts_of, list_dates, on_list, source_of_lists
from coopanalysis.briefs.units import (
    COVARIATES,
    DENSITY_DIGITS,
    PeerCovariate,
    county_units,
    measure_years,
    state_units,
)
from coopanalysis.catalog.tables import COUNTY
from coopanalysis.display import sentences as say
from coopanalysis.display.figures import plot_bars, show_chart
from coopanalysis.display.figures.style import ACCENT, ACCENT_LIGHT
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.vocabulary import PRACTICES

PEERS = 5
FEWEST_COVARIATES = 2
FAR = 1.0


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


def find_peers(brief: Brief, count: int = PEERS) -> Peers | None:
    """Find the states (counties) nearest to the one of a brief.

    The distance is the root of the mean of squared differences in the covariates, each in
    standard deviations over all places of the release; residents and density by logarithm. There
    are no peers where fewer than two covariates are known of the place.
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
    ordered = distance.drop(brief.code).sort_values(kind="stable").head(count)
    chosen = [brief.code, *ordered.index]
    table = units.loc[chosen].assign(distance=distance.loc[chosen])
    return Peers(
        table.rename_axis("code").reset_index(),
        used,
        tuple(one for one in COVARIATES if one not in used),
        len(units) - len(known),
    )


def show_peers(brief: Brief, peers: Peers | None) -> Output:
    """The peers with the covariates they were chosen by, and who cooperates there."""
    if peers is None:
        return _no_peers(brief)
    table = peers.table.assign(**_outcomes(brief, [brief.code, *peers.codes]))
    columns: dict[str, ColumnFormat | str] = {
        "place": "State" if brief.is_state else "County",
        **(
            {"with_share": "Counties with an agreement"}
            if brief.is_state
            else {"agreement": "County agreement"}
        ),
        "distance": ColumnFormat("Distance", kind="number", digits=2),
        **{
            one.column: ColumnFormat(
                one.label, kind=one.kind, digits=DENSITY_DIGITS if one.kind == "number" else None
            )
            for one in peers.used
        },
    }
    columns["agencies_count"] = "Agencies on the list"
    if not brief.is_state and table["cooperation_score"].notna().any():
        columns["cooperation_score"] = ColumnFormat(f"Score of {len(PRACTICES)}", kind="count")
    what = brief.places
    years = measure_years(brief.panel)
    return show_table(
        table,
        caption=f"{brief.opening} and the {len(peers.codes)} {what} most like it",
        note=f"{distance_words(peers, what)} Agreements are those of the list of "
        f"{list_dates(brief.panel)[1]}. Peers were chosen without looking at agreements. "
        f"Residents are those of {years['year']}, poverty and income of {years['survey']}.",
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
    others = table["with_share"].iloc[1:]
    spread = say.describe_range(others, "share")
    if (others == others.iloc[0]).all():
        spread = f"{say.format_share(others.iloc[0])} in each"
    own = f"{say.format_share(table['with_share'].iloc[0])} of the counties of {brief.place} have"
    if table["with_share"].iloc[0] == 1:
        own = f"All counties of {brief.place} have"
    if not table["with_share"].any():
        return note(f"No county of {brief.place} or of its peers has a county agreement.")
    if not table["with_share"].iloc[0]:
        own = f"No county of {brief.place} has"
    reading = f"{own} a county agreement; in its peers {spread}"
    return show_chart(
        plot_bars(
            table,
            category="place",
            value="with_share",
            x_label="Share of counties with a county agreement",
            measure="share",
            colours={
                name: ACCENT if at == 0 else ACCENT_LIGHT for at, name in enumerate(table["place"])
            },
        ),
        reading,
        subtitle=f"Counties with a county agency on the list of {list_dates(brief.panel)[1]}; "
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
    columns = [COUNTY.column(name) for name in (*(one.column for one in peers.used), *shown)]
    return source_of_lists(brief.panel, *layouts_of(brief.panel, columns), which="latest")


def _outcomes(brief: Brief, codes: Sequence[str]) -> dict[str, list[Any]]:
    panel, key, latest = brief.panel, brief.key, on_list(brief.panel, "latest")
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
