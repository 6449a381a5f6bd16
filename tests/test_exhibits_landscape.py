"""The policy landscape: maps and counts are of the same counties, or the page says why not."""

from __future__ import annotations

import re

import pytest

from coopanalysis.display.html import Output
from coopanalysis.exhibits import landscape
from coopanalysis.panel import Panel, load_release
from coopanalysis.panel.record import READS_VARIABLE
from coopanalysis.reports.plan import load_plan
from panel_samples import with_tables


def drawn_counties(shown: Output) -> int:
    """Counties of the legend of a map: all of them, with those that are hatched."""
    return sum(int(count.replace(",", "")) for count in re.findall(r"\(([\d,]+)\)<", shown.html))


def test_a_map_of_all_counties_says_which_ones_it_cannot_draw(demo: Panel) -> None:
    lacking, extra = (demo.county.iloc[at]["county_fips"] for at in (3, 5))
    shapes = demo.boundaries[demo.boundaries["county_fips"] != lacking]
    listed = demo.county[demo.county["county_fips"] != extra]
    lent = with_tables(demo, county=listed, boundaries=shapes)
    names = demo.county.set_index("county_fips")["county"]
    for show in (landscape.show_status_map, landscape.show_score_map):
        whole, part = show(demo), show(lent)
        assert "no outline" not in whole.html
        assert f"no outline for {names[lacking]} (1 county)." in part.html
        assert "Hatched for want of a row in the county list: County " in part.html
        assert drawn_counties(part) == len(shapes)


def test_the_maps_read_no_table_that_their_report_does_not_declare(
    demo: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = load_plan(demo.release, "policy-landscape")
    monkeypatch.setenv(READS_VARIABLE, ",".join(job.reads))
    panel = load_release(demo.release)
    assert landscape.show_status_map(panel).html == landscape.show_status_map(demo).html


@pytest.mark.mirror
def test_legend_and_note_of_the_public_map_add_up(public_release: Panel) -> None:
    shown = landscape.show_status_map(public_release)
    listed = set(public_release.county["county_fips"])
    lacking = listed - set(public_release.boundaries["county_fips"])
    hatched = set(public_release.boundaries["county_fips"]) - listed
    assert drawn_counties(shown) == len(listed) - len(lacking) + len(hatched)
    assert f"({len(lacking)} counties)." in shown.html
