"""Maps of any column: counts are of the same counties, or the page says why not."""

from __future__ import annotations

import html
import re

import pandas as pd
import pytest
import shapely
from matplotlib.colors import to_rgb

from coopanalysis.display import show_county_map
from coopanalysis.display.html import Output
from coopanalysis.display.maps import plot_county_map
from coopanalysis.display.page import LEFT_OUT
from coopanalysis.panel import Panel, load_release
from coopanalysis.panel.record import READS_VARIABLE
from coopanalysis.reports.plan import load_plan
from panel_samples import with_tables


def agreements(panel: Panel) -> pd.Series:
    on_list = panel.counties()["agreement_latest_list"]
    return on_list.map({1.0: "task-force", 0.0: "none"}).rename("status")


def shown_map(panel: Panel, values: pd.Series) -> Output:
    return show_county_map(
        panel,
        values,
        subtitle="Agreements of county agencies",
        legend_title="Agreement",
        columns=["agreement_latest_list"],
    )


def drawn_counties(shown: Output) -> int:
    """Counties of the legend of a map: all of them, with those that are hatched."""
    return sum(int(count.replace(",", "")) for count in re.findall(r"\(([\d,]+)\)<", shown.html))


@pytest.mark.slow
def test_a_map_of_all_counties_says_which_ones_it_cannot_draw(demo: Panel) -> None:
    lacking, extra = (demo.county.iloc[at]["county_fips"] for at in (3, 5))
    shapes = demo.boundaries[demo.boundaries["county_fips"] != lacking]
    listed = demo.county[demo.county["county_fips"] != extra]
    lent = with_tables(demo, county=listed, boundaries=shapes)
    names = demo.county.set_index("county_fips")["county"]
    whole, part = (shown_map(one, agreements(one)) for one in (demo, lent))
    assert "no outline" not in whole.html
    assert f"no outline for {names[lacking]} (1 county)." in part.html
    assert "Hatched for want of a row in the county list: County " in part.html
    assert drawn_counties(part) == len(shapes)


def test_what_is_least_is_pale_and_more_is_darker() -> None:
    """A county without any practice stands back, as long as it is told from a missing one."""
    scores = pd.Series([0, 1, 2, 3, 4], index=[f"9000{n}" for n in range(5)])
    shapes = pd.DataFrame(
        {"county_fips": scores.index, "state_fips": "90",
         "geometry": [shapely.box(n, 0, n + 1, 1) for n in range(5)]}
    )  # fmt: skip
    drawn = plot_county_map(shapes, scores, "score", legend_title="Practices")
    colours = drawn.classes.loc[drawn.classes["colour"] != "hatch", "colour"]
    greys = [sum(to_rgb(one)) / 3 for one in colours]
    assert greys == sorted(greys, reverse=True)
    assert 0.88 < greys[0] < 0.97
    assert greys[-1] < 0.3


@pytest.mark.slow
def test_the_finding_counts_the_statuses_or_compares_the_states(demo: Panel) -> None:
    status = agreements(demo)
    having = int((status == "task-force").sum())
    assert f"{having:,} task force model" in shown_map(demo, status).text
    score = demo.counties()["cooperation_score"]
    means = score.groupby(demo.counties()["state"]).mean()
    shown = show_county_map(demo, score, subtitle="Practices", legend_title="Number", kind="score")
    assert f"{means.min():.2f} ({means.idxmin()}) to {means.max():.2f} ({means.idxmax()})" in (
        shown.text
    )


@pytest.mark.parametrize("tied", [2, 3, 4])
def test_states_that_tie_at_an_end_are_all_named_or_counted(demo: Panel, tied: int) -> None:
    counties = demo.counties()
    names = sorted(counties["state"].unique())
    high = {names[-1]: 1.004}  # printed as 1.00, as the others are
    means = counties["state"].map(
        dict.fromkeys(names, 1.0) | dict.fromkeys(names[:tied], 0.0) | high
    )
    few = f"{', '.join(names[: tied - 1])} and {names[tied - 1]}" if tied < 4 else "4 states"
    words = {"subtitle": "Practices", "legend_title": "N", "kind": "classes"}
    shown = show_county_map(demo, means, breaks=[0.5, 2], **words)
    said = f"State means run from 0.00 ({few}) to 1.00 ({len(names) - tied} states)."
    assert said in shown.text
    assert html.unescape(shown.html).count(said) >= 2, "in the title and in the text of the image"
    every = show_county_map(demo, means * 0 + 1, breaks=[1], **words)
    assert f"The mean is 1.00 ({len(names)} states)." in every.text


def test_a_column_that_nobody_knows_is_left_out(demo: Panel) -> None:
    unknown = pd.Series(None, index=agreements(demo).index, dtype="object")
    shown = shown_map(demo, unknown)
    assert shown.slot == LEFT_OUT
    assert "Agreements of county agencies" in shown.text


def test_the_map_reads_no_table_that_its_report_does_not_declare(
    demo: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = load_plan(demo.release, "policy-landscape")
    monkeypatch.setenv(READS_VARIABLE, ",".join(job.reads))
    panel = load_release(demo.release)
    assert shown_map(panel, agreements(panel)).html == shown_map(demo, agreements(demo)).html


@pytest.mark.mirror
def test_legend_and_note_of_the_public_map_add_up(public_release: Panel) -> None:
    shown = shown_map(public_release, agreements(public_release))
    listed = set(public_release.county["county_fips"])
    lacking = listed - set(public_release.boundaries["county_fips"])
    hatched = set(public_release.boundaries["county_fips"]) - listed
    assert drawn_counties(shown) == len(listed) - len(lacking) + len(hatched)
    assert f"({len(lacking)} counties)." in shown.html
