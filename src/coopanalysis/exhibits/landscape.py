"""The policy landscape: the practices, their joint distribution, agreements by model and date."""

from __future__ import annotations

import pandas as pd

from coopanalysis import describe
from coopanalysis.briefs.places import undrawn_words
from coopanalysis.clean.municipal import stated_counties
from coopanalysis.display.figures import (
    cooccurrence,
    cumulate,
    plot_bars,
    plot_cooccurrence,
    plot_timeline,
    show_figure,
)
from coopanalysis.display.figures.style import STATUS_COLOURS, STATUS_LABELS
from coopanalysis.display.html import Output
from coopanalysis.display.maps import plot_county_map
from coopanalysis.display.page import show_headline, show_limits
from coopanalysis.display.sentences import (
    describe_chart,
    describe_share,
    describe_sources,
    format_count,
    format_number,
    format_share,
    join_words,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.common import agreement_as_of, find_policy, list_dates, note
from coopanalysis.exhibits.ice_lists import lists_of
from coopanalysis.panel import Panel
from coopanalysis.vocabulary import PRACTICES, SUPPORT_TYPE_LABELS, SUPPORT_TYPES


def headline(panel: Panel, policy: str) -> Output:
    """How many counties have the policy."""
    words = find_policy(panel, policy)
    row = describe.practice_margins(panel.county, [policy]).iloc[0]
    known = row["with_count"] + row["without_count"]
    counties = describe.counties_with_county_agreement(panel.agreements)
    first, latest = list_dates(panel)
    grown = join_words(
        [
            f"{format_count(n)} counties on {day}"
            for n, day in zip(counties["county_count"], (first, latest), strict=True)
        ]
    )
    sentence = (
        f"{describe_share(row['with_count'], known)} {words.plural}; the lists of 287(g) "
        f"agreements name a county agency in {grown}."
    )
    return show_headline(
        sentence,
        unit="counties",
        comparison=f"counties that do not: {format_count(row['without_count'])}",
        interval="none: a count of every county on the list, not a sample",
        n=f"{format_count(known)} counties known, {format_count(row['unknown_count'])} not",
        design="description",
    )


def limits(panel: Panel) -> Output:
    """What the landscape cannot show, with the counts of the gaps."""
    agreements = panel.agreements
    rows = agreements[agreements["list_kind"] == "participating"]
    latest = rows[rows["list_date"] == rows["list_date"].max()]
    no_county = int(stated_counties(latest).isna().sum())
    unknown = [p.label for p in PRACTICES if panel.county[p.name].isna().all()]
    undated = int(latest["signed_date"].isna().sum())
    items = [
        f"A list shows the agreements in force on one day ({join_words(list_dates(panel))}) and "
        "nothing about those that ended before it.",
        f"{pluralise(no_county, 'row')} of {format_count(len(latest))} on the latest list belong "
        "to no county that can be named: state agencies, and local agencies that state no county "
        "or one that matches none. They are counted, not placed.",
        f"Municipal agencies state a county more often on later lists, so counts of counties with "
        f"any local agency are not compared over time; {pluralise(undated, 'row')} of the latest "
        "list have no usable signing date.",
        "A practice is coded from written policy; what is done in a jail may differ.",
    ]
    if unknown:
        items.append(
            f"This release holds no data on {len(unknown)} of the seven practices: "
            f"{join_words(unknown)}."
        )
    return show_limits(items)


def show_practices(panel: Panel) -> Output:
    """Share of counties with each practice."""
    margins = describe.practice_margins(panel.county, describe.observed_practices(panel.county))
    shares = margins.sort_values("with_share", ascending=False, ignore_index=True)
    most, least = shares.iloc[0], shares.iloc[-1]
    reading = f"{most['label']}: {format_share(most['with_share'])} of counties"
    if len(shares) > 1:
        reading += f"; {least['label']}: {format_share(least['with_share'])}"
    return show_figure(
        plot_bars(
            shares,
            category="label",
            value="with_share",
            x_label="Share of counties",
            measure="share",
        ),
        finding=f"{reading}.",
        subtitle=f"Share of counties with each practice that this release knows; "
        f"287(g) agreements by {agreement_as_of(panel)}",
        alt=describe_chart(
            "Bar chart",
            x="share of counties from 0 to 100 percent",
            y=f"{pluralise(len(shares), 'practice')}",
            reading=f"From most to least common: {join_words(list(shares['label']))}. {reading}",
        ),
        note="Of the counties whose practice is known; see the data audit for the others.",
        source=describe_sources(panel.build, _practice_layouts(panel)),
        data=shares,
    )


def show_cooccurrence(panel: Panel) -> Output:
    """Which practices go together."""
    names = describe.observed_practices(panel.county)
    if len(names) < 2:
        return note(
            f"This release knows {pluralise(len(names), 'practice')} of the seven, so there is no "
            "joint distribution to show."
        )
    labels = {p.name: p.label for p in PRACTICES if p.name in names}
    pairs = cooccurrence(panel.county, labels)
    rarest = pairs.iloc[int(pairs["share"].argmin())]
    reading = (
        f"The least common companion: of the {format_count(rarest['counties_count'])} counties "
        f"with '{rarest['given']}', {format_share(rarest['share'])} also have '{rarest['other']}'"
    )
    return show_figure(
        plot_cooccurrence(pairs),
        finding=f"{reading}.",
        subtitle="Of the counties with the practice of the row, the share with that of the column",
        alt=describe_chart(
            "Heat map",
            x=f"the {len(names)} practices",
            y="the same practices; darker means a larger share, from 0 to 100 percent",
            reading=reading,
        ),
        note="Read along rows: the shares depend on which practice is given.",
        source=describe_sources(panel.build, _practice_layouts(panel)),
        data=pairs,
    )


def show_score(panel: Panel) -> Output:
    """Distribution of the cooperation score."""
    if panel.county["cooperation_score"].isna().all():
        return note("The score needs all seven practices, which this release does not hold.")
    table = describe.score_distribution(panel.county)
    total = table["county_count"].sum()
    mean = (table["cooperation_score"] * table["county_count"]).sum() / total
    mode = table.iloc[int(table["county_count"].argmax())]
    reading = (
        f"The mean is {format_number(mean, 2)} of seven practices; "
        f"{describe_share(mode['county_count'], total)} have "
        f"{format_count(mode['cooperation_score'])}"
    )
    shown = table.assign(score=table["cooperation_score"].astype("str"))
    return show_figure(
        plot_bars(
            shown, category="score", value="county_count", x_label="Counties", measure="count"
        ),
        finding=f"{reading}.",
        subtitle="Counties by the number of practices they have, from none to seven",
        alt=describe_chart(
            "Bar chart", x="number of counties", y="cooperation score from 0 to 7", reading=reading
        ),
        note="The score adds practices of different weight: a count, not a measure of effort.",
        source=describe_sources(panel.build, ["ilrc-rubric"]),
        data=table,
    )


def show_states(panel: Panel, value: str) -> Output:
    """Mean of a column over the counties of each state, as a table."""
    table = describe.by_state(panel.county, value)
    is_score = value == "cooperation_score"
    what = "Mean cooperation score" if is_score else "Share of counties"
    return show_table(
        table,
        caption=f"{what} by state: {find_label(value)}",
        note="Each county counts once, whatever its population.",
        source=describe_sources(panel.build, _practice_layouts(panel)),
        columns={
            "state": "State",
            "mean": ColumnFormat(
                what, kind="number" if is_score else "share", digits=2 if is_score else 1
            ),
            "known_count": ColumnFormat("Counties known", kind="count"),
            "county_count": ColumnFormat("Counties", kind="count"),
        },
    )


def show_score_map(panel: Panel) -> Output:
    """Map of the cooperation score."""
    scores = panel.county.set_index("county_fips")["cooperation_score"]
    if scores.isna().all():
        return note("Without all seven practices there is no map of the score either.")
    drawn = plot_county_map(panel.boundaries, scores, "score", legend_title="Practices of seven")
    state = describe.by_state(panel.county, "cooperation_score")
    high, low = state.iloc[0], state.iloc[-1]
    reading = (
        f"State means run from {format_number(low['mean'], 2)} ({low['state']}) to "
        f"{format_number(high['mean'], 2)} ({high['state']})"
    )
    return show_figure(
        drawn.figure,
        finding=f"{reading} practices of seven.",
        subtitle="Number of the seven practices, by county",
        alt=describe_chart(
            "County map",
            x="counties of the release with state lines",
            y="number of practices from 0 to 7, darker is fewer; counties not known are hatched",
            reading=reading,
        ),
        note="Area is not population: large counties look more important than they are."
        + undrawn_words(panel, panel.county, panel.boundaries),
        source=describe_sources(panel.build, ["ilrc-rubric", "topojson"]),
        data=panel.county[["county_fips", "county", "state", "cooperation_score"]],
        legend=drawn.legend,
        wide=True,
    )


def show_status_map(panel: Panel) -> Output:
    """Map of the county agreements on the latest list."""
    status = describe.agreement_status(panel.county)
    drawn = plot_county_map(
        panel.boundaries, status, "status", legend_title="County agreement, furthest-reaching model"
    )
    counts = status.value_counts()
    listed = [
        f"{STATUS_LABELS[one].lower()} in {format_count(counts[one])}"
        for one in ("task-force", "jail-enforcement", "warrant-service")
        if one in counts
    ]
    reading = (
        f"{describe_share(int((status != 'none').sum()), len(status))} have a county agreement: "
        f"{join_words(listed)}"
    )
    latest = list_dates(panel)[1]
    data = panel.county[["county_fips", "county", "state"]].assign(status=status.to_numpy())
    return show_figure(
        drawn.figure,
        finding=f"On {latest}, {reading}.",
        subtitle="Agreements of county agencies in force, by the furthest-reaching model "
        "(task force, then jail enforcement, then warrant service)",
        alt=describe_chart(
            "County map",
            x="counties of the release with state lines",
            y="model of the agreement, or none; counties not known are hatched",
            reading=reading,
        ),
        note="Agreements of state and municipal agencies are not on the map."
        + undrawn_words(panel, panel.county, panel.boundaries),
        source=describe_sources(panel.build, [*lists_of(panel, which="latest"), "topojson"]),
        data=data,
        legend=drawn.legend,
        wide=True,
    )


def show_models(panel: Panel) -> Output:
    """Agreements by list, agency type and model."""
    table = describe.agreements_by_model(panel.agreements)
    types = table["agency_type"].str.replace("-", " ").str.capitalize()
    return show_table(
        table.assign(agency_type=types),
        caption="Agreements on the lists of participating agencies, by type of agency and model",
        note="An agency with two models counts in both rows. The type is the label of the list. "
        "Counties are distinct counties among rows whose county is known; for municipal agencies "
        "that depends on how often the list states it.",
        source=describe_sources(panel.build, [*lists_of(panel), "county-names"]),
        columns={
            "list_date": ColumnFormat("List of", kind="date"),
            "agency_type": "Type of agency",
            "label": "Model",
            "agency_count": ColumnFormat("Agreements", kind="count"),
            "county_count": ColumnFormat("Counties", kind="count"),
        },
    )


def show_signing(panel: Panel) -> Output:
    """Agreements of the latest list by date of signing, added up."""
    rows = panel.agreements[panel.agreements["list_kind"] == "participating"]
    rows = rows[rows["list_date"] == rows["list_date"].max()]
    table = cumulate(rows, date="signed_date", by="support_type")
    since = pd.Timestamp("2025-01-01")
    recent = int((rows["signed_date"] >= since).sum())
    dated = int(rows["signed_date"].notna().sum())
    reading = f"{describe_share(recent, dated, 'agreements')} were signed in {since.year} or later"
    return show_figure(
        plot_timeline(
            table,
            date="month",
            value="events_count",
            by="support_type",
            y_label="Agreements signed up to then",
            colours={name: STATUS_COLOURS[name] for name in SUPPORT_TYPES},
            labels={name: SUPPORT_TYPE_LABELS[name] for name in SUPPORT_TYPES},
        ),
        finding=f"{reading}.",
        subtitle="Agreements on the latest list by month of signing, added up, per model",
        alt=describe_chart(
            "Stepped line chart",
            x="month of signing",
            y="agreements signed up to that month, one line per model",
            reading=reading,
        ),
        note="Only agreements still in force on the day of the list: those that ended earlier are "
        "not on it, so this is not a history of adoption.",
        source=describe_sources(panel.build, lists_of(panel, which="latest")),
        data=table.assign(support_type=table["support_type"].map(SUPPORT_TYPE_LABELS)),
    )


def find_label(value: str) -> str:
    """Human name of a practice or of the score."""
    names = {p.name: p.label for p in PRACTICES}
    return names.get(value, value.replace("_", " "))


def _practice_layouts(panel: Panel) -> list[str]:
    present = {one["layout"] for one in panel.build["inputs"] if one["rows_in"]}
    return ["ilrc-rubric"] if "ilrc-rubric" in present else [*lists_of(panel, which="latest")]
