"""Units of a later county list are laid into the plane of the map."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from coopanalysis.errors import DataError
from coopanalysis.panel import Panel
from coopanalysis.panel.map_plane import add_later_units

CHANGES = pd.DataFrame(
    {
        "old_fips": ["90001", "90001", "90003"],
        "new_fips": ["90110", "90120", "90120"],
        "list_year": [2022, 2022, 2022],
    }
)


def squares() -> pd.DataFrame:
    """Twelve counties of 10 km in a row of a fictional country, two of them redrawn later."""
    codes = [f"90{2 * at + 1:03d}" for at in range(12)]
    shapes = [shapely.box(10 * at, 0, 10 * at + 10, 10 + 4 * (at % 3)) for at in range(12)]
    return pd.DataFrame({"county_fips": codes, "state_fips": "90", "geometry": shapes})


def later_file() -> pd.DataFrame:
    """The same country in metres, shifted and upside down, with two new units."""
    old = squares()
    kept = old[~old["county_fips"].isin(["90001", "90003"])]
    shapes = [*kept["geometry"], shapely.box(0, 0, 6, 10), shapely.box(6, 0, 20, 10)]
    moved = shapely.transform(
        np.array(shapes), lambda points: points * [1000, -1000] + [70_000, -5_000]
    )
    return pd.DataFrame({"id": [*kept["county_fips"], "90110", "90120"], "geometry": moved})


def test_new_units_lie_where_the_old_ones_lay_and_each_year_has_its_own() -> None:
    drawn = add_later_units(squares(), later_file(), CHANGES).set_index("county_fips")
    assert drawn.loc["90120", "geometry"].bounds == pytest.approx((6, 0, 20, 10), abs=1e-6)
    assert drawn.loc[["90001", "90003"], "last_year"].tolist() == [2021, 2021]
    assert drawn.loc[["90110", "90120"], "first_year"].tolist() == [2022, 2022]
    rest = drawn.drop(["90001", "90003", "90110", "90120"])
    assert rest[["first_year", "last_year"]].isna().all(axis=None)


def test_without_a_later_file_every_outline_is_of_every_year() -> None:
    drawn = add_later_units(squares(), None, CHANGES)
    assert drawn[["first_year", "last_year"]].isna().all(axis=None)


def test_a_file_of_another_country_is_refused() -> None:
    other = later_file()
    mixed = other["geometry"].sample(frac=1, random_state=1).to_numpy()
    with pytest.raises(DataError, match="do not lie alike"):
        add_later_units(squares(), other.assign(geometry=mixed), CHANGES)


@pytest.mark.mirror
def test_connecticut_is_right_in_each_year(public_release: Panel) -> None:
    panel = public_release
    codes, areas = {}, {}
    for year in (2021, 2022):
        drawn = panel.boundaries_of(year)
        here = drawn[drawn["state_fips"] == "09"]
        listed = panel.county_year[panel.county_year["year"] == year]
        codes[year] = set(here["county_fips"])
        assert codes[year] == set(listed.loc[listed["state_fips"] == "09", "county_fips"])
        areas[year] = shapely.union_all(here["geometry"].to_numpy())
    assert len(codes[2021]) == 8 and len(codes[2022]) == 9
    parted = areas[2021].symmetric_difference(areas[2022]).area
    assert parted < 0.02 * areas[2021].area
    assert panel.boundaries["county_fips"].isin(panel.boundaries_of(2021)["county_fips"]).all()
