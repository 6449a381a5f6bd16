"""How `data/raw/reference/county_acs_2019.csv` was made, so that anybody can make it again.

`python -m tools.acs_2019_fallback FILE.json [OUT.csv]`, where FILE.json is
`sources/_census_acs_2019_fallback.json` of the package libbee 0.0.7 (MIT licence): the answer of
the Census Bureau's programming interface for ACS 2015-2019, all counties.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pandas as pd

from coopanalysis.errors import DataError
from coopanalysis.paths import reference_dir

SHA256 = "b327a3819accac4d7580b59cf8476d1231cb10647738f4ffef6bfbdacca81f25"
_COUNTS = {
    "population_count": "B01003_001E",
    "poverty_universe_count": "B17001_001E",
    "poverty_count": "B17001_002E",
    "median_household_income_usd": "B19013_001E",
    "labor_force_count": "B23025_003E",
    "unemployed_count": "B23025_005E",
}


def convert_fallback(path: Path) -> pd.DataFrame:
    """Lay the counties of the JSON file out as `county_acs_2019.csv`, sorted by code.

    Counts are of persons, income is in US dollars of 2019, and `poverty_pct` and
    `unemployment_pct` are percent with two decimals. `DataError` if the bytes are not those this
    project used.
    """
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise DataError(
            path.name,
            f"is not the file with SHA-256 {SHA256}",
            "Take it from libbee 0.0.7 on the package index.",
        )
    header, *rows = json.loads(content)
    return _lay_out(pd.DataFrame(rows, columns=header, dtype="str"))


def _lay_out(raw: pd.DataFrame) -> pd.DataFrame:
    names = raw["NAME"].str.rpartition(", ")
    table = pd.DataFrame(
        {
            "county_fips": raw["state"] + raw["county"],
            "state_fips": raw["state"],
            "county": names[0],
            "state": names[2],
        }
    )
    for name, variable in _COUNTS.items():
        table[name] = raw[variable].astype("int64")
    poor, everybody = table["poverty_count"], table["poverty_universe_count"]
    jobless, force = table["unemployed_count"], table["labor_force_count"]
    table["poverty_pct"] = (100 * poor / everybody.where(everybody > 0)).round(2)
    table["unemployment_pct"] = (100 * jobless / force.where(force > 0)).round(2)
    order = ["county_fips", "state_fips", "county", "state", *_COUNTS]
    order.insert(order.index("poverty_count") + 1, "poverty_pct")
    order.append("unemployment_pct")
    return table[order].sort_values("county_fips", ignore_index=True)


def main(arguments: list[str]) -> None:
    """Write the table from the JSON file named first, to the path named second."""
    out = Path(arguments[1]) if len(arguments) > 1 else reference_dir() / "county_acs_2019.csv"
    convert_fallback(Path(arguments[0])).to_csv(out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
