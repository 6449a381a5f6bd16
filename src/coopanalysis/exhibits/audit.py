"""The data audit: what came in, what was kept, and what is missing."""

from __future__ import annotations

import pandas as pd

from coopanalysis import describe
from coopanalysis.associations import fit_crime
from coopanalysis.clean.published import contradictions
from coopanalysis.clean.reporting import SENT_REPORTS, county_in_year
from coopanalysis.display.figures import plot_stacked_shares, show_figure
from coopanalysis.display.figures.style import REPORTING_COLOURS
from coopanalysis.display.html import Output
from coopanalysis.display.page import show_headline, show_limits
from coopanalysis.display.sentences import (
    describe_chart,
    describe_estimate,
    describe_sources,
    format_count,
    format_share,
    join_words,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.common import build_source, find_policy, note
from coopanalysis.panel import Panel
from coopanalysis.sources.reference import read_published_figures
from coopanalysis.vocabulary import PRACTICES

REPORTING_LAYOUTS = ("urban-crime", "county-names")


def headline(panel: Panel, policy: str, year: int) -> Output:
    """Difference in reporting to the FBI between counties with and without a policy."""
    words = find_policy(panel, policy)
    frame = county_in_year(panel.county, panel.county_year, year)
    row = fit_crime(frame, "most_agencies_reported", policy).iloc[0]
    sentence = describe_estimate(
        row,
        f"likely to have had most of their agencies report crime to the FBI in {year}",
        subject=words.subject,
        comparison="counties that do not",
        measure="points",
        words=("more", "less"),
        verb="were",
    )
    return show_headline(
        sentence,
        unit="percentage points, counties with reporting quality 1 or 2",
        comparison=f"counties without ({words.label}), no covariates",
        interval=_points(row),
        n=f"{format_count(row['n_obs'])} counties in {format_count(row['n_clusters'])} states",
    )


def limits(panel: Panel, policy: str, year: int) -> Output:
    """What the audit cannot show, with the counts of the gaps."""
    build = panel.build
    rejected = sum(one["rows_rejected"] for one in build["inputs"])
    rows_in = sum(one["rows_in"] for one in build["inputs"])
    unknown = int(panel.county[policy].isna().sum())
    frame = county_in_year(panel.county, panel.county_year, year)
    silent = int(frame["reporting_quality"].isna().sum())
    total = len(frame)
    missing = [p.label for p in PRACTICES if panel.county[p.name].isna().all()]
    items = [
        f"{pluralise(silent, 'county', 'counties')} of {format_count(total)} "
        f"({format_share(silent / total)}) sent no crime report at all in {year} or have no code "
        "in that year's list. Their crime is missing, not zero.",
        "Reporting quality counts agencies, not months and not residents: a county of quality 1 "
        "may have reported for part of the year.",
        f"{pluralise(rejected, 'raw row')} of {format_count(rows_in)} could not be used; "
        "the reasons stand below, the rows in the rejects table.",
        "Whether victims report to the police is not observed in any of these files.",
    ]
    if unknown:
        counties = pluralise(unknown, "county", "counties")
        items.append(f"The policy is not known for {counties} of {format_count(total)}.")
    if missing:
        items.append(
            f"This release holds no data on {len(missing)} practices: {join_words(missing)}."
        )
    return show_limits(items)


def show_rows(panel: Panel) -> Output:
    """Rows in, kept and rejected of every raw file."""
    rows = describe.rows_by_source(panel.build)
    lost = int((rows["rows_in"] - rows["rows_kept"] - rows["rows_rejected"]).sum())
    return show_table(
        rows,
        caption="Raw files of this release, and what became of their rows",
        note=f"Rows in less rows kept less rows rejected: {lost}, over {len(rows)} files.",
        source=build_source(panel),
        columns={
            "source": "File",
            "title": "What it is",
            "rows_in": ColumnFormat("Rows in", kind="count"),
            "rows_kept": ColumnFormat("Kept", kind="count"),
            "rows_rejected": ColumnFormat("Rejected", kind="count"),
        },
    )


def show_rejects(panel: Panel) -> Output:
    """Rejected rows by file and reason."""
    if panel.rejects.empty:
        return note("No row of any file was rejected.")
    return show_table(
        describe.rejects_by_reason(panel.rejects),
        caption="Why rows were not used",
        note="A detail that differs from row to row is written as …; every row with its raw "
        "values stands in the rejects table of this release.",
        source=build_source(panel),
        columns={
            "reason": "Reason",
            "source": "File",
            "rows_count": ColumnFormat("Rows", kind="count"),
            "first_row": ColumnFormat("First row in the file", kind="count"),
        },
    )


def margins_table(panel: Panel) -> pd.DataFrame:
    """Practices of the release beside the published counts, one row per practice."""
    figures = read_published_figures()
    values = figures.set_index("figure_id")["value"]
    margins = describe.practice_margins(panel.county)
    ids = "ilrc-2016." + margins["practice"]
    known = margins["unknown_count"] < margins["total_count"]
    margins = margins.assign(
        with_count=margins["with_count"].where(known),
        without_count=margins["without_count"].where(known),
    )
    return margins.assign(
        published_with=(ids + ".with").map(values),
        published_without=(ids + ".without").map(values),
    )


def show_margins(panel: Panel) -> Output:
    """The seven practices in this release beside the counts published for 2016."""
    table = margins_table(panel)
    known = table[table["unknown_count"] < table["total_count"]]
    counties = format_count(len(panel.county))
    shown = f"This release knows {len(known)} of the seven practices for its {counties} counties."
    return show_table(
        table,
        caption="The seven practices: counties with and without, here and as published for 2016",
        note=f"{shown} Published counts are of 2,556 counties and are kept as printed, "
        "contradictions included; a side that was not printed is not available."
        if not values_differ(panel)
        else f"{shown} The release describes other counties or another time than the published "
        "counts, so the two columns need not agree.",
        source="Immigrant Legal Resource Center, county rubric of 2016, as published; "
        + describe_sources(panel.build, rubric_layouts(panel)),
        columns={
            "label": "Practice",
            "with_count": ColumnFormat("With, here", kind="count"),
            "without_count": ColumnFormat("Without, here", kind="count"),
            "unknown_count": ColumnFormat("Not known, here", kind="count"),
            "published_with": ColumnFormat("With, published", kind="count"),
            "published_without": ColumnFormat("Without, published", kind="count"),
        },
    )


def values_differ(panel: Panel) -> bool:
    """Whether the release has another number of counties than the published counts."""
    figures = read_published_figures().set_index("figure_id")["value"]
    return len(panel.county) != int(figures["ilrc-2016.counties"])


def rubric_layouts(panel: Panel) -> list[str]:
    """Layouts that the practices of this release come from."""
    present = {one["layout"] for one in panel.build["inputs"] if one["rows_in"]}
    return ["ilrc-rubric"] if "ilrc-rubric" in present else ["ice-287g"]


def show_contradictions() -> Output:
    """Published rows whose two sides do not add up to the published total."""
    table = contradictions(read_published_figures())
    labels = table["practice"].map({p.name: p.label for p in PRACTICES})
    return show_table(
        table.assign(label=labels),
        caption="Published rows that contradict themselves",
        note=f"Found by adding the two sides of each published row: {len(table)} do not give the "
        "published total. Which of the figures is wrong cannot be told; none was changed.",
        source="Immigrant Legal Resource Center, county rubric of 2016, as published.",
        columns={
            "label": "Practice",
            "published_with": ColumnFormat("With", kind="count"),
            "published_without": ColumnFormat("Without", kind="count"),
            "sum_of_sides": ColumnFormat("Sum of the two", kind="count"),
            "published_total": ColumnFormat("Published total", kind="count"),
            "difference": ColumnFormat("Difference", kind="count"),
        },
    )


def show_rubric_disagreements(panel: Panel) -> Output:
    """Totals printed in the rubric file that are not the sum of its own columns."""
    found = pd.DataFrame(panel.build.get("rubric_disagreements", []))
    if found.empty:
        return note(
            "No rubric file in this release."
            if rubric_layouts(panel) != ["ilrc-rubric"]
            else "Every total printed in the rubric file is the sum of its seven columns."
        )
    return show_table(
        found,
        caption="Totals in the rubric file that are not the sum of its seven columns",
        note="The score of the county table is recomputed from the seven columns; the printed "
        "total is kept beside it.",
        source=describe_sources(panel.build, ["ilrc-rubric"]),
        columns={
            "county": "County",
            "state": "State",
            "published": ColumnFormat("Printed total", kind="count"),
            "recomputed": ColumnFormat("Sum of the columns", kind="count"),
            "source_row": ColumnFormat("Row in the file", kind="count"),
        },
        row_header="county",
    )


def show_joins(panel: Panel) -> Output:
    """What each merge of the panel matched and what it left over."""
    joins = pd.DataFrame(panel.build["joins"])
    return show_table(
        joins,
        caption="Joins of the panel: keys matched, and keys that only one side has",
        note="A key that only the right side has is not carried into the table; a key that only "
        "the left side has is missing there, never zero.",
        source=build_source(panel),
        columns={
            "left": "Table",
            "right": "Joined with",
            "validate": "Cardinality",
            "both": ColumnFormat("In both", kind="count"),
            "left_only": ColumnFormat("Only in the table", kind="count"),
            "right_only": ColumnFormat("Only in the other", kind="count"),
        },
    )


def show_reporting(panel: Panel, policy: str, year: int) -> Output:
    """Reporting to the FBI by policy: shares of counties."""
    words = find_policy(panel, policy)
    table = describe.reporting_by_policy(panel.county, panel.county_year, policy, year)
    groups = {"with": "With it", "without": "Without it", "unknown": "Policy unknown"}
    wide = table.pivot_table(index="policy", columns="status", values="county_share", sort=False)
    totals = table.groupby("policy", sort=False)["county_count"].sum()
    shares = wide.reset_index()
    shares["group"] = [f"{groups[p]}\n(n = {format_count(totals[p])})" for p in shares["policy"]]
    parts = {name: name for name in REPORTING_COLOURS if shares[name].sum() > 0}
    figure = plot_stacked_shares(
        shares,
        category="group",
        parts=parts,
        colours={name: REPORTING_COLOURS[name] for name in parts},
        x_label=f"Share of counties, {year}",
    )
    reading = join_words(
        [
            f"{format_share(row[list(SENT_REPORTS)].sum())} of the "
            f"{format_count(totals[row['policy']])} counties {groups[row['policy']].lower()} "
            "had some report"
            for _, row in shares.iterrows()
        ]
    )
    return show_figure(
        figure,
        finding=f"{words.label}: {reading} in {year}.",
        subtitle=f"Counties by how many of their agencies sent crime data to the FBI in {year}",
        alt=describe_chart(
            "Stacked bar chart",
            x="share of counties from 0 to 100 percent",
            y=f"counties with and without the policy '{words.label}', coloured by reporting",
            reading=reading,
        ),
        note="Agencies are counted, not months. A county without a report is missing from every "
        "crime comparison; it is not a county without crime. Neither is one whose offences are "
        "counted under another county. A county whose agencies reported no offence is zero.",
        source=describe_sources(panel.build, REPORTING_LAYOUTS),
        data=table,
    )


def _points(row: pd.Series) -> str:
    low, high = 100 * row["conf_low"], 100 * row["conf_high"]
    return f"{low:.1f} to {high:.1f} percentage points".replace("-", "\N{MINUS SIGN}")
