"""Small multiples: one map a year, the same colours and breaks in all of them."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely
from matplotlib.collections import PathCollection

from coopanalysis.display import reporting_maps
from coopanalysis.display.county_maps import DENSE, plot_map_years
from coopanalysis.display.html import Output
from coopanalysis.display.page import LEFT_OUT
from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel
from panel_samples import with_tables


def shapes(count: int) -> pd.DataFrame:
    boxes = [shapely.box(at, 0, at + 1, 1) for at in range(count)]
    codes = [f"90{at:03d}" for at in range(count)]
    return pd.DataFrame({"county_fips": codes, "state_fips": "90", "geometry": boxes})


def test_every_year_keeps_the_breaks_and_its_own_counties() -> None:
    boundaries = {"2021": shapes(4), "2022": shapes(5)}
    values = {
        "2021": pd.Series([1.0, 5.0, None], index=["90000", "90001", "90002"]),
        "2022": pd.Series([9.0, 9.0], index=["90003", "90004"]),
    }
    drawn = plot_map_years(boundaries, values, legend_title="Rate", breaks=[2, 6, 10])
    table = drawn.classes.set_index("label")
    assert table["2021"].to_dict() == {"up to 2": 1, "over 2 to 6": 1, "over 6 to 10": 0,
                                       "Not known": 2}  # fmt: skip
    assert table["2022"].tolist() == [0, 0, 2, 3]
    assert "(1, 0)" in drawn.legend
    assert "2021 and 2022" in drawn.legend
    assert [text.get_text() for text in drawn.figure.texts] == ["2021", "2022"]
    missing = [
        one
        for axes in drawn.figure.axes
        for one in axes.collections
        if isinstance(one, PathCollection) and one.get_hatch()
    ]
    assert [len(one.get_paths()) for one in missing] == [2, 3]


def test_a_country_gets_larger_maps_than_a_state() -> None:
    widths = []
    for count in (3, DENSE):
        one = shapes(count)
        values = pd.Series(1.0, index=one["county_fips"])
        years = {str(year): one for year in (2021, 2022, 2023)}
        drawn = plot_map_years(years, dict.fromkeys(years, values), legend_title="Rate", breaks=[2])
        widths.append(drawn.figure.axes[0].get_position().width)
    assert widths == pytest.approx([1 / 3, 1 / 2])


def test_years_must_fit() -> None:
    with pytest.raises(UsageError, match="the same years"):
        plot_map_years({"2021": shapes(2)}, {}, legend_title="Rate")


@pytest.mark.slow
@pytest.mark.parametrize("state", ["63", ""])
def test_maps_of_reporting_count_what_the_table_holds(demo: Panel, state: str) -> None:
    rows = demo.county_year[demo.county_year["year"] == 2023]
    rows = rows[rows["state_fips"] == state] if state else rows
    silent = int(rows["reporting_quality"].isna().sum())
    shown = reporting_maps.show_reporting_maps(demo, state, "the place")
    assert f"{silent:,} of {len(rows):,} counties in 2023" in shown.text
    rates: Output = reporting_maps.show_rate_maps(demo, state, "the place")
    assert "have a usable rate" in rates.text


def test_the_lowest_rate_is_named_and_not_written_as_zero(demo: Panel) -> None:
    years, name = demo.county_year, "property_offenses_per_100k"
    here = years["state_fips"].eq("63") & years["reporting_quality"].eq(1).fillna(False)
    low = years[here & years["year"].eq(2022)].iloc[0]
    rates = years[name].mask(here & years[name].eq(0), 5.0)
    rates = rates.mask(years.index == low.name, 0.36)
    lent = with_tables(demo, county_year=years.assign(**{name: rates}))
    county = demo.county.set_index("county_fips").loc[low["county_fips"], "county"]
    shown = reporting_maps.show_rate_maps(lent, "63", "the place").html
    assert f"The lowest rate used is &lt;1, of {county} in 2022;" in shown
    assert f">{low['county_fips']}</th><td class=num>&lt;1<" in shown


def test_without_a_usable_rate_the_map_says_so(demo: Panel) -> None:
    years = demo.county_year
    quality = years["reporting_quality"].mask(years["state_fips"] == "63")
    lent = with_tables(demo, county_year=years.assign(reporting_quality=quality))
    text = reporting_maps.show_rate_maps(lent, "63", "the place").text
    assert "in no year" in text


def test_a_year_without_silence_and_a_county_alone_are_said_in_words(demo: Panel) -> None:
    years = demo.county_year
    here = years["state_fips"].eq("63")
    silent = here & years["year"].eq(2022)
    quality = years["reporting_quality"].mask(here & years["reporting_quality"].isna(), 1)
    quality = quality.mask(silent)
    lent = with_tables(demo, county_year=years.assign(reporting_quality=quality))
    text = reporting_maps.show_reporting_maps(lent, "63", "the place").text
    assert f"no report of {silent.sum()} of {silent.sum()} counties in 2022; it has one" in text
    assert "of every county of the place in 2021 and 2023" in text
    alone = years.loc[here, "county_fips"].iloc[0]
    lent = with_tables(demo, county_year=years[~here | years["county_fips"].eq(alone)])
    for show in (reporting_maps.show_reporting_maps, reporting_maps.show_rate_maps):
        shown = show(lent, "63", "the place")
        assert shown.slot == LEFT_OUT
        assert "the place counts as one county" in shown.text


def test_counties_that_the_maps_cannot_draw_are_counted() -> None:
    rows = pd.DataFrame({"year": [2021, 2021, 2022, 2022], "county_fips": ["01", "02", "01", "02"]})
    outlines = pd.DataFrame({"county_fips": ["01", "03"]})
    every = {"2021": outlines, "2022": outlines}
    assert reporting_maps._undrawn(rows, every) == (
        " The outlines are of another edition than the lists: in 2021 and 2022, 1 county of the "
        "list without an outline and 1 outline without a county."
    )
    same = pd.DataFrame({"county_fips": ["02", "01"]})
    assert reporting_maps._undrawn(rows, {"2021": same}) == ""
