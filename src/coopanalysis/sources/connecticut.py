"""Census tracts of Connecticut: the old county and the planning region of each."""

from __future__ import annotations

from pathlib import Path

from coopanalysis.catalog.reject_reasons import NOT_A_COUNTY_CODE, NOT_A_TRACT_CODE
from coopanalysis.sources.codes import COUNTY_WIDTH
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import read_text_table
from coopanalysis.sources.text_table import matches

STATE = "09"
TRACT_WIDTH = 11
_TRACTS = {"tract_fips_2020": "tract_fips_2020", "tract_fips_2022": "Tract_fips_2022"}
_COUNTIES = {"county_fips_2020": "county_fips_2020", "county_fips_2022": "ce_fips_2022"}
_NAMES = {"town": "town_name", "county_2020": "county_name", "county_2022": "ce_name_2022"}


def read_connecticut_tracts(path: Path, source: str = "") -> Reading:
    """Read which old county and which planning region each census tract is in.

    The file has no number of residents: it shows which units overlap, not by how much.

    Returns
    -------
    Reading
        `tract_fips_2020`, `tract_fips_2022`, `county_fips_2020` (eight counties),
        `county_fips_2022` (nine planning regions), `town`, `county_2020`, `county_2022`.
    """
    columns = {**_TRACTS, **_COUNTIES, **_NAMES}
    table = read_text_table(path, source, list(columns.values()))
    typed = {name: table.code(raw, TRACT_WIDTH) for name, raw in _TRACTS.items()}
    typed |= {name: table.code(raw, COUNTY_WIDTH) for name, raw in _COUNTIES.items()}
    typed |= {name: table.text(raw) for name, raw in _NAMES.items()}
    for tract, county in zip(_TRACTS, _COUNTIES, strict=True):
        whole = matches(typed[county], rf"{STATE}\d{{3}}")
        table.reject(~whole, f"{NOT_A_COUNTY_CODE}: {columns[county]}")
        inside = matches(typed[tract], r"\d{11}") & (typed[tract].str[:5] == typed[county])
        table.reject(~inside, f"{NOT_A_TRACT_CODE}: {columns[tract]}")
    return table.reading(typed, ("tract_fips_2020",))
