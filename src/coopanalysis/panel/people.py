"""Columns of the county table on residents and on the kind of county, each of its own years."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from coopanalysis.catalog.tables import COUNTY
from coopanalysis.clean.municipal import agencies_by_county, officers_by_county
from coopanalysis.clean.people import known_margins
from coopanalysis.errors import DataError
from coopanalysis.panel.inputs import POLICE, Inputs
from coopanalysis.panel.joins import JoinLog

_CITIZENS_YEARS, _BORN_YEARS = "2012-2016", "2015-2019"
_SVI_YEARS = {"2020": "2016-2020", "2022": "2018-2022"}
_SVI_SHARES = ("limited_english", "hispanic")


def with_people(county: pd.DataFrame, inputs: Inputs, joins: JoinLog) -> pd.DataFrame:
    """Join each file by county; a county of the base list that a file lacks stays missing.

    Nothing is carried over from another county list: the planning regions of Connecticut and
    divided areas of Alaska meet nothing, and the record of the joins counts them.
    """
    tables: dict[tuple[str, str], Callable[[Inputs], pd.DataFrame | None]] = {
        ("acs-noncitizens, medsl-context", _CITIZENS_YEARS): _noncitizens,
        ("quickfacts", _BORN_YEARS): _foreign_born,
        **{("cdc-svi", vintage): partial(_svi, year) for year, vintage in _SVI_YEARS.items()},
        ("rural-urban", ""): _rural_urban,
        ("ice-field-offices", ""): _field_offices,
        (POLICE, ""): _officers,
    }
    for (layouts, vintage), table in tables.items():
        columns = [c for c in COUNTY.columns if (c.source, c.vintage) == (layouts, vintage)]
        name = f"{layouts} {vintage}".strip()
        county = joins.left_join_optional(
            county, table(inputs), columns, ["county_fips"], ("county", name)
        )
    return county


def _noncitizens(inputs: Inputs) -> pd.DataFrame | None:
    """Noncitizens over residents of the same five years; without either file there is no share."""
    numbers, residents = (
        inputs.find(layout, _CITIZENS_YEARS) for layout in ("acs-noncitizens", "medsl-context")
    )
    if numbers is None or residents is None:
        return None
    both = numbers.frame[["county_fips", "noncitizens_count"]].merge(
        residents.frame[["county_fips", "population_count"]],
        on="county_fips",
        how="inner",
        validate="1:1",
    )
    more = both[both["noncitizens_count"] > both["population_count"]]
    if len(more):
        first = more.iloc[0]
        raise DataError(
            f"{numbers.source} and {residents.source}",
            f"{len(more)} counties have more noncitizens than residents (first "
            f"{first['county_fips']}: {first['noncitizens_count']:,} of "
            f"{first['population_count']:,})",
            "Restore the file that is wrong.",
        )
    share = both["noncitizens_count"].astype("float64") / both["population_count"].astype("float64")
    return both.assign(noncitizen_share=share)


def _foreign_born(inputs: Inputs) -> pd.DataFrame | None:
    reading = inputs.find("quickfacts", _BORN_YEARS)
    if reading is None:
        return None
    return reading.frame.assign(foreign_born_share=reading.frame["foreign_born_pct"] / 100)


def _svi(year: str, inputs: Inputs) -> pd.DataFrame | None:
    """Shares of one edition; poverty in percent, as the other measures of poverty."""
    reading = inputs.find("cdc-svi", _SVI_YEARS[year])
    if reading is None:
        return None
    frame = known_margins(reading.frame)
    columns = {}
    for part in ("", "margin_"):
        columns[f"below_150_poverty_{part}pct_{year}"] = frame[f"below_150_poverty_{part}pct"]
        for name in _SVI_SHARES:
            columns[f"{name}_{part}share_{year}"] = frame[f"{name}_{part}pct"] / 100
    return frame[["county_fips"]].assign(**columns)


def _rural_urban(inputs: Inputs) -> pd.DataFrame | None:
    reading = inputs.find("rural-urban")
    if reading is None:
        return None
    return reading.frame.rename(columns={"rural_urban_code": "rural_urban_code_2023"})


def _field_offices(inputs: Inputs) -> pd.DataFrame | None:
    reading = inputs.find("ice-field-offices")
    return (
        None
        if reading is None
        else reading.frame.rename(columns={"field_office": "ice_field_office"})
    )


def _officers(inputs: Inputs) -> pd.DataFrame | None:
    reading = inputs.find(POLICE)
    if reading is None:
        return None
    return officers_by_county(agencies_by_county(reading.frame, inputs.counties, inputs.states))
