"""County lists of the Census Bureau: the attributes of its boundary files (dBASE).

Names in NAME are short and repeat within a state; LSAD tells a county from a city of the same
name. Territories are in the list.
"""

from __future__ import annotations

from pathlib import Path

from coopanalysis.catalog.raw_columns import LIMITS, Limits
from coopanalysis.catalog.reject_reasons import NOT_A_COUNTY_CODE
from coopanalysis.sources.codes import join_county_codes
from coopanalysis.sources.dbase import read_dbase
from coopanalysis.sources.reading import Reading

SQUARE_METRES_PER_KM2 = 1e6
_COLUMNS = ("STATEFP", "COUNTYFP", "GEOID", "NAME", "LSAD", "ALAND", "AWATER")
_AREAS = {"land_area_km2": "ALAND", "water_area_km2": "AWATER"}
_SINCE_2020 = {"county": "NAMELSAD", "state_abbr": "STUSPS"}


def read_census_counties(path: Path, source: str = "") -> Reading:
    """Read a county list with land and water area.

    Returns
    -------
    Reading
        `county_fips`, `short_name`, `legal_area_code` (06 county, 15 parish, 25 city, PL
        planning region, ...), `land_area_km2`, `water_area_km2`; in editions that have them,
        `county` (full name) and `state_abbr`. `source_row` is the record number, from 1.
    """
    table = read_dbase(path, source, _COLUMNS)
    codes = table.county_fips("GEOID")
    parts, _ = join_county_codes(table.text("COUNTYFP"), table.text("STATEFP"))
    table.reject(codes != parts, f"{NOT_A_COUNTY_CODE}: GEOID is not STATEFP and COUNTYFP")
    typed = {
        "county_fips": codes,
        "short_name": table.name("NAME"),
        "legal_area_code": table.text("LSAD"),
    }
    for name, raw in _AREAS.items():
        low, high = LIMITS[name].minimum, LIMITS[name].maximum
        metres = Limits(low * SQUARE_METRES_PER_KM2, high * SQUARE_METRES_PER_KM2)
        typed[name] = table.whole(raw, metres).astype("float64") / SQUARE_METRES_PER_KM2
    typed |= {name: table.text(raw) for name, raw in _SINCE_2020.items() if raw in table.columns}
    return table.reading(typed, ("county_fips",))
