"""Residents by birthplace, citizenship, language, origin and poverty, and the kind of county.

Files of several publishers, each in the county list of its own year. Percentages are 0 to 100.
A margin of error is that of the Census Bureau, 90 percent; it is 0 where the bureau holds an
estimate to its own count of residents, as it does for most Hispanic shares.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import LEAST_OF_AN_OFFICE, LIMITS
from coopanalysis.catalog.reject_reasons import CONTRADICTED, NOT_A_NAME
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import TextTable, read_text_table

FIELD_OFFICE = r"[A-Z]{3}"
_SVI_MISSING = "-999"
_SVI = {"limited_english": "LIMENG", "hispanic": "HISP", "below_150_poverty": "POV150"}


def _read_noncitizens(path: Path, source: str) -> Reading:
    """Number of residents who are no citizens; the file calls it a rate."""
    table = read_text_table(path, source, ["id", "name", "rate"])
    typed = {
        "county_fips": table.county_fips("id"),
        **_county_and_state(table),
        "noncitizens_count": table.whole("rate", LIMITS["noncitizens_count"]),
    }
    return table.reading(typed, ("county_fips",))


def _read_context(path: Path, source: str) -> Reading:
    """Residents of the ACS 2012-2016, from a file about elections.

    It has a row for Kansas City, which counts votes apart from its counties, and one each under
    the former codes of Oglala Lakota and of Bedford city: these three without any figure.
    """
    columns = ["state", "county", "fips", "total_population"]
    table = read_text_table(path, source, columns)
    typed = {
        "county_fips": table.county_fips("fips"),
        "county": table.name("county"),
        "state": table.name("state"),
        "population_count": table.whole(
            "total_population", LIMITS["population_count"], missing="NA"
        ),
    }
    return table.reading(typed, ("county_fips",))


def _read_quickfacts(path: Path, source: str) -> Reading:
    """Percent born abroad, by names of county and state; the file has no codes."""
    table = read_text_table(path, source, ["County", "State", "Miscellaneous.Foreign Born"])
    typed = {
        "county_text": table.name("County"),
        "state_text": table.text("State"),
        "foreign_born_pct": table.number("Miscellaneous.Foreign Born", LIMITS["foreign_born_pct"]),
    }
    return table.reading(typed, ("state_text", "county_text"))


def _read_svi(path: Path, source: str) -> Reading:
    """Percentages that the index of social vulnerability is made from, with their margins.

    Limited English is of residents aged five or more, poverty of those for whom it is known.
    """
    raw = [f"{kind}P_{code}" for code in _SVI.values() for kind in ("E", "M")]
    table = read_text_table(path, source, ["FIPS", "STATE", "COUNTY", *raw])
    typed = {
        "county_fips": table.county_fips("FIPS"),
        "county": table.name("COUNTY"),
        "state": table.name("STATE"),
    }
    for name, code in _SVI.items():
        typed[f"{name}_pct"] = table.number(
            f"EP_{code}", LIMITS[f"{name}_pct"], missing=_SVI_MISSING
        )
        typed[f"{name}_margin_pct"] = table.number(
            f"MP_{code}", LIMITS[f"{name}_margin_pct"], missing=_SVI_MISSING
        )
        half = (table.lines[f"EP_{code}"] == _SVI_MISSING) != (
            table.lines[f"MP_{code}"] == _SVI_MISSING
        )
        table.reject(half, f"{CONTRADICTED}: EP_{code} and MP_{code} are known together or not")
    return table.reading(typed, ("county_fips",))


def _read_rural_urban(path: Path, source: str) -> Reading:
    """Code 1 (metropolitan, a million or more) to 9 (rural, away from any metropolitan area)."""
    table = read_text_table(path, source, ["FIPS", "State", "County_Name", "RUCC_2023"])
    typed = {
        "county_fips": table.county_fips("FIPS"),
        "county": table.name("County_Name"),
        "state_abbr": table.text("State"),
        "rural_urban_code": table.whole("RUCC_2023", LIMITS["rural_urban_code"], missing=""),
    }
    return table.reading(typed, ("county_fips",))


def _read_field_offices(path: Path, source: str) -> Reading:
    """Field office of ICE that a county belongs to, by the first letters of its city."""
    table = read_text_table(path, source, ["geoid", "name", "aor"])
    office = table.matched("aor", FIELD_OFFICE, f"{NOT_A_NAME}: aor")
    alone = office.map(office.value_counts()) < LEAST_OF_AN_OFFICE
    table.reject(alone, f"{NOT_A_NAME}: aor is of no other county")
    typed = {
        "county_fips": table.county_fips("geoid"),
        **_county_and_state(table),
        "field_office": office,
    }
    return table.reading(typed, ("county_fips",))


def _county_and_state(table: TextTable) -> dict[str, pd.Series]:
    """Both names of a cell `County, State`; a file without rows has neither."""
    parts = table.name("name").str.rpartition(", ").reindex(columns=range(3), fill_value="")
    return {"county": parts[0], "state": parts[2]}


PEOPLE_READERS: dict[str, Callable[[Path, str], Reading]] = {
    "acs-noncitizens": _read_noncitizens,
    "medsl-context": _read_context,
    "quickfacts": _read_quickfacts,
    "cdc-svi": _read_svi,
    "rural-urban": _read_rural_urban,
    "ice-field-offices": _read_field_offices,
}
"""Readers by layout, each called with the file and the id of its source."""
