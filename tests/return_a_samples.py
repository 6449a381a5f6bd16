"""Fictional agencies for the tests of the Return A reader, and the country they are in."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tools.demo.return_a import simulate_return_a

YEAR = 2013

STATES = pd.DataFrame(
    {
        "ucr_state": ["91", "92"],
        "ori_prefix": ["QA", "QB"],
        "state_fips": ["91", "92"],
        "state": ["Avalon", "Brigadoon"],
    }
)
COUNTIES = pd.DataFrame(
    {
        "county_fips": ["91001", "91003", "91005", "91007", "92001", "92003", "92510"],
        "county": [
            "Ash County",
            "Birch County",
            "Cedar County",
            "Elm County",
            "Fern County",
            "Moss County",
            "Moss city",
        ],
    }
)
NO_FORMER_NAMES = pd.DataFrame({"county_fips": [], "former_name": []}, dtype="str")


def agencies(**columns: object) -> pd.DataFrame:
    """Four agencies: one complete, one in two counties, one with gaps, one covered."""
    frame = pd.DataFrame(
        {
            "ucr_state": "91",
            "ori7": ["QA00100", "QA00101", "QA00200", "QA00201"],
            "agency": ["ASH", "ASHTON", "BIRCH", "BIRCHVILLE"],
            "office": ["SHERIFF", "CHIEF OF POLICE", "SHERIFF", "CHIEF OF POLICE"],
            "population_group": ["8D", "5", "8C", "7"],
            "ucr_county_1": ["001", "001", "002", "002"],
            "population_1": [4000, 6000, 9000, 1000],
            "ucr_county_2": ["", "002", "", ""],
            "population_2": [0, 2000, 0, 0],
            "covered_by_ori7": ["", "", "", "QA00200"],
            "actual_types": ["5" * 12, "222222222222", "550055  5  5", " " * 12],
            "murder_actual": [2, 1, 0, 0],
            "robbery_actual": [10, 40, -3, 0],
            "aggravated_assault_actual": [5, 12, 7, 0],
            "simple_assault_actual": [9, 20, 1, 0],
            "larceny_actual": [100, 250, 33, 0],
            "burglary_unfounded": [1, 0, 2, 0],
            "larceny_cleared": [20, 30, 5, 0],
        }
    )
    return frame.assign(**columns)


def of_state(prefix: str, **columns: object) -> pd.DataFrame:
    """The same agencies under the identifiers of another state."""
    frame = agencies(**columns)
    names = ["ori7", "covered_by_ori7"]
    moved = {name: frame[name].str.replace("QA", prefix, regex=False) for name in names}
    return frame.assign(**moved)


def write(folder: Path, frame: pd.DataFrame, year: int = YEAR) -> Path:
    path = folder / f"RETA{year}.zip"
    path.write_bytes(simulate_return_a(frame, year))
    return path
