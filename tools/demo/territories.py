"""A few rows of invented territories, which some files have and the base list has not."""

from __future__ import annotations

import pandas as pd

from tools.demo.names import TERRITORIES, invented_names

PER_TERRITORY = 3


def territory_counties() -> pd.DataFrame:
    """Return municipalities of the territories with the columns of the ACS table."""
    short = invented_names(2430)[-PER_TERRITORY * len(TERRITORIES) :]
    rows = [
        {
            "CountyId": f"{territory.fips}{2 * number + 1:03d}",
            "State": territory.name,
            "County": f"{short[place * PER_TERRITORY + number]} {territory.suffix}",
            "TotalPop": 21_400 + 7_310 * number + 1_905 * place,
            "Hispanic": 62.4 + number,
            "White": 12.1,
            "Black": 8.3,
            "Native": 0.4,
            "Asian": 11.2,
            "Pacific": 2.2,
            "Income": 24_310 + 1_204 * number,
            "Poverty": 38.6 - number,
            "Unemployment": 14.2 + number,
        }
        for place, territory in enumerate(TERRITORIES)
        for number in range(PER_TERRITORY)
    ]
    return pd.DataFrame(rows)
