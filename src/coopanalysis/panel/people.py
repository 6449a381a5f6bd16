"""Columns of the county table on residents and on the kind of county, each of its own years."""

from __future__ import annotations

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
    country, offices = inputs.frame("rural-urban"), inputs.frame("ice-field-offices")
    tables = {
        ("acs-noncitizens, medsl-context", _CITIZENS_YEARS): _noncitizens(inputs),
        ("quickfacts", _BORN_YEARS): _foreign_born(inputs),
        **{("cdc-svi", vintage): _svi(year, inputs) for year, vintage in _SVI_YEARS.items()},
        ("rural-urban", ""): _renamed(country, "rural_urban_code", "rural_urban_code_2023"),
        ("ice-field-offices", ""): _renamed(offices, "field_office", "ice_field_office"),
        (POLICE, ""): _officers(inputs),
    }
    for (layouts, vintage), table in tables.items():
        columns = [c for c in COUNTY.columns if (c.source, c.vintage) == (layouts, vintage)]
        names = ("county", f"{layouts} {vintage}".strip())
        county = joins.left_join_optional(county, table, columns, ["county_fips"], names)
    return county


def _renamed(frame: pd.DataFrame | None, old: str, new: str) -> pd.DataFrame | None:
    return None if frame is None else frame.rename(columns={old: new})


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
    frame = inputs.frame("quickfacts", _BORN_YEARS)
    return (
        None if frame is None else frame.assign(foreign_born_share=frame["foreign_born_pct"] / 100)
    )


def _svi(year: str, inputs: Inputs) -> pd.DataFrame | None:
    """Shares of one edition; poverty in percent, as the other measures of poverty."""
    raw = inputs.frame("cdc-svi", _SVI_YEARS[year])
    if raw is None:
        return None
    frame = known_margins(raw)
    columns = {}
    for part in ("", "margin_"):
        columns[f"below_150_poverty_{part}pct_{year}"] = frame[f"below_150_poverty_{part}pct"]
        for name in _SVI_SHARES:
            columns[f"{name}_{part}share_{year}"] = frame[f"{name}_{part}pct"] / 100
    return frame[["county_fips"]].assign(**columns)


def _officers(inputs: Inputs) -> pd.DataFrame | None:
    police = inputs.frame(POLICE)
    if police is None:
        return None
    return officers_by_county(agencies_by_county(police, inputs.counties, inputs.states))
